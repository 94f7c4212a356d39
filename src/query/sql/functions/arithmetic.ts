import type { Expr } from '../../plan/expr.ts'
import type { Call, FunctionRow } from '../function-row.ts'
import type { KustoType } from '../types.ts'

/** `+ - * / %` and unary minus: one KQL operator is different SQL per type (S0.2, S1, S11). */

const NUMBERS: ReadonlySet<KustoType> = new Set(['int', 'long', 'real', 'decimal', 'bool'])

/** Operand types with dynamic resolved: it takes the other side's type, or a real. */
function typesOf(call: Call): [KustoType, KustoType] {
  const [a, b] = [call.args[0], call.args[1]]
  if (a === undefined || b === undefined) return call.refuse('this arithmetic')
  const resolve = (own: Expr, other: Expr): KustoType => {
    if (own.type !== 'dynamic') return own.type
    if (other.type === 'dynamic')
      return call.type === 'dynamic' || call.type === 'string' ? 'real' : call.type
    return other.type === 'int' || other.type === 'long'
      ? call.type === 'real'
        ? 'real'
        : 'long'
      : other.type
  }
  return [resolve(a, b), resolve(b, a)]
}

/** SQL interval of a timespan in ticks: whole microseconds, the datetime's precision (S0.4). */
export function interval(ticks: string): string {
  return `to_microseconds(${ticks} // 10)`
}

function numeric(call: Call, types: readonly [KustoType, KustoType]): [string, string] {
  const target: KustoType =
    call.type === 'real' || types.includes('real') ? 'real' : call.type === 'decimal' ? 'decimal' : 'long'
  const keep = (type: KustoType): boolean =>
    type === target || (target === 'real' && type !== 'bool' && type !== 'dynamic')
  const render = (i: number): string => {
    const type = types[i] ?? 'real'
    return keep(type) && call.args[i]?.type === type ? call.sql(i) : call.sql(i, target)
  }
  return [render(0), render(1)]
}

function add(call: Call): string {
  const types = typesOf(call)
  if (types[0] === 'datetime' && types[1] === 'timespan')
    return `(${call.sql(0, 'datetime')} + ${interval(call.sql(1, 'timespan'))})`
  if (types[0] === 'timespan' && types[1] === 'datetime')
    return `(${call.sql(1, 'datetime')} + ${interval(call.sql(0, 'timespan'))})`
  if (types[0] === 'timespan' || types[1] === 'timespan')
    return `(${call.sql(0, 'timespan')} + ${call.sql(1, 'timespan')})`
  const [a, b] = numeric(call, types)
  return `(${a} + ${b})`
}

function subtract(call: Call): string {
  const types = typesOf(call)
  if (types[0] === 'datetime' && types[1] === 'datetime') {
    return `((epoch_us(${call.sql(0, 'datetime')}) - epoch_us(${call.sql(1, 'datetime')})) * 10)`
  }
  if (types[0] === 'datetime') return `(${call.sql(0, 'datetime')} - ${interval(call.sql(1, 'timespan'))})`
  if (types[0] === 'timespan') return `(${call.sql(0, 'timespan')} - ${call.sql(1, 'timespan')})`
  const [a, b] = numeric(call, types)
  return `(${a} - ${b})`
}

function multiply(call: Call): string {
  const types = typesOf(call)
  const at = types.indexOf('timespan')
  if (at >= 0) {
    const factor = types[1 - at] === 'real' ? call.sql(1 - at, 'real') : call.sql(1 - at, 'long')
    return `CAST(${call.sql(at, 'timespan')} * ${factor} AS BIGINT)`
  }
  const [a, b] = numeric(call, types)
  if (call.type === 'decimal') return `CAST(CAST(${a} AS DOUBLE) * CAST(${b} AS DOUBLE) AS DECIMAL(38,18))`
  return `(${a} * ${b})`
}

function divide(call: Call): string {
  const types = typesOf(call)
  if (types[0] === 'timespan' && types[1] === 'timespan') {
    return `(CAST(${call.sql(0, 'timespan')} AS DOUBLE) / ${call.sql(1, 'timespan')})`
  }
  if (types[0] === 'timespan')
    return `CAST(trunc(${call.sql(0, 'timespan')} / CAST(${call.sql(1)} AS DOUBLE)) AS BIGINT)`
  if (types[0] === 'datetime') return `(CAST(${call.sql(0, 'long')} AS DOUBLE) / ${call.sql(1, 'timespan')})`
  const [a, b] = numeric(call, types)
  if (call.type === 'real') return `(CAST(${a} AS DOUBLE) / ${b})`
  if (call.type === 'decimal')
    return `TRY_CAST(CAST(${a} AS DOUBLE) / nullif(CAST(${b} AS DOUBLE), 0) AS DECIMAL(38,18))`
  return `(${a} // ${b})`
}

function modulo(call: Call): string {
  const types = typesOf(call)
  if (types[0] === 'datetime') {
    return `kql_mod(${call.sql(0, 'long')}, ${call.sql(1, 'timespan')})`
  }
  if (types[0] === 'timespan' || types[1] === 'timespan')
    return `kql_mod(${call.sql(0, 'timespan')}, ${call.sql(1, 'timespan')})`
  const [a, b] = numeric(call, types)
  return `kql_mod(${a}, ${b})`
}

function row(name: string, sql: (call: Call) => string): FunctionRow {
  return { name, lazy: true, rules: ['S1', 'S11'], sql: { duckdb: (_args, call) => sql(call) } }
}

export const arithmeticRows: readonly FunctionRow[] = [
  row('+', add),
  row('-', subtract),
  row('*', multiply),
  row('/', divide),
  row('%', modulo),
  row('negate', (call) => {
    const type = call.args[0]?.type ?? 'long'
    return `(-${NUMBERS.has(type) || type === 'timespan' ? call.sql(0) : call.sql(0, 'real')})`
  }),
]
