import { describe, expect, test } from 'vitest'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { identify } from '../../evidence/index.ts'
import type { EventRecord, ExportRow } from '../event.ts'
import { readEventCsv, readEventJson, readEventXml } from './index.ts'

const READERS = { json: readEventJson, csv: readEventCsv, xml: readEventXml }

/** Reads a text as what `identify` takes it for, as `readEvidence` does. */
async function read(
  text: string,
): Promise<{ events: EventRecord[]; rows: ExportRow[]; diagnostics: Diagnostic[] }> {
  const events: EventRecord[] = []
  const rows: ExportRow[] = []
  const diagnostics: Diagnostic[] = []
  const bytes = Buffer.from(text)
  const { kind } = identify(bytes, 'evidence', bytes.length)
  if (kind !== 'json' && kind !== 'csv' && kind !== 'xml') throw new Error(`taken for ${kind}`)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97)
  }
  await READERS[kind](chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { row: (row) => rows.push(row), event: (event) => events.push(event) },
  })
  return { events, rows, diagnostics }
}

/** What must come out of every carrier of the one event that all of them carry here. */
async function facts(text: string): Promise<Record<string, unknown>> {
  const { events, diagnostics } = await read(text)
  expect(diagnostics).toEqual([])
  expect(events).toHaveLength(1)
  const [event] = events
  if (event === undefined) throw new Error('no event')
  return {
    eventId: event.eventId,
    recordId: event.recordId,
    computer: event.computer,
    provider: event.provider,
    time: filetimeToIso(event.timeFiletime ?? 0n),
    fields: Object.fromEntries(event.names.map((name, index) => [name, event.values[index]])),
  }
}

const FIELDS = {
  Namespace: '//./root/subscription',
  ESS: 'Updater',
  CONSUMER: 'CommandLineEventConsumer="Runner"',
  PossibleCause:
    'Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = "Updater";\n};\nPerm. Consumer: \ninstance of CommandLineEventConsumer\n{\n\tCommandLineTemplate = "C:\\\\Windows\\\\notepad.exe";\n};\n',
}
const PROVIDER = 'Microsoft-Windows-WMI-Activity'
const CHANNEL = 'Microsoft-Windows-WMI-Activity/Operational'
const WANTED = {
  eventId: 5861,
  recordId: 7,
  computer: 'WKS',
  provider: PROVIDER,
  time: '2024-03-02T10:14:07.123Z',
  fields: FIELDS,
}
const TIME = '2024-03-02T10:14:07.123Z'
const MESSAGE = `Namespace = ${FIELDS.Namespace}; Eventfilter = ${FIELDS.ESS} (refer to its activate eventid:5859); Consumer = ${FIELDS.CONSUMER}; PossibleCause = ${FIELDS.PossibleCause}`
const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const XML = `<Event xmlns="x"><System><Provider Name="${PROVIDER}"/><EventID>5861</EventID><TimeCreated SystemTime="${TIME}"/><EventRecordID>7</EventRecordID><Channel>${CHANNEL}</Channel><Computer>WKS</Computer></System><UserData><Operation_ESStoConsumerBinding>${Object.entries(
  FIELDS,
)
  .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
  .join('')}</Operation_ESStoConsumerBinding></UserData></Event>`
const DUMPED = {
  Event: {
    System: {
      Provider_attributes: { Name: PROVIDER },
      EventID: 5861,
      EventRecordID: 7,
      Channel: CHANNEL,
      Computer: 'WKS',
      TimeCreated_attributes: { SystemTime: TIME },
    },
    UserData: { Operation_ESStoConsumerBinding: FIELDS },
  },
}
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
const wazuhEscaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
const WAZUH = {
  win: {
    system: {
      providerName: PROVIDER,
      eventID: '5861',
      eventRecordID: '7',
      channel: CHANNEL,
      computer: 'WKS',
      systemTime: TIME,
    },
    operation_ESStoConsumerBinding: Object.fromEntries(
      Object.entries(FIELDS).map(([name, value]) => [lowerFirst(name), wazuhEscaped(value)]),
    ),
  },
}
const cell = (value: unknown): string => `"${String(value).replaceAll('"', '""')}"`
const csv = (row: Record<string, unknown>): string =>
  `${Object.keys(row).map(cell).join(',')}\r\n${Object.values(row).map(cell).join(',')}\r\n`
const GET_WINEVENT = {
  Message: MESSAGE,
  Id: 5861,
  RecordId: 7,
  ProviderName: PROVIDER,
  LogName: CHANNEL,
  MachineName: 'WKS',
  TimeCreated: TIME,
}

