import type { KustoType } from '../sql/types.ts'

/**
 * A value as rows in JSON have it: datetime and timespan as text, decimal and integers beyond 2^53 as text, real NaN and
 * the infinities as `NaN`, `Infinity`, `-Infinity`, dynamic as the JSON value, string never null.
 */
export type KustoValue =
  | null
  | boolean
  | number
  | string
  | readonly KustoValue[]
  | { readonly [key: string]: KustoValue }

const MICROSECONDS_PER_MILLISECOND = 1000n
/** 0001-01-01 and 9999-12-31T23:59:59.999999 as microseconds since 1970. */
const MIN_MICROSECONDS = -62_135_596_800_000_000n
const MAX_MICROSECONDS = 253_402_300_799_999_999n

/** ISO 8601 text of microseconds since 1970, fraction without trailing zeros; `null` outside years 1 to 9999. */
export function datetimeText(micros: bigint): string | null {
  if (micros < MIN_MICROSECONDS || micros > MAX_MICROSECONDS) return null
  let milliseconds = micros / MICROSECONDS_PER_MILLISECOND
  let rest = micros % MICROSECONDS_PER_MILLISECOND
  if (rest < 0n) {
    rest += MICROSECONDS_PER_MILLISECOND
    milliseconds -= 1n
  }
  const iso = new Date(Number(milliseconds)).toISOString()
  const fraction = `${iso.slice(20, 23)}${rest.toString().padStart(3, '0')}`.replace(/0+$/, '')
  return fraction === '' ? `${iso.slice(0, 19)}Z` : `${iso.slice(0, 19)}.${fraction}Z`
}

const TICKS_PER_SECOND = 10_000_000n

/** `[-][d.]hh:mm:ss[.fffffff]` of ticks of 100 ns. */
export function timespanText(ticks: bigint): string {
  const magnitude = ticks < 0n ? -ticks : ticks
  const seconds = magnitude / TICKS_PER_SECOND
  const fraction = magnitude % TICKS_PER_SECOND
  const pad = (value: bigint, width: number): string => value.toString().padStart(width, '0')
  const days = seconds / 86_400n
  const clock = `${pad((seconds / 3600n) % 24n, 2)}:${pad((seconds / 60n) % 60n, 2)}:${pad(seconds % 60n, 2)}`
  return `${ticks < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${clock}${fraction === 0n ? '' : `.${pad(fraction, 7)}`}`
}

/** A real as JSON can say it. */
export function realValue(value: number): KustoValue {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  return value === Number.NEGATIVE_INFINITY ? '-Infinity' : value
}

/** A long: number where exact, else text. */
export function longValue(value: bigint): KustoValue {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

const NUMBER_OR_STRING = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** The value of a dynamic's JSON text; integers beyond 2^53 become text, since JSON.parse would round them. */
export function dynamicValue(text: string): KustoValue {
  const exact = /\d{16}/.test(text)
    ? text.replace(NUMBER_OR_STRING, (token) =>
        /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
      )
    : text
  try {
    return JSON.parse(exact) as KustoValue
  } catch {
    // DuckDB's JSON may hold NaN and Infinity, which are no JSON.
    return text
  }
}

/** What a null of this type reads as. */
export function emptyValue(type: KustoType): KustoValue {
  return type === 'string' ? '' : null
}
