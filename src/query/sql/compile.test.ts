import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../diagnostics/index.ts'
import { openDuckDb, runKql } from '../conformance/harness.suite.ts'
import { loadFront } from '../front/index.ts'
import { compileKql } from './compile.ts'
import type { QuerySchema } from './types.ts'

const SCHEMA: QuerySchema = {
  tables: [
    {
      name: 'T',
      columns: [
        { name: 'Time', type: 'datetime' },
        { name: 'Name', type: 'string' },
        { name: 'name', type: 'string' },
        { name: 'N', type: 'long' },
        { name: 'D', type: 'dynamic' },
        { name: '_EvidenceId', type: 'string', hidden: true },
      ],
    },
    {
      name: 'U',
      columns: [
        { name: 'Name', type: 'string' },
        { name: 'N', type: 'string' },
      ],
    },
  ],
}

let connection: DuckDBConnection

beforeAll(async () => {
  await loadFront()
  connection = await openDuckDb(SCHEMA)
  await connection.run(
    `INSERT INTO "T" VALUES (TIMESTAMP '2024-05-31 12:00:00', 'a', 'x', 1, '{"k":[1,"two"]}', 'e1'),
      (TIMESTAMP '2024-05-31 13:00:00', 'B', 'y', NULL, NULL, 'e1'), (TIMESTAMP '2024-05-01 00:00:00', '', '', 3, '{"k":null}', 'e2')`,
  )
  await connection.run(`INSERT INTO "U" VALUES ('a', 'text')`)
})

const rows = async (text: string): Promise<unknown> => (await runKql(connection, text, SCHEMA)).rows

