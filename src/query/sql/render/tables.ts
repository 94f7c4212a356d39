import type { Column, Expr, NamedExpr, Rel, SortKey } from '../../plan/expr.ts'
import { ident } from '../builder.ts'
import type { Dialect } from '../dialect.ts'
import { identifiers, type OrderKey, orderBy, over, type Relation } from '../relation.ts'
import { physicalColumnNames } from '../types.ts'
import { renderAggregates } from './aggregates.ts'
import { renderApply, renderExpand, renderPartition } from './expand.ts'
import { renderAs, renderCondition, renderExpr } from './expression.ts'
import { renderToTable } from './graph.ts'
import { renderMatch } from './graph-match.ts'
import { renderShortestPaths } from './graph-paths.ts'
import { renderJoin } from './join.ts'
import { renderParse, renderParseKv } from './parse.ts'
import { renderScan } from './scan.ts'
import {
  ascending,
  carry,
  exprScope,
  freeExtra,
  plain,
  renderRel,
  rowless,
  type TableScope,
} from './scope.ts'
import { renderMakeSeries, renderPivot, renderTopNested } from './series.ts'
import { renderUnion } from './union.ts'
import { splitWindows } from './windows.ts'

/** Renders one node of the plan. */
export function renderNode(scope: TableScope, rel: Rel): Relation {
  switch (rel.kind) {
    case 'table':
      return renderStored(scope, rel)
    case 'values':
      return renderValues(scope, rel)
    case 'range':
      return renderRange(scope, rel)
    case 'external':
      throw new Error('invariant: external tables are read as stored ones')
    case 'where':
      return renderWhere(scope, rel)
    case 'project':
      return renderProject(scope, rel)
    case 'summarize':
      return renderAggregates(scope, rel)
    case 'sort':
      return renderSort(scope, renderRel(scope, rel.input), rel.by)
    case 'take':
      return renderTake(scope, renderRel(scope, rel.input), rel.count)
    case 'top':
      return renderTake(scope, renderSort(scope, renderRel(scope, rel.input), rel.by), rel.count)
    case 'sample':
      return renderSample(scope, rel)
    case 'sample-distinct':
      return renderSampleDistinct(scope, rel)
    case 'top-nested':
      return renderTopNested(scope, rel)
    case 'join':
      return renderJoin(scope, rel)
    case 'union':
      return renderUnion(scope, rel)
    case 'expand':
      return renderExpand(scope, rel)
    case 'apply':
      return renderApply(scope, rel)
    case 'partition':
      return renderPartition(scope, rel)
    case 'scan':
      return renderScan(scope, rel, renderSerialize(scope, renderRel(scope, rel.input)))
    case 'graph-match':
      return renderMatch(scope, rel)
    case 'graph-shortest-paths':
      return renderShortestPaths(scope, rel)
    case 'graph-to-table':
      return renderToTable(scope, rel)
    case 'apply-input': {
      const leaf = scope.leaves.get(rel.id)
      if (leaf === undefined) throw new Error(`invariant: no rows for subquery ${rel.id}`)
      return leaf
    }
    case 'parse':
      return renderParse(scope, rel)
    case 'parse-kv':
      return renderParseKv(scope, rel)
    case 'make-series':
      return renderMakeSeries(scope, rel)
    case 'serialize':
      return renderSerialize(scope, renderRel(scope, rel.input))
    case 'materialize': {
      const input = renderRel(scope, rel.input)
      return { ...input, from: scope.builder.add(`SELECT * FROM ${input.from}`, true) }
    }
    case 'bag-keys': {
      const input = renderRel(scope, rel.input)
      const json = renderExpr(exprScope(scope, input), rel.bag)
      const from = scope.builder.add(scope.dialect.bagKeys(json, input.from))
      return plain(from, rel.columns)
    }
    case 'pivot':
      return renderPivot(scope, rel)
  }
}

