/** FILETIME of 1970-01-01: 100 ns ticks since 1601-01-01 UTC. Source: [MS-DTYP] 2.3.3. */
export const UNIX_EPOCH_FILETIME: bigint = 116_444_736_000_000_000n

const TICKS_PER_MILLISECOND = 10_000n
/** 9999-12-31T23:59:59.9999999Z, the last instant that ISO 8601 with four-digit years can say. */
const MAX_FILETIME = 2_650_467_743_999_999_999n

/**
 * ISO 8601 UTC text with up to 7 decimals (trailing zeros dropped, as the report's contract has it), e.g.
 * `2022-03-10T21:08:30.1234567Z`. `undefined` for 0 and for values no calendar can show.
 */
export function filetimeToIso(filetime: bigint): string | undefined {
  if (filetime <= 0n || filetime > MAX_FILETIME) return undefined
  const sinceEpoch = filetime - UNIX_EPOCH_FILETIME
  let milliseconds = sinceEpoch / TICKS_PER_MILLISECOND
  let rest = sinceEpoch % TICKS_PER_MILLISECOND
  if (rest < 0n) {
    rest += TICKS_PER_MILLISECOND
    milliseconds -= 1n
  }
  const iso = new Date(Number(milliseconds)).toISOString()
  const fraction = `${iso.slice(20, 23)}${rest.toString().padStart(4, '0')}`.replace(/0+$/, '')
  return fraction === '' ? `${iso.slice(0, 19)}Z` : `${iso.slice(0, 19)}.${fraction}Z`
}

const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i

/**
 * FILETIME of an ISO-like time text (`T` or space, up to 9 decimals of which 7 are kept, `Z` or an offset; UTC
 * where none is written). `undefined` when it is not one.
 */
export function isoToFiletime(text: string): bigint | undefined {
  const match = ISO_TIME.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  const ms = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
  )
  const check = new Date(ms)
  if (Number.isNaN(ms) || check.getUTCDate() !== Number(day) || check.getUTCMonth() !== Number(month) - 1)
    return undefined
  let ticks = BigInt(ms) * TICKS_PER_MILLISECOND + BigInt((fraction ?? '').slice(0, 7).padEnd(7, '0'))
  if (zone !== undefined && !/^(z|utc)$/i.test(zone)) {
    const digits = zone.replace(':', '')
    const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5))
    ticks -= BigInt((zone.startsWith('-') ? -1 : 1) * minutes) * 600_000_000n
  }
  return ticks + UNIX_EPOCH_FILETIME
}

/** FILETIME of milliseconds since 1970. */
export function unixMillisecondsToFiletime(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 10_000)) + UNIX_EPOCH_FILETIME
}

/** The first of times of which some may not be known; `undefined` when none is. */
export function earliest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined)
}

/** The last of times of which some may not be known; `undefined` when none is. */
export function latest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}
