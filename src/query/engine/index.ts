/**
 * Databases: DuckDB in memory or on a case file, ClickHouse where it is installed. An engine stores batches of typed
 * rows, shows them as the tables of a query schema, and runs compiled queries; database drivers are imported here alone.
 */
export { type ClickHouseOptions, openClickHouse } from './clickhouse-engine.ts'
export { type DuckDbEngine, type DuckDbOptions, openDuckDb } from './duckdb-engine.ts'
export type { Engine, RowBatches, RunOptions } from './engine.ts'
export type { KustoValue } from './kusto-value.ts'
export { createTableSink, type TableSink, type TableSinkOptions } from './table-sink.ts'
