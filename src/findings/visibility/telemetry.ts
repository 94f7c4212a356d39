import { isoToFiletime } from '../../bytes/index.ts'
import type { EventRecord, ExportRow } from '../../records/event.ts'
import { payloadValue } from '../../records/event.ts'
import type { InventoryEntry } from '../../records/read.ts'
import { accountName, logKind } from '../observe/index.ts'
import { LogFiles } from './log-files.ts'

/** What a kind of telemetry is called here; each answers questions that others cannot. Source: TELEMETRY section 14. */
export type TelemetryKind =
  | 'sysmon'
  | 'sysmon-wmi'
  | 'sysmon-wmi-changes'
  | 'wmi-activity'
  | 'wmi-binding'
  | 'wmi-message-only'
  | 'security'
  | 'process'
  | 'process-command-line'
  | 'logon'
  | 'script-block'
  | 'powershell-2'
  | 'stored-state'
  | 'sysmon-stopped'
  | 'sysmon-configuration'
  | 'sysmon-error'
  | 'script-fragment'

/** How much of one kind a host's evidence holds, and from when to when. */
export interface Span {
  count: number
  first?: bigint
  last?: bigint
  /** Days since 1601 on which there was any. */
  readonly days: Set<number>
  /** Start of the day counted last: most events come in order, and dividing is slow. */
  dayStart: bigint
}

/** A log that was cleared: what it held before is gone. */
export interface Cleared {
  readonly log: string
  readonly timeFiletime?: bigint
  /** Account, where the record tells. */
  readonly by?: string
}

const TICKS_PER_DAY = 864_000_000_000n

/** Telemetry of one host. */
export class HostTelemetry {
  readonly spans: Map<TelemetryKind, Span> = new Map()
  readonly cleared: Cleared[] = []

  note(kind: TelemetryKind, time: bigint | undefined): void {
    let span = this.spans.get(kind)
    if (span === undefined) {
      span = { count: 0, days: new Set(), dayStart: 0n }
      this.spans.set(kind, span)
    }
    span.count += 1
    if (time === undefined || time <= 0n) return
    if (span.first === undefined || time < span.first) span.first = time
    if (span.last === undefined || time > span.last) span.last = time
    if (time >= span.dayStart && time - span.dayStart < TICKS_PER_DAY) return
    const day = time / TICKS_PER_DAY
    span.dayStart = day * TICKS_PER_DAY
    span.days.add(Number(day))
  }

  absorb(other: HostTelemetry): void {
    for (const [kind, span] of other.spans) {
      const own = this.spans.get(kind)
      if (own === undefined) {
        this.spans.set(kind, span)
        continue
      }
      own.count += span.count
      if (span.first !== undefined && (own.first === undefined || span.first < own.first))
        own.first = span.first
      if (span.last !== undefined && (own.last === undefined || span.last > own.last)) own.last = span.last
      for (const day of span.days) own.days.add(day)
    }
    this.cleared.push(...other.cleared)
  }
}

/** Counts, while records are added, which telemetry each host has. */
export class Telemetry {
  readonly hosts: Map<string, HostTelemetry> = new Map()
  readonly files: LogFiles = new LogFiles()

  addEvent(event: EventRecord): void {
    const { timeFiletime: time, eventId } = event
    const host = this.#host(event.computer)
    const kind = logKind(event)
    // A clearing that only slack remembers was one all the same.
    if (kind === 'eventlog') cleared(host, event)
    if (event.recovered === true) return
    this.files.saw(event)
    if (kind === 'eventlog') return
    if (kind === 'sysmon') this.#sysmon(host, event)
    else if (kind === 'wmi-activity') {
      host.note('wmi-activity', time)
      if (eventId === 5861) host.note('wmi-binding', time)
      if (event.payload === 'none' && event.message !== undefined) host.note('wmi-message-only', time)
    } else if (kind === 'security') {
      host.note('security', time)
      if (eventId === 1102) cleared(host, event)
      if (eventId === 4624) host.note('logon', time)
      if (eventId === 4688) {
        host.note('process', time)
        const command =
          payloadValue(event, 'CommandLine') ??
          /Process Command Line:[ \t]*(\S)/.exec(event.message ?? '')?.[1]
        if (command !== undefined && command !== '' && command !== '-')
          host.note('process-command-line', time)
      }
    } else if (kind === 'powershell' && eventId === 4104) host.note('script-block', time)
    else if (kind === 'powershell-classic' && eventId === 400) {
      if (event.values.some((value) => value !== undefined && /EngineVersion=2\./.test(value)))
        host.note('powershell-2', time)
    }
  }

