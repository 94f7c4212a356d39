import { describe, expect, test } from 'vitest'
import { InputError } from '../../diagnostics/index.ts'
import {
  type CompileCache,
  type CompiledQuery,
  type CompileOptions,
  compileCached,
  createTableSink,
  type DialectName,
  type Engine,
  loadUserTable,
  nativeFunctionsByName,
  openClickHouse,
  openDuckDb,
  runCompiled,
  schemaForText,
} from '../../query/index.ts'
import { scenarioRecords } from '../../simulation/index.ts'
import { loadPack, readAllowList, withoutWindow } from '../index.ts'
import { scenarioOf } from './dataset.ts'

const absent = await openClickHouse().then(
  async (engine) => {
    await engine.close()
    return false
  },
  () => true,
)
if (absent)
  process.stderr.write('skipped: the npm package chdb is not installed; the pack on ClickHouse needs it\n')

/** Each text is compiled once for each dialect, whatever the user's cache holds. */
const compiledTexts = new Map<string, CompiledQuery>()
const keyOf = (text: string, options: CompileOptions): string => `${options.dialect} ${text}`
const CACHE: CompileCache = {
  get: (text, options) => compiledTexts.get(keyOf(text, options)),
  set: (text, options, compiled) => void compiledTexts.set(keyOf(text, options), compiled),
}
const AT = Date.parse('2026-03-03T12:00:00Z')
const allowList = readAllowList()

async function load(engine: Engine, scenario: string): Promise<Engine> {
  await loadUserTable(engine, allowList)
  const sink = createTableSink(engine, { report: () => undefined })
  for (const record of scenarioRecords(scenarioOf(scenario))) sink.event(record)
  await sink.finish()
  return engine
}

/** The order inside a set is undefined in Kusto too: a row is compared as its words, sorted. */
function normalised(row: unknown): string {
  return JSON.stringify(row)
    .split(/[[\]",; ]+/)
    .sort()
    .join(' ')
}

/** Rows in an order of their own, or the construct that this dialect lacks. */
async function rowsOn(
  engine: Engine,
  dialect: DialectName,
  query: string,
): Promise<readonly string[] | 'refused'> {
  const text = withoutWindow(query)
  const schema = schemaForText(text, { watchlists: [allowList.table] })
  try {
    const compiled = await compileCached(text, { schema, dialect }, CACHE)
    const rows: string[] = []
    for await (const batch of runCompiled(engine, compiled, { schema, atMs: AT, report: () => undefined }))
      rows.push(...batch.map(normalised))
    return rows.sort()
  } catch (error) {
    if (error instanceof InputError && error.code === 'query/unsupported') return 'refused'
    throw error
  }
}

describe('the pack on ClickHouse', () => {
  const ids = [
    'powershell-command-line',
    'wmic-active-script',
    'mofcomp',
    'encoded-command',
    'stock-impersonation',
  ]
  test.skipIf(absent).each(ids)('gives the rows of DuckDB over %s', { timeout: 300_000 }, async (id) => {
    const duckdb = await load(await openDuckDb({ functions: nativeFunctionsByName }), id)
    const clickhouse = await load(await openClickHouse(), id)
    try {
      const refused: string[] = []
      for (const rule of loadPack(() => undefined)) {
        const rows = await rowsOn(clickhouse, 'clickhouse', rule.query)
        if (rows === 'refused') refused.push(rule.id)
        else expect([rule.id, rows]).toEqual([rule.id, await rowsOn(duckdb, 'duckdb', rule.query)])
      }
      // array_sort_asc() is not among the functions of that dialect.
      expect(refused.filter((rule) => rule !== 'wmi-subscription-correlated')).toEqual([])
    } finally {
      await duckdb.close()
      await clickhouse.close()
    }
  })
})
