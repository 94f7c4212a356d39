import { filetimeToIso, isoToFiletime } from '../bytes/index.ts'
import { quoteMofString } from '../lang/mof/index.ts'
import type { EvtxEventInput, EvtxField } from '../records/evtx/write/index.ts'
import type { SimulatedHost, SimulatedSubscription } from './model.ts'
import { possibleCause } from './possible-cause.ts'
import { Random } from './random.ts'

const TICKS_PER_MILLISECOND = 10_000n

/** A process as the sources describe it. Paths are Windows paths. */
export interface ProcessStart {
  readonly image: string
  readonly commandLine: string
  readonly parentImage: string
  readonly parentCommandLine: string
  readonly originalFileName?: string
  readonly description?: string
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

/**
 * Writes down what Windows, Sysmon and the event channels would have recorded, in order of time, field by field as in
 * real recordings (docs/simulation.md names them). Executes nothing.
 */
export class Recorder {
  readonly host: SimulatedHost
  readonly events: EvtxEventInput[] = []
  readonly #random: Random
  #now: bigint

  constructor(host: SimulatedHost, options: { seed: number; start: string }) {
    this.host = host
    this.#random = new Random(options.seed)
    const start = isoToFiletime(options.start)
    if (start === undefined) throw new RangeError(`not a time: ${options.start}`)
    this.#now = start
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
    const process = { processId: this.#random.processId(), guid: this.#random.guid(), image: start.image }
    const parent = this.#random.processId()
    const system = start.integrity === 'System'
    const user = start.user ?? (system ? 'NT AUTHORITY\\SYSTEM' : this.account)
    const original = start.originalFileName ?? baseName(start.image)
    const hash = this.#random.hex(64)
    this.#sysmon(1, 5, [
      ['RuleName', '-'],
      ['UtcTime', this.#utc()],
      ['ProcessGuid', { type: 'guid', value: process.guid }],
      ['ProcessId', process.processId],
      ['Image', start.image],
      ['FileVersion', '10.0.19041.1 (WinBuild.160101.0800)'],
      ['Description', start.description ?? '-'],
      ['Product', 'Microsoft® Windows® Operating System'],
      ['Company', 'Microsoft Corporation'],
      ['OriginalFileName', original],
      ['CommandLine', start.commandLine],
      ['CurrentDirectory', start.directory ?? 'C:\\Windows\\system32\\'],
      ['User', user],
      ['LogonGuid', { type: 'guid', value: this.#random.guid() }],
      ['LogonId', { type: 'hexInt64', value: system ? 0x3e7n : 0x5a1c2n }],
      ['TerminalSessionId', system ? 0 : 1],
      ['IntegrityLevel', start.integrity ?? 'High'],
      ['Hashes', `MD5=${hash.slice(0, 32)},SHA256=${hash}`],
      ['ParentProcessGuid', { type: 'guid', value: this.#random.guid() }],
      ['ParentProcessId', parent],
      ['ParentImage', start.parentImage],
      ['ParentCommandLine', start.parentCommandLine],
      ['ParentUser', user],
    ])
    const [domain, name] = split(user)
    this.#security(4688, 2, 13312, [
      ['SubjectUserSid', { type: 'sid', value: system ? 'S-1-5-18' : this.host.userSid }],
      ['SubjectUserName', system ? `${this.host.name}$` : name],
      ['SubjectDomainName', system ? netBios(this.host) : domain],
      ['SubjectLogonId', { type: 'hexInt64', value: system ? 0x3e7n : 0x5a1c2n }],
      ['NewProcessId', { type: 'hexInt64', value: BigInt(process.processId) }],
      ['NewProcessName', start.image],
      ['TokenElevationType', system ? '%%1936' : '%%1937'],
      ['ProcessId', { type: 'hexInt64', value: BigInt(parent) }],
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

  /** PowerShell 4104, in one piece. */
  scriptBlock(text: string, path = ''): void {
    this.#powershell(4104, 5, 2, 15, [
      ['MessageNumber', { type: 'int32', value: 1 }],
      ['MessageTotal', { type: 'int32', value: 1 }],
      ['ScriptBlockText', text],
      ['ScriptBlockId', this.#random.guid().slice(1, -1).toLowerCase()],
      ['Path', path],
    ])
  }

  /** PowerShell 4103 of one command with its bound parameters. */
  pipeline(command: string, parameters: readonly (readonly [name: string, value: string])[]): void {
    const payload = [
      `CommandInvocation(${command}): "${command}"`,
      ...parameters.map(([name, value]) => `ParameterBinding(${command}): name="${name}"; value="${value}"`),
      '',
    ].join('\r\n')
    const context = [
      '        Severity = Informational',
      '        Host Name = ConsoleHost',
      '        Host Version = 5.1.19041.1682',
      `        Host ID = ${this.#random.guid().slice(1, -1).toLowerCase()}`,
      '        Host Application = C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
      '        Engine Version = 5.1.19041.1682',
      `        Command Name = ${command}`,
      '        Command Type = Cmdlet',
      `        User = ${this.account}`,
      '',
    ].join('\r\n')
    this.#powershell(4103, 4, 106, 20, [
      ['ContextInfo', context],
      ['UserData', ''],
      ['Payload', payload],
    ])
  }

  /** Security 4624, network logon from another machine. */
  remoteLogon(user: string, address: string): void {
    const [domain, name] = split(user)
    this.#security(4624, 2, 12544, [
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
    ])
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
    this.#wmi(5861, 'Operation_ESStoConsumerBinding', [
      ['Namespace', `//./${subscription.namespace.replaceAll('\\', '/')}`],
      ['ESS', subscription.filter.name],
      ['CONSUMER', `${subscription.consumer.class}=${quoteMofString(subscription.consumer.name)}`],
      ['PossibleCause', possibleCause(subscription)],
    ])
  }

  /** WMI-Activity 5859: an event provider started serving the permanent filter. */
  queryStarted(subscription: SimulatedSubscription, provider: string): void {
    this.#wmi(5859, 'Operation_EssStarted', [
      ['NamespaceName', `//./${subscription.filter.eventNamespace.replaceAll('\\', '/')}`],
      ['Query', subscription.filter.query],
      ['User', subscription.creatorSid],
      ['Processid', this.#random.processId()],
      ['Provider', provider],
      ['queryid', 0],
      ['PossibleCause', 'Permanent'],
    ])
  }

  /** WMI-Activity 5857: a provider was loaded. */
  providerStarted(name: string, path: string, hostProcess = 'wmiprvse.exe'): void {
    this.#wmi(5857, 'Operation_StartedOperational', [
      ['ProviderName', name],
      ['Code', { type: 'hexInt32', value: 0 }],
      ['HostProcess', hostProcess],
      ['ProcessID', this.#random.processId()],
      ['ProviderPath', path],
    ])
  }

  #utc(): string {
    return (filetimeToIso(this.#now) ?? '').replace('T', ' ').replace('Z', '').padEnd(19).slice(0, 23)
  }

  #sysmon(eventId: number, version: number, eventData: readonly EvtxField[]): void {
    this.#add({
      provider: 'Microsoft-Windows-Sysmon',
      providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
      channel: 'Microsoft-Windows-Sysmon/Operational',
      eventId,
      version,
      level: 4,
      task: eventId,
      keywords: '0x8000000000000000',
      userSid: 'S-1-5-18',
      processId: 3204,
      threadId: 4140,
      eventData,
    })
  }

  #security(eventId: number, version: number, task: number, eventData: readonly EvtxField[]): void {
    this.#add({
      provider: 'Microsoft-Windows-Security-Auditing',
      providerGuid: '{54849625-5478-4994-A5BA-3E3B0328C30D}',
      channel: 'Security',
      eventId,
      version,
      level: 0,
      task,
      keywords: '0x8020000000000000',
      processId: 4,
      threadId: 4412,
      eventData,
    })
  }

  #powershell(
    eventId: number,
    level: number,
    task: number,
    opcode: number,
    eventData: readonly EvtxField[],
  ): void {
    this.#add({
      provider: 'Microsoft-Windows-PowerShell',
      providerGuid: '{A0C1853B-5C40-4B15-8766-3CF1C58F985A}',
      channel: 'Microsoft-Windows-PowerShell/Operational',
      eventId,
      version: 1,
      level,
      task,
      opcode,
      keywords: '0x0',
      userSid: this.host.userSid,
      processId: 6012,
      threadId: 6124,
      eventData,
    })
  }

  #wmi(eventId: number, element: string, fields: readonly EvtxField[]): void {
    this.#add({
      provider: 'Microsoft-Windows-WMI-Activity',
      providerGuid: '{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}',
      channel: 'Microsoft-Windows-WMI-Activity/Operational',
      eventId,
      version: 0,
      level: 0,
      task: 0,
      keywords: '0x4000000000000000',
      userSid: 'S-1-5-18',
      processId: 2920,
      threadId: 3344,
      userData: { element, namespace: 'http://manifests.microsoft.com/win/2006/windows/WMI', fields },
    })
  }

  #add(event: Omit<EvtxEventInput, 'computer' | 'time'>): void {
    this.events.push({ ...event, computer: this.computer, time: this.#now })
    // No two records have the same time: their order in the log is their order in time.
    this.wait(this.#random.integer(3, 40))
  }
}

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
