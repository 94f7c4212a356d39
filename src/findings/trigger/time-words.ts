import type { Atom } from './conditions.ts'
import { listWords } from './conditions.ts'

/** `4 minutes`, `1 hour 30 minutes`, `5 minutes 25 seconds`, `0.5 seconds`. */
export function durationWords(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return `${seconds} seconds`
  if (seconds < 1 || !Number.isInteger(seconds)) return `${Number(seconds.toFixed(3))} seconds`
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ]
  const parts: string[] = []
  let rest = seconds
  for (const [name, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return parts.join(' ')
}

/** `between 4 and 5 minutes 25 seconds`: the unit is said once where both bounds begin with it. */
export function spanWords(from: number, to: number): string {
  const [low, high] = [durationWords(from), durationWords(to)]
  const short = /^(\d+) (minute|hour|second|day)s?$/.exec(low)
  const long = /^(\d+) (minute|hour|second|day)s?\b/.exec(high)
  return short !== null && long !== null && short[2] === long[2] && Number(short[1]) < Number(long[1])
    ? `between ${short[1]} and ${high}`
    : `between ${low} and ${high}`
}

/** Bounds that comparisons of a whole number leave; `undefined` where there is none. Bounds are inclusive. */
export interface Bounds {
  readonly from?: number
  readonly to?: number
  readonly not: readonly number[]
}

/** Inclusive bounds that the comparisons put upon one numeric property. */
export function boundsOf(atoms: readonly Atom[]): Bounds | undefined {
  let from: number | undefined
  let to: number | undefined
  const not: number[] = []
  for (const { test, value } of atoms) {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number)) return undefined
    if (test === '=' || test === '>=' || test === '>') {
      const low = test === '>' ? number + 1 : number
      from = from === undefined ? low : Math.max(from, low)
    }
    if (test === '=' || test === '<=' || test === '<') {
      const high = test === '<' ? number - 1 : number
      to = to === undefined ? high : Math.min(to, high)
    }
    if (test === '!=') not.push(number)
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), not }
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const CLOCK_PROPERTIES = new Set([
  'hour',
  'minute',
  'second',
  'day',
  'dayofweek',
  'month',
  'year',
  'quarter',
  'weekinmonth',
])

export function isClockProperty(property: string): boolean {
  return CLOCK_PROPERTIES.has(property.toLowerCase())
}

const two = (value: number): string => String(value).padStart(2, '0')

/**
 * Clock conditions of one alternative as one time: `every day at 15:30:40`. Hour, Minute, Second and the days stand in
 * separate comparisons of the query. `fixedMinute` is what SCORING asks of a clock trigger.
 */
export function clockWords(atoms: readonly Atom[]): {
  readonly days: string
  readonly time: string
  readonly fixedMinute: boolean
} {
  const of = (property: string): Bounds | undefined => {
    const own = atoms.filter((atom) => atom.property.toLowerCase() === property)
    return own.length === 0 ? undefined : boundsOf(own)
  }
  const time = timeWords(of('hour'), of('minute'), of('second'))
  const days = dayWords(of)
  const each = days === undefined && /of every (?:hour|minute)$/.test(time)
  return {
    days: each ? '' : (days ?? 'every day'),
    time,
    fixedMinute: fixed(of('minute')) !== undefined || fixed(of('second')) !== undefined,
  }
}

function fixed(bounds: Bounds | undefined): number | undefined {
  return bounds?.from !== undefined && bounds.from === bounds.to ? bounds.from : undefined
}

function timeWords(hour: Bounds | undefined, minute: Bounds | undefined, second: Bounds | undefined): string {
  const [h, m, s] = [fixed(hour), fixed(minute), fixed(second)]
  if (h !== undefined && m !== undefined)
    return `at ${two(h)}:${two(m)}${s === undefined ? '' : `:${two(s)}`}`
  if (h !== undefined && minute === undefined) return `from ${two(h)}:00 to ${two(h)}:59${secondWords(s)}`
  const hours =
    hour === undefined ? 'of every hour' : `of every hour ${rangeWords(hour, (value) => two(value))}`
  if (m !== undefined) return `at minute ${m}${s === undefined ? '' : `, second ${s},`} ${hours}`
  if (minute !== undefined) {
    const at = h === undefined ? hours : `of the hour ${two(h)}:00`
    return `in the minutes ${rangeWords(minute, String)} ${at}`
  }
  if (hour !== undefined) return `in the hours ${rangeWords(hour, (value) => two(value))}${secondWords(s)}`
  if (s !== undefined) return `at second ${s} of every minute`
  return second === undefined
    ? 'all day long'
    : `in the seconds ${rangeWords(second, String)} of every minute`
}

