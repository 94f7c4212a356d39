import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'
import { InputError } from '../../diagnostics/index.ts'
import { type Cell, type TableBatch, type TableSchema, tableSchema } from '../../tables/index.ts'
import type { BoundValue, CompiledQuery, NativeFunction, QuerySchema, QueryTable } from '../sql/types.ts'
import { registerNativeFunction } from './duckdb-functions.ts'
import { type DuckDbApi, type DuckDbLibrary, loadDuckDb } from './duckdb-library.ts'
import { DuckDbStorage, EVIDENCE_SCHEMA } from './duckdb-storage.ts'
import { kustoValue } from './duckdb-values.ts'
import type { Engine, RowBatches, RunOptions } from './engine.ts'
import { identifier, literal } from './identifier.ts'

export interface DuckDbOptions {
  /** Case file to keep the tables in. Default: in memory. */
  readonly path?: string
  /** The case must exist and is only read. */
  readonly readOnly?: boolean
  /** DuckDB's `memory_limit`, e.g. `4GB`; beyond it tables spill to the temporary folder. Default: a quarter of the machine's memory, at least 2 GB. */
  readonly memoryLimit?: string
  readonly threads?: number
  /** Folder for spilling. Default: a folder of ours in the system's temporary folder, made when needed. */
  readonly temporaryFolder?: string
  /** The one folder a Parquet result may be written to. Default: none. */
  readonly outputFolder?: string
  /** Functions that compiled queries may require, by name. */
  readonly functions?: (names: readonly string[]) => Promise<readonly NativeFunction[]>
}

/**
 * Opens DuckDB, in memory or on a case file, hardened before anything else happens: no extension is loaded or fetched,
 * no file or network is reachable from SQL (but spilling and, where given, the output folder), and the configuration is
 * locked so that no query can undo it.
 */
export async function openDuckDb(options: DuckDbOptions = {}): Promise<DuckDbEngine> {
  const library = loadDuckDb()
  let instance: DuckDBInstance
  try {
    instance = await library.api.DuckDBInstance.create(options.path ?? ':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      ...(options.readOnly === true ? { access_mode: 'READ_ONLY' } : {}),
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
      memory_limit: options.memoryLimit ?? defaultMemoryLimit(),
    })
  } catch (error) {
    throw caseError(options.path, error)
  }
  const connection = await instance.connect()
  const temporary = options.temporaryFolder ?? join(tmpdir(), `triad-duckdb-${process.pid}`)
  await connection.run(`SET temp_directory = ${literal(temporary)}`)
  if (options.outputFolder !== undefined) {
    await connection.run(`SET allowed_directories = [${literal(`${options.outputFolder}/`)}]`)
  }
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run('SET preserve_insertion_order = true')
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  const engine = new DuckDbEngine(instance, connection, library, options)
  await engine.open()
  return engine
}

/** DuckDB would take 80 % of the machine; beyond a quarter, spilling is kinder to an analyst's laptop. */
function defaultMemoryLimit(): string {
  return `${Math.max(2048, Math.floor(totalmem() / 4 / 2 ** 20))}MiB`
}

