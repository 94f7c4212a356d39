import { eventFields } from './fields.ts'

export interface ParsedMessage {
  readonly names: readonly string[]
  readonly values: readonly (string | undefined)[]
}

/**
 * Payload fields from an event's rendered message, for carriers that ship nothing else. Templates: the telemetry
 * reference, section 2 (WMI-Activity), and the providers' English message tables. `undefined` where the text does
 * not have the template's form.
 */
export function parseMessage(provider: string, eventId: number, message: string): ParsedMessage | undefined {
  const lower = provider.toLowerCase()
  if (lower === 'microsoft-windows-sysmon') return sysmonMessage(eventId, message)
  if (lower === 'microsoft-windows-wmi-activity') return wmiMessage(eventId, message)
  if (lower === 'microsoft-windows-powershell' || lower === 'powershellcore') {
    return eventId === 4104
      ? scriptBlockMessage(message)
      : eventId === 4103
        ? pipelineMessage(message)
        : undefined
  }
  if (lower === 'powershell') return classicPowerShellMessage(eventId, message)
  if (lower === 'microsoft-windows-security-auditing') return sectionMessage(eventId, message)
  if (lower === 'service control manager' && eventId === 7045) return sectionMessage(eventId, message)
  return undefined
}

/**
 * `Title:` and one `Field: value` a line, in the manifest's order. A value may have lines of its own (scripts), so
 * it runs to the next field of the manifest, never to the next thing that looks like one.
 */
function sysmonMessage(eventId: number, message: string): ParsedMessage | undefined {
  const fields = eventFields('microsoft-windows-sysmon', eventId)
  if (fields === undefined) return undefined
  const found: { name: string; start: number; valueAt: number }[] = []
  let from = 0
  for (const name of fields.names) {
    const label = `\n${name}:`
    const at = message.indexOf(label, from)
    if (at < 0) continue
    found.push({ name, start: at, valueAt: at + label.length })
    from = at + label.length
  }
  if (found.length < 2) return undefined
  const names = found.map((field) => field.name)
  const values = found.map((field, index) => {
    const end = found[index + 1]?.start ?? message.length
    return message
      .slice(field.valueAt, end)
      .replace(/^ /, '')
      .replace(/\r$/, '')
      .replace(/\r?\n$/, '')
  })
  return { names, values }
}

/** Label patterns with the field each introduces; `''` names a part that is dropped. */
type Labels = readonly (readonly [label: RegExp, name: string])[]

const WMI_LABELS: ReadonlyMap<number, Labels> = new Map<number, Labels>([
  [
    5857,
    [
      [/ provider started with result code /gi, 'Code'],
      [/\.\s*HostProcess\s*=\s*/gi, 'HostProcess'],
      [/;\s*ProcessID\s*=\s*/gi, 'ProcessID'],
      [/;\s*ProviderPath\s*=\s*/gi, 'ProviderPath'],
    ],
  ],
  [
    5858,
    [
      [/Id\s*=\s*/gi, 'Id'],
      [/;\s*ClientMachine\s*=\s*/gi, 'ClientMachine'],
      [/;\s*User\s*=\s*/gi, 'User'],
      [/;\s*ClientProcessId\s*=\s*/gi, 'ClientProcessId'],
      [/;\s*Component\s*=\s*/gi, 'Component'],
      [/;\s*Operation\s*=\s*/gi, 'Operation'],
      [/;\s*ResultCode\s*=\s*/gi, 'ResultCode'],
      [/;\s*PossibleCause\s*=\s*/gi, 'PossibleCause'],
    ],
  ],
  [
    5859,
    [
      [/Namespace\s*=\s*/gi, 'NamespaceName'],
      [/;\s*NotificationQuery\s*=\s*/gi, 'Query'],
      [/;\s*OwnerName\s*=\s*/gi, 'User'],
      [/;\s*HostProcessID\s*=\s*/gi, 'Processid'],
      [/;\s*Provider\s*=\s*/gi, 'Provider'],
      [/,\s*queryID\s*=\s*/gi, 'queryid'],
      [/;\s*PossibleCause\s*=\s*/gi, 'PossibleCause'],
    ],
  ],
  [
    5860,
    [
      [/Namespace\s*=\s*/gi, 'NamespaceName'],
      [/;\s*NotificationQuery\s*=\s*/gi, 'Query'],
      [/;\s*UserName\s*=\s*/gi, 'User'],
      [/;\s*ClientProcessID\s*=\s*/gi, 'Processid'],
      [/,\s*ClientMachine\s*=\s*/gi, 'ClientMachine'],
      [/;\s*PossibleCause\s*=\s*/gi, 'PossibleCause'],
    ],
  ],
  [
    5861,
    [
      [/Namespace\s*=\s*/gi, 'Namespace'],
      [/;\s*Eventfilter\s*=\s*/gi, 'ESS'],
      [/\s{0,4}\(refer to its activate eventid:\s*5859\);\s*Consumer\s*=\s*/gi, 'CONSUMER'],
      [/;\s*PossibleCause\s*=\s*/gi, 'PossibleCause'],
    ],
  ],
])