function renderStored(scope: TableScope, rel: Extract<Rel, { kind: 'table' }>): Relation {
  scope.builder.tables.add(rel.name)
  const names = physicalColumnNames(rel.columns)
  return {
    from: ident(rel.sqlName),
    columns: rel.columns.map((column, i) => ({ ...column, sql: ident(names[i] ?? column.name) })),
    extras: [],
    order: [],
    partition: undefined,
  }
}

function renderValues(scope: TableScope, rel: Extract<Rel, { kind: 'values' }>): Relation {
  const { builder, dialect } = scope
  const names = identifiers(rel.columns.map((column) => column.name))
  const row = rowless(scope)
  const rows = rel.rows.map((cells) =>
    cells.map((cell, i) =>
      cast(dialect, renderAs(row, cell, rel.columns[i]?.type ?? cell.type), rel.columns[i]),
    ),
  )
  if (rel.columns.length === 0) return { ...plain(builder.add('SELECT 1 AS "$one"'), []) }
  if (rows.length === 0) {
    const nulls = rel.columns.map((column, i) => `${dialect.null(column.type)} AS ${names[i]}`)
    return plain(builder.add(`SELECT ${nulls.join(', ')} WHERE false`), rel.columns)
  }
  // The position is kept, since row_number() and make_list() follow the order as written.
  const position = '"$n"'
  const numbered = rows.map((cells, i) => [...cells, String(i)])
  const from = builder.add(dialect.values(numbered, [...names, position]))
  const relation = plain(from, rel.columns)
  return { ...relation, extras: [position], order: [ascending(position)] }
}

/** Fixes the SQL type of a cell: the first row of VALUES decides for all, and a null would make it an integer. */
function cast(dialect: Dialect, sql: string, column: Column | undefined): string {
  return column === undefined ? sql : `CAST(${sql} AS ${dialect.storage(column.type)})`
}

function renderRange(scope: TableScope, rel: Extract<Rel, { kind: 'range' }>): Relation {
  const column = rel.columns[0]
  if (column === undefined) throw new Error('invariant: range has one column')
  const row = rowless(scope)
  const stepType = column.type === 'datetime' ? 'timespan' : column.type
  const as = ident(column.name)
  const body = scope.dialect.range({
    from: renderAs(row, rel.from, column.type),
    to: renderAs(row, rel.to, column.type),
    step: renderAs(row, rel.step, stepType),
    type: column.type,
    as,
  })
  return { ...plain(scope.builder.add(body), rel.columns), extras: ['"$n"'], order: [ascending('"$n"')] }
}

function renderWhere(scope: TableScope, rel: Extract<Rel, { kind: 'where' }>): Relation {
  const split = splitWindows(rel.input, [rel.predicate], true)
  if (split !== undefined) {
    const [predicate] = split.exprs
    if (predicate === undefined) throw new Error('invariant: one predicate')
    const filtered = renderWhere(scope, { ...rel, input: split.input, predicate })
    return { ...filtered, columns: filtered.columns.filter((column) => !split.added.includes(column.name)) }
  }
  const input = renderRel(scope, rel.input)
  const condition = renderCondition(exprScope(scope, input), rel.predicate)
  return { ...input, from: scope.builder.add(`SELECT * FROM ${input.from} WHERE ${condition}`) }
}

function renderProject(scope: TableScope, rel: Extract<Rel, { kind: 'project' }>): Relation {
  const split = splitWindows(
    rel.input,
    rel.items.map((item) => item.expr),
    false,
  )
  if (split !== undefined) {
    const items = rel.items.map(
      (item, i): NamedExpr => ({ name: item.name, expr: split.exprs[i] ?? item.expr }),
    )
    return renderProject(scope, { ...rel, input: split.input, items })
  }
  return projectRelation(scope, renderRel(scope, rel.input), rel.items, rel.columns)
}

