import type { Report } from '../../diagnostics/index.ts'
import { readSubscriptionObjects } from '../../records/cim/index.ts'
import type { RepositoryFiles } from '../../records/cim/types.ts'
import type { EventRecord, ExportRow } from '../../records/event.ts'
import { exportRowToEvent } from '../../records/exports/index.ts'
import type { InventoryEntry, TextEvidence } from '../../records/read.ts'
import type { Dismissed, Observation } from '../model.ts'
import { AuthoredReader } from './authored.ts'
import { DismissedCollector } from './dismissed.ts'
import {
  observeFile,
  observeRegistry,
  securityFile,
  securityRegistry,
  sysmonFile,
  sysmonRegistry,
} from './file-and-registry.ts'
import { observeInventory } from './inventory.ts'
import { RemoteLogons } from './logons.ts'
import { observeMof } from './mof-text.ts'
import { PowerShellObserver } from './powershell.ts'
import { observeProcess, securityProcess, sysmonProcess } from './process.ts'
import { ConsumerProviders } from './providers.ts'
import { observeRepository } from './repository.ts'
import { observeRow } from './rows.ts'
import {
  observeAsr,
  observeBrokenFilter,
  observeDetection,
  observeElasticPut,
  observeNamespaceAccess,
  observeNetwork,
  observeSysmonImageLoad,
} from './side-events.ts'
import { observeSysmonWmi } from './sysmon-wmi.ts'
import { observeWmiActivity } from './wmi-activity.ts'

/** Equal processes of one host kept as candidates for what a consumer started. */
const MAX_EQUAL_CHILDREN = 16

/** Which log a record belongs to, by provider or, where a carrier dropped that, by channel. */
export type LogKind =
  | 'sysmon'
  | 'wmi-activity'
  | 'security'
  | 'powershell'
  | 'powershell-classic'
  | 'application-wmi'
  | 'defender-av'
  | 'eventlog'
  | 'winrm'
  | 'other'

/** Providers and channels are few and their spelling is shared between records. */
const kinds = new Map<string, LogKind>()
const MAX_KINDS = 4096

/** The log of a record. */
export function logKind(event: EventRecord): LogKind {
  const key = `${event.provider ?? ''}\0${event.channel ?? ''}`
  let kind = kinds.get(key)
  if (kind === undefined) {
    kind = kindOf(event.provider?.toLowerCase() ?? '', event.channel?.toLowerCase() ?? '')
    if (kinds.size < MAX_KINDS) kinds.set(key, kind)
  }
  return kind
}

/** The log that a channel name alone tells. */
export function channelKind(channel: string): LogKind {
  return kindOf('', channel.toLowerCase())
}

function kindOf(provider: string, channel: string): LogKind {
  if (provider === 'microsoft-windows-sysmon' || channel.includes('sysmon/')) return 'sysmon'
  if (provider === 'microsoft-windows-wmi-activity' || channel.includes('wmi-activity')) return 'wmi-activity'
  if (provider === 'microsoft-windows-eventlog' || provider === 'eventlog') return 'eventlog'
  if (provider === 'microsoft-windows-security-auditing') return 'security'
  if (provider === 'microsoft-windows-powershell' || provider === 'powershellcore') return 'powershell'
  if (provider === 'powershell' || channel === 'windows powershell') return 'powershell-classic'
  if (provider === 'microsoft-windows-wmi' || provider === 'winmgmt') return 'application-wmi'
  if (provider === 'microsoft-windows-windows defender') return 'defender-av'
  if (provider === 'microsoft-windows-winrm' || channel.includes('winrm/operational')) return 'winrm'
  if (channel === 'security') return 'security'
  if (channel.includes('powershell/operational')) return 'powershell'
  return 'other'
}

/**
 * Evidence of every kind → observations. Holds only what says something about subscriptions: what does not is let go
 * at once, so that millions of events cost no memory.
 */
export class Observer {
  readonly observations: Observation[] = []
  readonly dismissed: DismissedCollector = new DismissedCollector()
  readonly logons: RemoteLogons = new RemoteLogons()
  readonly providers: ConsumerProviders = new ConsumerProviders()
  readonly #children = new Map<string, Observation[]>()
  readonly #report: Report
  readonly #authors: AuthoredReader
  readonly #powershell: PowerShellObserver

