import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { MofStatement, MofValue } from './ast.ts'
import { type MofDocument, mofInstanceToCim, parseMof, printMof } from './index.ts'

/** Any UTF-16 unit, lone surrogates and controls too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

function parse(text: string): { document: MofDocument; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const document = parseMof(text, {
    source: 'test.mof',
    report: (diagnostic) => diagnostics.push(diagnostic),
  })
  return { document, diagnostics }
}

/** The tree without places. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'start' && key !== 'end')
      .map(([key, inner]) => [key, bare(inner)]),
  )
}

function value(text: string): unknown {
  const { document } = parse(`instance of A { V = ${text}; };`)
  const [instance] = document.statements
  return instance?.kind === 'instance' ? bare(instance.properties[0]?.value) : undefined
}

describe('values', () => {
  test.each<[string, MofValue]>([
    ['"a" "b"\n // between\n "c"', { kind: 'string', value: 'abc' }],
    ['"\\b\\t\\n\\f\\r\\"\\\'\\\\\\x41\\x0042z"', { kind: 'string', value: '\b\t\n\f\r"\'\\ABz' }],
    ['"}; instance of X { // /* "', { kind: 'string', value: '}; instance of X { // /* ' }],
    ["'x'", { kind: 'char', value: 'x' }],
    ['-12', { kind: 'integer', value: -12n }],
    ['0x1F', { kind: 'integer', value: 31n }],
    ['-0x10', { kind: 'integer', value: -16n }],
    ['0777', { kind: 'integer', value: 511n }],
    ['1010b', { kind: 'integer', value: 10n }],
    ['18446744073709551615', { kind: 'integer', value: 18446744073709551615n }],
    ['1.5', { kind: 'real', value: 1.5 }],
    ['-.5E+3', { kind: 'real', value: -500 }],
    ['TRUE', { kind: 'boolean', value: true }],
    ['false', { kind: 'boolean', value: false }],
    ['null', { kind: 'null' }],
    ['{}', { kind: 'array', items: [] }],
    [
      '{1, "x"}',
      {
        kind: 'array',
        items: [
          { kind: 'integer', value: 1n },
          { kind: 'string', value: 'x' },
        ],
      },
    ],
    ['$Alias', { kind: 'alias', name: 'Alias' }],
    [
      'instance of B { C = 1; }',
      {
        kind: 'instance',
        instance: {
          className: 'B',
          qualifiers: [],
          properties: [{ qualifiers: [], name: 'C', value: { kind: 'integer', value: 1n } }] as never,
        },
      },
    ],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected))
})

describe('documents', () => {
  test('a namespace pragma holds until the next one, and root\\default holds before the first', () => {
    const { document, diagnostics } = parse(`
      instance of A {};
      #pragma namespace ("\\\\\\\\.\\\\ROOT\\\\Subscription")
      instance of B {};
      #PRAGMA NAMESPACE("\\\\\\\\HOST7\\\\root\\\\cimv2")
      class C : D { };`)
    expect(diagnostics).toEqual([])
    const [a, , b, , c] = document.statements
    expect(a).toMatchObject({ namespace: 'root\\default' })
    expect(b).toMatchObject({ namespace: 'root\\subscription' })
    expect(c).toMatchObject({ namespace: 'root\\cimv2', host: 'HOST7' })
  })

  test('classes keep superclass, qualifiers, properties and methods', () => {
    const { document, diagnostics } = parse(`
      Qualifier Key : boolean = false, Scope(property, reference), Flavor(DisableOverride);
      [dynamic, provider("X"): ToInstance, Values{"a", "b"}]
      class My_Consumer as $C : __EventConsumer
      {
        [key, read: ToSubclass DisableOverride] string Name;
        uint8 Data[]; uint32 Fixed[4] = {1, 2, 3, 4};
        __EventFilter ref Filter = NULL;
        [Implemented] uint32 Run([in] string What, [out] My_Consumer ref Who);
      };`)
    expect(diagnostics).toEqual([])
    expect(document.statements[1]).toMatchObject({
      kind: 'class',
      name: 'My_Consumer',
      superclass: '__EventConsumer',
      alias: 'C',
      members: [
        {
          kind: 'property',
          name: 'Name',
          qualifiers: [{ name: 'key' }, { name: 'read', flavors: ['ToSubclass', 'DisableOverride'] }],
        },
        { name: 'Data', array: 'unbounded' },
        { name: 'Fixed', array: 4 },
        { name: 'Filter', type: '__EventFilter', reference: true, value: { kind: 'null' } },
        { kind: 'method', name: 'Run', parameters: [{ name: 'What' }, { name: 'Who', reference: true }] },
      ],
    })
  })

  test('deletions, flags and autorecover are pragmas with their parameters', () => {
    const { document } = parse(
      '#pragma autorecover\n#pragma deleteclass("X", NOFAIL)\n#pragma classflags("forceupdate")',
    )
    expect(document.autorecover).toBe(true)
    expect(document.statements[1]).toMatchObject({
      name: 'deleteclass',
      parameters: [{ value: 'X' }, { value: 'NOFAIL' }],
    })
  })

  test('a reference by alias becomes the path of the instance, also when that is declared later', () => {
    const { document } = parse(`
      instance of __FilterToConsumerBinding { Filter = $F; Consumer = $unknown; };
      instance of __EventFilter as $F { Name = "quo\\"te"; };`)
    const [binding] = document.statements
    const cim = binding?.kind === 'instance' ? mofInstanceToCim(binding, document) : undefined
    expect(cim?.properties).toEqual([
      { name: 'Filter', value: '__EventFilter.Name="quo\\"te"' },
      { name: 'Consumer', value: '$unknown' },
    ])
  })

  test('each error is reported and costs only its own statement or property', () => {
    const { document, diagnostics } = parse(`
      garbage here;
      instance of A { Name = ; Other = "kept"; };
      instance of B { Name = "no closing brace";
      instance of C as { Name = "x"; };
      instance of D { Name = "last"; };`)
    const instances = document.statements.filter((statement) => statement.kind === 'instance')
    expect(instances.map(({ className }) => className)).toEqual(['A', 'B', 'D'])
    expect(instances[0]?.properties.map(({ name }) => name)).toEqual(['Other'])
    expect(instances[1]?.truncated).toBe(true)
    expect(diagnostics.length).toBeGreaterThanOrEqual(4)
    for (const { at } of diagnostics) expect(at?.in).toBe('text')
  })

  test('a string without end stops at its line, so that the next object is still read', () => {
    const { document, diagnostics } = parse('instance of A { N = "open\n};\ninstance of B { N = 1; };\n')
    expect(
      document.statements.map((statement) => (statement.kind === 'instance' ? statement.className : '')),
    ).toContain('B')
    expect(diagnostics.map(({ code }) => code)).toContain('mof/unterminated-string')
  })

  test('deep nesting is refused rather than overflowing the stack', () => {
    const { diagnostics } = parse(`instance of A { V = ${'{'.repeat(100_000)}; };`)
    expect(diagnostics.map(({ code }) => code)).toContain('mof/too-deep')
    expect(parse(`[${'a('.repeat(100_000)}`).diagnostics.length).toBeGreaterThan(0)
    expect(
      parse('instance of A { V = '.concat('instance of A { V = '.repeat(20_000))).diagnostics.length,
    ).toBeLessThan(110)
  })

  test('a million quotes, escapes or comment marks take linear time', () => {
    for (const unit of [
      '"',
      '\\"',
      '"\\',
      '/*',
      '#pragma ',
      '$',
      '{"',
      'instance of A {',
      'class A {',
      '[',
      "'",
    ])
      parse(unit.repeat(200_000 / unit.length))
  })
})

const word = fc
  .stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/)
  .filter((text) => !/^(?:instance|class|qualifier|true|false|null|as|of|ref)$/i.test(text))
const text = fc.oneof(
  fc.string({ unit: anyUnit, maxLength: 30 }),
  fc.string({ maxLength: 30 }),
  fc.constantFrom('};', 'instance of A {', '\\x41', '"', '\\"', '//', '*/'),
)
const { mofValue } = fc.letrec<{ mofValue: MofValue }>((tie) => ({
  mofValue: fc.oneof(
    { depthSize: 'small' },
    fc.record({ kind: fc.constant('string' as const), value: text }),
    fc.record({ kind: fc.constant('char' as const), value: fc.string({ minLength: 1, maxLength: 1 }) }),
    fc.record({
      kind: fc.constant('integer' as const),
      value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
    }),
    fc.record({
      kind: fc.constant('real' as const),
      value: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
    }),
    fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.constant<MofValue>({ kind: 'null' }),
    fc.record({ kind: fc.constant('alias' as const), name: word }),
    fc.record({ kind: fc.constant('array' as const), items: fc.array(tie('mofValue'), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant('instance' as const),
      instance: fc.record({
        className: word,
        qualifiers: fc.constant([]),
        properties: fc.array(assignment(tie('mofValue')), { maxLength: 3 }),
      }),
    }),
  ) as fc.Arbitrary<MofValue>,
}))
const place = { start: 0, end: 0 }
function assignment(inner: fc.Arbitrary<MofValue>) {
  return fc
    .record({ qualifiers: fc.constant([]), name: word, value: inner })
    .map((parts) => ({ ...parts, ...place }))
}
const qualifiers = fc.array(
  fc
    .record(
      {
        name: word,
        value: mofValue.filter(({ kind }) => kind !== 'instance'),
        flavors: fc.array(fc.constantFrom('ToSubclass', 'DisableOverride'), { maxLength: 2 }),
      },
      { requiredKeys: ['name', 'flavors'] },
    )
    .map((parts) => ({ ...parts, ...place })),
  { maxLength: 3 },
)
const array = fc.oneof(fc.constant('unbounded' as const), fc.nat(99))
const typed = fc.record(
  { qualifiers, type: word, reference: fc.boolean(), name: word, array },
  { requiredKeys: ['qualifiers', 'type', 'reference', 'name'] },
)
const member = fc.oneof(
  fc
    .record({ typed, value: fc.option(mofValue, { nil: undefined }) })
    .map(({ typed: base, value: inner }) => ({
      kind: 'property' as const,
      ...base,
      ...(inner === undefined ? {} : { value: inner }),
      ...place,
    })),
  fc
    .record({
      kind: fc.constant('method' as const),
      qualifiers,
      returnType: word,
      name: word,
      parameters: fc.array(
        typed.map((parts) => ({ ...parts, ...place })),
        { maxLength: 2 },
      ),
    })
    .map((parts) => ({ ...parts, ...place })),
)
const optional = <T>(key: string, arbitrary: fc.Arbitrary<T>) =>
  fc.option(arbitrary, { nil: undefined }).map((inner) => (inner === undefined ? {} : { [key]: inner }))
const statement = fc.oneof(
  fc.record({
    kind: fc.constant('pragma' as const),
    name: word.filter((name) => name.toLowerCase() !== 'namespace'),
    parameters: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('string' as const), value: text }),
        fc.record({ kind: fc.constant('word' as const), value: word }),
      ),
      { maxLength: 1 },
    ),
  }),
  fc
    .tuple(
      optional('alias', word),
      fc.record({
        kind: fc.constant('instance' as const),
        className: word,
        qualifiers,
        properties: fc.array(assignment(mofValue), { maxLength: 4 }),
      }),
    )
    .map(([alias, base]) => ({ ...base, ...alias, namespace: 'root\\default' })),
  fc
    .tuple(
      optional('alias', word),
      optional('superclass', word),
      fc.record({
        kind: fc.constant('class' as const),
        qualifiers,
        name: word,
        members: fc.array(member, { maxLength: 4 }),
      }),
    )
    .map(([alias, superclass, base]) => ({ ...base, ...alias, ...superclass, namespace: 'root\\default' })),
  fc
    .tuple(
      optional('array', array),
      optional('value', mofValue),
      fc.record({
        kind: fc.constant('qualifier' as const),
        name: word,
        type: word,
        scopes: fc.array(word, { minLength: 1, maxLength: 2 }),
        flavors: fc.array(word, { maxLength: 2 }),
      }),
    )
    .map(([size, inner, base]) => ({ ...base, ...size, ...inner })),
) as fc.Arbitrary<Omit<MofStatement, 'start' | 'end'>>