function secondWords(second: number | undefined): string {
  return second === undefined ? '' : `, at second ${second} of every minute`
}

function rangeWords({ from, to, not }: Bounds, name: (value: number) => string): string {
  const except = not.length === 0 ? '' : `except ${listWords(not.map(name), 'and')}`
  if (from !== undefined && to !== undefined)
    return `${from === to ? name(from) : `from ${name(from)} to ${name(to)}`} ${except}`.trim()
  if (from !== undefined) return `from ${name(from)} on ${except}`.trim()
  if (to !== undefined) return `up to ${name(to)} ${except}`.trim()
  return except
}

function monthName(month: number): string {
  return MONTHS[month - 1] ?? `month ${month}`
}

function dayWords(of: (property: string) => Bounds | undefined): string | undefined {
  const weekday = of('dayofweek')
  const day = of('day')
  const month = of('month')
  const year = of('year')
  const parts: string[] = []
  if (weekday !== undefined) {
    const name = (value: number): string => DAYS[value] ?? `day ${value} of the week`
    const single = fixed(weekday)
    if (single !== undefined) parts.push(`every ${name(single)}`)
    else if (weekday.from === undefined && weekday.to === undefined)
      parts.push(`every day except ${listWords(weekday.not.map(name), 'and')}`)
    else parts.push(rangeWords(weekday, name))
  }
  const [onDay, inMonth] = [fixed(day), fixed(month)]
  if (onDay !== undefined && inMonth !== undefined) parts.push(`on ${onDay} ${monthName(inMonth)}`)
  else if (day !== undefined) {
    const single = fixed(day)
    parts.push(
      `on ${single === undefined ? 'the days' : 'day'} ${rangeWords(day, String)} of ${month === undefined ? 'every month' : 'the month'}`,
    )
  }
  if (month !== undefined && !(onDay !== undefined && inMonth !== undefined))
    parts.push(`in ${rangeWords(month, monthName)}`)
  if (year !== undefined) parts.push(`in the year ${rangeWords(year, String)}`)
  for (const property of ['quarter', 'weekinmonth']) {
    const bounds = of(property)
    if (bounds !== undefined)
      parts.push(
        `in ${property === 'quarter' ? 'quarter' : 'week'} ${rangeWords(bounds, String)} of the ${property === 'quarter' ? 'year' : 'month'}`,
      )
  }
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** What uptime comparisons of one alternative say, with inclusive bounds in seconds kept as the query has them. */
export function uptimeWords(atoms: readonly Atom[]): {
  readonly words: string
  readonly fromSeconds?: number
  readonly toSeconds?: number
} {
  let from: number | undefined
  let to: number | undefined
  for (const { test, value } of atoms) {
    const number = Number(value)
    if (Number.isNaN(number)) continue
    // `< 325` and `<= 325` are the same moment for a reader: bounds are said as the query has them.
    if (test === '=' || test === '>=' || test === '>') from = Math.max(from ?? number, number)
    if (test === '=' || test === '<=' || test === '<') to = Math.min(to ?? number, number)
  }
  const bounds = {
    ...(from === undefined ? {} : { fromSeconds: from }),
    ...(to === undefined ? {} : { toSeconds: to }),
  }
  if (from !== undefined && to !== undefined && from > to)
    return { words: `never, because the uptime cannot be above ${from} and below ${to} seconds at once` }
  if (from !== undefined && to !== undefined) {
    const words = from === to ? durationWords(from) : spanWords(from, to)
    const figures = to > 60 ? ` (uptime ${from === to ? from : `${from} to ${to}`} seconds)` : ''
    return { ...bounds, words: `${words} after the computer starts${figures}` }
  }
  if (from !== undefined)
    return {
      ...bounds,
      words: `again and again once the computer has been running for ${durationWords(from)}`,
    }
  if (to !== undefined)
    return { ...bounds, words: `in the first ${durationWords(to)} after the computer starts` }
  return { words: 'again and again while the computer is running' }
}
