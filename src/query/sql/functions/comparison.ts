import type { Expr } from '../../plan/expr.ts'
import type { Call, FunctionRow, SqlOf } from '../function-row.ts'
import type { KustoType } from '../types.ts'

/** SQL that both engines read alike. */
export function everywhere(sql: SqlOf): NonNullable<FunctionRow['sql']> {
  return { duckdb: sql, clickhouse: sql }
}

/** True when SQL may see NULL for it: strings never are (S0.1), literals only when they say so. */
export function nullable(expr: Expr | undefined): boolean {
  if (expr === undefined || expr.type === 'string') return false
  return expr.kind !== 'literal' || expr.value === null
}

/** Both sides of a comparison as SQL of comparable types; dynamic takes the type of the other side (S3). */
export function comparable(call: Call, left = 0, right = 1): [string, string] {
  const [a, b] = [call.args[left], call.args[right]]
  if (a === undefined || b === undefined) return call.refuse('this comparison')
  if (a.type === b.type && a.type !== 'dynamic') return [call.render(a), call.render(b)]
  if (a.type === 'dynamic') return [dynamicSide(call, a, b.type), side(call, b)]
  if (b.type === 'dynamic') return [side(call, a), dynamicSide(call, b, a.type)]
  if (a.type === 'string' || b.type === 'string') return [call.render(a, 'string'), call.render(b, 'string')]
  if (a.type === 'bool' || b.type === 'bool') return [call.render(a, 'long'), call.render(b, 'long')]
  return [call.render(a), call.render(b)]
}

function side(call: Call, expr: Expr): string {
  return expr.type === 'dynamic' ? (call.nullableText(expr) ?? call.render(expr)) : call.render(expr)
}

const VIA_REAL: ReadonlySet<KustoType> = new Set(['int', 'long', 'real', 'decimal'])

function dynamicSide(call: Call, expr: Expr, other: KustoType): string {
  const text = call.nullableText(expr) ?? call.render(expr)
  if (other === 'string' || other === 'dynamic') return text
  return call.convertText(text, VIA_REAL.has(other) ? 'real' : other)
}

/** `==` of two SQL values with Kusto's nulls: one null is false, two are null (S1). */
export function equalSql(call: Call, a: string, b: string, nulls: readonly [boolean, boolean]): string {
  if (call.filter || (!nulls[0] && !nulls[1])) return `(${a} = ${b})`
  if (!nulls[0] || !nulls[1]) return `coalesce(${a} = ${b}, false)`
  return `CASE WHEN ${a} IS NULL AND ${b} IS NULL THEN NULL ELSE coalesce(${a} = ${b}, false) END`
}

export function unequalSql(call: Call, a: string, b: string, nulls: readonly [boolean, boolean]): string {
  if (!nulls[0] && !nulls[1]) return `(${a} <> ${b})`
  if (!nulls[0] || !nulls[1]) return `coalesce(${a} <> ${b}, true)`
  if (call.filter) return `(${a} <> ${b} OR (${a} IS NULL) <> (${b} IS NULL))`
  return `CASE WHEN ${a} IS NULL AND ${b} IS NULL THEN NULL ELSE coalesce(${a} <> ${b}, true) END`
}

function nullsOf(call: Call): [boolean, boolean] {
  return [nullable(call.args[0]), nullable(call.args[1])]
}

function order(operator: '<' | '<=' | '>' | '>='): FunctionRow {
  const greater = operator.startsWith('>') ? 0 : 1
  return {
    name: operator,
    lazy: true,
    rules: ['S1'],
    sql: {
      duckdb: (_args, call) => {
        const sides = comparable(call)
        return `(${sides[0]} ${operator} ${sides[1]}${noNan(call.args[greater], sides[greater])})`
      },
      clickhouse: (_args, call) => {
        const [a, b] = comparable(call)
        return `(${a} ${operator} ${b})`
      },
    },
  }
}

/** DuckDB has NaN greater than every number; in Kusto and ClickHouse no comparison with it holds (S1). */
function noNan(greater: Expr | undefined, sql: string): string {
  return greater?.type === 'real' && greater.kind !== 'literal' ? ` AND NOT isnan(${sql})` : ''
}

const between: SqlOf = (_args, call) => {
  const [value, low] = comparable(call, 0, 1)
  const [again, high] = comparable(call, 0, 2)
  return `(${value} >= ${low} AND ${again} <= ${high})`
}

/** A value that is NaN is above its upper bound already; only a bound that is NaN must be told. */
const betweenDuckdb: SqlOf = (args, call) => {
  const [, high] = comparable(call, 0, 2)
  return `(${between(args, call)}${noNan(call.args[2], high)})`
}

function logic(name: 'and' | 'or'): FunctionRow {
  return {
    name,
    lazy: true,
    sql: everywhere((_args, call) => {
      const parts = call.args.map((arg) => (call.filter ? call.condition(arg) : call.render(arg, 'bool')))
      return `(${parts.join(name === 'and' ? ' AND ' : ' OR ')})`
    }),
  }
}

export const comparisonRows: readonly FunctionRow[] = [
  {
    name: '==',
    lazy: true,
    rules: ['S1'],
    sql: everywhere((_args, call) => {
      const [a, b] = comparable(call)
      return equalSql(call, a, b, nullsOf(call))
    }),
  },
  {
    name: '!=',
    aliases: ['<>'],
    lazy: true,
    rules: ['S1'],
    sql: everywhere((_args, call) => {
      const [a, b] = comparable(call)
      return unequalSql(call, a, b, nullsOf(call))
    }),
  },
  order('<'),
  order('<='),
  order('>'),
  order('>='),
  { name: 'between', lazy: true, rules: ['S11'], sql: { duckdb: betweenDuckdb, clickhouse: between } },
  {
    name: '!between',
    lazy: true,
    rules: ['S11'],
    sql: {
      duckdb: (args, call) => `(NOT ${betweenDuckdb(args, call)})`,
      clickhouse: (args, call) => `(NOT ${between(args, call)})`,
    },
  },
  logic('and'),
  logic('or'),
  // The argument as a value: in a filter null and false are the same, under NOT they are not.
  { name: 'not', params: ['bool'], rules: ['S1'], sql: everywhere(([a]) => `(NOT ${a})`) },
]