describe('properties', () => {
  test('printing statements and parsing them gives the same tree', () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 4 }), (statements) => {
        const printed = printMof({ statements: statements as MofStatement[] })
        const { document, diagnostics } = parse(printed)
        expect(diagnostics).toEqual([])
        expect(bare(document.statements)).toEqual(bare(statements))
      }),
      { numRuns: 300 },
    )
  })

  test('mutated and cut text gives a document in bounded time', () => {
    const sample = printMof(
      parse(
        '[a(1)] class A : B { [key] string N; uint32 M([in] string x); };\ninstance of A as $x { N = "a\\nb"; M = {1, 2}; E = instance of B { C = $x; }; };',
      ).document,
    )
    fc.assert(
      fc.property(
        fc.nat(sample.length),
        fc.nat(sample.length),
        fc.string({ unit: anyUnit, maxLength: 8 }),
        (from, to, insert) => {
          parse(sample.slice(0, Math.min(from, to)) + insert + sample.slice(Math.max(from, to)))
        },
      ),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.string({ unit: anyUnit, maxLength: 300 }), (input) => void parse(input)))
  })
})

test.skipIf(sharedPath('evidence/data/mof') === undefined)(
  'the public test subscription is read whole',
  () => {
    const { document, diagnostics } = parse(
      readFileSync(sharedPath('evidence/data/mof/T1546.003.mof') ?? '', 'utf8'),
    )
    expect(diagnostics).toEqual([])
    expect(document.autorecover).toBe(true)
    const instances = document.statements.filter((entry) => entry.kind === 'instance')
    expect(instances.map(({ className, namespace }) => [className, namespace])).toEqual([
      ['CommandLineEventConsumer', 'root\\subscription'],
      ['__EventFilter', 'root\\subscription'],
      ['__FilterToConsumerBinding', 'root\\subscription'],
    ])
    const [consumer, filter, binding] = instances.map(
      (instance) => mofInstanceToCim(instance, document).properties,
    )
    expect(consumer?.[2]).toEqual({ name: 'CommandLineTemplate', value: 'cmd.exe' })
    expect(filter?.[2]?.value).toBe(
      'SELECT * FROM __InstanceCreationEvent Within 3 Where TargetInstance Isa "Win32_Process" And Targetinstance.Name = "notepad.exe" ',
    )
    expect(binding?.[0]?.value).toBe('__EventFilter.Name="AtomicRedTeam_filter"')
  },
)
