import { earliest, filetimeToIso, latest } from '../../bytes/index.ts'
import { gapWidth } from '../../records/event.ts'
import type { BlindSpot } from '../model.ts'
import type { LogKind } from '../observe/index.ts'
import type { LogView } from './log-files.ts'
import type { HostTelemetry, Span, TelemetryKind } from './telemetry.ts'

/** A log that matters here: what its lack hides, and which events of it are counted where its file is not there. */
interface Log {
  readonly log: LogKind
  readonly kind: TelemetryKind
  readonly name: string
  readonly hides: string
  /** Days without an event are ordinary: nothing follows from them while no record number is missing. */
  readonly isQuiet?: true
}

const LOGS: readonly Log[] = [
  {
    log: 'wmi-activity',
    kind: 'wmi-activity',
    name: 'the WMI-Activity log',
    hides: 'bindings registered, and provider failures,',
    isQuiet: true,
  },
  {
    log: 'sysmon',
    kind: 'sysmon',
    name: 'the Sysmon log',
    hides: 'processes, and changes of subscriptions,',
  },
  { log: 'security', kind: 'security', name: 'the Security log', hides: 'logons and processes' },
  {
    log: 'powershell',
    kind: 'script-block',
    name: 'the PowerShell log',
    hides: 'scripts run',
    isQuiet: true,
  },
]

/** Missing on so many days on which another log of the host has events, a log has a gap. */
const GAP_DAYS = 2
const TICKS_PER_DAY = 864_000_000_000n
const NAMED = 5

/** What one log of a host covers, from its file and from the events that were read of it. */
interface Reach {
  readonly first: bigint
  readonly last: bigint
}

/** Where the logs of a host begin, end, and have holes; `unmade` are subscriptions whose making they do not have. */
export function logSpots(
  host: HostTelemetry,
  logs: ReadonlyMap<LogKind, LogView>,
  unmade: readonly string[],
): { readonly gaps: readonly BlindSpot[]; readonly starts: readonly BlindSpot[] } {
  const gaps: BlindSpot[] = []
  const starts: BlindSpot[] = []
  const reaches = LOGS.map(({ log, kind }) => reachOf(host.spans.get(kind), logs.get(log)))
  const until = latest(reaches.map((reach) => reach?.last))
  for (const [index, one] of LOGS.entries()) {
    const view = logs.get(one.log)
    const span = host.spans.get(one.kind)
    const reach = reaches[index]
    if (view !== undefined && view.missing > 0) gaps.push(numberGap(one, view))
    if (view?.leftOut !== undefined && view.leftOut > 0) gaps.push(partialExport(one, view.leftOut))
    const isWhole = view?.lost !== undefined && view.missing === 0
    const days = one.isQuiet === true && isWhole ? undefined : gapOf(span, host)
    if (days !== undefined) gaps.push(dayGap(one, days, isWhole))
    if (reach === undefined) continue
    if (one.log !== 'powershell' && until !== undefined && daysBetween(reach.last, until) >= GAP_DAYS) {
      gaps.push({
        missing: `${one.name} after ${isoOf(reach.last)} while other logs of the host go on until ${isoOf(until)}`,
        hides: `${one.hides} after that time`,
        switchOn: 'find out why the log ends there: it was off, stopped, or is an older copy',
      })
    }
    starts.push(start(one, reach, view, one.log === 'wmi-activity' ? unmade : []))
  }
  return { gaps, starts }
}

/** From when to when a host's log reaches; `undefined` where no time of it is known. */
export function reachOf(span: Span | undefined, view: LogView | undefined): Reach | undefined {
  const first = earliest([span?.first, view?.first])
  const last = latest([span?.last, view?.last])
  return first === undefined || last === undefined ? undefined : { first, last }
}

