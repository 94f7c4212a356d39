import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'
import {
  type CompileCache,
  type CompiledQuery,
  type CompileOptions,
  compileCached,
  createTableSink,
  type DialectName,
  type DuckDbEngine,
  type Engine,
  loadGeoNetworks,
  loadUserRows,
  loadUserTable,
  makeReadable,
  namesTablesByPattern,
  nativeFunctionsByName,
  openClickHouse,
  openCompileCache,
  openDuckDb,
  type QuerySchema,
  type RowBatches,
  readFileProfile,
  readWatchlist,
  runCompiled,
  schemaForText,
  settleProbes,
  type TableSink,
  type UserTable,
} from '../query/index.ts'
import { diagnosticText } from '../reports/index.ts'
import { selectionForTables, tableSchema, writeSubscriptionRows } from '../tables/index.ts'
import { isUnreadable, requireEvidence } from './evidence-paths.ts'
import { packageVersion } from './version.ts'

/** Options of a command that works on tables. */
export interface SessionFlags {
  readonly evidence?: readonly string[]
  readonly case?: string
  readonly at?: number
  readonly param?: readonly string[]
  readonly engine: DialectName
  readonly clickhouseUrl?: string
  readonly external?: string
  readonly watchlist?: readonly string[]
  readonly table?: readonly string[]
  readonly fileProfile?: string
  readonly geoip?: string
  readonly timeoutMs?: number
  readonly memory?: string
  readonly cache?: boolean
}

interface ToLoad {
  readonly text: string
  readonly compiled: CompiledQuery
}

const OWN_TABLES: ReadonlySet<string> = new Set(['WmiSubscriptions', 'WmiActivity'])
const NO_CACHE: CompileCache = { get: () => undefined, set: () => undefined }

/** One engine with the tables that some queries need, and the texts compiled against them. */
export class QuerySession {
  /** Some evidence could not be read. */
  unreadable = false
  private readonly flags: SessionFlags
  private readonly signal: AbortSignal | undefined
  private readonly cache: CompileCache
  private readonly schemas = new WeakMap<CompiledQuery, QuerySchema>()
  private readonly watchlists: readonly UserTable[]
  private readonly fileProfile: UserTable | undefined
  private opening: Promise<Engine> | undefined
  private readonly said = new Set<string>()
  private parquetFolder: string | undefined
  private filled: readonly string[] = []

  /** `signal` stops reading and queries, and is thrown. */
  constructor(flags: SessionFlags, signal?: AbortSignal) {
    this.signal = signal
    if (flags.evidence !== undefined) requireEvidence(flags.evidence)
    this.flags = flags
    this.cache = flags.cache === false ? NO_CACHE : openCompileCache()
    this.watchlists = (flags.watchlist ?? []).map((given) => {
      const [alias, file] = splitPair(given, '--watchlist', 'ALIAS=FILE')
      return readWatchlist(alias, file)
    })
    this.fileProfile = flags.fileProfile === undefined ? undefined : readFileProfile(flags.fileProfile)
  }

  /** Opens the engine; it may go on opening while a query is compiled and evidence is read. */
  engine(): Promise<Engine> {
    this.opening ??= this.open()
    return this.opening
  }

  async compile(text: string, source: string): Promise<CompiledQuery> {
    if (namesTablesByPattern(text)) await this.learnFilledTables()
    const options = this.options(text, source)
    const compiled = await compileCached(text, options, this.cache)
    this.schemas.set(compiled, options.schema)
    return compiled
  }

  /** Brings the tables of these queries in: from evidence, unless the case already has them, and from files. */
  async load(queries: readonly ToLoad[]): Promise<void> {
    const tables = new Set(queries.flatMap(({ compiled }) => compiled.tables))
    if (this.filled.length === 0) await this.loadEvidence(this.flags.case === undefined ? tables : undefined)
    const engine = await this.engine()
    for (const watchlist of this.watchlists) await loadUserTable(engine, watchlist)
    if (this.fileProfile !== undefined) await loadUserTable(engine, this.fileProfile)
    if (this.flags.geoip !== undefined) await loadGeoNetworks(this.flags.geoip)
  }

