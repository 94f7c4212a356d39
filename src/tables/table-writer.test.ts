import { expect, test } from 'vitest'
import { isoToFiletime } from '../bytes/index.ts'
import type { Diagnostic } from '../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../records/event.ts'
import { type Cell, createTableWriter, mappingRows, selectionForTables, tableSchema } from './index.ts'

type Row = Record<string, Cell>

function rowsOf(records: readonly (EventRecord | ExportRow)[], tables?: readonly string[]) {
  const rows: Record<string, Row[]> = {}
  const diagnostics: Diagnostic[] = []
  const writer = createTableWriter({
    ...(tables === undefined ? {} : { tables: new Set(tables) }),
    report: (diagnostic) => diagnostics.push(diagnostic),
    onBatch({ schema, rowCount, columns }) {
      for (let at = 0; at < rowCount; at += 1) {
        const row: Row = {}
        columns.forEach((values, column) => {
          const value = values?.[at]
          if (value !== undefined && value !== '') row[schema.columns[column]?.name ?? ''] = value
        })
        rows[schema.name] = [...(rows[schema.name] ?? []), row]
      }
    },
  })
  for (const record of records) 'eventId' in record ? writer.event(record) : writer.row(record)
  writer.finish()
  return { rows, diagnostics }
}

function event(
  provider: string,
  eventId: number,
  fields: Record<string, string>,
  more: Partial<EventRecord> = {},
): EventRecord {
  return {
    evidence: 'e1',
    offset: 512,
    recordId: 77,
    provider,
    eventId,
    computer: 'PC01.corp.example',
    timeFiletime: isoToFiletime('2024-03-01T10:00:00.1234567Z') ?? 0n,
    payload: 'EventData',
    names: Object.keys(fields),
    values: Object.values(fields),
    ...more,
  }
}

const SYSMON = 'Microsoft-Windows-Sysmon'
const SECURITY = 'Microsoft-Windows-Security-Auditing'
const WMI = 'Microsoft-Windows-WMI-Activity'

test('Sysmon 1 is a process with its parent, hashes in lower case and numbers as numbers', () => {
  const { rows } = rowsOf([
    event(SYSMON, 1, {
      UtcTime: '2024-03-01 09:59:59.999',
      ProcessGuid: '{1}',
      ProcessId: '4120',
      Image: 'C:\\Windows\\System32\\wbem\\WMIC.exe',
      CommandLine: 'wmic /namespace:"\\\\root\\subscription"',
      User: 'CORP\\alice',
      LogonId: '0x3e7',
      Hashes: 'SHA1=AA,MD5=BB,SHA256=CC,IMPHASH=MD5=DD',
      ParentProcessId: '99',
      ParentImage: 'C:\\Windows\\explorer.exe',
      ParentCommandLine: 'explorer',
    }),
  ])
  expect(rows.DeviceProcessEvents).toEqual([
    {
      Timestamp: isoToFiletime('2024-03-01T09:59:59.999Z'),
      DeviceId: 'pc01.corp.example',
      DeviceName: 'PC01.corp.example',
      ActionType: 'ProcessCreated',
      ReportId: 77,
      FolderPath: 'C:\\Windows\\System32\\wbem\\WMIC.exe',
      FileName: 'WMIC.exe',
      SHA1: 'aa',
      MD5: 'bb',
      SHA256: 'cc',
      ProcessId: 4120,
      ProcessCommandLine: 'wmic /namespace:"\\\\root\\subscription"',
      ProcessCreationTime: isoToFiletime('2024-03-01T09:59:59.999Z'),
      ProcessUniqueId: '{1}',
      AccountDomain: 'CORP',
      AccountName: 'alice',
      LogonId: 999,
      InitiatingProcessFolderPath: 'C:\\Windows\\explorer.exe',
      InitiatingProcessFileName: 'explorer.exe',
      InitiatingProcessCommandLine: 'explorer',
      InitiatingProcessId: 99,
      _EvidenceId: 'e1',
      _RecordId: 77,
      _RecordOffset: 512,
    },
  ])
  expect(rows.Event?.length).toBe(1)
  expect(rows.WindowsEvent?.length).toBe(1)
  expect(rows.SecurityEvent).toBeUndefined()
})

test('4688 takes the target account where it differs from the creator, and the creator where it does not', () => {
  const fields = {
    SubjectUserSid: 'S-1-5-18',
    SubjectUserName: 'PC01$',
    SubjectDomainName: 'CORP',
    SubjectLogonId: '0x3e7',
    NewProcessId: '0x1f4',
    NewProcessName: 'C:\\Windows\\System32\\cmd.exe',
    TokenElevationType: '%%1937',
    ProcessId: '0x10',
    CommandLine: 'cmd /c x',
    TargetUserSid: 'S-1-0-0',
    TargetUserName: '-',
    TargetDomainName: '-',
    TargetLogonId: '0x0',
    MandatoryLabel: 'S-1-16-12288',
  }
  const other = {
    ...fields,
    TargetUserSid: 'S-1-5-21-1',
    TargetUserName: 'bob',
    TargetDomainName: 'CORP',
    TargetLogonId: '0x99',
  }
  const { rows } = rowsOf(
    [event(SECURITY, 4688, fields), event(SECURITY, 4688, other)],
    ['DeviceProcessEvents'],
  )
  expect(rows.DeviceProcessEvents).toMatchObject([
    {
      AccountName: 'PC01$',
      AccountSid: 'S-1-5-18',
      LogonId: 999,
      ProcessId: 500,
      InitiatingProcessId: 16,
      ProcessIntegrityLevel: 'High',
      ProcessTokenElevation: 'TokenElevationTypeFull',
    },
    { AccountName: 'bob', AccountSid: 'S-1-5-21-1', LogonId: 153, InitiatingProcessAccountName: 'PC01$' },
  ])
})

