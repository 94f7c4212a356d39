import type { SqlBuilder } from './builder.ts'
import type { AggregateRow, FunctionRow } from './function-row.ts'
import type { Relation } from './relation.ts'
import type { DialectName, KustoType } from './types.ts'

/** A path into a dynamic value: names and 0-based indexes, negative from the end. */
export type Path = readonly (string | number)[]

/**
 * What one SQL engine says differently. The shared renderer asks these questions and never the engine's name; all
 * that is the same for both engines (WITH, SELECT, JOIN, UNION ALL, windows) is not here.
 */
export interface Dialect {
  readonly name: DialectName
  readonly functions: ReadonlyMap<string, FunctionRow>
  readonly aggregates: ReadonlyMap<string, AggregateRow>
  /** A bound value's place in the text, with its type where the engine needs it. */
  placeholder(index: number, type: KustoType): string
  /** Type name in SQL. */
  storage(type: KustoType): string
  /** True where functions of ours run inside the engine. */
  readonly hasNatives: boolean
  /** True where a table may be built row by row from itself, as `scan` needs. */
  readonly hasRecursion: boolean
  /** Put after the last SELECT. */
  readonly settings: string
  /** Written before a table that must be computed once; '' where the engine has no such word. */
  readonly materialized: string
  readonly semiJoin: string
  readonly antiJoin: string
  null(type: KustoType): string
  convert(sql: string, from: KustoType, to: KustoType): string
  /** `''` for null text. */
  orEmpty(text: string): string
  /** Text of a dynamic value, null when missing. */
  dynamicText(json: string): string
  member(json: string, path: Path): string
  memberText(json: string, path: Path): string
  /** JSON of a text for taking members: null when the text is not JSON. */
  lazyJson(text: string): string
  splitElement(text: string, delimiter: string, position: string): string
  nativeArgument(sql: string, type: KustoType): string
  nativeResult(sql: string, type: KustoType): string
  /** Rows of the elements of dynamic values, several in parallel: a FROM item's columns, see mv-expand. */
  expand(options: ExpandOptions): string
  /** ORDER BY for a subquery's rows, or nothing. */
  orderClause(relation: Relation): string
  /** Keeps one row per key, for innerunique joins. */
  distinctOn(keys: readonly string[], from: string, order: string): string
  range(options: RangeOptions): string
  values(rows: readonly (readonly string[])[], names: readonly string[]): string
  /** Keys of the bags of a column with the type their values share: rows (name, type). */
  bagKeys(json: string, from: string): string
  parse(options: ParseOptions): string
  /** Adds the tables of make-series and gives the name of the last, whose columns are keys, arrays and axis. */
  makeSeries(options: MakeSeriesOptions, builder: SqlBuilder): string
}

export interface ExpandOptions {
  readonly from: string
  /** Identifiers kept as they are. */
  readonly keep: readonly string[]
  readonly items: readonly {
    readonly sql: string
    /** Where `sql` is a step into JSON: the JSON it starts from and the steps. */
    readonly json: string | undefined
    readonly path: Path
    readonly type: KustoType
    readonly to: KustoType | undefined
    readonly as: string
  }[]
  readonly index: string | undefined
  readonly limit: string | undefined
  readonly bagArrays: boolean
}

export interface RangeOptions {
  readonly from: string
  readonly to: string
  readonly step: string
  readonly type: KustoType
  readonly as: string
}

export interface ParseOptions {
  readonly from: string
  readonly keep: readonly string[]
  readonly value: string
  readonly regex: string
  readonly groups: readonly { readonly type: KustoType; readonly as: string }[]
  readonly mode: 'simple' | 'regex' | 'relaxed'
  readonly filter: boolean
}

export interface MakeSeriesOptions {
  readonly from: string
  /** Expressions over `from`. */
  readonly keys: readonly { readonly sql: string; readonly as: string }[]
  readonly on: string
  readonly onType: KustoType
  readonly start: string | undefined
  readonly end: string | undefined
  readonly step: string
  readonly values: readonly {
    readonly sql: string
    readonly type: KustoType
    readonly fallback: string
    readonly as: string
  }[]
  readonly axis: string
  readonly nonEmpty: boolean
}