  /** Fills the tables from the evidence paths; `undefined` fills all that it can. */
  async loadEvidence(tables: ReadonlySet<string> | undefined): Promise<void> {
    const { evidence = [], table: files = [] } = this.flags
    if (evidence.length === 0 && files.length === 0) return
    const sink = createTableSink(this.engine(), {
      report: this.report,
      ...(tables === undefined ? {} : { tables: [...tables] }),
    })
    // A query that reads no table needs no evidence.
    if (evidence.length > 0 && tables?.size !== 0) await this.readInto(sink, evidence, tables)
    for (const given of files) {
      const [name, file] = splitPair(given, '--table', 'NAME=FILE')
      loadUserRows(sink, name, file)
    }
    await sink.finish()
  }

  /** Says which tables of a query have no rows, so that an empty result is not taken for a clean host. */
  async tellEmpty(compiled: CompiledQuery): Promise<void> {
    if (compiled.tables.length === 0) return
    const counts = await (await this.engine()).rowCounts()
    const empty = compiled.tables.filter(
      (table) => (counts.get(tableSchema(table)?.name ?? table) ?? 0) === 0,
    )
    if (empty.length === 0) return
    this.report({
      code: 'engine/stand-in',
      severity: 'info',
      message: `no rows here in ${empty.join(', ')}`,
      hint: 'evidence comes from --evidence or --case, other data from --table NAME=FILE',
    })
  }

  /** Rows by table, of everything the evidence or the case holds. */
  async rowCounts(): Promise<ReadonlyMap<string, number>> {
    const { evidence = [], table = [], case: path } = this.flags
    if (evidence.length === 0 && table.length === 0 && path === undefined) return new Map()
    await this.loadEvidence(undefined)
    return (await this.engine()).rowCounts()
  }

  /** The query with its questions about the data answered. Its tables must be loaded. */
  async settle(text: string, compiled: CompiledQuery): Promise<CompiledQuery> {
    if (compiled.probe === undefined) return compiled
    const engine = await this.engine()
    const options = this.options(text, 'query')
    await makeReadable(engine, compiled, { schema: options.schema, report: this.report, ...this.external() })
    const settled = await settleProbes(engine, text, compiled, options, this.runOptions())
    this.schemas.set(settled, options.schema)
    return settled
  }

  async *rows(compiled: CompiledQuery): RowBatches {
    const batches = runCompiled(await this.engine(), compiled, {
      schema: this.schemas.get(compiled) ?? { tables: [] },
      report: this.report,
      ...this.external(),
      ...this.runOptions(),
    })
    for await (const batch of batches) {
      this.signal?.throwIfAborted()
      yield batch
    }
  }

  /** Says before the engine opens that a result will be written beside `output`: that folder alone is made reachable. */
  expectParquet(output: string): void {
    this.parquetFolder = mkdtempSync(join(dirname(resolve(output)), '.triad-parquet-'))
  }

  async writeParquet(compiled: CompiledQuery, output: string): Promise<void> {
    const engine = await this.engine()
    if (!isDuckDb(engine) || this.parquetFolder === undefined) {
      throw new InputError('cli/usage', 'parquet is written by --engine duckdb only')
    }
    const schema = this.schemas.get(compiled) ?? { tables: [] }
    await makeReadable(engine, compiled, { schema, report: this.report, ...this.external() })
    const file = join(this.parquetFolder, 'rows.parquet')
    await engine.writeParquet(compiled, file, this.runOptions())
    renameSync(file, output)
  }

  /** Goes on with nothing that a Ctrl-C was to end. */
  throwIfInterrupted(): void {
    this.signal?.throwIfAborted()
  }

  /** Prints diagnostics once each. */
  tell(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.report(diagnostic)
  }

  async close(): Promise<void> {
    const engine = await this.opening?.catch(() => undefined)
    await engine?.close()
    if (this.parquetFolder !== undefined) rmSync(this.parquetFolder, { recursive: true, force: true })
  }

  readonly report = (diagnostic: Diagnostic): void => {
    this.unreadable ||= isUnreadable(diagnostic)
    const text = diagnosticText(diagnostic)
    if (this.said.has(text)) return
    this.said.add(text)
    process.stderr.write(`triad: ${text}\n`)
  }