  constructor(report: Report) {
    this.#report = report
    this.#authors = new AuthoredReader(this)
    this.#powershell = new PowerShellObserver(this.#authors, this)
  }

  /** Script blocks of which fragments are in none of the logs; known once everything was added. */
  get incompleteScripts(): PowerShellObserver['incomplete'] {
    return this.#powershell.incomplete
  }

  observe(observation: Observation): void {
    // Most children of WmiPrvSE belong to no consumer, which only shows at the end: a few of each kind are enough.
    const { context, consumer } = observation
    if (context?.signal !== 'consumer-child' || consumer?.class !== 'CommandLineEventConsumer') {
      this.observations.push(observation)
      return
    }
    const key = [observation.host?.toLowerCase() ?? '', context.commandLine ?? context.image ?? ''].join('\0')
    const known = this.#children.get(key) ?? []
    this.#children.set(key, known)
    known.push(observation)
    if (known.length <= MAX_EQUAL_CHILDREN) return
    known.sort((a, b) => Number((a.timeFiletime ?? 0n) - (b.timeFiletime ?? 0n)))
    known.length = MAX_EQUAL_CHILDREN
  }

  dismiss(entry: Dismissed): void {
    this.dismissed.add(entry)
  }

  addEvent(event: EventRecord): void {
    const kind = logKind(event)
    if (kind === 'sysmon') this.#sysmon(event)
    else if (kind === 'security') this.#security(event)
    else if (kind === 'powershell' || kind === 'powershell-classic') this.#powershell.add(event)
    else if (kind === 'application-wmi') {
      observeBrokenFilter(event, this)
      this.providers.addEvent(event)
    } else if (kind === 'defender-av') {
      observeAsr(event, this)
      observeDetection(event, this)
    } else if (kind === 'winrm') this.logons.addWinRm(event)
    else if (kind === 'wmi-activity' || kind === 'other') {
      const elastic = event.names.some((name) => name.endsWith('consumer_name'))
      if (elastic && observeElasticPut(event, this)) return
      if (kind === 'wmi-activity') observeWmiActivity(event, this, this.#report)
    }
  }

  addRow(row: ExportRow): EventRecord | undefined {
    const event = exportRowToEvent(row)
    if (event !== undefined) this.addEvent(event)
    else observeRow(row, { sink: this, authors: this.#authors, logons: this.logons, report: this.#report })
    return event
  }

  addMof(text: TextEvidence): void {
    observeMof(text, this, this.#report, this.providers)
  }

  addRepository(files: RepositoryFiles): void {
    observeRepository(files, readSubscriptionObjects(files, this.#report), this, this.providers)
  }

  addInventory(entry: InventoryEntry): void {
    observeInventory(entry, this)
  }

  /** Reads what waited for more: script blocks whose other fragments never came. */
  finish(): void {
    this.#powershell.flush()
    for (const children of this.#children.values()) this.observations.push(...children)
    this.#children.clear()
    this.observations.push(...this.providers.hijacked())
  }

  #sysmon(event: EventRecord): void {
    switch (event.eventId) {
      case 1:
        observeProcess(sysmonProcess(event), this.#authors, this)
        break
      case 3:
        observeNetwork(event, this)
        break
      case 7:
        observeSysmonImageLoad(event, this)
        break
      case 11:
        observeFile(sysmonFile(event), this)
        break
      case 13:
        observeRegistry(sysmonRegistry(event), this)
        break
      case 19:
      case 20:
      case 21:
        observeSysmonWmi(event, this)
        break
      default:
    }
  }

  #security(event: EventRecord): void {
    switch (event.eventId) {
      case 4688:
        observeProcess(securityProcess(event), this.#authors, this)
        break
      case 4624:
        this.logons.addEvent(event, this)
        break
      case 4657:
        observeRegistry(securityRegistry(event), this)
        break
      case 4662:
        observeNamespaceAccess(event, this)
        break
      case 4663: {
        const write = securityFile(event)
        if (write !== undefined) observeFile(write, this)
        break
      }
      default:
    }
  }
}
