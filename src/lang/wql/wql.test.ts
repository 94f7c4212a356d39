import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { parseWql, printWql, type WqlCondition, type WqlQuery } from './index.ts'

const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

function parse(text: string): { query: WqlQuery | undefined; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  return { query: parseWql(text, { report: (diagnostic) => diagnostics.push(diagnostic) }), diagnostics }
}

describe('queries', () => {
  test.each([
    [
      "SELECT * FROM __InstanceOperationEvent WITHIN  5WHERE TargetInstance ISA '__EventConsumer' OR TargetInstance ISA '__EventFilter'",
      "SELECT * FROM __InstanceOperationEvent WITHIN 5 WHERE TargetInstance ISA '__EventConsumer' OR TargetInstance ISA '__EventFilter'",
    ],
    ['select * from MSFT_SCMEventLogEvent', 'SELECT * FROM MSFT_SCMEventLogEvent'],
    [
      'select a, B.c from x within .5 where a<>1 and not b like "%x%" or (c is not null and d >= -1.5e3)',
      "SELECT a, B.c FROM x WITHIN .5 WHERE (a != 1 AND NOT b LIKE '%x%') OR (c IS NOT NULL AND d >= -1.5e3)",
    ],
    [
      'SELECT * FROM E WHERE A = TRUE GROUP WITHIN 300 BY A.B, C HAVING NumberOfEvents > 5',
      'SELECT * FROM E WHERE A = TRUE GROUP WITHIN 300 BY A.B, C HAVING NumberOfEvents > 5',
    ],
    [
      'ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="C:}"} WHERE AssocClass = X ClassDefsOnly',
      'ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="C:}"} WHERE AssocClass = X ClassDefsOnly',
    ],
    ['references of {A=@} within 5', 'REFERENCES OF {A=@} WITHIN 5'],
    [
      "SELECT * FROM X WHERE P = 'it\\'s \\\\ a \\path'",
      "SELECT * FROM X WHERE P = 'it\\'s \\\\ a \\\\path'",
    ],
    ["SELECT * FROM X WHERE A.Strings[ 1 ] = 'b'", "SELECT * FROM X WHERE A.Strings[1] = 'b'"],
    ['SELECT * FROM X WHERE 1 = 1', 'SELECT * FROM X WHERE 1 = 1'],
    ['SELECT * FROM X WHERE UPPER(Name) = "A"', "SELECT * FROM X WHERE UPPER(Name) = 'A'"],
    ['SELECT * FROM X WHERE A ISA Win32_Process', "SELECT * FROM X WHERE A ISA 'Win32_Process'"],
    ['SELECT * FROM X WHERE A NOT LIKE "b"', "SELECT * FROM X WHERE A NOT LIKE 'b'"],
  ])('%s', (text, printed) => {
    const { query, diagnostics } = parse(text)
    expect(diagnostics).toEqual([])
    expect(query && printWql(query)).toBe(printed)
  })

  test('AND binds closer than OR, NOT closer than AND', () => {
    const { query } = parse('SELECT * FROM X WHERE a = 1 OR NOT b = 2 AND c = 3')
    expect(query?.kind === 'select' && query.where).toMatchObject({
      kind: 'or',
      conditions: [{ kind: 'compare' }, { kind: 'and', conditions: [{ kind: 'not' }, { kind: 'compare' }] }],
    })
  })

  test.each([
    ['', 'wql/unexpected-token'],
    ['SELECT', 'wql/unexpected-token'],
    ['SELECT * FROM', 'wql/unexpected-token'],
    ['SELECT * FROM X WHERE', 'wql/unexpected-token'],
    ['SELECT * FROM X WHERE A', 'wql/unexpected-token'],
    ["SELECT * FROM X WHERE A = 'open", 'wql/unterminated-string'],
    ['SELECT * FROM X; DROP', 'wql/unexpected-character'],
    ['SELECT * FROM X extra', 'wql/unexpected-token'],
    ['DELETE FROM X', 'wql/unexpected-token'],
    [`SELECT * FROM X WHERE ${'('.repeat(100_000)}`, 'wql/too-deep'],
    [`SELECT * FROM X WHERE ${'NOT '.repeat(60_000)}`, 'wql/too-deep'],
    [' '.repeat(300_000), 'wql/too-long'],
  ])('%.60j is refused with a place', (text, code) => {
    const { query, diagnostics } = parse(text)
    expect(query).toBeUndefined()
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code)
    expect(diagnostics[0]?.at?.in).toBe('text')
  })
})

