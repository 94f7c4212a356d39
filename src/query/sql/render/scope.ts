import type { Column, Rel } from '../../plan/expr.ts'
import type { Graph } from '../../plan/graph.ts'
import { refusal } from '../../plan/refusal.ts'
import { ident, type SqlBuilder } from '../builder.ts'
import type { Dialect } from '../dialect.ts'
import { identifiers, type OrderKey, type Relation, type SqlColumn } from '../relation.ts'
import type { ExprScope } from './expression.ts'
import type { GraphTables } from './graph.ts'

/** State of rendering one statement. */
export interface TableScope {
  readonly builder: SqlBuilder
  readonly dialect: Dialect
  readonly source: string
  /** Renders a node; set once by the compiler, so that operators need not import each other. */
  readonly render: (scope: TableScope, rel: Rel) => Relation
  readonly done: Map<Rel, Relation>
  /** What the leaf of a subquery of mv-apply or partition stands for. */
  readonly leaves: Map<number, Relation>
  readonly graphs: Map<Graph, GraphTables>
}

/** A relation whose columns carry their own names and which has no order. */
export function plain(from: string, columns: readonly Column[], partition?: string): Relation {
  const names = identifiers(columns.map((column) => column.name))
  return {
    from,
    columns: columns.map((column, i) => ({ ...column, sql: names[i] ?? ident(column.name) })),
    extras: [],
    order: [],
    partition,
  }
}

/** Where expressions over a relation's row are rendered; `alias` qualifies columns in joins. */
export function exprScope(scope: TableScope, relation: Relation, alias = ''): ExprScope {
  const columns = new Map(relation.columns.map((column) => [column.name, `${alias}${column.sql}`]))
  return {
    builder: scope.builder,
    dialect: scope.dialect,
    source: scope.source,
    relation,
    column: (name) => {
      const sql = columns.get(name)
      if (sql === undefined) throw new Error(`invariant: no column ${name}`)
      return sql
    },
    subquery: (rel) => renderRel(scope, rel),
  }
}

export function ascending(sql: string): OrderKey {
  return { sql, descending: false, nullsFirst: true, real: false }
}

/** A scope without a row, for `take n`, range bounds and the like. */
export function rowless(scope: TableScope): ExprScope {
  const nothing: Relation = { from: '', columns: [], extras: [], order: [], partition: undefined }
  return { ...exprScope(scope, nothing), relation: undefined }
}

/** Which ordering and partition identifiers survive a projection, and under which name. */
export function carry(
  input: Relation,
  kept: ReadonlyMap<string, string>,
  taken: readonly string[],
): { carried: [string, string][]; order: OrderKey[]; partition: string | undefined } {
  const carried = new Map<string, string>()
  const used = new Set(taken.map((name) => name.toLowerCase()))
  const target = (sql: string): string => {
    const same = kept.get(sql) ?? carried.get(sql)
    if (same !== undefined) return same
    let as = sql
    for (let i = 0; used.has(as.toLowerCase()); i++) as = ident(`$o${i}`)
    used.add(as.toLowerCase())
    carried.set(sql, as)
    return as
  }
  const order = input.order.map((key): OrderKey => ({ ...key, sql: target(key.sql) }))
  const partition = input.partition === undefined ? undefined : target(input.partition)
  return { carried: [...carried], order, partition }
}

/** An identifier for one more extra that no column or extra of the relation has. */
export function freeExtra(input: Relation, also: readonly string[] = []): string {
  const taken = new Set([...input.columns.map((column) => column.sql), ...input.extras, ...also])
  let name = '"$o0"'
  for (let i = 1; taken.has(name); i++) name = ident(`$o${i}`)
  return name
}

export function columnNamed(relation: Relation, name: string): SqlColumn {
  const found = relation.columns.find((column) => column.name === name)
  if (found === undefined) throw new Error(`invariant: no column ${name}`)
  return found
}

export function refuseAt(
  scope: TableScope,
  span: { start: number; end: number },
  what: string,
  hint?: string,
): never {
  throw refusal(what, span, scope.source, hint)
}

/** Renders a tabular plan; a node met again is the same common table expression. */
export function renderRel(scope: TableScope, rel: Rel): Relation {
  const known = scope.done.get(rel)
  if (known !== undefined) return known
  const relation = scope.render(scope, rel)
  scope.done.set(rel, relation)
  return relation
}
