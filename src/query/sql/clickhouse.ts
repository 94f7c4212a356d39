import { constantText } from './builder.ts'
import type { Dialect, ExpandOptions, Path } from './dialect.ts'
import { aggregateTable, functionTable } from './functions/index.ts'
import { orderBy } from './relation.ts'
import { CLICKHOUSE_STORAGE, type KustoType } from './types.ts'

/**
 * ClickHouse: the second engine, for the queries of detection packs. Strings are String and never null, all else is
 * Nullable; dynamic is a String that holds JSON, NULL when missing. A function without ClickHouse SQL is refused by name.
 */
export const clickhouse: Dialect = {
  name: 'clickhouse',
  functions: functionTable,
  aggregates: aggregateTable,
  placeholder: (index, type) => `{p${index}:${CLICKHOUSE_STORAGE[type]}}`,
  storage,
  hasNatives: false,
  hasRecursion: false,
  // Aliases must not hide columns of the input, unmatched cells of joins are null, and dots stop at line breaks.
  settings: ' SETTINGS prefer_column_name_to_alias = 1, join_use_nulls = 1',
  materialized: '',
  semiJoin: 'LEFT SEMI JOIN',
  antiJoin: 'LEFT ANTI JOIN',
  null: (type) => (type === 'string' ? `''` : `CAST(NULL AS ${storage(type)})`),
  convert,
  orEmpty: (text) => `ifNull(${text}, '')`,
  dynamicText: (json) => textOfJson(json),
  member: (json, path) => `nullIf(JSONExtractRaw(ifNull(${json}, ''), ${steps(path)}), '')`,
  memberText: (json, path) => textOfJson(`nullIf(JSONExtractRaw(ifNull(${json}, ''), ${steps(path)}), '')`),
  lazyJson: (text) => text,
  splitElement: (text, delimiter, position) => `splitByString(${delimiter}, ${text})[${position}]`,
  nativeArgument: (sql) => sql,
  nativeResult: (sql) => sql,
  expand,
  orderClause: (relation) => (relation.order.length === 0 ? '' : ` ORDER BY ${orderBy(relation.order)}`),
  distinctOn: (keys, from, order) =>
    keys.length === 0
      ? `SELECT * FROM ${from} LIMIT 1`
      : `SELECT * FROM ${from}${order} LIMIT 1 BY ${keys.join(', ')}`,
  range: ({ from, to, step, type, as }) => {
    const n = 'toInt64(number) AS "$n"'
    if (type === 'datetime') {
      const [a, b, w] = [micros(from), micros(to), `intDiv(${step}, 10)`]
      return `SELECT fromUnixTimestamp64Micro(${a} + toInt64(number) * ${w}, 'UTC') AS ${as}, ${n} FROM numbers(toUInt64(greatest(intDiv(${b} - ${a}, ${w}) + 1, 0)))`
    }
    return `SELECT ${from} + toInt64(number) * ${step} AS ${as}, ${n} FROM numbers(toUInt64(greatest(floor((${to} - ${from}) / ${step}) + 1, 0)))`
  },
  values: (rows, names) =>
    rows
      .map((cells) => `SELECT ${cells.map((cell, i) => `${cell} AS ${names[i]}`).join(', ')}`)
      .join('\nUNION ALL '),
  bagKeys: () => unsupported('columns that depend on the data'),
  parse: () => unsupported('parse'),
  makeSeries: () => unsupported('make-series'),
}

/** Thrown for forms only DuckDB has; the compiler turns it into a refusal. */
export class DialectLacks extends Error {
  override readonly name = 'DialectLacks'
}

function unsupported(what: string): never {
  throw new DialectLacks(what)
}

function storage(type: KustoType): string {
  return type === 'string' ? 'String' : `Nullable(${CLICKHOUSE_STORAGE[type]})`
}

export function micros(sql: string): string {
  return `toUnixTimestamp64Micro(${sql})`
}

/** Keys as texts, indexes from 1, -1 the last: ClickHouse's own counting. */
function steps(path: Path): string {
  return path
    .map((step) =>
      typeof step === 'number'
        ? String(step < 0 ? step : step + 1)
        : constantText(step).replaceAll('\\', '\\\\'),
    )
    .join(', ')
}

