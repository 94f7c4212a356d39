import type { Aggregate, Column, Expr, NamedExpr, Rel } from '../../plan/expr.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { literal } from '../literals.ts'
import { call, readExpr, visible } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { project } from './columns.ts'

/** Plugins of `evaluate` that look at the rows around a row, as plans of ordinary operators. */

const column = (name: string, type: Column['type']): Expr => ({ kind: 'column', name, type })

function wholeNumber(context: Context, syn: Syn): number {
  const value = readExpr(context, syn)
  const number = value.kind === 'literal' ? Number(value.value) : Number.NaN
  return Number.isSafeInteger(number) && number >= 0
    ? number
    : refuse(context, syn, 'a plugin argument that is no whole number')
}

/** The rows with one total beside: a scalar of all rows. */
function scalarOf(input: Rel, aggregate: Omit<Aggregate, 'columns'>, type: Column['type']): Expr {
  const made: Column = { name: '$a0.0', type }
  const table: Rel = {
    kind: 'summarize',
    input,
    keys: [],
    aggregates: [{ ...aggregate, columns: [made] }],
    items: [{ name: 'total', expr: column(made.name, type) }],
    columns: [{ name: 'total', type }],
  }
  return { kind: 'scalar-of', table, type }
}

/** `rows_near(condition, before [, after])`: rows with a row within reach for which the condition holds. */
export function readRowsNear(context: Context, input: Rel, called: Syn, args: readonly Syn[]): Rel {
  const [test, before, after] = args
  if (test === undefined || before === undefined) return refuse(context, called, 'rows_near() in this form')
  const span = spanOf(context, called)
  const reach = [wholeNumber(context, before), wholeNumber(context, after ?? before)] as const
  const condition = readExpr(context, test)
  const rows: Rel = { kind: 'serialize', input, columns: input.columns }
  const kept = input.columns.map((own): NamedExpr => ({ name: own.name, expr: column(own.name, own.type) }))
  const make = (name: string, parts: readonly Expr[], type: Column['type']): Expr =>
    call(context, called, name, parts, type)
  const total = scalarOf(rows, { name: 'countif', args: [condition], span }, 'long')
  const counted = project(rows, [...kept, { name: '$hits', expr: make('$running', [condition], 'long') }])
  const hits = column('$hits', 'long')
  const distance = (rowsAway: number): Expr => literal('long', String(rowsAway))
  // A window into the rows to come ends at the total of all, one into the past begins with none.
  const ahead =
    reach[0] === 0
      ? hits
      : make('coalesce', [make('next', [hits, distance(reach[0])], 'long'), total], 'long')
  const behind = make(
    'coalesce',
    [make('prev', [hits, distance(reach[1] + 1)], 'long'), literal('long', '0')],
    'long',
  )
  const predicate = make('>', [make('-', [ahead, behind], 'long'), literal('long', '0')], 'bool')
  const near: Rel = { kind: 'where', input: counted, predicate, columns: counted.columns }
  const shown = project(near, kept)
  return { ...shown, columns: input.columns }
}

/** `rolling_percentile(value, percentile, index, width, bins [, dimension …])`: over each bin and those before it. */
export function readRollingPercentile(context: Context, input: Rel, called: Syn, args: readonly Syn[]): Rel {
  const [valueNode, percentNode, indexNode, widthNode, binsNode, ...dimensionNodes] = args
  if (
    valueNode === undefined ||
    percentNode === undefined ||
    indexNode === undefined ||
    widthNode === undefined ||
    binsNode === undefined
  )
    return refuse(context, called, 'rolling_percentile() in this form')
  const span = spanOf(context, called)
  const [value, percent, index, width] = [valueNode, percentNode, indexNode, widthNode].map((node) =>
    readExpr(context, node),
  )
  if (value === undefined || percent === undefined || index === undefined || width === undefined)
    return refuse(context, called, 'rolling_percentile() in this form')
  const bins = wholeNumber(context, binsNode)
  const make = (name: string, parts: readonly Expr[], type: Column['type']): Expr =>
    call(context, called, name, parts, type)
  const dimensions = dimensionNodes.map(
    (node): NamedExpr => ({ name: node.simpleName, expr: readExpr(context, node) }),
  )
  const indexName = indexNode.simpleName
  const bin = make('bin', [index, width], index.type)
  const last = scalarOf(input, { name: 'max', args: [bin], span }, index.type)
  const dimensionColumns = visible(input.columns).filter(({ name }) =>
    dimensions.some((dimension) => dimension.name === name),
  )
  const placed = project(input, [{ name: '$bin', expr: bin }, { name: '$value', expr: value }, ...dimensions])
  const steps: Expr = literal(
    'dynamic',
    Array.from({ length: bins }, (_x, i) => i),
  )
  // Each row counts in its own bin and the bins after it, as far as the window reaches.
  const copies: Rel = {
    kind: 'expand',
    input: placed,
    items: [{ name: '$step', expr: steps, to: 'long' }],
    index: undefined,
    limit: undefined,
    bagArrays: false,
    columns: [...placed.columns, { name: '$step', type: 'long' }],
  }
  const moved = make(
    '+',
    [column('$bin', index.type), make('*', [width, column('$step', 'long')], width.type)],
    index.type,
  )
  const binned = project(copies, [
    { name: indexName, expr: moved },
    { name: '$value', expr: column('$value', value.type) },
    ...dimensions.map(({ name, expr }) => ({ name, expr: column(name, expr.type) })),
  ])
  const within: Rel = {
    kind: 'where',
    input: binned,
    predicate: make('<=', [column(indexName, index.type), last], 'bool'),
    columns: binned.columns,
  }
  const keys: NamedExpr[] = [
    { name: indexName, expr: column(indexName, index.type) },
    ...dimensions.map(({ name, expr }) => ({ name, expr: column(name, expr.type) })),
  ]
  const made: Column = { name: '$a0.0', type: value.type }
  const shownName = `rolling_${bins}_percentile_${valueNode.simpleName}_${percentNode.text.trim()}`
  return {
    kind: 'summarize',
    input: within,
    keys,
    aggregates: [
      { name: 'percentile', args: [column('$value', value.type), percent], columns: [made], span },
    ],
    items: [...keys, { name: shownName, expr: column(made.name, value.type) }],
    columns: [
      { name: indexName, type: index.type },
      ...dimensionColumns,
      { name: shownName, type: value.type },
    ],
  }
}