function start(
  { name, hides }: Log,
  { first, last }: Reach,
  view: LogView | undefined,
  unmade: readonly string[],
): BlindSpot {
  const more = unmade.length > NAMED ? ` and ${unmade.length - NAMED} more` : ''
  const making =
    unmade.length === 0 ? '' : `, and with them the making of ${unmade.slice(0, NAMED).join(', ')}${more}`
  const covers =
    view === undefined ? '' : `: it covers the time from then to ${isoOf(last)}${beginning(view)}`
  return {
    missing: `${name} before ${isoOf(first)}${covers}`,
    hides: `${hides} before that time${making}`,
    switchOn: remedy(view),
  }
}

function remedy(view: LogView | undefined): string {
  if (view?.leftOut !== undefined)
    return 'collect the log file itself from %SystemRoot%\\System32\\winevt\\Logs'
  return view?.lost === 0
    ? 'look into other logs: this one lost nothing'
    : 'give the log more room, or forward it'
}

function beginning({ lost, leftOut }: LogView): string {
  if (leftOut !== undefined)
    return ', but as an export or a forwarded copy, which does not tell what it lacks'
  if (lost === undefined) return ''
  return lost === 0
    ? ', from its very first record on'
    : `; the ${lost} ${lost === 1 ? 'record' : 'records'} before were overwritten or cleared`
}

function numberGap({ name }: Log, { missing, gaps }: LogView): BlindSpot {
  const widest = [...gaps].sort((a, b) => gapWidth(b) - gapWidth(a))[0]
  const where =
    widest === undefined
      ? ''
      : `${gaps.length === 1 ? '' : `in ${gaps.length} gaps, the widest `}between the records ${widest.after} and ${widest.before}${timesOf(widest)}`
  return {
    missing: `${missing} ${missing === 1 ? 'record' : 'records'} of ${name} ${where}`.trimEnd(),
    hides:
      'what they held: their numbers are missing, so they were there and are damaged, wiped or edited out',
    switchOn: 'look for another copy: a backup, a shadow copy, forwarded events',
  }
}

function timesOf({ from, to }: { readonly from?: bigint; readonly to?: bigint }): string {
  return from === undefined || to === undefined ? '' : ` (${isoOf(from)} to ${isoOf(to)})`
}

function partialExport({ name }: Log, leftOut: number): BlindSpot {
  return {
    missing: `at least ${leftOut} records of ${name} that this export or forwarded copy lacks between its first and its last`,
    hides: 'what they held: somebody chose what was exported, or the records are gone',
    switchOn: 'collect the log file itself from %SystemRoot%\\System32\\winevt\\Logs',
  }
}

function dayGap({ name, hides }: Log, { days, from }: DayGap, isWhole: boolean): BlindSpot {
  return {
    missing: `${name} on ${days} days from ${from} while other logs of the host have events`,
    hides: `${hides} on those days`,
    switchOn: isWhole
      ? 'find out why nothing was written then: no record number is missing, so the log was off or stopped'
      : 'find out why the log has no events then: it was off, full, or edited',
  }
}

interface DayGap {
  readonly days: number
  readonly from: string
}

/** Days inside a log's own span on which only other logs have events. */
function gapOf(span: Span | undefined, host: HostTelemetry): DayGap | undefined {
  if (span?.first === undefined || span.last === undefined) return undefined
  const from = Number(span.first / TICKS_PER_DAY)
  const to = Number(span.last / TICKS_PER_DAY)
  const missing = new Set<number>()
  for (const other of host.spans.values()) {
    for (const day of other.days) if (day > from && day < to && !span.days.has(day)) missing.add(day)
  }
  if (missing.size < GAP_DAYS) return undefined
  const first = Math.min(...missing)
  return { days: missing.size, from: isoOf(BigInt(first) * TICKS_PER_DAY).slice(0, 10) }
}

function daysBetween(from: bigint, to: bigint): number {
  return Number((to - from) / TICKS_PER_DAY)
}

/** A time as the report says it, also where it is not known. */
export function isoOf(time: bigint | undefined): string {
  return (time === undefined ? undefined : filetimeToIso(time)) ?? 'an unknown time'
}
