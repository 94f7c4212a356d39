import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { isoToFiletime } from '../../bytes/index.ts'
import { type Cell, TableBuffer, type TableSchema, tableSchema } from '../../tables/index.ts'
import { loadFront } from '../front/index.ts'
import { compileKql } from '../sql/compile.ts'
import type { KustoType, ResultColumn } from '../sql/types.ts'
import { compiled, rowsOf } from './compiled.suite.ts'
import { type DuckDbEngine, openDuckDb } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-engine-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const one = (type: KustoType): readonly ResultColumn[] => [{ name: 'x', type }]

function schemaOf(name: string): TableSchema {
  const schema = tableSchema(name)
  if (schema === undefined) throw new Error(`no table ${name}`)
  return schema
}

/** Fills columns of a table, all rows alike in shape. */
function fill(
  engine: DuckDbEngine,
  schema: TableSchema,
  rows: readonly Readonly<Record<string, Cell>>[],
): void {
  const buffer = new TableBuffer(schema, (batch) => engine.writeBatch(batch))
  for (const row of rows) {
    for (const [name, cell] of Object.entries(row)) buffer.set(buffer.columnIndex.get(name) ?? -1, cell)
    buffer.endRow()
  }
  buffer.flush()
}

test('every text comes back as it went in: empty, 12 and 13 bytes, NUL, surrogates, many kilobytes', async () => {
  const engine = await openDuckDb()
  const schema = schemaOf('DeviceProcessEvents')
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme-composite', maxLength: 30 }),
    fc.string({ minLength: 11, maxLength: 14 }),
    fc.constantFrom('', '\u0000', 'a\u0000b', '\ud83d', '\ude00', 'x'.repeat(70_000), 'é'.repeat(13)),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
      .map((codes) => String.fromCharCode(...codes)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 600 }), async (texts) => {
      await engine.execute('DROP TABLE IF EXISTS evidence."Probe"')
      await engine.writeTemporary(
        {
          name: 'Probe',
          columns: [
            { name: 'a', type: 'string' },
            { name: 'n', type: 'long' },
          ],
        },
        texts.map((value, index) => [value, index]),
      )
      const rows = await rowsOf(engine, compiled('SELECT "a" FROM "Probe" ORDER BY "n"', one('string')))
      expect(rows.map(([value]) => value)).toEqual(texts.map((value) => Buffer.from(value).toString()))
    }),
    { numRuns: 30 },
  )
  expect(schema.name).toBe('DeviceProcessEvents')
  await engine.close()
})

test('every type keeps its value and its null', async () => {
  const engine = await openDuckDb()
  const columns = (
    ['bool', 'int', 'long', 'real', 'decimal', 'string', 'datetime', 'timespan', 'guid', 'dynamic'] as const
  ).map((type) => ({ name: type, type }))
  await engine.writeTemporary({ name: 'T', columns }, [
    [
      true,
      -5,
      9007199254740993n,
      Number.NaN,
      '-12.500',
      'x',
      isoToFiletime('2024-01-02T03:04:05.1234567Z'),
      -864_000_000_001n,
      '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      '{"a":[1,12345678901234567890]}',
    ],
    [
      false,
      2 ** 31,
      -1,
      Number.NEGATIVE_INFINITY,
      '7',
      '',
      isoToFiletime('1601-01-01T00:00:00Z'),
      12_345_678n,
      'f1f0c404-5cb3-11e7-907b-a6006ad3dba0',
      '"\\ud800"',
    ],
    [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ],
  ])
  expect(await rowsOf(engine, compiled('SELECT * FROM "T"', columns))).toEqual([
    [
      true,
      -5,
      '9007199254740993',
      'NaN',
      '-12.5',
      'x',
      '2024-01-02T03:04:05.123456Z',
      '-1.00:00:00.0000001',
      '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      { a: [1, '12345678901234567890'] },
    ],
    [
      false,
      null,
      -1,
      '-Infinity',
      '7',
      '',
      null,
      '00:00:01.2345678',
      'f1f0c404-5cb3-11e7-907b-a6006ad3dba0',
      '\ufffd',
    ],
    [null, null, null, null, null, '', null, null, null, null],
  ])
  await engine.close()
})

