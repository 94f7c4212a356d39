import { constantText, type SqlBuilder } from './builder.ts'
import { convert } from './convert.ts'
import type { Dialect, ExpandOptions, MakeSeriesOptions, ParseOptions, Path } from './dialect.ts'
import { aggregateTable, functionTable } from './functions/index.ts'
import { orderBy } from './relation.ts'
import { DUCKDB_STORAGE, type KustoType } from './types.ts'

/** DuckDB: the embedded default. Macros and native functions it relies on are created by the engine at start. */
export const duckdb: Dialect = {
  name: 'duckdb',
  functions: functionTable,
  aggregates: aggregateTable,
  placeholder: (index, type) => `$${index}::${type === 'dynamic' ? 'JSON' : DUCKDB_STORAGE[type]}`,
  storage: (type) => DUCKDB_STORAGE[type],
  hasNatives: true,
  hasRecursion: true,
  settings: '',
  materialized: 'MATERIALIZED ',
  semiJoin: 'SEMI JOIN',
  antiJoin: 'ANTI JOIN',
  null: (type) => (type === 'string' ? `''` : `CAST(NULL AS ${DUCKDB_STORAGE[type]})`),
  convert,
  orEmpty: (text) => `coalesce(${text}, '')`,
  dynamicText: (json) => `(${json} ->> '$')`,
  member: (json, path) => `json_extract(${json}, ${constantText(jsonPath(path))})`,
  memberText: (json, path) => `json_extract_string(${json}, ${constantText(jsonPath(path))})`,
  lazyJson: (text) => `CASE WHEN json_valid(${text}) THEN ${text} END`,
  splitElement: (text, delimiter, position) => `string_split(${text}, ${delimiter})[${position}]`,
  nativeArgument: (sql, type) => {
    if (type === 'dynamic' || type === 'guid') return `CAST(${sql} AS VARCHAR)`
    return type === 'datetime' ? `epoch_us(${sql})` : `CAST(${sql} AS ${DUCKDB_STORAGE[type]})`
  },
  nativeResult: (sql, type) => {
    if (type === 'dynamic') return `CAST(${sql} AS JSON)`
    if (type === 'datetime') return `make_timestamp(${sql})`
    return type === 'string' ? `coalesce(${sql}, '')` : sql
  },
  expand,
  orderClause: (relation) => (relation.order.length === 0 ? '' : ` ORDER BY ${orderBy(relation.order)}`),
  distinctOn: (keys, from, order) =>
    keys.length === 0
      ? `SELECT * FROM ${from} LIMIT 1`
      : `SELECT DISTINCT ON (${keys.join(', ')}) * FROM ${from}${order}`,
  range,
  values: (rows, names) =>
    `SELECT * FROM (VALUES ${rows.map((cells) => `(${cells.join(', ')})`).join(', ')}) AS "v" (${names.join(', ')})`,
  bagKeys,
  parse,
  makeSeries,
}

/**
 * `$."a.b"[0]`: every key quoted, since keys hold dots and dollars (S3). A path cannot say the empty key; a pointer can, but
 * not count from the end.
 */
