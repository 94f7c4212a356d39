import type { Aggregate, Expr, NamedExpr, Rel } from '../../plan/expr.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { call, readExpr } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { parameter } from './join.ts'

export function readMakeSeries(context: Context, input: Rel, syn: Syn): Rel {
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  const values = syn.list('Aggregates').map((node) => {
    const fallback = node.maybe('DefaultExpression')?.maybe('Expression')
    const aggregates: Aggregate[] = []
    return {
      aggregates,
      expr: readExpr({ ...context, aggregates }, node.child('Expression')),
      fallback: fallback === undefined ? undefined : readExpr(outer, fallback),
    }
  })
  const on = named(context, syn.child('OnClause').child('Expression'))
  const by = (syn.maybe('ByClause')?.list('Expressions') ?? []).map((node) => named(context, node))
  const range = syn.child('RangeClause')
  let from: Expr | undefined
  let to: Expr | undefined
  let step: Expr | undefined
  if (range.kind === 'MakeSeriesInRangeClause') {
    // The older syntax bins by bin(), not from the start, and its stop is inclusive (make-series reference).
    const [start, stop, width] = range
      .child('Arguments')
      .list('Expressions')
      .map((node) => readExpr(outer, node))
    if (start === undefined || stop === undefined || width === undefined)
      return refuse(context, syn, 'this range')
    const type = on.expr.type
    from = call(context, range, 'bin', [start, width], type)
    to = call(context, range, '+', [call(context, range, 'bin', [stop, width], type), width], type)
    step = width
  } else {
    const part = (name: string): Expr | undefined => {
      const node = range.maybe(name)?.maybe('Expression')
      return node === undefined ? undefined : readExpr(outer, node)
    }
    from = part('MakeSeriesFromClause')
    to = part('MakeSeriesToClause')
    step = part('MakeSeriesStepClause')
  }
  if (step === undefined) return refuse(context, syn, 'make-series without a step')
  const columns = syn.columns ?? []
  const nonEmpty = parameter(syn, 'kind') === 'nonempty'
  const span = spanOf(context, syn)
  return { kind: 'make-series', input, values, on, from, to, step, by, nonEmpty, columns, span }
}

function named(context: Context, node: Syn): NamedExpr {
  const explicit = node.kind === 'SimpleNamedExpression' ? node.child('Name').simpleName : undefined
  return { name: explicit ?? node.resultName ?? 'Column1', expr: readExpr(context, node) }
}
