import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import type { Appender, DataChunk, LogicalType } from '@duckdb/node-bindings'
import {
  BATCH_ROWS,
  type Cell,
  derivedColumn,
  type TableBatch,
  type TableSchema,
} from '../../tables/index.ts'
import { DUCKDB_STORAGE, physicalColumnNames, type QueryTable } from '../sql/types.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { DuckDbLibrary } from './duckdb-library.ts'
import { identifier, literal } from './identifier.ts'

/** Schema of the database that holds the rows; queries read views over it. */
export const EVIDENCE_SCHEMA = 'evidence'

/** Ids of evidence that a case holds whole; the name is no table of any schema. */
const FINISHED = `${EVIDENCE_SCHEMA}."$finished"`

interface StoredTable {
  readonly schema: TableSchema
  readonly names: readonly string[]
  /** Positions in the schema of the columns that are stored, in the order of the database's table. */
  stored: number[]
  created: boolean
  appender: DuckDBAppender | undefined
  chunk: DataChunk | undefined
}

interface PendingBatch {
  readonly schema: TableSchema
  readonly rowCount: number
  readonly columns: TableBatch['columns']
}

/**
 * Stores batches: one table for each that has rows, with only those columns that ever held a value. A column appears the
 * first time it is needed, so a table of 80 columns of which 20 are filled costs 20, in memory and in time.
 *
 * Appending is synchronous, making tables and columns is not: a batch that needs either waits in `pending`, and `settle`
 * does it. Readers call `settle` between files; queries always do.
 */
export class DuckDbStorage {
  private readonly connection: DuckDBConnection
  private readonly writer: ChunkWriter
  private readonly tables = new Map<string, StoredTable>()
  private pending: PendingBatch[] = []
  private settling: Promise<void> | undefined
  /** Tail of the queue of everything that makes tables or columns: two at once would make the same table twice. */
  private queue: Promise<void> = Promise.resolve()
  private queued = 0
  private closed = false
  appendedRows = 0

  constructor(connection: DuckDBConnection, library: DuckDbLibrary) {
    this.connection = connection
    this.writer = new ChunkWriter(library.binding)
  }

  /** Learns which tables a case file already has. */
  async open(known: (name: string) => TableSchema | undefined, readOnly: boolean): Promise<void> {
    if (!readOnly) await this.connection.run(`CREATE SCHEMA IF NOT EXISTS ${EVIDENCE_SCHEMA}`)
    const reader = await this.connection.runAndReadAll(
      'SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1 ORDER BY table_name, ordinal_position',
      [EVIDENCE_SCHEMA],
    )
    for (const [table, column] of reader.getRows()) {
      const schema = known(String(table))
      if (schema === undefined) continue
      const entry = this.entry(schema)
      entry.created = true
      const position = entry.names.indexOf(String(column))
      if (position >= 0) entry.stored.push(position)
    }
  }

  /** Makes a table ready for these columns, so that batches of them can be appended without waiting. */
  async declare(schema: TableSchema, columns: readonly string[]): Promise<void> {
    const wanted = new Set(columns)
    const values = schema.columns.map((column) => (wanted.has(column.name) ? [] : undefined))
    await this.exclusively(() => this.makeReady(this.entry(schema), { schema, rowCount: 0, columns: values }))
  }

  write(batch: TableBatch): void {
    const entry = this.entry(batch.schema)
    if (this.queued === 0 && this.pending.length === 0 && this.fits(entry, batch)) {
      this.appendNow(entry, batch)
      return
    }
    // The caller reuses its arrays: keep a copy until the table is ready.
    const columns = batch.columns.map((values) => values?.slice(0, batch.rowCount))
    this.pending.push({ schema: batch.schema, rowCount: batch.rowCount, columns })
    this.settling ??= this.exclusively(() => this.settleAll()).finally(() => {
      this.settling = undefined
    })
    // A failure is told by `settle`, which every query awaits.
    this.settling.catch(() => undefined)
  }

