import { lookupTable } from '../../../bytes/index.ts'
import type { Call, FunctionRow, SqlOf } from '../function-row.ts'
import { interval } from './arithmetic.ts'

/** Dates and times (S11). datetime is TIMESTAMP in UTC, timespan ticks of 100 ns. */

type Unit = 'day' | 'week' | 'month' | 'year'

/** Weeks start on Sunday; DuckDB's on Monday, so the week is shifted by a day (S11). */
function startOf(unit: Unit, t: string): string {
  if (unit === 'week') return `(date_trunc('week', ${t} + INTERVAL 1 DAY) - INTERVAL 1 DAY)`
  return `date_trunc('${unit}', ${t})`
}

function boundary(unit: Unit): FunctionRow[] {
  const shifted = (call: Call, extra: number): string => {
    const base = `CAST(${startOf(unit, call.sql(0, 'datetime'))} AS TIMESTAMP)`
    const offset = call.args.length > 1 ? call.sql(1, 'long') : '0'
    if (offset === '0' && extra === 0) return base
    return `(${base} + to_${unit}s(CAST(${offset} + ${extra} AS INTEGER)))`
  }
  return [
    {
      name: `startof${unit}`,
      lazy: true,
      rules: ['S11'],
      sql: { duckdb: (_args, call) => shifted(call, 0) },
    },
    {
      name: `endof${unit}`,
      lazy: true,
      rules: ['S11'],
      differs: 'ends at .999999: datetimes hold microseconds',
      sql: { duckdb: (_args, call) => `(${shifted(call, 1)} - INTERVAL 1 MICROSECOND)` },
    },
  ]
}

/** `bin(x, width)`: floors to a multiple, toward minus infinity (S5). */
const binSql: SqlOf = (_args, call) => {
  const type = call.args[0]?.type
  if (type === 'datetime') {
    return `kql_bin_us(${call.sql(0)}, (${call.sql(1, 'timespan')} // 10))`
  }
  if (type === 'timespan') return `kql_bin(${call.sql(0)}, ${call.sql(1, 'timespan')})`
  if (call.type === 'real' || call.args[1]?.type === 'real' || type === 'real') {
    return `(floor(${call.sql(0, 'real')} / ${call.sql(1, 'real')}) * ${call.sql(1, 'real')})`
  }
  return `kql_bin(${call.sql(0, 'long')}, ${call.sql(1, 'long')})`
}

const binAtSql: SqlOf = (_args, call) => {
  const type = call.args[0]?.type
  if (type === 'datetime') {
    const [t, w, o] = [
      `epoch_us(${call.sql(0)})`,
      `(${call.sql(1, 'timespan')} // 10)`,
      `epoch_us(${call.sql(2, 'datetime')})`,
    ]
    return `make_timestamp(${t} - kql_mod(${t} - ${o}, ${w}))`
  }
  if (type === 'timespan') {
    return `(${call.sql(0)} - kql_mod(${call.sql(0)} - ${call.sql(2, 'timespan')}, ${call.sql(1, 'timespan')}))`
  }
  const [x, w, o] = [0, 1, 2].map((i) => call.sql(i, call.type))
  if (call.type === 'real') return `(floor((${x} - ${o}) / ${w}) * ${w} + ${o})`
  return `(${x} - kql_mod(${x} - ${o}, ${w}))`
}

const UNITS: Readonly<Record<string, string>> = lookupTable({
  year: 'year',
  quarter: 'quarter',
  month: 'month',
  week: 'week',
  week_of_year: 'week',
  day: 'day',
  hour: 'hour',
  minute: 'minute',
  second: 'second',
  millisecond: 'millisecond',
  microsecond: 'microsecond',
})

function unitOf(call: Call, index: number): string {
  const given = String(call.constant(index) ?? '').toLowerCase()
  return UNITS[given] ?? (given === 'nanosecond' ? given : call.refuse(`the time unit ‘${given}’`))
}

/** Weeks since that of 1970-01-04, a Sunday. DuckDB's own difference counts seven days, not boundaries (S11). */
const weekNumber = (t: string): string =>
  `(kql_bin(epoch_us(${t}) + 345600000000, 604800000000) // 604800000000)`

/** Number of unit boundaries between b and a, signed a - b (S11). */
const dateDiffSql: SqlOf = (_args, call) => {
  const unit = unitOf(call, 0)
  const [a, b] = [call.sql(1, 'datetime'), call.sql(2, 'datetime')]
  if (unit === 'nanosecond')
    return call.refuse('datetime_diff("nanosecond")', 'datetimes hold microseconds here')
  if (unit === 'week') return `(${weekNumber(a)} - ${weekNumber(b)})`
  return `date_diff('${unit}', ${b}, ${a})`
}

const dateAddSql: SqlOf = (_args, call) => {
  const unit = unitOf(call, 0)
  const [n, t] = [call.sql(1, 'long'), call.sql(2, 'datetime')]
  if (unit === 'nanosecond') {
    if (Number(call.constant(1) ?? 1) % 1000 !== 0)
      return call.refuse('datetime_add("nanosecond")', 'datetimes hold microseconds here')
    return `(${t} + to_microseconds(${n} // 1000))`
  }
  if (unit === 'quarter') return `(${t} + to_months(CAST(${n} * 3 AS INTEGER)))`
  const whole = ['year', 'month', 'week', 'day'].includes(unit)
  return `(${t} + to_${unit}s(${whole ? `CAST(${n} AS INTEGER)` : n}))`
}

