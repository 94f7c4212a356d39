import { filetimeToIso, isoToFiletime, UNIX_EPOCH_FILETIME } from '../bytes/index.ts'
import { quoteMofString } from '../lang/mof/index.ts'
import type { EvtxEventInput, EvtxField } from '../records/evtx/write/index.ts'
import {
  type ChannelEvent,
  powershellEvent,
  securityEvent,
  sysmonEvent,
  WINMGMT_PID,
  wmiActivityEvent,
} from './channels.ts'
import type { SimulatedHost, SimulatedSubscription } from './model.ts'
import { possibleCause } from './possible-cause.ts'
import { programVersion } from './programs.ts'
import { Random } from './random.ts'

const TICKS_PER_MILLISECOND = 10_000n
const TICKS_PER_SECOND = 10_000_000n
const TICKS_PER_HOUR = 36_000_000_000n
const POWERSHELL_IMAGE = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'

/** A process as the sources describe it. Paths are Windows paths. */
export interface ProcessStart {
  readonly image: string
  readonly commandLine: string
  readonly parentImage: string
  readonly parentCommandLine: string
  /** The program that this image is a renamed copy of: its version resource goes with it. */
  readonly copyOf?: string
  /** `DOMAIN\\user`; the host's user by default. */
  readonly user?: string
  readonly integrity?: 'System' | 'High' | 'Medium'
  readonly directory?: string
}

export interface Process {
  readonly processId: number
  readonly guid: string
  readonly image: string
}

/** Most characters of a script that one 4104 holds; PowerShell cuts a longer one. */
const SCRIPT_FRAGMENT = 12_000

/**
 * Writes down what Windows, Sysmon and the event channels would have recorded, in order of time, field by field as in
 * real recordings (docs/simulation.md names them). Executes nothing.
 */
export class Recorder {
  readonly host: SimulatedHost
  readonly events: EvtxEventInput[] = []
  readonly #random: Random
  /** Image, lower case → the latest process of it, started in the scenario or before. */
  readonly #running = new Map<string, Process>()
  readonly #boot: bigint
  /** Host ID and Runspace ID of the PowerShell session. */
  readonly #session: { readonly host: string; readonly runspace: string }
  #pipelines = 0
  #processes = 0
  #now: bigint

  constructor(host: SimulatedHost, options: { seed: number; start: string }) {
    this.host = host
    this.#random = new Random(options.seed)
    const start = isoToFiletime(options.start)
    if (start === undefined) throw new RangeError(`not a time: ${options.start}`)
    this.#now = start
    this.#boot = start - 5n * TICKS_PER_HOUR
    this.#session = { host: this.#plainGuid(), runspace: this.#plainGuid() }
  }

  /** Moves the clock on. */
  wait(milliseconds: number): void {
    this.#now += BigInt(Math.round(milliseconds)) * TICKS_PER_MILLISECOND
  }

  get computer(): string {
    return `${this.host.name}.${this.host.domain}`
  }

  get account(): string {
    return `${netBios(this.host)}\\${this.host.user}`
  }

