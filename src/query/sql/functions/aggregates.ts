import { convert } from '../convert.ts'
import type { AggregateCall, AggregateRow } from '../function-row.ts'
import type { KustoType } from '../types.ts'

/** Aggregates (S5). Nulls are skipped; on no rows count, sum, dcount and stdev are 0, lists empty, avg NaN, others null. */

type One = (call: AggregateCall) => string

const row = (name: string, sql: One, ...aliases: string[]): AggregateRow => ({
  name,
  aliases,
  rules: ['S5'],
  sql: { duckdb: (call) => [sql(call)] },
})

/** The `…if` form takes its predicate at `index`. */
function conditional(
  name: string,
  index: number,
  sql: (call: AggregateCall, ...only: string[]) => string,
  ...aliases: string[]
): AggregateRow {
  return row(
    name,
    (call) => {
      const predicate = call.args[index]
      if (predicate === undefined) return call.refuse(`${name}() without a predicate`)
      return sql(call, predicate.type === 'bool' ? call.condition(predicate) : call.sql(index, 'bool'))
    },
    ...aliases,
  )
}

function both(
  name: string,
  sql: (call: AggregateCall, ...only: string[]) => string,
  ...aliases: string[]
): AggregateRow[] {
  return [
    row(name, sql, ...aliases),
    conditional(`${name}if`, 1, sql, ...aliases.map((alias) => `${alias}if`)),
  ]
}

function sum(call: AggregateCall, ...only: string[]): string {
  const type = call.args[0]?.type ?? 'long'
  const numeric: KustoType =
    type === 'dynamic' || type === 'string' || type === 'bool'
      ? call.type === 'real'
        ? 'real'
        : 'long'
      : type
  const total = `sum(${call.sql(0, numeric)})${call.where(...only)}`
  if (numeric === 'real') return `coalesce(${total}, 0.0::DOUBLE)`
  if (numeric === 'decimal') return `CAST(coalesce(${total}, 0) AS DECIMAL(38,18))`
  return `CAST(coalesce(${total}, 0) AS BIGINT)`
}

function avg(call: AggregateCall, ...only: string[]): string {
  const type = call.args[0]?.type
  if (type === 'timespan') return `CAST(trunc(avg(${call.sql(0)})${call.where(...only)}) AS BIGINT)`
  if (type === 'datetime')
    return `make_timestamp(CAST(avg(epoch_us(${call.sql(0)}))${call.where(...only)} AS BIGINT))`
  if (type === 'decimal') return `CAST(avg(${call.sql(0)})${call.where(...only)} AS DECIMAL(38,18))`
  return `coalesce(avg(${call.sql(0, 'real')})${call.where(...only)}, 'nan'::DOUBLE)`
}

function extreme(sql: 'min' | 'max') {
  return (call: AggregateCall, ...only: string[]): string => {
    const type = call.args[0]?.type ?? 'dynamic'
    if (type === 'dynamic') return `to_json(${sql}(${call.sql(0, 'string')})${call.where(...only)})`
    const value = `${sql}(${call.sql(0)})${call.where(...only)}`
    return type === 'string' ? `coalesce(${value}, '')` : value
  }
}

function moment(sql: string) {
  return (call: AggregateCall, ...only: string[]): string =>
    `coalesce(${sql}(${call.sql(0, 'real')})${call.where(...only)}, 0.0::DOUBLE)`
}

function covariance(sql: string) {
  return (call: AggregateCall, ...only: string[]): string =>
    `coalesce(${sql}(${call.sql(1, 'real')}, ${call.sql(0, 'real')})${call.where(...only)}, 0.0::DOUBLE)`
}

function dcount(call: AggregateCall, ...only: string[]): string {
  const arg = call.args[0]
  const value = arg?.type === 'dynamic' ? (call.nullableText(arg) ?? call.sql(0)) : call.sql(0)
  return `count(DISTINCT ${value})${call.where(...only)}`
}

/** The cap of a list: the last argument, 1,048,576 without one, 128 in the old spellings. */
function capped(call: AggregateCall, list: string, index: number): string {
  const old = call.name === 'makeset' || call.name === 'makelist'
  const given = call.constant(index)
  if (given === undefined && !old) return list
  const cap = given === undefined ? 128 : Number(given)
  return Number.isFinite(cap) ? `list_slice(${list}, 1, ${call.builder.integer(cap)})` : list
}

function isPresent(call: AggregateCall): string[] {
  const arg = call.args[0]
  if (arg === undefined || arg.type === 'string') return []
  return [`${call.nullableText(arg) ?? call.render(arg)} IS NOT NULL`]
}

/** Elements as the engine collects them: text stays text, everything else becomes JSON. */
function element(call: AggregateCall): string {
  return call.args[0]?.type === 'string' ? call.sql(0) : call.sql(0, 'dynamic')
}

