import type { KustoValue, ResultColumn } from '../query/index.ts'
import { csvLine, jsonText, visible, width } from '../reports/index.ts'

export type RowFormat = 'table' | 'json' | 'jsonl' | 'csv'
export type Rows = readonly (readonly KustoValue[])[]

/** Writes rows in one format as they come. Each method gives text to print, `''` for none. */
export interface RowWriter {
  begin(): string
  rows(rows: Rows): string
  end(): string
}

export interface TableLook {
  /** Columns of the terminal; absent where output is no terminal, and nothing is cut then. */
  readonly columns?: number
}

export function rowWriter(
  format: RowFormat,
  columns: readonly ResultColumn[],
  look: TableLook = {},
): RowWriter {
  switch (format) {
    case 'json':
      return jsonWriter(columns)
    case 'jsonl':
      return jsonLinesWriter(columns)
    case 'csv':
      return csvWriter(columns)
    case 'table':
      return tableWriter(columns, look)
  }
}

/** `{"columns":[…],"rows":[…]}`, one row a line so that a large result can be looked at. */
function jsonWriter(columns: readonly ResultColumn[]): RowWriter {
  let first = true
  return {
    begin: () => `{"columns":${jsonText(columns.map(({ name, type }) => ({ name, type })))},"rows":[`,
    rows(rows) {
      const text = rows.map((row) => `\n${jsonText(row)}`).join(',')
      const separator = first || rows.length === 0 ? '' : ','
      if (rows.length > 0) first = false
      return separator + text
    },
    end: () => '\n]}\n',
  }
}

function jsonLinesWriter(columns: readonly ResultColumn[]): RowWriter {
  const keys = columns.map((column) => `${jsonText(column.name)}:`)
  const line = (row: readonly KustoValue[]): string =>
    `{${row.map((value, at) => (keys[at] ?? '') + jsonText(value)).join(',')}}\n`
  return { begin: () => '', rows: (rows) => rows.map(line).join(''), end: () => '' }
}

/** Text that a spreadsheet would run as a formula is guarded; numbers, which may begin with a minus, are not text. */
function csvWriter(columns: readonly ResultColumn[]): RowWriter {
  const textual = columns.map(({ type }) => type === 'string' || type === 'dynamic')
  const line = (row: readonly KustoValue[]): string => {
    const cells = row.map((value, at) => {
      const text = cellText(value)
      return textual[at] === true && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    })
    return csvLine(cells, false)
  }
  return {
    begin: () => csvLine(columns.map((column) => column.name)),
    rows: (rows) => rows.map(line).join(''),
    end: () => '',
  }
}

/** A value as text: nothing for null, JSON for objects. */
export function cellText(value: KustoValue): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Rows looked at before widths are settled. */
const SAMPLE_ROWS = 500
const MIN_WIDTH = 4
const GAP = '  '
/** Wider lines than this help nobody, even where there is no terminal to say how wide it is. */
const WIDEST_UNASKED = 300

function tableWriter(columns: readonly ResultColumn[], look: TableLook): RowWriter {
  let sample: string[][] | undefined = []
  let count = 0
  let layout: ((rows: readonly string[][]) => string) | undefined
  const settle = (): string => {
    const rows = sample ?? []
    sample = undefined
    const head = columns.map((column) => visible(column.name))
    const { header, body } = chooseLayout(head, columns, rows, look.columns)
    layout = body
    return header + body(rows)
  }
  return {
    begin: () => '',
    rows(rows) {
      const texts = rows.map((row) => row.map((value) => visible(cellText(value))))
      count += rows.length
      if (sample === undefined) return layout?.(texts) ?? ''
      sample.push(...texts)
      return sample.length < SAMPLE_ROWS ? '' : settle()
    },
    end() {
      const rest = sample === undefined ? '' : settle()
      return `${rest}${rest === '' ? '' : '\n'}${count} ${count === 1 ? 'row' : 'rows'}\n`
    },
  }
}

interface Layout {
  readonly header: string
  readonly body: (rows: readonly string[][]) => string
}

/** Columns side by side where they fit; else each row as a list of its filled columns. */
function chooseLayout(
  head: readonly string[],
  columns: readonly ResultColumn[],
  rows: readonly string[][],
  most: number | undefined,
): Layout {
  const natural = head.map((name, at) => Math.max(width(name), ...rows.map((row) => width(row[at] ?? '')), 1))
  const widths = fittedWidths(natural, head.map(width), most)
  if (widths === undefined) return { header: '', body: recordBody(head) }
  const right = columns.map(({ type }) => ['int', 'long', 'real', 'decimal'].includes(type))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(cut(cell, widths[at] ?? 1), widths[at] ?? 1, right[at] === true))
      .join(GAP)
      .trimEnd()
  const rule = widths.map((size) => '─'.repeat(size)).join(GAP)
  return { header: `${line(head)}\n${rule}\n`, body: (more) => more.map((row) => `${line(row)}\n`).join('') }
}

/** Widths that fit the terminal, the widest columns giving way first; `undefined` when names themselves do not fit. */
function fittedWidths(
  natural: readonly number[],
  names: readonly number[],
  most: number | undefined,
): number[] | undefined {
  if (most === undefined) return sum(natural) > WIDEST_UNASKED ? undefined : [...natural]
  const room = most - GAP.length * (natural.length - 1)
  const floors = names.map((name, at) => Math.min(natural[at] ?? 1, Math.max(MIN_WIDTH, Math.min(name, 16))))
  if (sum(floors) > room) return undefined
  const widths = natural.map((size) => Math.min(size, room))
  while (sum(widths) > room) {
    let widest = 0
    for (let at = 1; at < widths.length; at += 1) if (slack(at) > slack(widest)) widest = at
    widths[widest] = (widths[widest] ?? 1) - 1
  }
  return widths

  /** How wide a column is that may still give way. */
  function slack(at: number): number {
    const size = widths[at] ?? 0
    return size > (floors[at] ?? 0) ? size : 0
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

function cut(text: string, most: number): string {
  if (width(text) <= most) return text
  let shown = ''
  let used = 0
  for (const character of text) {
    used += width(character)
    if (used > most - 1) break
    shown += character
  }
  return `${shown}…`
}

function pad(text: string, size: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, size - width(text)))
  return right ? space + text : text + space
}

function recordBody(head: readonly string[]): (rows: readonly string[][]) => string {
  const size = Math.max(...head.map(width), 1)
  let number = 0
  return (rows) =>
    rows
      .map((row) => {
        number += 1
        const lines = row.flatMap((cell, at) =>
          cell === '' ? [] : [`${pad(head[at] ?? '', size, false)}  ${cell}\n`],
        )
        return `── row ${number} ──\n${lines.join('')}`
      })
      .join('')
}
