import type { Report } from '../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../records/event.ts'
import type { EventSelection } from '../records/selection.ts'
import { exportCell, unfit } from './export-cell.ts'
import { type MappingRow, mappingRows } from './mapping/index.ts'
import type { Source } from './mapping/row.ts'
import { exportTarget } from './schema/derived.ts'
import { canonicalTableName, tableSchema } from './schema/table-schema.ts'
import { type Cell, type TableBatch, TableBuffer } from './table-buffer.ts'

export interface TableWriterOptions {
  /** Tables to fill, by name; absent: all that evidence can fill. */
  readonly tables?: ReadonlySet<string>
  /** Receives each full batch, and the rest at `finish`. The batch is valid during the call only. */
  readonly onBatch: (batch: TableBatch) => void
  readonly report: Report
}

/** Turns records into typed rows. `event` and `row` have the shape of a RecordSink's methods. */
export interface TableWriter {
  event(event: EventRecord): void
  row(row: ExportRow): void
  /** A row of a table of ours, by column name; unknown names are a fault of the caller and ignored. */
  cells(table: string, cells: Readonly<Record<string, Cell>>): void
  finish(): void
}

/**
 * Which events must be read to fill these tables: `all` as soon as one of them holds every event (`Event`,
 * `WindowsEvent`). Security events are wanted as a whole for `SecurityEvent`.
 */
export function selectionForTables(tables: ReadonlySet<string>): EventSelection {
  const selection = new Map<string, Set<number> | 'all'>()
  for (const row of mappingRows) {
    if (!tables.has(row.table)) continue
    if (row.provider === '*') return 'all'
    const ids = selection.get(row.provider)
    if (row.eventIds === 'all' || ids === 'all') selection.set(row.provider, 'all')
    else selection.set(row.provider, new Set([...(ids ?? []), ...row.eventIds]))
  }
  return selection
}

/** Names of tables that events can fill; exported rows can fill any. */
export function tablesFromEvents(): readonly string[] {
  return [...new Set(mappingRows.map((row) => row.table))].sort()
}

/** Columns of a table that events fill by name of the mapping, and where the row came from. */
export function mappedColumns(table: string): readonly string[] {
  const rows = mappingRows.filter((row) => row.table === table)
  return [
    ...new Set([
      ...rows.flatMap((row) => Object.keys(row.cells)),
      '_EvidenceId',
      '_RecordId',
      '_RecordOffset',
    ]),
  ]
}

type Reader = (event: EventRecord, positions: Int32Array) => Cell

interface CompiledRow {
  readonly buffer: TableBuffer
  readonly fields: readonly string[]
  readonly when: ((event: EventRecord, positions: Int32Array) => boolean) | undefined
  readonly columns: readonly number[]
  readonly readers: readonly Reader[]
  readonly notProvider: string | undefined
  readonly byName: boolean
  /** Names array last seen and where the fields lie in it: names are shared between records of a template. */
  namesSeen: readonly string[] | undefined
  positions: Int32Array
  nameColumns: readonly (number | undefined)[]
}

