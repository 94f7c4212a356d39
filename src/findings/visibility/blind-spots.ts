import type { Hosts } from '../correlate/index.ts'
import type { BlindSpot } from '../model.ts'
import type { LogKind } from '../observe/index.ts'
import type { FormerName, LogView } from './log-files.ts'
import { isoOf, logSpots } from './log-spots.ts'
import { HostTelemetry, type Telemetry, type TelemetryKind } from './telemetry.ts'

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

/** A log that is there without one event of interest is not missing. */
const THERE: Readonly<Partial<Record<TelemetryKind, LogKind>>> = {
  'wmi-activity': 'wmi-activity',
  sysmon: 'sysmon',
}
/** Sysmon tells of its configuration when it is installed too. A minute. */
const INSTALLATION = 600_000_000n
/** Logs named one by one when they were cleared; a script that clears all of them leaves hundreds of records. */
const NAMED_WHEN_CLEARED =
  /^(?:security|system|application|windows powershell|microsoft-windows-(?:sysmon|wmi-activity|powershell|winrm)\/.*)$/i

/** Telemetry of one host under all its names. */
export interface HostView {
  readonly telemetry: HostTelemetry
  readonly logs: ReadonlyMap<LogKind, LogView>
}

/** What the evidence has of each host. */
export interface HostViews {
  /** By key, in order; a machine that was renamed stands here once. */
  readonly views: ReadonlyMap<string, HostView>
  readonly former: ReadonlyMap<string, FormerName>
}

/** Telemetry and logs of each host. To be asked once: it merges what was counted. */
export function hostViews(telemetry: Telemetry, hosts: Hosts): HostViews {
  const nameKey = (name: string): string => hosts.key(name === '' ? undefined : name)
  const former = telemetry.files.formerNames(nameKey)
  const keyOf = (name: string): string => former.get(nameKey(name))?.now ?? nameKey(name)
  const merged = new Map<string, HostTelemetry>()
  for (const [name, found] of [...telemetry.hosts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const known = merged.get(keyOf(name)) ?? new HostTelemetry()
    known.absorb(found)
    merged.set(keyOf(name), known)
  }
  const logs = telemetry.files.views(keyOf)
  for (const host of logs.keys()) if (!merged.has(host)) merged.set(host, new HostTelemetry())
  const views = new Map(
    [...merged]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, found]) => [key, { telemetry: found, logs: logs.get(key) ?? new Map() }]),
  )
  return { views, former }
}

/**
 * Per host: which telemetry was absent, too short, interrupted or cleared, and what that could have hidden. `unmade`:
 * names of the subscriptions of a host (by key) whose making its logs do not have.
 */
export function blindSpotsOf(
  telemetry: Telemetry,
  hosts: Hosts,
  { views, former }: HostViews,
  unmade: ReadonlyMap<string, readonly string[]>,
): BlindSpot[] {
  const spots: BlindSpot[] = []
  const listed = new Set<string>()
  for (const [key, view] of views) {
    const { spans, cleared } = view.telemetry
    const isKnown = spans.size > 0 || [...view.logs.keys()].some((kind) => kind !== 'other')
    // Records that name no host (a bare repository) are no host of their own beside named ones.
    if (key === '' && (views.size > 1 || !isKnown)) continue
    if (!isKnown && cleared.length === 0) continue
    listed.add(key)
    const host = hosts.display(key)
    for (const spot of ofHost(view, unmade.get(key) ?? []))
      spots.push({ ...(host === undefined ? {} : { host }), ...spot })
  }
  return [...spots, ...renamed(hosts, former, listed), ...emptyLogs(telemetry, hosts, views)]
}

function renamed(
  hosts: Hosts,
  former: ReadonlyMap<string, FormerName>,
  listed: ReadonlySet<string>,
): BlindSpot[] {
  return [...former]
    .filter(([, { now }]) => listed.has(now))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { now, until }]) => ({
      host: hosts.display(key) ?? key,
      missing: `events under this name after ${isoOf(until)}: the same logs go on as ${hosts.display(now) ?? now}, the machine was renamed`,
      hides: 'nothing by itself: what is missing of the machine is listed under its last name',
    }))
}