test('registry events say the hive in full, and key and value apart', () => {
  const { rows } = rowsOf(
    [
      event(SYSMON, 13, {
        EventType: 'SetValue',
        TargetObject: 'HKLM\\SOFTWARE\\Microsoft\\WBEM\\CIMOM\\Autorecover MOFs',
        Details: 'DWORD (0x00000001)',
      }),
      event(SYSMON, 12, { EventType: 'DeleteKey', TargetObject: 'HKU\\S-1-5-21-1\\Run' }),
      event(SYSMON, 12, { EventType: 'DeleteValue', TargetObject: 'HKU\\S-1-5-21-1\\Run\\x' }),
      event(SECURITY, 4657, {
        ObjectName: '\\REGISTRY\\MACHINE\\SOFTWARE\\Run',
        ObjectValueName: 'y',
        OperationType: '%%1906',
        OldValue: 'z',
        NewValue: '-',
      }),
    ],
    ['DeviceRegistryEvents'],
  )
  expect(rows.DeviceRegistryEvents).toMatchObject([
    {
      ActionType: 'RegistryValueSet',
      RegistryKey: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\WBEM\\CIMOM',
      RegistryValueName: 'Autorecover MOFs',
      RegistryValueType: 'Dword',
    },
    { ActionType: 'RegistryKeyDeleted', RegistryKey: 'HKEY_USERS\\S-1-5-21-1\\Run' },
    {
      ActionType: 'RegistryValueDeleted',
      RegistryKey: 'HKEY_USERS\\S-1-5-21-1\\Run',
      RegistryValueName: 'x',
    },
    {
      ActionType: 'RegistryValueDeleted',
      RegistryKey: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Run',
      RegistryValueName: 'y',
      PreviousRegistryValueData: 'z',
    },
  ])
})

test('4663 is a change of a file only when it asked for writing or deleting, and never for a key', () => {
  const access = (ObjectType: string, AccessMask: string): EventRecord =>
    event(SECURITY, 4663, {
      ObjectType,
      AccessMask,
      ObjectName: 'C:\\x\\OBJECTS.DATA',
      ProcessName: 'C:\\a.exe',
    })
  const { rows } = rowsOf(
    [access('File', '0x1'), access('File', '0x2'), access('File', '0x10000'), access('Key', '0x2')],
    ['DeviceFileEvents'],
  )
  expect(rows.DeviceFileEvents?.map((row) => row.ActionType)).toEqual(['FileModified', 'FileDeleted'])
  expect(rows.DeviceFileEvents?.[0]).toMatchObject({
    FolderPath: 'C:\\x\\OBJECTS.DATA',
    FileName: 'OBJECTS.DATA',
  })
})

test('5861 and Sysmon 21 are WmiBindEventFilterToConsumer, a deleted binding is not', () => {
  const binding = (Operation: string): EventRecord =>
    event(SYSMON, 21, {
      EventType: 'WmiBindingEvent',
      Operation,
      User: 'CORP\\alice',
      Consumer: ' "\\\\\\\\.\\\\ROOT\\\\subscription:CommandLineEventConsumer.Name=\\"Up\\""',
      Filter: ' "__EventFilter.Name=\\"Up filter\\""',
    })
  const { rows } = rowsOf(
    [
      event(
        WMI,
        5861,
        {
          Namespace: '//./root/subscription',
          ESS: 'F',
          CONSUMER: 'LogFileEventConsumer="C"',
          PossibleCause: 'Binding …',
        },
        { payload: 'UserData', payloadElement: 'Operation_ESStoConsumerBinding', processId: 1000 },
      ),
      binding('Created'),
      binding('Deleted'),
    ],
    ['DeviceEvents'],
  )
  const seen = rows.DeviceEvents?.map((row) => [row.ActionType, JSON.parse(String(row.AdditionalFields))])
  expect(seen).toEqual([
    [
      'WmiBindEventFilterToConsumer',
      {
        Namespace: '//./root/subscription',
        ESS: 'F',
        Consumer: 'LogFileEventConsumer="C"',
        PossibleCause: 'Binding …',
      },
    ],
    [
      'WmiBindEventFilterToConsumer',
      {
        Namespace: 'ROOT\\subscription',
        ESS: 'Up filter',
        Consumer: 'CommandLineEventConsumer="Up"',
        Operation: 'Created',
        User: 'CORP\\alice',
      },
    ],
    [
      'SysmonWmiBinding',
      {
        Namespace: 'ROOT\\subscription',
        ESS: 'Up filter',
        Consumer: 'CommandLineEventConsumer="Up"',
        Operation: 'Deleted',
        User: 'CORP\\alice',
      },
    ],
  ])
})

