import { isoToFiletime, lookupTable } from '../bytes/index.ts'
import type { ColumnType } from './schema/table-schema.ts'
import type { Cell } from './table-buffer.ts'

/** What a value of an exported table, CSV text or JSON, becomes in a column; `unfit` when it is no value of that type. */
export function exportCell(type: ColumnType, value: unknown): Cell | typeof unfit {
  if (value === null || value === undefined) return undefined
  if (type === 'string') return textOf(value)
  if (type === 'dynamic') return dynamicOf(value)
  if (value === '') return undefined
  return CONVERT[type](value)
}

/** Marks a value that does not fit its column: stored as null, and said once a column. */
export const unfit: unique symbol = Symbol('unfit')

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** JSON text of a dynamic: objects as they are, text that is JSON as that JSON, other text as a JSON string. */
function dynamicOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return JSON.stringify(value)
  const text = value.trim()
  if (text === '') return undefined
  try {
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(value)
  }
}

function integerCell(min: bigint, max: bigint): (value: unknown) => Cell | typeof unfit {
  return (value) => {
    if (typeof value === 'number') {
      if (!Number.isInteger(value)) return unfit
      return BigInt(value) >= min && BigInt(value) <= max ? value : unfit
    }
    const text = typeof value === 'bigint' ? value.toString() : value
    if (typeof text !== 'string' || !/^\s*[+-]?\d{1,20}(?:\.0+)?\s*$/.test(text)) return unfit
    const exact = BigInt(text.trim().replace(/^\+/, '').replace(/\.0+$/, ''))
    if (exact < min || exact > max) return unfit
    const number = Number(exact)
    return Number.isSafeInteger(number) ? number : exact
  }
}

function realCell(value: unknown): Cell | typeof unfit {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return unfit
  const text = value.trim()
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text)
  return SPECIAL_REALS[text.toLowerCase()] ?? unfit
}

const SPECIAL_REALS = lookupTable({
  nan: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  '-infinity': Number.NEGATIVE_INFINITY,
})

/** The text of a plain value; JSON objects and arrays have none here (and `String` throws on `{"toString":0}`). */
function plainText(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    ? ''
    : String(value).trim()
}

function boolCell(value: unknown): Cell | typeof unfit {
  if (typeof value === 'boolean') return value
  const text = plainText(value).toLowerCase()
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : unfit
}

/** `3/10/2022, 9:08:30.123 PM`: how the Defender and Azure portals write a time into CSV (UTC, month first). */
const PORTAL_TIME =
  /^(\d{1,2})\/(\d{1,2})\/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?\s*(AM|PM)?(?:\s*UTC)?$/i

function datetimeCell(value: unknown): Cell | typeof unfit {
  if (typeof value !== 'string') return unfit
  const iso = isoToFiletime(value) ?? dateOnly(value)
  if (iso !== undefined) return iso
  const match = PORTAL_TIME.exec(value.trim())
  if (match === null) return unfit
  const [, month, day, year, hour, minute, second, fraction = '', half] = match
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return unfit
  const hours =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0)
  const pad = (text: string | number | undefined): string => String(text).padStart(2, '0')
  return (
    isoToFiletime(
      `${year}-${pad(month)}-${pad(day)}T${pad(hours)}:${pad(minute)}:${pad(second)}.${fraction || '0'}Z`,
    ) ?? unfit
  )
}

const dateOnly = (text: string): bigint | undefined =>
  /^\s*\d{4}-\d{2}-\d{2}\s*$/.test(text) ? isoToFiletime(`${text.trim()}T00:00:00Z`) : undefined

const TIMESPAN = /^(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/

function timespanCell(value: unknown): Cell | typeof unfit {
  const match = typeof value === 'string' ? TIMESPAN.exec(value.trim()) : null
  if (match === null) return unfit
  const [, minus, days = '0', hours, minutes, seconds = '0', fraction = ''] = match
  const ticks =
    ((BigInt(days) * 24n + BigInt(hours ?? 0)) * 60n + BigInt(minutes ?? 0)) * 600_000_000n +
    BigInt(seconds) * 10_000_000n +
    BigInt(fraction.padEnd(7, '0'))
  return minus === undefined ? ticks : -ticks
}

function guidCell(value: unknown): Cell | typeof unfit {
  const text = plainText(value).replace(/^\{|\}$/g, '')
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : unfit
}

function decimalCell(value: unknown): Cell | typeof unfit {
  const text = plainText(value)
  return /^[+-]?\d{1,20}(?:\.\d{1,18})?$/.test(text) ? text : unfit
}

const CONVERT: Readonly<
  Record<Exclude<ColumnType, 'string' | 'dynamic'>, (value: unknown) => Cell | typeof unfit>
> = {
  bool: boolCell,
  int: integerCell(-0x8000_0000n, 0x7fff_ffffn),
  long: integerCell(-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn),
  real: realCell,
  decimal: decimalCell,
  datetime: datetimeCell,
  timespan: timespanCell,
  guid: guidCell,
}
