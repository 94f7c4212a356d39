import { randomBytes } from 'node:crypto'
import { UNIX_EPOCH_FILETIME } from '../../bytes/index.ts'
import { InputError } from '../../diagnostics/index.ts'
import {
  type Cell,
  type ColumnType,
  derivedColumn,
  type TableBatch,
  type TableSchema,
  tableSchema,
} from '../../tables/index.ts'
import {
  type BoundValue,
  CLICKHOUSE_STORAGE,
  type CompiledQuery,
  type KustoType,
  physicalColumnNames,
  type QuerySchema,
  type QueryTable,
} from '../sql/types.ts'
import { type ClickHouseTransport, openChdb, openClickHouseServer } from './clickhouse-transport.ts'
import { clickHouseCell, clickHouseTime, clickHouseValue } from './clickhouse-values.ts'
import type { Engine, RowBatches, RunOptions } from './engine.ts'
import { identifier, literal } from './identifier.ts'

export interface ClickHouseOptions {
  /** A server's HTTP address; absent: in this process, with the npm package `chdb`. */
  readonly url?: string
}

const ROWS_PER_BATCH = 2000

/** Opens ClickHouse. Tables live in a database of our own that is dropped at the end. */
export async function openClickHouse(options: ClickHouseOptions = {}): Promise<Engine> {
  const transport = options.url === undefined ? openChdb() : openClickHouseServer(options.url)
  const engine = new ClickHouseEngine(transport)
  await engine.open()
  return engine
}

function storage(type: ColumnType): string {
  return type === 'string' ? 'String' : `Nullable(${CLICKHOUSE_STORAGE[type]})`
}

class ClickHouseEngine implements Engine {
  readonly dialect = 'clickhouse'
  private readonly transport: ClickHouseTransport
  private readonly database = `triad_${randomBytes(6).toString('hex')}`
  private readonly evidence = `${this.database}_rows`
  private readonly created = new Map<string, TableSchema>()
  /** Work in order: appending is asked for synchronously. */
  private queue: Promise<void> = Promise.resolve()

  constructor(transport: ClickHouseTransport) {
    this.transport = transport
  }

  async open(): Promise<void> {
    await this.transport.command(`CREATE DATABASE ${this.database}`)
    await this.transport.command(`CREATE DATABASE ${this.evidence}`)
    await this.transport.use(this.database)
  }

  writeBatch(batch: TableBatch): void {
    const { schema, rowCount } = batch
    const filled = batch.columns.flatMap((values, index) => (values === undefined ? [] : [{ values, index }]))
    const types = filled.map(({ index }) => schema.columns[index]?.type ?? 'string')
    const names = physicalColumnNames(schema.columns)
    const lines: string[] = []
    for (let row = 0; row < rowCount; row += 1) {
      lines.push(
        JSON.stringify(filled.map(({ values }, at) => clickHouseCell(types[at] ?? 'string', values[row]))),
      )
    }
    const columns = filled.map(({ index }) => identifier(names[index] ?? ''))
    this.enqueue(async () => {
      await this.ensureTable(schema)
      await this.transport.insert(this.stored(schema.name), columns, `${lines.join('\n')}\n`)
    })
  }

  async settle(): Promise<void> {
    await this.queue
  }

  async prepare(schema: QuerySchema, tables: readonly string[]): Promise<void> {
    await this.settle()
    const wanted = new Set(tables)
    for (const table of schema.tables) if (wanted.has(table.name)) await this.createView(table)
  }

  async writeTemporary(table: QueryTable, rows: readonly (readonly Cell[])[]): Promise<void> {
    await this.settle()
    const name = `${this.database}.${identifier(table.sqlName ?? table.name)}`
    await this.transport.command(`DROP TABLE IF EXISTS ${name}`)
    const names = physicalColumnNames(table.columns).map(identifier)
    const definitions = table.columns.map(({ type }, at) => `${names[at]} ${storage(type)}`)
    await this.transport.command(`CREATE TABLE ${name} (${definitions.join(', ')}) ENGINE = Memory`)
    if (rows.length === 0) return
    const lines = rows.map((row) =>
      JSON.stringify(table.columns.map(({ type }, at) => clickHouseCell(type, row[at]))),
    )
    await this.transport.insert(name, names, `${lines.join('\n')}\n`)
  }