function ofHost({ telemetry: host, logs }: HostView, unmade: readonly string[]): BlindSpot[] {
  const spots: BlindSpot[] = []
  for (const { log, time, by } of clearings(host)) {
    spots.push({
      missing: `the log ${log} before ${time}: it was cleared${by === undefined ? '' : ` by ${by}`}`,
      hides: 'everything that was in it; look for recovered records, backups and forwarded copies',
      switchOn: 'forward logs to another machine',
    })
  }
  const others = host.cleared.filter(({ log }) => !NAMED_WHEN_CLEARED.test(log))
  if (others.length > 0) {
    const names = [...new Set(others.map(({ log }) => log))].sort()
    spots.push({
      missing: `what ${names.length} other logs held before they were cleared, among them ${names.slice(0, 3).join(', ')}`,
      hides: 'little about subscriptions by itself; that somebody cleared logs is what matters',
      switchOn: 'forward logs to another machine',
    })
  }
  const { gaps, starts } = logSpots(host, logs, unmade)
  spots.push(...gaps)
  for (const { kind, given, missing, hides, switchOn } of ABSENCES) {
    const isThere = (one: TelemetryKind): boolean => {
      const log = THERE[one]
      return host.spans.has(one) || (log !== undefined && logs.has(log))
    }
    if (isThere(kind) || (given !== undefined && !isThere(given))) continue
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
  const scripts = host.spans.get('script-fragment')
  if (scripts !== undefined) {
    spots.push({
      missing: `fragments of ${scripts.count} PowerShell script ${scripts.count === 1 ? 'block' : 'blocks'} (4104), the first ${isoOf(scripts.first)}`,
      hides: 'parts of those scripts: what is left of them was read',
      switchOn: 'give Microsoft-Windows-PowerShell/Operational more room, or forward it',
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
      missing: `Sysmon while it was stopped (${stopped.count} times, first ${isoOf(stopped.first)})`,
      hides: 'everything Sysmon would have recorded then',
      switchOn: 'alert on Sysmon event 4',
    })
  }
  const errors = host.spans.get('sysmon-error')
  if (errors !== undefined) {
    spots.push({
      missing: `events that Sysmon lost: it reported ${errors.count} ${errors.count === 1 ? 'error' : 'errors'} (255), the first ${isoOf(errors.first)}`,
      hides: 'whatever happened while its queue ran over or its driver failed',
      switchOn: 'alert on Sysmon event 255',
    })
  }
  const changes = host.spans.get('sysmon-configuration')
  const began = host.spans.get('sysmon')?.first
  // The first one is that of the installation.
  if (changes?.last !== undefined && began !== undefined && changes.last - began > INSTALLATION) {
    spots.push({
      missing: `what another Sysmon configuration would have kept: it was changed, the last time ${isoOf(changes.last)}`,
      hides: 'kinds of events that were recorded only before or only after the change',
      switchOn: 'compare the configurations, and alert on Sysmon event 16',
    })
  }
  return [...spots, ...starts]
}

/** Clearings of logs that matter here, once each: a record may be read from several copies. */
function clearings(host: HostTelemetry): { log: string; time: string; by?: string }[] {
  const found = new Map<string, { log: string; time: string; by?: string }>()
  for (const { log, timeFiletime, by } of host.cleared) {
    if (!NAMED_WHEN_CLEARED.test(log)) continue
    const key = `${log}\0${timeFiletime ?? ''}`
    const known = found.get(key)
    const who = by ?? known?.by
    found.set(key, { log, time: isoOf(timeFiletime), ...(who === undefined ? {} : { by: who }) })
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value)
}

const NAMES_OF_EMPTY: Readonly<Partial<Record<LogKind, string>>> = {
  'wmi-activity': 'the WMI-Activity log',
  sysmon: 'the Sysmon log',
  security: 'the Security log',
  powershell: 'the PowerShell log',
}

/** A log file without a record names no computer; it is the host's where there is but one. */
function emptyLogs(telemetry: Telemetry, hosts: Hosts, views: ReadonlyMap<string, HostView>): BlindSpot[] {
  const named = [...views.keys()].filter((key) => key !== '')
  const host = named.length === 1 ? hosts.display(named[0] ?? '') : undefined
  return telemetry.files.empty().flatMap(({ kind, path }) => {
    const name = NAMES_OF_EMPTY[kind]
    if (name === undefined) return []
    return [
      {
        ...(host === undefined ? {} : { host }),
        missing: `any record in ${name}: ${path} is empty`,
        hides: 'all that it would have held: it was off, just cleared, or emptied',
        switchOn: 'find out why it is empty, and turn it on',
      },
    ]
  })
}