/** Text of a JSON value: a string without its quotes, null for null. */
function textOfJson(json: string): string {
  return `multiIf(${json} IS NULL OR ${json} = 'null', NULL, startsWith(${json}, '"'), JSONExtractString(${json}), ${json})`
}

function textOf(sql: string, type: KustoType): string {
  switch (type) {
    case 'string':
      return sql
    case 'dynamic':
      return `ifNull(${textOfJson(sql)}, '')`
    case 'datetime':
      return `ifNull(concat(formatDateTime(${sql}, '%Y-%m-%dT%H:%i:%S.%f'), '0Z'), '')`
    case 'bool':
      return `multiIf(${sql}, 'true', NOT ${sql}, 'false', '')`
    case 'timespan':
      return unsupported('the text of a timespan')
    default:
      return `ifNull(toString(${sql}), '')`
  }
}

function convert(sql: string, from: KustoType, to: KustoType): string {
  if (from === to) return sql
  if (to === 'string') return textOf(sql, from)
  if (to === 'dynamic')
    return from === 'string'
      ? `toJSONString(${sql})`
      : from === 'datetime'
        ? `toJSONString(${textOf(sql, from)})`
        : `toString(${sql})`
  if (from === 'dynamic') return convert(`ifNull(${textOfJson(sql)}, '')`, 'string', to)
  if (from === 'string') {
    switch (to) {
      case 'int':
        return `toInt32OrNull(${sql})`
      case 'long':
        return `toInt64OrNull(${sql})`
      case 'real':
        return `toFloat64OrNull(${sql})`
      case 'bool':
        return `multiIf(lower(${sql}) IN ('true', '1'), true, lower(${sql}) IN ('false', '0'), false, NULL)`
      case 'datetime':
        return `parseDateTime64BestEffortOrNull(${sql}, 6, 'UTC')`
      case 'guid':
        return `toUUIDOrNull(${sql})`
      default:
        return unsupported(`the conversion of text to ${to}`)
    }
  }
  switch (to) {
    case 'int':
    case 'long':
    case 'timespan':
      return `CAST(trunc(${sql}) AS Nullable(${to === 'int' ? 'Int32' : 'Int64'}))`
    case 'real':
      return `toFloat64(${sql})`
    case 'bool':
      return `(${sql} <> 0)`
    default:
      return unsupported(`the conversion of ${from} to ${to}`)
  }
}

/** `mv-expand` of one column: null gives one row, an empty array none. */
function expand({ from, keep, items, index, limit, bagArrays }: ExpandOptions): string {
  const [item, second] = items
  if (bagArrays) return unsupported('mv-expand kind=array')
  if (item === undefined || second !== undefined) return unsupported('mv-expand of several columns')
  const json = item.type === 'dynamic' ? item.sql : convert(item.sql, item.type, 'dynamic')
  const raw = `ifNull(${json}, 'null')`
  const list = `if(JSONType(${raw}) = 'Array', JSONExtractArrayRaw(${raw}), if(JSONType(${raw}) = 'Object', arrayMap(x -> concat('{', toJSONString(x.1), ':', x.2, '}'), JSONExtractKeysAndValuesRaw(${raw})), [${raw}]))`
  const cut = limit === undefined ? list : `arraySlice(${list}, 1, ${limit})`
  const value =
    item.to === undefined ? `nullIf("$e", 'null')` : convert(`nullIf("$e", 'null')`, 'dynamic', item.to)
  const cells = [
    ...keep,
    `${value} AS ${item.as}`,
    ...(index === undefined ? [] : [`toInt64("$i") - 1 AS ${index}`]),
  ]
  const joined = index === undefined ? '"$l" AS "$e"' : '"$l" AS "$e", arrayEnumerate("$l") AS "$i"'
  return `SELECT ${cells.join(', ')} FROM (SELECT *, ${cut} AS "$l" FROM ${from}) ARRAY JOIN ${joined}`
}
