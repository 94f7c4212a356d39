import type { Rel } from '../../plan/expr.ts'
import { ident } from '../builder.ts'
import { identifiers, type OrderKey, type Relation, type SqlColumn } from '../relation.ts'
import { memberParts, renderAs, renderExpr } from './expression.ts'
import { ascending, columnNamed, exprScope, freeExtra, renderRel, rowless, type TableScope } from './scope.ts'

type Expand = Extract<Rel, { kind: 'expand' | 'apply' }>

/** `mv-expand` (S9): several columns expand in parallel, the shorter padded with null. */
export function renderExpand(scope: TableScope, rel: Extract<Rel, { kind: 'expand' }>): Relation {
  const input = renderRel(scope, rel.input)
  return expandRelation(scope, rel, input, rel.bagArrays, input.order)
}

/** `order`: that of the rows; where there is one, the elements of a row follow it in theirs. */
function expandRelation(
  scope: TableScope,
  rel: Expand,
  input: Relation,
  bagArrays: boolean,
  order: readonly OrderKey[],
): Relation {
  const row = exprScope(scope, input)
  const replaced = new Set(rel.items.map((item) => item.name))
  const columns: SqlColumn[] = []
  const kept = input.columns.filter((column) => !replaced.has(column.name))
  const taken = [...kept.map((column) => column.sql), ...input.extras]
  const added = [...rel.items.map((item) => item.name), ...(rel.index === undefined ? [] : [rel.index])]
  const names = identifiers(added, taken)
  for (const column of input.columns) {
    const at = rel.items.findIndex((item) => item.name === column.name)
    const item = rel.items[at]
    columns.push(
      item === undefined ? column : { name: column.name, type: item.to ?? 'dynamic', sql: names[at] ?? '' },
    )
  }
  for (const [i, item] of rel.items.entries()) {
    if (columns.some((column) => column.name === item.name)) continue
    columns.push({ name: item.name, type: item.to ?? 'dynamic', sql: names[i] ?? '' })
  }
  const lost = order.some((key) => !taken.includes(key.sql))
  const ordered = order.length > 0 && !lost
  const shown = rel.index === undefined ? undefined : names[names.length - 1]
  const index = shown ?? (ordered ? freeExtra(input, names) : undefined)
  if (rel.index !== undefined && shown !== undefined)
    columns.push({ name: rel.index, type: 'long', sql: shown })
  const body = scope.dialect.expand({
    from: input.from,
    keep: taken,
    items: rel.items.map((item, i) => ({
      sql: renderExpr(row, item.expr),
      json: memberParts(row, item.expr)?.json,
      path: memberParts(row, item.expr)?.path ?? [],
      type: item.expr.type,
      to: item.to,
      as: names[i] ?? '',
    })),
    index,
    limit: rel.limit === undefined ? undefined : renderAs(rowless(scope), rel.limit, 'long'),
    bagArrays,
  })
  return {
    from: scope.builder.add(body),
    columns,
    extras: index === undefined || index === shown ? input.extras : [...input.extras, index],
    order: ordered && index !== undefined ? [...order, ascending(index)] : [],
    partition: input.partition,
    outer: input.outer,
  }
}

/** `mv-apply`: rows are numbered, expanded, and the subquery runs partitioned by that number (S9). */
export function renderApply(scope: TableScope, rel: Extract<Rel, { kind: 'apply' }>): Relation {
  const input = renderRel(scope, rel.input)
  const key = freeKey(input, rel.id)
  const numbered: Relation = {
    ...input,
    from: scope.builder.add(`SELECT *, row_number() OVER () AS ${key} FROM ${input.from}`, true),
    extras: [...input.extras, key],
  }
  // Inside the subquery a row's elements are all there is, so their order is the only one.
  const expanded = expandRelation(scope, rel, numbered, false, [ascending(key)])
  scope.leaves.set(rel.id, { ...expanded, partition: key, outer: { from: numbered.from, key } })
  const sub = renderRel(scope, rel.sub)
  const names = identifiers(rel.columns.map((column) => column.name))
  const fromSub = new Set(rel.sub.columns.map((column) => column.name))
  const select = rel.columns.map((column, i) => {
    const side = fromSub.has(column.name)
    const source = columnNamed(side ? sub : numbered, column.name)
    return { sql: `${side ? '"b"' : '"a"'}.${source.sql}`, as: names[i] ?? '', type: source.type }
  })
  const extras = input.extras.map((extra) => `"a".${extra}`)
  const cells = [...select.map(({ sql, as }) => `${sql} AS ${as}`), ...extras]
  // The order of the rows, then that of what the subquery made of each.
  const added: string[] = []
  const carried = (keys: readonly OrderKey[], side: string): OrderKey[] =>
    keys.map((part) => {
      const as = freeExtra(numbered, [...names, ...added])
      added.push(as)
      cells.push(`${side}.${part.sql} AS ${as}`)
      return { ...part, sql: as }
    })
  const order =
    input.order.length === 0
      ? []
      : [...carried([...input.order, ascending(key)], '"a"'), ...carried(sub.order, '"b"')]
  const body = `SELECT ${cells.join(', ')} FROM ${numbered.from} AS "a" JOIN ${sub.from} AS "b" ON "a".${key} = "b".${sub.partition}`
  return {
    from: scope.builder.add(body),
    columns: rel.columns.map((column, i) => ({
      ...column,
      type: select[i]?.type ?? column.type,
      sql: names[i] ?? '',
    })),
    extras: [...input.extras, ...added],
    order,
    partition: input.partition,
    outer: input.outer,
  }
}

function freeKey(input: Relation, id: number): string {
  const name = ident(`$row${id}`)
  return input.extras.includes(name) ? freeExtra(input) : name
}

/** `partition by key (…)`: the same idea with the key's value instead of a row number. */
export function renderPartition(scope: TableScope, rel: Extract<Rel, { kind: 'partition' }>): Relation {
  const input = renderRel(scope, rel.input)
  const key = freeKey(input, rel.id)
  const value = renderExpr(exprScope(scope, input), rel.by)
  // Dense numbers rather than values: a null key is a partition of its own and must equal itself.
  const body = `SELECT *, dense_rank() OVER (ORDER BY ${value}) AS ${key} FROM ${input.from}`
  const leaf: Relation = {
    ...input,
    from: scope.builder.add(body),
    extras: [...input.extras, key],
    partition: key,
    outer: undefined,
  }
  scope.leaves.set(rel.id, leaf)
  const sub = renderRel(scope, rel.sub)
  return { ...sub, order: [], partition: input.partition, outer: input.outer }
}