  /** Sysmon 1 and Security 4688. */
  process(start: ProcessStart): Process {
    const parent = this.#processOf(start.parentImage)
    const process = this.#newProcess(start.image, this.#now)
    const system = start.integrity === 'System'
    const user = start.user ?? (system ? 'NT AUTHORITY\\SYSTEM' : this.account)
    const version = programVersion(start.image, start.copyOf)
    const logonId = system ? 0x3e7n : 0x5a1c2n
    this.#add(
      sysmonEvent(1, 5, [
        ['RuleName', '-'],
        ['UtcTime', this.#utc()],
        ['ProcessGuid', { type: 'guid', value: process.guid }],
        ['ProcessId', process.processId],
        ['Image', start.image],
        ['FileVersion', version.fileVersion],
        ['Description', version.description],
        ['Product', version.product],
        ['Company', version.company],
        ['OriginalFileName', version.originalFileName],
        ['CommandLine', start.commandLine],
        ['CurrentDirectory', start.directory ?? 'C:\\Windows\\system32\\'],
        ['User', user],
        ['LogonGuid', { type: 'guid', value: this.#sysmonGuid(this.#boot, logonId) }],
        ['LogonId', { type: 'hexInt64', value: logonId }],
        ['TerminalSessionId', system ? 0 : 1],
        ['IntegrityLevel', start.integrity ?? 'High'],
        ['Hashes', this.#hashes()],
        ['ParentProcessGuid', { type: 'guid', value: parent.guid }],
        ['ParentProcessId', parent.processId],
        ['ParentImage', start.parentImage],
        ['ParentCommandLine', start.parentCommandLine],
        ['ParentUser', user],
      ]),
    )
    const [domain, name] = split(user)
    this.#security(4688, 2, 13312, [
      ['SubjectUserSid', { type: 'sid', value: system ? 'S-1-5-18' : this.host.userSid }],
      ['SubjectUserName', system ? `${this.host.name}$` : name],
      ['SubjectDomainName', system ? netBios(this.host) : domain],
      ['SubjectLogonId', { type: 'hexInt64', value: logonId }],
      ['NewProcessId', { type: 'hexInt64', value: BigInt(process.processId) }],
      ['NewProcessName', start.image],
      ['TokenElevationType', system ? '%%1936' : '%%1937'],
      ['ProcessId', { type: 'hexInt64', value: BigInt(parent.processId) }],
      ['CommandLine', start.commandLine],
      ['TargetUserSid', { type: 'sid', value: 'S-1-0-0' }],
      ['TargetUserName', '-'],
      ['TargetDomainName', '-'],
      ['TargetLogonId', { type: 'hexInt64', value: 0n }],
      ['ParentProcessName', start.parentImage],
      ['MandatoryLabel', { type: 'sid', value: system ? 'S-1-16-16384' : 'S-1-16-12288' }],
    ])
    return process
  }

  /** Sysmon 11. */
  fileCreated(process: Process, path: string, user: string = this.account): void {
    this.#sysmon(11, 2, [
      ['RuleName', '-'],
      ['UtcTime', this.#utc()],
      ['ProcessGuid', { type: 'guid', value: process.guid }],
      ['ProcessId', process.processId],
      ['Image', process.image],
      ['TargetFilename', path],
      ['CreationUtcTime', this.#utc()],
      ['User', user],
    ])
  }

  /** Sysmon 13. */
  registrySet(process: Process, target: string, details: string, user: string = this.account): void {
    this.#sysmon(13, 2, [
      ['RuleName', '-'],
      ['EventType', 'SetValue'],
      ['UtcTime', this.#utc()],
      ['ProcessGuid', { type: 'guid', value: process.guid }],
      ['ProcessId', process.processId],
      ['Image', process.image],
      ['TargetObject', target],
      ['Details', details],
      ['User', user],
    ])
  }

