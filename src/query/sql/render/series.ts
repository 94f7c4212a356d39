import type { Rel } from '../../plan/expr.ts'
import { ident } from '../builder.ts'
import { identifiers, type Relation } from '../relation.ts'
import { renderAggregate } from './aggregates.ts'
import { renderAs, renderExpr } from './expression.ts'
import { columnNamed, exprScope, plain, refuseAt, renderRel, rowless, type TableScope } from './scope.ts'

/** `make-series`: arrays of aggregates over equal steps of an axis. */
export function renderMakeSeries(scope: TableScope, rel: Extract<Rel, { kind: 'make-series' }>): Relation {
  const input = renderRel(scope, rel.input)
  if (input.partition !== undefined)
    return refuseAt(scope, rel.span, 'make-series inside mv-apply or partition')
  const row = exprScope(scope, input)
  const constant = rowless(scope)
  const type = rel.on.expr.type
  const stepType = type === 'datetime' ? 'timespan' : type
  const names = identifiers(rel.columns.map((column) => column.name))
  const keyCount = rel.by.length
  const axis = names[names.length - 1] ?? ident('$axis')
  const values = rel.values.map(({ aggregates, expr, fallback }, i) => {
    const made = new Map(
      aggregates.map((aggregate) => [
        aggregate.columns[0]?.name ?? '',
        renderAggregate(row, aggregate, input)[0] ?? 'NULL',
      ]),
    )
    const valueType = expr.type
    return {
      sql: renderExpr({ ...row, column: (name) => made.get(name) ?? row.column(name) }, expr),
      type: valueType,
      fallback:
        fallback === undefined
          ? zeroOf(scope, valueType)
          : renderAs(constant, fallback, fallback.type === 'real' ? 'real' : valueType),
      as: names[keyCount + i] ?? '',
    }
  })
  const from = scope.dialect.makeSeries(
    {
      from: input.from,
      keys: rel.by.map((key, i) => ({ sql: renderExpr(row, key.expr), as: names[i] ?? '' })),
      on: renderExpr(row, rel.on.expr),
      onType: type,
      start: rel.from === undefined ? undefined : renderAs(constant, rel.from, type),
      end: rel.to === undefined ? undefined : renderAs(constant, rel.to, type),
      step: renderAs(constant, rel.step, stepType),
      values,
      axis,
      nonEmpty: rel.nonEmpty,
    },
    scope.builder,
  )
  return plain(from, rel.columns)
}

function zeroOf(scope: TableScope, type: string): string {
  return type === 'string' ? scope.builder.text('') : '0'
}

/** `evaluate pivot(…)` once its columns are known: one filtered aggregate per value. */
export function renderPivot(scope: TableScope, rel: Extract<Rel, { kind: 'pivot' }>): Relation {
  const input = renderRel(scope, rel.input)
  const row = exprScope(scope, input)
  const by = renderExpr(row, rel.by)
  const names = identifiers(rel.columns.map((column) => column.name))
  const keys = rel.keys.map((name) => columnNamed(input, name).sql)
  const cells = rel.values.map((value, i) => {
    const only = `${by} = ${scope.builder.text(value)}`
    const [sql] = renderAggregate(row, rel.aggregate, input, undefined, only)
    return `${sql} AS ${names[keys.length + i]}`
  })
  const select = [...keys.map((sql, i) => `${sql} AS ${names[i]}`), ...cells]
  const group = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`
  if (select.length === 0) select.push('1 AS "$one"')
  return plain(scope.builder.add(`SELECT ${select.join(', ')} FROM ${input.from}${group}`), rel.columns)
}

/**
 * `top-nested`: each level keeps the best values within each value of the level above. With `others` the rows that fall
 * out at a level, and so at all below it, are one more row; its cells at levels without `others` are empty [reference,
 * top-nested]. The reference shows `others` only where the last level has it, and so do we.
 */
export function renderTopNested(scope: TableScope, rel: Extract<Rel, { kind: 'top-nested' }>): Relation {
  const input = renderRel(scope, rel.input)
  const names = identifiers(rel.columns.map((column) => column.name))
  let above: string | undefined
  const keys: { sql: string; as: string }[] = []
  const shown: string[] = []
  const rest: string[] = []
  const others = rel.levels.at(-1)?.others !== undefined
  for (const [i, level] of rel.levels.entries()) {
    const { span } = level.aggregate
    if (level.others !== undefined && !others)
      return refuseAt(scope, span, 'top-nested with others above a level without', 'give every level its own')
    if (level.others !== undefined && scope.dialect.name !== 'duckdb')
      return refuseAt(scope, span, 'top-nested with others on this engine', 'run it on DuckDB')
    const row = exprScope(scope, input, '"i".')
    const [key, value] = [names[i * 2] ?? '', names[i * 2 + 1] ?? '']
    const of = renderExpr(row, level.of.expr)
    const [aggregate] = renderAggregate(row, level.aggregate, input)
    const upper = shown.map((as) => `"u".${as} AS ${as}`)
    const groups = [...shown.map((as) => `"u".${as}`), of]
    const match = keys.map(({ sql, as }) => `${sql} IS NOT DISTINCT FROM "u".${as}`)
    const joined = above === undefined ? '' : ` JOIN ${above} AS "u" ON ${match.join(' AND ')}`
    const counted = scope.builder.add(
      `SELECT ${[...upper, `${of} AS ${key}`, `${aggregate} AS ${value}`].join(', ')} FROM ${input.from} AS "i"${joined} GROUP BY ${groups.join(', ')}`,
    )
    above = counted
    if (level.count !== undefined) {
      const direction = level.ascending ? 'ASC NULLS FIRST' : 'DESC NULLS LAST'
      const within = shown.length === 0 ? '' : `PARTITION BY ${shown.join(', ')} `
      const ranked = scope.builder.add(
        `SELECT *, row_number() OVER (${within}ORDER BY ${value} ${direction}) AS "$top" FROM ${counted}`,
      )
      const limit = renderAs(rowless(scope), level.count, 'long')
      above = scope.builder.add(`SELECT * FROM ${ranked} WHERE "$top" <= ${limit}`)
      if (others) {
        const kept = [...keys, { sql: of, as: key }].map(
          ({ sql, as }) => `${sql} IS NOT DISTINCT FROM "v".${as}`,
        )
        const cells = rel.levels.slice(i).flatMap((below, j) => {
          const [label, total] = [names[(i + j) * 2], names[(i + j) * 2 + 1]]
          const type = below.of.expr.type
          if (below.others === undefined)
            return [`${type === 'string' ? "''" : 'NULL'} AS ${label}`, `NULL AS ${total}`]
          const [sum] = renderAggregate(row, below.aggregate, input)
          return [`${renderAs(rowless(scope), below.others, type)} AS ${label}`, `${sum} AS ${total}`]
        })
        const group = shown.length === 0 ? '' : ` GROUP BY ${shown.map((as) => `"u".${as}`).join(', ')}`
        rest.push(
          `SELECT ${[...upper, ...cells].join(', ')} FROM ${input.from} AS "i"${joined} WHERE NOT EXISTS (SELECT 1 FROM ${above} AS "v" WHERE ${kept.join(' AND ')})${group} HAVING count(*) > 0`,
        )
      }
    }
    keys.push({ sql: of, as: key })
    shown.push(key, value)
  }
  if (above === undefined) throw new Error('invariant: top-nested has a level')
  const all = [`SELECT ${names.join(', ')} FROM ${above}`, ...rest]
  return plain(scope.builder.add(all.join(' UNION ALL ')), rel.columns)
}
