import { deviceCells, integer } from './device.ts'
import { field, fieldAs, fieldsAs, type MappingRow, type Source } from './row.ts'
import {
  baseName,
  domainOf,
  hashOf,
  jsonOf,
  nameOf,
  present,
  registryKeyOf,
  registryPath,
  registryTypeOf,
  sysmonWmiText,
  timeOf,
} from './values.ts'

const SYSMON = 'microsoft-windows-sysmon'

/** Sysmon's own UtcTime, which is when the thing happened; TimeCreated is when it was logged. */
const time: Source = {
  from: ['UtcTime'],
  as: timeOf,
}

/** The acting process of Sysmon events other than process creation. */
const actor: Record<string, Source> = {
  InitiatingProcessFolderPath: field('Image'),
  InitiatingProcessFileName: fieldAs('Image', baseName),
  InitiatingProcessId: integer('ProcessId'),
  InitiatingProcessUniqueId: field('ProcessGuid'),
  InitiatingProcessAccountDomain: fieldAs('User', domainOf),
  InitiatingProcessAccountName: fieldAs('User', nameOf),
}

const hashes = (prefix: string): Record<string, Source> => ({
  [`${prefix}SHA1`]: fieldAs('Hashes', hashOf('sha1')),
  [`${prefix}SHA256`]: fieldAs('Hashes', hashOf('sha256')),
  [`${prefix}MD5`]: fieldAs('Hashes', hashOf('md5')),
})

function row(
  eventIds: readonly number[],
  table: string,
  actionType: string,
  cells: Record<string, Source>,
  when?: MappingRow['when'],
): MappingRow {
  return {
    provider: SYSMON,
    eventIds,
    table,
    cells: { ...deviceCells(actionType, time), ...cells },
    ...(when === undefined ? {} : { when }),
  }
}

const eventType = (expected: string): MappingRow['when'] => ({
  from: ['EventType'],
  is: (value) => value === expected,
})
const created: MappingRow['when'] = { from: ['Operation'], is: (value) => value === 'Created' }
const notCreated: MappingRow['when'] = { from: ['Operation'], is: (value) => value !== 'Created' }

