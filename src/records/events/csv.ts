import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import type { FileContext } from '../file-context.ts'
import type { ElementReader } from './element-reader.ts'
import { HeldFaults } from './held-faults.ts'
import { parseJson } from './json-value.ts'

/** One row of a CSV file; script blocks and MOF texts make honest ones long. */
const MAX_ROW_BYTES = 16 * 2 ** 20
const MAX_COLUMNS = 4096
/** Quotes left open in one file, after each of which reading starts anew at the next line. */
const MAX_RESTARTS = 16

/** Damaged rows, and how many times the good ones, after which the rest is not read: each costs an error object. */
const MAX_DAMAGED = 10_000
const MAX_DAMAGED_SHARE = 10

/** Thrown out of the parser, which knows no other way to stop. */
class Hopeless extends Error {}

interface Progress {
  /** By their number of columns: files put together have several. */
  readonly headers: Map<number, readonly string[]>
  /** Where the next row starts. */
  offset: number
  /** Rows that could not be read. */
  damaged: number
  /** Rows that do not fit their header, which are none where this is some text with separators and no table of ours. */
  misfits: number
  readonly faults: HeldFaults
}

/**
 * Reads a CSV file (separator `,` `;` or tab) row by row into the reader. A quote that is never closed costs its own
 * row only: reading starts anew at the line after. Returns how many rows were damaged.
 */
export async function readCsvRows(
  chunks: AsyncIterable<Uint8Array>,
  reader: ElementReader,
  context: FileContext,
): Promise<number> {
  const source = new RetainingSource(chunks)
  const delimiter = separatorOf(await source.head())
  const headers: Progress['headers'] = new Map()
  const isKnown = (columns: readonly string[]): boolean => reader.rows.columns(columns) !== undefined
  const isTable = (): boolean => reader.read > 0 || [...headers.values()].some(isKnown)
  const faults = new HeldFaults(context.report, isTable, MAX_DAMAGED)
  const progress: Progress = { headers, offset: 0, damaged: 0, misfits: 0, faults }
  const damaged = (): number => progress.damaged + (faults.tell() ? progress.misfits : 0)
  for (let restarts = 0; ; restarts += 1) {
    const stuck = await readUntilStuck(source, delimiter, progress, reader, context)
    if (stuck === undefined) return damaged()
    progress.damaged += 1
    const from = restarts < MAX_RESTARTS ? await source.nextLine(progress.offset) : undefined
    const next = from === undefined ? 'nothing after it was read' : `reading went on at byte ${from}`
    context.report({
      code: stuck.code === 'CSV_MAX_RECORD_SIZE' ? 'exports/oversized-row' : 'exports/cut-file',
      severity: 'error',
      message: `the row opens a quote that is not closed within ${MAX_ROW_BYTES} bytes or the file; ${next}`,
      at: { in: 'bytes', source: context.source, offset: progress.offset },
    })
    if (from === undefined) return damaged()
    progress.offset = from
  }
}

/** Reads rows from `progress.offset` on. Returns the error at which it can go no further. */
async function readUntilStuck(
  source: RetainingSource,
  delimiter: string,
  progress: Progress,
  reader: ElementReader,
  context: FileContext,
): Promise<CsvError | undefined> {
  const start = progress.offset
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // Rows are taken as they are parsed: those waiting in a stream would be lost at an error.
    on_record(record: string[], { bytes }) {
      const rowAt = progress.offset
      progress.offset = start + bytes
      source.release(progress.offset)
      takeRow(record, rowAt, delimiter, progress, reader, context)
      return null
    },
  })
  parser.resume()
  try {
    await pipeline(Readable.from(source.from(start)), parser)
    return undefined
  } catch (error) {
    if (error instanceof Hopeless) {
      if (progress.faults.tell()) tellHopeless(progress, context)
      return undefined
    }
    if (!(error instanceof CsvError)) throw error
    return error
  }
}

function tellHopeless(progress: Progress, context: FileContext): void {
  context.report({
    code: 'exports/cut-file',
    severity: 'error',
    message: `nearly all of ${progress.damaged + progress.misfits} rows do not fit the header; the rest of the file was not read`,
    at: { in: 'bytes', source: context.source, offset: progress.offset },
    hint: 'If only its beginning is damaged, cut that off and give the rest.',
  })
}