function wmiMessage(eventId: number, message: string): ParsedMessage | undefined {
  const labels = WMI_LABELS.get(eventId)
  if (labels === undefined) return undefined
  // In 5861 the attacker's text stands at the end (consumer, MOF), elsewhere it is the query in the middle: read
  // from the side that Windows wrote.
  const spans = eventId === 5861 ? forward(message, labels) : backward(message, labels)
  if (spans === undefined) return undefined
  const names = spans.map((span) => span.name)
  const values: (string | undefined)[] = spans.map((span, index) =>
    message.slice(span.valueAt, spans[index + 1]?.start ?? message.length),
  )
  if (eventId === 5857) {
    names.unshift('ProviderName')
    values.unshift(message.slice(0, spans[0]?.start ?? 0))
  }
  return { names, values }
}

interface Span {
  readonly name: string
  readonly start: number
  readonly valueAt: number
}

function forward(message: string, labels: Labels): Span[] | undefined {
  const spans: Span[] = []
  let from = 0
  for (const [label, name] of labels) {
    label.lastIndex = from
    const match = label.exec(message)
    if (match === null || (spans.length === 0 && match.index !== 0)) return undefined
    from = match.index + match[0].length
    spans.push({ name, start: match.index, valueAt: from })
  }
  return spans
}

function backward(message: string, labels: Labels): Span[] | undefined {
  const spans: Span[] = []
  let before = message.length
  for (const [label, name] of [...labels].reverse()) {
    let last: Span | undefined
    label.lastIndex = 0
    for (let match = label.exec(message); match !== null; match = label.exec(message)) {
      if (match.index >= before) break
      last = { name, start: match.index, valueAt: match.index + match[0].length }
      // The first label opens the message; its word may also stand in the query.
      if (name === labels[0]?.[1]) break
    }
    if (last === undefined) continue
    spans.unshift(last)
    before = last.start
  }
  return spans.length >= labels.length - 1 ? spans : undefined
}

/** `Creating Scriptblock text (1 of 2):`, the text, `ScriptBlock ID: …`, `Path: …`. */
function scriptBlockMessage(message: string): ParsedMessage | undefined {
  const head = /^[^\n]*?\((\d+) \w+ (\d+)\):?\r?\n/.exec(message)
  const tail = /\r?\n\r?\nScriptBlock ID: ([^\r\n]*)\r?\nPath: ?([^\r\n]*)\s*$/.exec(message)
  if (head === null) return undefined
  return {
    names: ['MessageNumber', 'MessageTotal', 'ScriptBlockText', 'ScriptBlockId', 'Path'],
    values: [head[1], head[2], message.slice(head[0].length, tail?.index), tail?.[1], tail?.[2]],
  }
}

/** The payload, `Context:` and the context, `User Data:` and the user data. */
function pipelineMessage(message: string): ParsedMessage | undefined {
  const context = /\r?\n\s{0,16}Context:\r?\n/.exec(message)
  if (context === null) return undefined
  const after = context.index + context[0].length
  const userData = message.indexOf('User Data:', after)
  return {
    names: ['ContextInfo', 'UserData', 'Payload'],
    values: [
      message.slice(after, userData < 0 ? undefined : userData).trimEnd(),
      userData < 0 ? undefined : message.slice(userData + 'User Data:'.length).trim(),
      message.slice(0, context.index),
    ],
  }
}

const CLASSIC: ReadonlyMap<number, RegExp> = new Map([
  [
    400,
    /^Engine state is changed from (?<b>\w*) to (?<a>\w*)\.[ \t]{0,8}\r?\n[ \t]{0,8}\r?\nDetails:[ \t]{0,8}\r?\n(?<c>[\s\S]*)$/,
  ],
  [
    403,
    /^Engine state is changed from (?<b>\w*) to (?<a>\w*)\.[ \t]{0,8}\r?\n[ \t]{0,8}\r?\nDetails:[ \t]{0,8}\r?\n(?<c>[\s\S]*)$/,
  ],
  [
    600,
    /^Provider "(?<a>[^"]*)" is (?<b>\w*)\.[ \t]{0,8}\r?\n[ \t]{0,8}\r?\nDetails:[ \t]{0,8}\r?\n(?<c>[\s\S]*)$/,
  ],
])

