import type { Expr, Rel } from '../../plan/expr.ts'
import { columnNames } from '../../plan/parts.ts'
import { stateName, stateOf } from '../../plan/scan.ts'
import { ident } from '../builder.ts'
import { identifiers, over, type Relation } from '../relation.ts'
import { type ExprScope, nullOf, renderAs, renderCondition } from './expression.ts'
import { ascending, columnNamed, exprScope, freeExtra, refuseAt, rowless, type TableScope } from './scope.ts'

type Scan = Extract<Rel, { kind: 'scan' }>

/** One value of a step's state: which step and column of which step's state, and what it is when nothing is held. */
interface Cell {
  readonly of: number
  readonly from: number
  readonly column: string
  readonly type: Parameters<typeof nullOf>[1]
  readonly empty: string
  readonly as: string
}

/**
 * `scan` as a table that grows from itself, one row of every partition at a time. Steps are tried from the last to the
 * first: a row that fits step k while step k-1 is under way moves that state up (1); else it continues step k or, at
 * the first step, begins a sequence (2).
 */
export function renderScan(scope: TableScope, rel: Scan, input: Relation): Relation {
  if (!scope.dialect.hasRecursion)
    return refuseAt(scope, rel.span, `scan on ${scope.dialect.name}`, 'run it on DuckDB')
  const at = freeExtra(input)
  const tried = freeExtra(input, [at])
  const within = input.partition ?? '0'
  const numbered = scope.builder.add(
    `SELECT *, row_number() ${over(input)} AS ${at}, ${within} AS "$scan_p" FROM ${input.from}`,
    true,
  )
  const states = cellsOf(scope, rel, input)
  const own = rel.steps.map((step, k) =>
    step.assignments.map((item) => ({ ...item, as: `"$scan_o${k}_${item.name.replaceAll('"', '""')}"` })),
  )
  const kept = [
    '"$scan_i"',
    '"$scan_next"',
    ...rel.steps.flatMap((_step, k) => [`"$scan_a${k}"`, `"$scan_id${k}"`, `"$scan_n${k}"`]),
    ...states.map((cell) => cell.as),
  ]
  const made = rel.steps.flatMap((_step, k) => [`"$scan_m${k}"`, ...(own[k] ?? []).map((item) => item.as)])
  const start = [
    '0 AS "$scan_i"',
    '0 AS "$scan_next"',
    ...rel.steps.flatMap((_step, k) => [
      `false AS "$scan_a${k}"`,
      `0 AS "$scan_id${k}"`,
      `0 AS "$scan_n${k}"`,
    ]),
    ...states.map((cell) => `${cell.empty} AS ${cell.as}`),
    ...rel.steps.flatMap((_step, k) => [
      `0 AS "$scan_m${k}"`,
      ...(own[k] ?? []).map((item) => `${emptyOf(scope, rel, input, item.name)} AS ${item.as}`),
    ]),
  ]
  let body = `SELECT ${kept.map((name) => `"r".${name}`).join(', ')}, "n".* FROM "$scan" AS "r" JOIN ${numbered} AS "n" ON "n".${at} = "r"."$scan_i" + 1 AND "n"."$scan_p" IS NOT DISTINCT FROM "r"."$scan_q"`
  for (let k = rel.steps.length - 1; k >= 0; k--)
    body = stepOf(scope, rel, input, states, own[k] ?? [], k, body)
  const next = `SELECT "$scan_p", CAST(${at} AS BIGINT), ${[...kept.slice(1), ...made].join(', ')} FROM (${body})`
  const names = ['"$scan_q"', ...kept, ...made]
  const taken = [...input.columns.map((column) => column.sql), ...input.extras, at]
  const added = identifiers(
    [...rel.declared.map((column) => column.name), ...(rel.matchId === undefined ? [] : [rel.matchId])],
    taken,
  )
  const shown = [...input.columns.map((column) => column.sql), ...input.extras].map((name) => `"n".${name}`)
  const outputs = rel.steps.flatMap((step, k) => {
    if (step.output === 'none') return []
    const cells = rel.declared.map((column, i) => {
      const assigned = own[k]?.find((item) => item.name === column.name)
      return `${assigned === undefined ? emptyOf(scope, rel, input, column.name) : `"r".${assigned.as}`} AS ${added[i]}`
    })
    if (rel.matchId !== undefined)
      cells.push(`CAST("r"."$scan_id${k}" AS BIGINT) AS ${added[added.length - 1]}`)
    const last = `QUALIFY row_number() OVER (PARTITION BY "r"."$scan_q", "r"."$scan_n${k}" ORDER BY "r"."$scan_i" DESC) = 1`
    return [
      `SELECT ${[...shown, ...cells, `"n".${at} AS ${at}`, `${-k} AS ${tried}`].join(', ')} FROM "$scan" AS "r" JOIN ${numbered} AS "n" ON "n".${at} = "r"."$scan_i" AND "n"."$scan_p" IS NOT DISTINCT FROM "r"."$scan_q" WHERE "r"."$scan_m${k}" > 0 ${step.output === 'last' ? last : ''}`,
    ]
  })
  const columns = rel.columns.map((column, i) => {
    const known = input.columns[i]
    return known ?? { ...column, sql: added[i - input.columns.length] ?? ident(column.name) }
  })
  if (outputs.length === 0) return refuseAt(scope, rel.span, 'scan of which no step puts anything out')
  const from = scope.builder.add(
    `WITH RECURSIVE "$scan" (${names.join(', ')}) AS (SELECT "$scan_p", ${start.map(typedStart).join(', ')} FROM (SELECT DISTINCT "$scan_p" FROM ${numbered}) UNION ALL ${next}) ${outputs.join(' UNION ALL ')}`,
  )
  return {
    ...input,
    from,
    columns,
    extras: [...input.extras, at, tried],
    order: [ascending(at), ascending(tried)],
  }
}

