import type { Call, FunctionRow, SqlOf } from '../function-row.ts'

/** Functions over the rows before and after: they need a serialized input (S10). */

const ROWS = 'ROWS UNBOUNDED PRECEDING'

function shift(name: 'lag' | 'lead'): SqlOf {
  return (_args, call) => {
    const distance = call.args.length > 1 ? `CAST(${call.sql(1, 'long')} AS INTEGER)` : '1'
    const value = call.args.length > 2 ? call.sql(2, call.type) : call.type === 'string' ? `''` : 'NULL'
    return `${name}(${call.sql(0)}, ${distance}, ${value}) ${call.over()}`
  }
}

/** A restart argument has become the number of restarts so far; windows are then cut by it. */
function restarted(call: Call, index: number, frame = ''): string {
  const arg = call.args[index]
  const window = call.over(frame)
  if (arg === undefined || (arg.kind === 'literal' && arg.value !== true)) return window
  const by = call.render(arg)
  return window.startsWith('OVER (PARTITION BY ')
    ? window.replace('OVER (PARTITION BY ', `OVER (PARTITION BY ${by}, `)
    : window.replace('OVER (', `OVER (PARTITION BY ${by} `)
}

const row = (name: string, sql: SqlOf): FunctionRow => ({
  name,
  lazy: true,
  window: true,
  rules: ['S10'],
  sql: { duckdb: sql },
})

export const windowRows: readonly FunctionRow[] = [
  row('prev', shift('lag')),
  row('next', shift('lead')),
  row('row_number', (_args, call) => {
    const start = call.args.length > 0 ? call.sql(0, 'long') : '1'
    return `(row_number() ${restarted(call, 1)} - 1 + ${start})`
  }),
  row(
    'row_cumsum',
    (_args, call) =>
      `CAST(sum(${call.sql(0)}) ${restarted(call, 1, ROWS)} AS ${call.type === 'real' ? 'DOUBLE' : 'BIGINT'})`,
  ),
  // Ranks follow the value's changes in the order given; a restart has become a number to cut by.
  row('row_rank_dense', (_args, call) => `CAST(dense_rank() ${restarted(call, 1)} AS BIGINT)`),
  row('row_rank_min', (_args, call) => `CAST(rank() ${restarted(call, 1)} AS BIGINT)`),
  // The breaks between neighbours have become a number to cut by; within a cut the first row of each session is followed.
  row('row_window_session', (_args, call) => {
    const time = call.args[0]?.type === 'datetime'
    const value = time ? `epoch_us(${call.sql(0)})` : call.sql(0)
    const limit = time ? `(${call.sql(1, 'timespan')} // 10)` : call.sql(1)
    const rows = `list(${value}) ${restarted(call, 2, ROWS)}`
    const first = `list_reduce(${rows}, lambda s, x: CASE WHEN x >= s + ${limit} THEN x ELSE s END)`
    return time ? `make_timestamp(${first})` : first
  }),
  // How often a condition has held so far: row_cumsum and row_number restart where it grows.
  row(
    '$running',
    (_args, call) => `sum(CASE WHEN ${call.sql(0, 'bool')} THEN 1 ELSE 0 END) ${call.over(ROWS)}`,
  ),
]
