import { deflateRawSync, gzipSync } from 'node:zlib'

/** One piece of evidence as a case file describes it; rendered here as the carrier would have written it. */
export type CaseEvidence = Readonly<Record<string, unknown>> & { readonly as: string }

/** A file of evidence. */
export interface RenderedFile {
  readonly name: string
  readonly text: string
}

const text = (value: unknown, otherwise = ''): string => (value === undefined ? otherwise : String(value))
const HOST = 'WS01.corp.example'
const TIME = '2024-05-14T08:30:00.0000000Z'

/** `${utf16:…}`, `${base64:…}`, `${gzip:…}` and `${deflate:…}` in a case stand for that text, encoded; innermost first. */
export function expand(value: unknown): unknown {
  if (typeof value === 'string') {
    let out = value
    for (let round = 0; round < 8; round += 1) {
      const next = out.replace(
        /\$\{(utf16|base64|gzip|deflate|xor35):((?:(?!\$\{)[^}]|\}(?!!))*?)\}!/g,
        (_, how: string, inner: string) => encode(how, inner),
      )
      if (next === out) break
      out = next
    }
    return out
  }
  if (Array.isArray(value)) return value.map(expand)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, expand(part)]))
  }
  return value
}

function encode(how: string, inner: string): string {
  switch (how) {
    case 'utf16':
      return Buffer.from(inner, 'utf16le').toString('base64')
    case 'gzip':
      return gzipSync(inner, { level: 9 }).toString('base64')
    case 'deflate':
      return deflateRawSync(inner).toString('base64')
    case 'xor35':
      return Buffer.from(Buffer.from(inner).map((byte) => byte ^ 35)).toString('base64')
    default:
      return Buffer.from(inner).toString('base64')
  }
}

interface System {
  readonly provider: string
  readonly channel: string
  readonly eventId: number
  readonly record: number
  readonly evidence: CaseEvidence
}

/** The shape of evtx_dump and Chainsaw: `Event.System`, `Event.EventData` or `Event.UserData`. */
function eventJson(
  { provider, channel, eventId, record, evidence }: System,
  payload: Record<string, unknown>,
): string {
  return JSON.stringify({
    Event: {
      System: {
        Provider: { '#attributes': { Name: provider } },
        EventID: eventId,
        Channel: channel,
        Computer: text(evidence.host, HOST),
        EventRecordID: record,
        TimeCreated: { '#attributes': { SystemTime: text(evidence.time, TIME) } },
        Execution: { '#attributes': { ProcessID: 1234, ThreadID: 5678 } },
        Security: { '#attributes': { UserID: 'S-1-5-18' } },
      },
      ...payload,
    },
  })
}

function sidBytes(sid: string): string {
  const [, , authority = '5', ...parts] = sid.split('-')
  const bytes = [1, parts.length, 0, 0, 0, 0, 0, Number(authority)]
  for (const part of parts) {
    const value = Number(part)
    bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
  }
  return `{${bytes.join(', ')}}`
}

