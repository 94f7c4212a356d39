import { filetimeToIso } from '../../bytes/index.ts'
import type { Hosts } from '../correlate/index.ts'
import type { BlindSpot } from '../model.ts'
import { HostTelemetry, type Span, type Telemetry, type TelemetryKind } from './telemetry.ts'

/** A kind that is missing altogether: what that hides, and what to do about it. Source: TELEMETRY section 14. */
interface Absence {
  readonly kind: TelemetryKind
  readonly missing: string
  readonly hides: string
  readonly switchOn: string
  /** Not worth saying unless this kind is there. */
  readonly given?: TelemetryKind
}

const ABSENCES: readonly Absence[] = [
  {
    kind: 'wmi-activity',
    missing: 'WMI-Activity events (5857 to 5861, or Defender WmiBindEventFilterToConsumer)',
    hides:
      'subscriptions outside root\\subscription, of any other consumer class, and those that existed before other sensors came',
    switchOn:
      'collect the log Microsoft-Windows-WMI-Activity/Operational (on by default) and give it 20 MB or more',
  },
  {
    kind: 'wmi-binding',
    given: 'wmi-activity',
    missing: 'any event 5861 in the WMI-Activity log',
    hides: 'the subscriptions that exist: no start of the WMI service lies within the log',
    switchOn:
      'give Microsoft-Windows-WMI-Activity/Operational 20 MB or more, so that it reaches back to the last boot',
  },
  {
    kind: 'sysmon',
    missing: 'Sysmon events',
    hides: 'who made a subscription, and every later change or deletion of its objects',
    switchOn: 'install Sysmon with WmiEvent rules that keep Created, Modified and Deleted',
  },
  {
    kind: 'sysmon-wmi',
    given: 'sysmon',
    missing: 'Sysmon 19, 20 and 21 (WMI events)',
    hides:
      'the account that made a subscription, and changes and deletions: nothing changed, or the configuration leaves them out',
    switchOn: 'add WmiEvent rules to the Sysmon configuration that keep Created, Modified and Deleted',
  },
  {
    kind: 'sysmon-wmi-changes',
    given: 'sysmon-wmi',
    missing: 'Sysmon 19 to 21 with Operation Modified or Deleted',
    hides: 'changed and deleted objects: there were none, or the configuration keeps Created only',
    switchOn: 'let the Sysmon configuration keep Modified and Deleted too',
  },
  {
    kind: 'process',
    missing: 'process creation (Sysmon 1, Security 4688, DeviceProcessEvents)',
    hides:
      'the tool that made a subscription (wmic, mofcomp, PowerShell) and the processes that its consumer started',
    switchOn: 'audit process creation (4688) with command lines, or install Sysmon',
  },
  {
    kind: 'process-command-line',
    given: 'process',
    missing: 'command lines in process creation events',
    hides: 'what wmic, mofcomp and PowerShell were told to do',
    switchOn: 'set the policy "Include command line in process creation events"',
  },
  {
    kind: 'script-block',
    missing: 'PowerShell script blocks (4104)',
    hides: 'subscriptions made by PowerShell from memory or from a script file',
    switchOn: 'turn on PowerShell script block logging',
  },
  {
    kind: 'logon',
    missing: 'logons (Security 4624, DeviceLogonEvents)',
    hides: 'from where a subscription was made remotely',
    switchOn: 'audit logons and collect the Security log',
  },
  {
    kind: 'stored-state',
    missing: 'the WMI repository or a listing of stored objects',
    hides: 'subscriptions made before the logs begin, orphans, timers, and objects in namespaces nobody logs',
    switchOn: 'collect %SystemRoot%\\System32\\wbem\\Repository, or list all namespaces with Get-CimInstance',
  },
]

const LOGS: readonly { readonly kind: TelemetryKind; readonly name: string; readonly hides: string }[] = [
  {
    kind: 'wmi-activity',
    name: 'the WMI-Activity log',
    hides: 'bindings registered, and provider failures,',
  },
  { kind: 'sysmon', name: 'the Sysmon log', hides: 'processes, and changes of subscriptions,' },
  { kind: 'security', name: 'the Security log', hides: 'logons and processes' },
  { kind: 'script-block', name: 'the PowerShell log', hides: 'scripts run' },
]

/** Missing on so many days on which another log of the host has events, a log has a gap. */
const GAP_DAYS = 2
const TICKS_PER_DAY = 864_000_000_000n

