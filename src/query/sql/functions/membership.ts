import type { Expr, Json } from '../../plan/expr.ts'
import type { Call, FunctionRow, SqlOf } from '../function-row.ts'
import { jsonText } from '../json.ts'
import type { KustoType } from '../types.ts'
import { comparable, nullable } from './comparison.ts'
import { hasComputedSql, hasSql, termsRegex } from './text-operators.ts'

/** `in`, `has_any`, `has_all` with lists (items 1 …) or tables; dynamic arrays among the items are flattened (S2). */

const BOTH = { before: true, after: true } as const

interface Items {
  /** Values known at translation time. */
  readonly constants: readonly Json[]
  /** Expressions computed per row or per query. */
  readonly computed: readonly Expr[]
}

function itemsOf(call: Call): Items {
  const constants: Json[] = []
  const computed: Expr[] = []
  for (const item of call.args.slice(1)) {
    if (item.kind !== 'literal') computed.push(item)
    else if (Array.isArray(item.value)) constants.push(...item.value.flat(Number.POSITIVE_INFINITY))
    else constants.push(item.value)
  }
  return { constants, computed }
}

function textOfJson(value: Json): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : jsonText(value)
}

/** A constant of a list as SQL of the type of the value it is compared with. */
function constantSql(call: Call, value: Json, type: KustoType): string | undefined {
  switch (type) {
    case 'int':
    case 'long':
    case 'real':
    case 'decimal': {
      const number = Number(value)
      if (value === null || Number.isNaN(number)) return undefined
      if (/^-?\d{1,19}$/.test(String(value))) return call.builder.bind({ type: 'long', value: String(value) })
      return call.builder.bind({ type: 'real', value: number })
    }
    case 'bool':
      return value === null ? undefined : String(value)
    case 'timespan':
      return /^-?\d+$/.test(String(value)) ? call.builder.bind({ type, value: String(value) }) : undefined
    case 'datetime':
    case 'guid':
      return value === null ? undefined : call.builder.bind({ type, value: String(value) })
    default:
      return undefined
  }
}

function inSql(call: Call, fold: boolean): string {
  const value = call.args[0]
  if (value === undefined) return call.refuse('this list')
  const { constants, computed } = itemsOf(call)
  const asText = value.type === 'string' || value.type === 'dynamic'
  const text =
    value.type === 'dynamic' ? (call.nullableText(value) ?? call.render(value)) : call.render(value)
  const shown = fold && asText ? `lower(${text})` : text
  const parts: string[] = []
  const list = asText
    ? constants.map((item) => call.builder.text(fold ? textOfJson(item).toLowerCase() : textOfJson(item)))
    : constants.flatMap((item) => constantSql(call, item, value.type) ?? [])
  if (list.length > 0) parts.push(`${shown} IN (${[...new Set(list)].join(', ')})`)
  for (const item of computed) parts.push(computedIn(call, item, value, shown, fold))
  if (parts.length === 0) return 'false'
  const any = parts.length === 1 ? `(${parts[0]})` : `(${parts.join(' OR ')})`
  return call.filter || !nullable(value) ? any : `coalesce(${any}, false)`
}

function computedIn(call: Call, item: Expr, value: Expr, shown: string, fold: boolean): string {
  if (item.type === 'dynamic') {
    const text = value.type === 'string' || value.type === 'dynamic' ? shown : call.render(value, 'string')
    const list = `kql_texts(${call.render(item)})`
    return `list_contains(${fold ? `list_transform(${list}, lambda x: lower(x))` : list}, ${text})`
  }
  const [a, b] = comparable({ ...call, args: [value, item] })
  return fold && item.type === 'string' ? `lower(${a}) = lower(${b})` : `${a} = ${b}`
}

