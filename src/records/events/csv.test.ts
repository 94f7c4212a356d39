import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { ExportRow } from '../event.ts'
import type { FileOutcome } from '../file-context.ts'
import { readEventCsv } from './index.ts'

async function read(
  bytes: Uint8Array,
  chunkSize: number,
): Promise<{ outcome: FileOutcome; rows: ExportRow[]; diagnostics: Diagnostic[] }> {
  const rows: ExportRow[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.slice(at, at + chunkSize)
  }
  const outcome = await readEventCsv(chunks(), {
    evidence: 'e',
    source: 'x.csv',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { row: (row) => rows.push(row) },
  })
  return { outcome, rows, diagnostics }
}

const HEADER = 'Timestamp,DeviceName,ActionType,AdditionalFields'
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

test('cells come back as they were, quotes, separators and line ends in them, wherever chunks end', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', ' ', 'é', '\u{1f600}'),
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 40 }),
      async (cells, lineEnd, chunkSize) => {
        const lines = cells.map(([a, b]) => ['t', quoted(a), 'ProcessCreated', quoted(b)].join(','))
        const bytes = Buffer.from([HEADER, ...lines, ''].join(lineEnd))
        const { rows, diagnostics } = await read(bytes, chunkSize)
        expect(diagnostics).toEqual([])
        expect(rows.map((row) => [row.values[1], row.values[3]])).toEqual(cells)
        for (const [index, row] of rows.entries()) {
          expect(
            bytes
              .subarray(row.offset)
              .toString()
              .trimStart()
              .startsWith(lines[index] ?? '?'),
          ).toBe(true)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('any bytes after a header give rows and diagnostics, never an exception', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('"', ',', '\n', 'a', '\0', '\ufeff', ';', '\t', '""'), { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      async (parts, chunkSize) => {
        const { outcome } = await read(Buffer.from(`${HEADER}\n${parts.join('')}`), chunkSize)
        expect(outcome.read).toBeGreaterThanOrEqual(0)
      },
    ),
    { numRuns: 100 },
  )
})

test('a quote that is never closed costs its own row, the others are read, also after a byte order mark', async () => {
  const text = `\ufeff${HEADER}\r\nt,a,ProcessCreated,\r\nt,"b,ProcessCreated,\r\nt,c,ProcessCreated,\r\nt,d,ProcessCreated,\r\n`
  const bytes = Buffer.from(text)
  const { rows, diagnostics, outcome } = await read(bytes, 16)
  expect(rows.map((row) => row.values[1])).toEqual(['a', 'c', 'd'])
  expect(outcome).toMatchObject({ read: 3, damaged: 1 })
  expect(diagnostics).toMatchObject([{ code: 'exports/cut-file', severity: 'error' }])
  for (const row of rows) expect(bytes.subarray(row.offset).toString().trimStart()).toMatch(/^t,[acd]/)
})

test('rows that open quotes without end are given up after a bounded number of new starts', async () => {
  const odd = 't,"b,x\n'.repeat(3)
  const { diagnostics, rows } = await read(
    Buffer.from(`${HEADER}\nt,a,ProcessCreated,\n${odd.repeat(50)}`),
    1000,
  )
  expect(rows).toHaveLength(1)
  expect(diagnostics.length).toBeLessThan(200)
})

test('a file whose rows do not fit its header is given up, one with some such rows is not', async () => {
  const bad = await read(Buffer.from(`${HEADER}\n${'"\n'.repeat(200_000)}`), 1 << 20)
  expect(bad.outcome).toMatchObject({ kind: 'unknown', damaged: 10_000 })
  expect(bad.diagnostics.at(-1)).toMatchObject({ code: 'exports/cut-file', severity: 'error' })
  const good = `2024-03-02T10:14:07Z,w,ProcessCreated,\n`.repeat(2000)
  const some = await read(Buffer.from(`${HEADER}\n${good}${'x\n'.repeat(11_000)}${good}`), 1 << 20)
  expect(some.rows).toHaveLength(4000)
})

test('prose with commas in its first line is no damaged table', async () => {
  const prose = await read(
    Buffer.from('# Filters, consumers, bindings\n\nOne line.\nAnother, with one comma.\n'),
    1 << 20,
  )
  expect(prose.outcome).toMatchObject({ kind: 'unknown', damaged: 0 })
  expect(prose.diagnostics).toEqual([])
})

const ROWS = ['2026-03-02T09:15:00Z,WS014,A,{}', '2026-03-02T09:16:00Z,WS014,B,{}']

test('files put together: a header or byte order mark in the midst is no row and costs none', async () => {
  const quotedHeader = HEADER.split(',').map(quoted).join(',')
  for (const midst of [HEADER, `\ufeff${HEADER}`, `\ufeff${quotedHeader}`, `#TYPE X\n${HEADER}`, '\ufeff']) {
    const joint = midst === '\ufeff' ? midst : `${midst}\n`
    const text = `\ufeff${HEADER}\n${ROWS[0]}\n${joint}${ROWS[1]}\n`
    const { rows, diagnostics } = await read(Buffer.from(text), 1 << 20)
    expect(rows.map((row) => row.values[0])).toEqual(ROWS.map((row) => row.split(',')[0]))
    expect(diagnostics).toEqual([])
  }
})

test('files of two tables put together: each row has the names of its own header', async () => {
  const other = 'TimeGenerated [UTC],DeviceName,ActionType,FileName,FolderPath'
  const text = [
    HEADER,
    ROWS[0],
    other,
    '2026-03-02T09:15:00Z,WS014,FileCreated,x.mof,C:\\x.mof',
    HEADER,
    ROWS[1],
    'Timestamp,DeviceName,ActionType,FolderPath',
    '2026-03-02T09:17:00Z,WS014,ProcessCreated,C:\\y.exe',
  ].join('\r\n')
  const { rows, diagnostics } = await read(Buffer.from(text), 1 << 20)
  expect(rows.map((row) => [row.table, row.columns.at(-1), row.values.at(-1)])).toEqual([
    ['DeviceEvents', 'AdditionalFields', '{}'],
    ['DeviceFileEvents', 'FolderPath', 'C:\\x.mof'],
    ['DeviceEvents', 'AdditionalFields', '{}'],
    ['DeviceProcessEvents', 'FolderPath', 'C:\\y.exe'],
  ])
  expect(diagnostics).toEqual([])
})

test('a row of names is no header of another width for the rows after it', async () => {
  const text = [HEADER, ROWS[0], 'Timestamp,DeviceName,ActionType', ROWS[1]].join('\n')
  const { rows } = await read(Buffer.from(text), 1 << 20)
  expect(rows.map((row) => row.columns.length)).toEqual([4, 4])
})
