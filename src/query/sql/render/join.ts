import type { Rel } from '../../plan/expr.ts'
import { ident } from '../builder.ts'
import { identifiers, type Relation } from '../relation.ts'
import type { KustoType } from '../types.ts'
import { type ExprScope, nullableText, renderCondition, renderExpr } from './expression.ts'
import { columnNamed, exprScope, refuseAt, renderRel, type TableScope } from './scope.ts'

type Join = Extract<Rel, { kind: 'join' }>

const SQL_KINDS = {
  innerunique: 'JOIN',
  inner: 'JOIN',
  leftouter: 'LEFT JOIN',
  rightouter: 'RIGHT JOIN',
  fullouter: 'FULL JOIN',
  leftanti: 'ANTI JOIN',
  leftsemi: 'SEMI JOIN',
  rightanti: 'ANTI JOIN',
  rightsemi: 'SEMI JOIN',
} as const

/** `join` and `lookup` (S6): ON with explicit lists, since USING would merge the keys. */
export function renderJoin(scope: TableScope, rel: Join): Relation {
  const left = renderRel(scope, rel.left)
  const right = renderRel(scope, rel.right)
  const unique = rel.joinKind === 'innerunique' ? uniqueLeft(scope, rel, left) : left
  const [l, r] = [ident('l'), ident('r')]
  const [lr, rr] = [exprScope(scope, unique, `${l}.`), exprScope(scope, right, `${r}.`)]
  const partitioned = unique.partition !== undefined && right.partition !== undefined
  if (right.partition !== undefined && unique.partition === undefined) {
    return refuseAt(scope, rel.span, 'a join whose right side is the row of mv-apply')
  }
  const on = rel.on.map((key) => equal(lr, rr, key.left, key.right))
  if (partitioned) on.push(`${l}.${unique.partition} = ${r}.${right.partition}`)
  if (rel.test !== undefined) on.push(renderCondition(outputScope(rel, lr, rr), rel.test))
  const swapped = rel.joinKind === 'rightanti' || rel.joinKind === 'rightsemi'
  const semi = { semi: scope.dialect.semiJoin, anti: scope.dialect.antiJoin }[
    /(semi|anti)$/.exec(rel.joinKind)?.[1] ?? ''
  ]
  const kind = on.length === 0 ? 'CROSS JOIN' : (semi ?? SQL_KINDS[rel.joinKind])
  const sides = swapped
    ? `${right.from} AS ${r} ${kind} ${unique.from} AS ${l}`
    : `${unique.from} AS ${l} ${kind} ${right.from} AS ${r}`
  const names = identifiers(rel.items.map((item) => item.name))
  const padded = {
    left: rel.joinKind === 'rightouter' || rel.joinKind === 'fullouter',
    right: rel.joinKind === 'leftouter' || rel.joinKind === 'fullouter',
  }
  const select = rel.items.map((item, i) => {
    const column = columnNamed(item.side === 'left' ? unique : right, item.from)
    const sql = `${item.side === 'left' ? l : r}.${column.sql}`
    // A cell of a row that has no partner is null, but '' for text (S6).
    const value = padded[item.side] && column.type === 'string' ? scope.dialect.orEmpty(sql) : sql
    return `${value} AS ${names[i]}`
  })
  const partition = unique.partition === undefined || swapped ? undefined : ident('$p')
  if (partition !== undefined) select.push(`${l}.${unique.partition} AS ${partition}`)
  const body = `SELECT ${select.join(', ')} FROM ${sides}${on.length === 0 ? '' : ` ON ${on.join(' AND ')}`}`
  return {
    from: scope.builder.add(body),
    columns: rel.items.map((item, i) => {
      const { type } = columnNamed(item.side === 'left' ? left : right, item.from)
      const hidden = rel.columns[i]?.hidden
      return { name: item.name, type, sql: names[i] ?? '', ...(hidden === true ? { hidden } : {}) }
    }),
    extras: partition === undefined ? [] : [partition],
    order: [],
    partition,
    outer: unique.outer,
  }
}

/** Output columns by name, wherever they come from. */
function outputScope(rel: Join, left: ExprScope, right: ExprScope): ExprScope {
  const sides = new Map(rel.items.map((item) => [item.name, item]))
  return {
    ...left,
    column: (name) => {
      const item = sides.get(name)
      return item?.side === 'right' ? right.column(item.from) : left.column(item?.from ?? name)
    },
  }
}

/** One left row per key (S6): which one is arbitrary in Kusto; here the first by its columns, the same every run. */
function uniqueLeft(scope: TableScope, rel: Join, left: Relation): Relation {
  const row = exprScope(scope, left)
  const keys = rel.on.map((key) => renderExpr(row, key.left))
  if (left.partition !== undefined) keys.push(left.partition)
  const from = scope.builder.add(scope.dialect.distinctOn(keys, left.from, scope.dialect.orderClause(left)))
  return { ...left, from, order: [] }
}

/** Equality of keys of possibly different types: text with dynamic compares the value (S3). */
function equal(
  lr: ExprScope,
  rr: ExprScope,
  a: Join['on'][number]['left'],
  b: Join['on'][number]['right'],
): string {
  const [x, y] = [renderExpr(lr, a), renderExpr(rr, b)]
  if (a.type === b.type) return `${x} = ${y}`
  const target = common(a.type, b.type)
  const left =
    a.type === 'dynamic' && target === 'string'
      ? (nullableText(lr, a) ?? x)
      : lr.dialect.convert(x, a.type, target)
  const right =
    b.type === 'dynamic' && target === 'string'
      ? (nullableText(rr, b) ?? y)
      : rr.dialect.convert(y, b.type, target)
  return `${left} = ${right}`
}

const NUMBERS: readonly KustoType[] = ['int', 'long', 'real', 'decimal']

function common(a: KustoType, b: KustoType): KustoType {
  if (NUMBERS.includes(a) && NUMBERS.includes(b)) return NUMBERS.indexOf(a) > NUMBERS.indexOf(b) ? a : b
  if (a === 'dynamic') return b
  if (b === 'dynamic') return a
  return 'string'
}