  /** Makes or replaces a temporary table with all its columns, and fills it. */
  async writeTemporary(table: QueryTable, rows: readonly (readonly Cell[])[]): Promise<void> {
    const name = table.sqlName ?? table.name
    const names = physicalColumnNames(table.columns)
    const definitions = table.columns.map(
      (column, index) => `${identifier(names[index] ?? '')} ${DUCKDB_STORAGE[column.type]}`,
    )
    await this.connection.run(`CREATE OR REPLACE TEMP TABLE ${identifier(name)} (${definitions.join(', ')})`)
    const appender = await this.connection.createAppender(name, 'main', 'temp')
    const chunk = this.createChunk(appender, table.columns.length)
    for (let from = 0; from < rows.length; from += BATCH_ROWS) {
      const part = rows.slice(from, from + BATCH_ROWS)
      const columns = table.columns.map(({ type }, index) => ({
        type,
        values: part.map((row) => row[index] ?? (type === 'string' ? '' : undefined)),
      }))
      this.writer.append(rawAppender(appender), chunk, columns, part.length)
    }
    appender.closeSync()
  }

  private createChunk(appender: DuckDBAppender, columnCount: number): DataChunk {
    const types = Array.from(
      { length: columnCount },
      (_, index): LogicalType => appender.columnType(index).toLogicalType().logical_type,
    )
    return this.writer.createChunk(types)
  }

  /** Everything written is in its table when this returns. */
  async settle(): Promise<void> {
    await this.settling
    await this.exclusively(() => this.settleAll())
    for (const entry of this.tables.values()) this.closeAppender(entry)
  }

  /**
   * Stores what was written and ends: work that is asked for later is refused. DuckDB's binding frees a closed connection
   * under a statement that still runs, so nothing may be under way when the connection is closed.
   */
  async close(readOnly: boolean): Promise<void> {
    try {
      if (!readOnly) await this.settle()
    } finally {
      this.closed = true
      await this.queue
      for (const entry of this.tables.values()) this.closeAppender(entry)
    }
  }

  /** Column list and source of a view that shows a table with all columns of its schema. */
  viewSql(table: QueryTable): string {
    const entry = this.tables.get(table.sqlName ?? table.name)
    const names = physicalColumnNames(table.columns)
    const schema = entry?.schema
    const items = table.columns.map((column, index) => {
      const name = identifier(names[index] ?? column.name)
      return `${this.columnSql(entry, schema, index, table)} AS ${name}`
    })
    const source = entry?.created
      ? ` FROM ${EVIDENCE_SCHEMA}.${identifier(table.sqlName ?? table.name)}`
      : ' WHERE false'
    return `SELECT ${items.join(', ')}${source}`
  }

  /** Evidence that was stored to its end, by id. Rows of evidence that was not (an interrupted load) are removed. */
  async finishedEvidence(): Promise<ReadonlySet<string>> {
    await this.connection.run(`CREATE TABLE IF NOT EXISTS ${FINISHED} (id VARCHAR)`)
    for (const entry of this.tables.values()) {
      const column = entry.schema.columns.findIndex(({ name }) => name === '_EvidenceId')
      if (!entry.created || !entry.stored.includes(column)) continue
      await this.connection.run(
        `DELETE FROM ${EVIDENCE_SCHEMA}.${identifier(entry.schema.name)} WHERE "_EvidenceId" NOT IN (SELECT id FROM ${FINISHED})`,
      )
    }
    const reader = await this.connection.runAndReadAll(`SELECT DISTINCT id FROM ${FINISHED}`)
    return new Set(reader.getRows().map(([id]) => String(id)))
  }

  async markFinished(ids: readonly string[]): Promise<void> {
    await this.connection.run(`CREATE TABLE IF NOT EXISTS ${FINISHED} (id VARCHAR)`)
    for (const id of ids) await this.connection.run(`INSERT INTO ${FINISHED} VALUES ($1)`, [id])
  }

  /** Removes rows of a table by the values of one of its text columns. */
  async remove(table: string, column: string, values: readonly string[]): Promise<void> {
    if (this.tables.get(table)?.created !== true) return
    for (const value of values) {
      await this.connection.run(
        `DELETE FROM ${EVIDENCE_SCHEMA}.${identifier(table)} WHERE ${identifier(column)} = $1`,
        [value],
      )
    }
  }

  storedTables(): readonly string[] {
    return [...this.tables.values()].filter((entry) => entry.created).map((entry) => entry.schema.name)
  }

