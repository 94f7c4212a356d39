import { describe, expect, test } from 'vitest'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../event.ts'
import { readEventCsv, readEventJson } from '../events/index.ts'
import type { FileOutcome } from '../file-context.ts'
import type { InventoryEntry } from '../read.ts'
import { EXPORT_TABLES, tableColumns } from './columns.ts'
import { exportRowToEvent, recogniseColumns } from './index.ts'

async function read(
  text: string,
  reader: typeof readEventJson,
): Promise<{
  outcome: FileOutcome
  rows: ExportRow[]
  events: EventRecord[]
  inventory: InventoryEntry[]
  diagnostics: Diagnostic[]
}> {
  const rows: ExportRow[] = []
  const events: EventRecord[] = []
  const inventory: InventoryEntry[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97)
  }
  const outcome = await reader(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: {
      row: (row) => rows.push(row),
      event: (event) => events.push(event),
      inventory: (entry) => inventory.push(entry),
    },
  })
  return { outcome, rows, events, inventory, diagnostics }
}

const cells = (row: ExportRow | undefined): Record<string, unknown> =>
  Object.fromEntries(row?.columns.map((column, index) => [column, row.values[index]]) ?? [])

const event = (table: string, values: Record<string, unknown>): EventRecord | undefined =>
  exportRowToEvent({ evidence: 'e1', table, columns: Object.keys(values), values: Object.values(values) })

const fields = (record: EventRecord | undefined): Record<string, string | undefined> =>
  Object.fromEntries(record?.names.map((name, index) => [name, record.values[index]]) ?? [])

const BIND = {
  Timestamp: '2024-03-02T10:14:07.1234567Z',
  DeviceId: 'd1',
  DeviceName: 'wks.corp.local',
  ActionType: 'WmiBindEventFilterToConsumer',
  ReportId: 7,
  AdditionalFields: '{"Namespace":"//./root/subscription","ESS":"A"}',
}

describe('recognition', () => {
  test.each(EXPORT_TABLES)('the whole column list of %s is that table, in any case and order', (table) => {
    const columns = [...tableColumns(table).values()]
    const shuffled = columns.map((column) => column.toUpperCase()).reverse()
    const map = recogniseColumns(shuffled)
    const action: Record<string, string> = {
      DeviceProcessEvents: 'ProcessCreated',
      DeviceFileEvents: 'FileCreated',
      DeviceRegistryEvents: 'RegistryValueSet',
      DeviceImageLoadEvents: 'ImageLoaded',
      DeviceLogonEvents: 'LogonSuccess',
      DeviceNetworkEvents: 'ConnectionSuccess',
      DeviceEvents: 'WmiBindEventFilterToConsumer',
    }
    const values = shuffled.map((column) => (column === 'ACTIONTYPE' ? action[table] : ''))
    expect(map?.tableOf(values)).toBe(table)
    expect(map?.spelled(table)).toEqual([...columns].reverse())
  })

  test('a projection with ActionType is told by the action', () => {
    const map = recogniseColumns(['Timestamp', 'DeviceName', 'ActionType', 'FileName'])
    expect(map?.tableOf(['', '', 'ProcessCreated', ''])).toBe('DeviceProcessEvents')
    expect(map?.tableOf(['', '', 'RegistryValueSet', ''])).toBe('DeviceRegistryEvents')
    expect(map?.tableOf(['', '', 'AsrPersistenceThroughWmiBlocked', ''])).toBe('DeviceEvents')
  })

  test.each([
    [['Name', 'Price', 'Stock']],
    [['Timestamp', 'AlertId', 'Title', 'Severity']],
    [['RecordNumber', 'EventRecordId', 'TimeCreated', 'EventId', 'Provider', 'Channel', 'Payload']],
  ])('other columns are no table: %j', (columns) => {
    expect(recogniseColumns(columns)).toBeUndefined()
  })
})