/** In an order of their own: that of a set is undefined, and the engine's threads would give another in every run. */
function makeSet(call: AggregateCall, capIndex: number, ...only: string[]): string {
  const arg = call.args[0]
  if (arg?.type === 'dynamic') {
    // An array contributes its elements (S5).
    const lists = `list(kql_elements_flat(${call.render(arg)}))${call.where(...isPresent(call), ...only)}`
    return `coalesce(to_json(${capped(call, `list_sort(list_distinct(flatten(${lists})))`, capIndex)}), '[]'::JSON)`
  }
  const isInteger = arg?.type === 'int' || arg?.type === 'long'
  const value = isInteger ? call.sql(0) : element(call)
  const list = `list(DISTINCT ${value})${call.where(...isPresent(call), ...only)}`
  return `coalesce(to_json(${capped(call, `list_sort(${list})`, capIndex)}), '[]'::JSON)`
}

function makeList(call: AggregateCall, capIndex: number, ...only: string[]): string {
  const arg = call.args[0]
  if (arg?.type === 'dynamic') {
    // An array contributes its elements: the engine's answers to the examples of geo_h3cell_rings() and
    // geo_polygon_to_h3cells() can be had no other way.
    const lists = `list(kql_elements_flat(${call.render(arg)})${call.order})${call.where(...isPresent(call), ...only)}`
    return `coalesce(to_json(${capped(call, `flatten(${lists})`, capIndex)}), '[]'::JSON)`
  }
  const list = `list(${element(call)}${call.order})${call.where(...isPresent(call), ...only)}`
  return `coalesce(to_json(${capped(call, list, capIndex)}), '[]'::JSON)`
}

function makeBag(call: AggregateCall, ...only: string[]): string {
  const bags = `list(${call.sql(0, 'dynamic')}${call.order})${call.where(`json_type(${call.sql(0, 'dynamic')}) = 'OBJECT'`, ...only)}`
  call.native('kql_merge_bags')
  return `CAST(kql_merge_bags(CAST(coalesce(to_json(${bags}), '[]'::JSON) AS VARCHAR)) AS JSON)`
}

/** Values of the row with the greatest (least) key; rows whose key is null lose to any other (S5). */
function argExtreme(sql: 'arg_max' | 'arg_min') {
  return (call: AggregateCall): readonly string[] => {
    const key = call.args[0]
    if (key === undefined) return call.refuse(`${call.name}() without a key`)
    const by = key.type === 'dynamic' ? (call.nullableText(key) ?? call.render(key)) : call.render(key)
    const best = sql === 'arg_max' ? 'max' : 'min'
    const keyValue = `${best}(${by})${call.where()}`
    const first =
      key.type === 'dynamic'
        ? `to_json(${keyValue})`
        : key.type === 'string'
          ? `coalesce(${keyValue}, '')`
          : keyValue
    const others = call.args.slice(1)
    if (others.length === 0) return [first]
    const fields = others.map((arg, i) => `'f${i}': ${call.render(arg)}`)
    const row = `{${fields.join(', ')}}`
    const chosen = `coalesce(${sql}(${row}, ${by})${call.where()}, first(${row})${call.where()})`
    return [
      first,
      ...others.map((arg, i) =>
        arg.type === 'string' ? `coalesce((${chosen}).f${i}, '')` : `(${chosen}).f${i}`,
      ),
    ]
  }
}

function takeAny(call: AggregateCall, ...only: string[]): string[] {
  const [arg] = call.args
  if (call.args.length === 1 && arg !== undefined) {
    const found = `any_value(${call.sql(0)})${call.where(...only)}`
    if (arg.type !== 'string') return [found]
    return [`coalesce(any_value(${call.sql(0)})${call.where(`${call.sql(0)} <> ''`, ...only)}, '')`]
  }
  // One row, not one value per column (S5).
  const fields = call.args.map((item, i) => `'f${i}': ${call.render(item)}`)
  const chosen = `first({${fields.join(', ')}})${call.where(...only)}`
  return call.args.map((item, i) =>
    item.type === 'string' ? `coalesce((${chosen}).f${i}, '')` : `(${chosen}).f${i}`,
  )
}

/** Percentiles are values of the data, not interpolated (S5). */
function quantile(call: AggregateCall, percent: unknown): string {
  const p = Number(percent)
  if (percent === undefined || !Number.isFinite(p))
    return call.refuse(`${call.name}() with a computed percentile`)
  const share = call.builder.bind({ type: 'real', value: Math.min(Math.max(p, 0), 100) / 100 })
  return `quantile_disc(${call.sql(0)}, ${share})${call.where(...isPresent(call))}`
}

function percentilesArray(call: AggregateCall): string {
  const given = call.args.slice(1).map((_arg, i) => call.constant(i + 1))
  const flat = given.flatMap((value) => (Array.isArray(value) ? value : [value]))
  const type = call.args[0]?.type ?? 'real'
  const parts = flat.map((value) => convert(quantile(call, value), type, 'dynamic'))
  return `json_array(${parts.join(', ')})`
}

