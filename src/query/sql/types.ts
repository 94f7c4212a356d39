import type { Diagnostic } from '../../diagnostics/index.ts'

/** The ten scalar types of KQL, by the names rows in JSON use. */
export type KustoType =
  | 'bool'
  | 'int'
  | 'long'
  | 'real'
  | 'decimal'
  | 'string'
  | 'datetime'
  | 'timespan'
  | 'guid'
  | 'dynamic'

/**
 * How each Kusto type is stored in DuckDB tables, passed between generated expressions and returned in results.
 * Rules of docs/kql-semantics.md sections 0 and 1:
 *
 * - `string` is VARCHAR and **never null**: a missing string is `''`. Tables must store `''`; results never show null.
 * - `datetime` is TIMESTAMP in UTC, microseconds; a seventh digit of the evidence is cut, never rounded. Never
 *   TIMESTAMPTZ. The connection runs `SET TimeZone = 'UTC'`.
 * - `timespan` is BIGINT, ticks of 100 ns, signed. Never INTERVAL.
 * - `dynamic` is JSON holding valid JSON text; a missing value is SQL NULL (the JSON text `null` means the same).
 * - `guid` is UUID. `decimal` is DECIMAL(38,18), printed without trailing zeros.
 * - `real` is DOUBLE with NaN and the infinities. `bool` BOOLEAN, `int` INTEGER, `long` BIGINT; null is SQL NULL.
 */
export const DUCKDB_STORAGE: Readonly<Record<KustoType, string>> = {
  bool: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  real: 'DOUBLE',
  decimal: 'DECIMAL(38,18)',
  string: 'VARCHAR',
  datetime: 'TIMESTAMP',
  timespan: 'BIGINT',
  guid: 'UUID',
  dynamic: 'JSON',
}

/** The same for ClickHouse: all but string are wrapped in Nullable(…); dynamic is a String that holds JSON. */
export const CLICKHOUSE_STORAGE: Readonly<Record<KustoType, string>> = {
  bool: 'Bool',
  int: 'Int32',
  long: 'Int64',
  real: 'Float64',
  decimal: 'Decimal(38,18)',
  string: 'String',
  datetime: "DateTime64(6, 'UTC')",
  timespan: 'Int64',
  guid: 'UUID',
  dynamic: 'String',
}

/** One column of a table that a query may read. */
export interface QueryColumn {
  readonly name: string
  readonly type: KustoType
  /** Bound by name only: `project *`-like output, `union`, `search` and `getschema` do not show it (`_EvidenceId`). */
  readonly hidden?: boolean
}

/** A table that a query may read. In SQL it is `"name"`, its columns {@link physicalColumnNames}. */
export interface QueryTable {
  readonly name: string
  readonly columns: readonly QueryColumn[]
  /** Name in SQL, where it differs from `name` (watchlists, aliases of a table). */
  readonly sqlName?: string
}

/**
 * SQL names of a table's columns, in the order given. KQL tells `Isp` and `ISP` apart, SQL engines do not: the second
 * of two names that differ only by case gets the suffix `$2`, the third `$3`.
 */
export function physicalColumnNames(columns: readonly { readonly name: string }[]): string[] {
  const seen = new Map<string, number>()
  return columns.map(({ name }) => {
    const count = (seen.get(name.toLowerCase()) ?? 0) + 1
    seen.set(name.toLowerCase(), count)
    return count === 1 ? name : `${name}$${count}`
  })
}

/** Everything a query is compiled against. Plain data, so that it can be a cache key. */
export interface QuerySchema {
  readonly tables: readonly QueryTable[]
  /** Watchlists by alias, for `_GetWatchlist('alias')`; the SQL table is `sqlName`. An unknown alias is empty. */
  readonly watchlists?: readonly QueryTable[]
  /** Table of file reputations for `invoke FileProfile(...)`, first column the hash; absent: the new columns are null. */
  readonly fileProfile?: QueryTable
}

export type DialectName = 'duckdb' | 'clickhouse'