test('a table shows all its columns, filled or not, and TimeGenerated says what Timestamp says', async () => {
  const engine = await openDuckDb()
  const schema = schemaOf('DeviceEvents')
  const time = isoToFiletime('2024-01-02T03:04:05Z') ?? 0n
  fill(engine, schema, [{ Timestamp: time, DeviceName: 'a' }])
  // A column that appears later, after rows are stored without it.
  fill(engine, schema, [
    { Timestamp: time, DeviceName: 'b', AccountName: 'alice', AdditionalFields: '{"k":1}' },
  ])
  await engine.prepare({ tables: [schema] }, ['DeviceEvents'])
  const names = [
    'TimeGenerated',
    'DeviceName',
    'AccountName',
    'AdditionalFields',
    'RemotePort',
    'Type',
  ] as const
  const columns = names.map((name) => ({
    name,
    type: schema.columns.find((column) => column.name === name)?.type ?? 'string',
  }))
  const list = names.map((name) => `"${name}"`).join(', ')
  expect(
    await rowsOf(engine, compiled(`SELECT ${list} FROM "DeviceEvents" ORDER BY "DeviceName"`, columns)),
  ).toEqual([
    ['2024-01-02T03:04:05Z', 'a', '', null, null, 'DeviceEvents'],
    ['2024-01-02T03:04:05Z', 'b', 'alice', { k: 1 }, null, 'DeviceEvents'],
  ])
  expect(await engine.rowCounts()).toEqual(new Map([['DeviceEvents', 2]]))
  await engine.close()
})

test('columns that differ only by case are two columns, the second with a suffix', async () => {
  const engine = await openDuckDb()
  const schema = schemaOf('CloudAppEvents')
  fill(engine, schema, [{ ISP: 'upper', Isp: 'mixed' }])
  await engine.prepare({ tables: [schema] }, ['CloudAppEvents'])
  const [first, second] = schema.columns.filter((column) => column.name.toLowerCase() === 'isp')
  const query = `SELECT "${first?.name}", "${second?.name}$2" FROM "CloudAppEvents"`
  const columns = [
    { name: 'a', type: 'string' },
    { name: 'b', type: 'string' },
  ] as const
  expect(await rowsOf(engine, compiled(query, columns))).toEqual([
    first?.name === 'ISP' ? ['upper', 'mixed'] : ['mixed', 'upper'],
  ])
  await engine.close()
})