describe('the same event in every carrier', () => {
  test.each<[string, string]>([
    ['evtx_dump, which numbers its records between them', `Record 1\n${JSON.stringify(DUMPED, null, 2)}\n`],
    [
      'Chainsaw, an aggregate with its documents',
      JSON.stringify([{ kind: 'aggregate', documents: [{ data: DUMPED }] }]),
    ],
    [
      'Filebeat with the XML as its message',
      JSON.stringify({ '@timestamp': 'x', log: { offset: 3 }, message: XML }),
    ],
    [
      'Filebeat with JSON as its message',
      JSON.stringify({ log: { offset: 3 }, message: JSON.stringify(DUMPED) }),
    ],
    [
      'Winlogbeat whose fields are only in event.original',
      JSON.stringify({
        '@timestamp': TIME,
        event: { original: XML, code: '5861' },
        winlog: {
          channel: CHANNEL,
          provider_name: PROVIDER,
          event_id: '5861',
          record_id: 7,
          computer_name: 'WKS',
        },
      }),
    ],
    ['Wazuh, values escaped twice and UserData under its own name', JSON.stringify({ data: WAZUH })],
    ['Wazuh archives, the event as text', JSON.stringify({ full_log: JSON.stringify(WAZUH), data: {} })],
    [
      'Get-WinEvent by ConvertTo-Json without a depth',
      JSON.stringify({
        ...GET_WINEVENT,
        Properties: Array(4).fill('System.Diagnostics.Eventing.Reader.EventProperty'),
      }),
    ],
    [
      'Get-WinEvent by Export-Csv of Windows PowerShell',
      `#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n${csv(GET_WINEVENT)}`,
    ],
    [
      'Velociraptor, UserData beside flat fields',
      JSON.stringify({
        EventTime: TIME,
        Computer: 'WKS',
        Channel: CHANNEL,
        EventID: 5861,
        EventRecordID: 7,
        Provider: PROVIDER,
        EventData: null,
        UserData: { Operation_ESStoConsumerBinding: FIELDS },
      }),
    ],
    [
      'Velociraptor in CSV, the parts of the event as JSON text',
      csv({
        System: JSON.stringify({
          Provider: { Name: PROVIDER },
          EventID: { Value: 5861 },
          TimeCreated: { SystemTime: 1709374447.123 },
          EventRecordID: 7,
          Channel: CHANNEL,
          Computer: 'WKS',
        }),
        UserData: JSON.stringify({ Operation_ESStoConsumerBinding: FIELDS }),
        Message: '',
        _Source: 'Windows.Sys.Events',
      }),
    ],
    [
      'Fluent Bit, values without names',
      JSON.stringify({
        ProviderName: PROVIDER,
        EventID: 5861,
        EventRecordID: 7,
        Channel: CHANNEL,
        Computer: 'WKS',
        TimeCreated: '2024-03-02 10:14:07.123 +0000',
        StringInserts: Object.values(FIELDS),
      }),
    ],
    [
      'Kibana CSV, dashes where other documents have a field',
      csv({
        '@timestamp': 'Mar 2, 2024 @ 10:14:07.123',
        'winlog.channel': CHANNEL,
        'winlog.provider_name': PROVIDER,
        'winlog.event_id': 5861,
        'winlog.record_id': 7,
        'winlog.computer_name': 'WKS',
        'winlog.event_data.Image': '-',
        'winlog.user_data.xml_name': 'Operation_ESStoConsumerBinding',
        ...Object.fromEntries(
          Object.entries(FIELDS).map(([name, value]) => [`winlog.user_data.${name}`, value]),
        ),
      }),
    ],
    [
      'Splunk CSV with the classic text, its zone in _time',
      csv({
        _raw: `03/02/2024 05:14:07 AM\nLogName=${CHANNEL}\nEventCode=5861\nComputerName=WKS\nSourceName=${PROVIDER}\nRecordNumber=7\nMessage=${MESSAGE}`,
        _time: '2024-03-02T05:14:07.123-0500',
        source: 'x',
      }),
    ],
  ])('%s', async (_carrier, text) => {
    expect(await facts(text)).toEqual(WANTED)
  })

  test('a Wazuh value with a backslash that escapes nothing was not escaped, and stays', async () => {
    const { eventdata } = { eventdata: { image: 'C:\\Windows\\notepad.exe', user: 'CORP\\\\a' } }
    const text = JSON.stringify({
      data: {
        win: {
          system: {
            ...WAZUH.win.system,
            eventID: '1',
            channel: 'Microsoft-Windows-Sysmon/Operational',
            providerName: 'Microsoft-Windows-Sysmon',
          },
          eventdata,
        },
      },
    })
    expect((await facts(text)).fields).toEqual({ Image: 'C:\\Windows\\notepad.exe', User: 'CORP\\a' })
  })

  test('a local time without a zone gives way to the UtcTime that Sysmon writes into its message', async () => {
    const row = {
      Message:
        'WmiEventFilter activity detected:\r\nRuleName: -\r\nUtcTime: 2024-03-02 10:14:07.123\r\nOperation: Created',
      Id: 19,
      RecordId: 7,
      ProviderName: 'Microsoft-Windows-Sysmon',
      LogName: 'Microsoft-Windows-Sysmon/Operational',
      MachineName: 'WKS',
      TimeCreated: '3/2/2024 5:14:07 AM',
    }
    expect((await facts(csv(row))).time).toBe('2024-03-02T10:14:07.123Z')
  })

  test('an empty element that evtx_dump closes on the next line is empty', async () => {
    const text = XML.replace('<ESS>Updater</ESS>', '<ESS>\n      </ESS>')
    expect((await facts(text)).fields).toEqual({ ...FIELDS, ESS: '' })
  })

  test('other text between objects is still told of', async () => {
    const { diagnostics } = await read(`${JSON.stringify(DUMPED)}\nRecord one\n${JSON.stringify(DUMPED)}\n`)
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['events/stray-bytes'])
  })
})