/** Last name in an object path: `Updater` of `\\.\ROOT\subscription:__EventFilter.Name="Updater"`. */
function objectName(path: string): string {
  const text = sysmonWmiText(path)
  const match = /\.Name\s*=\s*"((?:[^"\\]|\\.)*)"\s*$/i.exec(text)
  return (match?.[1] ?? text).replace(/\\(["\\])/g, '$1')
}

/** `CommandLineEventConsumer="Updater"`, the form 5861 and Defender give. */
function consumerReference(path: string): string {
  const text = sysmonWmiText(path)
  const match = /([A-Za-z_]\w*)\.Name\s*=\s*("(?:[^"\\]|\\.)*")\s*$/i.exec(text)
  return match === null ? text : `${match[1]}=${match[2]}`
}

/** Namespace of an absolute path; `''` of a relative one. */
function namespaceOf(path: string): string {
  const match = /^\\\\[^\\]+\\(.+?):/.exec(sysmonWmiText(path))
  return match?.[1] ?? ''
}

/** Sysmon watches this namespace only, so relative paths mean it. */
const WATCHED_NAMESPACE = 'root\\subscription'

/** The account that changed a subscription, as Sysmon 19-21 name it. */
const changer: Record<string, Source> = {
  InitiatingProcessAccountDomain: fieldAs('User', domainOf),
  InitiatingProcessAccountName: fieldAs('User', nameOf),
}

const binding: Record<string, Source> = {
  ...changer,
  AdditionalFields: fieldsAs(
    ['Filter', 'Consumer', 'Operation', 'User'],
    (filter, consumer, operation, user) =>
      jsonOf({
        Namespace: namespaceOf(consumer) || namespaceOf(filter) || WATCHED_NAMESPACE,
        ESS: objectName(filter),
        Consumer: consumerReference(consumer),
        Operation: operation,
        User: user,
      }),
  ),
}

/** Source: the mapping table of docs/tables.md; Sysmon's manifest for field names. */
export const sysmonRows: readonly MappingRow[] = [
  row([1], 'DeviceProcessEvents', 'ProcessCreated', {
    FolderPath: field('Image'),
    FileName: fieldAs('Image', baseName),
    ...hashes(''),
    ProcessVersionInfoCompanyName: fieldAs('Company', present),
    ProcessVersionInfoProductName: fieldAs('Product', present),
    ProcessVersionInfoProductVersion: fieldAs('FileVersion', present),
    ProcessVersionInfoOriginalFileName: fieldAs('OriginalFileName', present),
    ProcessVersionInfoFileDescription: fieldAs('Description', present),
    ProcessId: integer('ProcessId'),
    ProcessCommandLine: field('CommandLine'),
    ProcessIntegrityLevel: field('IntegrityLevel'),
    ProcessCreationTime: time,
    ProcessUniqueId: field('ProcessGuid'),
    CreatedProcessSessionId: integer('TerminalSessionId'),
    AccountDomain: fieldAs('User', domainOf),
    AccountName: fieldAs('User', nameOf),
    LogonId: integer('LogonId'),
    InitiatingProcessFolderPath: fieldAs('ParentImage', present),
    InitiatingProcessFileName: fieldAs('ParentImage', (path) => present(baseName(path))),
    InitiatingProcessCommandLine: fieldAs('ParentCommandLine', present),
    InitiatingProcessId: integer('ParentProcessId'),
    InitiatingProcessUniqueId: field('ParentProcessGuid'),
    InitiatingProcessAccountDomain: fieldAs('ParentUser', domainOf),
    InitiatingProcessAccountName: fieldAs('ParentUser', nameOf),
  }),
  row([3], 'DeviceNetworkEvents', 'ConnectionSuccess', {
    ...actor,
    RemoteIP: field('DestinationIp'),
    RemotePort: integer('DestinationPort'),
    RemoteUrl: fieldAs('DestinationHostname', present),
    LocalIP: field('SourceIp'),
    LocalPort: integer('SourcePort'),
    Protocol: fieldAs('Protocol', (name) => name.charAt(0).toUpperCase() + name.slice(1)),
  }),
  row([7], 'DeviceImageLoadEvents', 'ImageLoaded', {
    ...actor,
    FolderPath: field('ImageLoaded'),
    FileName: fieldAs('ImageLoaded', baseName),
    ...hashes(''),
  }),
  row([11], 'DeviceFileEvents', 'FileCreated', {
    ...actor,
    FolderPath: field('TargetFilename'),
    FileName: fieldAs('TargetFilename', baseName),
  }),
  ...(
    [
      ['CreateKey', 'RegistryKeyCreated'],
      ['DeleteKey', 'RegistryKeyDeleted'],
    ] as const
  ).map(([type, action]) =>
    row(
      [12],
      'DeviceRegistryEvents',
      action,
      { ...actor, RegistryKey: fieldAs('TargetObject', registryPath) },
      eventType(type),
    ),
  ),
  row(
    [12],
    'DeviceRegistryEvents',
    'RegistryValueDeleted',
    {
      ...actor,
      RegistryKey: fieldAs('TargetObject', registryKeyOf),
      RegistryValueName: fieldAs('TargetObject', baseName),
    },
    eventType('DeleteValue'),
  ),
  row([13], 'DeviceRegistryEvents', 'RegistryValueSet', {
    ...actor,
    RegistryKey: fieldAs('TargetObject', registryKeyOf),
    RegistryValueName: fieldAs('TargetObject', baseName),
    RegistryValueData: field('Details'),
    RegistryValueType: fieldAs('Details', registryTypeOf),
  }),
  row([17, 18], 'DeviceEvents', 'NamedPipeEvent', {
    ...actor,
    AdditionalFields: fieldsAs(['PipeName', 'EventType'], (name, type) =>
      jsonOf({ PipeName: name, FileOperation: type === 'CreatePipe' ? 'File created' : 'File opened' }),
    ),
  }),
  row([19], 'DeviceEvents', 'SysmonWmiFilter', {
    ...changer,
    AdditionalFields: fieldsAs(
      ['EventNamespace', 'Name', 'Query', 'Operation', 'User'],
      (namespace, name, query, operation, user) =>
        jsonOf({
          Name: sysmonWmiText(name),
          EventNamespace: sysmonWmiText(namespace),
          Query: sysmonWmiText(query),
          Operation: operation,
          User: user,
        }),
    ),
  }),
  row([20], 'DeviceEvents', 'SysmonWmiConsumer', {
    ...changer,
    AdditionalFields: fieldsAs(
      ['Name', 'Type', 'Destination', 'Operation', 'User'],
      (name, type, destination, operation, user) =>
        jsonOf({
          Name: sysmonWmiText(name),
          Type: type,
          Destination: sysmonWmiText(destination),
          Operation: operation,
          User: user,
        }),
    ),
  }),
  row([21], 'DeviceEvents', 'WmiBindEventFilterToConsumer', binding, created),
  row([21], 'DeviceEvents', 'SysmonWmiBinding', binding, notCreated),
  row([22], 'DeviceEvents', 'DnsQueryResponse', {
    ...actor,
    RemoteUrl: field('QueryName'),
    AdditionalFields: fieldsAs(['QueryName', 'QueryResults'], (name, results) =>
      jsonOf({ DnsQueryString: name, DnsQueryResult: results }),
    ),
  }),
  row([23, 26], 'DeviceFileEvents', 'FileDeleted', {
    ...actor,
    FolderPath: field('TargetFilename'),
    FileName: fieldAs('TargetFilename', baseName),
    ...hashes(''),
  }),
]
