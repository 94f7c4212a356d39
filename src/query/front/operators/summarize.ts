import type { Aggregate, Expr, NamedExpr, Rel } from '../../plan/expr.ts'
import { aggregateOf, splitStar, wideAggregate } from '../aggregate.ts'
import { type Context, refuse } from '../context.ts'
import { readExpr } from '../read.ts'
import type { BoundColumn, Syn } from '../syntax.ts'
import { NameTable } from './columns.ts'

/** `summarize`: keys in `by` order, then aggregates; names are the binder's, by position (SEMANTICS 5). */
export function readSummarize(context: Context, input: Rel, syn: Syn): Rel {
  const by = syn.maybe('ByClause')
  if (by?.maybe('BinClause') !== undefined)
    return refuse(context, syn, 'the old `bin =` clause', 'use by bin(x, width)')
  const keyNodes = by?.list('Expressions') ?? []
  const bound = syn.columns ?? []
  const names = new NameTable()
  const keys: NamedExpr[] = keyNodes.map((node, i) => ({
    name: names.free(explicitName(node) ?? bound[i]?.name ?? node.resultName ?? `Column${i + 1}`),
    expr: readExpr(context, node),
  }))
  const aggregates: Aggregate[] = []
  const items: NamedExpr[] = keys.map(({ name, expr }) => ({
    name,
    expr: { kind: 'column', name, type: expr.type },
  }))
  const keyColumns = new Set(keys.flatMap(({ expr }) => (expr.kind === 'column' ? [expr.name] : [])))
  let at = keyNodes.length
  for (const node of syn.list('Aggregates')) {
    const { exprs, starColumns } = readItem(context, node, aggregates, keyColumns)
    const own = bound.slice(at, at + (starColumns ?? exprs.length))
    at += own.length
    // What the binder takes for one column may be split by type in the input.
    const named = starColumns === undefined ? own : own.flatMap((column) => splitStar(input.columns, column))
    for (const [i, expr] of exprs.entries()) {
      const column = named[i]
      const name = covarianceName(node) ?? column?.name ?? node.resultName ?? `Column${items.length}`
      items.push({ name: names.free(name), expr: typed(expr, column) })
    }
  }
  const hidden = new Set(
    aggregates.flatMap((aggregate) => aggregate.columns.flatMap((c) => (c.hidden ? [c.name] : []))),
  )
  const columns = items.map(({ name, expr }) =>
    expr.kind === 'column' && hidden.has(expr.name)
      ? { name, type: expr.type, hidden: true }
      : { name, type: expr.type },
  )
  return { kind: 'summarize', input, keys, aggregates, items, columns }
}

/** The engine names both arguments of a covariance, the binder only the first (SEMANTICS 13). */
function covarianceName(node: Syn): string | undefined {
  if (node.kind !== 'FunctionCallExpression') return undefined
  const name = node.child('Name').simpleName
  if (!/^covariance/.test(name)) return undefined
  const args = node.child('ArgumentList').list('Expressions')
  return [name, ...args.slice(0, 2).map((arg) => arg.resultName ?? '')].join('_')
}

/** An aggregate's own column keeps the binder's type; an expression over aggregates has its own. */
function typed(expr: Expr, column: BoundColumn | undefined): Expr {
  const bound = expr.kind === 'column' && column !== undefined && !column.unknown
  return bound ? { ...expr, type: column.type } : expr
}

function explicitName(node: Syn): string | undefined {
  return node.kind === 'SimpleNamedExpression' ? node.child('Name').simpleName : undefined
}

/** The columns of one item; `starColumns`: how many the binder sees where it has a `*`. */
function readItem(
  context: Context,
  node: Syn,
  aggregates: Aggregate[],
  keys: ReadonlySet<string>,
): { readonly exprs: readonly Expr[]; readonly starColumns?: number } {
  const wide = wideAggregate(node)
  if (wide === undefined) return { exprs: [readExpr({ ...context, aggregates }, node)] }
  const aggregate = aggregateOf(context, wide, aggregates.length, keys)
  aggregates.push(aggregate)
  const exprs = aggregate.columns.map(({ name, type }): Expr => ({ kind: 'column', name, type }))
  const star = wide
    .child('ArgumentList')
    .list('Expressions')
    .some((argument) => argument.kind === 'StarExpression')
  return star && wide.columns !== undefined ? { exprs, starColumns: wide.columns.length } : { exprs }
}

/** One aggregate expression of another operator (make-series, pivot, top-nested). */
export function readOneAggregate(context: Context, node: Syn): Aggregate {
  let inner = node
  while (/^(SimpleNamed|Parenthesized|Ordered)Expression$/.test(inner.kind)) inner = inner.child('Expression')
  if (inner.kind !== 'FunctionCallExpression')
    return refuse(context, node, 'an expression over an aggregate here')
  return aggregateOf(context, inner, 0)
}

export function readTopNested(context: Context, input: Rel, syn: Syn): Rel {
  const bound = syn.columns ?? []
  const levels = syn.list('Clauses').map((clause, i) => {
    const of = clause.child('OfExpression')
    const by = clause.child('ByExpression')
    const count = clause.maybe('Expression')
    const others = clause.maybe('WithOthersClause')?.maybe('Expression')
    const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
    return {
      count: count === undefined ? undefined : readExpr(outer, count),
      of: { name: bound[i * 2]?.name ?? `Column${i + 1}`, expr: readExpr(context, of) },
      others: others === undefined ? undefined : readExpr(outer, others),
      aggregate: readOneAggregate(context, by),
      ascending: by.kind === 'OrderedExpression' && /^asc/i.test(by.maybe('Ordering')?.text ?? ''),
    }
  })
  return { kind: 'top-nested', input, levels, columns: bound }
}