  private async readInto(
    sink: TableSink,
    paths: readonly string[],
    tables: ReadonlySet<string> | undefined,
  ): Promise<void> {
    if (tables !== undefined && [...tables].every((table) => OWN_TABLES.has(table))) {
      // A scan reads everything itself.
      this.tell(await this.writeFindings(sink, paths))
      return
    }
    const casefile = this.flags.case === undefined ? undefined : await this.engine()
    const known = casefile !== undefined && isDuckDb(casefile) ? await casefile.finishedEvidence() : new Set()
    // Readers of every format are much code, and a query over a case needs none of it.
    const { readEvidence } = await import('../records/index.ts')
    const items = await readEvidence(paths, {
      selection: tables === undefined ? 'all' : selectionForTables(tables),
      sink: {
        event: (event) => (known.has(event.evidence) ? undefined : sink.event(event)),
        row: (row) => (known.has(row.evidence) ? undefined : sink.row(row)),
      },
      report: this.report,
      hash: false,
      ...this.stopping(),
    })
    // Evidence read in part must not be kept in a case as if it were whole.
    this.signal?.throwIfAborted()
    const fresh = items.filter((item) => !known.has(item.id)).map((item) => item.id)
    const wantsFindings = tables === undefined || [...OWN_TABLES].some((table) => tables.has(table))
    if (wantsFindings && fresh.length > 0) await this.writeFindings(sink, paths)
    if (casefile !== undefined && isDuckDb(casefile)) {
      await sink.finish()
      await casefile.markFinished(fresh)
    }
  }

  /** Triad's own tables hold judged subscriptions: a scan of the same evidence. */
  private async writeFindings(sink: TableSink, paths: readonly string[]): Promise<readonly Diagnostic[]> {
    const { scan } = await import('../scan/index.ts')
    const { report } = await scan(paths, {
      version: packageVersion(),
      hash: false,
      now: new Date(),
      ...this.stopping(),
    })
    this.signal?.throwIfAborted()
    const engine = await this.engine()
    if (isDuckDb(engine)) {
      // The same subscription seen again replaces what the case knew of it.
      const ids = report.subscriptions.map((subscription) => subscription.id)
      for (const table of ['WmiSubscriptions', 'WmiActivity'])
        await engine.remove(table, 'SubscriptionId', ids)
    }
    writeSubscriptionRows(sink, report.subscriptions)
    return report.diagnostics
  }

  private options(text: string, source: string): CompileOptions {
    return {
      schema: schemaForText(
        text,
        {
          ...(this.watchlists.length === 0 ? {} : { watchlists: this.watchlists.map(({ table }) => table) }),
          ...(this.fileProfile === undefined ? {} : { fileProfile: this.fileProfile.table }),
        },
        this.filled,
      ),
      dialect: this.flags.engine,
      source,
      parameters: Object.fromEntries(
        (this.flags.param ?? []).map((given) => splitPair(given, '--param', 'NAME=VALUE')),
      ),
    }
  }

  /** `union *` means the tables that have rows: they are known only when all evidence is read. */
  private async learnFilledTables(): Promise<void> {
    if (this.filled.length > 0) return
    await this.loadEvidence(undefined)
    const counts = await (await this.engine()).rowCounts()
    this.filled = [...counts.keys()]
  }

  private async open(): Promise<Engine> {
    const { case: path, memory, evidence = [], table = [] } = this.flags
    if (this.flags.engine === 'clickhouse') {
      const { clickhouseUrl: url } = this.flags
      if (path !== undefined)
        throw new InputError('cli/usage', '--case keeps tables for --engine duckdb only')
      return openClickHouse(url === undefined ? {} : { url })
    }
    return openDuckDb({
      functions: nativeFunctionsByName,
      ...(path === undefined ? {} : { path, readOnly: evidence.length === 0 && table.length === 0 }),
      ...(memory === undefined ? {} : { memoryLimit: memory }),
      ...(this.parquetFolder === undefined ? {} : { outputFolder: this.parquetFolder }),
    })
  }

  private external(): { externalFolder?: string } {
    return this.flags.external === undefined ? {} : { externalFolder: this.flags.external }
  }

  private runOptions(): { atMs?: number; timeoutMs?: number; signal?: AbortSignal } {
    const { at, timeoutMs } = this.flags
    return {
      ...(at === undefined ? {} : { atMs: at }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...this.stopping(),
    }
  }

  private stopping(): { signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal }
  }
}

function isDuckDb(engine: Engine): engine is DuckDbEngine {
  return engine.dialect === 'duckdb'
}

function splitPair(text: string, option: string, form: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new InputError('cli/usage', `${option} takes ${form}, not ${text}`)
  return [text.slice(0, at), text.slice(at + 1)]
}
