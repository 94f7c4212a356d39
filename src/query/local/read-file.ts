import { readFileSync, statSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { InputError } from '../../diagnostics/index.ts'

/** Rows of a file the user gave, by name of the column where the file has a header, else by position. */
export interface FileRows {
  readonly columns: readonly string[] | undefined
  readonly rows: readonly (readonly unknown[])[]
}

export type FileFormat = 'csv' | 'tsv' | 'psv' | 'scsv' | 'txt' | 'json' | 'multijson'

const MAX_BYTES = 512 * 2 ** 20

/** Text of a local file, unpacked when it is gzip. Throws `engine/external-data`. */
export function readLocalText(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES) throw new Error(`${size} bytes are more than the ${MAX_BYTES} allowed`)
    const bytes = readFileSync(path)
    const plain =
      bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes
    return plain.toString('utf8').replace(/^\ufeff/, '')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'engine/external-data',
      `cannot be read: ${why}`,
      { in: 'file', source: path },
      { cause: error },
    )
  }
}

/** Format by the name of a file; CSV where the name does not say. */
export function formatOfName(path: string): FileFormat {
  const extension = /\.(csv|tsv|psv|txt|json|jsonl|ndjson)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase()
  if (extension === 'jsonl' || extension === 'ndjson') return 'multijson'
  return (extension as FileFormat | undefined) ?? 'csv'
}

const DELIMITERS: Readonly<Record<string, string>> = { csv: ',', tsv: '\t', psv: '|', scsv: ';' }

/** Parses the text of a table. `header`: the first record names the columns. */
export function parseRows(text: string, format: FileFormat, header: boolean, source: string): FileRows {
  try {
    if (format === 'txt')
      return {
        columns: undefined,
        rows: text
          .split(/\r?\n/)
          .filter(Boolean)
          .map((line) => [line]),
      }
    if (format === 'json' || format === 'multijson') return jsonRows(text)
    const records: string[][] = parse(text, {
      delimiter: DELIMITERS[format] ?? ',',
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: 64 * 2 ** 20,
    })
    const [first, ...rest] = records
    return header ? { columns: first ?? [], rows: rest } : { columns: undefined, rows: records }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'engine/external-data',
      `is no ${format}: ${why}`,
      { in: 'file', source },
      { cause: error },
    )
  }
}

/** An array of objects, objects one a line, or one object. */
function jsonRows(text: string): FileRows {
  let values: unknown[]
  try {
    const whole: unknown = JSON.parse(text)
    values = Array.isArray(whole) ? whole : [whole]
  } catch {
    values = text
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown)
  }
  const columns = new Set<string>()
  for (const value of values) {
    if (value !== null && typeof value === 'object') for (const key of Object.keys(value)) columns.add(key)
  }
  const names = [...columns]
  return {
    columns: names,
    rows: values.map((value) => names.map((name) => (value as Record<string, unknown> | null)?.[name])),
  }
}