test('SQL can reach no file, no network, no extension and no setting', async () => {
  const engine = await openDuckDb()
  const file = join(folder, 'secret.csv')
  writeFileSync(file, 'a,b\n1,2\n')
  const attempts = [
    `SELECT 'x' FROM read_csv('${file}')`,
    `SELECT 'x' FROM '${file}'`,
    `SELECT content FROM read_text('${file}')`,
    `ATTACH '${join(folder, 'other.db')}'`,
    `COPY (SELECT 1) TO '${join(folder, 'out.csv')}'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    'SET lock_configuration = false',
    "SELECT getenv('HOME')",
  ]
  for (const sql of attempts) {
    await expect(rowsOf(engine, compiled(sql, one('string'))), sql).rejects.toMatchObject({
      code: 'engine/run-failed',
    })
  }
  await engine.close()
})

test('a query that runs too long is stopped and the engine goes on', async () => {
  const engine = await openDuckDb()
  const endless = compiled(
    'SELECT sum(sqrt(a.i * b.i + c.i)) FROM range(100000) a(i), range(100000) b(i), range(100000) c(i)',
    one('real'),
  )
  await expect(rowsOf(engine, endless, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'engine/timeout' })
  expect(await rowsOf(engine, compiled('SELECT 1', one('int')))).toEqual([[1]])
  const given = new AbortController()
  setTimeout(() => given.abort(new Error('enough')), 50)
  await expect(rowsOf(engine, endless, { signal: given.signal })).rejects.toThrow('enough')
  await engine.close()
})

test('a range and a series too long for the time limit are stopped, not only slow joins', async () => {
  await loadFront()
  const engine = await openDuckDb()
  for (const text of [
    'range x from 1 to 1000000000000 step 1 | summarize count()',
    'range t from datetime(1900-01-01) to datetime(2100-01-01) step 1ms | count',
    'range x from 1 to 1000000 step 1 | scan declare (c:long=0) with (step s: true => c = x + s.c;) | count',
  ]) {
    const query = compileKql(text, { schema: { tables: [] } })
    await expect(rowsOf(engine, query, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'engine/timeout' })
  }
  await engine.close()
})

test('a case file keeps its tables, can be read by a reader that may not write, and a foreign file is refused', async () => {
  const path = join(folder, 'case.duckdb')
  const schema = schemaOf('Event')
  const first = await openDuckDb({ path })
  fill(first, schema, [{ EventID: 5861, Computer: 'PC' }])
  await first.close()
  const second = await openDuckDb({ path })
  fill(second, schema, [{ EventID: 1, Computer: 'PC', EventData: '<x/>' }])
  await second.close()
  const reader = await openDuckDb({ path, readOnly: true })
  await reader.prepare({ tables: [schema] }, ['Event'])
  const columns = [
    { name: 'EventID', type: 'int' },
    { name: 'EventData', type: 'string' },
  ] as const
  expect(
    await rowsOf(reader, compiled('SELECT "EventID", "EventData" FROM "Event" ORDER BY 1', columns)),
  ).toEqual([
    [1, '<x/>'],
    [5861, ''],
  ])
  await reader.close()
  const foreign = join(folder, 'foreign.duckdb')
  writeFileSync(foreign, 'no database')
  await expect(openDuckDb({ path: foreign })).rejects.toMatchObject({ code: 'engine/case-unusable' })
})

test('values are bound by their type, and now() is the reference time', async () => {
  const engine = await openDuckDb()
  const columns = (['string', 'long', 'real', 'bool', 'datetime', 'timespan'] as const).map((type) => ({
    name: type,
    type,
  }))
  const query = compiled('SELECT $1, $2, $3, $4, $5, $6', columns, {
    parameters: [
      { type: 'string', value: "it's; drop" },
      { type: 'long', value: '9223372036854775807' },
      { type: 'real', value: '-Infinity' },
      { type: 'bool', value: true },
      { type: 'now' },
      { type: 'timespan', value: '10000000' },
    ],
  })
  const atMs = Date.parse('2024-03-01T12:00:00.25Z')
  expect(await rowsOf(engine, query, { atMs })).toEqual([
    ["it's; drop", '9223372036854775807', '-Infinity', true, '2024-03-01T12:00:00.25Z', '00:00:01'],
  ])
  await engine.close()
})

test('a function of ours gets nulls and many arguments, and is registered once', async () => {
  const seen: number[] = []
  const engine = await openDuckDb({
    functions: async (names) => {
      seen.push(names.length)
      return [
        {
          name: 'triad_join',
          parameters: ['long'],
          rest: 'string',
          returns: 'string',
          run: (...args) => args.map(String).join('|'),
        },
      ]
    },
  })
  const query = compiled("SELECT triad_join(i, 'a', NULL) FROM range(3000) t(i)", one('string'), {
    requiredFunctions: ['triad_join'],
  })
  const rows = await rowsOf(engine, query)
  expect(rows[2999]).toEqual(['2999|a|null'])
  await rowsOf(engine, query)
  expect(seen).toEqual([1])
  await expect(rowsOf(engine, { ...query, requiredFunctions: ['other'] })).rejects.toMatchObject({
    code: 'engine/function-missing',
  })
  await engine.close()
})

test('rows written while the database is busy making a table are not lost or doubled', async () => {
  const engine = await openDuckDb()
  const schema = schemaOf('DeviceFileEvents')
  const rows = Array.from({ length: 5000 }, (_, index) => ({ FileName: `f${index}`, ReportId: index }))
  fill(engine, schema, rows)
  fill(
    engine,
    schema,
    rows.map((row) => ({ ...row, FolderPath: 'C:\\x' })),
  )
  await new Promise((done) => setTimeout(done, 5))
  fill(engine, schema, rows)
  await engine.prepare({ tables: [schema] }, ['DeviceFileEvents'])
  const sql =
    'SELECT count(*), count(DISTINCT "FileName"), sum("ReportId"), count(*) FILTER ("FolderPath" = \'\') FROM "DeviceFileEvents"'
  const columns = ['a', 'b', 'c', 'd'].map((name) => ({ name, type: 'long' as const }))
  expect(await rowsOf(engine, compiled(sql, columns))).toEqual([
    [15_000, 5000, (3 * 5000 * 4999) / 2, 10_000],
  ])
  await engine.close()
})
