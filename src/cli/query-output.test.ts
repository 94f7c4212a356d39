import { expect, test } from 'vitest'
import type { ResultColumn } from '../query/index.ts'
import { drawChart } from './query-chart.ts'
import { type RowFormat, type Rows, rowWriter, type TableLook } from './query-output.ts'

const columns: readonly ResultColumn[] = [
  { name: 'Name', type: 'string' },
  { name: 'Count', type: 'long' },
  { name: 'Bag', type: 'dynamic' },
]

function print(
  format: RowFormat,
  rows: Rows,
  look: TableLook = {},
  of: readonly ResultColumn[] = columns,
): string {
  const writer = rowWriter(format, of, look)
  return writer.begin() + rows.map((row) => writer.rows([row])).join('') + writer.end()
}

test('json is the object of the outside interface, with any number of rows', () => {
  expect(JSON.parse(print('json', []))).toEqual({ columns, rows: [] })
  const rows: Rows = [
    ['a', 1, { k: [1] }],
    ['', null, null],
    ['b', '9007199254740993', 'x'],
  ]
  expect(JSON.parse(print('json', rows))).toEqual({ columns, rows })
})

test('jsonl is one object a row', () => {
  expect(print('jsonl', [['a\n', 1, null]])).toBe('{"Name":"a\\n","Count":1,"Bag":null}\n')
})

test('no format prints what a terminal would act on', () => {
  const rows: Rows = [['a\u001b[2J\u009b\u202eb', 1, ['\u007f']]]
  for (const format of ['json', 'jsonl', 'csv', 'table'] as const) {
    expect(print(format, rows).replace(/[\r\n]/g, '')).not.toMatch(/\p{Cc}|\u202e/u)
  }
  expect(JSON.parse(print('json', rows)).rows).toEqual(rows)
})

test('csv guards text that a spreadsheet would run, and leaves negative numbers alone', () => {
  expect(
    print('csv', [
      ['=cmd|x', -5, ['a']],
      ['say "hi", twice', 1, null],
    ]),
  ).toBe('Name,Count,Bag\r\n\'=cmd|x,-5,"[""a""]"\r\n"say ""hi"", twice",1,\r\n')
})

test('a terminal shows control characters instead of obeying them', () => {
  const text = print('table', [['\u001b[2Jx\u202e', 1, null]], { columns: 80 })
  expect(text).toContain('\\x1b[2Jx\\u{202e}')
  expect(text).not.toContain('\u001b')
})

test('a table keeps within the terminal by cutting its widest columns', () => {
  const text = print('table', [['x'.repeat(500), 123456, { k: 'y'.repeat(30) }]], { columns: 60 })
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  expect(text).toContain('123456')
  expect(text).toContain('…')
})

test('a row that no terminal can show as a line is shown as a list of what it holds', () => {
  const many = Array.from({ length: 60 }, (_, at) => ({ name: `Column${at}`, type: 'string' as const }))
  const row = many.map((_, at) => (at === 7 ? 'seen' : ''))
  const text = print('table', [row], { columns: 80 }, many)
  expect(text).toBe('── row 1 ──\nColumn7   seen\n\n1 row\n')
})

test('more rows than are looked at for widths are all printed', () => {
  const rows = Array.from({ length: 1200 }, (_, at): Rows[number] => [`n${at}`, at, null])
  const lines = print('table', rows).split('\n')
  expect(lines.filter((line) => /^n\d+/.test(line)).length).toBe(1200)
  expect(lines).toContain('1200 rows')
})

test('a bar chart draws bars in proportion, and anything else is not drawn', () => {
  const two = columns.slice(0, 2)
  const hint = { chart: 'barchart', properties: { title: 'T\u001b' } }
  const text =
    drawChart(
      hint,
      two,
      [
        ['a', 10],
        ['b', 5],
        ['c', 0],
      ],
      40,
    ) ?? ''
  const bars = text.split('\n').map((line) => [...line].filter((character) => character === '█').length)
  expect(Math.abs((bars[1] ?? 0) - (bars[2] ?? 0) * 2)).toBeLessThanOrEqual(1)
  expect(bars[3]).toBe(0)
  expect(text).not.toContain('\u001b')
  expect(drawChart({ ...hint, chart: 'table' }, two, [['a', 1]], 40)).toBeUndefined()
  expect(drawChart(hint, columns.slice(0, 1), [['a']], 40)).toBeUndefined()
  expect(drawChart(hint, two, [['a', 'NaN']], 40)).toBeUndefined()
})
