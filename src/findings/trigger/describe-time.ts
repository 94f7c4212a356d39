import type { TimerFacts } from '../model.ts'
import { listWords, quoted } from './conditions.ts'
import { atomsOf, type Describer, equalValues } from './part.ts'
import { boundsOf, clockWords, durationWords, isClockProperty, uptimeWords } from './time-words.ts'

/** Time since start: SystemUpTime of any performance class, LastBootUpTime of the operating system. */
export const uptime: Describer = {
  classes: /^(?:win32_perf(?:formatted|raw)data_perfos_system|win32_operatingsystem|cim_operatingsystem)$/,
  consumes: (property, { test }) =>
    property === 'lastbootuptime' || (property === 'systemuptime' && test !== '!='),
  compares: true,
  each: true,
  describe: (group) => {
    if (atomsOf(group, 'systemuptime', 'lastbootuptime').length === 0) {
      // Performance counters change at each look, so such a query fires once per polling interval.
      return {
        kind: 'performance',
        words:
          'again and again while the computer is running, because the watched counters change all the time',
        rows: [],
        broad: true,
      }
    }
    if (atomsOf(group, 'systemuptime').length === 0) {
      return { kind: 'uptime', words: 'after the computer starts', rows: ['uptime'], details: { uptime: {} } }
    }
    const parts = group.alternatives.map((atoms) =>
      uptimeWords(atoms.filter(({ property }) => property.toLowerCase() === 'systemuptime')),
    )
    const [first] = parts
    const { words: _words, ...bounds } = first ?? { words: '' }
    return {
      kind: 'uptime',
      words: listWords(parts.map(({ words }) => words)),
      rows: ['uptime'],
      details: { uptime: bounds },
    }
  },
}

/** The clock: Win32_LocalTime, Win32_UTCTime, Win32_CurrentTime change every second. */
export const clock: Describer = {
  classes: /^(?:win32_localtime|win32_utctime|win32_currenttime)$/,
  consumes: isClockProperty,
  each: true,
  describe: (group) => {
    const zone = group.lower === 'win32_utctime' ? ' (UTC)' : ''
    const times = group.alternatives.map((atoms) => clockWords(atoms))
    if (group.alternatives.some((atoms) => atoms.length === 0)) {
      return {
        kind: 'clock',
        words: 'again and again, because the clock always changes',
        rows: [],
        broad: true,
      }
    }
    return {
      kind: 'clock',
      words: `${timesWords(times)}${zone}`,
      rows: [times.some(({ fixedMinute }) => fixedMinute) ? 'clock' : 'operational'],
    }
  },
}

/** `every day at 09:00 or at 17:00`: the days are said once where all alternatives share them. */
function timesWords(times: readonly { readonly days: string; readonly time: string }[]): string {
  const days = new Set(times.map((time) => time.days))
  if (days.size > 1) return listWords(times.map((time) => `${time.days} ${time.time}`.trim()))
  return `${times[0]?.days ?? ''} ${listWords(times.map(({ time }) => time))}`.trim()
}

const SHORT_INTERVAL_MS = 600_000

/** Timer events, joined with their timer instruction where the evidence has it. */
export function timers(timer: TimerFacts | undefined): Describer {
  return {
    classes: /^__timerevent$/,
    consumes: (property, { test }) => property === 'timerid' && test === '=',
    describe: (group) => {
      const [id] = equalValues(group, 'timerid')
      const known =
        timer !== undefined && (id === undefined || timer.timerId.toLowerCase() === id.toLowerCase())
      const name = id === undefined ? 'any WMI timer' : `the WMI timer ${quoted(id)}`
      const base = id === undefined ? {} : { id }
      if (known && timer.intervalMilliseconds !== undefined) {
        const short = timer.intervalMilliseconds <= SHORT_INTERVAL_MS
        return {
          kind: 'timer',
          words: `every ${durationWords(timer.intervalMilliseconds / 1000).replace(/^1 (?!.* )/, '')}, by ${name}`,
          rows: [short ? 'timer-short' : 'timer-long'],
          details: { timer: { ...base, intervalMilliseconds: timer.intervalMilliseconds } },
        }
      }
      if (known && timer.eventDateTime !== undefined) {
        return {
          kind: 'timer',
          words: `once, at ${dateWords(timer.eventDateTime)}, by ${name}`,
          rows: ['clock'],
          details: { timer: { ...base, at: timer.eventDateTime } },
        }
      }
      return {
        kind: 'timer',
        words: `whenever ${name} runs out (how often that is was not found in the evidence)`,
        rows: ['timer-short'],
        details: { timer: base },
      }
    },
  }
}

/** CIM datetime `20220310153040.000000+060` to `2022-03-10 15:30:40 (UTC+01:00)`; other text stays as it is. */
function dateWords(text: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d{1,6})?(?:([+-])(\d{3}))?$/.exec(text)
  if (match === null) return text
  const [, year, month, day, hour, minute, second, sign, offset] = match
  const minutes = Number(offset ?? 0)
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0')
  const zone = minutes === 0 ? 'UTC' : `UTC${sign}${hours}:${String(minutes % 60).padStart(2, '0')}`
  return `${year}-${month}-${day} ${hour}:${minute}:${second} (${zone})`
}

/** Processor and memory load: a number above a bound. */
export const load: Describer = {
  classes: /^win32_processor$/,
  consumes: (property, { test }) => property === 'loadpercentage' && test !== 'null' && test !== 'not-null',
  describe: (group) => {
    const atoms = atomsOf(group, 'loadpercentage')
    const bounds = boundsOf(atoms)
    if (atoms.length === 0 || bounds === undefined)
      return {
        kind: 'performance',
        words: 'again and again as the load of the processor changes',
        rows: [],
        broad: true,
      }
    const [atom] = atoms
    const words =
      { '>': 'above', '>=': 'at or above', '<': 'below', '<=': 'at or below' }[atom?.test as '>'] ?? 'at'
    return {
      kind: 'performance',
      words: `when the processor's load is ${words} ${atom?.value ?? ''} %`,
      rows: ['operational'],
    }
  },
}
