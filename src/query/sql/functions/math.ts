import type { Call, FunctionRow, SqlOf } from '../function-row.ts'

/** Numbers. Functions with a domain give NaN outside it, where DuckDB would raise an error. */

const real = (name: string, sql: SqlOf): FunctionRow => ({ name, params: ['real'], sql: { duckdb: sql } })

/** Keeps integers integers: `abs(-5)` is long, `abs(-5.5)` real. */
const typed = (name: string, sql: (x: string, call: Call) => string): FunctionRow => ({
  name,
  lazy: true,
  sql: { duckdb: (_args, call) => sql(call.sql(0, call.type), call) },
})

const domain = (test: string, value: string): string =>
  `CASE WHEN ${test} THEN ${value} ELSE 'nan'::DOUBLE END`

const roundSql: SqlOf = (_args, call) => {
  const x = call.sql(0, 'real')
  return call.args.length < 2 ? `round(${x})` : `round(${x}, CAST(${call.sql(1, 'long')} AS INTEGER))`
}

const randSql: SqlOf = (_args, call) =>
  call.args.length === 0 ? 'random()' : `floor(random() * ${call.sql(0, 'long')})`

const bits = (name: string, sql: SqlOf): FunctionRow => ({ name, params: ['long'], sql: { duckdb: sql } })

export const mathRows: readonly FunctionRow[] = [
  typed('abs', (x) => `abs(${x})`),
  { name: 'sign', params: ['real'], sql: { duckdb: ([x]) => `CAST(sign(${x}) AS DOUBLE)` } },
  { name: 'ceiling', params: ['real'], returns: 'real', sql: { duckdb: ([x]) => `ceil(${x})` } },
  { name: 'round', lazy: true, sql: { duckdb: roundSql } },
  { name: 'rand', lazy: true, sql: { duckdb: randSql } },
  real('sqrt', ([x]) => domain(`${x} >= 0`, `sqrt(greatest(${x}, 0))`)),
  real('exp', ([x]) => `exp(${x})`),
  real('exp2', ([x]) => `pow(2, ${x})`),
  real('exp10', ([x]) => `pow(10, ${x})`),
  real('log', ([x]) => `kql_ln(${x})`),
  real('log2', ([x]) => `kql_ln(${x}) / ln(2.0)`),
  real('log10', ([x]) => `CASE WHEN ${x} > 0 THEN log10(${x}) ELSE kql_ln(${x}) END`),
  { name: 'pow', params: ['real'], sql: { duckdb: ([x, y]) => `pow(${x}, ${y})` } },
  real('sin', ([x]) => `sin(${x})`),
  real('cos', ([x]) => `cos(${x})`),
  real('tan', ([x]) => `tan(${x})`),
  real('cot', ([x]) => `(1.0 / tan(${x}))`),
  real('asin', ([x]) => domain(`abs(${x}) <= 1`, `asin(greatest(least(${x}, 1), -1))`)),
  real('acos', ([x]) => domain(`abs(${x}) <= 1`, `acos(greatest(least(${x}, 1), -1))`)),
  real('atan', ([x]) => `atan(${x})`),
  { name: 'atan2', params: ['real'], sql: { duckdb: ([y, x]) => `atan2(${y}, ${x})` } },
  { name: 'pi', lazy: true, sql: { duckdb: () => 'pi()' } },
  real('degrees', ([x]) => `degrees(${x})`),
  real('radians', ([x]) => `radians(${x})`),
  real('gamma', ([x]) => `gamma(${x})`),
  real('loggamma', ([x]) => `lgamma(${x})`),
  real('isnan', ([x]) => `isnan(${x})`),
  real('isinf', ([x]) => `isinf(${x})`),
  real('isfinite', ([x]) => `isfinite(${x})`),
  bits('binary_and', ([a, b]) => `(${a} & ${b})`),
  bits('binary_or', ([a, b]) => `(${a} | ${b})`),
  bits('binary_xor', ([a, b]) => `xor(${a}, ${b})`),
  bits('binary_not', ([a]) => `(~${a})`),
  bits(
    'binary_shift_left',
    ([a, b]) => `CASE WHEN ${b} < 0 THEN NULL ELSE kql_shift_left(${a}, ${b} % 64) END`,
  ),
  bits('binary_shift_right', ([a, b]) => `CASE WHEN ${b} < 0 THEN NULL ELSE (${a} >> (${b} % 64)) END`),
  bits('bitset_count_ones', ([a]) => `CAST(bit_count(${a}) AS BIGINT)`),
  { name: 'new_guid', lazy: true, sql: { duckdb: () => 'uuid()' } },
]
