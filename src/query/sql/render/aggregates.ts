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
    columns: rel.items.map((item, i) => ({
      name: item.name,
      type: item.expr.type,
      sql: names[i] ?? '',
      ...(rel.columns[i]?.hidden === true ? { hidden: true } : {}),
    })),
    extras: partition === undefined ? [] : [partition],
    order: [],
    partition,
    outer: input.outer,
  }
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
    order: input.order.length === 0 ? '' : ` ORDER BY ${orderBy(input.order)}`,
    refuse,
  }
  return render(call)
}
