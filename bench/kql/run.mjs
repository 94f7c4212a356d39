/**
 * Prints how fast KQL runs here: each query against the SQL that an expert writes for DuckDB by hand for the same
 * result, in one run over the same synthetic process events; compile time; cold start; ingest.
 *
 *   npm run build && node bench/kql/run.mjs [--rows 10000000] [--rounds 3] [--ingest 1000000] [--skip cold,ingest]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AT, PAIRS } from './pairs.mjs'
import { processEvent } from './process-events.mjs'
import { fillSql } from './synthetic-table.mjs'

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '3' },
    ingest: { type: 'string', default: '1000000' },
    skip: { type: 'string', default: '' },
    dist: { type: 'string', default: fileURLToPath(new URL('../../dist/', import.meta.url)) },
  },
})
const ROWS = Number(flags.rows)
const ROUNDS = Number(flags.rounds)
const skipped = new Set(flags.skip.split(','))
const query = await import(join(flags.dist, 'query/index.js'))
const tables = await import(join(flags.dist, 'tables/index.js'))
const NO_CACHE = { get: () => undefined, set: () => undefined }

const milliseconds = async (work) => {
  const start = performance.now()
  const result = await work()
  return { ms: performance.now() - start, result }
}
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]
const print = (...cells) => console.log(cells.join('  '))

async function collect(batches) {
  const all = []
  for await (const rows of batches) all.push(...rows)
  return all
}

async function queries() {
  const engine = await query.openDuckDb({ functions: query.nativeFunctionsByName })
  const columns = ['Timestamp', ...fillSql.columns]
  for (const name of ['DeviceProcessEvents', 'DeviceFileEvents']) {
    await engine.declare(tables.tableSchema(name), fillSql.columnsOf(name, columns))
  }
  const filled = await milliseconds(async () => {
    for (const sql of fillSql.statements(ROWS)) await engine.execute(sql)
  })
  print(`${ROWS.toLocaleString('en')} process events made in ${(filled.ms / 1000).toFixed(1)} s`)
  const parser = await milliseconds(() =>
    query.compileCached('print 1', { schema: { tables: [] } }, NO_CACHE),
  )
  print(`parser loaded and first query compiled in ${parser.ms.toFixed(0)} ms\n`)
  print(
    'query'.padEnd(26),
    'rows'.padStart(9),
    'compile ms'.padStart(10),
    'KQL ms'.padStart(8),
    'hand ms'.padStart(8),
    'ratio'.padStart(6),
  )
  const ratios = []
  for (const { name, kql, sql } of PAIRS) {
    const schema = query.schemaForText(kql)
    const compile = await milliseconds(() => query.compileCached(kql, { schema }, NO_CACHE))
    const again = await milliseconds(() => query.compileCached(`${kql} `, { schema }, NO_CACHE))
    const compiled = compile.result
    await engine.prepare(schema, ['DeviceProcessEvents', 'DeviceFileEvents'])
    const hand = { ...compiled, sql, parameters: [], requiredFunctions: [] }
    const times = { kql: [], hand: [] }
    let rows = 0
    for (let round = 0; round <= ROUNDS; round += 1) {
      const mine = await milliseconds(() => collect(engine.run(compiled, { atMs: AT })))
      const theirs = await milliseconds(() => collect(engine.run(hand, { atMs: AT })))
      const same = JSON.stringify(sorted(mine.result)) === JSON.stringify(sorted(theirs.result))
      if (!same)
        throw new Error(`${name}: the two results differ\n${firstDifference(mine.result, theirs.result)}`)
      rows = mine.result.length
      if (round === 0) continue // warms the cache for both
      times.kql.push(mine.ms)
      times.hand.push(theirs.ms)
    }
    const ratio = median(times.kql) / median(times.hand)
    ratios.push(ratio)
    print(
      name.padEnd(26),
      String(rows).padStart(9),
      Math.min(compile.ms, again.ms).toFixed(0).padStart(10),
      median(times.kql).toFixed(0).padStart(8),
      median(times.hand).toFixed(0).padStart(8),
      ratio.toFixed(2).padStart(6),
    )
  }
  print(`\nworst ratio ${Math.max(...ratios).toFixed(2)} (aim: at most 1.3)`)
  await engine.close()
}

const sorted = (rows) => rows.map((row) => JSON.stringify(row)).sort()

function firstDifference(a, b) {
  const [left, right] = [sorted(a), sorted(b)]
  const at = left.findIndex((row, index) => row !== right[index])
  return `KQL  (${a.length} rows): ${left[at]}\nhand (${b.length} rows): ${right[at]}`
}

function coldStart() {
  const cache = mkdtempSync(join(tmpdir(), 'triad-bench-'))
  const call = (kql) =>
    spawnSync(process.execPath, [join(flags.dist, 'cli/bin.js'), 'query', kql, '--format', 'json'], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
      encoding: 'utf8',
    })
  const kql = 'DeviceProcessEvents | where FileName has "scrcons" | summarize count() by DeviceName'
  const timed = (text) => {
    const start = performance.now()
    const { status, stderr, stdout } = call(text)
    if (status !== 0 || !stdout.startsWith('{"columns"'))
      throw new Error(`triad query failed (${status}): ${stderr}`)
    return performance.now() - start
  }
  const fresh = Array.from({ length: 3 }, (_, round) => timed(`${kql} | take ${round + 1}`))
  const known = Array.from({ length: 3 }, () => timed(`${kql} | take 1`))
  print(`cold start, new text       ${(median(fresh) / 1000).toFixed(2)} s (aim: under 2.5)`)
  print(`cold start, compiled before ${(median(known) / 1000).toFixed(2)} s (aim: under 0.7)`)
  rmSync(cache, { recursive: true, force: true })
}

/** Fifteen columns, ten of text, about 550 characters a row: cells as a reader hands them over. */
async function ingestTyped(rows) {
  const names = [
    'Timestamp',
    'DeviceName',
    'ActionType',
    'FileName',
    'FolderPath',
    'SHA256',
    'ProcessId',
    'ProcessCommandLine',
    'AccountDomain',
    'AccountName',
    'InitiatingProcessFileName',
    'InitiatingProcessFolderPath',
    'InitiatingProcessId',
    'InitiatingProcessCommandLine',
    '_RecordId',
  ]
  const schema = tables.tableSchema('DeviceProcessEvents')
  const engine = await query.openDuckDb()
  await engine.declare(schema, names)
  const buffer = new tables.TableBuffer(schema, (batch) => engine.writeBatch(batch))
  const at = names.map((name) => buffer.columnIndex.get(name))
  const flat = (value) => (typeof value === 'string' ? Buffer.from(value).toString() : value)
  const pool = Array.from({ length: 20_000 }, (_, index) => {
    const event = processEvent(index)
    const v = event.values
    return [
      event.timeFiletime,
      event.computer,
      'ProcessCreated',
      v[9],
      v[4],
      v[17].slice(5, 45),
      Number(v[3]),
      v[10].repeat(2),
      'CORP',
      v[12],
      v[9],
      v[20],
      Number(v[19]),
      v[21].repeat(2),
      index,
    ].map(flat)
  })
  const { ms } = await milliseconds(async () => {
    for (let row = 0; row < rows; row += 1) {
      const cells = pool[row % pool.length]
      for (let column = 0; column < at.length; column += 1) buffer.set(at[column], cells[column])
      buffer.endRow()
    }
    buffer.flush()
    await engine.settle()
  })
  print(
    `ingest, typed rows of 15 columns  ${Math.round((rows / ms) * 1000).toLocaleString('en')} rows/s (aim: 200,000)`,
  )
  await engine.close()
}

/** Sysmon 1 records through the mapping into all 33 columns that they fill. */
async function ingestEvents(rows) {
  const engine = await query.openDuckDb()
  const sink = query.createTableSink(engine, { tables: ['DeviceProcessEvents'], report: console.error })
  await sink.finish()
  let ms = 0
  for (let from = 0; from < rows; from += 2048) {
    const events = Array.from({ length: Math.min(2048, rows - from) }, (_, index) =>
      processEvent(from + index),
    )
    ms += (
      await milliseconds(() => {
        for (const event of events) sink.event(event)
      })
    ).ms
  }
  ms += (await milliseconds(() => sink.finish())).ms
  const counts = await engine.rowCounts()
  if (counts.get('DeviceProcessEvents') !== rows) throw new Error(`rows lost: ${JSON.stringify([...counts])}`)
  print(
    `ingest, Sysmon 1 records mapped   ${Math.round((rows / ms) * 1000).toLocaleString('en')} events/s into 33 columns`,
  )
  await engine.close()
}

if (!skipped.has('ingest')) {
  await ingestTyped(Number(flags.ingest))
  await ingestEvents(Math.min(Number(flags.ingest), 300_000))
}
if (!skipped.has('cold')) coldStart()
if (!skipped.has('queries')) await queries()