const PARTS: Readonly<Record<string, (t: string) => string>> = lookupTable({
  year: (t) => `year(${t})`,
  quarter: (t) => `quarter(${t})`,
  month: (t) => `month(${t})`,
  week_of_year: (t) => `weekofyear(${t})`,
  day: (t) => `day(${t})`,
  dayofyear: (t) => `dayofyear(${t})`,
  hour: (t) => `hour(${t})`,
  minute: (t) => `minute(${t})`,
  second: (t) => `second(${t})`,
  millisecond: (t) => `((epoch_us(${t}) // 1000) % 1000)`,
  microsecond: (t) => `(epoch_us(${t}) % 1000000)`,
})

const partSql: SqlOf = (_args, call) => {
  const unit = String(call.constant(0) ?? '').toLowerCase()
  const part = PARTS[unit]
  if (unit === 'nanosecond')
    return call.refuse('datetime_part("nanosecond")', 'datetimes hold microseconds here')
  if (part === undefined) return call.refuse(`the time part ‘${unit}’`)
  return `CAST(${part(call.sql(1, 'datetime'))} AS BIGINT)`
}

function part(name: string, unit: string): FunctionRow {
  return {
    name,
    params: ['datetime'],
    sql: { duckdb: ([t]) => `CAST(${(PARTS[unit] ?? String)(t ?? '')} AS BIGINT)` },
  }
}

function unixTime(name: string, perSecond: number): FunctionRow {
  return {
    name,
    lazy: true,
    sql: {
      duckdb: (_args, call) => {
        if (perSecond <= 1_000_000) {
          return `make_timestamp(CAST(${call.sql(0, 'real')} * ${1_000_000 / perSecond} AS BIGINT))`
        }
        return `make_timestamp(${call.sql(0, 'long')} // ${perSecond / 1_000_000})`
      },
    },
  }
}

const now: SqlOf = (_args, call) => {
  const clock = call.builder.bind({ type: 'now' })
  return call.args.length === 0 ? clock : `(${clock} + ${interval(call.sql(0, 'timespan'))})`
}

/** `make_datetime(y, m, d [, h, mi [, s]])`: null when a part is out of range; also takes text. */
const makeDatetimeSql: SqlOf = (_args, call) => {
  if (call.args.length === 1) return call.sql(0, 'datetime')
  const parts = call.args.map((_arg, i) => call.sql(i, i === 5 ? 'real' : 'long'))
  // Cut to microseconds, as every datetime is (S0.4); a bare double would be rounded.
  if (parts.length === 6) parts[5] = `(floor(${parts[5]} * 1e6 + 1e-4) / 1e6)`
  while (parts.length < 6) parts.push('0')
  return `TRY(make_timestamp(${parts.join(', ')}))`
}

const makeTimespanSql: SqlOf = (_args, call) => {
  const parts = call.args.map((_arg, i) =>
    call.sql(i, i === call.args.length - 1 && i >= 2 ? 'real' : 'long'),
  )
  const [days, hours, minutes, seconds] = parts.length === 4 ? parts : ['0', ...parts]
  return `CAST((((${days} * 24 + ${hours}) * 60 + ${minutes}) * 60 + ${seconds ?? '0'}) * 10000000 AS BIGINT)`
}

const lazy = (name: string, sql: SqlOf, ...aliases: string[]): FunctionRow => ({
  name,
  aliases,
  lazy: true,
  rules: ['S11'],
  sql: { duckdb: sql },
})

export const timeRows: readonly FunctionRow[] = [
  ...(['day', 'week', 'month', 'year'] as const).flatMap(boundary),
  { ...lazy('bin', binSql, 'floor'), rules: ['S5'] },
  lazy('bin_at', binAtSql),
  lazy('now', now),
  lazy(
    'ago',
    (_args, call) => `(${call.builder.bind({ type: 'now' })} - ${interval(call.sql(0, 'timespan'))})`,
  ),
  lazy('datetime_diff', dateDiffSql),
  lazy('datetime_add', dateAddSql),
  lazy('datetime_part', partSql, 'datepart'),
  lazy('make_datetime', makeDatetimeSql),
  lazy('make_timespan', makeTimespanSql),
  part('getyear', 'year'),
  part('getmonth', 'month'),
  part('monthofyear', 'month'),
  part('hourofday', 'hour'),
  part('dayofmonth', 'day'),
  part('dayofyear', 'dayofyear'),
  part('week_of_year', 'week_of_year'),
  part('weekofyear', 'week_of_year'),
  // Days since Sunday, as a timespan (S11).
  {
    name: 'dayofweek',
    params: ['datetime'],
    rules: ['S11'],
    sql: { duckdb: ([t]) => `(CAST(dayofweek(${t}) AS BIGINT) * 864000000000)` },
  },
  unixTime('unixtime_seconds_todatetime', 1),
  unixTime('unixtime_milliseconds_todatetime', 1000),
  unixTime('unixtime_microseconds_todatetime', 1_000_000),
  unixTime('unixtime_nanoseconds_todatetime', 1_000_000_000),
]