export function jsonPath(path: Path): string {
  if (path.includes(''))
    return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  const steps = path.map((step) =>
    typeof step === 'number'
      ? `[${step < 0 ? `#${step}` : step}]`
      : `."${step.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  )
  return `$${steps.join('')}`
}

/** The elements of an array, in one step: JSON, or text where all that is wanted is a scalar. Else an empty list. */
function arrayElements(item: ExpandItem): string {
  const take = item.to === undefined ? 'json_extract' : 'json_extract_string'
  if (item.path.includes('')) return `${take}(${item.sql}, '$[*]')`
  return `${take}(${item.json ?? item.sql}, ${constantText(`${jsonPath(item.path)}[*]`)})`
}

type ExpandItem = ExpandOptions['items'][number]

/** A list that is empty may also be of a bag, a scalar or null, which only then cost a second look (S9). */
function elements(item: ExpandItem, list: string, bagArrays: boolean): string {
  const rare = `${bagArrays ? 'kql_pairs' : 'kql_elements'}(${item.sql})`
  const other = item.to === undefined ? rare : `list_transform(${rare}, lambda x: x ->> '$')`
  return `CASE WHEN len(${list}) > 0 THEN ${list} ELSE ${other} END`
}

function expand(options: ExpandOptions): string {
  const { keep, items, index, limit, bagArrays } = options
  // Lists are columns of a table of their own: inside CASE they would be computed twice.
  const arrays = items.flatMap((item, i) =>
    item.type === 'dynamic' ? [`${arrayElements(item)} AS "$l${i}"`] : [],
  )
  const from = arrays.length === 0 ? options.from : `(SELECT *, ${arrays.join(', ')} FROM ${options.from})`
  const cut = (list: string): string => (limit === undefined ? list : `(${list})[1:${limit}]`)
  const lists = items.map((item, i) =>
    cut(
      item.type === 'dynamic'
        ? elements(item, `"$l${i}"`, bagArrays)
        : `[${convert(item.sql, item.type, item.to === undefined ? 'dynamic' : 'string')}]`,
    ),
  )
  const unnested = items.map((item, i) => `unnest(${lists[i]}) AS ${item.as}`)
  if (index !== undefined) {
    const longest =
      lists.length === 1 ? `len(${lists[0]})` : `greatest(${lists.map((l) => `len(${l})`).join(', ')})`
    unnested.push(`unnest(range(CAST(${longest} AS BIGINT))) AS ${index}`)
  }
  const inner = `SELECT ${[...keep, ...unnested].join(', ')} FROM ${from}`
  if (items.every((item) => item.to === undefined)) return inner
  const cells = items.map((item) => {
    if (item.to === undefined) return item.as
    const value = item.to === 'string' ? `coalesce(${item.as}, '')` : convert(item.as, 'string', item.to)
    return `${value} AS ${item.as}`
  })
  return `SELECT ${[...keep, ...cells, ...(index === undefined ? [] : [index])].join(', ')} FROM (${inner})`
}

function range({ from, to, step, type, as }: Parameters<Dialect['range']>[0]): string {
  if (type === 'datetime') {
    const [a, b, w] = [`epoch_us(${from})`, `epoch_us(${to})`, `(${step} // 10)`]
    return `SELECT make_timestamp(${a} + "$n" * ${w}) AS ${as}, "$n" FROM ${counted(`(${b} - ${a}) // ${w} + 1`)}`
  }
  const count =
    type === 'real'
      ? `CAST(floor((${to} - ${from}) / ${step} + 1e-9) AS BIGINT) + 1`
      : `(${to} - ${from}) // ${step} + 1`
  return `SELECT CAST(${from} + "$n" * ${step} AS ${DUCKDB_STORAGE[type]}) AS ${as}, "$n" FROM ${counted(count)}`
}

/** Numbers from 0: the table function is interrupted at a time limit, a list unnested is not. */
function counted(count: string): string {
  return `(SELECT CAST(${count} AS BIGINT) AS "$c"), range("$c") AS "t" ("$n")`
}

function bagKeys(json: string, from: string): string {
  const keys = `SELECT unnest(json_keys("$b")) AS "name", "$b" FROM (SELECT ${json} AS "$b" FROM ${from}) WHERE json_type("$b") = 'OBJECT'`
  const types = `SELECT "name", json_type(json_extract("$b", kql_key("name"))) AS "t", json_extract_string("$b", kql_key("name")) AS "v" FROM (${keys}) WHERE "name" <> ''`
  return `SELECT "name", CASE
    WHEN count(*) FILTER (WHERE "t" <> 'NULL') = 0 THEN 'dynamic'
    WHEN bool_and("t" IN ('BIGINT', 'UBIGINT', 'NULL')) THEN 'long'
    WHEN bool_and("t" IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'NULL')) THEN 'real'
    WHEN bool_and("t" IN ('BOOLEAN', 'NULL')) THEN 'bool'
    WHEN bool_and("t" IN ('VARCHAR', 'NULL')) THEN CASE
      WHEN bool_and("v" IS NULL OR regexp_full_match("v", '[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z?)?')) THEN 'datetime' ELSE 'string' END
    ELSE 'dynamic' END AS "type" FROM (${types}) GROUP BY "name" ORDER BY "name"`
}

/**
 * Text that does not match gives empty groups, and an empty group is null to every typed column: so a match is asked
 * for by itself only where rows are filtered and no typed column tells.
 */
function parse(options: ParseOptions): string {
  const { from, keep, value, regex, groups, mode, filter } = options
  const names = groups.map((_group, i) => `'g${i}'`)
  const struct = groups.length === 0 ? 'NULL' : `regexp_extract("$v", ${regex}, [${names.join(', ')}])`
  const typed = groups.flatMap((group, i) => (group.type === 'string' ? [] : [i]))
  const filled =
    mode === 'relaxed' || typed.length === 0
      ? undefined
      : typed.map((i) => `"$t${i}" IS NOT NULL`).join(' AND ')
  const asked = filter && filled === undefined
  const extracted = `SELECT *, ${asked ? `regexp_matches("$v", ${regex}) AS "$m", ` : ''}${struct} AS "$g" FROM (SELECT *, ${value} AS "$v" FROM ${from})`
  const converted = typed.map(
    (i) => `${typedGroup(`"$g".g${i}`, groups[i]?.type ?? 'string', mode)} AS "$t${i}"`,
  )
  const inner = converted.length === 0 ? extracted : `SELECT *, ${converted.join(', ')} FROM (${extracted})`
  const cells = groups.map((group, i) => {
    if (group.type !== 'string')
      return filled === undefined || filter || typed.length === 1
        ? `"$t${i}" AS ${group.as}`
        : `CASE WHEN ${filled} THEN "$t${i}" END AS ${group.as}`
    return filled === undefined || filter
      ? `"$g".g${i} AS ${group.as}`
      : `CASE WHEN ${filled} THEN "$g".g${i} ELSE '' END AS ${group.as}`
  })
  const select = [...keep, ...cells]
  const where = filter ? ` WHERE ${filled ?? '"$m"'}` : ''
  return `SELECT ${select.length === 0 ? '1 AS "$one"' : select.join(', ')} FROM (${inner})${where}`
}

/** The pattern of an integer column lets only an integer through, unless it is relaxed. */
function typedGroup(group: string, type: KustoType, mode: ParseOptions['mode']): string {
  return mode !== 'relaxed' && (type === 'long' || type === 'int')
    ? `TRY_CAST(${group} AS ${DUCKDB_STORAGE[type]})`
    : convert(group, 'string', type)
}

/** Positions on the axis are integers (microseconds, ticks) or doubles; bins are counted from the start. */
function makeSeries(options: MakeSeriesOptions, builder: SqlBuilder): string {
  const { keys, values, onType } = options
  const number = (sql: string): string => (onType === 'datetime' ? `epoch_us(${sql})` : sql)
  const step = onType === 'datetime' ? `(${options.step} // 10)` : options.step
  const origin = onType === 'datetime' ? '62135596800000000' : '0'
  const floor = (sql: string): string =>
    onType === 'real' ? `floor(${sql} / ${step}) * ${step}` : `${sql} - kql_mod(${sql} + ${origin}, ${step})`
  const keyNames = keys.map((_key, i) => `"$k${i}"`)
  const within =
    keys.length === 0 ? 'OVER ()' : `OVER (PARTITION BY ${keys.map((key) => key.sql).join(', ')})`
  const x = number(options.on)
  const start = options.start === undefined ? floor(`min(${x}) ${within}`) : number(options.start)
  const end = options.end === undefined ? `max(${x}) ${within} + 1` : number(options.end)
  const placed = builder.add(
    `SELECT ${['*', ...keys.map((key, i) => `${key.sql} AS ${keyNames[i]}`), `${x} AS "$x"`, `${start} AS "$s"`, `${end} AS "$e"`].join(', ')} FROM ${options.from}`,
  )
  const index =
    onType === 'real' ? `CAST(floor(("$x" - "$s") / ${step}) AS BIGINT)` : `("$x" - "$s") // ${step}`
  const groups = [...keyNames, '"$s"', index]
  const counted = builder.add(
    `SELECT ${[...keyNames, '"$s"', `${index} AS "$i"`, ...values.map((value, i) => `${value.sql} AS "$v${i}"`)].join(', ')} FROM ${placed} WHERE "$x" >= "$s" AND "$x" < "$e" GROUP BY ${groups.join(', ')}`,
  )
  const bounds =
    options.nonEmpty && keys.length === 0 && options.start !== undefined && options.end !== undefined
      ? `SELECT ${start} AS "$s", ${end} AS "$e"`
      : `SELECT DISTINCT ${[...keyNames, '"$s"', '"$e"'].join(', ')} FROM ${placed} WHERE "$s" IS NOT NULL`
  const count =
    onType === 'real'
      ? `CAST(ceil(("$e" - "$s") / ${step} - 1e-9) AS BIGINT)`
      : `(("$e" - "$s") + ${step} - 1) // ${step}`
  const grid = builder.add(
    `SELECT ${[...keyNames, '"$s"', '"$i"'].join(', ')} FROM (SELECT *, CAST(greatest(${count}, 0) AS BIGINT) AS "$c" FROM (${bounds})), range("$c") AS "t" ("$i")`,
  )
  const axisValue = `"g"."$s" + "g"."$i" * ${step}`
  const axis = convert(onType === 'datetime' ? `make_timestamp(${axisValue})` : axisValue, onType, 'dynamic')
  const match = [...keyNames, '"$s"', '"$i"'].map((name) => `"g".${name} IS NOT DISTINCT FROM "c".${name}`)
  const lists = values.map((value, i) => {
    const cell = `coalesce("c"."$v${i}", ${value.fallback})`
    return `to_json(list(${convert(cell, value.type, 'dynamic')} ORDER BY "g"."$i")) AS ${value.as}`
  })
  const shown = keyNames.map((name, i) => `"g".${name} AS ${keys[i]?.as}`)
  const byKeys =
    keyNames.length === 0
      ? ' HAVING count(*) > 0'
      : ` GROUP BY ${keyNames.map((name) => `"g".${name}`).join(', ')}`
  return builder.add(
    `SELECT ${[...shown, ...lists, `to_json(list(${axis} ORDER BY "g"."$i")) AS ${options.axis}`].join(', ')} FROM ${grid} AS "g" LEFT JOIN ${counted} AS "c" ON ${match.join(' AND ')}${byKeys}`,
  )
}
