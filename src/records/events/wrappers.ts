import type { JsonPlace } from './json-place.ts'
import { isObject, type JsonObject, parseJson } from './json-value.ts'

/** The way from an object to a value in it. */
export type JsonPath = readonly (string | number)[]

export interface WrappedTable {
  readonly columns: readonly string[]
  readonly rows: readonly unknown[]
  /** To the list of rows. */
  readonly path: JsonPath
}

/**
 * Tables inside the answer of a query API: Log Analytics `{"tables": [{"columns": [{"name"}], "rows": [[…]]}]}`, the
 * Kusto v1 `{"Tables": [{"Columns": [{"ColumnName"}], "Rows"}]}`, and `{"primaryResult": …}` of the Azure clients.
 */
export function wrappedTables(object: JsonObject): WrappedTable[] | undefined {
  for (const key of ['tables', 'Tables', 'primaryResult']) {
    const value = object[key]
    const tables = Array.isArray(value)
      ? value.flatMap((item, index) => toTable(item, [key, index]))
      : toTable(value, [key])
    if (tables.length > 0) return tables
  }
  const single = toTable(object, [])
  return single.length > 0 ? single : undefined
}

function toTable(value: unknown, path: JsonPath): WrappedTable[] {
  if (!isObject(value)) return []
  const columns = value.columns ?? value.Columns ?? value.columnDescriptors
  const rows = value.rows ?? value.Rows
  if (!Array.isArray(columns) || !Array.isArray(rows) || columns.length === 0) return []
  return [{ columns: columns.map(columnName), rows, path: [...path, rows === value.rows ? 'rows' : 'Rows'] }]
}

function columnName(column: unknown): string {
  if (typeof column === 'string') return column
  if (!isObject(column)) return ''
  const name = column.name ?? column.ColumnName ?? column.Name ?? column.columnName
  return typeof name === 'string' ? name : ''
}

/** Where the rows of an answer's tables are: its list of tables is gone through once, however many there are. */
export class TablePlaces {
  readonly #answer: JsonPlace
  readonly #lists = new Map<string, JsonPlace[]>()

  constructor(answer: JsonPlace) {
    this.#answer = answer
  }

  rows({ path }: WrappedTable): Generator<JsonPlace, undefined> {
    const [key, index, rows] = path
    if (typeof key !== 'string' || typeof index !== 'number' || rows === undefined) {
      return this.#answer.inside(path).items()
    }
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = [...this.#answer.inside([key]).items()]
      this.#lists.set(key, list)
    }
    return (list[index] ?? this.#answer.inside([key, index])).inside([rows]).items()
  }
}

/** A progressive answer of Kusto names few tables; a file of ever new ones must not fill memory. */
const MAX_FRAMED_TABLES = 1000

/**
 * Kusto v2 frames, which come one after the other: `DataTable` has its rows with it, those of a progressive answer
 * come in `TableFragment`s after a `TableHeader`. Tables other than the primary results tell of the query itself.
 * Source: Microsoft Learn, "Query V2 HTTP response".
 */
export class KustoFrames {
  readonly #headers = new Map<unknown, unknown>()

  /** The tables of a frame, none for a frame that only tells of the query; `undefined` where it is no frame. */
  tables(object: JsonObject): WrappedTable[] | undefined {
    const frame = object.FrameType
    if (typeof frame !== 'string' || !FRAMES.has(frame)) return undefined
    if (typeof object.TableKind === 'string' && object.TableKind !== 'PrimaryResult') return []
    if (frame === 'DataTable') return toTable(object, [])
    if (frame === 'TableHeader' && this.#headers.size < MAX_FRAMED_TABLES) {
      this.#headers.set(object.TableId, object.Columns)
    }
    return frame === 'TableFragment'
      ? toTable({ Columns: this.#headers.get(object.TableId), Rows: object.Rows }, [])
      : []
  }
}

const FRAMES = new Set([
  'DataSetHeader',
  'DataTable',
  'TableHeader',
  'TableFragment',
  'TableProgress',
  'TableCompletion',
  'DataSetCompletion',
])

/** Keys under which tools wrap one record. */
const ONE = ['_source', 'result', 'fields', 'document', 'data', 'event', 'Event', 'log', 'body', 'properties']
/** Keys under which tools keep a record as the text it was: Splunk, Filebeat, Wazuh, Elastic's `event.original`. */
const TEXT = [
  '_raw',
  'raw',
  'message',
  'full_log',
  'original',
  'result',
  'log',
  'event',
  'Event',
  'data',
  'body',
]
/** Keys under which tools wrap a list of records: Defender's API, Graph, Elasticsearch, Splunk, Event Hubs. */
const MANY = [
  'hits',
  'Results',
  'results',
  'value',
  'Value',
  'records',
  'Records',
  'events',
  'Events',
  'rows',
  'data',
  'snapshot',
  'primaryResult',
  'items',
  'documents',
  'responses',
]

/** A line as it was, in which an object follows a header of syslog's or another's. */
const JSON_AFTER_HEADER = /^([^{]{1,1024})\{\s*"/

/** What a wrapper holds, and the way to it: a list of records, or one, perhaps kept as the text it was. */
export type Wrapped =
  | { readonly list: readonly unknown[]; readonly path: JsonPath }
  | { readonly one: unknown; readonly path: JsonPath; readonly text?: string }

/** What an object that is no record itself wraps; `undefined` where it wraps nothing that is known. */
export function wrappedElements(object: JsonObject): Wrapped | undefined {
  for (const key of MANY) {
    const value = object[key]
    if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null))
      return { list: key === 'snapshot' ? snapshotRows(object, value) : value, path: [key] }
    if (key === 'hits' && isObject(value) && Array.isArray(value.hits))
      return { list: value.hits, path: ['hits', 'hits'] }
  }
  for (const key of TEXT) {
    const value = object[key]
    if (typeof value === 'string' && (/^\s*\{/.test(value) || /<Event[\s>]/.test(value)))
      return { one: parsed(value), path: [key], text: value.trimStart() }
  }
  for (const key of TEXT) {
    const kept = keptObject(object[key])
    if (kept !== undefined) return { one: kept.element, path: [key], text: kept.text }
  }
  for (const key of ONE) {
    const value = object[key]
    if (isObject(value)) return { one: value, path: [key] }
  }
  return undefined
}

/** The object that a text is, or that follows its header, and the text of the object. */
export function keptObject(value: unknown): { element: JsonObject; text: string } | undefined {
  if (typeof value !== 'string') return undefined
  const header = /^\s*\{/.test(value) ? '' : JSON_AFTER_HEADER.exec(value)?.[1]
  if (header === undefined) return undefined
  const text = value.slice(header.length).trimStart()
  const element = parsed(text)
  return isObject(element) ? { element, text } : undefined
}

/** osquery tells the host of a snapshot once; its differential results tell it with every row. */
function snapshotRows(object: JsonObject, rows: readonly unknown[]): unknown[] {
  return rows.map((columns) => ({ name: object.name, hostIdentifier: object.hostIdentifier, columns }))
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    // Not JSON after all: the text itself may hold event XML.
    if (!(error instanceof SyntaxError)) throw error
    return text
  }
}
