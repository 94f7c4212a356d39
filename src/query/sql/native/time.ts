import { lookupTable } from '../../../bytes/index.ts'
import { type NativeRow, native, number, text } from './define.ts'

/** `format_datetime`, `format_timespan` with .NET letters (S11), `totimespan`, time zones. */

const DAY_TICKS = 864_000_000_000n

const pad = (value: number | bigint, width: number): string => String(value).padStart(width, '0')

interface Parts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Ticks of 100 ns within the second. */
  readonly ticks: number
}

function partsOf(micros: bigint): Parts {
  const millis = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n)
  const date = new Date(Number(millis))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ticks: date.getUTCMilliseconds() * 10_000 + Number(micros - millis * 1000n) * 10,
  }
}

/** One run of a format letter as text; undefined for what is no letter of the format. */
function dateField(run: string, parts: Parts): string | undefined {
  const width = run.length
  switch (run.charAt(0)) {
    case 'y':
      return width <= 2 ? pad(parts.year % 100, width) : pad(parts.year, width)
    case 'M':
      return pad(parts.month, width)
    case 'd':
      return pad(parts.day, width)
    case 'H':
      return pad(parts.hour, width)
    case 'h':
      return pad(parts.hour % 12 === 0 ? 12 : parts.hour % 12, width)
    case 'm':
      return pad(parts.minute, width)
    case 's':
      return pad(parts.second, width)
    case 'f':
      return pad(parts.ticks, 7).slice(0, width)
    case 'F':
      return pad(parts.ticks, 7).slice(0, width).replace(/0+$/, '')
    case 't':
      return parts.hour < 12 ? 'AM' : 'PM'
    default:
      return undefined
  }
}

function format(pattern: string, field: (run: string) => string | undefined): string {
  return pattern.replaceAll(/([a-zA-Z])\1*/g, (run) => field(run) ?? run)
}

function formatTimespan(ticks: bigint, pattern: string): string {
  const size = ticks < 0n ? -ticks : ticks
  const seconds = size / 10_000_000n
  const fraction = pad(size % 10_000_000n, 7)
  return format(pattern, (run) => {
    const width = run.length
    switch (run.charAt(0)) {
      case 'd':
        return pad(size / DAY_TICKS, width)
      case 'H':
      case 'h':
        return pad((seconds / 3600n) % 24n, width)
      case 'm':
        return pad((seconds / 60n) % 60n, width)
      case 's':
        return pad(seconds % 60n, width)
      case 'f':
        return fraction.slice(0, width)
      case 'F':
        return fraction.slice(0, width).replace(/0+$/, '')
      default:
        return undefined
    }
  })
}

const UNITS: Readonly<Record<string, number>> = lookupTable({
  d: 864e9,
  day: 864e9,
  days: 864e9,
  h: 36e9,
  hr: 36e9,
  hour: 36e9,
  hours: 36e9,
  m: 6e8,
  min: 6e8,
  minute: 6e8,
  minutes: 6e8,
  s: 1e7,
  sec: 1e7,
  second: 1e7,
  seconds: 1e7,
  ms: 1e4,
  millisecond: 1e4,
  milliseconds: 1e4,
  microsecond: 10,
  microseconds: 10,
  tick: 1,
  ticks: 1,
})

function toTimespan(source: string): bigint | undefined {
  const clock = /^\s*(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?\s*$/.exec(source)
  if (clock !== null) {
    const [, sign, days, hours, minutes, seconds, fraction] = clock
    const whole =
      ((BigInt(days ?? 0) * 24n + BigInt(hours ?? 0)) * 60n + BigInt(minutes ?? 0)) * 60n +
      BigInt(seconds ?? 0)
    const ticks = whole * 10_000_000n + BigInt((fraction ?? '').padEnd(7, '0'))
    return sign === undefined ? ticks : -ticks
  }
  const unit = /^\s*(-?\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(source)
  const size = UNITS[unit?.[2] ?? '']
  if (unit?.[1] !== undefined && size !== undefined) return BigInt(Math.round(Number(unit[1]) * size))
  // A bare number is days, as .NET reads it.
  return /^\s*-?\d{1,7}\s*$/.test(source) ? BigInt(source.trim()) * DAY_TICKS : undefined
}

/** Minutes by which a zone is ahead of UTC at a time; throws RangeError for an unknown zone, which becomes null. */
function zoneOffset(zone: string, millis: number): number {
  const shown = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(new Date(millis))
  const part = (type: string): number => Number(shown.find((item) => item.type === type)?.value ?? 0)
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return Math.round((local - Math.floor(millis / 1000) * 1000) / 60_000)
}

function shifted(micros: bigint, zone: string, direction: 1 | -1): bigint {
  const millis = Number(micros / 1000n)
  const first = zoneOffset(zone, millis)
  const offset = direction === 1 ? first : zoneOffset(zone, millis - first * 60_000)
  return micros + BigInt(direction * offset) * 60_000_000n
}

export const timeRows: readonly NativeRow[] = [
  native('format_datetime', ['datetime', 'string'], 'string', (time, pattern) => {
    if (time === undefined) return ''
    const parts = partsOf(BigInt(text(time)))
    return format(text(pattern), (run) => dateField(run, parts))
  }),
  native('format_timespan', ['timespan', 'string'], 'string', (time, pattern) =>
    time === undefined ? '' : formatTimespan(BigInt(text(time)), text(pattern)),
  ),
  native('totimespan', ['string'], 'timespan', (source) =>
    source === undefined ? undefined : toTimespan(text(source)),
  ),
  native('datetime_utc_to_local', ['datetime', 'string'], 'datetime', (time, zone) =>
    time === undefined ? undefined : shifted(BigInt(text(time)), text(zone), 1),
  ),
  native('datetime_local_to_utc', ['datetime', 'string'], 'datetime', (time, zone) =>
    time === undefined ? undefined : shifted(BigInt(text(time)), text(zone), -1),
  ),
  native('todatetime_serial', ['real'], 'datetime', (days) => BigInt(Math.round(number(days) * 86_400e6))),
]
