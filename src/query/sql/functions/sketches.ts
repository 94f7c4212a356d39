import { convert } from '../convert.ts'
import type { AggregateCall, AggregateRow, Call, FunctionRow, SqlOf } from '../function-row.ts'

/**
 * `hll` and `tdigest` (S5): Kusto keeps approximations of an undocumented form. Here a sketch holds what was put into it,
 * the hashes of the distinct values or all values with their weights, so that counts and percentiles are exact; the
 * sketch itself, printed, is not Kusto's.
 */
const DIFFERS = 'exact, where Kusto estimates; the sketch itself prints differently'

const json = (sql: string): string => `CAST(${sql} AS JSON)`

/** Values that are there: a null never counts. */
function present(call: AggregateCall): string {
  const arg = call.args[0]
  if (arg === undefined) return call.refuse(`${call.name}() without a value`)
  return `${call.nullableText(arg) ?? call.render(arg)} IS NOT NULL`
}

function hashed(call: AggregateCall): string {
  const arg = call.args[0]
  return `CAST(hash(${(arg?.type === 'dynamic' ? call.nullableText(arg) : undefined) ?? call.sql(0)}) AS VARCHAR)`
}

/** Null for no values, as the engine gives it. */
const hll = (call: AggregateCall, ...only: string[]): string =>
  `to_json(list_sort(list(DISTINCT ${hashed(call)})${call.where(present(call), ...only)}))`

const predicate = (call: AggregateCall, index: number): string => {
  const arg = call.args[index]
  return arg === undefined ? call.refuse(`${call.name}() without a predicate`) : call.condition(arg)
}

const hashesOf = (sql: string): string => `from_json(${sql}, '["VARCHAR"]')`

function tdigest(call: AggregateCall): string {
  const where = call.where(present(call))
  const column = (index: number): string => `to_json(list(${call.sql(index, 'dynamic')})${where})`
  const weights = call.args[1] === undefined ? '' : `, 'weights', ${column(1)}`
  return `CASE WHEN count(*)${where} > 0 THEN json_object('values', ${column(0)}${weights}) END`
}

const merge = (call: Call, sketches: string): string =>
  json(`${call.native('kql_digest_merge')}(CAST(${sketches} AS VARCHAR))`)

/** Without a type the percentile is dynamic; with `typeof(…)` it is converted. */
const percentileSql: SqlOf = (_args, call) => {
  const found = json(
    `${call.native('kql_digest_percentile')}(CAST(${call.sql(0, 'dynamic')} AS VARCHAR), ${call.sql(1, 'real')})`,
  )
  return call.type === 'dynamic' ? found : convert(found, 'dynamic', call.type)
}

const percentilesSql: SqlOf = (_args, call) => {
  const given = call.constant(1)
  const wanted = Array.isArray(given) ? given : call.args.slice(1).map((_arg, i) => call.constant(i + 1))
  const percents = wanted.map((percent) =>
    typeof percent === 'number' || (typeof percent === 'string' && Number.isFinite(Number(percent)))
      ? call.builder.bind({ type: 'real', value: Number(percent) })
      : call.refuse(`${call.name}() with a computed percentile`),
  )
  const digest = `CAST(${call.sql(0, 'dynamic')} AS VARCHAR)`
  const found = percents.map((percent) =>
    json(`${call.native('kql_digest_percentile')}(${digest}, ${percent})`),
  )
  return `json_array(${found.join(', ')})`
}

const rankSql =
  (share: boolean): SqlOf =>
  (_args, call) =>
    `${call.native('kql_digest_rank')}(CAST(${call.sql(0, 'dynamic')} AS VARCHAR), CAST(${call.sql(1, 'dynamic')} AS VARCHAR), ${share})`

const allOf = (call: Call): string =>
  `json_array(${call.args.map((_arg, i) => call.sql(i, 'dynamic')).join(', ')})`

const row = (name: string, sql: SqlOf, ...aliases: string[]): FunctionRow => ({
  name,
  aliases,
  lazy: true,
  rules: ['S5'],
  differs: DIFFERS,
  sql: { duckdb: sql },
})

export const sketchFunctionRows: readonly FunctionRow[] = [
  row('dcount_hll', (_args, call) => `coalesce(json_array_length(${call.sql(0, 'dynamic')}), 0)`),
  row('hll_merge', (_args, call) => {
    const lists = call.args.map((_arg, i) => `coalesce(${hashesOf(call.sql(i, 'dynamic'))}, [])`)
    return `to_json(list_sort(list_distinct(flatten([${lists.join(', ')}]))))`
  }),
  row('percentile_tdigest', percentileSql),
  row('percentiles_array_tdigest', percentilesSql),
  row('rank_tdigest', rankSql(false)),
  row('percentrank_tdigest', rankSql(true)),
  row('merge_tdigest', (_args, call) => merge(call, allOf(call)), 'tdigest_merge'),
]

const aggregate = (
  name: string,
  sql: (call: AggregateCall) => string,
  ...aliases: string[]
): AggregateRow => ({
  name,
  aliases,
  rules: ['S5'],
  differs: DIFFERS,
  sql: { duckdb: (call) => [sql(call)] },
})

export const sketchAggregateRows: readonly AggregateRow[] = [
  aggregate('hll', (call) => hll(call)),
  aggregate('hll_if', (call) => hll(call, predicate(call, 1))),
  aggregate(
    'hll_merge',
    (call) =>
      `to_json(list_sort(list_distinct(flatten(list(${hashesOf(call.sql(0, 'dynamic'))})${call.where(present(call))}))))`,
  ),
  aggregate('tdigest', tdigest),
  aggregate(
    'merge_tdigest',
    (call) => merge(call, `to_json(list(${call.sql(0, 'dynamic')})${call.where(present(call))})`),
    'tdigest_merge',
  ),
  {
    name: 'buildschema',
    rules: ['S5'],
    sql: {
      duckdb: (call) => {
        const values = `to_json(list(${call.sql(0, 'dynamic')}${call.order})${call.where(present(call))})`
        return [json(`${call.native('kql_build_schema')}(CAST(${values} AS VARCHAR))`)]
      },
    },
  },
]