/** Per host: which telemetry was absent, too short, interrupted or cleared, and what that could have hidden. */
export function blindSpotsOf(telemetry: Telemetry, hosts: Hosts): BlindSpot[] {
  const merged = new Map<string, HostTelemetry>()
  for (const [name, found] of [...telemetry.hosts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const key = hosts.key(name === '' ? undefined : name)
    const known = merged.get(key) ?? new HostTelemetry()
    known.absorb(found)
    merged.set(key, known)
  }
  const spots: BlindSpot[] = []
  for (const [key, found] of [...merged].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    // Records that name no host (a bare repository) are no host of their own beside named ones.
    if (key === '' && (merged.size > 1 || found.spans.size === 0)) continue
    if (found.spans.size === 0 && found.cleared.length === 0) continue
    const host = hosts.display(key)
    for (const spot of ofHost(found)) spots.push({ ...(host === undefined ? {} : { host }), ...spot })
  }
  return spots
}

function ofHost(host: HostTelemetry): BlindSpot[] {
  const spots: BlindSpot[] = []
  for (const { kind, given, missing, hides, switchOn } of ABSENCES) {
    if (host.spans.has(kind) || (given !== undefined && !host.spans.has(given))) continue
    spots.push({ missing, hides, switchOn })
  }
  const messages = host.spans.get('wmi-message-only')?.count
  if (messages !== undefined) {
    spots.push({
      missing: `fields of ${messages} WMI-Activity events: only their message was forwarded`,
      hides: 'the end of long scripts and command lines, which a rendered message cuts off',
      switchOn: 'forward events with their XML (RenderedText is not enough)',
    })
  }
  if (host.spans.has('powershell-2')) {
    spots.push({
      missing: 'script blocks of PowerShell sessions run by engine version 2',
      hides: 'what was typed or run in them: that engine writes no 4104',
      switchOn: 'remove the Windows feature PowerShell 2.0',
    })
  }
  const stopped = host.spans.get('sysmon-stopped')
  if (stopped !== undefined) {
    spots.push({
      missing: `Sysmon while it was stopped (${stopped.count} times, first ${iso(stopped.first)})`,
      hides: 'everything Sysmon would have recorded then',
      switchOn: 'alert on Sysmon event 4',
    })
  }
  for (const { log, time } of clearings(host)) {
    spots.push({
      missing: `the log ${log} before ${time}: it was cleared`,
      hides: 'everything that was in it; look for recovered records, backups and forwarded copies',
      switchOn: 'forward logs to another machine',
    })
  }
  spots.push(...logStarts(host))
  return spots
}

function clearings(host: HostTelemetry): { log: string; time: string }[] {
  const found = new Map(
    host.cleared.map(({ log, timeFiletime }) => [
      `${log}\0${timeFiletime ?? ''}`,
      { log, time: iso(timeFiletime) },
    ]),
  )
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

function logStarts(host: HostTelemetry): BlindSpot[] {
  const spots: BlindSpot[] = []
  for (const { kind, name, hides } of LOGS) {
    const span = host.spans.get(kind)
    if (span?.first === undefined) continue
    spots.push({
      missing: `${name} before ${iso(span.first)}`,
      hides: `${hides} before that time`,
      switchOn: 'give the log more room, or forward it',
    })
    const gap = gapOf(span, host)
    if (gap !== undefined) {
      spots.push({
        missing: `${name} on ${gap.days} days from ${gap.from} while other logs of the host have events`,
        hides: `${hides} on those days`,
        switchOn: 'find out why the log has no events then: it was off, full, or edited',
      })
    }
  }
  return spots
}

/** Days inside a log's own span on which only other logs have events. */
function gapOf(span: Span, host: HostTelemetry): { days: number; from: string } | undefined {
  if (span.first === undefined || span.last === undefined) return undefined
  const from = Number(span.first / TICKS_PER_DAY)
  const to = Number(span.last / TICKS_PER_DAY)
  const missing = new Set<number>()
  for (const other of host.spans.values()) {
    for (const day of other.days) if (day > from && day < to && !span.days.has(day)) missing.add(day)
  }
  if (missing.size < GAP_DAYS) return undefined
  const first = Math.min(...missing)
  return { days: missing.size, from: iso(BigInt(first) * TICKS_PER_DAY).slice(0, 10) }
}

function iso(time: bigint | undefined): string {
  return (time === undefined ? undefined : filetimeToIso(time)) ?? 'an unknown time'
}
