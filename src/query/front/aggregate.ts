import { AGGREGATE_NAMES } from '../plan/aggregates.ts'
import type { Aggregate, Column, Expr } from '../plan/expr.ts'
import { type Context, refuse, spanOf } from './context.ts'
import { readExpr, visible } from './read.ts'
import type { Syn } from './syntax.ts'

export function isAggregate(name: string): boolean {
  return AGGREGATE_NAMES.has(name)
}

/** Aggregates that may make several columns; then only the aggregate itself may stand there, no expression over it. */
const WIDE: ReadonlySet<string> = new Set([
  'any',
  'arg_max',
  'arg_min',
  'argmax',
  'argmin',
  'percentiles',
  'percentilesw',
  'take_any',
])

/** The call a `summarize` item consists of, when it is one that may make several columns. */
export function wideAggregate(syn: Syn): Syn | undefined {
  let inner = syn
  while (/^(SimpleNamed|CompoundNamed|Parenthesized)Expression$/.test(inner.kind))
    inner = inner.child('Expression')
  if (inner.kind !== 'FunctionCallExpression') return undefined
  return WIDE.has(inner.child('Name').simpleName.toLowerCase()) ? inner : undefined
}

/** Reads an aggregate call inside an expression: it is added to `sink`, and its column takes its place. */
export function readAggregate(context: Context, syn: Syn, sink: Aggregate[]): Expr {
  const aggregate = aggregateOf(context, syn, sink.length)
  sink.push(aggregate)
  const [column, second] = aggregate.columns
  if (column === undefined || second !== undefined) {
    return refuse(context, syn, `${aggregate.name}() with several columns inside an expression`)
  }
  return { kind: 'column', name: column.name, type: column.type }
}

/** One aggregate call with internal column names `$a0.0`, `$a0.1` …; the operator gives them their final names. */
export function aggregateOf(context: Context, syn: Syn, index: number): Aggregate {
  const name = syn.child('Name').simpleName.toLowerCase()
  const nodes = syn.child('ArgumentList').list('Expressions')
  const row: Context = { front: context.front, scope: context.scope, columns: context.columns }
  const made = syn.columns ?? [{ name: '', type: syn.scalar ?? ('dynamic' as const) }]
  const args = wideArguments(row, name, nodes, made)
  const columns = made.map((column, i): Column => ({ name: `$a${index}.${i}`, type: column.type }))
  return { name, args, columns, span: spanOf(context, syn) }
}

function wideArguments(
  context: Context,
  name: string,
  nodes: readonly Syn[],
  made: readonly Column[],
): Expr[] {
  const star = nodes.findIndex((node) => node.kind === 'StarExpression')
  if (star < 0) return nodes.map((node) => readExpr(context, node))
  const before = nodes.slice(0, star).map((node) => readExpr(context, node))
  const inputs = visible(context.columns ?? [])
  const rest = made.slice(before.length).map((column): Expr => {
    // The binder may have given the column a suffix against a clash; the source is the longest input it starts with.
    const source = inputs.find((input) => input.name === column.name) ?? longestPrefix(inputs, column.name)
    return { kind: 'column', name: source.name, type: source.type }
  })
  if (name === 'count') return []
  return [...before, ...rest]
}

function longestPrefix(inputs: readonly Column[], name: string): Column {
  const fits = inputs.filter((input) => name.startsWith(input.name))
  const best = fits.sort((a, b) => b.name.length - a.name.length)[0]
  if (best === undefined) throw new Error(`invariant: no input column for ${name}`)
  return best
}
