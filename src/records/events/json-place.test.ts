import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../event.ts'
import { readEventJson } from './index.ts'
import { JsonPlace } from './json-place.ts'

test('the items of a list are where they are, whatever stands before them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })),
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' })),
      fc.constantFrom(undefined, 2, '\t'),
      fc.boolean(),
      (items, others, indent, deep) => {
        const value = {
          ...others,
          first: [0],
          outer: deep ? [1, { rows: items }] : { rows: items },
          z: others,
        }
        const text = JSON.stringify(value, null, indent)
        const bytes = Buffer.from(`\u00e4${text}`)
        const path = deep ? ['outer', 1, 'rows'] : ['outer', 'rows']
        const places = [...new JsonPlace(text, 2).inside(path).items()]
        expect(places).toHaveLength(items.length)
        for (const [index, { offset }] of places.entries()) {
          const end = places[index + 1]?.offset ?? bytes.length
          const written = JSON.stringify(items[index])
          const there = bytes.subarray(offset, end).toString()
          expect(
            indent === undefined ? there.startsWith(written) : there.startsWith(written.slice(0, 1)),
          ).toBe(true)
        }
      },
    ),
  )
})

test('of a key that stands twice the last is meant, as for the parser', () => {
  const text = '{"rows": [1], "x": {"rows": [2]}, "rows": [ 3 , 4]}'
  const [first, second, ...rest] = [...new JsonPlace(text, 0).inside(['rows']).items()]
  expect([first?.offset, second?.offset, rest]).toEqual([text.indexOf('3'), text.indexOf('4'), []])
})

async function read(
  text: string,
): Promise<{ records: (EventRecord | ExportRow)[]; diagnostics: Diagnostic[] }> {
  const records: (EventRecord | ExportRow)[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  await readEventJson(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { event: (event) => records.push(event), row: (row) => records.push(row) },
  })
  return { records, diagnostics }
}

const document = (name: string): object => ({
  '@timestamp': '2026-03-02T09:15:00Z',
  winlog: { channel: 'Microsoft-Windows-Sysmon/Operational', event_id: '19', event_data: { Name: name } },
})
const NAMES = ['\u00e4{"a":[1', 'b]}', 'c\\"', 'd']
const row = (name: string): unknown[] => ['2026-03-02T09:15:00Z', 'WS014', 'ProcessCreated', name]
const columns = ['Timestamp', 'DeviceName', 'ActionType', 'FileName'].map((name) => ({ name }))

describe('records without a number in one answer', () => {
  const answers: Record<string, object> = {
    'hits of Elasticsearch': { took: 1, hits: { hits: NAMES.map((name) => ({ _source: document(name) })) } },
    'several answers': {
      responses: NAMES.map((name) => ({ hits: { hits: [{ _source: document(name) }] } })),
    },
    'records of an event hub': { records: NAMES.map((name) => ({ properties: document(name) })) },
    'tables of Log Analytics': { tables: [{ name: 'PrimaryResult', columns, rows: NAMES.map(row) }] },
    'a table of Kusto': {
      FrameType: 'DataTable',
      TableKind: 'PrimaryResult',
      Columns: columns.map(({ name }) => ({ ColumnName: name })),
      Rows: NAMES.map(row),
    },
  }
  for (const [name, answer] of Object.entries(answers)) {
    test.each([undefined, 2])(`${name}: each has the place where it stands (indent %j)`, async (indent) => {
      const text = `\n${JSON.stringify(answer, null, indent)}`
      const { records, diagnostics } = await read(text)
      expect(diagnostics).toEqual([])
      expect(records).toHaveLength(NAMES.length)
      const bytes = Buffer.from(text)
      for (const [index, { offset = 0 }] of records.entries()) {
        const there = bytes.subarray(offset, records[index + 1]?.offset).toString()
        expect(there).toMatch(/^[{[]/)
        for (const [other, marker] of NAMES.entries()) {
          expect(there.includes(JSON.stringify(marker))).toBe(other === index)
        }
      }
    })
  }

  test('those in one text that was kept as a string are apart too', async () => {
    const message = JSON.stringify({ Records: NAMES.map(document) })
    const { records } = await read(`${JSON.stringify({ message })}\n`)
    expect(new Set(records.map(({ offset }) => offset)).size).toBe(NAMES.length)
  })

  test('a row of another width than its table is told of', async () => {
    const { records, diagnostics } = await read(
      JSON.stringify({ tables: [{ columns, rows: [row('a'), row('b').slice(1), row('c')] }] }),
    )
    expect(records).toHaveLength(2)
    expect(diagnostics).toMatchObject([{ code: 'events/unknown-shape' }])
  })
})

test('several events in one text are several records', async () => {
  const xml = (id: number): string =>
    `<Event xmlns="x"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>19</EventID><TimeCreated SystemTime="2026-03-02T09:15:00Z"/><EventRecordID>${id}</EventRecordID></System><EventData><Data Name="Name">f</Data></EventData></Event>`
  for (const text of [xml(1) + xml(2), `<Events>${xml(1)}\r\n${xml(2)}</Events>`]) {
    const { records, diagnostics } = await read(JSON.stringify({ _raw: text }))
    expect(records.map((record) => (record as EventRecord).recordId)).toEqual([1, 2])
    expect(diagnostics).toEqual([])
  }
})
