import { ident } from './builder.ts'
import type { KustoType } from './types.ts'

/** A column of a relation: its KQL name and the (quoted) identifier SQL knows it by. */
export interface SqlColumn {
  readonly name: string
  readonly type: KustoType
  readonly sql: string
  readonly hidden?: boolean
}

export interface OrderKey {
  /** Quoted identifier of a column or an extra of the relation. */
  readonly sql: string
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** NaN sorts with null (SEMANTICS 10), which SQL must be told for reals. */
  readonly real: boolean
}

/** What an operator has become: a common table expression or stored table, and what is known about its rows. */
export interface Relation {
  readonly from: string
  readonly columns: readonly SqlColumn[]
  /** Quoted identifiers carried along for ordering only. */
  readonly extras: readonly string[]
  /** The order the query asked for; no SQL table has one, so it is carried until rows are numbered or put out. */
  readonly order: readonly OrderKey[]
  /** Inside mv-apply and partition: the identifier that tells the outer rows apart. */
  readonly partition: string | undefined
  /** Inside mv-apply: all outer rows, since a summarize without `by` answers even for one that has no element. */
  readonly outer?: { readonly from: string; readonly key: string } | undefined
}

export function orderBy(keys: readonly OrderKey[]): string {
  return keys
    .map(({ sql, descending, nullsFirst, real }) => {
      const value = real ? `CASE WHEN isnan(${sql}) THEN NULL ELSE ${sql} END` : sql
      return `${value} ${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`
    })
    .join(', ')
}

/** `OVER (…)` for a window over the relation's order, within its partition. */
export function over(relation: Relation, frame = ''): string {
  const parts = [
    relation.partition === undefined ? '' : `PARTITION BY ${relation.partition}`,
    relation.order.length === 0 ? '' : `ORDER BY ${orderBy(relation.order)}`,
    frame,
  ]
  return `OVER (${parts.filter((part) => part !== '').join(' ')})`
}

/**
 * Identifiers for new columns: SQL does not tell case apart, so a second `Name`/`name` gets a suffix (S0.5). A column
 * that `pivot` names after an empty value has no name in KQL, which no SQL identifier can be.
 */
export function identifiers(names: readonly string[], taken: readonly string[] = []): string[] {
  const seen = new Set(taken.map((name) => name.toLowerCase()))
  return names.map((name) => {
    let candidate = ident(name === '' ? '$empty' : name)
    for (let i = 2; seen.has(candidate.toLowerCase()); i++) candidate = ident(`${name}$${i}`)
    seen.add(candidate.toLowerCase())
    return candidate
  })
}
