import type { Column, Expr, Json } from '../plan/expr.ts'
import type { SqlBuilder } from './builder.ts'
import type { OrderKey } from './relation.ts'
import type { DialectName, KustoType, NativeFunction } from './types.ts'

/** What a function row may ask about the call it renders. */
export interface Call {
  readonly name: string
  readonly args: readonly Expr[]
  readonly type: KustoType
  readonly builder: SqlBuilder
  /** True where null counts as false (`where`, the condition of `iff`), so a cheaper form may be used. */
  readonly filter: boolean
  /** Argument as SQL of this type, converted if it is another. */
  sql(index: number, type?: KustoType): string
  /** The literal value of an argument; undefined when it is computed. */
  constant(index: number): Json | undefined
  /** Renders any expression, converted to a type. */
  render(expr: Expr, type?: KustoType): string
  /** Renders a condition in which null counts as false. */
  condition(expr: Expr): string
  /** `OVER (…)` of the serialized input; refuses when the input has no order. */
  over(frame?: string): string
  /** Converts SQL that is text to another type. */
  convertText(sql: string, type: KustoType): string
  /** Text of a dynamic expression, null when it is missing; undefined when the expression is not dynamic. */
  nullableText(expr: Expr): string | undefined
  /** The table of `in (T)`: what to read from, its first column, and that column's type. */
  subquery(): { readonly from: string; readonly column: string; readonly type: KustoType }
  /** Notes that a native function is needed, and gives its name. */
  native(name: string): string
  refuse(what: string, hint?: string): never
}

export type SqlOf = (args: readonly string[], call: Call) => string

/** One KQL function or operator: the row `docs/kql.md` shows. */
export interface FunctionRow {
  readonly name: string
  readonly aliases?: readonly string[]
  /** Types the arguments are converted to before `sql` sees them; the last repeats. Absent: left as they are. */
  readonly params?: readonly (KustoType | 'any')[]
  /** Type of the result where the language service's is not right. */
  readonly returns?: KustoType
  /** Numbered rules of docs/kql-semantics.md this row keeps. */
  readonly rules?: readonly string[]
  /** What differs from Kusto, for the documentation. */
  readonly differs?: string
  readonly sql?: Partial<Record<DialectName, SqlOf>>
  /** A function of our own in the engine, when SQL cannot say it. */
  readonly native?: NativeFunction
  /** `sql` renders its arguments itself, through `call`. */
  readonly lazy?: boolean
  /** Needs a serialized input; may not stand inside another of its kind in SQL. */
  readonly window?: boolean
}

/** What an aggregate row may ask about its call. */
export interface AggregateCall extends Call {
  readonly columns: readonly Column[]
  /** ` FILTER (WHERE …)` of a condition that must hold besides others of this aggregate; '' for none. */
  where(...conditions: readonly string[]): string
  /** ` ORDER BY …` inside an ordered aggregate, when the input has an order; else ''. */
  readonly order: string
  /** The same order as keys. */
  readonly orderKeys: readonly OrderKey[]
}

/** One aggregate function. `sql` gives one expression per output column. */
export interface AggregateRow {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly rules?: readonly string[]
  readonly differs?: string
  readonly sql: Partial<Record<DialectName, (call: AggregateCall) => readonly string[]>>
}

/** What an expression is before any row is seen: a literal, or texts joined, as queries build patterns. */
export function literalValue(expr: Expr | undefined): Json | undefined {
  if (expr?.kind === 'literal') return expr.value
  if (expr?.kind !== 'call' || expr.name !== 'strcat') return undefined
  const parts = expr.args.map((arg) => (arg.type === 'string' ? literalValue(arg) : undefined))
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined
}