const ROW = {
  Timestamp: '2024-03-02T10:14:07Z',
  DeviceName: 'wks',
  ActionType: 'WmiBindEventFilterToConsumer',
}
const COLUMNS = Object.keys(ROW).map((ColumnName) => ({ ColumnName, ColumnType: 'string' }))

describe('the same row in every answer', () => {
  test.each<[string, unknown]>([
    [
      'Kusto v1 with its tables about the query',
      {
        Tables: [
          { TableName: 'Table_0', Columns: COLUMNS, Rows: [Object.values(ROW)] },
          { TableName: 'Table_1', Columns: [{ ColumnName: 'Value' }], Rows: [['{"Visualization":null}']] },
        ],
      },
    ],
    [
      'Kusto v2',
      [
        { FrameType: 'DataSetHeader', IsProgressive: false, Version: 'v2.0' },
        {
          FrameType: 'DataTable',
          TableId: 0,
          TableKind: 'QueryProperties',
          Columns: [{ ColumnName: 'Key' }],
          Rows: [['x']],
        },
        {
          FrameType: 'DataTable',
          TableId: 1,
          TableKind: 'PrimaryResult',
          Columns: COLUMNS,
          Rows: [Object.values(ROW)],
        },
        { FrameType: 'DataSetCompletion', HasErrors: false, Cancelled: false },
      ],
    ],
    [
      'Kusto v2, progressive',
      [
        { FrameType: 'DataSetHeader', IsProgressive: true, Version: 'v2.0' },
        { FrameType: 'TableHeader', TableId: 1, TableKind: 'PrimaryResult', Columns: COLUMNS },
        {
          FrameType: 'TableFragment',
          TableId: 1,
          TableFragmentType: 'DataAppend',
          Rows: [Object.values(ROW)],
        },
        { FrameType: 'TableCompletion', TableId: 1, RowCount: 1 },
      ],
    ],
    [
      'a batch of Log Analytics',
      {
        responses: [
          {
            id: '1',
            status: 200,
            body: { tables: [{ name: 'PrimaryResult', columns: COLUMNS, rows: [Object.values(ROW)] }] },
          },
        ],
      },
    ],
  ])('%s', async (_answer, value) => {
    const { rows, diagnostics } = await read(JSON.stringify(value))
    expect(diagnostics).toEqual([])
    expect(rows.map((row) => [row.table, row.values])).toEqual([['DeviceEvents', Object.values(ROW)]])
  })

  test('the Defender portal names the month in its CSV', async () => {
    const { rows } = await read(`\uFEFF${csv({ ...ROW, Timestamp: 'Mar 2, 2024 1:14:07 PM' })}`)
    expect(rows[0]?.values[0]).toBe('2024-03-02T13:14:07Z')
  })

  test('times of a portal that shows another zone than UTC are told of', async () => {
    const { Timestamp: _utc, ...rest } = ROW
    const { diagnostics } = await read(csv({ 'Timestamp [Local Time]': '3/2/2024, 1:14:07.000 PM', ...rest }))
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['events/time-zone-unknown'])
  })
})

test('an object of a hundred thousand keys is no record, whatever else it holds', async () => {
  const keys = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]))
  const { events, diagnostics } = await read(
    `${JSON.stringify({ ...keys, ...DUMPED })}\n${JSON.stringify(DUMPED)}`,
  )
  expect(events).toHaveLength(1)
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['events/unknown-shape'])
})