/** SELECT of these items over a relation; order and partition are carried along. */
export function projectRelation(
  scope: TableScope,
  input: Relation,
  items: readonly NamedExpr[],
  columns: readonly Column[],
): Relation {
  const row = exprScope(scope, input)
  const kept = new Map<string, string>()
  const names = identifiers(items.map((item) => item.name))
  const select = items.map((item, i) => {
    const sql = renderExpr(row, item.expr)
    const as = names[i] ?? ident(item.name)
    if (!kept.has(sql)) kept.set(sql, as)
    return sql === as ? sql : `${sql} AS ${as}`
  })
  const { carried, order, partition } = carry(input, kept, names)
  const from = scope.builder.add(
    `SELECT ${[...select, ...carried.map(([from, as]) => (from === as ? from : `${from} AS ${as}`))].join(', ')} FROM ${input.from}`,
  )
  return {
    from,
    columns: columns.map((column, i) => ({
      ...column,
      type: items[i]?.expr.type ?? column.type,
      sql: names[i] ?? '',
    })),
    extras: carried.map(([, as]) => as),
    order,
    partition,
    outer: input.outer,
  }
}

/** Sorting only notes the order: SQL keeps none between common table expressions. */
function renderSort(scope: TableScope, input: Relation, by: readonly SortKey[]): Relation {
  const row = exprScope(scope, input)
  const added: string[] = []
  const extras: string[] = []
  const order = by.map((key): OrderKey => {
    const sql = renderExpr(row, key.expr)
    const known = input.columns.some((column) => column.sql === sql)
    const name = known ? sql : freeExtra(input, extras)
    if (!known) {
      added.push(`${sql} AS ${name}`)
      extras.push(name)
    }
    const { descending, nullsFirst } = key
    return { sql: name, descending, nullsFirst, real: key.expr.type === 'real' }
  })
  if (added.length === 0) return { ...input, order: by.length === 0 ? input.order : order }
  const from = scope.builder.add(`SELECT *, ${added.join(', ')} FROM ${input.from}`)
  return { ...input, from, extras: [...input.extras, ...extras], order }
}

function renderTake(scope: TableScope, input: Relation, count: Expr): Relation {
  const limit = renderAs(rowless(scope), count, 'long')
  if (input.partition === undefined) {
    const order = input.order.length === 0 ? '' : ` ORDER BY ${orderBy(input.order)}`
    return { ...input, from: scope.builder.add(`SELECT * FROM ${input.from}${order} LIMIT ${limit}`) }
  }
  const position = freeExtra(input)
  const numbered = scope.builder.add(
    `SELECT *, row_number() ${over(input)} AS ${position} FROM ${input.from}`,
  )
  const from = scope.builder.add(`SELECT * FROM ${numbered} WHERE ${position} <= ${limit}`)
  return { ...input, from, extras: [...input.extras, position] }
}

function renderSample(scope: TableScope, rel: Extract<Rel, { kind: 'sample' }>): Relation {
  // Any rows are a sample; the first ones are one too, and the same on every run.
  return { ...renderTake(scope, renderRel(scope, rel.input), rel.count), order: [] }
}

function renderSampleDistinct(scope: TableScope, rel: Extract<Rel, { kind: 'sample-distinct' }>): Relation {
  const input = renderRel(scope, rel.input)
  const value = renderExpr(exprScope(scope, input), rel.of.expr)
  const limit = renderAs(rowless(scope), rel.count, 'long')
  const as = ident(rel.of.name)
  return plain(
    scope.builder.add(`SELECT DISTINCT ${value} AS ${as} FROM ${input.from} LIMIT ${limit}`),
    rel.columns,
  )
}

/** Gives rows without a known order the one they are stored in. */
export function renderSerialize(scope: TableScope, input: Relation): Relation {
  if (input.order.length > 0) return input
  const position = freeExtra(input)
  const from = scope.builder.add(`SELECT *, row_number() OVER () AS ${position} FROM ${input.from}`)
  return { ...input, from, extras: [...input.extras, position], order: [ascending(position)] }
}