function errorOf(text: string, options: { parameters?: Record<string, string> } = {}): InputError {
  try {
    compileKql(text, { schema: SCHEMA, ...options })
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
  throw new Error('compiled, though it must not')
}

test('isempty of a dynamic column: bags and arrays never, text and null by what they hold', async () => {
  expect(
    await rows(`print x = 1 | mv-expand D = dynamic([{"a":1}, [], "", "t", null, 0])
      | extend E = isempty(D), N = isnotempty(D) | project tostring(D), E, N`),
  ).toEqual([
    ['{"a":1}', false, true],
    ['[]', false, true],
    ['', true, false],
    ['t', false, true],
    ['', true, false],
    ['0', false, true],
  ])
})

test('parse: a typed column that fails empties the others, relaxed only itself, and parse-where drops the row', async () => {
  const from = (operator: string, text: string): string =>
    `print s = "${text}" | ${operator} s with "user=" User " id=" Id:long | project User, Id`
  expect(await rows(from('parse', 'user=a id=+5'))).toEqual([['a', 5]])
  expect(await rows(from('parse', 'user=a id=x'))).toEqual([['', null]])
  expect(await rows(from('parse', 'user=a id=99999999999999999999'))).toEqual([['', null]])
  expect(await rows(from('parse kind=relaxed', 'user=a id=x'))).toEqual([['a', null]])
  expect(await rows(from('parse-where', 'user=a id=x'))).toEqual([])
  expect(await rows('print s = "b" | parse-where s with "a" X | project X')).toEqual([])
  expect(await rows('print s = "a" | parse-where s with "a" X | project X')).toEqual([['']])
  expect(await rows('print s = "a=1 b=x" | parse s with "a=" A:long " b=" B:long | project A, B')).toEqual([
    [null, null],
  ])
})

test('where * looks into text and dynamic columns only, and not into hidden ones', async () => {
  expect(await rows('T | where * has "two" | project Name')).toEqual([['a']])
  expect(await rows('T | where * == "B" | project Name')).toEqual([['B']])
  expect(await rows('T | where * has "e1" | project Name')).toEqual([])
})

describe('errors', () => {
  test('an unknown column has Microsoft’s code and message, and the place it stands', () => {
    const error = errorOf('T | where Nope == 1')
    expect(error.code).toBe('query/invalid')
    expect(error.message).toBe(
      "KS142: The name 'Nope' does not refer to any known column, table, variable or function.",
    )
    expect(error.at).toEqual({ in: 'text', source: 'query', start: 10, end: 14 })
  })

  test('what is not translated is refused by name, with its place and a way round', () => {
    const error = errorOf('T | reduce by Name')
    expect(error.code).toBe('query/unsupported')
    expect(error.message).toContain('reduce')
    expect(error.at).toMatchObject({ start: 4 })
    expect(error.hint).toContain('replace_regex')
    const several = errorOf('print n = dynamic([1]) | extend (flag, score) = series_decompose_anomalies(n)')
    expect(several.message).toBe('the function series_decompose_anomalies() is not supported')
  })

  test('a query parameter without a value, or of the wrong type, is told before anything runs', () => {
    const text = 'declare query_parameters(n:long); T | where N == n'
    expect(errorOf(text).code).toBe('query/parameter')
    expect(errorOf(text, { parameters: { n: '1; drop table T' } }).code).toBe('query/parameter')
    expect(compileKql(text, { schema: SCHEMA, parameters: { n: '3' } }).parameters).toContainEqual({
      type: 'long',
      value: '3',
    })
  })
})

describe('what evidence and users write is never SQL', () => {
  test('texts are bound and identifiers quoted, whatever they hold', async () => {
    expect(await rows(`print x = "'; DROP TABLE T; --", ['a"b'] = 1`)).toEqual([["'; DROP TABLE T; --", 1]])
    expect(compileKql(`T | where Name has "'quote"`, { schema: SCHEMA }).sql).not.toContain('quote')
  })
})

describe('nulls and names', () => {
  test('a null is unequal to a value but not to a null (S1)', async () => {
    expect(await rows('T | where N != 1 | count')).toEqual([[2]])
    expect(await rows('T | where not(N == 1) | count')).toEqual([[2]])
    expect(await rows('print int(null) == 1, int(null) != 1, int(null) == int(null)')).toEqual([
      [false, true, null],
    ])
  })

  test('null sorts first ascending and last descending, though DuckDB puts it last both ways (S10)', async () => {
    expect(await rows('T | sort by N asc | project N')).toEqual([[null], [1], [3]])
    expect(await rows('T | sort by N | project N')).toEqual([[3], [1], [null]])
  })

  test('names that differ only by case are two columns (S0.5)', async () => {
    expect(await rows('T | where N == 1 | project Name, name, NAME = "z"')).toEqual([['a', 'x', 'z']])
    expect(await rows('T | where N == 1 | extend nAme = 1 | project nAme, Name')).toEqual([[1, 'a']])
  })

  test('hidden columns are found by name and shown nowhere else', async () => {
    expect(await rows('T | where _EvidenceId == "e2" | count')).toEqual([[1]])
    expect(compileKql('T', { schema: SCHEMA }).columns.map((column) => column.name)).not.toContain(
      '_EvidenceId',
    )
    expect(compileKql('union T, U', { schema: SCHEMA }).columns.map((column) => column.name)).toEqual([
      'Time',
      'Name',
      'name',
      'N_long',
      'D',
      'N_string',
    ])
  })

  test('the order a query asked for survives extend and project, even of a column it drops (S10)', async () => {
    const compiled = compileKql('T | sort by Time asc | extend q = 1 | project Name', { schema: SCHEMA })
    expect(compiled.ordered).toBe(true)
    expect(await rows('T | sort by Time asc | project Name')).toEqual([[''], ['a'], ['B']])
  })
})

describe('dynamic', () => {
  test('a step that is missing is null, never an error, and compares as Kusto does (S3)', async () => {
    expect(await rows('T | project tostring(D.k[1]), isnull(D.k.x.y), D.k[0] == 1')).toEqual([
      ['two', true, true],
      ['', true, false],
      ['', true, false],
    ])
  })

  test('mv-expand gives one row for null and none for an empty array (S9)', async () => {
    expect(
      await rows(
        'datatable(d:dynamic)[dynamic([1,2]), dynamic(null), dynamic([])] | mv-expand d | project d',
      ),
    ).toEqual([[1], [2], [null]])
  })

  test('columns that depend on the data are asked for, then known (S12)', async () => {
    const probe = compileKql('T | project D | evaluate bag_unpack(D)', { schema: SCHEMA })
    expect(probe.probe?.sql).toContain('json_keys')
    expect(await rows('T | where N == 1 | project D | evaluate bag_unpack(D)')).toEqual([[[1, 'two']]])
  })
})

test('a compiled query survives JSON, since it is cached on disk', () => {
  const compiled = compileKql(
    'T | where Time > ago(1d) and N in (1, 2) | summarize make_set(Name) by bin(Time, 1h)',
    { schema: SCHEMA },
  )
  expect(JSON.parse(JSON.stringify(compiled))).toEqual(compiled)
  expect(compiled.parameters).toContainEqual({ type: 'now' })
})

test('now() is the reference time, so old evidence can be asked about its own last day', async () => {
  expect(await rows('T | where Time > ago(1d) | count')).toEqual([[2]])
})

test('an innerunique join keeps one left row per key, an inner join all (S6)', async () => {
  const both = (kind: string): string =>
    `datatable(k:int, a:string)[1,"x",1,"y"] | join kind=${kind} (datatable(k:int)[1]) on k | count`
  expect(await rows(both('innerunique'))).toEqual([[1]])
  expect(await rows(both('inner'))).toEqual([[2]])
})

test('sets come in one order, whatever order the rows and the threads had, also where they are cut (S5)', async () => {
  const sets = 'summarize make_set(n), make_set(n, 2), make_set(s), make_set(d)'
  const values = 'n = n * 7919 % 3000, s = tostring(n % 12), d = pack_array(n % 3)'
  const found = await rows(`range n from 0 to 299999 step 1 | project ${values} | ${sets}`)
  const numbers = Array.from({ length: 3000 }, (_item, index) => index)
  const texts = Array.from({ length: 12 }, (_item, index) => String(index)).sort()
  expect(found).toEqual([[numbers, [0, 1], texts, [0, 1, 2]]])
})

describe('properties', () => {
  const operators = [
    'where N > 1',
    'where Name has "a" or Name !contains "b"',
    'extend q = N + 1, r = strcat(Name, "-", tostring(N))',
    'project Name, N',
    'summarize c = count(), s = make_set(Name) by N',
    'summarize arg_max(N, *) by Name',
    'sort by N asc',
    'top 2 by N',
    'take 3',
    'distinct Name, N',
    'join kind=leftouter (U | project Name) on Name',
    'union U',
    'mv-expand x = pack_array(1, 2)',
    'serialize rn = row_number()',
    'parse Name with * "a" rest',
    'lookup (U | project Name, M = N) on Name',
    'evaluate narrow()',
    'fork (count) (take 1)',
  ]

  test('every chain of operators that binds is answered or refused, by the translator and by the database', async () => {
    const chains = fc.array(fc.constantFrom(...operators), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(chains, async (chain) => {
        try {
          await runKql(connection, ['T', ...chain].join(' | '), SCHEMA)
        } catch (error) {
          if (!(error instanceof InputError)) throw error
          expect(['query/invalid', 'query/unsupported']).toContain(error.code)
        }
      }),
      { numRuns: 60, seed: 4 },
    )
  })

  test('any text, and any mutation of a query, gives SQL or an InputError', () => {
    const query =
      'let f = (x:string) { T | where Name =~ x }; f("a") | extend q = D.k[0] | summarize count() by bin(Time, 1h)'
    const mutated = fc
      .tuple(fc.nat(query.length), fc.nat(10), fc.string({ maxLength: 6 }))
      .map(([at, length, text]) => query.slice(0, at) + text + query.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ maxLength: 60 })), (text) => {
        try {
          compileKql(text, { schema: SCHEMA })
        } catch (error) {
          if (!(error instanceof InputError)) throw error
        }
      }),
      { numRuns: 150, seed: 7 },
    )
  })
})