function caseError(path: string | undefined, error: unknown): unknown {
  if (path === undefined || !(error instanceof Error)) return error
  return new InputError(
    'engine/case-unusable',
    `${path}: ${firstLine(error.message)}`,
    { in: 'file', source: path },
    {
      cause: error,
      hint: 'name a file that this program made with --case, or one that does not exist yet, and close other programs that use it',
    },
  )
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text

export class DuckDbEngine implements Engine {
  readonly dialect = 'duckdb'
  private readonly instance: DuckDBInstance
  private readonly connection: DuckDBConnection
  private readonly library: DuckDbLibrary
  private readonly options: DuckDbOptions
  private readonly storage: DuckDbStorage
  private readonly registered = new Set<string>()
  private hasMacros = false

  constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    library: DuckDbLibrary,
    options: DuckDbOptions,
  ) {
    this.instance = instance
    this.connection = connection
    this.library = library
    this.options = options
    this.storage = new DuckDbStorage(connection, library)
  }

  async open(): Promise<void> {
    await this.storage.open(tableSchema, this.options.readOnly === true)
  }

  declare(schema: TableSchema, columns: readonly string[]): Promise<void> {
    return this.storage.declare(schema, columns)
  }

  writeBatch(batch: TableBatch): void {
    this.storage.write(batch)
  }

  settle(): Promise<void> {
    return this.storage.settle()
  }

  async prepare(schema: QuerySchema, tables: readonly string[]): Promise<void> {
    await this.storage.settle()
    const wanted = new Set(tables)
    for (const table of schema.tables) if (wanted.has(table.name)) await this.createView(table)
  }

  async writeTemporary(table: QueryTable, rows: readonly (readonly Cell[])[]): Promise<void> {
    await this.storage.settle()
    await this.storage.writeTemporary(table, rows)
  }

  /** Makes one table readable under its SQL name. */
  async createView(table: QueryTable): Promise<void> {
    const name = identifier(table.sqlName ?? table.name)
    await this.connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${this.storage.viewSql(table)}`)
  }

  /** Runs SQL of our own that returns nothing of interest (benchmarks, maintenance). */
  async execute(sql: string): Promise<void> {
    await this.storage.settle()
    await this.connection.run(sql)
  }

  async *run(compiled: CompiledQuery, options: RunOptions = {}): RowBatches {
    await this.registerFunctions(compiled.requiredFunctions)
    await this.createMacros(compiled.sql)
    const guard = new Guard(this.connection, options)
    let statement: DuckDBPreparedStatement | undefined
    try {
      statement = await this.connection.prepare(compiled.sql)
      this.bind(statement, compiled.parameters, options.atMs ?? Date.now())
      const result = await statement.stream()
      const types = compiled.columns.map((column) => column.type)
      for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
        if (chunk.rowCount === 0) break
        const columns = types.map((type, index) => {
          const vector = chunk.getColumnVector(index)
          return Array.from({ length: chunk.rowCount }, (_, row) => kustoValue(type, vector.getItem(row)))
        })
        yield Array.from({ length: chunk.rowCount }, (_, row) => columns.map((values) => values[row] ?? null))
      }
      guard.check()
    } catch (error) {
      throw guard.explain(error)
    } finally {
      guard.release()
      statement?.destroySync()
    }
  }

  /** Writes a result as Parquet; the file must lie in `outputFolder`. Returns nothing: the rows go to the file alone. */
  async writeParquet(compiled: CompiledQuery, path: string, options: RunOptions = {}): Promise<void> {
    await this.registerFunctions(compiled.requiredFunctions)
    await this.createMacros(compiled.sql)
    const guard = new Guard(this.connection, options)
    try {
      const names = compiled.columns.map((column) => identifier(column.name)).join(', ')
      const list = compiled.columns.length === 0 ? '' : `(${names})`
      const statement = await this.connection.prepare(
        `COPY (SELECT * FROM (${compiled.sql}) AS result${list}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      )
      this.bind(statement, compiled.parameters, options.atMs ?? Date.now())
      await statement.run()
      guard.check()
    } catch (error) {
      throw guard.explain(error)
    } finally {
      guard.release()
    }
  }

  /** Ids of evidence a case holds whole; what an interrupted load left of others is removed. */
  async finishedEvidence(): Promise<ReadonlySet<string>> {
    await this.storage.settle()
    return this.storage.finishedEvidence()
  }

  /** Says that these files are stored to their end, so that they are not stored again. */
  async markFinished(ids: readonly string[]): Promise<void> {
    await this.storage.settle()
    await this.storage.markFinished(ids)
  }

  /** Removes rows of a table by the values of one of its text columns. */
  async remove(table: string, column: string, values: readonly string[]): Promise<void> {
    await this.storage.settle()
    await this.storage.remove(table, column, values)
  }

  async rowCounts(): Promise<ReadonlyMap<string, number>> {
    await this.storage.settle()
    const counts = new Map<string, number>()
    for (const table of this.storage.storedTables()) {
      const reader = await this.connection.runAndReadAll(
        `SELECT count(*) FROM ${EVIDENCE_SCHEMA}.${identifier(table)}`,
      )
      const count = Number(reader.getRows()[0]?.[0] ?? 0)
      if (count > 0) counts.set(table, count)
    }
    return counts
  }

  /** Writes stored rows in their compressed form; a case file holds everything afterwards. */
  async checkpoint(): Promise<void> {
    await this.storage.settle()
    await this.connection.run('CHECKPOINT')
  }

  async close(): Promise<void> {
    try {
      await this.storage.close(this.options.readOnly === true)
    } finally {
      this.connection.closeSync()
      this.instance.closeSync()
    }
  }

  /** The translator's SQL macros, made in the temporary catalog so that a case file holds none of them. */
  private async createMacros(sql: string): Promise<void> {
    if (this.hasMacros || !sql.includes('kql_')) return
    const { duckdbMacros } = await import('../sql/functions/macros.ts')
    const temporary = duckdbMacros.map((macro) =>
      macro.replace(/^CREATE OR REPLACE MACRO/, 'CREATE OR REPLACE TEMP MACRO'),
    )
    await this.connection.run(temporary.join(';\n'))
    this.hasMacros = true
  }

  private async registerFunctions(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.registered.has(name))
    if (missing.length === 0) return
    for (const native of (await this.options.functions?.(missing)) ?? []) {
      if (this.registered.has(native.name)) continue
      registerNativeFunction(this.library.api, this.connection, native)
      this.registered.add(native.name)
    }
    const unknown = missing.find((name) => !this.registered.has(name))
    if (unknown !== undefined) {
      throw new InputError('engine/function-missing', `the database has no function ${unknown}`)
    }
  }

  private bind(statement: DuckDBPreparedStatement, values: readonly BoundValue[], atMs: number): void {
    values.forEach((bound, index) => {
      bindValue(this.library.api, statement, index + 1, bound, atMs)
    })
  }
}