  async *run(compiled: CompiledQuery, options: RunOptions = {}): RowBatches {
    const [missing] = compiled.requiredFunctions
    if (missing !== undefined) {
      throw new InputError('engine/function-missing', `ClickHouse has no function ${missing}`, undefined, {
        hint: 'run this query with --engine duckdb',
      })
    }
    const text = await this.select(compiled, options)
    const types = compiled.columns.map((column) => column.type)
    let rows: ReturnType<typeof clickHouseRow>[] = []
    for (const line of text.split('\n')) {
      if (line === '') continue
      rows.push(clickHouseRow(types, line))
      if (rows.length < ROWS_PER_BATCH) continue
      yield rows
      rows = []
    }
    if (rows.length > 0) yield rows
  }

  async rowCounts(): Promise<ReadonlyMap<string, number>> {
    await this.settle()
    const counts = new Map<string, number>()
    for (const name of this.created.keys()) {
      const text = await this.transport.select(`SELECT count() FROM ${this.stored(name)}`, {})
      counts.set(name, Number((JSON.parse(text) as unknown[])[0]))
    }
    return counts
  }

  async close(): Promise<void> {
    await this.queue.catch(() => undefined)
    // The database in use last: a server refuses any statement for one that is no more.
    await this.transport.command(`DROP DATABASE IF EXISTS ${this.evidence}`)
    await this.transport.command(`DROP DATABASE IF EXISTS ${this.database}`)
    await this.transport.close()
  }

  private enqueue(work: () => Promise<void>): void {
    this.queue = this.queue.then(work)
    // Told by `settle`, which every query awaits.
    this.queue.catch(() => undefined)
  }

  private stored(table: string): string {
    return `${this.evidence}.${identifier(table)}`
  }

  private async ensureTable(schema: TableSchema): Promise<void> {
    if (this.created.has(schema.name)) return
    const names = physicalColumnNames(schema.columns)
    const definitions = schema.columns.map(
      ({ type }, at) => `${identifier(names[at] ?? '')} ${storage(type)}`,
    )
    await this.transport.command(
      `CREATE TABLE ${this.stored(schema.name)} (${definitions.join(', ')}) ENGINE = MergeTree ORDER BY tuple()`,
    )
    this.created.set(schema.name, schema)
  }

  private async createView(table: QueryTable): Promise<void> {
    const name = table.sqlName ?? table.name
    const schema = tableSchema(name)
    if (schema !== undefined) await this.ensureTable(schema)
    const names = physicalColumnNames(table.columns)
    const items = table.columns.map((column, at) => {
      const own = identifier(names[at] ?? column.name)
      const derived = schema === undefined ? undefined : derivedColumn(schema, column)
      if (derived?.kind === 'same-as') return `${identifier(derived.column)} AS ${own}`
      return derived?.kind === 'table-name' ? `${literal(table.name)} AS ${own}` : own
    })
    await this.transport.command(
      `CREATE OR REPLACE VIEW ${this.database}.${identifier(name)} AS SELECT ${items.join(', ')} FROM ${this.stored(name)}`,
    )
  }

  private async select(compiled: CompiledQuery, options: RunOptions): Promise<string> {
    const parameters: Record<string, string> = {}
    compiled.parameters.forEach((bound, at) => {
      parameters[`p${at + 1}`] = parameterText(bound, options.atMs ?? Date.now())
    })
    try {
      return await this.transport.select(compiled.sql, parameters, options.timeoutMs)
    } catch (error) {
      throw runError(error, options)
    }
  }
}

function clickHouseRow(types: readonly KustoType[], line: string): ReturnType<typeof clickHouseValue>[] {
  const cells = JSON.parse(line) as unknown[]
  return types.map((type, at) => clickHouseValue(type, cells[at]))
}

function parameterText(bound: BoundValue, atMs: number): string {
  switch (bound.type) {
    case 'now':
      return clickHouseTime(BigInt(Math.round(atMs * 10_000)) + UNIX_EPOCH_FILETIME) ?? ''
    case 'datetime':
      return bound.value.replace('T', ' ').replace(/Z$/, '')
    case 'real':
      return String(bound.value).replace('Infinity', 'inf').replace('NaN', 'nan')
    default:
      return String(bound.value)
  }
}

function runError(error: unknown, options: RunOptions): unknown {
  if (!(error instanceof Error) || error instanceof InputError) return error
  const message = error.message.split('\n')[0] ?? ''
  if (options.timeoutMs !== undefined && /time|abort/i.test(`${error.name} ${message}`)) {
    return new InputError('engine/timeout', `stopped after ${options.timeoutMs} ms`, undefined, {
      cause: error,
    })
  }
  return new InputError('engine/run-failed', message, undefined, { cause: error })
}
