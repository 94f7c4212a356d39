import type { Diagnostic } from '../../diagnostics/index.ts'
import type { Aggregate, Column, Expr, Rel, Span } from '../plan/expr.ts'
import type { Graph } from '../plan/graph.ts'
import { refusal } from '../plan/refusal.ts'
import type { CompileOptions, ExternalTable } from '../sql/types.ts'
import type { GraphElements } from './operators/graph-match.ts'
import type { Syn } from './syntax.ts'

/** What a name stands for inside the query text. */
export type Binding =
  | { readonly kind: 'scalar'; readonly expr: Expr }
  /** `marked`: named by `as`, which a union tells as the source of the rows. */
  | { readonly kind: 'table'; readonly rel: Rel; readonly name: string; readonly marked?: boolean }
  | { readonly kind: 'graph'; readonly graph: Graph }
  | { readonly kind: 'function'; readonly declaration: Syn; readonly scope: Scope }
  | { readonly kind: 'pattern'; readonly declaration: Syn; readonly scope: Scope }

/** Names in force at one place: a chain, the inner hides the outer. */
export class Scope {
  readonly #names = new Map<string, Binding>()
  readonly #outer: Scope | undefined

  constructor(outer?: Scope) {
    this.#outer = outer
  }

  set(name: string, binding: Binding): void {
    this.#names.set(name, binding)
  }

  /** All names in force, outer ones first. */
  names(): string[] {
    return [...new Set([...(this.#outer?.names() ?? []), ...this.#names.keys()])]
  }

  get(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#outer?.get(name)
  }
}

/** The mutually recursive readers of the front, handed along so that their files need not import each other. */
export interface Readers {
  readonly expr: (context: Context, syn: Syn) => Expr
  readonly table: (context: Context, syn: Syn) => Rel
  readonly operator: (context: Context, input: Rel, syn: Syn) => Rel
  readonly statement: (context: Context, syn: Syn) => void
  readonly callFunction: (context: Context, syn: Syn, binding: FunctionBinding, args: readonly Syn[]) => Expr
  readonly callTable: (
    context: Context,
    syn: Syn,
    binding: FunctionBinding,
    args: readonly Syn[],
    piped?: Rel,
    declared?: boolean,
  ) => Rel
}

export type FunctionBinding = Extract<Binding, { kind: 'function' }>

/** State of one translation from bound tree to plan. */
export interface Front {
  readonly readers: Readers
  readonly options: CompileOptions
  readonly notes: Diagnostic[]
  readonly externals: ExternalTable[]
  /** Position in the text the user wrote, from a position in the text that was bound. */
  readonly unshift: (position: number) => number
  /** Nesting of function calls now being inlined; Kusto forbids recursion, and so do we. */
  depth: number
  counter: number
  /** Relations of `evaluate` calls whose columns an answer settles, by their order. */
  evaluations: number
}

/** Where an expression or operator is translated: names, and the input row. */
export interface Context {
  readonly front: Front
  readonly scope: Scope
  /** Columns of the row in sight; undefined outside operators. */
  readonly columns: readonly Column[] | undefined
  /** In a join condition: columns of the other table, as `$right`. */
  readonly right?: readonly Column[]
  /** Inside `scan`: names of its steps, whose state expressions may read. */
  readonly steps?: ReadonlySet<string>
  /** Inside `where` and `project` of a graph operator: the names of its pattern. */
  readonly graph?: GraphElements
  /** Present inside `summarize` and its kin: aggregate calls are collected here and replaced by columns. */
  readonly aggregates?: Aggregate[]
}

export function spanOf(context: Context, syn: Syn): Span {
  const { unshift } = context.front
  return { start: unshift(syn.start), end: unshift(syn.end) }
}

/** Throws the refusal of a construct: valid KQL that Triad does not translate. */
export function refuse(context: Context, syn: Syn, what: string, hint?: string): never {
  throw refusal(what, spanOf(context, syn), context.front.options.source, hint)
}

export function note(context: Context, code: Diagnostic['code'], message: string, syn: Syn): void {
  const { start, end } = spanOf(context, syn)
  const source = context.front.options.source ?? 'query'
  const known = context.front.notes.some((other) => other.message === message)
  if (!known) {
    context.front.notes.push({ code, severity: 'info', message, at: { in: 'text', source, start, end } })
  }
}