  /** A row of Defender XDR. */
  addRow(row: ExportRow): void {
    const column = (name: string): string | undefined => {
      const value = row.values[row.columns.indexOf(name)]
      return typeof value === 'string' && value !== '' ? value : undefined
    }
    const time = isoToFiletime(column('Timestamp') ?? column('TimeGenerated') ?? '')
    const host = this.#host(column('DeviceName') ?? column('Computer'))
    if (row.table === 'DeviceProcessEvents') {
      host.note('process', time)
      host.note('process-command-line', time)
    } else if (row.table === 'DeviceLogonEvents') host.note('logon', time)
    else if (row.table === 'DeviceEvents' && column('ActionType') === 'WmiBindEventFilterToConsumer') {
      host.note('wmi-activity', time)
      host.note('wmi-binding', time)
    } else if (row.table === 'DeviceEvents' && column('ActionType') === 'PowerShellCommand') {
      host.note('script-block', time)
    }
  }

  addState(host: string | undefined): void {
    this.#host(host).note('stored-state', undefined)
  }

  /** A script block of which fragments are missing. */
  addIncompleteScript(host: string | undefined, time: bigint | undefined): void {
    this.#host(host).note('script-fragment', time)
  }

  addInventory(entry: InventoryEntry): void {
    const name = ['PSComputerName', '__SERVER', 'Fqdn', 'Hostname', 'hostIdentifier']
      .map((key) => entry.value[key])
      .find((value): value is string => typeof value === 'string' && value !== '')
    this.addState(name)
  }

  #sysmon(host: HostTelemetry, event: EventRecord): void {
    const { timeFiletime: time, eventId } = event
    host.note('sysmon', time)
    if (eventId === 1) {
      host.note('process', time)
      host.note('process-command-line', time)
    }
    if (eventId === 4 && /stopped/i.test(payloadValue(event, 'State') ?? event.message ?? ''))
      host.note('sysmon-stopped', time)
    if (eventId === 16) host.note('sysmon-configuration', time)
    if (eventId === 255) host.note('sysmon-error', time)
    if (eventId < 19 || eventId > 21) return
    host.note('sysmon-wmi', time)
    const operation =
      payloadValue(event, 'Operation') ?? /Operation:[ \t]*(\w+)/.exec(event.message ?? '')?.[1] ?? ''
    if (/modified|deleted/i.test(operation)) host.note('sysmon-wmi-changes', time)
  }

  #host(name: string | undefined): HostTelemetry {
    const key = name ?? ''
    let host = this.hosts.get(key)
    if (host === undefined) {
      host = new HostTelemetry()
      this.hosts.set(key, host)
    }
    return host
  }
}

/** Security 1102 and System 104, both with `SubjectUserName`; 104 names the log. */
function cleared(host: HostTelemetry, event: EventRecord): void {
  const { eventId, timeFiletime, message = '' } = event
  if (eventId !== 1102 && eventId !== 104) return
  const named = payloadValue(event, 'Channel') ?? /^The (.{1,200}?) log file was cleared/i.exec(message)?.[1]
  const by = accountName(payloadValue(event, 'SubjectDomainName'), payloadValue(event, 'SubjectUserName'))
  host.cleared.push({
    log: eventId === 1102 ? 'Security' : (named ?? 'a log'),
    ...(timeFiletime === undefined ? {} : { timeFiletime }),
    ...(by === undefined ? {} : { by }),
  })
}
