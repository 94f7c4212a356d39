import type { Call, FunctionRow, SqlOf } from '../function-row.ts'
import type { KustoType } from '../types.ts'

/** Conversions and choices: `tostring`, `tolong` …, `iff`, `case`, `coalesce`, `isnull` and their kin. */

function to(type: KustoType, name: string, ...aliases: string[]): FunctionRow {
  return {
    name,
    aliases,
    lazy: true,
    returns: type,
    rules: ['S1'],
    sql: { duckdb: (_args, call) => call.sql(0, type) },
  }
}

/** `case(p1, v1, …, else)`: a null predicate counts as false (S12). */
const caseSql: SqlOf = (_args, call) => {
  const parts: string[] = []
  for (let i = 0; i + 1 < call.args.length; i += 2) {
    const predicate = call.args[i]
    if (predicate !== undefined) parts.push(`WHEN ${condition(call, i)} THEN ${call.sql(i + 1, call.type)}`)
  }
  return `CASE ${parts.join(' ')} ELSE ${call.sql(call.args.length - 1, call.type)} END`
}

function condition(call: Call, index: number): string {
  const arg = call.args[index]
  if (arg === undefined) return call.refuse('this condition')
  return arg.type === 'bool' ? call.condition(arg) : call.sql(index, 'bool')
}

/** The first non-null value; for text the first that is not empty (S12). */
const coalesceSql: SqlOf = (_args, call) => {
  const parts = call.args.map((_arg, i) => call.sql(i, call.type))
  if (call.type === 'string') return `coalesce(${parts.map((part) => `nullif(${part}, '')`).join(', ')}, '')`
  return `coalesce(${parts.join(', ')})`
}

const isNull: SqlOf = (_args, call) => {
  const arg = call.args[0]
  if (arg === undefined || arg.type === 'string') return 'false'
  return `(${call.nullableText(arg) ?? call.render(arg)} IS NULL)`
}

const isEmpty: SqlOf = (_args, call) => {
  const arg = call.args[0]
  if (arg === undefined) return 'true'
  if (arg.type === 'string') return `(${call.render(arg)} = '')`
  const text = call.nullableText(arg)
  if (text === undefined) return `(${call.render(arg)} IS NULL)`
  return arg.kind === 'column' ? `(NOT ${filledBag(call.render(arg), text)})` : `(coalesce(${text}, '') = '')`
}

/** A bag or an array is never empty text, and its first character tells without reading the JSON. */
function filledBag(json: string, text: string): string {
  const starts = (char: string): string => `starts_with(CAST(${json} AS VARCHAR), '${char}')`
  return `(${json} IS NOT NULL AND CASE WHEN ${starts('{')} OR ${starts('[')} THEN true ELSE coalesce(${text}, '') <> '' END)`
}

const isNotEmpty: SqlOf = (args, call) => {
  const arg = call.args[0]
  const text = arg === undefined ? undefined : call.nullableText(arg)
  return arg?.kind === 'column' && text !== undefined
    ? filledBag(call.render(arg), text)
    : `(NOT ${isEmpty(args, call)})`
}

const not =
  (sql: SqlOf): SqlOf =>
  (args, call) =>
    `(NOT ${sql(args, call)})`

function extreme(name: string, sql: 'greatest' | 'least'): FunctionRow {
  return {
    name,
    lazy: true,
    sql: {
      duckdb: (_args, call) => `${sql}(${call.args.map((_arg, i) => call.sql(i, call.type)).join(', ')})`,
    },
  }
}

export const conversionRows: readonly FunctionRow[] = [
  to('string', 'tostring'),
  to('bool', 'tobool', 'toboolean'),
  to('int', 'toint'),
  to('long', 'tolong'),
  to('real', 'todouble', 'toreal'),
  to('decimal', 'todecimal'),
  to('datetime', 'todatetime'),
  to('timespan', 'totimespan', 'totime'),
  to('guid', 'toguid'),
  {
    name: 'iff',
    aliases: ['iif'],
    lazy: true,
    rules: ['S12'],
    sql: {
      duckdb: (_args, call) =>
        `CASE WHEN ${condition(call, 0)} THEN ${call.sql(1, call.type)} ELSE ${call.sql(2, call.type)} END`,
    },
  },
  { name: 'case', lazy: true, rules: ['S12'], sql: { duckdb: caseSql } },
  { name: 'coalesce', lazy: true, rules: ['S12'], sql: { duckdb: coalesceSql } },
  { name: 'isnull', lazy: true, rules: ['S1'], sql: { duckdb: isNull } },
  { name: 'isnotnull', aliases: ['notnull'], lazy: true, rules: ['S1'], sql: { duckdb: not(isNull) } },
  { name: 'isempty', lazy: true, rules: ['S1'], sql: { duckdb: isEmpty } },
  { name: 'isnotempty', aliases: ['notempty'], lazy: true, rules: ['S1'], sql: { duckdb: isNotEmpty } },
  extreme('max_of', 'greatest'),
  extreme('min_of', 'least'),
  {
    name: 'gettype',
    lazy: true,
    sql: {
      duckdb: (_args, call) => {
        const arg = call.args[0]
        if (arg === undefined) return call.refuse('gettype() without a value')
        if (arg.type !== 'dynamic') return call.builder.text(arg.type)
        const json = call.render(arg)
        return `CASE json_type(${json}) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' WHEN 'VARCHAR' THEN 'string'
          WHEN 'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'double' WHEN 'UBIGINT' THEN 'long' WHEN 'BIGINT' THEN 'long' ELSE 'null' END`
      },
    },
  },
  {
    name: 'assert',
    lazy: true,
    sql: {
      duckdb: (_args, call) =>
        `CASE WHEN ${condition(call, 0)} THEN true ELSE CAST(error('assert: ' || ${call.sql(1, 'string')}) AS BOOLEAN) END`,
    },
  },
]
