import { convert } from '../convert.ts'
import type { Call, FunctionRow, SqlOf } from '../function-row.ts'

/** Arrays and bags (S3): JSON in, JSON out. */

const parseJson: SqlOf = (_args, call) => {
  const arg = call.args[0]
  if (arg === undefined) return call.refuse('parse_json() without a value')
  // A value that is dynamic already stays what it is.
  return arg.type === 'string' ? `kql_parse_json(${call.render(arg)})` : call.render(arg, 'dynamic')
}

/** Keys are text; values of every type become JSON. */
const bagPack: SqlOf = (_args, call) => {
  const parts: string[] = []
  for (let i = 0; i + 1 < call.args.length; i += 2)
    parts.push(call.sql(i, 'string'), call.sql(i + 1, 'dynamic'))
  return `json_object(${parts.join(', ')})`
}

const bagPackNotNull: SqlOf = (_args, call) => {
  const parts: string[] = []
  for (let i = 0; i + 1 < call.args.length; i += 2) {
    const arg = call.args[i + 1]
    const empty = arg?.type === 'string' ? `(${call.sql(i + 1)} = '')` : `(${call.sql(i + 1)} IS NULL)`
    parts.push(
      `CASE WHEN ${empty} THEN '{}'::JSON ELSE json_object(${call.sql(i, 'string')}, ${call.sql(i + 1, 'dynamic')}) END`,
    )
  }
  return parts.length === 0 ? `'{}'::JSON` : parts.reduce((a, b) => `json_merge_patch(${a}, ${b})`)
}

const packArray: SqlOf = (_args, call) => {
  const parts = call.args.map((_arg, i) => call.sql(i, 'dynamic'))
  return `json_array(${parts.join(', ')})`
}

/** A step whose name or index is computed per row. */
const memberSql: SqlOf = (_args, call) => {
  const json = call.sql(0, 'dynamic')
  const key = call.args[1]
  if (key?.type === 'int' || key?.type === 'long') {
    const at = call.sql(1, 'long')
    return `json_extract(${json}, CASE WHEN ${at} < 0 THEN '$[#' || ${at} || ']' ELSE '$[' || ${at} || ']' END)`
  }
  const name = call.sql(1, 'string')
  return `json_extract(${json}, CASE WHEN ${name} = '' THEN '/' ELSE '$."' || replace(replace(${name}, '\\', '\\\\'), '"', '\\"') || '"' END)`
}

