import type { Call, FunctionRow } from '../function-row.ts'
import { arrayRows } from '../native/arrays.ts'
import type { NativeRow } from '../native/define.ts'
import { geoRows } from '../native/geo.ts'
import { geoIpRows } from '../native/geo-ip.ts'
import { graphRows } from '../native/graph.ts'
import { h3Rows } from '../native/h3.ts'
import { hashRows } from '../native/hash.ts'
import { networkRows } from '../native/network.ts'
import { punycodeRows } from '../native/punycode.ts'
import { seriesRows } from '../native/series.ts'
import { sketchRows } from '../native/sketches.ts'
import { statisticsRows } from '../native/statistics.ts'
import { textRows } from '../native/text.ts'
import { timeRows } from '../native/time.ts'
import { unitRows } from '../native/units.ts'
import { urlRows } from '../native/url.ts'
import { userAgentRows } from '../native/user-agent.ts'
import { xmlRows } from '../native/xml.ts'
import type { NativeFunction } from '../types.ts'

const rows: readonly NativeRow[] = [
  ...arrayRows,
  ...geoRows,
  ...geoIpRows,
  ...graphRows,
  ...h3Rows,
  ...hashRows,
  ...networkRows,
  ...punycodeRows,
  ...seriesRows,
  ...sketchRows,
  ...statisticsRows,
  ...textRows,
  ...timeRows,
  ...unitRows,
  ...urlRows,
  ...userAgentRows,
  ...xmlRows,
]

/** Functions that run as JavaScript in the engine: exact, but slower than SQL, so only for what SQL cannot say. */
export const nativeFunctions: readonly NativeFunction[] = rows.map((row) => row.native)

/** What rows written by hand call: helpers, and functions that refuse some arguments first. */
const HELPERS: ReadonlySet<string> = new Set([
  'array_find',
  'build_schema',
  'countof',
  'digest_merge',
  'digest_percentile',
  'digest_rank',
  'format_datetime',
  'graph_components',
  'hash_long',
  'hash_text',
  'indexof',
  'merge_bags',
  'seasonal',
  'parse_kv',
  'totimespan',
  'todatetime_serial',
  'weighted_percentile',
])

function hash(call: Call): string {
  const mod = call.args[1] === undefined ? 'CAST(NULL AS BIGINT)' : call.sql(1, 'long')
  const type = call.args[0]?.type
  const numeric = type === 'int' || type === 'long' || type === 'timespan' || type === 'datetime'
  if (type === 'real' || type === 'decimal' || type === 'bool' || type === 'guid')
    return call.refuse(`hash() of a ${type}`, 'hash its tostring()')
  return numeric
    ? `${call.native('kql_hash_long')}(${call.sql(0, 'long')}, ${mod})`
    : `${call.native('kql_hash_text')}(${call.sql(0, 'string')}, ${mod})`
}

const ipv4Match = (call: Call, range: boolean): string => {
  const [a, b] = [call.sql(0, 'string'), call.sql(1, 'string')]
  const prefix = call.args[2] === undefined ? '32' : call.sql(2, 'long')
  const bits = range ? `kql_ipv4_bits(${b})` : `least(kql_ipv4_bits(${a}), kql_ipv4_bits(${b}), ${prefix})`
  return `(kql_ipv4(${a}) >> (32 - ${bits}) = kql_ipv4(${b}) >> (32 - ${bits}))`
}

/** Runs of letters the reference does not list, such as `MMM` or `dddd`: what the engine makes of them is not known. */
const UNLISTED = /d{3,}|M{3,}|(?<!y)y{3}(?!y)|y{5,}|[Hh]{3,}|m{3,}|s{3,}|f{8,}|F{8,}|t{3,}/

function formatDatetime(call: Call): string {
  const unlisted = UNLISTED.exec(String(call.constant(1) ?? ''))
  if (unlisted !== null) return call.refuse(`format_datetime() with ‘${unlisted[0]}’`)
  return `${call.native('kql_format_datetime')}(epoch_us(${call.sql(0, 'datetime')}), ${call.sql(1, 'string')})`
}

/** A period that is not given is detected by an algorithm that is not published. */
function seasonal(call: Call): string {
  const period = call.constant(1)
  if (period === undefined || Number(period) <= 0)
    return call.refuse('series_seasonal() without a period', 'give the number of bins of a period')
  const values = `CAST(${call.sql(0, 'dynamic')} AS VARCHAR)`
  return `CAST(${call.native('kql_seasonal')}(${values}, ${call.sql(1, 'long')}) AS JSON)`
}

export const nativeRows: readonly FunctionRow[] = [
  { name: 'format_datetime', lazy: true, sql: { duckdb: (_args, call) => formatDatetime(call) } },
  { name: 'series_seasonal', lazy: true, sql: { duckdb: (_args, call) => seasonal(call) } },
  ...rows
    .filter((row) => !HELPERS.has(row.name))
    .map(({ name, aliases, native }): FunctionRow => ({ name, aliases, native })),
  { name: 'hash', aliases: ['hash_xxhash64'], lazy: true, sql: { duckdb: (_args, call) => hash(call) } },
  {
    name: 'ipv4_is_private',
    params: ['string'],
    rules: ['S12'],
    sql: {
      duckdb: ([a]) =>
        `CASE WHEN kql_is_ipv4(${a}) THEN regexp_matches(${a}, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)') END`,
    },
  },
  {
    name: 'ipv4_is_match',
    lazy: true,
    rules: ['S12'],
    sql: { duckdb: (_args, call) => ipv4Match(call, false) },
  },
  {
    name: 'ipv4_is_in_range',
    lazy: true,
    rules: ['S12'],
    sql: { duckdb: (_args, call) => ipv4Match(call, true) },
  },
]