  /** PowerShell 4104, a long script in several records. */
  scriptBlock(text: string, path = ''): void {
    const id = this.#plainGuid()
    const total = Math.max(1, Math.ceil(text.length / SCRIPT_FRAGMENT))
    for (let number = 1; number <= total; number += 1) {
      this.#powershell(4104, { level: 5, task: 2, opcode: 15 }, [
        ['MessageNumber', { type: 'int32', value: number }],
        ['MessageTotal', { type: 'int32', value: total }],
        ['ScriptBlockText', text.slice((number - 1) * SCRIPT_FRAGMENT, number * SCRIPT_FRAGMENT)],
        ['ScriptBlockId', id],
        ['Path', path],
      ])
    }
  }

  /** PowerShell 4103 of one command with its bound parameters, as the engine evaluated them. */
  pipeline(
    command: string,
    parameters: readonly (readonly [name: string, value: string])[],
    script = '',
  ): void {
    const payload = [
      `CommandInvocation(${command}): "${command}"`,
      ...parameters.map(([name, value]) => `ParameterBinding(${command}): name="${name}"; value="${value}"`),
      '',
    ].join('\r\n')
    this.#pipelines += 1
    const context = [
      '        Severity = Informational',
      '        Host Name = ConsoleHost',
      '        Host Version = 5.1.19041.1682',
      `        Host ID = ${this.#session.host}`,
      `        Host Application = ${POWERSHELL_IMAGE}`,
      '        Engine Version = 5.1.19041.1682',
      `        Runspace ID = ${this.#session.runspace}`,
      `        Pipeline ID = ${this.#pipelines}`,
      `        Command Name = ${command}`,
      '        Command Type = Cmdlet',
      `        Script Name = ${script}`,
      '        Command Path = ',
      `        Sequence Number = ${2 * this.#pipelines + 14}`,
      `        User = ${this.account}`,
      '        Connected User = ',
      '        Shell ID = Microsoft.PowerShell',
      '',
    ].join('\r\n')
    this.#powershell(4103, { level: 4, task: 106, opcode: 20 }, [
      ['ContextInfo', context],
      ['UserData', ''],
      ['Payload', payload],
    ])
  }

  /** Security 4624, network logon from another machine. */
  remoteLogon(user: string, address: string): void {
    const [domain, name] = split(user)
    const fields: EvtxField[] = [
      ['SubjectUserSid', { type: 'sid', value: 'S-1-0-0' }],
      ['SubjectUserName', '-'],
      ['SubjectDomainName', '-'],
      ['SubjectLogonId', { type: 'hexInt64', value: 0n }],
      ['TargetUserSid', { type: 'sid', value: this.host.userSid }],
      ['TargetUserName', name],
      ['TargetDomainName', domain],
      ['TargetLogonId', { type: 'hexInt64', value: BigInt(this.#random.integer(0x100000, 0xffffff)) }],
      ['LogonType', 3],
      ['LogonProcessName', 'Kerberos'],
      ['AuthenticationPackageName', 'Kerberos'],
      ['WorkstationName', '-'],
      ['LogonGuid', { type: 'guid', value: this.#random.guid() }],
      ['TransmittedServices', '-'],
      ['LmPackageName', '-'],
      ['KeyLength', 0],
      ['ProcessId', { type: 'hexInt64', value: 0n }],
      ['ProcessName', '-'],
      ['IpAddress', address],
      ['IpPort', String(this.#random.integer(49152, 65535))],
      ['ImpersonationLevel', '%%1833'],
      ['RestrictedAdminMode', '-'],
      ['TargetOutboundUserName', '-'],
      ['TargetOutboundDomainName', '-'],
      ['VirtualAccount', '%%1843'],
      ['TargetLinkedLogonId', { type: 'hexInt64', value: 0n }],
      ['ElevatedToken', '%%1842'],
    ]
    this.#security(4624, 2, 12544, fields, this.#random.guid())
  }

  /** Sysmon 19. */
  filterWritten(
    subscription: SimulatedSubscription,
    operation: SysmonOperation = 'Created',
    user?: string,
  ): void {
    const { filter } = subscription
    this.#sysmon(19, 3, [
      ['RuleName', '-'],
      ['EventType', 'WmiFilterEvent'],
      ['UtcTime', this.#utc()],
      ['Operation', operation],
      ['User', user ?? this.account],
      ['EventNamespace', sysmonText(filter.eventNamespace)],
      ['Name', sysmonText(filter.name)],
      ['Query', sysmonText(filter.query)],
    ])
  }

  /** Sysmon 20; only the two consumer classes that Sysmon reports (TELEMETRY: scope limits). */
  consumerWritten(
    subscription: SimulatedSubscription,
    operation: SysmonOperation = 'Created',
    user?: string,
  ): void {
    const { consumer } = subscription
    const properties = consumer.properties
    const isScript = consumer.class === 'ActiveScriptEventConsumer'
    if (!isScript && consumer.class !== 'CommandLineEventConsumer') return
    const destination = isScript
      ? (properties.ScriptText ?? properties.ScriptFileName)
      : (properties.CommandLineTemplate ?? properties.ExecutablePath)
    this.#sysmon(20, 3, [
      ['RuleName', '-'],
      ['EventType', 'WmiConsumerEvent'],
      ['UtcTime', this.#utc()],
      ['Operation', operation],
      ['User', user ?? this.account],
      ['Name', sysmonText(consumer.name)],
      ['Type', isScript ? 'Script' : 'Command Line'],
      ['Destination', sysmonText(String(destination ?? ''))],
    ])
  }

  /** Sysmon 21. `absolute` paths as cmdlets give them, relative ones as wmic and .NET do. */
  bindingWritten(
    subscription: SimulatedSubscription,
    operation: SysmonOperation = 'Created',
    options: { absolute?: boolean; user?: string } = {},
  ): void {
    const prefix = options.absolute ? `\\\\.\\${subscription.namespace}:` : ''
    this.#sysmon(21, 3, [
      ['RuleName', '-'],
      ['EventType', 'WmiBindingEvent'],
      ['UtcTime', this.#utc()],
      ['Operation', operation],
      ['User', options.user ?? this.account],
      ['Consumer', sysmonText(`${prefix}${consumerPath(subscription)}`)],
      ['Filter', sysmonText(`${prefix}${filterPath(subscription)}`)],
    ])
  }

  /** WMI-Activity 5861: a permanent binding was registered, or re-activated at a start of the service. */
  bindingRegistered(subscription: SimulatedSubscription): void {
    this.#add(
      wmiActivityEvent(
        5861,
        'Operation_ESStoConsumerBinding',
        [
          ['Namespace', `//./${subscription.namespace.replaceAll('\\', '/')}`],
          ['ESS', subscription.filter.name],
          ['CONSUMER', `${subscription.consumer.class}=${quoteMofString(subscription.consumer.name)}`],
          ['PossibleCause', possibleCause(subscription)],
        ],
        { threadId: this.#random.processId() },
      ),
    )
  }

  /**
   * WMI-Activity 5859: an event provider started serving the permanent filter; before it 5857, where the provider had to
   * be loaded. That of the service control manager is part of the service.
   */
  queryStarted(subscription: SimulatedSubscription, provider: EventProvider): void {
    const by = { threadId: this.#random.processId(), activityId: this.#random.guid() }
    if (provider === 'WMI Kernel Trace Event Provider') {
      this.#providerLoaded(provider, 'C:\\Windows\\System32\\wbem\\krnlprov.dll', 'wmiprvse.exe', {
        ...by,
        processId: WINMGMT_PID,
        userSid: 'S-1-5-18',
      })
    }
    const namespace = subscription.filter.eventNamespace.toLowerCase().replace('root\\cimv2', 'root\\CIMV2')
    this.#add(
      wmiActivityEvent(
        5859,
        'Operation_EssStarted',
        [
          ['NamespaceName', `//./${namespace.replaceAll('\\', '/')}`],
          ['Query', subscription.filter.query],
          ['User', subscription.creatorSid],
          ['Processid', WINMGMT_PID],
          ['Provider', provider],
          ['queryid', 0],
          ['PossibleCause', 'Permanent'],
        ],
        by,
      ),
    )
  }

  /** WMI-Activity 5857: a provider was loaded into this process, by default the shared host of Network Service. */
  providerStarted(name: string, path: string, host?: Process): void {
    const processId = host?.processId ?? this.#random.processId()
    const hostProcess = host === undefined ? 'wmiprvse.exe' : baseName(host.image).toLowerCase()
    this.#providerLoaded(name, path, hostProcess, {
      threadId: this.#random.processId(),
      processId,
      userSid: host === undefined ? 'S-1-5-20' : 'S-1-5-18',
    })
  }

  #providerLoaded(
    name: string,
    path: string,
    hostProcess: string,
    by: { threadId: number; processId: number; userSid: string; activityId?: string },
  ): void {
    this.#add(
      wmiActivityEvent(
        5857,
        'Operation_StartedOperational',
        [
          ['ProviderName', name],
          ['Code', { type: 'hexInt32', value: 0 }],
          ['HostProcess', hostProcess],
          ['ProcessID', by.processId],
          ['ProviderPath', path],
        ],
        by,
      ),
    )
  }

  /** As Sysmon writes times: three decimals, also of a whole second. */
  #utc(): string {
    const [date = '', time = ''] = (filetimeToIso(this.#now) ?? '').split('T')
    const [seconds = '', fraction = ''] = time.replace('Z', '').split('.')
    return `${date} ${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}`
  }

  /** All four kinds, in Sysmon's order. */
  #hashes(): string {
    const kinds = [
      ['SHA1', 40],
      ['MD5', 32],
      ['SHA256', 64],
      ['IMPHASH', 32],
    ] as const
    return kinds.map(([name, digits]) => `${name}=${this.#random.hex(digits)}`).join(',')
  }

  /** The process that runs an image: of the scenario, or one that was there before. */
  #processOf(image: string): Process {
    return this.#running.get(image.toLowerCase()) ?? this.#newProcess(image, this.#boot)
  }

  #newProcess(image: string, startedFiletime: bigint): Process {
    this.#processes += 1
    const process = {
      processId: this.#random.processId(),
      guid: this.#sysmonGuid(startedFiletime, BigInt(this.#processes + 0x300), 0x0400),
      image,
    }
    this.#running.set(image.toLowerCase(), process)
    return process
  }

  /**
   * GUIDs as Sysmon makes them, observed in recordings of 2020: four bytes of the machine, the second of the start, and a
   * number in the byte order of memory; a counter with the boot behind it for processes, the LUID for logons.
   */
  #sysmonGuid(filetime: bigint, number: bigint, boot = 0): string {
    const seconds = ((filetime - UNIX_EPOCH_FILETIME) / TICKS_PER_SECOND).toString(16).padStart(8, '0')
    const bytes = number.toString(16).padStart(16, '0').match(/../g)?.reverse().join('') ?? ''
    const end = boot === 0 ? bytes.slice(4) : boot.toString(16).padStart(12, '0')
    const machine = this.host.deviceId.slice(0, 8)
    return `{${machine}-${seconds.slice(4)}-${seconds.slice(0, 4)}-${bytes.slice(0, 4)}-${end.slice(0, 12)}}`.toUpperCase()
  }

  #plainGuid(): string {
    return this.#random.guid().slice(1, -1).toLowerCase()
  }

  #sysmon(eventId: number, version: number, eventData: readonly EvtxField[]): void {
    this.#add(sysmonEvent(eventId, version, eventData))
  }

  #security(
    eventId: number,
    version: number,
    task: number,
    eventData: readonly EvtxField[],
    activityId?: string,
  ): void {
    this.#add(
      securityEvent(eventId, version, task, eventData, {
        threadId: this.#random.processId(),
        ...(activityId === undefined ? {} : { activityId }),
      }),
    )
  }

  #powershell(
    eventId: number,
    kind: { level: number; task: number; opcode: number },
    eventData: readonly EvtxField[],
  ): void {
    const { processId } = this.#processOf(POWERSHELL_IMAGE)
    this.#add(
      powershellEvent(eventId, kind, eventData, {
        userSid: this.host.userSid,
        processId,
        threadId: processId + 112,
        activityId: this.#random.guid(),
      }),
    )
  }

  #add(event: ChannelEvent): void {
    this.events.push({ ...event, computer: this.computer, time: this.#now })
    // No two records have the same time: their order in the log is their order in time. Clocks count in 100 ns.
    this.wait(this.#random.integer(3, 40))
    this.#now += BigInt(this.#random.integer(0, 9999))
  }
}

/** Event providers whose filters are announced by 5859; those that WMI polls are not. */
export type EventProvider = 'SCM Event Provider' | 'WMI Kernel Trace Event Provider'

export type SysmonOperation = 'Created' | 'Modified' | 'Deleted'

/** Relative object path of the filter. */
export function filterPath({ filter }: SimulatedSubscription): string {
  return `__EventFilter.Name=${quoteMofString(filter.name)}`
}

/** Relative object path of the consumer. */
export function consumerPath({ consumer }: SimulatedSubscription): string {
  return `${consumer.class}.Name=${quoteMofString(consumer.name)}`
}

/** Sysmon shows strings of WMI objects as MOF literals after a space. */
function sysmonText(text: string): string {
  return ` ${quoteMofString(text)}`
}

function netBios(host: SimulatedHost): string {
  return (host.domain.split('.')[0] ?? host.domain).toUpperCase()
}

function split(account: string): [domain: string, name: string] {
  const at = account.indexOf('\\')
  return [account.slice(0, at), account.slice(at + 1)]
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1)
}