/** Events of the classic `Windows PowerShell` log have three unnamed values, of which the last has the details. */
function classicPowerShellMessage(eventId: number, message: string): ParsedMessage | undefined {
  const names = ['', '', '']
  if (eventId === 800) {
    const lead = 'Pipeline execution details for command line: '
    const context = message.indexOf('Context Information:')
    const details = message.indexOf('Details:', context)
    if (!message.startsWith(lead) || context < 0) return undefined
    const body = (start: number, end: number | undefined): string =>
      message
        .slice(start, end)
        .replace(/^[ \t]*\r?\n/, '')
        .trimEnd()
    return {
      names,
      values: [
        message.slice(lead.length, context).replace(/\.\s*$/, ''),
        body(context + 'Context Information:'.length, details < 0 ? undefined : details),
        details < 0 ? undefined : body(details + 'Details:'.length, undefined),
      ],
    }
  }
  const groups = CLASSIC.get(eventId)?.exec(message)?.groups
  return groups === undefined ? undefined : { names, values: [groups.a, groups.b, groups.c] }
}

/** `Section:` lines with indented `Label:<tabs>value` lines below: field by `section/label`, both as Windows says. */
const SECTIONS: ReadonlyMap<number, Readonly<Record<string, string>>> = new Map([
  [
    4688,
    {
      'Creator Subject/Security ID': 'SubjectUserSid',
      'Creator Subject/Account Name': 'SubjectUserName',
      'Creator Subject/Account Domain': 'SubjectDomainName',
      'Creator Subject/Logon ID': 'SubjectLogonId',
      'Subject/Security ID': 'SubjectUserSid',
      'Subject/Account Name': 'SubjectUserName',
      'Subject/Account Domain': 'SubjectDomainName',
      'Subject/Logon ID': 'SubjectLogonId',
      'Target Subject/Security ID': 'TargetUserSid',
      'Target Subject/Account Name': 'TargetUserName',
      'Target Subject/Account Domain': 'TargetDomainName',
      'Target Subject/Logon ID': 'TargetLogonId',
      'Process Information/New Process ID': 'NewProcessId',
      'Process Information/New Process Name': 'NewProcessName',
      'Process Information/Token Elevation Type': 'TokenElevationType',
      'Process Information/Mandatory Label': 'MandatoryLabel',
      'Process Information/Creator Process ID': 'ProcessId',
      'Process Information/Creator Process Name': 'ParentProcessName',
      'Process Information/Process Command Line': 'CommandLine',
    },
  ],
  [
    4624,
    {
      'Subject/Security ID': 'SubjectUserSid',
      'Subject/Account Name': 'SubjectUserName',
      'Subject/Account Domain': 'SubjectDomainName',
      'Subject/Logon ID': 'SubjectLogonId',
      'Logon Information/Logon Type': 'LogonType',
      '/Logon Type': 'LogonType',
      'New Logon/Security ID': 'TargetUserSid',
      'New Logon/Account Name': 'TargetUserName',
      'New Logon/Account Domain': 'TargetDomainName',
      'New Logon/Logon ID': 'TargetLogonId',
      'Process Information/Process ID': 'ProcessId',
      'Process Information/Process Name': 'ProcessName',
      'Network Information/Workstation Name': 'WorkstationName',
      'Network Information/Source Network Address': 'IpAddress',
      'Network Information/Source Port': 'IpPort',
    },
  ],
  [
    4697,
    {
      'Subject/Security ID': 'SubjectUserSid',
      'Subject/Account Name': 'SubjectUserName',
      'Subject/Account Domain': 'SubjectDomainName',
      'Subject/Logon ID': 'SubjectLogonId',
      'Service Information/Service Name': 'ServiceName',
      'Service Information/Service File Name': 'ServiceFileName',
      'Service Information/Service Type': 'ServiceType',
      'Service Information/Service Start Type': 'ServiceStartType',
      'Service Information/Service Account': 'ServiceAccount',
    },
  ],
  [
    7045,
    {
      '/Service Name': 'ServiceName',
      '/Service File Name': 'ImagePath',
      '/Service Type': 'ServiceType',
      '/Service Start Type': 'StartType',
      '/Service Account': 'AccountName',
    },
  ],
])

function sectionMessage(eventId: number, message: string): ParsedMessage | undefined {
  const fields = SECTIONS.get(eventId)
  if (fields === undefined) return undefined
  const names: string[] = []
  const values: string[] = []
  let section = ''
  for (const line of message.split(/\r?\n/)) {
    const heading = /^(\S[^:\t]*):\s*$/.exec(line)
    if (heading !== null) section = heading[1] ?? ''
    const entry = /^\s*(\S[^:]*):\s*(.*)$/.exec(line)
    if (entry === null || heading !== null) continue
    const name = fields[`${section}/${entry[1]}`] ?? fields[`/${entry[1]}`]
    if (name === undefined || names.includes(name)) continue
    names.push(name)
    values.push((entry[2] ?? '').trimEnd())
  }
  return names.length < 3 ? undefined : { names, values }
}