function takeRow(
  record: readonly string[],
  offset: number,
  delimiter: string,
  progress: Progress,
  reader: ElementReader,
  context: FileContext,
): void {
  const cells = withoutMark(record)
  const columns = progress.headers.get(cells.length)
  if (progress.headers.size === 0 || isHeader(cells, columns, reader)) {
    if (!LEAD.test(record.join(delimiter))) progress.headers.set(cells.length, cells.slice(0, MAX_COLUMNS))
  } else if (columns !== undefined) {
    takeRecord(columns, cells, offset, reader)
    progress.faults.tell()
  } else if (!LEAD.test(record.join(delimiter))) {
    progress.misfits += 1
    progress.faults.report({
      code: 'exports/damaged-row',
      severity: 'error',
      message: `the row has ${record.length} fields, the header ${[...progress.headers.keys()].join(' or ')}; it was left out`,
      at: { in: 'bytes', source: context.source, offset },
    })
    const all = progress.damaged + progress.misfits
    if (all >= MAX_DAMAGED && all > reader.read * MAX_DAMAGED_SHARE) throw new Hopeless()
  }
}

/** Lines before a header: Excel's `sep=;`, and the type that Export-Csv of Windows PowerShell names. */
const LEAD = /^\uFEFF?(?:sep=.?$|#TYPE )/i

/** Files put together have a byte order mark and a header in the midst of them. */
function withoutMark(record: readonly string[]): readonly string[] {
  const [first] = record
  if (first === undefined || first.charCodeAt(0) !== 0xfeff) return record
  return [first.slice(1).replace(/^"(.*)"$/, '$1'), ...record.slice(1)]
}

/** How names of columns are spelled, and few other values are. */
const COLUMN_NAME = /^[\w .$@[\]]{1,80}$/

/** The header again, or that of another table. */
function isHeader(
  record: readonly string[],
  columns: readonly string[] | undefined,
  reader: ElementReader,
): boolean {
  if (columns !== undefined && record[0] === columns[0]) {
    if (record.every((cell, index) => cell === columns[index])) return true
  }
  return record.every((cell) => COLUMN_NAME.test(cell)) && reader.rows.columns(record) !== undefined
}

function takeRecord(
  columns: readonly string[],
  record: readonly string[],
  offset: number,
  reader: ElementReader,
): void {
  if (reader.rows.columns(columns) !== undefined && reader.takeRow(columns, record, offset)) return
  const object: Record<string, unknown> = Object.create(null)
  for (const [index, column] of columns.entries()) {
    const cell = record[index] ?? ''
    // Kibana has a column for every field of any document, and a dash or nothing where a document lacks it.
    if (column.startsWith('winlog.') && (cell === '' || cell === '-')) continue
    object[column] = PARTS.has(column) && cell.startsWith('{') ? part(cell) : cell
  }
  reader.take(object, offset)
}

/** Columns in which Velociraptor's CSV has a part of an event as JSON text. */
const PARTS = new Set(['System', 'EventData', 'UserData'])

function part(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    // A cut cell stays text.
    if (!(error instanceof SyntaxError)) throw error
    return text
  }
}

/** A stream that can be read again from any offset that was not released. */
class RetainingSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  #kept: { readonly offset: number; readonly bytes: Uint8Array }[] = []
  #end = 0
  #released = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async head(): Promise<string> {
    await this.#pull()
    return Buffer.from(this.#kept[0]?.bytes.subarray(0, 64 * 1024) ?? []).toString('utf8')
  }

  async *from(offset: number): AsyncGenerator<Uint8Array> {
    let position = offset
    for (;;) {
      const kept = this.#kept.find((chunk) => position < chunk.offset + chunk.bytes.length)
      if (kept !== undefined) {
        const bytes = kept.bytes.subarray(Math.max(0, position - kept.offset))
        position = kept.offset + kept.bytes.length
        yield bytes
      } else if (!(await this.#pull())) return
    }
  }

  /** Bytes before this offset will not be asked for again. */
  release(offset: number): void {
    this.#released = offset
  }

  /** Where the line after the one at `offset` starts; `undefined` where there is none. */
  async nextLine(offset: number): Promise<number | undefined> {
    let position = offset
    for await (const bytes of this.from(offset)) {
      const at = bytes.indexOf(0x0a)
      // A row's offset may be that of the line end before it.
      if (at >= 0 && position + at > offset + 1) return position + at + 1
      position += bytes.length
    }
    return undefined
  }

  async #pull(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done === true) return false
    this.#kept = this.#kept.filter((chunk) => chunk.offset + chunk.bytes.length > this.#released)
    this.#kept.push({ offset: this.#end, bytes: next.value })
    this.#end += next.value.length
    return true
  }
}

/** The separator that the header line has most of, outside quotes. */
function separatorOf(text: string): string {
  const stated = /^\uFEFF?sep=(.)\r?\n/i.exec(text)?.[1]
  if (stated !== undefined) return stated
  const untyped = text.replace(/^\uFEFF?#TYPE [^\r\n]*\r?\n/i, '')
  const header = (untyped.split(/\r?\n/, 1)[0] ?? '').replace(/"[^"]*"/g, '')
  const count = (separator: string): number => header.split(separator).length
  return [',', ';', '\t'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best))
}