/** Counters are BIGINT from the start: the first SELECT of a recursion decides the types. */
function typedStart(cell: string): string {
  return cell.startsWith('0 AS ') ? `CAST(0 AS BIGINT) AS ${cell.slice(5)}` : cell
}

/** One step tried on the row at hand: match, assignments, new states, each a SELECT around the one before. */
function stepOf(
  scope: TableScope,
  rel: Scan,
  input: Relation,
  states: readonly Cell[],
  own: readonly { readonly name: string; readonly expr: Expr; readonly as: string }[],
  k: number,
  body: string,
): string {
  const condition = rel.steps[k]?.condition
  if (condition === undefined) throw new Error(`invariant: no step ${k}`)
  const [match, active, before] = [`"$scan_m${k}"`, `"$scan_a${k}"`, `"$scan_a${k - 1}"`]
  const [above, here] = [
    stateScope(scope, rel, input, states, k - 1),
    stateScope(scope, rel, input, states, k),
  ]
  const holds = (row: ExprScope): string => `coalesce(${renderCondition(row, condition)}, false)`
  const continued = `WHEN ${k === 0 ? '' : `${active} AND `}${holds(here)} THEN 2`
  const promoted = k === 0 ? '' : `WHEN ${before} AND ${holds(above)} THEN 1 `
  const matched = `SELECT *, CAST(CASE ${promoted}${continued} ELSE 0 END AS BIGINT) AS ${match} FROM (${body})`
  const cells = own.map(({ name, expr, as }) => {
    const type = rel.declared.find((column) => column.name === name)?.type ?? 'dynamic'
    const value = (row: ExprScope): string =>
      `CAST(${renderAs(row, expr, type)} AS ${scope.dialect.storage(type)})`
    const first = k === 0 ? '' : `WHEN 1 THEN ${value(above)} `
    return `CASE ${match} ${first}WHEN 2 THEN ${value(here)} ELSE ${emptyOf(scope, rel, input, name)} END AS ${as}`
  })
  const assigned = cells.length === 0 ? matched : `SELECT *, ${cells.join(', ')} FROM (${matched})`
  const replaced = states.flatMap((cell) => {
    if (cell.of === k - 1)
      return [`CASE WHEN ${match} = 1 THEN ${cell.empty} ELSE ${cell.as} END AS ${cell.as}`]
    if (cell.of !== k) return []
    if (cell.from === k) {
      const made = own.find((item) => item.name === cell.column)?.as
      const stored = input.columns.find((column) => column.name === cell.column)?.sql
      return [`CASE WHEN ${match} > 0 THEN ${made ?? stored ?? cell.empty} ELSE ${cell.as} END AS ${cell.as}`]
    }
    const lower = states.find(
      (other) => other.of === k - 1 && other.from === cell.from && other.column === cell.column,
    )
    return [`CASE WHEN ${match} = 1 THEN ${lower?.as ?? cell.empty} ELSE ${cell.as} END AS ${cell.as}`]
  })
  const begun = `(${match} = 2 AND NOT ${active})`
  replaced.push(
    `(${active} OR ${match} > 0) AS ${active}`,
    `CAST("$scan_n${k}" + CASE WHEN ${match} = 1 OR ${begun} THEN 1 ELSE 0 END AS BIGINT) AS "$scan_n${k}"`,
  )
  if (k > 0) {
    replaced.push(
      `(${before} AND ${match} <> 1) AS ${before}`,
      `CASE WHEN ${match} = 1 THEN "$scan_id${k - 1}" ELSE "$scan_id${k}" END AS "$scan_id${k}"`,
    )
  } else {
    replaced.push(
      `CASE WHEN ${begun} THEN "$scan_next" ELSE "$scan_id0" END AS "$scan_id0"`,
      `CAST("$scan_next" + CASE WHEN ${begun} THEN 1 ELSE 0 END AS BIGINT) AS "$scan_next"`,
    )
  }
  return `SELECT * REPLACE (${replaced.join(', ')}) FROM (${assigned})`
}

