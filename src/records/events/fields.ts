/**
 * Payload field names of the events that findings read, spelled and ordered as in the events' own XML. Source: the
 * providers' manifests as the telemetry reference quotes them (sections 2, 4, 5, 6), Sysmon schema 4.90.
 */
export interface EventFields {
  readonly payload: 'EventData' | 'UserData'
  readonly element?: string
  /** `''` for an unnamed Data element. */
  readonly names: readonly string[]
}

const eventData = (names: string): EventFields => ({ payload: 'EventData', names: names.split(' ') })
const userData = (element: string, names: string): EventFields => ({
  payload: 'UserData',
  element,
  names: names.split(' '),
})
const PROCESS = 'RuleName UtcTime ProcessGuid ProcessId Image'
const WMI = 'microsoft-windows-wmi-activity'
const SYSMON = 'microsoft-windows-sysmon'
const SECURITY = 'microsoft-windows-security-auditing'
const SUBJECT = 'SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId'

const FIELDS: ReadonlyMap<string, EventFields> = new Map([
  [
    `${SYSMON}/1`,
    eventData(
      `${PROCESS} FileVersion Description Product Company OriginalFileName CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser`,
    ),
  ],
  [
    `${SYSMON}/3`,
    eventData(
      `${PROCESS} User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName`,
    ),
  ],
  [`${SYSMON}/4`, eventData('UtcTime State Version SchemaVersion')],
  [
    `${SYSMON}/7`,
    eventData(
      `${PROCESS} ImageLoaded FileVersion Description Product Company OriginalFileName Hashes Signed Signature SignatureStatus User`,
    ),
  ],
  [`${SYSMON}/11`, eventData(`${PROCESS} TargetFilename CreationUtcTime User`)],
  [`${SYSMON}/12`, eventData('RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject User')],
  [
    `${SYSMON}/13`,
    eventData('RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject Details User'),
  ],
  [`${SYSMON}/16`, eventData('UtcTime Configuration ConfigurationFileHash')],
  [`${SYSMON}/17`, eventData('RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User')],
  [`${SYSMON}/18`, eventData('RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User')],
  [`${SYSMON}/19`, eventData('RuleName EventType UtcTime Operation User EventNamespace Name Query')],
  [`${SYSMON}/20`, eventData('RuleName EventType UtcTime Operation User Name Type Destination')],
  [`${SYSMON}/21`, eventData('RuleName EventType UtcTime Operation User Consumer Filter')],
  [`${SYSMON}/255`, eventData('UtcTime ID Description')],
  [
    `${WMI}/11`,
    eventData(
      'CorrelationId GroupOperationId OperationId Operation ClientMachine ClientMachineFQDN User ClientProcessId ClientProcessCreationTime NamespaceName IsLocal',
    ),
  ],
  [
    `${WMI}/5857`,
    userData('Operation_StartedOperational', 'ProviderName Code HostProcess ProcessID ProviderPath'),
  ],
  [
    `${WMI}/5858`,
    userData(
      'Operation_ClientFailure',
      'Id ClientMachine User ClientProcessId Component Operation ResultCode PossibleCause',
    ),
  ],
  [
    `${WMI}/5859`,
    userData('Operation_EssStarted', 'NamespaceName Query User Processid Provider queryid PossibleCause'),
  ],
  [
    `${WMI}/5860`,
    userData(
      'Operation_TemporaryEssStarted',
      'NamespaceName Query User Processid ClientMachine PossibleCause',
    ),
  ],
  [`${WMI}/5861`, userData('Operation_ESStoConsumerBinding', 'Namespace ESS CONSUMER PossibleCause')],
  [
    `${SECURITY}/4624`,
    eventData(
      `${SUBJECT} TargetUserSid TargetUserName TargetDomainName TargetLogonId LogonType LogonProcessName AuthenticationPackageName WorkstationName LogonGuid TransmittedServices LmPackageName KeyLength ProcessId ProcessName IpAddress IpPort ImpersonationLevel RestrictedAdminMode TargetOutboundUserName TargetOutboundDomainName VirtualAccount TargetLinkedLogonId ElevatedToken`,
    ),
  ],
  [
    `${SECURITY}/4648`,
    eventData(
      `${SUBJECT} LogonGuid TargetUserName TargetDomainName TargetLogonGuid TargetServerName TargetInfo ProcessId ProcessName IpAddress IpPort`,
    ),
  ],
  [
    `${SECURITY}/4657`,
    eventData(
      `${SUBJECT} ObjectName ObjectValueName HandleId OperationType OldValueType OldValue NewValueType NewValue ProcessId ProcessName`,
    ),
  ],
  [
    `${SECURITY}/4662`,
    eventData(
      `${SUBJECT} ObjectServer ObjectType ObjectName OperationType HandleId AccessList AccessMask Properties AdditionalInfo AdditionalInfo2`,
    ),
  ],
  [
    `${SECURITY}/4663`,
    eventData(
      `${SUBJECT} ObjectServer ObjectType ObjectName HandleId AccessList AccessMask ProcessId ProcessName ResourceAttributes`,
    ),
  ],
  [`${SECURITY}/4672`, eventData(`${SUBJECT} PrivilegeList`)],
  [
    `${SECURITY}/4688`,
    eventData(
      `${SUBJECT} NewProcessId NewProcessName TokenElevationType ProcessId CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName MandatoryLabel`,
    ),
  ],
  [
    `${SECURITY}/4697`,
    eventData(
      `${SUBJECT} ServiceName ServiceFileName ServiceType ServiceStartType ServiceAccount ClientProcessStartKey ClientProcessId ParentProcessId`,
    ),
  ],
  [
    'microsoft-windows-eventlog/1102',
    userData('LogFileCleared', 'SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId'),
  ],
  [
    'microsoft-windows-eventlog/104',
    userData('LogFileCleared', 'SubjectUserName SubjectDomainName Channel BackupPath'),
  ],
  ['microsoft-windows-powershell/4103', eventData('ContextInfo UserData Payload')],
  ['powershellcore/4103', eventData('ContextInfo UserData Payload')],
  [
    'microsoft-windows-powershell/4104',
    eventData('MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path'),
  ],
  ['powershellcore/4104', eventData('MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path')],
  ['powershell/400', { payload: 'EventData', names: ['', '', ''] }],
  ['powershell/403', { payload: 'EventData', names: ['', '', ''] }],
  ['powershell/600', { payload: 'EventData', names: ['', '', ''] }],
  ['powershell/800', { payload: 'EventData', names: ['', '', ''] }],
  ['service control manager/7045', eventData('ServiceName ImagePath ServiceType StartType AccountName')],
  ['service control manager/7036', eventData('param1 param2')],
  [
    'microsoft-windows-kernel-general/12',
    eventData('MajorVersion MinorVersion BuildVersion QfeVersion ServiceVersion BootMode StartTime'),
  ],
  ['microsoft-windows-kernel-general/13', eventData('StopTime')],
])