test('UserData stays XML in Event and RawEventData, markup in values is escaped, and EventData becomes an object', () => {
  const { rows } = rowsOf(
    [
      event(
        WMI,
        5861,
        { ESS: '<a & "b">' },
        { payload: 'UserData', payloadElement: 'Operation_ESStoConsumerBinding' },
      ),
      event('P', 1, { X: '1', '': 'unnamed' }, { names: ['X', 'X', ''], values: ['1', '2', 'unnamed'] }),
    ],
    ['Event', 'WindowsEvent'],
  )
  expect(rows.Event?.[0]?.EventData).toBe(
    '<DataItem type="System.XmlData" time="2024-03-01T10:00:00.1234567Z"><UserData xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><Operation_ESStoConsumerBinding xmlns="http://manifests.microsoft.com/win/2006/windows/WMI"><ESS>&lt;a &amp; &quot;b&quot;&gt;</ESS></Operation_ESStoConsumerBinding></UserData></DataItem>',
  )
  expect(rows.Event?.[0]?.RenderedDescription).toContain('Eventfilter = <a & "b"> (refer to')
  expect(rows.WindowsEvent?.[0]?.EventData).toBeUndefined()
  expect(rows.WindowsEvent?.[0]?.RawEventData).toContain('<UserData')
  expect(JSON.parse(String(rows.WindowsEvent?.[1]?.EventData))).toEqual({ X: ['1', '2'], Data: 'unnamed' })
})

test('SecurityEvent takes payload fields by the name of its columns, and Security events are not in Event', () => {
  const { rows } = rowsOf([
    event(SECURITY, 4624, {
      SubjectUserName: 'PC01$',
      SubjectDomainName: 'CORP',
      TargetUserName: 'alice',
      TargetDomainName: 'CORP',
      LogonType: '3',
      IpAddress: '10.0.0.9',
      KeyLength: 'odd',
    }),
  ])
  expect(rows.SecurityEvent).toMatchObject([
    {
      EventID: 4624,
      Activity: '4624 - An account was successfully logged on.',
      Account: 'CORP\\alice',
      LogonType: 3,
      IpAddress: '10.0.0.9',
    },
  ])
  expect(rows.SecurityEvent?.[0]?.KeyLength).toBeUndefined()
  expect(rows.Event).toBeUndefined()
})

test('exported rows become the table they are, and a value that does not fit is null and said once', () => {
  const row = (values: unknown[]): ExportRow => ({
    evidence: 'csv',
    rowNumber: 3,
    table: 'deviceprocessevents',
    columns: ['TimeGenerated [UTC]', 'ProcessId', 'FileName', 'AdditionalFields', 'Type', 'NoSuchColumn'],
    values,
  })
  const { rows, diagnostics } = rowsOf([
    row(['2024-03-01T00:00:00Z', '12', 'a.exe', '{"k":1}', 'x', '1']),
    row(['3/1/2024, 1:02:03.5 PM', 'twelve', 'b.exe', 'no json', 'x', '1']),
    row(['never', 'thirteen', 'c.exe', '', 'x', '1']),
    { ...row([]), table: 'NoSuchTable' },
  ])
  expect(rows.DeviceProcessEvents).toEqual([
    {
      Timestamp: isoToFiletime('2024-03-01T00:00:00Z'),
      ProcessId: 12,
      FileName: 'a.exe',
      AdditionalFields: '{"k":1}',
      _EvidenceId: 'csv',
      _RecordId: 3,
    },
    {
      Timestamp: isoToFiletime('2024-03-01T13:02:03.5Z'),
      FileName: 'b.exe',
      AdditionalFields: '"no json"',
      _EvidenceId: 'csv',
      _RecordId: 3,
    },
    { FileName: 'c.exe', _EvidenceId: 'csv', _RecordId: 3 },
  ])
  expect(diagnostics.map((diagnostic) => diagnostic.code).sort()).toEqual([
    'tables/unknown-column',
    'tables/unknown-table',
    'tables/value-does-not-fit',
    'tables/value-does-not-fit',
  ])
})

test('every mapping row fills columns that its table has', () => {
  const wrong = mappingRows.flatMap((row) => {
    const names = tableSchema(row.table)?.columns.map((column) => column.name) ?? []
    return Object.keys(row.cells)
      .filter((name) => !names.includes(name))
      .map((name) => `${row.table}.${name}`)
  })
  expect(wrong).toEqual([])
})

test('only events that a table needs are asked for', () => {
  expect(selectionForTables(new Set(['DeviceProcessEvents']))).toEqual(
    new Map([
      ['microsoft-windows-sysmon', new Set([1])],
      ['microsoft-windows-security-auditing', new Set([4688])],
    ]),
  )
  expect(selectionForTables(new Set(['Event', 'DeviceProcessEvents']))).toBe('all')
  expect(selectionForTables(new Set(['SigninLogs']))).toEqual(new Map())
})
