import type { Rel } from '../../plan/expr.ts'
import { ident } from '../builder.ts'
import { identifiers, type Relation } from '../relation.ts'
import { columnNamed, plain, renderRel, type TableScope } from './scope.ts'

/** `union`: UNION ALL over explicit lists, since BY NAME would cast columns of one name to one type (S7). */
export function renderUnion(scope: TableScope, rel: Extract<Rel, { kind: 'union' }>): Relation {
  const { builder, dialect } = scope
  const names = identifiers(rel.columns.map((column) => column.name))
  const inputs = rel.inputs.map((input) => ({ ...input, relation: renderRel(scope, input.rel) }))
  const partitioned = inputs.some(({ relation }) => relation.partition !== undefined)
  const partition = partitioned ? ident('$p') : undefined
  const selects = inputs.map(({ relation, map, source }) => {
    const cells = rel.columns.map((column, i) => {
      const as = names[i]
      if (column.name === rel.withSource) return `${builder.text(source)} AS ${as}`
      const from = map.get(column.name)
      if (from !== undefined) return `${columnNamed(relation, from).sql} AS ${as}`
      const empty = column.type === 'string' ? builder.text('') : dialect.null(column.type)
      return `${empty} AS ${as}`
    })
    if (partition !== undefined) cells.push(`${relation.partition ?? 'NULL'} AS ${partition}`)
    return `SELECT ${cells.length === 0 ? '1 AS "$one"' : cells.join(', ')} FROM ${relation.from}`
  })
  if (selects.length === 0) {
    const nulls = rel.columns.map((column, i) => `${dialect.null(column.type)} AS ${names[i]}`)
    return plain(
      builder.add(`SELECT ${nulls.length === 0 ? '1 AS "$one"' : nulls.join(', ')} WHERE false`),
      rel.columns,
    )
  }
  const from = builder.add(selects.join('\nUNION ALL '))
  const outer = inputs.find(({ relation }) => relation.outer !== undefined)?.relation.outer
  return {
    ...plain(from, rel.columns, partition),
    extras: partition === undefined ? [] : [partition],
    outer,
  }
}