function bindValue(
  api: DuckDbApi,
  statement: DuckDBPreparedStatement,
  at: number,
  bound: BoundValue,
  atMs: number,
): void {
  switch (bound.type) {
    case 'now':
      statement.bindTimestamp(at, new api.DuckDBTimestampValue(BigInt(Math.round(atMs * 1000))))
      break
    case 'datetime':
      statement.bindTimestamp(at, new api.DuckDBTimestampValue(microsecondsOf(bound.value)))
      break
    case 'bool':
      statement.bindBoolean(at, bound.value)
      break
    case 'int':
      statement.bindInteger(at, Number(bound.value))
      break
    case 'long':
    case 'timespan':
      statement.bindBigInt(at, BigInt(bound.value))
      break
    case 'real':
      statement.bindDouble(at, Number(bound.value))
      break
    default:
      statement.bindVarchar(at, bound.value)
      break
  }
}

/** Microseconds since 1970 of ISO text with up to 6 decimals; further digits are cut. */
export function microsecondsOf(iso: string): bigint {
  const match = /^(.*?)(?:\.(\d+))?Z?$/.exec(iso)
  const whole = Date.parse(`${match?.[1] ?? iso}Z`)
  if (Number.isNaN(whole)) throw new InputError('engine/run-failed', `no time: ${iso}`)
  return BigInt(whole) * 1000n + BigInt((match?.[2] ?? '').slice(0, 6).padEnd(6, '0'))
}

const AGAIN_MS = 20

/** Stops a query at its time limit or when the caller gives up, and says which of them it was. */
class Guard {
  private readonly connection: DuckDBConnection
  private readonly options: RunOptions
  private readonly timer: NodeJS.Timeout | undefined
  private again: NodeJS.Timeout | undefined
  private stopped: 'timeout' | 'signal' | undefined
  private readonly onAbort = (): void => this.stop('signal')

  constructor(connection: DuckDBConnection, options: RunOptions) {
    this.connection = connection
    this.options = options
    if (options.timeoutMs !== undefined) {
      this.timer = setTimeout(() => this.stop('timeout'), options.timeoutMs)
      this.timer.unref()
    }
    options.signal?.addEventListener('abort', this.onAbort)
    if (options.signal?.aborted === true) this.stop('signal')
  }

  private stop(why: 'timeout' | 'signal'): void {
    this.stopped ??= why
    this.connection.interrupt()
    // Between two steps of a statement nothing runs that could be interrupted: the next one must hear of it too.
    this.again ??= setInterval(() => this.connection.interrupt(), AGAIN_MS)
  }

  check(): void {
    if (this.stopped !== undefined) throw new Error('INTERRUPT')
  }

  explain(error: unknown): unknown {
    if (error instanceof InputError || !(error instanceof Error)) return error
    if (this.stopped === 'timeout') {
      return new InputError('engine/timeout', `stopped after ${this.options.timeoutMs} ms`, undefined, {
        cause: error,
        hint: 'raise --timeout-ms, or narrow the query with a time range',
      })
    }
    if (this.stopped === 'signal') return this.options.signal?.reason ?? error
    if (/^out of memory/i.test(error.message)) {
      return new InputError('engine/out-of-memory', firstLine(error.message), undefined, { cause: error })
    }
    return new InputError('engine/run-failed', firstLine(error.message), undefined, { cause: error })
  }

  release(): void {
    clearTimeout(this.timer)
    clearInterval(this.again)
    this.options.signal?.removeEventListener('abort', this.onAbort)
  }
}