/** `extractjson(path, text [, typeof])`. */
const extractJson: SqlOf = (_args, call) => {
  const path = call.constant(0)
  if (typeof path !== 'string' || !/^\$?[\w.[\]'"*@ -]*$/.test(path))
    return call.refuse('extractjson() with this path')
  const [a, b] = [call.args[1], path.startsWith('$') ? path : `$.${path}`]
  if (a === undefined) return call.refuse('extractjson() without a value')
  const json =
    a.type === 'dynamic'
      ? call.render(a)
      : `CASE WHEN json_valid(${call.render(a, 'string')}) THEN ${call.render(a, 'string')} END`
  const quoted = b.replaceAll(
    /\['([^']*)'\]|\["([^"]*)"\]/g,
    (_m, x?: string, y?: string) => `."${x ?? y ?? ''}"`,
  )
  const found = `json_extract_string(${json}, ${call.builder.text(quoted)})`
  return call.type === 'string' ? `coalesce(${found}, '')` : convert(found, 'string', call.type)
}

const rangeSql: SqlOf = (_args, call) => {
  const type = call.args[0]?.type
  if (type === 'datetime') {
    const [a, b, w] = [
      `epoch_us(${call.sql(0)})`,
      `epoch_us(${call.sql(1, 'datetime')})`,
      `(${call.sql(2, 'timespan')} // 10)`,
    ]
    return `to_json(list_transform(range((${b} - ${a}) // ${w} + 1), lambda i: kql_datetime_text(make_timestamp(${a} + i * ${w}))))`
  }
  if (type === 'timespan') {
    const [a, b, w] = [call.sql(0), call.sql(1), call.sql(2, 'timespan')]
    return `to_json(list_transform(range((${b} - ${a}) // ${w} + 1), lambda i: kql_timespan_text(${a} + i * ${w})))`
  }
  if (call.args.some((arg) => arg.type === 'real')) {
    const [a, b, w] = [
      call.sql(0, 'real'),
      call.sql(1, 'real'),
      call.args.length > 2 ? call.sql(2, 'real') : '1.0',
    ]
    return `to_json(list_transform(range(CAST(floor((${b} - ${a}) / ${w} + 1e-9) AS BIGINT) + 1), lambda i: ${a} + i * ${w}))`
  }
  const [a, b, w] = [
    call.sql(0, 'long'),
    call.sql(1, 'long'),
    call.args.length > 2 ? call.sql(2, 'long') : '1',
  ]
  return `to_json(list_transform(range((${b} - ${a}) // ${w} + 1), lambda i: ${a} + i * ${w}))`
}

const row = (
  name: string,
  params: NonNullable<FunctionRow['params']>,
  sql: SqlOf,
  ...aliases: string[]
): FunctionRow => ({
  name,
  aliases,
  params,
  rules: ['S3'],
  sql: { duckdb: sql },
})

const lazy = (name: string, sql: SqlOf, ...aliases: string[]): FunctionRow => ({
  name,
  aliases,
  lazy: true,
  rules: ['S3'],
  sql: { duckdb: sql },
})

const contained: SqlOf = (_args, call) => {
  const list = `kql_texts(${call.sql(0, 'dynamic')})`
  return `coalesce(list_contains(${list}, ${call.sql(1, 'string')}), false)`
}

export const dynamicRows: readonly FunctionRow[] = [
  lazy('parse_json', parseJson, 'todynamic', 'parsejson', 'toobject'),
  lazy(
    'dynamic_to_json',
    (_args: readonly string[], call: Call) => `coalesce(CAST(${call.sql(0, 'dynamic')} AS VARCHAR), '')`,
  ),
  lazy('member', memberSql),
  lazy('extract_json', extractJson, 'extractjson'),
  lazy('bag_pack', bagPack, 'pack', 'pack_dictionary'),
  lazy('bag_pack_not_null', bagPackNotNull),
  lazy('pack_array', packArray),
  lazy('range', rangeSql),
  row('array_length', ['dynamic'], ([a]) => `kql_array_length(${a})`, 'arraylength'),
  row(
    'bag_keys',
    ['dynamic'],
    ([a]) => `CASE WHEN json_type(${a}) = 'OBJECT' THEN to_json(json_keys(${a})) END`,
  ),
  row(
    'bag_has_key',
    ['dynamic', 'string'],
    ([a, b]) => `CASE WHEN json_type(${a}) = 'OBJECT' THEN list_contains(json_keys(${a}), ${b}) END`,
  ),
  lazy('set_has_element', contained),
  row(
    'array_concat',
    ['dynamic'],
    (args) =>
      `to_json(list_concat(${args.map((a) => `CAST(json_extract(${a}, '$[*]') AS JSON[])`).join(', ')}))`,
  ),
  row(
    'array_reverse',
    ['dynamic'],
    ([a]) => `CASE WHEN json_type(${a}) = 'ARRAY' THEN to_json(list_reverse(json_extract(${a}, '$[*]'))) END`,
  ),
  lazy('array_index_of', (_args, call) => {
    if (call.args.length === 2 && call.args[1]?.type === 'string') {
      return `(coalesce(list_position(kql_texts(${call.sql(0, 'dynamic')}), ${call.sql(1, 'string')}), 0) - 1)`
    }
    const rest = [2, 3, 4].map((i) =>
      call.args[i] === undefined ? ['0', '-1', '1'][i - 2] : call.sql(i, 'long'),
    )
    const value = `CAST(${call.sql(1, 'dynamic')} AS VARCHAR)`
    const cells = rest.map((part) => `CAST(${part} AS BIGINT)`)
    return `${call.native('kql_array_find')}(CAST(${call.sql(0, 'dynamic')} AS VARCHAR), ${value}, ${cells.join(', ')})`
  }),
]
