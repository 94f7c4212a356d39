import { pipeline, Readable } from 'node:stream'
import { CsvError, type InfoRecord, parse } from 'csv-parse'
import type { FileContext } from '../file-context.ts'
import type { ElementReader } from './element-reader.ts'

/** One row of a CSV file; script blocks and MOF texts make honest ones long. */
const MAX_ROW_BYTES = 32 * 2 ** 20
const MAX_COLUMNS = 4096

interface Parsed {
  readonly info: InfoRecord & { readonly bytes: number }
  readonly record: string[]
}

/** Reads a CSV file (separator `,` `;` or tab) row by row into the reader. Returns how many rows were damaged. */
export async function readCsvRows(
  chunks: AsyncIterable<Uint8Array>,
  reader: ElementReader,
  context: FileContext,
): Promise<number> {
  const { first, all } = await peek(chunks)
  const delimiter = separatorOf(first)
  let damaged = 0
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: MAX_ROW_BYTES,
    on_skip: (error) => {
      damaged += 1
      tellSkipped(error, context)
      return undefined
    },
  })
  pipeline(Readable.from(all), parser, () => undefined)
  let columns: readonly string[] | undefined
  let offset = 0
  try {
    for await (const { info, record } of parser as AsyncIterable<Parsed>) {
      const start = offset
      offset = info.bytes
      if (columns === undefined) {
        if (/^sep=.?$/i.test(record.join(delimiter))) continue
        columns = record.slice(0, MAX_COLUMNS)
        continue
      }
      if (record.length !== columns.length) {
        damaged += 1
        context.report({
          code: 'exports/damaged-row',
          severity: 'error',
          message: `row at line ${info.lines} has ${record.length} fields, the header ${columns.length}; it was left out`,
          at: { in: 'bytes', source: context.source, offset: start },
        })
        continue
      }
      takeRecord(columns, record, start, reader)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    damaged += 1
    tellSkipped(error, context)
  }
  return damaged
}

function takeRecord(
  columns: readonly string[],
  record: readonly string[],
  offset: number,
  reader: ElementReader,
): void {
  if (reader.rows.columns(columns) !== undefined && reader.takeRow(columns, record, offset)) return
  const object: Record<string, string> = Object.create(null)
  for (const [index, column] of columns.entries()) object[column] = record[index] ?? ''
  reader.take(object, offset)
}

function tellSkipped(error: CsvError | undefined, context: FileContext): void {
  const cut = error?.code === 'CSV_QUOTE_NOT_CLOSED'
  const oversized = error?.code === 'CSV_MAX_RECORD_SIZE'
  context.report({
    code: cut ? 'exports/cut-file' : oversized ? 'exports/oversized-row' : 'exports/damaged-row',
    severity: 'error',
    message: `a row was left out: ${error?.message ?? 'not valid CSV'}`.slice(0, 400),
    at: { in: 'file', source: context.source },
  })
}

async function peek(
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ first: string; all: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const next = await iterator.next()
  const chunk = next.done === true ? new Uint8Array() : next.value
  async function* all(): AsyncGenerator<Uint8Array> {
    yield chunk
    for (let more = await iterator.next(); more.done !== true; more = await iterator.next()) yield more.value
  }
  return { first: Buffer.from(chunk.subarray(0, 64 * 1024)).toString('utf8'), all: all() }
}

/** The separator that the header line has most of, outside quotes. */
function separatorOf(text: string): string {
  const stated = /^\uFEFF?sep=(.)\r?\n/i.exec(text)?.[1]
  if (stated !== undefined) return stated
  const header = (text.split(/\r?\n/, 1)[0] ?? '').replace(/"[^"]*"/g, '')
  const count = (separator: string): number => header.split(separator).length
  return [',', ';', '\t'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best))
}
