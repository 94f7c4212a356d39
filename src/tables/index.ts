/**
 * The tables that queries read: Microsoft's schemas (Defender XDR, Log Analytics) and Triad's own two, and the way from
 * records to typed rows. One record gives rows by tables of mapping rows (`mapping/`); rows are gathered column by
 * column into batches, and every row remembers the evidence, record and offset it came from. Knows no database.
 */
export { exportCell, unfit } from './export-cell.ts'
export { type MappingRow, mappingRows } from './mapping/index.ts'
export { type SubscriptionForRow, writeSubscriptionRows } from './own-rows.ts'
export { type Derived, derivedColumn, timeColumnOf } from './schema/derived.ts'
export {
  type ColumnSchema,
  type ColumnType,
  canonicalTableName,
  hiddenColumns,
  type TableSchema,
  tableNames,
  tableSchema,
  tableSchemaVersion,
} from './schema/table-schema.ts'
export { BATCH_ROWS, type Cell, type TableBatch, TableBuffer } from './table-buffer.ts'
export {
  createTableWriter,
  mappedColumns,
  selectionForTables,
  type TableWriter,
  type TableWriterOptions,
  tablesFromEvents,
} from './table-writer.ts'