describe('carriers', () => {
  test('CSV of the portal: byte order mark, suffix of the time zone, quoted lines', async () => {
    const csv = `\uFEFF"Timestamp [UTC]",DeviceId,DeviceName,ActionType,AdditionalFields\r\n"3/2/2024, 10:14:07.123 AM",d1,wks,WmiBindEventFilterToConsumer,"{""ESS"":""A"",\r\n""x"":1}"\r\n`
    const { rows, outcome, diagnostics } = await read(csv, readEventCsv)
    expect(diagnostics).toEqual([])
    expect(outcome).toMatchObject({ kind: 'table-export', read: 1, relevant: 1 })
    expect(rows[0]).toMatchObject({ table: 'DeviceEvents', rowNumber: 1, evidence: 'e1' })
    expect(cells(rows[0])).toMatchObject({
      Timestamp: '2024-03-02T10:14:07.123Z',
      AdditionalFields: '{"ESS":"A",\r\n"x":1}',
    })
  })

  test.each([[';'], ['\t']])('CSV separated by %j', async (separator) => {
    const csv = [
      Object.keys(BIND),
      Object.values(BIND).map((value) => `"${String(value).replaceAll('"', '""')}"`),
    ]
      .map((row) => row.join(separator))
      .join('\n')
    const { rows } = await read(csv, readEventCsv)
    expect(rows[0]?.table).toBe('DeviceEvents')
  })

  test('several tables in one file, told apart by Type', async () => {
    const text = [
      { TimeGenerated: 'x', Type: 'DeviceFileEvents', FileName: 'a' },
      { TimeGenerated: 'x', Type: 'securityevent', EventID: 4688 },
      { TimeGenerated: 'x', Type: 'Heartbeat', Computer: 'w' },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n')
    const { rows, diagnostics } = await read(text, readEventJson)
    expect(rows.map((row) => row.table)).toEqual(['DeviceFileEvents', 'SecurityEvent'])
    expect(diagnostics).toMatchObject([{ code: 'events/unknown-shape', severity: 'warning' }])
  })

  const columns = Object.keys(BIND)
  test.each([
    ['lines', JSON.stringify(BIND)],
    ['array', JSON.stringify([BIND], null, 2)],
    [
      'Log Analytics API',
      JSON.stringify({
        tables: [
          {
            name: 'PrimaryResult',
            columns: columns.map((name) => ({ name, type: 'string' })),
            rows: [Object.values(BIND)],
          },
        ],
      }),
    ],
    [
      'Kusto v1',
      JSON.stringify({
        Tables: [
          {
            TableName: 'Table_0',
            Columns: columns.map((ColumnName) => ({ ColumnName })),
            Rows: [Object.values(BIND)],
          },
        ],
      }),
    ],
    [
      'Defender API',
      JSON.stringify({ Stats: {}, Schema: [{ Name: 'Timestamp', Type: 'DateTime' }], Results: [BIND] }),
    ],
    ['Graph API', JSON.stringify({ schema: [], results: [BIND] })],
    ['Azure client', JSON.stringify({ primaryResult: [BIND] })],
    [
      'Event Hub',
      JSON.stringify({
        records: [{ time: 'x', category: 'AdvancedHunting-DeviceEvents', properties: BIND }],
      }),
    ],
  ])('JSON: %s', async (_name, text) => {
    const { rows, diagnostics } = await read(text, readEventJson)
    expect(diagnostics).toEqual([])
    expect(rows).toHaveLength(1)
    expect(cells(rows[0])).toEqual(BIND)
    expect(rows[0]?.table).toBe('DeviceEvents')
  })

  test('AdditionalFields may be an object, and a row with a field too many is left out and told of', async () => {
    const object = await read(JSON.stringify({ ...BIND, AdditionalFields: { ESS: 'A' } }), readEventJson)
    expect(cells(object.rows[0]).AdditionalFields).toEqual({ ESS: 'A' })
    const csv = await read(
      'Timestamp,DeviceName,ActionType\na,b,ProcessCreated,d\na,b,ProcessCreated\n',
      readEventCsv,
    )
    expect(csv.rows).toHaveLength(1)
    expect(csv.diagnostics).toMatchObject([{ code: 'exports/damaged-row', at: { offset: 32 } }])
  })

  test('a long beyond 2^53 keeps all its digits, text that looks like one is not touched', async () => {
    const text = `{"Timestamp":"x","DeviceName":"w","ActionType":"ProcessCreated","ReportId":9223372036854775807,"FileName":": 12345678901234567890,"}`
    const { rows } = await read(text, readEventJson)
    expect(cells(rows[0])).toMatchObject({
      ReportId: '9223372036854775807',
      FileName: ': 12345678901234567890,',
    })
  })

  test('a file that ends inside quotes keeps the rows before', async () => {
    const { rows, diagnostics, outcome } = await read(
      'Timestamp,DeviceName,ActionType\na,b,ProcessCreated\na,"b',
      readEventCsv,
    )
    expect(rows).toHaveLength(1)
    expect(outcome.damaged).toBe(1)
    expect(diagnostics).toMatchObject([{ code: 'exports/cut-file', severity: 'error' }])
  })
})

describe('rows to events', () => {
  test('Event: EventData as XML in a DataItem, UserData alike, parameters in order, and the rendered text', () => {
    const common = {
      TimeGenerated: '2024-03-02T10:14:07.123Z',
      Computer: 'WKS',
      EventID: '19',
      EventLog: 'Microsoft-Windows-Sysmon/Operational',
      Source: 'Microsoft-Windows-Sysmon',
    }
    const data = event('Event', {
      ...common,
      EventData:
        '<DataItem type="System.XmlData" time="x" sourceHealthServiceId="y"><EventData xmlns="http://x"><Data Name="Operation">Created</Data><Data Name="Name"> "U"</Data></EventData></DataItem>',
    })
    expect(data).toMatchObject({
      eventId: 19,
      computer: 'WKS',
      provider: 'Microsoft-Windows-Sysmon',
      payload: 'EventData',
    })
    expect(filetimeToIso(data?.timeFiletime ?? 0n)).toBe('2024-03-02T10:14:07.123Z')
    expect(fields(data)).toEqual({ Operation: 'Created', Name: ' "U"' })
    const wmi = {
      ...common,
      EventID: 5861,
      EventLog: 'Microsoft-Windows-WMI-Activity/Operational',
      Source: 'Microsoft-Windows-WMI-Activity',
    }
    const expected = { Namespace: '//./root/subscription', ESS: 'A', CONSUMER: 'X="B"', PossibleCause: 'P' }
    const userData = event('Event', {
      ...wmi,
      EventData:
        '<DataItem><UserData><Operation_ESStoConsumerBinding xmlns="m"><Namespace>//./root/subscription</Namespace><ESS>A</ESS><CONSUMER>X="B"</CONSUMER><PossibleCause>P</PossibleCause></Operation_ESStoConsumerBinding></UserData></DataItem>',
    })
    const parameters = event('Event', {
      ...wmi,
      ParameterXml:
        '<Param>//./root/subscription</Param><Param>A</Param><Param>X="B"</Param><Param>P</Param>',
    })
    const rendered = event('Event', {
      ...wmi,
      EventData: '',
      RenderedDescription:
        'Namespace = //./root/subscription; Eventfilter = A (refer to its activate eventid:5859); Consumer = X="B"; PossibleCause = P',
    })
    for (const form of [userData, parameters, rendered]) {
      expect(fields(form)).toEqual(expected)
      expect(form).toMatchObject({ payload: 'UserData', payloadElement: 'Operation_ESStoConsumerBinding' })
    }
  })

  test('WindowsEvent: EventData as object or text, RawEventData where it could not be parsed', () => {
    const common = {
      TimeGenerated: '2024-03-02T10:14:07Z',
      Computer: 'WKS',
      EventID: 5861,
      Channel: 'Microsoft-Windows-WMI-Activity/Operational',
      Provider: 'Microsoft-Windows-WMI-Activity',
      EventRecordId: '12',
      SystemUserId: 'S-1-5-18',
    }
    const data = { Namespace: 'n', ESS: 'e', CONSUMER: 'c', PossibleCause: 'p' }
    const raw = `<UserData><Operation_ESStoConsumerBinding><Namespace>n</Namespace><ESS>e</ESS><CONSUMER>c</CONSUMER><PossibleCause>p</PossibleCause></Operation_ESStoConsumerBinding></UserData>`
    for (const row of [
      { ...common, EventData: data },
      { ...common, EventData: JSON.stringify(data) },
      { ...common, EventData: null, RawEventData: raw },
    ]) {
      expect(fields(event('WindowsEvent', row))).toEqual(data)
    }
    expect(event('WindowsEvent', common)).toMatchObject({ recordId: 12, userSid: 'S-1-5-18' })
  })

  test('SecurityEvent: columns become the fields of the event', () => {
    const record = event('SecurityEvent', {
      TimeGenerated: '2024-03-02T10:14:07Z',
      Computer: 'WKS',
      EventID: 4688,
      Activity: '4688 - A new process has been created.',
      Account: 'CORP\\a',
      SubjectUserName: 'a',
      NewProcessName: 'C:\\x.exe',
      CommandLine: 'x.exe',
    })
    expect(record).toMatchObject({ provider: 'Microsoft-Windows-Security-Auditing', channel: 'Security' })
    expect(fields(record)).toEqual({
      SubjectUserName: 'a',
      NewProcessName: 'C:\\x.exe',
      CommandLine: 'x.exe',
    })
  })

  test('rows of other tables carry no event', () => {
    expect(event('DeviceEvents', BIND)).toBeUndefined()
    expect(event('Event', { EventID: '' })).toBeUndefined()
  })
})

describe('inventory', () => {
  test.each([
    [
      'cim-json',
      {
        Filter: { Name: 'A' },
        Consumer: { Name: 'B' },
        CreatorSID: [1, 2],
        CimClass: { CimClassName: '__FilterToConsumerBinding' },
      },
    ],
    ['cim-json', { __CLASS: '__EventFilter', Name: 'A', Query: 'x', QueryLanguage: 'WQL' }],
    [
      'velociraptor',
      { Namespace: 'root/subscription', FilterDetails: { Name: 'A' }, ConsumerDetails: { Name: 'B' } },
    ],
    ['osquery', { name: 'A', query: 'x', query_language: 'WQL', class: '__EventFilter', relative_path: 'r' }],
    [
      'osquery',
      {
        name: 'pack',
        hostIdentifier: 'h',
        columns: { consumer: 'c', filter: 'f', class: 'x', relative_path: 'r' },
        action: 'added',
      },
    ],
  ] as const)('%s listings in JSON', async (shape, value) => {
    const { inventory, diagnostics, outcome } = await read(JSON.stringify([value]), readEventJson)
    expect(diagnostics).toEqual([])
    expect(inventory).toMatchObject([{ evidence: 'e1', shape, value }])
    expect(outcome).toMatchObject({ kind: 'inventory', read: 1, relevant: 1 })
  })

  test('Autoruns: of a whole listing only the WMI entries are given', async () => {
    const csv =
      'Time,Entry Location,Entry,Enabled,Category,Profile,Description,Signer,Company,Image Path,Version,Launch String\r\n' +
      'x,HKLM\\Run,Updater,enabled,Logon,System-wide,,,,C:\\a.exe,,a.exe\r\n' +
      'x,WMI Database Entries,BVTConsumer,enabled,WMI,System-wide,,,,,,cscript KernCap.vbs\r\n'
    const { inventory, outcome } = await read(csv, readEventCsv)
    expect(outcome).toMatchObject({ kind: 'inventory', read: 2, relevant: 1 })
    expect(inventory[0]).toMatchObject({ shape: 'autoruns', value: { Entry: 'BVTConsumer' } })
  })
})