const mofString = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`

function mofValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `{${value.map(mofValue).join(', ')}}`
  return mofString(text(value))
}

function mofInstance(name: string, properties: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([property, value]) =>
        `\t${property} = ${property === 'CreatorSID' ? sidBytes(text(value)) : mofValue(value)};\n`,
    )
  return `instance of ${name}\n{\n${lines.join('')}};\n`
}

interface Objects {
  readonly filter: Readonly<Record<string, unknown>>
  readonly consumer: Readonly<Record<string, unknown>>
}

const objectsOf = (evidence: CaseEvidence): Objects => ({
  filter: (evidence.filter ?? {}) as Objects['filter'],
  consumer: (evidence.consumer ?? {}) as Objects['consumer'],
})

/** The text of 5861's PossibleCause. TELEMETRY section 3. */
function possibleCause(evidence: CaseEvidence): string {
  const { filter, consumer } = objectsOf(evidence)
  const { class: type, ...properties } = consumer
  const filterText = mofInstance('__EventFilter', {
    EventNamespace: 'root\\cimv2',
    QueryLanguage: 'WQL',
    CreatorSID: evidence.sid,
    ...filter,
  })
  const consumerText = mofInstance(text(type), { CreatorSID: evidence.sid, ...properties })
  return `Binding EventFilter: \n${filterText}Perm. Consumer: \n${consumerText}`
}

function binding(evidence: CaseEvidence, record: number): RenderedFile[] {
  const { filter, consumer } = objectsOf(evidence)
  const fields = {
    Namespace: text(evidence.namespace, '//./root/subscription'),
    ESS: text(filter.Name),
    CONSUMER: `${text(consumer.class)}=${mofString(text(consumer.Name))}`,
    PossibleCause: possibleCause(evidence),
  }
  const system = {
    provider: 'Microsoft-Windows-WMI-Activity',
    channel: 'Microsoft-Windows-WMI-Activity/Operational',
    eventId: 5861,
    record,
    evidence,
  }
  switch (evidence.carrier) {
    case 'nxlog':
      return [
        {
          name: `nxlog-${record}.json`,
          text: `${JSON.stringify({
            EventID: 5861,
            Channel: system.channel,
            SourceName: system.provider,
            Hostname: text(evidence.host, HOST),
            EventTime: '2024-05-14 08:30:00',
            '@timestamp': text(evidence.time, TIME).replace('.0000000', '.000'),
            RecordNumber: record,
            EventType: 'INFO',
            ProviderGuid: '{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}',
            Message: `Namespace = ${fields.Namespace}; Eventfilter = ${fields.ESS} (refer to its activate eventid:5859); Consumer = ${fields.CONSUMER}; PossibleCause = ${fields.PossibleCause}`,
          })}\n`,
        },
      ]
    case 'defender': {
      const extra = {
        Namespace: fields.Namespace,
        ESS: fields.ESS,
        Consumer: fields.CONSUMER,
        PossibleCause: fields.PossibleCause,
      }
      return [
        table('DeviceEvents', record, {
          Timestamp: text(evidence.time, TIME),
          DeviceId: 'd1',
          DeviceName: text(evidence.host, HOST).toLowerCase(),
          ActionType: 'WmiBindEventFilterToConsumer',
          InitiatingProcessFileName: 'svchost.exe',
          InitiatingProcessFolderPath: 'c:\\windows\\system32\\svchost.exe',
          ReportId: record,
          AdditionalFields: JSON.stringify(extra),
        }),
      ]
    }
    default:
      return [
        {
          name: `wmi-${record}.jsonl`,
          text: `${eventJson(system, { UserData: { Operation_ESStoConsumerBinding: fields } })}\n`,
        },
      ]
  }
}

function csvCell(value: unknown): string {
  const cell = text(value)
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A one-row CSV as advanced hunting exports it. */
function table(name: string, record: number, row: Readonly<Record<string, unknown>>): RenderedFile {
  return {
    name: `${name}-${record}.csv`,
    text: `${Object.keys(row).join(',')}\n${Object.values(row).map(csvCell).join(',')}\n`,
  }
}

const sysmonText = (value: string): string => ` ${mofString(value)}`
const sysmon = (
  eventId: number,
  record: number,
  evidence: CaseEvidence,
  data: Record<string, unknown>,
): RenderedFile => ({
  name: `sysmon-${record}.jsonl`,
  text: `${eventJson(
    {
      provider: 'Microsoft-Windows-Sysmon',
      channel: 'Microsoft-Windows-Sysmon/Operational',
      eventId,
      record,
      evidence,
    },
    {
      EventData: {
        RuleName: '-',
        UtcTime: text(evidence.time, TIME).replace('T', ' ').slice(0, 23),
        ...data,
      },
    },
  )}\n`,
})

function sysmonFilter(evidence: CaseEvidence, record: number): RenderedFile {
  const { filter } = objectsOf(evidence)
  return sysmon(19, record, evidence, {
    EventType: 'WmiFilterEvent',
    Operation: text(evidence.operation, 'Created'),
    User: text(evidence.user, 'CORP\\mallory'),
    EventNamespace: sysmonText(text(filter.EventNamespace, 'root\\cimv2')),
    Name: sysmonText(text(filter.Name)),
    Query: sysmonText(text(filter.Query)),
  })
}

function sysmonConsumer(evidence: CaseEvidence, record: number): RenderedFile {
  const { consumer } = objectsOf(evidence)
  const isScript = text(consumer.class).startsWith('Active')
  return sysmon(20, record, evidence, {
    EventType: 'WmiConsumerEvent',
    Operation: text(evidence.operation, 'Created'),
    User: text(evidence.user, 'CORP\\mallory'),
    Name: sysmonText(text(consumer.Name)),
    Type: isScript ? 'Script' : 'Command Line',
    Destination: sysmonText(text(consumer.ScriptText ?? consumer.CommandLineTemplate)),
  })
}

function sysmonBinding(evidence: CaseEvidence, record: number): RenderedFile {
  const { filter, consumer } = objectsOf(evidence)
  const prefix = evidence.absolute === true ? '\\\\.\\ROOT\\subscription:' : ''
  return sysmon(21, record, evidence, {
    EventType: 'WmiBindingEvent',
    Operation: text(evidence.operation, 'Created'),
    User: text(evidence.user, 'CORP\\mallory'),
    Consumer: sysmonText(`${prefix}${text(consumer.class)}.Name=${mofString(text(consumer.Name))}`),
    Filter: sysmonText(`${prefix}__EventFilter.Name=${mofString(text(filter.Name))}`),
  })
}

function process(evidence: CaseEvidence, record: number): RenderedFile {
  const image = text(evidence.image)
  const parent = text(evidence.parent, 'C:\\Windows\\explorer.exe')
  const user = text(evidence.user, 'CORP\\mallory')
  const original = text(evidence.original, image.split('\\').pop())
  switch (evidence.carrier) {
    case 'security':
      return {
        name: `security-${record}.jsonl`,
        text: `${eventJson(
          {
            provider: 'Microsoft-Windows-Security-Auditing',
            channel: 'Security',
            eventId: 4688,
            record,
            evidence,
          },
          {
            EventData: {
              SubjectUserSid: 'S-1-5-21-1-2-3-1001',
              SubjectUserName: user.split('\\')[1],
              SubjectDomainName: user.split('\\')[0],
              SubjectLogonId: '0x3e7',
              NewProcessId: '0x1a2',
              NewProcessName: image,
              TokenElevationType: '%%1936',
              ProcessId: '0x1a0',
              CommandLine: text(evidence.command),
              ParentProcessName: parent,
            },
          },
        )}\n`,
      }
    case 'defender':
      return table('DeviceProcessEvents', record, {
        Timestamp: text(evidence.time, TIME),
        DeviceId: 'd1',
        DeviceName: text(evidence.host, HOST).toLowerCase(),
        ActionType: 'ProcessCreated',
        FileName: image.split('\\').pop(),
        FolderPath: image,
        ProcessVersionInfoOriginalFileName: original,
        ProcessId: 418,
        ProcessCommandLine: text(evidence.command),
        AccountDomain: user.split('\\')[0],
        AccountName: user.split('\\')[1],
        InitiatingProcessFileName: parent.split('\\').pop(),
        InitiatingProcessFolderPath: parent,
        InitiatingProcessCommandLine: parent,
        ReportId: record,
      })
    default:
      return sysmon(1, record, evidence, {
        ProcessGuid: '{11111111-0000-0000-0000-000000000001}',
        ProcessId: 418,
        Image: image,
        OriginalFileName: original,
        CommandLine: text(evidence.command),
        CurrentDirectory: text(evidence.directory, 'C:\\'),
        User: user,
        IntegrityLevel: text(evidence.integrity, user.endsWith('SYSTEM') ? 'System' : 'High'),
        ParentProcessGuid: '{11111111-0000-0000-0000-000000000002}',
        ParentProcessId: 400,
        ParentImage: parent,
        ParentCommandLine: text(evidence.parentCommand, parent),
      })
  }
}

const powershell = (
  eventId: number,
  record: number,
  evidence: CaseEvidence,
  data: Record<string, unknown>,
): RenderedFile => ({
  name: `powershell-${record}.jsonl`,
  text: `${eventJson(
    {
      provider: 'Microsoft-Windows-PowerShell',
      channel: 'Microsoft-Windows-PowerShell/Operational',
      eventId,
      record,
      evidence,
    },
    { EventData: data },
  )}\n`,
})

const wmiActivity = (
  eventId: number,
  record: number,
  evidence: CaseEvidence,
  element: string,
  fields: Record<string, unknown>,
): RenderedFile => ({
  name: `wmi-${record}.jsonl`,
  text: `${eventJson(
    {
      provider: 'Microsoft-Windows-WMI-Activity',
      channel: 'Microsoft-Windows-WMI-Activity/Operational',
      eventId,
      record,
      evidence,
    },
    { UserData: { [element]: fields } },
  )}\n`,
})

/** 4104, in as many fragments as `fragments` says; PowerShell cuts long blocks anywhere. */
function scriptBlock(evidence: CaseEvidence, record: number): RenderedFile[] {
  const whole = text(evidence.text)
  const total = Number(evidence.fragments ?? 1)
  const size = Math.ceil(whole.length / total)
  return Array.from({ length: total }, (_, at) =>
    powershell(4104, record * 10 + total - at, evidence, {
      MessageNumber: total - at,
      MessageTotal: total,
      ScriptBlockText: whole.slice((total - at - 1) * size, (total - at) * size),
      ScriptBlockId: `00000000-0000-0000-0000-0000000000${record + 10}`,
      Path: text(evidence.path),
    }),
  )
}

/** Files of one piece of evidence. `record` numbers it within its case. */
export function renderEvidence(evidence: CaseEvidence, record: number): readonly RenderedFile[] {
  switch (evidence.as) {
    case 'binding':
      return binding(evidence, record)
    case 'sysmon':
      return [
        sysmonFilter(evidence, record * 10),
        sysmonConsumer(evidence, record * 10 + 1),
        sysmonBinding(evidence, record * 10 + 2),
      ]
    case 'sysmon-filter':
      return [sysmonFilter(evidence, record)]
    case 'sysmon-consumer':
      return [sysmonConsumer(evidence, record)]
    case 'sysmon-binding':
      return [sysmonBinding(evidence, record)]
    case 'process':
      return [process(evidence, record)]
    case 'script-block':
      return scriptBlock(evidence, record)
    case 'temporary':
      return [
        wmiActivity(5860, record, evidence, 'Operation_TemporaryEssStarted', {
          NamespaceName: text(evidence.namespace, '//./root/cimv2'),
          Query: text(evidence.query),
          User: text(evidence.user, 'NT AUTHORITY\\SYSTEM'),
          Processid: 1111,
          ClientMachine: text(evidence.host, HOST).split('.')[0],
          PossibleCause: 'Temporary',
        }),
      ]
    case 'started':
      return [
        wmiActivity(5859, record, evidence, 'Operation_EssStarted', {
          NamespaceName: text(evidence.namespace, '//./root/cimv2'),
          Query: text(evidence.query),
          User: text(evidence.sid, 'S-1-5-32-544'),
          Processid: 1111,
          Provider: text(evidence.provider, 'SCM Event Provider'),
          queryid: 0,
          PossibleCause: 'Permanent',
        }),
      ]
    case 'module':
      return [
        powershell(4103, record, evidence, {
          ContextInfo: text(
            evidence.context,
            `        Severity = Informational\n        Host Application = powershell.exe\n        User = CORP\\mallory\n`,
          ),
          UserData: '',
          Payload: text(evidence.text),
        }),
      ]
    case 'provider':
      return [
        wmiActivity(5857, record, evidence, 'Operation_StartedOperational', {
          ProviderName: text(evidence.name),
          Code: '0x0',
          HostProcess: 'wmiprvse.exe',
          ProcessID: 99,
          ProviderPath: text(evidence.path),
        }),
      ]
    case 'logon':
      return [
        {
          name: `security-${record}.jsonl`,
          text: `${eventJson(
            {
              provider: 'Microsoft-Windows-Security-Auditing',
              channel: 'Security',
              eventId: 4624,
              record,
              evidence,
            },
            {
              EventData: {
                TargetUserSid: 'S-1-5-21-1-2-3-1104',
                TargetUserName: 'mallory',
                TargetDomainName: 'CORP',
                TargetLogonId: '0x5f1a',
                LogonType: 3,
                AuthenticationPackageName: 'Kerberos',
                WorkstationName: '-',
                IpAddress: text(evidence.address),
                IpPort: '50112',
                ProcessName: '-',
              },
            },
          )}\n`,
        },
      ]
    case 'registry':
      if (evidence.carrier === 'defender') {
        return [
          table('DeviceRegistryEvents', record, {
            Timestamp: text(evidence.time, TIME),
            DeviceId: 'd1',
            DeviceName: text(evidence.host, HOST).toLowerCase(),
            ActionType: 'RegistryValueSet',
            RegistryKey: text(evidence.key)
              .replace(/\\[^\\]+$/, '')
              .replace(/^HKLM/, 'HKEY_LOCAL_MACHINE'),
            RegistryValueType: 'MultiString',
            RegistryValueName: text(evidence.key).split('\\').pop(),
            RegistryValueData: text(evidence.data),
            InitiatingProcessFileName: text(evidence.image).split('\\').pop(),
            InitiatingProcessFolderPath: text(evidence.image),
            ReportId: record,
          }),
        ]
      }
      return [
        sysmon(13, record, evidence, {
          EventType: 'SetValue',
          ProcessId: 420,
          Image: text(evidence.image),
          TargetObject: text(evidence.key),
          Details: text(evidence.data),
          User: 'CORP\\mallory',
        }),
      ]
    case 'file':
      if (evidence.carrier === 'defender') {
        return [
          table('DeviceFileEvents', record, {
            Timestamp: text(evidence.time, TIME),
            DeviceId: 'd1',
            DeviceName: text(evidence.host, HOST).toLowerCase(),
            ActionType: text(evidence.action, 'FileCreated'),
            FileName: text(evidence.path).split('\\').pop(),
            FolderPath: text(evidence.path),
            InitiatingProcessFileName: text(evidence.image).split('\\').pop(),
            InitiatingProcessFolderPath: text(evidence.image),
            InitiatingProcessCommandLine: text(evidence.command, text(evidence.image)),
            InitiatingProcessAccountName: 'mallory',
            ReportId: record,
          }),
        ]
      }
      return [
        sysmon(11, record, evidence, {
          ProcessId: 420,
          Image: text(evidence.image),
          TargetFilename: text(evidence.path),
          CreationUtcTime: '2024-05-14 08:30:00.000',
          User: 'CORP\\mallory',
        }),
      ]
    case 'text':
      return [{ name: text(evidence.name), text: text(evidence.text) }]
    default:
      throw new Error(`unknown evidence: ${evidence.as}`)
  }
}
