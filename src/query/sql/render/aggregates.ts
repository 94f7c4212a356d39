import type { Aggregate, Expr, Rel } from '../../plan/expr.ts'
import { refusal } from '../../plan/refusal.ts'
import { ident } from '../builder.ts'
import { type AggregateCall, literalValue } from '../function-row.ts'
import { identifiers, orderBy, type Relation } from '../relation.ts'
import { type ExprScope, nullableText, renderAs, renderCondition, renderExpr } from './expression.ts'
import { exprScope, renderRel, type TableScope } from './scope.ts'

type Summarize = Extract<Rel, { kind: 'summarize' }>

/** `summarize` and `distinct`: one SELECT … GROUP BY; aggregates stand inside the output expressions. */
export function renderAggregates(scope: TableScope, rel: Summarize): Relation {
  const input = renderRel(scope, rel.input)
  const lonely = input.outer !== undefined && input.partition !== undefined && rel.keys.length === 0
  const grouped = lonely && rel.aggregates.length > 0
  const row = exprScope(scope, input, grouped ? '"$inner".' : '')
  const keys = new Map(rel.keys.map((key) => [key.name, renderExpr(row, key.expr)]))
  if (rel.aggregates.length === 0) return renderDistinct(scope, rel, input, keys)
  const tops = rel.keys.length > 0 && input.partition === undefined ? rel.aggregates.filter(isTop) : []
  if (tops.length > 0) return renderTops(scope, rel, input, keys, tops)
  const here = lonely ? '"$here"' : undefined
  const values = new Map<string, string>()
  for (const aggregate of rel.aggregates) {
    const made = renderAggregate(row, aggregate, lonely ? qualified(input) : input, here)
    for (const [i, column] of aggregate.columns.entries()) values.set(column.name, made[i] ?? 'NULL')
  }
  const output: ExprScope = {
    ...row,
    column: (name) => values.get(name) ?? keys.get(name) ?? row.column(name),
  }
  const names = identifiers(rel.items.map((item) => item.name))
  const select = rel.items.map((item, i) => `${renderExpr(output, item.expr)} AS ${names[i]}`)
  const partition = input.partition === undefined ? undefined : freeName(names, '$p')
  const partitionSql = lonely ? `"$outer".${input.outer?.key}` : input.partition
  if (partition !== undefined) select.push(`${partitionSql} AS ${partition}`)
  const groups = [...new Set([...keys.values(), ...(partitionSql === undefined ? [] : [partitionSql])])]
  const from = lonely ? lonelyFrom(input) : input.from
  const body = `SELECT ${select.join(', ')} FROM ${from}${groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`}`
  return {
    from: scope.builder.add(body),
    columns: outputColumns(rel, names),
    extras: partition === undefined ? [] : [partition],
    order: [],
    partition,
    outer: input.outer,
  }
}

/** `arg_max` and `arg_min` that bring other columns along. */
function isTop(aggregate: Aggregate): boolean {
  return /^arg_?(max|min)$/.test(aggregate.name) && aggregate.args.length > 1
}

/**
 * `arg_max(t, …) by k` as the first row of each group by a window: many times faster in DuckDB than an aggregate over
 * structs, and rows whose `t` is null lose to any other but are not lost (S5). Other aggregates are computed apart and
 * joined by the keys.
 */
function renderTops(
  scope: TableScope,
  rel: Summarize,
  input: Relation,
  keys: ReadonlyMap<string, string>,
  tops: readonly Aggregate[],
): Relation {
  const row = exprScope(scope, input)
  const keyNames = [...keys.values()].map((_sql, i) => `"$k${i}"`)
  const keyCells = [...keys.values()].map((sql, i) => `${sql} AS ${keyNames[i]}`)
  const values = new Map<string, string>()
  const sources: string[] = []
  for (const [i, top] of tops.entries()) {
    const cells = top.args.map((arg, k) => {
      values.set(top.columns[k]?.name ?? '', `"t${i}"."$v${k}"`)
      return `${renderExpr(row, arg)} AS "$v${k}"`
    })
    const by = top.args[0]
    const direction = /max$/.test(top.name) ? 'DESC' : 'ASC'
    const sortKey =
      by?.type === 'dynamic'
        ? (nullableText(row, by) ?? '"$v0"')
        : by === undefined
          ? '"$v0"'
          : renderExpr(row, by)
    const order = `row_number() OVER (PARTITION BY ${[...keys.values()].join(', ')} ORDER BY ${sortKey} ${direction} NULLS LAST)`
    const body = `SELECT ${[...keyCells, ...cells].join(', ')} FROM ${input.from} QUALIFY ${order} = 1`
    sources.push(`${scope.builder.add(body)} AS "t${i}"`)
  }
  const others = rel.aggregates.filter((aggregate) => !tops.includes(aggregate))
  if (others.length > 0) {
    const cells: string[] = []
    for (const aggregate of others) {
      const made = renderAggregate(row, aggregate, input)
      for (const [k, column] of aggregate.columns.entries()) {
        values.set(column.name, `"g".${ident(column.name)}`)
        cells.push(`${made[k] ?? 'NULL'} AS ${ident(column.name)}`)
      }
    }
    const body = `SELECT ${[...keyCells, ...cells].join(', ')} FROM ${input.from} GROUP BY ${[...keys.values()].join(', ')}`
    sources.push(`${scope.builder.add(body)} AS "g"`)
  }
  const [first, ...rest] = sources
  const joins = rest.map((source) => {
    const alias = source.slice(source.lastIndexOf(' ') + 1)
    return ` JOIN ${source} ON ${keyNames.map((name) => `"t0".${name} IS NOT DISTINCT FROM ${alias}.${name}`).join(' AND ')}`
  })
  const keyIndex = new Map([...keys.keys()].map((name, i) => [name, `"t0".${keyNames[i]}`]))
  const output: ExprScope = {
    ...row,
    column: (name) => values.get(name) ?? keyIndex.get(name) ?? row.column(name),
  }
  const names = identifiers(rel.items.map((item) => item.name))
  const select = rel.items.map((item, i) => `${renderExpr(output, item.expr)} AS ${names[i]}`)
  return {
    from: scope.builder.add(`SELECT ${select.join(', ')} FROM ${first}${joins.join('')}`),
    columns: outputColumns(rel, names),
    extras: [],
    order: [],
    partition: undefined,
  }
}

/** The columns of a summarize by their SQL names; the hidden ones that `*` brought along stay hidden. */
function outputColumns(rel: Summarize, names: readonly string[]): Relation['columns'] {
  return rel.items.map((item, i) => ({
    name: item.name,
    type: item.expr.type,
    sql: names[i] ?? '',
    ...(rel.columns[i]?.hidden === true ? { hidden: true } : {}),
  }))
}

function freeName(taken: readonly string[], base: string): string {
  let name = ident(base)
  for (let i = 1; taken.includes(name); i++) name = ident(`${base}${i}`)
  return name
}

/** The order of the elements, told apart from the outer rows' own columns. */
function qualified(input: Relation): Relation {
  return { ...input, order: input.order.map((key) => ({ ...key, sql: `"$inner".${key.sql}` })) }
}

/** All outer rows, with their elements where they have any; `"$here"` marks the real ones. */
function lonelyFrom(input: Relation): string {
  const outer = input.outer
  if (outer === undefined) throw new Error('invariant: outer rows are known')
  const inner = `(SELECT *, true AS "$here" FROM ${input.from}) AS "$inner"`
  return `${outer.from} AS "$outer" LEFT JOIN ${inner} ON "$outer".${outer.key} = "$inner".${input.partition}`
}

function renderDistinct(
  scope: TableScope,
  rel: Summarize,
  input: Relation,
  keys: ReadonlyMap<string, string>,
): Relation {
  const names = identifiers(rel.items.map((item) => item.name))
  const select = rel.items.map((item, i) => `${keys.get(item.name)} AS ${names[i]}`)
  const partition = input.partition === undefined ? undefined : freeName(names, '$p')
  if (partition !== undefined) select.push(`${input.partition} AS ${partition}`)
  if (select.length === 0) select.push('1 AS "$one"')
  return {
    from: scope.builder.add(`SELECT DISTINCT ${select.join(', ')} FROM ${input.from}`),
    columns: rel.items.map((item, i) => ({ name: item.name, type: item.expr.type, sql: names[i] ?? '' })),
    extras: partition === undefined ? [] : [partition],
    order: [],
    partition,
    outer: input.outer,
  }
}

/** SQL of one aggregate, an expression per output column. `here`: only rows where it is true exist. */
export function renderAggregate(
  row: ExprScope,
  aggregate: Aggregate,
  input: Relation,
  here?: string,
  extra?: string,
): readonly string[] {
  const found = row.dialect.aggregates.get(aggregate.name)
  const render = found?.sql[row.dialect.name]
  if (render === undefined) throw refusal(`the aggregate ${aggregate.name}()`, aggregate.span, row.source)
  const refuse = (what: string, hint?: string): never => {
    throw refusal(what, aggregate.span, row.source, hint)
  }
  const at = (index: number): Expr =>
    aggregate.args[index] ?? refuse(`${aggregate.name}() with so few arguments`)
  const always = [here, extra].filter((part) => part !== undefined)
  const call: AggregateCall = {
    name: aggregate.name,
    args: aggregate.args,
    columns: aggregate.columns,
    type: aggregate.columns[0]?.type ?? 'dynamic',
    builder: row.builder,
    filter: false,
    sql: (index, type) => (type === undefined ? renderExpr(row, at(index)) : renderAs(row, at(index), type)),
    constant: (index) => literalValue(aggregate.args[index]),
    render: (inner, type) => (type === undefined ? renderExpr(row, inner) : renderAs(row, inner, type)),
    convertText: (sql, type) => row.dialect.convert(sql, 'string', type),
    nullableText: (inner) => nullableText(row, inner),
    condition: (inner) => renderCondition(row, inner),
    over: () => refuse('a row function inside an aggregate'),
    subquery: () => refuse('a table inside an aggregate'),
    native: (name) => {
      row.builder.requiredFunctions.add(name)
      return name
    },
    where: (...conditions) => {
      const all = [...always, ...conditions]
      return all.length === 0 ? '' : ` FILTER (WHERE ${all.join(' AND ')})`
    },
    orderKeys: input.order,
    order: input.order.length === 0 ? '' : ` ORDER BY ${orderBy(input.order)}`,
    refuse,
  }
  return render(call)
}
