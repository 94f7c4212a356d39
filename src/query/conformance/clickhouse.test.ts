import { createRequire } from 'node:module'
import { beforeAll, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { InputError } from '../../diagnostics/index.ts'
import { loadFront, timespanText } from '../front/index.ts'
import { compileKql } from '../sql/compile.ts'
import type { BoundValue, KustoType } from '../sql/types.ts'
import { difference, readCases } from './cases.suite.ts'
import type { Answer } from './harness.suite.ts'

interface ChdbSession {
  query(sql: string): string
  queryBindAsync(sql: string, parameters: object, options: { format: string }): Promise<{ text(): string }>
}

/** Fewest cases that must pass; the others must be refused by name, none may answer differently. */
const GOALS: Readonly<Record<string, number>> = {
  'engine-core': 36,
  'engine-common': 8,
  'string-operators': 36,
}

function open(): ChdbSession | undefined {
  try {
    const { Session } = createRequire(import.meta.url)('chdb') as { Session: new () => ChdbSession }
    return new Session()
  } catch {
    // The package is 566 MB and stays out of the lock: its absence only skips these tests.
    process.stderr.write(
      'skipped: the npm package chdb is not installed; tests of the ClickHouse dialect need it\n',
    )
    return undefined
  }
}

const session = open()

beforeAll(async () => {
  await loadFront()
  const settings = { date_time_output_format: 'iso', join_use_nulls: '1', session_timezone: 'UTC' }
  for (const [name, value] of Object.entries(settings)) session?.query(`SET ${name} = '${value}'`)
})

function bound(value: BoundValue): string {
  if (value.type === 'now') return '2024-06-01 00:00:00'
  if (value.type === 'datetime') return value.value.replace('T', ' ').replace('Z', '')
  return String(value.value).replace('Infinity', 'inf').replace('NaN', 'nan')
}

function decoded(value: unknown, type: KustoType): unknown {
  if (value === null) return type === 'string' ? '' : null
  if (type === 'int' || type === 'long')
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (type === 'timespan') return timespanText(BigInt(String(value)))
  if (type === 'dynamic') return JSON.parse(String(value)) as unknown
  return value
}

async function answer(given: ChdbSession, text: string): Promise<Answer> {
  const { sql, parameters, columns } = compileKql(text, { schema: { tables: [] }, dialect: 'clickhouse' })
  const values = Object.fromEntries(parameters.map((value, i) => [`p${i + 1}`, bound(value)]))
  const lines = (await given.queryBindAsync(sql, values, { format: 'JSONCompactEachRow' })).text().split('\n')
  const rows = lines
    .filter((line) => line !== '')
    .map((line) =>
      (JSON.parse(line) as unknown[]).map((value, i) => decoded(value, columns[i]?.type ?? 'dynamic')),
    )
  return { columns, rows }
}

for (const [file, goal] of Object.entries(GOALS)) {
  const path = sharedPath(`kql/conformance/${file}.json`)
  test.skipIf(session === undefined || path === undefined)(
    `${file} on ClickHouse: a case answers as recorded or is refused, never differently`,
    async () => {
      if (session === undefined) return
      const wrong: string[] = []
      let passed = 0
      for (const given of readCases(path ?? '')) {
        try {
          const found = difference(given, await answer(session, given.query))
          if (found === undefined) passed += 1
          else wrong.push(`${given.id}: ${found}`)
        } catch (error) {
          const refused = error instanceof InputError && error.code === 'query/unsupported'
          if (!refused)
            wrong.push(`${given.id}: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`)
        }
      }
      process.stdout.write(`clickhouse ${file.padEnd(18)} ${passed} pass, the rest is refused\n`)
      expect(wrong).toEqual([])
      expect(passed).toBeGreaterThanOrEqual(goal)
    },
  )
}

test.skipIf(session === undefined)(
  'the row after and sorted texts are the same as on DuckDB; an array of anything else stops the query',
  async () => {
    if (session === undefined) return
    const rows = async (text: string): Promise<unknown> => (await answer(session, text)).rows
    expect(
      await rows(`datatable(n:long, s:string)[1, "a", 2, "b"] | sort by n asc
        | extend After = next(n), Text = next(s), Before = prev(n) | project n, After, Text, Before`),
    ).toEqual([
      [1, 2, 'b', null],
      [2, null, '', 1],
    ])
    const sorted = (array: string): string =>
      `datatable(d:dynamic)[dynamic(${array})] | project x = array_sort_asc(d), y = array_sort_desc(d)`
    expect(await rows(sorted('["b", "a", "B", "/"]'))).toEqual([
      [
        ['/', 'B', 'a', 'b'],
        ['b', 'a', 'B', '/'],
      ],
    ])
    expect(await rows(sorted('{"a": 1}'))).toEqual([[null, null]])
    await expect(rows(sorted('[2, 10]'))).rejects.toThrow('arrays of text')
  },
)

test('the Sentinel query for WMI consumers compiles for both engines', () => {
  const text = `let W = T | where Timestamp > ago(24h) | where L has_any ("__EventFilter", "ROOT\\\\subscription")
    | extend C = case(L has "__EventFilter", "EventFilter", L has "x" or L has "y", "EventConsumer", "Unknown");
    union W, (T | extend C = "RepositoryChange") | sort by Timestamp desc`
  const tables = [
    {
      name: 'T',
      columns: [
        { name: 'Timestamp', type: 'datetime' },
        { name: 'L', type: 'string' },
      ] as const,
    },
  ]
  for (const dialect of ['duckdb', 'clickhouse'] as const) {
    expect(compileKql(text, { schema: { tables }, dialect }).ordered).toBe(true)
  }
})
