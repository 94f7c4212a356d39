import type { Report } from '../diagnostics/index.ts'
import {
  type CompileCache,
  type CompiledQuery,
  compileCached,
  createTableSink,
  type DuckDbEngine,
  type KustoValue,
  loadUserTable,
  namesTablesByPattern,
  nativeFunctionsByName,
  openDuckDb,
  type QuerySchema,
  type QueryTable,
  type ResultColumn,
  runCompiled,
  schemaForText,
  settleProbes,
  type TableSink,
  type UserTable,
} from '../query/index.ts'
import type { Cell } from '../tables/index.ts'
import { openPackCache } from './pack.ts'

/** One row of a rule, by output column. */
export type RuleRow = Readonly<Record<string, KustoValue>>

export interface RuleResult {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly RuleRow[]
}

export interface RuleDatabaseOptions {
  /** What `_GetWatchlist` reads, by alias. */
  readonly watchlists?: readonly UserTable[]
  readonly cache?: CompileCache
  /** Notes of compilation: stand-ins and approximations. Default: they are dropped. */
  readonly report?: Report
}

export interface RuleRun {
  /** `now()`: milliseconds since 1970. */
  readonly atMs: number
  /** What the text is called in errors. */
  readonly source?: string
  /** Stops the query with `engine/timeout`. Default: none. */
  readonly timeoutMs?: number
  /** Stops the query and throws the signal's reason. */
  readonly signal?: AbortSignal
}

const QUIET: Report = () => undefined

/** The schema with one more watchlist. */
export function withWatchlist(schema: QuerySchema, table: QueryTable): QuerySchema {
  return { ...schema, watchlists: [...(schema.watchlists ?? []), table] }
}

/**
 * Tables in memory and the queries that run over them. The engine opens in the background: rows may be given to the sink at
 * once, and `run` waits for it.
 */
export class RuleDatabase {
  readonly #options: RuleDatabaseOptions
  readonly #cache: CompileCache
  readonly #engine: Promise<DuckDbEngine>
  #filled: readonly string[] | undefined

  constructor(options: RuleDatabaseOptions = {}) {
    this.#options = options
    this.#cache = options.cache ?? openPackCache()
    this.#engine = this.#open()
    // Told by whoever awaits it next.
    this.#engine.catch(QUIET)
  }

  /** A sink that fills the tables; several may be used, each is finished before queries run. */
  sink(options: { tables?: readonly string[]; report: Report }): TableSink {
    return createTableSink(this.#engine, options)
  }

  /** What a text compiles to here. Throws `InputError` with Microsoft's code and message. */
  async compile(text: string, source = 'query'): Promise<CompiledQuery> {
    return compileCached(text, { schema: await this.#schema(text), source }, this.#cache)
  }

  async run(text: string, run: RuleRun): Promise<RuleResult> {
    const schema = await this.#schema(text)
    return this.#run(text, schema, run)
  }

  /** Runs a text that also reads rows given with it, as `_GetWatchlist` of the table's name. */
  async runWith(
    text: string,
    table: QueryTable,
    rows: readonly (readonly Cell[])[],
    run: RuleRun,
  ): Promise<RuleResult> {
    const schema = await this.#schema(text)
    await (await this.#engine).writeTemporary(table, rows)
    return this.#run(text, withWatchlist(schema, table), run)
  }

  async close(): Promise<void> {
    await (await this.#engine).close()
  }

  async #run(text: string, schema: QuerySchema, run: RuleRun): Promise<RuleResult> {
    const engine = await this.#engine
    const options = { schema, source: run.source ?? 'query' }
    const report = this.#options.report ?? QUIET
    let compiled = await compileCached(text, options, this.#cache)
    if (compiled.probe !== undefined) {
      await engine.prepare(schema, compiled.tables)
      compiled = await settleProbes(engine, text, compiled, options, { atMs: run.atMs })
    }
    for (const note of compiled.notes) report(note)
    const rows: RuleRow[] = []
    const limits = {
      ...(run.timeoutMs === undefined ? {} : { timeoutMs: run.timeoutMs }),
      ...(run.signal === undefined ? {} : { signal: run.signal }),
    }
    for await (const batch of runCompiled(engine, compiled, { schema, atMs: run.atMs, report, ...limits })) {
      for (const values of batch) {
        rows.push(Object.fromEntries(compiled.columns.map((column, at) => [column.name, values[at] ?? null])))
      }
    }
    return { columns: compiled.columns, rows }
  }

  async #schema(text: string): Promise<QuerySchema> {
    const watchlists = this.#options.watchlists?.map(({ table }) => table)
    if (namesTablesByPattern(text)) this.#filled ??= [...(await (await this.#engine).rowCounts()).keys()]
    return schemaForText(text, watchlists === undefined ? {} : { watchlists }, this.#filled ?? [])
  }

  async #open(): Promise<DuckDbEngine> {
    const engine = await openDuckDb({ functions: nativeFunctionsByName })
    for (const watchlist of this.#options.watchlists ?? []) await loadUserTable(engine, watchlist)
    return engine
  }
}
