import { lookupTable } from '../../bytes/index.ts'
import { deviceCells, eventTime, integer } from './device.ts'
import { field, fieldAs, fieldsAs, type MappingRow, type Source } from './row.ts'
import { baseName, elevationOf, integerOf, integrityOf, present, registryPath } from './values.ts'

const SECURITY = 'microsoft-windows-security-auditing'
const NULL_SID = 'S-1-0-0'

/** 4688 names a target user only where it differs from the creator. */
function targetOr(target: string, subject: string): Source {
  return fieldsAs([target, subject], (other, own) =>
    present(other) === '' || other === NULL_SID ? present(own) : other,
  )
}

const subjectCells: Record<string, Source> = {
  InitiatingProcessAccountDomain: fieldAs('SubjectDomainName', present),
  InitiatingProcessAccountName: fieldAs('SubjectUserName', present),
  InitiatingProcessAccountSid: field('SubjectUserSid'),
}

const objectActor: Record<string, Source> = {
  ...subjectCells,
  InitiatingProcessFolderPath: field('ProcessName'),
  InitiatingProcessFileName: fieldAs('ProcessName', baseName),
  InitiatingProcessId: integer('ProcessId'),
}

function row(
  eventId: number,
  table: string,
  actionType: string,
  cells: Record<string, Source>,
  when?: MappingRow['when'],
): MappingRow {
  return {
    provider: SECURITY,
    eventIds: [eventId],
    table,
    cells: { ...deviceCells(actionType, eventTime), ...cells },
    ...(when === undefined ? {} : { when }),
  }
}

/** 4657 OperationType: %%1904 new value, %%1905 existing value modified, %%1906 value deleted. */
const valueCells: Record<string, Source> = {
  ...objectActor,
  RegistryKey: fieldAs('ObjectName', registryPath),
  RegistryValueName: field('ObjectValueName'),
}

const WRITE = 0x2 | 0x4
const DELETE = 0x1_0000
const mask = (text: string): number => Number(integerOf(text) ?? 0)
const isFile = (type: string): boolean => type === 'File'

const fileCells: Record<string, Source> = {
  ...objectActor,
  FolderPath: field('ObjectName'),
  FileName: fieldAs('ObjectName', baseName),
}

const LOGON_TYPES: Readonly<Record<string, string>> = lookupTable({
  '2': 'Interactive',
  '3': 'Network',
  '4': 'Batch',
  '5': 'Service',
  '7': 'Unlock',
  '8': 'NetworkCleartext',
  '9': 'NewCredentials',
  '10': 'RemoteInteractive',
  '11': 'CachedInteractive',
})

/** Source: the mapping table of docs/tables.md; Microsoft's security auditing event reference for codes. */
export const securityRows: readonly MappingRow[] = [
  row(4688, 'DeviceProcessEvents', 'ProcessCreated', {
    FolderPath: field('NewProcessName'),
    FileName: fieldAs('NewProcessName', baseName),
    ProcessCommandLine: field('CommandLine'),
    ProcessId: integer('NewProcessId'),
    ProcessIntegrityLevel: fieldAs('MandatoryLabel', integrityOf),
    ProcessTokenElevation: fieldAs('TokenElevationType', elevationOf),
    ProcessCreationTime: eventTime,
    AccountDomain: targetOr('TargetDomainName', 'SubjectDomainName'),
    AccountName: targetOr('TargetUserName', 'SubjectUserName'),
    AccountSid: targetOr('TargetUserSid', 'SubjectUserSid'),
    LogonId: fieldsAs(['TargetLogonId', 'TargetUserName', 'SubjectLogonId'], (target, user, subject) =>
      integerOf(present(user) === '' ? subject : target),
    ),
    ...subjectCells,
    InitiatingProcessFolderPath: fieldAs('ParentProcessName', present),
    InitiatingProcessFileName: fieldAs('ParentProcessName', (path) => present(baseName(path))),
    InitiatingProcessId: integer('ProcessId'),
    InitiatingProcessLogonId: integer('SubjectLogonId'),
  }),
  row(
    4657,
    'DeviceRegistryEvents',
    'RegistryValueSet',
    {
      ...valueCells,
      RegistryValueData: fieldAs('NewValue', present),
      PreviousRegistryValueData: fieldAs('OldValue', present),
    },
    { from: ['OperationType'], is: (type) => type !== '%%1906' },
  ),
  row(
    4657,
    'DeviceRegistryEvents',
    'RegistryValueDeleted',
    { ...valueCells, PreviousRegistryValueData: fieldAs('OldValue', present) },
    { from: ['OperationType'], is: (type) => type === '%%1906' },
  ),
  row(4663, 'DeviceFileEvents', 'FileModified', fileCells, {
    from: ['ObjectType', 'AccessMask'],
    is: (type, access) => isFile(type) && (mask(access) & WRITE) !== 0,
  }),
  row(4663, 'DeviceFileEvents', 'FileDeleted', fileCells, {
    from: ['ObjectType', 'AccessMask'],
    is: (type, access) => isFile(type) && (mask(access) & WRITE) === 0 && (mask(access) & DELETE) !== 0,
  }),
  ...(
    [
      [4624, 'LogonSuccess'],
      [4625, 'LogonFailed'],
    ] as const
  ).map(([eventId, action]) =>
    row(eventId, 'DeviceLogonEvents', action, {
      AccountDomain: fieldAs('TargetDomainName', present),
      AccountName: fieldAs('TargetUserName', present),
      AccountSid: field('TargetUserSid'),
      LogonId: integer('TargetLogonId'),
      LogonType: fieldAs('LogonType', (type) => LOGON_TYPES[type] ?? type),
      RemoteIP: fieldAs('IpAddress', present),
      RemotePort: integer('IpPort'),
      RemoteDeviceName: fieldAs('WorkstationName', present),
      Protocol: fieldAs('AuthenticationPackageName', present),
      InitiatingProcessFolderPath: fieldAs('ProcessName', present),
      InitiatingProcessFileName: fieldAs('ProcessName', (path) => present(baseName(path))),
      InitiatingProcessId: integer('ProcessId'),
      ...subjectCells,
    }),
  ),
  row(4697, 'DeviceEvents', 'ServiceInstalled', {
    ...subjectCells,
    FolderPath: field('ServiceFileName'),
    FileName: fieldAs('ServiceFileName', baseName),
    AdditionalFields: fieldsAs(
      ['ServiceName', 'ServiceAccount', 'ServiceType', 'ServiceStartType'],
      (...values) =>
        JSON.stringify({
          ServiceName: values[0],
          ServiceAccount: values[1],
          ServiceType: values[2],
          ServiceStartType: values[3],
        }),
    ),
  }),
]
