import { filetimeToIso } from '../../bytes/index.ts'
import type { EventRecord } from '../../records/event.ts'
import { eventTime } from './device.ts'
import { dataItemXml, eventDataJson, parameterXml, payloadXml, renderedDescription } from './event-text.ts'
import { fieldsAs, type MappingRow, type Source, system } from './row.ts'
import { baseName, present } from './values.ts'

const SECURITY = 'microsoft-windows-security-auditing'

const LEVEL_NAMES = ['Information', 'Critical', 'Error', 'Warning', 'Information', 'Verbose']

/** Level 0 (LogAlways) is what Security writes; agents call it Information. */
const levelName = (event: EventRecord): string =>
  event.level === undefined ? '' : (LEVEL_NAMES[event.level] ?? '')

const time = (event: EventRecord): string =>
  event.timeFiletime === undefined ? '' : (filetimeToIso(event.timeFiletime) ?? '')

/** Titles of `SecurityEvent.Activity`. Source: Microsoft, "Events to monitor". */
const ACTIVITIES: Readonly<Record<number, string>> = {
  1102: 'The audit log was cleared.',
  4624: 'An account was successfully logged on.',
  4625: 'An account failed to log on.',
  4634: 'An account was logged off.',
  4648: 'A logon was attempted using explicit credentials.',
  4656: 'A handle to an object was requested.',
  4657: 'A registry value was modified.',
  4658: 'The handle to an object was closed.',
  4662: 'An operation was performed on an object.',
  4663: 'An attempt was made to access an object.',
  4672: 'Special privileges assigned to new logon.',
  4688: 'A new process has been created.',
  4689: 'A process has exited.',
  4697: 'A service was installed in the system.',
  4698: 'A scheduled task was created.',
  4720: 'A user account was created.',
  5140: 'A network share object was accessed.',
  5145: 'A network share object was checked to see whether client can be granted desired access.',
  5156: 'The Windows Filtering Platform has allowed a connection.',
  5158: 'The Windows Filtering Platform has permitted a bind to a local port.',
}

const account = (domain: string, name: string): string =>
  present(name) === '' ? '' : present(domain) === '' ? name : `${domain}\\${name}`

const securityCells: Readonly<Record<string, Source>> = {
  TimeGenerated: eventTime,
  Computer: system((event) => event.computer ?? ''),
  Channel: system((event) => event.channel ?? ''),
  EventSourceName: system((event) => event.provider ?? ''),
  EventID: system((event) => event.eventId),
  EventLevelName: system(levelName),
  Level: system((event) => event.level?.toString() ?? ''),
  EventRecordId: system((event) => event.recordId?.toString() ?? ''),
  Task: system((event) => event.task),
  Opcode: system((event) => event.opcode?.toString() ?? ''),
  Keywords: system((event) => event.keywords ?? ''),
  Correlation: system((event) => event.activityId ?? ''),
  SystemProcessId: system((event) => event.processId),
  SystemThreadId: system((event) => event.threadId),
  SystemUserId: system((event) => event.userSid ?? ''),
  Version: system((event) => event.version),
  Activity: system((event) => {
    const title = ACTIVITIES[event.eventId]
    return title === undefined ? '' : `${event.eventId} - ${title}`
  }),
  Account: fieldsAs(
    ['SubjectDomainName', 'SubjectUserName', 'TargetDomainName', 'TargetUserName', 'LogonType'],
    (domain, name, targetDomain, targetName, logonType) =>
      // Logon events are about the account that logs on.
      logonType === ''
        ? account(domain, name) || account(targetDomain, targetName)
        : account(targetDomain, targetName),
  ),
  SubjectAccount: fieldsAs(['SubjectDomainName', 'SubjectUserName'], account),
  TargetAccount: fieldsAs(['TargetDomainName', 'TargetUserName'], account),
  Process: fieldsAs(['NewProcessName', 'ProcessName'], (created, acting) =>
    present(baseName(created || acting)),
  ),
  EventData: system(payloadXml),
}

/** Events as the Log Analytics agents store them, unchanged. */
export const windowsEventRows: readonly MappingRow[] = [
  {
    provider: '*',
    eventIds: 'all',
    notProvider: SECURITY,
    table: 'Event',
    cells: {
      TimeGenerated: eventTime,
      Computer: system((event) => event.computer ?? ''),
      EventLog: system((event) => event.channel ?? ''),
      Source: system((event) => event.provider ?? ''),
      EventID: system((event) => event.eventId),
      EventLevel: system((event) => event.level),
      EventLevelName: system(levelName),
      EventCategory: system((event) => event.task),
      UserName: system((event) => event.userSid ?? ''),
      EventData: system((event) => dataItemXml(event, time(event))),
      ParameterXml: system(parameterXml),
      RenderedDescription: system(renderedDescription),
      Message: system((event) => event.message ?? ''),
    },
  },
  {
    provider: '*',
    eventIds: 'all',
    table: 'WindowsEvent',
    cells: {
      TimeGenerated: eventTime,
      Computer: system((event) => event.computer ?? ''),
      Channel: system((event) => event.channel ?? ''),
      Provider: system((event) => event.provider ?? ''),
      EventID: system((event) => event.eventId),
      EventLevel: system((event) => event.level),
      EventLevelName: system(levelName),
      EventRecordId: system((event) => event.recordId?.toString() ?? ''),
      Task: system((event) => event.task),
      Opcode: system((event) => event.opcode?.toString() ?? ''),
      Keywords: system((event) => event.keywords ?? ''),
      Correlation: system((event) => event.activityId ?? ''),
      SystemProcessId: system((event) => event.processId),
      SystemThreadId: system((event) => event.threadId),
      SystemUserId: system((event) => event.userSid ?? ''),
      Version: system((event) => event.version),
      EventData: system(eventDataJson),
      // As Microsoft documents it: what cannot be parsed into EventData (here UserData) is kept as text.
      RawEventData: system((event) => (event.payload === 'EventData' ? '' : payloadXml(event))),
    },
  },
  {
    provider: SECURITY,
    eventIds: 'all',
    table: 'SecurityEvent',
    payloadByName: true,
    cells: securityCells,
  },
  {
    // 1102, the log was cleared: written to Security by the event log itself.
    provider: 'microsoft-windows-eventlog',
    eventIds: [1102],
    table: 'SecurityEvent',
    payloadByName: true,
    cells: securityCells,
  },
]