const keyword =
  /^(?:select|from|where|within|group|by|having|and|or|not|like|isa|is|null|true|false|associators|references|of)$/i
const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/).filter((text) => !keyword.test(text))
const path = fc.array(word, { minLength: 1, maxLength: 3 })
const value = fc.oneof(
  fc.record({ kind: fc.constant('string' as const), value: fc.string({ unit: anyUnit, maxLength: 12 }) }),
  fc.record({ kind: fc.constant('number' as const), text: fc.stringMatching(/^-?\d{1,20}(\.\d{1,3})?$/) }),
  fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.constant({ kind: 'null' as const }),
)
const operand = fc.oneof(
  fc.record({ kind: fc.constant('property' as const), path }),
  fc.record({ kind: fc.constant('constant' as const), value }),
  fc.record({ kind: fc.constant('call' as const), name: word, path }),
)
const { condition } = fc.letrec<{ condition: WqlCondition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.record({
      kind: fc.constant('compare' as const),
      left: operand,
      operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
      right: operand,
    }),
    fc.record({
      kind: fc.constant('like' as const),
      path,
      negated: fc.boolean(),
      pattern: fc.string({ unit: anyUnit, maxLength: 8 }),
    }),
    fc.record({ kind: fc.constant('isa' as const), path, negated: fc.boolean(), className: word }),
    fc.record({ kind: fc.constant('null' as const), path, negated: fc.boolean() }),
    fc.record({ kind: fc.constant('not' as const), condition: tie('condition') }),
    fc.record({
      kind: fc.constantFrom('and', 'or'),
      conditions: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
  ) as fc.Arbitrary<WqlCondition>,
}))
const select = fc.record(
  {
    kind: fc.constant('select' as const),
    properties: fc.oneof(fc.constant('*' as const), fc.array(path, { minLength: 1, maxLength: 3 })),
    from: word,
    within: fc.stringMatching(/^\d{1,4}(\.\d{1,2})?$/),
    where: condition,
    group: fc.record(
      { within: fc.stringMatching(/^\d{1,4}$/), by: fc.array(path, { maxLength: 2 }), having: condition },
      { requiredKeys: ['within', 'by'] },
    ),
  },
  { requiredKeys: ['kind', 'properties', 'from'] },
)
const related = fc.record(
  {
    kind: fc.constantFrom('associators' as const, 'references' as const),
    of: word.map((name) => `${name}.Name="}"`),
    within: fc.stringMatching(/^\d{1,4}$/),
    where: fc.array(fc.record({ name: word, value: word }, { requiredKeys: ['name'] }), { maxLength: 3 }),
  },
  { requiredKeys: ['kind', 'of', 'where'] },
)

describe('properties', () => {
  test('printing a query and parsing it gives the same tree', () => {
    fc.assert(
      fc.property(fc.oneof(select, related), (query) => {
        const { query: again, diagnostics } = parse(printWql(query as WqlQuery))
        expect(diagnostics).toEqual([])
        expect(again).toEqual(query)
      }),
      { numRuns: 500 },
    )
  })

  test('any text gives a tree or diagnostics, never both nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyUnit }),
          select.map((query) => printWql(query as WqlQuery).slice(3)),
        ),
        (text) => {
          const { query, diagnostics } = parse(text)
          expect(query === undefined).toBe(diagnostics.length > 0)
        },
      ),
    )
  })
})