/** The fields of an event by provider name (any case) and id; `undefined` for an event nothing here reads. */
export function eventFields(provider: string | undefined, eventId: number): EventFields | undefined {
  return FIELDS.get(`${(provider ?? '').toLowerCase()}/${eventId}`)
}

const spellings = new Map<EventFields, ReadonlyMap<string, string>>()

/** A field name in the spelling of the event's XML, where the event has such a field. */
export function fieldSpelling(fields: EventFields | undefined, name: string): string {
  if (fields === undefined) return name
  let known = spellings.get(fields)
  if (known === undefined) {
    known = new Map(
      fields.names.flatMap((field) => [[field, field] as const, [field.toLowerCase(), field] as const]),
    )
    spellings.set(fields, known)
  }
  return known.get(name) ?? known.get(name.toLowerCase()) ?? name
}

const CHANNEL_PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['security', 'Microsoft-Windows-Security-Auditing'],
  ['windows powershell', 'PowerShell'],
  ['powershellcore/operational', 'PowerShellCore'],
])

/** The provider that writes to a channel, where the carrier has left the provider out. */
export function providerOfChannel(channel: string | undefined, eventId: number): string | undefined {
  if (channel === undefined) return undefined
  const lower = channel.toLowerCase()
  if (lower === 'security' && eventId === 1102) return 'Microsoft-Windows-Eventlog'
  const known = CHANNEL_PROVIDERS.get(lower)
  if (known !== undefined) return known
  if (lower === 'system') return SYSTEM_PROVIDERS.get(eventId)
  // By convention a channel is named after its provider: Microsoft-Windows-Sysmon/Operational.
  return channel.includes('/') ? channel.slice(0, channel.indexOf('/')) : undefined
}

const SYSTEM_PROVIDERS: ReadonlyMap<number, string> = new Map([
  [104, 'Microsoft-Windows-Eventlog'],
  [6005, 'EventLog'],
  [6006, 'EventLog'],
  [7036, 'Service Control Manager'],
  [7045, 'Service Control Manager'],
])