function inTableSql(call: Call, fold: boolean): string {
  const value = call.args[0]
  if (value === undefined) return call.refuse('this list')
  const { from, column, type } = call.subquery()
  const bothText =
    value.type === 'string' || value.type === 'dynamic' || type === 'string' || type === 'dynamic'
  const left = bothText ? (call.nullableText(value) ?? call.render(value, 'string')) : call.render(value)
  const right =
    bothText && type !== 'string'
      ? type === 'dynamic'
        ? `(${column} ->> '$')`
        : `CAST(${column} AS VARCHAR)`
      : column
  const [l, r] = fold && bothText ? [`lower(${left})`, `lower(${right})`] : [left, right]
  // A null in the list would make every miss NULL.
  const test = `${l} IN (SELECT ${r} FROM ${from} WHERE ${column} IS NOT NULL)`
  return call.filter || !nullable(value) ? `(${test})` : `coalesce(${test}, false)`
}

function hasAnySql(call: Call): string {
  const text = call.sql(0, 'string')
  const { constants, computed } = itemsOf(call)
  const needles = [...new Set(constants.map((item) => textOfJson(item).toLowerCase()))]
  const parts: string[] = []
  const [only] = needles
  if (needles.includes('')) parts.push('true')
  else if (needles.length === 1 && only !== undefined) parts.push(hasSql(call, text, only, BOTH, true))
  else if (needles.length > 1) {
    parts.push(`regexp_matches(${text}, ${call.builder.text(`(?i)${termsRegex(needles, BOTH)}`)})`)
  }
  for (const item of computed) parts.push(computedHas(call, item, text, 'any'))
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`
}

function hasAllSql(call: Call): string {
  const text = call.sql(0, 'string')
  const { constants, computed } = itemsOf(call)
  const needles = [...new Set(constants.map((item) => textOfJson(item).toLowerCase()))]
  const parts = needles.map((needle) => hasSql(call, text, needle, BOTH, true))
  for (const item of computed) parts.push(computedHas(call, item, text, 'all'))
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`
}

function computedHas(call: Call, item: Expr, text: string, mode: 'any' | 'all'): string {
  if (item.type !== 'dynamic') return hasComputedSql(text, call.render(item, 'string'), BOTH, true)
  const list = `kql_texts(${call.render(item)})`
  const test = hasComputedSql(text, 'x', BOTH, true)
  return mode === 'any'
    ? `(len(list_filter(${list}, lambda x: ${test})) > 0)`
    : `(len(list_filter(${list}, lambda x: NOT ${test})) = 0)`
}

function hasTableSql(call: Call, mode: 'any' | 'all'): string {
  const text = call.sql(0, 'string')
  const { from, column, type } = call.subquery()
  const needle = type === 'dynamic' ? `(${column} ->> '$')` : `CAST(${column} AS VARCHAR)`
  const list = `(SELECT coalesce(list(DISTINCT ${needle}) FILTER (WHERE ${column} IS NOT NULL), []) FROM ${from})`
  const test = hasComputedSql(text, 'x', BOTH, true)
  return mode === 'any'
    ? `(len(list_filter(${list}, lambda x: ${test})) > 0)`
    : `(len(list_filter(${list}, lambda x: NOT ${test})) = 0)`
}

const not =
  (sql: SqlOf): SqlOf =>
  (args, call) =>
    `(NOT ${sql(args, { ...call, filter: false })})`

function row(name: string, sql: SqlOf): FunctionRow {
  return { name, lazy: true, rules: ['S1', 'S2'], sql: { duckdb: sql } }
}

const plain =
  (fold: boolean): SqlOf =>
  (_args, call) =>
    inSql(call, fold)
const table =
  (fold: boolean): SqlOf =>
  (_args, call) =>
    inTableSql(call, fold)

export const membershipRows: readonly FunctionRow[] = [
  row('in', plain(false)),
  row('!in', not(plain(false))),
  row('in~', plain(true)),
  row('!in~', not(plain(true))),
  row('in table', table(false)),
  row('!in table', not(table(false))),
  row('in~ table', table(true)),
  row('!in~ table', not(table(true))),
  row('has_any', (_args, call) => hasAnySql(call)),
  row('has_all', (_args, call) => hasAllSql(call)),
  row('has_any table', (_args, call) => hasTableSql(call, 'any')),
  row('has_all table', (_args, call) => hasTableSql(call, 'all')),
]
