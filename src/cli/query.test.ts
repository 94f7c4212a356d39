import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, expect, test, vi } from 'vitest'
import { queryCommand } from './query.ts'
import { tablesCommand } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-query-'))
process.env.XDG_CACHE_HOME = folder
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Printed {
  readonly out: string
  readonly err: string
  readonly status: number
}

/** Runs a command as the shell would, with what it prints kept. */
async function triad(...argv: string[]): Promise<Printed> {
  let out = ''
  let err = ''
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(((text: unknown, done?: () => void) => {
    out += String(text)
    done?.()
    return true
  }) as typeof process.stdout.write)
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text)
    return true
  })
  process.exitCode = 0
  try {
    const program = new Command('triad').addCommand(queryCommand()).addCommand(tablesCommand())
    await program.parseAsync(argv, { from: 'user' })
    return { out, err, status: Number(process.exitCode) }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
    process.exitCode = 0
  }
}

const exported = join(folder, 'DeviceProcessEvents.csv')
writeFileSync(
  exported,
  'Timestamp,DeviceName,FileName,ProcessCommandLine\n2024-03-01T10:00:00Z,pc1,wmic.exe,wmic __EventFilter\n2024-03-01T11:00:00Z,pc2,cmd.exe,cmd\n',
)
const rows = ['--table', `DeviceProcessEvents=${exported}`]

test('a query over rows of a file gives typed rows', async () => {
  const { out, status } = await triad(
    'query',
    'DeviceProcessEvents | where Timestamp > ago(1h) | project DeviceName, Timestamp, ReportId',
    ...rows,
    '--at',
    '2024-03-01T11:30:00Z',
    '--format',
    'json',
  )
  expect(JSON.parse(out)).toEqual({
    columns: [
      { name: 'DeviceName', type: 'string' },
      { name: 'Timestamp', type: 'datetime' },
      { name: 'ReportId', type: 'long' },
    ],
    rows: [['pc2', '2024-03-01T11:00:00Z', null]],
  })
  expect(status).toBe(0)
})

test('a batch answers every line in order; wrong, refused and failing queries stop none of the others', async () => {
  const file = join(folder, 'batch.jsonl')
  writeFileSync(
    file,
    [
      '{"id":"ok","query":"DeviceProcessEvents | count"}',
      '{"id":7,"query":"DeviceProcessEvents | where nosuch == 1"}',
      'no json',
      '{"id":"none"}',
      '',
      '{"id":"refused","query":"print 1 | evaluate python(typeof(*), \\"x\\")"}',
      '{"id":"last","query":"print x = 1, s = strcat(\\"a\\", 1)"}',
    ].join('\n'),
  )
  const { out, status } = await triad('query', '--batch', file, ...rows)
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map((line) => line.id)).toEqual(['ok', 7, 3, 'none', 'refused', 'last'])
  expect(lines[0]).toEqual({ id: 'ok', columns: [{ name: 'Count', type: 'long' }], rows: [[2]] })
  expect(lines[1]).toMatchObject({
    refused: false,
    error: { code: 'query/invalid', at: { in: 'text', start: 28, end: 34 } },
  })
  expect(lines[2]).toMatchObject({ refused: false, error: { code: 'cli/usage' } })
  expect(lines[4]).toMatchObject({ refused: true, error: { code: 'query/unsupported' } })
  expect(lines[5]).toMatchObject({ rows: [[1, 'a1']] })
  expect(status).toBe(0)

  const written = join(folder, 'answers.jsonl')
  const toFile = await triad('query', '--batch', file, '-o', written, ...rows)
  expect(toFile).toMatchObject({ status: 0, out: '' })
  expect(readFileSync(written, 'utf8')).toBe(out)
  await expect(triad('query', '--batch', file, '-o', written)).rejects.toThrow(/exists already/)
  const parquet = join(folder, 'answers.parquet')
  const asParquet = triad('query', '--batch', file, '-o', parquet, '--format', 'parquet')
  await expect(asParquet).rejects.toThrow(/lines of JSON/)
})

test('a wrong query is shown with its line, a caret and Microsoft’s code', async () => {
  const { err, out, status } = await triad('query', 'DeviceProcessEvents\n| where Filename == "x"')
  expect(status).toBe(2)
  expect(out).toBe('')
  expect(err).toContain('KS142')
  expect(err).toContain('2 | | where Filename == "x"\n            ^^^^^^^^')
})

test('a case keeps the tables, and a file is written whole and never over another', async () => {
  const path = join(folder, 'case.duckdb')
  await triad('query', 'print 1', ...rows, '--case', path)
  const file = join(folder, 'out.csv')
  await triad(
    'query',
    'DeviceProcessEvents | sort by DeviceName asc | project DeviceName',
    '--case',
    path,
    '--format',
    'csv',
    '-o',
    file,
  )
  expect(readFileSync(file, 'utf8')).toBe('DeviceName\r\npc1\r\npc2\r\n')
  await expect(triad('query', 'print 1', '-o', file)).rejects.toMatchObject({ code: 'cli/output-exists' })
  const { out } = await triad('tables', '--case', path, '--format', 'json')
  const { tables } = JSON.parse(out) as { tables: { name: string; rows: number; columns: unknown[] }[] }
  expect(tables).toMatchObject([{ name: 'DeviceProcessEvents', rows: 2 }])
  expect(tables[0]?.columns).toContainEqual({ name: '_EvidenceId', type: 'string', hidden: true })
})

test('parquet goes to a file that DuckDB wrote, and nothing else is left beside it', async () => {
  const file = join(folder, 'rows.parquet')
  await triad('query', "print a = 1, b = 'x'", '--format', 'parquet', '-o', file)
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1')
  await expect(triad('query', 'print 1', '--format', 'parquet')).rejects.toMatchObject({ code: 'cli/usage' })
})

test('parameters, render and the missing query are each dealt with', async () => {
  const { out } = await triad(
    'query',
    'declare query_parameters(n:long = 3); print n * 2',
    '--param',
    'n=21',
    '--format',
    'csv',
  )
  expect(out).toBe('print_0\r\n42\r\n')
  const chart = await triad('query', "datatable(a:string, n:long)['x', 2, 'y', 4] | render barchart")
  expect(chart.out).toContain('█')
  await expect(triad('query')).rejects.toMatchObject({ code: 'cli/usage' })
})

test('the query may stand behind the evidence, whose option takes many paths', async () => {
  const { out } = await triad('query', '--format', 'csv', '--evidence', exported, 'print 1')
  expect(out).toBe('print_0\r\n1\r\n')
})

test('of several statements that give rows the last is answered, and that is said', async () => {
  const both = await triad('query', 'let x = 1; print a = x; print b = 2', '--format', 'csv', '--no-cache')
  expect(both.out).toBe('b\r\n2\r\n')
  expect(both.err).toContain('these are the rows of the last')
  const one = await triad('query', 'let x = 1; print b = x', '--format', 'csv', '--no-cache')
  expect(one.err).toBe('')
})
