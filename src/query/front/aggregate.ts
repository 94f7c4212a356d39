import { AGGREGATE_NAMES } from '../plan/aggregates.ts'
import type { Aggregate, Column, Expr } from '../plan/expr.ts'
import { type Context, refuse, spanOf } from './context.ts'
import { readExpr, splitColumns, visible } from './read.ts'
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

/** Aggregates whose result has the type of their argument. */
const SAME_TYPE: ReadonlySet<string> = new Set([
  'any',
  'max',
  'maxif',
  'min',
  'minif',
  'percentile',
  'sum',
  'sumif',
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
export function aggregateOf(
  context: Context,
  syn: Syn,
  index: number,
  keys: ReadonlySet<string> = new Set(),
): Aggregate {
  const name = syn.child('Name').simpleName.toLowerCase()
  const nodes = syn.child('ArgumentList').list('Expressions')
  const row: Context = { front: context.front, scope: context.scope, columns: context.columns }
  const star = nodes.some((node) => node.kind === 'StarExpression')
  // Where `*` is one column the binder has no list of them: it is the one that is no key.
  const single = star ? visible(context.columns ?? []).filter((column) => !keys.has(column.name)) : []
  const bound =
    syn.columns ?? (single.length === 1 ? single : [{ name: '', type: syn.scalar ?? ('dynamic' as const) }])
  const made = star ? bound.flatMap((column) => splitStar(context.columns ?? [], column)) : bound
  const args = wideArguments(row, name, nodes, made)
  // Where the binder does not know a type (after bag_unpack), the argument's decides.
  const known = args[0]?.type ?? 'dynamic'
  const columns = made.map((column, i): Column => {
    const source = args[i]
    const hidden =
      star &&
      source?.kind === 'column' &&
      context.columns?.find((input) => input.name === source.name)?.hidden === true
    return {
      name: `$a${index}.${i}`,
      type: syn.isUnknown && SAME_TYPE.has(name) ? known : column.type,
      ...(hidden ? { hidden } : {}),
    }
  })
  return { name, args, columns, span: spanOf(context, syn) }
}

/**
 * A column of the binder's `*`. Over tables named by a pattern it takes a name for one column whatever its types, which the
 * union has split.
 */
export function splitStar(inputs: readonly Column[], column: Column): Column[] {
  const known = inputs.some((input) => input.name === column.name)
  const halves = known ? [] : splitColumns(inputs, column.name)
  return halves.length === 0 ? [column] : halves
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
  // The binder's `*` has the hidden columns too; the operator hides them again.
  const inputs = context.columns ?? []
  const rest = made.slice(before.length).map((column): Expr => {
    // The binder may have given the column a suffix against a clash; the source is the longest input it starts with.
    const source =
      inputs.find((input) => input.name === column.name) ?? renamed(inputs, name, nodes, column.name)
    return { kind: 'column', name: source.name, type: source.type }
  })
  if (name === 'count') return []
  return [...before, ...rest]
}

/** The old argmin and argmax put their own name and key before a column's; a clash may have added a number. */
function renamed(inputs: readonly Column[], name: string, nodes: readonly Syn[], made: string): Column {
  const key = nodes[0]?.resultName ?? ''
  const prefix = [`${name.slice(3)}_${key}_`, `${key}_`].find((candidate) => made.startsWith(candidate)) ?? ''
  const bare = made.slice(prefix.length)
  const exact = inputs.find((input) => input.name === bare)
  if (exact !== undefined) return exact
  const fits = inputs.filter(
    (input) => bare.startsWith(input.name) && /^\d*$/.test(bare.slice(input.name.length)),
  )
  const best = fits.sort((a, b) => b.name.length - a.name.length)[0]
  if (best === undefined) throw new Error(`invariant: no input column for ${made}`)
  return best
}
