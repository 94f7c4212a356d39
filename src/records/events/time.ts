import { isoToFiletime, unixMillisecondsToFiletime } from '../../bytes/index.ts'
import { isObject } from './json-value.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * FILETIME of a time as event carriers write it: ISO 8601, `/Date(ms)/` and `{"value":"/Date(ms)/"}` of PowerShell's
 * ConvertTo-Json, `Dec 5, 2019 @ 04:47:55.290` of Kibana, `Dec 5, 2019 4:47:55 AM` of the Defender portal,
 * `12/05/2019 04:47:55 AM` of Splunk and Excel, seconds or milliseconds since 1970. UTC where no zone is written. `undefined` when it is none of these.
 */
export function readTime(value: unknown): bigint | undefined {
  if (typeof value === 'number') return fromNumber(value)
  if (isObject(value)) return readTime(value.value ?? value.DateTime ?? value.$date)
  if (Array.isArray(value)) return value.length === 1 ? readTime(value[0]) : undefined
  if (typeof value !== 'string' || value.length > 64) return undefined
  const text = value.trim()
  const iso = isoToFiletime(text)
  if (iso !== undefined) return iso
  const date = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/.exec(text)
  if (date !== null) return unixMillisecondsToFiletime(Number(date[1]))
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return fromNumber(Number(text))
  return monthByName(text) ?? american(text)
}

const EPOCH = unixMillisecondsToFiletime(0)

function fromNumber(value: number): bigint | undefined {
  // A double has microseconds of these seconds, and no more.
  if (value >= 1e8 && value < 1e11) return EPOCH + BigInt(Math.round(value * 1e6)) * 10n
  if (value >= 1e11 && value < 1e14) return unixMillisecondsToFiletime(value)
  return undefined
}

function monthByName(text: string): bigint | undefined {
  const match =
    /^([A-Z][a-z]{2}) (\d{1,2}), (\d{4})(?: @|,)? (\d{1,2}):(\d{2}:\d{2}(?:\.\d+)?)(?: ?([AP])M)?$/i.exec(
      text,
    )
  const month = MONTHS.indexOf((match?.[1] ?? '').toLowerCase()) + 1
  if (match === null || month === 0) return undefined
  return isoToFiletime(
    `${match[3]}-${pad(month)}-${pad(match[2])}T${pad(hours24(match[4], match[6]))}:${match[5]}`,
  )
}

/** The hour of the day from one of a clock with AM and PM; as it is where neither is written. */
function hours24(hour: string | undefined, half: string | undefined): number {
  return half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
}

/** Month first, as the portals' and Splunk's exports in English write it. */
function american(text: string): bigint | undefined {
  const match =
    /^(\d{1,2})\/(\d{1,2})\/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(\.\d+)?(?: ?([AP])M)?( ?UTC| ?Z)?$/i.exec(
      text,
    )
  if (match === null) return undefined
  const [, month, day, year, hour, minute, second, fraction, half] = match
  const hours = pad(hours24(hour, half))
  return isoToFiletime(`${year}-${pad(month)}-${pad(day)}T${hours}:${minute}:${second}${fraction ?? ''}`)
}

const pad = (part: string | number | undefined): string => String(part ?? '').padStart(2, '0')