function weightedJson(call: AggregateCall, percent: unknown): string {
  if (typeof percent !== 'string' && typeof percent !== 'number')
    return call.refuse(`${call.name}() with a computed percentile`)
  const share = call.builder.bind({ type: 'real', value: Number(percent) })
  const column = (i: number): string =>
    `CAST(to_json(list(${call.sql(i, 'dynamic')})${call.where()}) AS VARCHAR)`
  return `CAST(${call.native('kql_weighted_percentile')}(${column(0)}, ${column(1)}, ${share}) AS JSON)`
}

function weightedSql(call: AggregateCall, percent: unknown): string {
  return convert(weightedJson(call, percent), 'dynamic', call.args[0]?.type ?? 'real')
}

const predicateAt = (call: AggregateCall, index: number): string => {
  const arg = call.args[index]
  return arg === undefined ? call.refuse(`${call.name}() without a predicate`) : call.condition(arg)
}

export const aggregateRows: readonly AggregateRow[] = [
  row('count', (call) =>
    call.args[0]?.type === 'bool' ? `count(*)${call.where(predicateAt(call, 0))}` : `count(*)${call.where()}`,
  ),
  row('countif', (call) => `count(*)${call.where(predicateAt(call, 0))}`),
  ...both('sum', sum),
  ...both('avg', avg),
  ...both('min', extreme('min')),
  ...both('max', extreme('max')),
  ...both('stdev', moment('stddev_samp')),
  ...both('stdevp', moment('stddev_pop')),
  ...both('variance', moment('var_samp')),
  ...both('variancep', moment('var_pop')),
  { ...row('dcount', (call) => dcount(call)), differs: 'exact, where Kusto estimates' },
  conditional('dcountif', 1, dcount),
  row('count_distinct', (call) => dcount(call)),
  conditional('count_distinctif', 1, dcount),
  row('make_set', (call) => makeSet(call, 1), 'makeset'),
  row('make_set_if', (call) => makeSet(call, 2, predicateAt(call, 1))),
  row('make_list', (call) => makeList(call, 1), 'makelist'),
  row('make_list_if', (call) => makeList(call, 2, predicateAt(call, 1))),
  row(
    'make_list_with_nulls',
    (call) => `coalesce(to_json(list(${element(call)}${call.order})${call.where()}), '[]'::JSON)`,
  ),
  row('make_bag', (call) => makeBag(call), 'make_dictionary'),
  row('make_bag_if', (call) => makeBag(call, predicateAt(call, 1))),
  { name: 'arg_max', aliases: ['argmax'], rules: ['S5'], sql: { duckdb: argExtreme('arg_max') } },
  { name: 'arg_min', aliases: ['argmin'], rules: ['S5'], sql: { duckdb: argExtreme('arg_min') } },
  { name: 'take_any', aliases: ['any'], rules: ['S5'], sql: { duckdb: (call) => takeAny(call) } },
  {
    name: 'take_anyif',
    aliases: ['anyif'],
    rules: ['S5'],
    sql: { duckdb: (call) => takeAny({ ...call, args: call.args.slice(0, 1) }, predicateAt(call, 1)) },
  },
  {
    ...row('percentile', (call) => quantile(call, call.constant(1))),
    differs: 'exact, where Kusto estimates',
  },
  {
    name: 'percentiles',
    rules: ['S5'],
    differs: 'exact, where Kusto estimates',
    sql: { duckdb: (call) => call.args.slice(1).map((_arg, i) => quantile(call, call.constant(i + 1))) },
  },
  row('percentiles_array', percentilesArray),
  row('percentilew', (call) => weightedSql(call, call.constant(2))),
  {
    name: 'percentilesw',
    rules: ['S5'],
    sql: { duckdb: (call) => call.args.slice(2).map((_arg, i) => weightedSql(call, call.constant(i + 2))) },
  },
  row('percentilesw_array', (call) => {
    const given = call.args.slice(2).map((_arg, i) => call.constant(i + 2))
    const flat = given.flatMap((value) => (Array.isArray(value) ? value : [value]))
    return `json_array(${flat.map((value) => weightedJson(call, value)).join(', ')})`
  }),
  row('binary_all_and', (call) => `bit_and(${call.sql(0, 'long')})${call.where()}`),
  row('binary_all_or', (call) => `bit_or(${call.sql(0, 'long')})${call.where()}`),
  row('binary_all_xor', (call) => `bit_xor(${call.sql(0, 'long')})${call.where()}`),
  row('covariance', covariance('covar_samp')),
  row('covariancep', covariance('covar_pop')),
  conditional('covarianceif', 2, covariance('covar_samp')),
  conditional('covariancepif', 2, covariance('covar_pop')),
]