test('no comparison with NaN holds, though DuckDB has it above every number (S1)', async () => {
  const ratios = 'datatable(a:real, b:real)[0.0, 0.0, 3.0, 2.0, 1.0, 4.0] | extend r = a / b'
  expect(await rows(`${ratios} | where r > 1 | project r`)).toEqual([[1.5]])
  expect(await rows(`${ratios} | where 1 <= r | project r`)).toEqual([[1.5]])
  expect(await rows(`${ratios} | where not(r >= 1) | count`)).toEqual([[2]])
  expect(await rows(`${ratios} | where 1 between (0 .. r) | project r`)).toEqual([[1.5]])
})

test('a pattern that is no regular expression fails wherever it stands, never silently', async () => {
  expect(await rows('print extract("[^\\u0000]+", 0, "ab\\u0000c")')).toEqual([['ab']])
  for (const call of ['extract("(?!x)y", 0, s)', 'extract_all("((?!x)y)", s)', 's matches regex "(?!x)y"'])
    await expect(rows(`datatable(s:string)["y"] | extend x = ${call}`)).rejects.toThrow(
      'invalid perl operator',
    )
})

test('pivot of an empty value makes a column without a name, since no value may be lost', async () => {
  const pivoted = await runKql(
    connection,
    'datatable(k:string, v:long)["", 1, "a", 2] | evaluate pivot(k, sum(v))',
    SCHEMA,
  )
  expect(pivoted.columns.map((column) => column.name)).toEqual(['', 'a'])
  expect(pivoted.rows).toEqual([[1, 2]])
})

test('texts joined to a pattern are as good as one text', async () => {
  expect(
    await rows(
      'let d = @"\\d"; print extract_all(strcat("(", d, ")"), "a1b2"), trim(strcat("[", "x]+"), "xxax")',
    ),
  ).toEqual([[['1', '2'], 'a']])
})

test('of fork and facet the last result is given, and said to be the last', async () => {
  const forked = 'T | where N > 0 | fork (count) (project N | sort by N asc)'
  expect(await rows(forked)).toEqual([[1], [3]])
  expect(compileKql(forked, { schema: SCHEMA }).notes.map(({ code }) => code)).toContain('query/last-result')
  expect(await rows('U | facet by N, Name')).toEqual([['a', 1]])
  expect(await rows('U | facet by Name with (project N)')).toEqual([['text']])
})

test('parse_json of an array is the array, which the binder alone refuses (S3)', async () => {
  expect(await rows('print todynamic(split("a,b", ",")), parse_json(pack_array(1, 2))[1]')).toEqual([
    [['a', 'b'], 2],
  ])
})

test('withsource tells tables, views and what as named; variables and subqueries are numbered (S7)', async () => {
  const text = `let A = datatable(Name:string)["v"]; let V = view () { print Name = "w" };
    A | union withsource=S A, V, U, (U | where Name != ""), (A | as B) | project S | sort by S asc`
  expect(await rows(text)).toEqual([['B'], ['U'], ['V'], ['union_arg0'], ['union_arg1'], ['union_arg4']])
})
