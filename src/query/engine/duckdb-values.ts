import type { DuckDBValue } from '@duckdb/node-api'
import type { KustoType } from '../sql/types.ts'
import {
  datetimeText,
  dynamicValue,
  emptyValue,
  type KustoValue,
  longValue,
  realValue,
  timespanText,
} from './kusto-value.ts'
import { decimalText } from './wide-values.ts'

/** A value of a DuckDB result as a Kusto value of the type the query's column has. */
export function kustoValue(type: KustoType, value: DuckDBValue): KustoValue {
  if (value === null || value === undefined) return emptyValue(type)
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : String(value)
    case 'bool':
      return typeof value === 'boolean' ? value : Boolean(value)
    case 'int':
    case 'long':
      return integerValue(value)
    case 'real':
      return realValue(numberOf(value))
    case 'decimal':
      return decimalValue(value)
    case 'datetime':
      return typeof value === 'object' && 'micros' in value && typeof value.micros === 'bigint'
        ? datetimeText(value.micros)
        : null
    case 'timespan': {
      const ticks = bigintOf(value)
      return ticks === undefined ? null : timespanText(ticks)
    }
    case 'guid':
      return String(value)
    case 'dynamic':
      return typeof value === 'string' ? dynamicValue(value) : scalarValue(value)
  }
}

function integerValue(value: DuckDBValue): KustoValue {
  if (typeof value === 'number') return value
  const exact = bigintOf(value)
  return exact === undefined ? null : longValue(exact)
}

/** BIGINT, HUGEINT (what `sum` gives) and whole doubles. */
function bigintOf(value: DuckDBValue): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value))
  return undefined
}

function numberOf(value: DuckDBValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'object' && value !== null && 'scale' in value && 'value' in value) {
    return Number(decimalText(value.value as bigint, value.scale as number))
  }
  return Number(value)
}

function decimalValue(value: DuckDBValue): KustoValue {
  if (typeof value === 'object' && value !== null && 'scale' in value && 'value' in value) {
    return decimalText(value.value as bigint, value.scale as number)
  }
  return String(value)
}

function scalarValue(value: DuckDBValue): KustoValue {
  if (typeof value === 'bigint') return longValue(value)
  if (typeof value === 'number') return realValue(value)
  return typeof value === 'boolean' ? value : String(value)
}