/** Expressions over the row at hand and the state of one step; -1 holds nothing. */
function stateScope(
  scope: TableScope,
  rel: Scan,
  input: Relation,
  states: readonly Cell[],
  of: number,
): ExprScope {
  const row = exprScope(scope, input)
  return {
    ...row,
    relation: undefined,
    column: (name) => {
      const state = stateOf(name)
      if (state === undefined) {
        if (rel.declared.some((column) => column.name === name))
          return refuseAt(
            scope,
            rel.span,
            `the declared column ‘${name}’ without its step in scan`,
            'write step.column',
          )
        return row.column(name)
      }
      const from = rel.steps.findIndex((step) => step.name === state.step)
      const cell = states.find((c) => c.of === of && c.from === from && c.column === state.column)
      return cell?.as ?? emptyOf(scope, rel, input, state.column)
    },
  }
}

/** What a column is where no state is held: its default, or null. */
function emptyOf(scope: TableScope, rel: Scan, input: Relation, name: string): string {
  const declared = rel.declared.find((column) => column.name === name)
  const type = declared?.type ?? columnNamed(input, name).type
  const value =
    declared === undefined ? nullOf(rowless(scope), type) : renderAs(rowless(scope), declared.fallback, type)
  return `CAST(${value} AS ${scope.dialect.storage(type)})`
}

/** Only what some expression reads is held. */
function cellsOf(scope: TableScope, rel: Scan, input: Relation): Cell[] {
  const read = new Set(
    rel.steps.flatMap((step) =>
      [step.condition, ...step.assignments.map((item) => item.expr)].flatMap(columnNames),
    ),
  )
  const names = [...input.columns.map(({ name, type }) => ({ name, type })), ...rel.declared]
  const cells: Cell[] = []
  for (const [from, step] of rel.steps.entries()) {
    for (const { name, type } of names) {
      if (!read.has(stateName(step.name, name))) continue
      const empty = emptyOf(scope, rel, input, name)
      for (let of = from; of < rel.steps.length; of++)
        cells.push({ of, from, column: name, type, empty, as: `"$scan_s${cells.length}"` })
    }
  }
  return cells
}