export function createTableWriter(options: TableWriterOptions): TableWriter {
  const { onBatch, report } = options
  const buffers = new Map<string, TableBuffer>()
  const said = new Set<string>()

  const bufferOf = (table: string): TableBuffer | undefined => {
    const existing = buffers.get(table)
    if (existing !== undefined) return existing
    const schema = tableSchema(table)
    if (schema === undefined || (options.tables !== undefined && !options.tables.has(schema.name)))
      return undefined
    const buffer = new TableBuffer(schema, onBatch)
    buffers.set(schema.name, buffer)
    return buffer
  }

  const compiled = new Map<string, CompiledRow[]>()
  const everywhere: CompiledRow[] = []
  for (const row of mappingRows) {
    const buffer = bufferOf(row.table)
    if (buffer === undefined) continue
    const target = compileRow(row, buffer)
    if (row.provider === '*') everywhere.push(target)
    else if (row.eventIds === 'all') append(compiled, row.provider, target)
    else for (const id of row.eventIds) append(compiled, `${row.provider}/${id}`, target)
  }
  const lowerProviders = new Map<string, string>()

  function event(record: EventRecord): void {
    const written = record.provider ?? ''
    let provider = lowerProviders.get(written)
    if (provider === undefined) {
      provider = written.toLowerCase()
      if (lowerProviders.size < 4096) lowerProviders.set(written, provider)
    }
    for (const row of compiled.get(`${provider}/${record.eventId}`) ?? []) writeEvent(row, record, provider)
    for (const row of compiled.get(provider) ?? []) writeEvent(row, record, provider)
    for (const row of everywhere) writeEvent(row, record, provider)
  }

  function row(record: ExportRow): void {
    const name = canonicalTableName(record.table)
    if (name === undefined) {
      sayOnce(`table ${record.table}`, () => ({
        code: 'tables/unknown-table',
        severity: 'warning',
        message: `rows of a table that is not known here (${record.table}) were left out`,
        at: { in: 'row', table: record.table, evidence: record.evidence, ...place(record) },
        hint: 'rename the table to the name Microsoft gives it',
      }))
      return
    }
    const buffer = bufferOf(name)
    if (buffer !== undefined) writeExport(buffer, record)
  }

  const exportColumns = new WeakMap<readonly string[], readonly (number | undefined)[]>()

  function columnsOf(buffer: TableBuffer, record: ExportRow): readonly (number | undefined)[] {
    const known = exportColumns.get(record.columns)
    if (known !== undefined) return known
    const { schema, columnIndex } = buffer
    const columns = record.columns.map((name) => {
      const target = exportTarget(schema, name, record.columns)
      if (target === undefined) {
        sayOnce(`${schema.name}.${name}`, () => ({
          code: 'tables/unknown-column',
          severity: 'info',
          message: `${schema.name} has no column ${name}: its values were left out`,
          at: { in: 'row', table: schema.name, evidence: record.evidence, ...place(record) },
        }))
      }
      return target === undefined ? undefined : columnIndex.get(target)
    })
    exportColumns.set(record.columns, columns)
    return columns
  }

  function writeExport(buffer: TableBuffer, record: ExportRow): void {
    const columns = columnsOf(buffer, record)
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index]
      const schema = column === undefined ? undefined : buffer.schema.columns[column]
      if (column === undefined || schema === undefined) continue
      const cell = exportCell(schema.type, record.values[index])
      if (cell !== unfit) {
        buffer.set(column, cell)
        continue
      }
      sayOnce(`${buffer.schema.name}.${schema.name} value`, () => ({
        code: 'tables/value-does-not-fit',
        severity: 'warning',
        message: `${buffer.schema.name}.${schema.name} is ${schema.type}, and a value is none: ${shorten(record.values[index])}; it and others like it are null`,
        at: { in: 'row', table: buffer.schema.name, evidence: record.evidence, ...place(record) },
        hint: 'look at the row in the exported file',
      }))
    }
    setOrigin(buffer, record.evidence, record.rowNumber, record.offset, undefined)
    buffer.endRow()
  }

  function sayOnce(key: string, diagnostic: () => Parameters<Report>[0]): void {
    if (said.has(key) || said.size >= 1000) return
    said.add(key)
    report(diagnostic())
  }

  return {
    event,
    row,
    cells(table, cells) {
      const buffer = bufferOf(table)
      if (buffer === undefined) return
      for (const [name, cell] of Object.entries(cells)) {
        const column = buffer.columnIndex.get(name)
        if (column !== undefined) buffer.set(column, cell)
      }
      buffer.endRow()
    },
    finish() {
      for (const buffer of buffers.values()) buffer.flush()
    },
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

const shorten = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? String(value)

const place = (record: ExportRow): { offset?: number; record?: number } => ({
  ...(record.offset === undefined ? {} : { offset: record.offset }),
  ...(record.rowNumber === undefined ? {} : { record: record.rowNumber }),
})

function compileRow(row: MappingRow, buffer: TableBuffer): CompiledRow {
  const fields: string[] = []
  const slotOf = (name: string): number => {
    const lower = name.toLowerCase()
    const at = fields.indexOf(lower)
    return at >= 0 ? at : fields.push(lower) - 1
  }
  const entries = Object.entries(row.cells).flatMap(([name, source]) => {
    const column = buffer.columnIndex.get(name)
    return column === undefined ? [] : [{ column, reader: readerOf(source, slotOf) }]
  })
  const when = row.when
  const whenSlots = when?.from.map(slotOf) ?? []
  return {
    buffer,
    fields,
    when:
      when === undefined
        ? undefined
        : (event, positions) => when.is(...whenSlots.map((slot) => valueAt(event, positions, slot))),
    columns: entries.map((entry) => entry.column),
    readers: entries.map((entry) => entry.reader),
    notProvider: row.notProvider,
    byName: row.payloadByName === true,
    namesSeen: undefined,
    positions: new Int32Array(0),
    nameColumns: [],
  }
}

function valueAt(event: EventRecord, positions: Int32Array, slot: number): string {
  const position = positions[slot] ?? -1
  return position < 0 ? '' : (event.values[position] ?? '')
}

function readerOf(source: Source, slotOf: (name: string) => number): Reader {
  if ('always' in source) return () => source.always
  if ('system' in source) return source.system
  const slots = source.from.map(slotOf)
  const { as } = source
  const [first = 0, second] = slots
  // One field is by far the most common: no arrays on that way.
  if (second === undefined) return (event, positions) => as(valueAt(event, positions, first))
  return (event, positions) => as(...slots.map((slot) => valueAt(event, positions, slot)))
}

function writeEvent(row: CompiledRow, event: EventRecord, provider: string): void {
  if (row.notProvider === provider) return
  if (row.namesSeen !== event.names) learnNames(row, event.names)
  const { buffer, positions, readers, columns } = row
  if (row.when !== undefined && !row.when(event, positions)) return
  if (row.byName) writeByName(row, event)
  for (let index = 0; index < readers.length; index += 1) {
    const reader = readers[index]
    const column = columns[index]
    if (reader !== undefined && column !== undefined) buffer.set(column, reader(event, positions))
  }
  setOrigin(buffer, event.evidence, event.recordId, event.offset, event.recovered)
  buffer.endRow()
}

function learnNames(row: CompiledRow, names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase())
  row.namesSeen = names
  row.positions = Int32Array.from(row.fields, (field) => lower.indexOf(field))
  row.nameColumns = row.byName ? names.map((name) => row.buffer.columnIndex.get(name)) : []
}

function writeByName(row: CompiledRow, event: EventRecord): void {
  row.nameColumns.forEach((column, index) => {
    if (column === undefined) return
    const type = row.buffer.schema.columns[column]?.type ?? 'string'
    const cell = exportCell(type, event.values[index])
    if (cell !== unfit) row.buffer.set(column, cell)
  })
}

function setOrigin(
  buffer: TableBuffer,
  evidence: string,
  recordId: number | undefined,
  offset: number | undefined,
  recovered: true | undefined,
): void {
  const { length } = buffer.schema.columns
  buffer.set(length - 4, evidence)
  buffer.set(length - 3, recordId)
  buffer.set(length - 2, offset)
  buffer.set(length - 1, recovered)
}