  private columnSql(
    entry: StoredTable | undefined,
    schema: TableSchema | undefined,
    index: number,
    table: QueryTable,
  ): string {
    const column = table.columns[index]
    const type = DUCKDB_STORAGE[column?.type ?? 'string']
    const empty = column?.type === 'string' ? "''::VARCHAR" : `NULL::${type}`
    if (entry === undefined || schema === undefined || column === undefined) return empty
    if (entry.stored.includes(index)) return identifier(entry.names[index] ?? column.name)
    const derived = derivedColumn(schema, column)
    if (derived.kind === 'table-name') return `${literal(table.name)}::VARCHAR`
    if (derived.kind === 'empty') return empty
    const other = schema.columns.findIndex((candidate) => candidate.name === derived.column)
    return entry.stored.includes(other) ? identifier(entry.names[other] ?? derived.column) : empty
  }

  private entry(schema: TableSchema): StoredTable {
    const known = this.tables.get(schema.name)
    if (known !== undefined) return known
    const entry: StoredTable = {
      schema,
      names: physicalColumnNames(schema.columns),
      stored: [],
      created: false,
      appender: undefined,
      chunk: undefined,
    }
    this.tables.set(schema.name, entry)
    return entry
  }

  private fits(entry: StoredTable, batch: PendingBatch): boolean {
    return entry.appender !== undefined && this.missingColumns(entry, batch).length === 0
  }

  private missingColumns(entry: StoredTable, batch: PendingBatch): number[] {
    const missing: number[] = []
    batch.columns.forEach((values, index) => {
      if (values !== undefined && !entry.stored.includes(index)) missing.push(index)
    })
    return missing
  }

  private appendNow(entry: StoredTable, batch: PendingBatch): void {
    if (entry.appender === undefined || entry.chunk === undefined) return
    const columns = entry.stored.map((index) => ({
      type: entry.schema.columns[index]?.type ?? ('string' as const),
      values: batch.columns[index],
    }))
    this.writer.append(rawAppender(entry.appender), entry.chunk, columns, batch.rowCount)
    this.appendedRows += batch.rowCount
  }

  /** Runs a task when all before it are done, whether they succeeded or not. */
  private exclusively(task: () => Promise<void>): Promise<void> {
    if (this.closed) return Promise.reject(new Error('the database is closed'))
    this.queued += 1
    const run = this.queue.then(task).finally(() => {
      this.queued -= 1
    })
    this.queue = run.catch(() => undefined)
    return run
  }

  private async settleAll(): Promise<void> {
    for (let batch = this.pending.shift(); batch !== undefined; batch = this.pending.shift()) {
      const entry = this.entry(batch.schema)
      await this.makeReady(entry, batch)
      this.appendNow(entry, batch)
    }
  }

  private async makeReady(entry: StoredTable, batch: PendingBatch): Promise<void> {
    const missing = this.missingColumns(entry, batch)
    const table = `${EVIDENCE_SCHEMA}.${identifier(entry.schema.name)}`
    if (missing.length > 0 || !entry.created) this.closeAppender(entry)
    const definition = (index: number): string => {
      const type = entry.schema.columns[index]?.type ?? 'string'
      return `${identifier(entry.names[index] ?? '')} ${DUCKDB_STORAGE[type]}${type === 'string' ? " DEFAULT ''" : ''}`
    }
    if (!entry.created) {
      await this.connection.run(`CREATE TABLE ${table} (${missing.map(definition).join(', ')})`)
      entry.created = true
    } else {
      for (const index of missing)
        await this.connection.run(`ALTER TABLE ${table} ADD COLUMN ${definition(index)}`)
    }
    entry.stored.push(...missing)
    if (entry.appender !== undefined) return
    entry.appender = await this.connection.createAppender(entry.schema.name, EVIDENCE_SCHEMA)
    entry.chunk = this.createChunk(entry.appender, entry.stored.length)
  }

  private closeAppender(entry: StoredTable): void {
    entry.appender?.closeSync()
    entry.appender = undefined
    entry.chunk = undefined
  }
}

/** The binding's handle inside the class: node-api has no way to append a data chunk that we wrote ourselves. */
function rawAppender(appender: DuckDBAppender): Appender {
  return (appender as unknown as { readonly appender: Appender }).appender
}
