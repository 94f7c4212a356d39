import type { Cell, TableBatch, TableSchema } from '../../tables/index.ts'
import type { CompiledQuery, DialectName, QuerySchema, QueryTable } from '../sql/types.ts'
import type { KustoValue } from './kusto-value.ts'

export interface RunOptions {
  /** `now()`: milliseconds since 1970, with fractions. Default: the clock when the query starts. */
  readonly atMs?: number
  /** Stops the query after this time with `engine/timeout`. Default: none. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Rows of one result, some thousand at a time, in the order the engine gives them. */
export type RowBatches = AsyncIterable<readonly (readonly KustoValue[])[]>

/** A database that holds the tables and runs compiled queries. One query at a time. */
export interface Engine {
  readonly dialect: DialectName
  /** Adds rows to a table; the batch is used during the call only. */
  writeBatch(batch: TableBatch): void
  /** Makes a table ready for these columns, so that batches of them need not wait. */
  declare?(schema: TableSchema, columns: readonly string[]): Promise<void>
  /** Everything written is stored when this returns. */
  settle(): Promise<void>
  /** Makes (or replaces) a table that lives as long as the engine and holds these rows, cells in column order. */
  writeTemporary(table: QueryTable, rows: readonly (readonly Cell[])[]): Promise<void>
  /** Makes the named tables of the schema readable by queries; those without rows are empty. */
  prepare(schema: QuerySchema, tables: readonly string[]): Promise<void>
  /** Throws `engine/run-failed`, `engine/timeout`, `engine/out-of-memory`. */
  run(compiled: CompiledQuery, options?: RunOptions): RowBatches
  /** Rows stored by table, of tables that have any. */
  rowCounts(): Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}