/** A value bound to `$1`, `$2`, … (in this order), or the engine's clock at the start of the query. */
export type BoundValue =
  | { readonly type: 'string' | 'guid' | 'decimal' | 'dynamic'; readonly value: string }
  /** A datetime as ISO 8601 in UTC with up to 6 decimals. */
  | { readonly type: 'datetime'; readonly value: string }
  /** Integers as decimal text, since they may exceed 2^53; timespan in ticks. */
  | { readonly type: 'int' | 'long' | 'timespan'; readonly value: string }
  /** A number, or `NaN`, `Infinity`, `-Infinity`. */
  | { readonly type: 'real'; readonly value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly type: 'bool'; readonly value: boolean }
  /** `now()`: bind the reference time (`--at`) as TIMESTAMP. The same for the whole query. */
  | { readonly type: 'now' }

export interface ResultColumn {
  /** As KQL names it. Rows are positional: SQL names may differ. */
  readonly name: string
  readonly type: KustoType
}

/** `externaldata`: the engine makes a table `sqlName` of these columns from an allowed local file, or an empty one. */
export interface ExternalTable {
  readonly sqlName: string
  readonly columns: readonly ResultColumn[]
  readonly uris: readonly string[]
  /** `format`, `ignoreFirstRecord` and so on, as written. */
  readonly properties: Readonly<Record<string, string>>
}

/**
 * A question about the data that must be answered before the query can be compiled, because output columns depend on
 * it (`evaluate bag_unpack`, `pivot`). Run `sql`; it returns rows (name VARCHAR, type VARCHAR: a KustoType); call
 * `compileKql` again with this answer appended to `options.answers`.
 */
export interface SchemaProbe {
  readonly sql: string
  readonly parameters: readonly BoundValue[]
}

export type ProbeAnswer = readonly ResultColumn[]

/** `render`: how the author wants the result drawn. The rows are unaffected. */
export interface RenderHint {
  readonly chart: string
  readonly properties: Readonly<Record<string, string>>
}

/** One tabular statement as SQL. JSON-serialisable; holds neither the clock nor anything of the data but `answers`. */
export interface CompiledQuery {
  readonly sql: string
  /** In the order of `$1`, `$2`, … (DuckDB) or `{p1:Type}`, `{p2:Type}`, … (ClickHouse). */
  readonly parameters: readonly BoundValue[]
  readonly columns: readonly ResultColumn[]
  /** True when the rows come in an order the query asked for. */
  readonly ordered: boolean
  readonly notes: readonly Diagnostic[]
  /** Names out of `nativeFunctions` the engine must have registered. */
  readonly requiredFunctions: readonly string[]
  readonly externals: readonly ExternalTable[]
  /** Tables of the schema that the query reads, by KQL name. */
  readonly tables: readonly string[]
  readonly render?: RenderHint
  /** Present: `sql` is empty, answer this first. */
  readonly probe?: SchemaProbe
}

export interface CompileOptions {
  readonly schema: QuerySchema
  /** Values of `declare query_parameters`, as text; the declared type parses them. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Default `duckdb`. */
  readonly dialect?: DialectName
  readonly answers?: readonly ProbeAnswer[]
  /** Shown in locations of errors. Default `query`. */
  readonly source?: string
}

/** Types a native function takes and returns, by Kusto type; `datetime` arrives as microseconds since 1970 (bigint). */
export type NativeValue = string | number | bigint | boolean | null

/**
 * A scalar function SQL cannot say exactly, run in JavaScript. The engine registers it under `name` with
 * `parameters` and `returns` in the storage types of {@link DUCKDB_STORAGE}, except that dynamic is VARCHAR (JSON
 * text) and datetime BIGINT (microseconds since 1970). Null arguments are passed on; it never throws.
 */
export interface NativeFunction {
  readonly name: string
  readonly parameters: readonly KustoType[]
  /** Type of any further arguments. */
  readonly rest?: KustoType
  readonly returns: KustoType
  readonly volatile?: boolean
  readonly run: (...args: NativeValue[]) => NativeValue
}
