import { describe, expect, test } from 'vitest'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../event.ts'
import type { FileOutcome } from '../file-context.ts'
import type { InventoryEntry } from '../read.ts'
import { readEventCsv, readEventJson, readEventXml } from './index.ts'

interface Result {
  readonly outcome: FileOutcome
  readonly events: EventRecord[]
  readonly rows: ExportRow[]
  readonly inventory: InventoryEntry[]
  readonly diagnostics: Diagnostic[]
}

async function read(text: string, reader: typeof readEventJson = readEventJson): Promise<Result> {
  const events: EventRecord[] = []
  const rows: ExportRow[] = []
  const inventory: InventoryEntry[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const bytes = Buffer.from(text)
    // Odd sizes, so that elements and characters are split anywhere.
    for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97)
  }
  const outcome = await reader(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: {
      event: (event) => events.push(event),
      row: (row) => rows.push(row),
      inventory: (entry) => inventory.push(entry),
    },
  })
  return { outcome, events, rows, inventory, diagnostics }
}

const one = async (value: unknown, reader?: typeof readEventJson): Promise<EventRecord> => {
  const { events, diagnostics } = await read(
    typeof value === 'string' ? value : JSON.stringify(value),
    reader,
  )
  expect(diagnostics).toEqual([])
  expect(events).toHaveLength(1)
  const [event] = events
  if (event === undefined) throw new Error('no event')
  return event
}

const fields = (event: EventRecord): Record<string, string | undefined> =>
  Object.fromEntries(event.names.map((name, index) => [name, event.values[index]]))

const timeOf = (event: EventRecord): string | undefined => filetimeToIso(event.timeFiletime ?? 0n)

const POSSIBLE_CAUSE =
  'Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = "A;}";\n\tQuery = "SELECT * FROM X";\n};\nPerm. Consumer: \ninstance of CommandLineEventConsumer\n{\n\tCommandLineTemplate = "calc.exe";\n\tName = "B";\n};\n'
const BINDING = {
  Namespace: '//./root/subscription',
  ESS: 'A;}',
  CONSUMER: 'CommandLineEventConsumer="B"',
  PossibleCause: POSSIBLE_CAUSE,
}
const FILTER_MESSAGE =
  'WmiEventFilter activity detected:\r\nRuleName: -\r\nEventType: WmiFilterEvent\r\nUtcTime: 2024-03-02 10:14:07.123\r\nOperation: Created\r\nUser: CORP\\admin\r\nEventNamespace:  "root\\\\CimV2"\r\nName:  "Updater"\r\nQuery:  "SELECT * FROM __InstanceModificationEvent WITHIN 60"'

describe('events in JSON', () => {
  test('evtx_dump: attributes, UserData and its xmlns stay apart from the fields', async () => {
    const event = await one({
      Event: {
        '#attributes': { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
        System: {
          Provider: {
            '#attributes': {
              Name: 'Microsoft-Windows-WMI-Activity',
              Guid: '1418EF04-B0B4-4623-BF7E-D74AB47BBDAA',
            },
          },
          EventID: 5861,
          Version: 0,
          Level: 0,
          Task: 0,
          Opcode: 0,
          Keywords: '0x4000000000000000',
          TimeCreated: { '#attributes': { SystemTime: '2024-03-02T10:14:07.1234567Z' } },
          EventRecordID: 42,
          Correlation: null,
          Execution: { '#attributes': { ProcessID: 2568, ThreadID: 6204 } },
          Channel: 'Microsoft-Windows-WMI-Activity/Operational',
          Computer: 'WKS-014',
          Security: { '#attributes': { UserID: 'S-1-5-18' } },
        },
        UserData: {
          Operation_ESStoConsumerBinding: {
            '#attributes': { xmlns: 'http://manifests.microsoft.com/win/2006/windows/WMI' },
            ...BINDING,
          },
        },
      },
    })
    expect(event).toMatchObject({
      evidence: 'e1',
      offset: 0,
      eventId: 5861,
      recordId: 42,
      provider: 'Microsoft-Windows-WMI-Activity',
      providerGuid: '{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}',
      computer: 'WKS-014',
      userSid: 'S-1-5-18',
      processId: 2568,
      payload: 'UserData',
      payloadElement: 'Operation_ESStoConsumerBinding',
    })
    expect(fields(event)).toEqual(BINDING)
    expect(timeOf(event)).toBe('2024-03-02T10:14:07.1234567Z')
  })

  test('unnamed Data in evtx_dump keeps its order and has no names', async () => {
    const system = {
      Provider: { '#attributes': { Name: 'PowerShell' } },
      EventID: { '#attributes': { Qualifiers: 0 }, '#text': 400 },
      Channel: 'Windows PowerShell',
      TimeCreated: { '#attributes': { SystemTime: '2024-03-02T10:14:07Z' } },
    }
    const event = await one({
      Event: {
        System: system,
        EventData: { Data: { '#text': ['Available', 'None', '\tHostApplication=x'] } },
      },
    })
    expect(event.eventId).toBe(400)
    expect(event.names).toEqual(['', '', ''])
    expect(event.values).toEqual(['Available', 'None', '\tHostApplication=x'])
  })

  test('Chainsaw and converters with @Name attributes wrap the same event', async () => {
    const event = await one({
      group: 'x',
      kind: 'individual',
      document: {
        kind: 'evtx',
        path: 'C:\\x.evtx',
        data: {
          Event: {
            System: {
              Provider: { '@Name': 'Microsoft-Windows-Sysmon' },
              EventID: { '#text': '19' },
              Channel: 'Microsoft-Windows-Sysmon/Operational',
              TimeCreated: { '@SystemTime': '2024-03-02T10:14:07Z' },
            },
            EventData: {
              Data: [
                { '@Name': 'Operation', '#text': 'Created' },
                { '@Name': 'Name', '#text': ' "U"' },
              ],
            },
          },
        },
      },
    })
    expect(fields(event)).toEqual({ Operation: 'Created', Name: ' "U"' })
  })

  test.each([
    [
      'nested',
      {
        winlog: {
          channel: 'Microsoft-Windows-WMI-Activity/Operational',
          provider_name: 'Microsoft-Windows-WMI-Activity',
          event_id: '5861',
          record_id: '7',
          computer_name: 'WKS',
          user_data: { xml_name: 'Operation_ESStoConsumerBinding', ...BINDING },
        },
      },
    ],
    [
      'dotted',
      {
        'winlog.channel': 'Microsoft-Windows-WMI-Activity/Operational',
        'winlog.provider_name': 'Microsoft-Windows-WMI-Activity',
        'winlog.event_id': 5861,
        'winlog.record_id': 7,
        'winlog.computer_name': 'WKS',
        'winlog.user_data.xml_name': 'Operation_ESStoConsumerBinding',
        ...Object.fromEntries(
          Object.entries(BINDING).map(([key, value]) => [`winlog.user_data.${key}`, value]),
        ),
      },
    ],
  ])('Winlogbeat documents, %s, also inside Elasticsearch hits', async (_name, document) => {
    const source = { '@timestamp': '2024-03-02T10:14:07.123Z', ...document }
    const plain = await one(source)
    const hit = await one({ took: 1, hits: { total: 1, hits: [{ _index: 'w', _source: source }] } })
    expect(plain).toEqual(hit)
    expect(plain).toMatchObject({ recordId: 7, computer: 'WKS', payload: 'UserData' })
    expect(fields(plain)).toEqual(BINDING)
  })

  test('a Winlogbeat event with only its message gets its fields from the template', async () => {
    const event = await one({
      '@timestamp': '2024-03-02T10:14:07.123Z',
      message: `Namespace = //./root/subscription; Eventfilter = A;} (refer to its activate eventid:5859); Consumer = CommandLineEventConsumer="B"; PossibleCause = ${POSSIBLE_CAUSE}`,
      winlog: { channel: 'Microsoft-Windows-WMI-Activity/Operational', event_id: 5861 },
    })
    expect(event.provider).toBe('Microsoft-Windows-WMI-Activity')
    expect(fields(event)).toEqual(BINDING)
  })

  test('Elastic Defend API events become the binding event that they tell of', async () => {
    const event = await one({
      '@timestamp': '2024-03-02T10:14:07.123Z',
      host: { hostname: 'wks' },
      event: { provider: 'Microsoft-Windows-WMI-Activity' },
      process: {
        pid: 1234,
        Ext: {
          api: {
            name: 'IWbemServices::PutInstance',
            parameters: {
              consumer_type: 'CommandLineEventConsumer',
              consumer_name: 'B',
              consumer_details: '{\n\tCommandLineTemplate = "calc.exe";\n\tName = "B";\n}',
              event_filter_name: 'A',
              event_filter_details: '{\n\tName = "A";\n\tQuery = "SELECT * FROM X";\n};',
              namespace: '//./root/subscription',
              operation: 'PutInstance',
            },
          },
        },
      },
    })
    expect(event).toMatchObject({ eventId: 5861, computer: 'wks', processId: 1234 })
    expect(fields(event).CONSUMER).toBe('CommandLineEventConsumer="B"')
    expect(fields(event).PossibleCause).toContain(
      'instance of CommandLineEventConsumer\n{\n\tCommandLineTemplate',
    )
  })

  test('NXLog: EventType is the severity word, unless EventTypeOrignal stands beside it', async () => {
    const nxlog = {
      EventReceivedTime: '2024-03-02 11:14:08',
      '@timestamp': '2024-03-02T10:14:08.050Z',
      EventTime: '2024-03-02 11:14:07',
      EventID: 19,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      SourceName: 'Microsoft-Windows-Sysmon',
      Hostname: 'WKS',
      RecordNumber: 9,
      Keywords: -(2 ** 63),
      ProcessID: 3140,
      SourceModuleType: 'im_msvistalog',
      User: 'CORP\\admin',
    }
    const older = await one({ ...nxlog, EventType: 'INFO', Message: FILTER_MESSAGE })
    const newer = await one({ ...nxlog, EventType: 'WmiFilterEvent', EventTypeOrignal: 'INFO' })
    expect(fields(older)).toMatchObject({
      EventType: 'WmiFilterEvent',
      Name: ' "Updater"',
      Operation: 'Created',
    })
    expect(fields(newer)).toEqual({ EventType: 'WmiFilterEvent', User: 'CORP\\admin' })
    expect(older.keywords).toBe('0x8000000000000000')
    expect(older.processId).toBe(3140)
    // Local time, one hour ahead, as the two arrival times tell.
    expect(timeOf(newer)).toBe('2024-03-02T10:14:07Z')
  })

  test('a huge script left only in the message of Sysmon 20 is read to its end', async () => {
    const script = `' x\r\nName: not a field\r\nType: nor this\r\n${'y'.repeat(30_000)}`
    const event = await one({
      EventID: 20,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      SourceName: 'Microsoft-Windows-Sysmon',
      Hostname: 'WKS',
      '@timestamp': '2024-03-02T10:14:08Z',
      Message: `WmiEventConsumer activity detected:\r\nRuleName: -\r\nEventType: WmiConsumerEvent\r\nUtcTime: 2024-03-02 10:14:07.123\r\nOperation: Created\r\nUser: CORP\\a\r\nName:  "S"\r\nType: Script\r\nDestination: "${script}`,
    })
    expect(fields(event)).toMatchObject({ Name: ' "S"', Type: 'Script', Destination: `"${script}` })
  })

  test('EvtxECmd: the payload is JSON text inside JSON', async () => {
    const event = await one({
      PayloadData1: 'Namespace: x',
      Channel: 'Microsoft-Windows-WMI-Activity/Operational',
      Provider: 'Microsoft-Windows-WMI-Activity',
      EventId: 5861,
      EventRecordId: '42',
      ProcessId: 1,
      ThreadId: 2,
      Level: 'Info',
      Keywords: '0x4000000000000000',
      SourceFile: 'x.evtx',
      RecordNumber: 1,
      TimeCreated: '2024-03-02T10:14:07.1234567+00:00',
      Computer: 'WKS',
      UserId: 'S-1-5-18',
      Payload: JSON.stringify({ UserData: { Operation_ESStoConsumerBinding: { ...BINDING } } }),
    })
    expect(event).toMatchObject({ recordId: 42, userSid: 'S-1-5-18', payload: 'UserData' })
    expect(fields(event)).toEqual(BINDING)
  })

  test('Hayabusa: abbreviated channels and fields are spelled out', async () => {
    const event = await one({
      Timestamp: '2024-03-02 10:14:07.123 +00:00',
      RuleTitle: 'Proc Exec',
      Level: 'info',
      Computer: 'WKS',
      Channel: 'Sysmon',
      EventID: 1,
      RecordID: 5,
      Details: { Cmdline: 'scrcons.exe -Embedding', Proc: 'C:\\scrcons.exe' },
      ExtraFieldInfo: { OriginalFileName: 'scrcons.exe' },
      RuleID: 'x',
    })
    expect(event).toMatchObject({ provider: 'Microsoft-Windows-Sysmon', recordId: 5 })
    expect(fields(event)).toEqual({
      OriginalFileName: 'scrcons.exe',
      CommandLine: 'scrcons.exe -Embedding',
      Image: 'C:\\scrcons.exe',
    })
  })

  test('Get-WinEvent: properties without names get those of the manifest, Sysmon its message', async () => {
    const common = {
      LogName: 'x/Operational',
      RecordId: 3,
      MachineName: 'WKS',
      TimeCreated: '/Date(1709374447123)/',
      Keywords: -(2 ** 63),
    }
    const binding = await one([
      {
        ...common,
        Id: 5861,
        ProviderName: 'Microsoft-Windows-WMI-Activity',
        UserId: { BinaryLength: 12, Value: 'S-1-5-18' },
        Properties: Object.values(BINDING).map((Value) => ({ Value })),
        Message: 'ignored',
      },
    ])
    expect(fields(binding)).toEqual(BINDING)
    expect(binding).toMatchObject({ userSid: 'S-1-5-18', payload: 'UserData' })
    expect(timeOf(binding)).toBe('2024-03-02T10:14:07.123Z')
    const filter = await one({
      ...common,
      Id: 19,
      ProviderName: 'Microsoft-Windows-Sysmon',
      Properties: [{ Value: 'WmiFilterEvent' }],
      Message: FILTER_MESSAGE,
    })
    expect(fields(filter)).toMatchObject({ EventNamespace: ' "root\\\\CimV2"', Name: ' "Updater"' })
  })

  test('Splunk: raw XML in a result, and extracted fields with the XML of UserData beside them', async () => {
    const raw = await one({
      preview: false,
      result: { _raw: XML_FILTER, _time: '2024-03-02T10:14:07.000+00:00' },
    })
    expect(fields(raw).Name).toBe(' "U & <co>"')
    const extracted = await one({
      result: {
        EventCode: '5861',
        EventRecordID: '4',
        Computer: 'WKS',
        Channel: 'Microsoft-Windows-WMI-Activity/Operational',
        SystemTime: '2024-03-02T10:14:07.1234567Z',
        user: 'x',
        UserData_Xml:
          '<Operation_ESStoConsumerBinding xmlns="http://m"><Namespace>//./root/subscription</Namespace><ESS>A</ESS></Operation_ESStoConsumerBinding>',
      },
    })
    expect(extracted).toMatchObject({
      eventId: 5861,
      recordId: 4,
      payloadElement: 'Operation_ESStoConsumerBinding',
    })
    expect(fields(extracted)).toEqual({ Namespace: '//./root/subscription', ESS: 'A' })
  })

  test('Splunk: the classic text of an event, its message parsed', async () => {
    const event = await one({
      result: {
        source: 'WinEventLog:Security',
        _raw: '2024-03-02T10:14:07Z\nLogName=Security\nSourceName=Microsoft Windows security auditing.\nEventCode=4688\nEventType=0\nType=Information\nComputerName=WKS\nTaskCategory=Process Creation\nRecordNumber=5\nKeywords=Audit Success\nMessage=A new process has been created.\n\nCreator Subject:\n\tSecurity ID:\t\tS-1-5-18\n\nProcess Information:\n\tNew Process ID:\t\t0x71c\n\tNew Process Name:\tC:\\x.exe\n',
      },
    })
    expect(event).toMatchObject({
      recordId: 5,
      computer: 'WKS',
      channel: 'Security',
      provider: 'Microsoft-Windows-Security-Auditing',
    })
    expect(fields(event)).toEqual({
      SubjectUserSid: 'S-1-5-18',
      NewProcessId: '0x71c',
      NewProcessName: 'C:\\x.exe',
    })
    expect(timeOf(event)).toBe('2024-03-02T10:14:07Z')
  })

  test('Wazuh: names in lower case become the event’s own', async () => {
    const event = await one({
      timestamp: '2024-03-02T10:14:09.000+0000',
      data: {
        win: {
          system: {
            providerName: 'Microsoft-Windows-Sysmon',
            eventID: '21',
            systemTime: '2024-03-02T10:14:07.1234567Z',
            eventRecordID: '8',
            computer: 'WKS',
            channel: 'Microsoft-Windows-Sysmon/Operational',
          },
          eventdata: { operation: 'Created', consumer: ' "x"', filter: ' "y"' },
        },
      },
    })
    expect(fields(event)).toEqual({ Operation: 'Created', Consumer: ' "x"', Filter: ' "y"' })
  })

  test('messages alone: script blocks, classic PowerShell, 4688, 7045, 5858 and 5860', async () => {
    const message = async (
      EventID: number,
      SourceName: string,
      Message: string,
    ): Promise<Record<string, unknown>> =>
      fields(await one({ EventID, SourceName, Hostname: 'W', Message, '@timestamp': '2024-03-02T10:14:08Z' }))
    expect(
      await message(
        4104,
        'Microsoft-Windows-PowerShell',
        'Creating Scriptblock text (1 of 2):\r\n$x = 1\r\n\r\nScriptBlock ID: 7c1d\r\nPath: C:\\a.ps1',
      ),
    ).toEqual({
      MessageNumber: '1',
      MessageTotal: '2',
      ScriptBlockText: '$x = 1',
      ScriptBlockId: '7c1d',
      Path: 'C:\\a.ps1',
    })
    expect(
      await message(
        4688,
        'Microsoft-Windows-Security-Auditing',
        'A new process has been created.\r\n\r\nCreator Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tW$\r\n\r\nTarget Subject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\r\nProcess Information:\r\n\tNew Process ID:\t\t0x71c\r\n\tNew Process Name:\tC:\\WmiPrvSE.exe\r\n\tProcess Command Line:\tx.exe -a: b\r\n\r\nToken Elevation Type indicates',
      ),
    ).toMatchObject({
      SubjectUserSid: 'S-1-5-18',
      TargetUserSid: 'S-1-0-0',
      NewProcessName: 'C:\\WmiPrvSE.exe',
      CommandLine: 'x.exe -a: b',
    })
    expect(
      await message(
        7045,
        'Service Control Manager',
        'A service was installed in the system.\r\n\r\nService Name:  Bad\r\nService File Name:  C:\\bad.exe\r\nService Type:  user mode service\r\nService Start Type:  demand start\r\nService Account:  LocalSystem',
      ),
    ).toMatchObject({ ServiceName: 'Bad', ImagePath: 'C:\\bad.exe', AccountName: 'LocalSystem' })
    expect(
      await message(
        5858,
        'Microsoft-Windows-WMI-Activity',
        "Id = {0}; ClientMachine = W; User = W\\a; ClientProcessId = 80; Component = Unknown; Operation = Start IWbemServices::ExecQuery - root\\cimv2 : select * from X where a='; User = evil'; ResultCode = 0x80041032; PossibleCause = Unknown",
      ),
    ).toMatchObject({
      ClientProcessId: '80',
      ResultCode: '0x80041032',
      Operation: expect.stringContaining('evil'),
    })
    expect(
      await message(
        5860,
        'Microsoft-Windows-WMI-Activity',
        "Namespace = ROOT\\x; NotificationQuery = SELECT * FROM Y WHERE Namespace = '; UserName = z'; UserName = NT AUTHORITY\\SYSTEM; ClientProcessID = 3080, ClientMachine = W; PossibleCause = Temporary",
      ),
    ).toEqual({
      NamespaceName: 'ROOT\\x',
      Query: "SELECT * FROM Y WHERE Namespace = '; UserName = z'",
      User: 'NT AUTHORITY\\SYSTEM',
      Processid: '3080',
      ClientMachine: 'W',
      PossibleCause: 'Temporary',
    })
    const classic = await one({
      EventID: 600,
      SourceName: 'PowerShell',
      Hostname: 'W',
      '@timestamp': '2024-03-02T10:14:08Z',
      Message:
        'Provider "Registry" is Started. \r\n\r\nDetails: \r\n\tProviderName=Registry\r\n\tHostApplication=powershell.exe',
    })
    expect(classic.values).toEqual([
      'Registry',
      'Started',
      '\tProviderName=Registry\r\n\tHostApplication=powershell.exe',
    ])
  })
})

const XML_FILTER = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>19</EventID><Version>3</Version><Level>4</Level><Task>19</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='2024-03-02T10:14:07.123456700Z'/><EventRecordID>77</EventRecordID><Correlation/><Execution ProcessID='3140' ThreadID='5564'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>WKS</Computer><Security UserID='S-1-5-18'/></System><EventData><Data Name='Operation'>Created</Data><Data Name='Name'> "U &amp; &lt;co&gt;"</Data><Data Name='Query'></Data></EventData></Event>`

describe('events in XML', () => {
  test('wevtutil output with a root, without one, and one event a line after a syslog header', async () => {
    const forms = [
      `<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>${XML_FILTER}\r\n${XML_FILTER}</Events>`,
      `${XML_FILTER}${XML_FILTER}`,
      `<13>Mar  2 10:14:07 wks ${XML_FILTER}\n<13>Mar  2 10:14:07 wks ${XML_FILTER}\n`,
    ]
    for (const form of forms) {
      const { events, outcome, diagnostics } = await read(form, readEventXml)
      expect(diagnostics).toEqual([])
      expect(outcome).toMatchObject({ kind: 'event-xml', read: 2, relevant: 2, damaged: 0 })
      expect(events[0]).toMatchObject({
        eventId: 19,
        recordId: 77,
        provider: 'Microsoft-Windows-Sysmon',
        providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
        keywords: '0x8000000000000000',
        computer: 'WKS',
        userSid: 'S-1-5-18',
        names: ['Operation', 'Name', 'Query'],
        values: ['Created', ' "U & <co>"', ''],
      })
      expect(Buffer.from(form).toString('utf8', events[1]?.offset).startsWith('<Event ')).toBe(true)
    }
  })

  test('an event that is cut is left out and told of, the next one is read', async () => {
    const { events, diagnostics, outcome } = await read(
      `${XML_FILTER.slice(0, 400)}\n${XML_FILTER}`,
      readEventXml,
    )
    expect(events).toHaveLength(1)
    expect(outcome.damaged).toBe(1)
    expect(diagnostics).toMatchObject([{ code: 'events/damaged-xml', at: { offset: 0 } }])
  })

  test('entities of a document type are never expanded', async () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(100)}"><!ENTITY c "&a;&a;">]>${XML_FILTER.replace('>Created<', '>&c;<')}`
    const { events } = await read(bomb, readEventXml)
    expect(events[0]?.values[0]).toBe('&c;')
  })

  test('UserData, CDATA, namespace prefixes and RenderingInfo', async () => {
    const xml = `<Event xmlns="x"><System><Provider Name="Microsoft-Windows-WMI-Activity"/><EventID>5861</EventID><TimeCreated SystemTime="2024-03-02T10:14:07Z"/><Channel>Microsoft-Windows-WMI-Activity/Operational</Channel><Computer>W</Computer></System><UserData><a:Operation_ESStoConsumerBinding xmlns:a="y"><a:Namespace>//./root/subscription</a:Namespace><a:ESS><![CDATA[<F>]]></a:ESS></a:Operation_ESStoConsumerBinding></UserData><RenderingInfo Culture="en-US"><Message>hello</Message></RenderingInfo></Event>`
    const event = await one(xml, readEventXml)
    expect(event).toMatchObject({
      payload: 'UserData',
      payloadElement: 'Operation_ESStoConsumerBinding',
      message: 'hello',
    })
    expect(fields(event)).toEqual({ Namespace: '//./root/subscription', ESS: '<F>' })
  })
})

describe('how JSON is joined', () => {
  const line = (id: number): string =>
    JSON.stringify({
      EventID: 19,
      SourceName: 'Microsoft-Windows-Sysmon',
      Hostname: `H${id}`,
      UtcTime: '2024-03-02 10:14:07.1',
      Name: '{"[',
    })

  test.each([
    ['lines', `${line(1)}\n${line(2)}\n`],
    ['array', `[${line(1)},${line(2)}]`],
    ['pretty array', JSON.stringify([JSON.parse(line(1)), JSON.parse(line(2))], null, 2)],
    [
      'pretty objects',
      `${JSON.stringify(JSON.parse(line(1)), null, 2)}\n${JSON.stringify(JSON.parse(line(2)), null, 2)}`,
    ],
    ['nothing', `${line(1)}${line(2)}`],
    ['record separators', `\u001e${line(1)}\n\u001e${line(2)}\n`],
  ])('objects joined by %s', async (_how, text) => {
    const { events, diagnostics, outcome } = await read(text)
    expect(diagnostics).toEqual([])
    expect(events.map((event) => event.computer)).toEqual(['H1', 'H2'])
    expect(outcome.damaged).toBe(0)
  })

  test.each([
    ['inside a string', (text: string) => text.slice(0, text.indexOf('Sysmon'))],
    ['after a value', (text: string) => text.slice(0, text.indexOf(',"UtcTime'))],
    ['inside a number', (text: string) => text.slice(0, text.indexOf('19') + 1)],
    ['after a comma', (text: string) => text.slice(0, text.indexOf('"SourceName'))],
  ])('a line cut %s does not swallow the lines after it', async (_where, cut) => {
    const { events, diagnostics, outcome } = await read(
      `${line(1)}\n${cut(line(2))}\n${line(3)}\n${line(4)}\n`,
    )
    expect(events.map((event) => event.computer)).toEqual(['H1', 'H3', 'H4'])
    expect(outcome.damaged).toBe(1)
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['events/damaged-element'])
  })
})

test('events in CSV: EvtxECmd with its quoted JSON payload', async () => {
  const payload = JSON.stringify({ UserData: { Operation_ESStoConsumerBinding: BINDING } }).replaceAll(
    '"',
    '""',
  )
  const csv = `RecordNumber,EventRecordId,TimeCreated,EventId,Level,Provider,Channel,ProcessId,ThreadId,Computer,ChunkNumber,UserId,MapDescription,Payload\r\n1,42,2024-03-02 10:14:07.1234567,5861,Info,Microsoft-Windows-WMI-Activity,Microsoft-Windows-WMI-Activity/Operational,1,2,WKS,0,S-1-5-18,,"${payload}"\r\n`
  const event = await one(csv, readEventCsv)
  expect(event.recordId).toBe(42)
  expect(fields(event)).toEqual(BINDING)
  expect(timeOf(event)).toBe('2024-03-02T10:14:07.1234567Z')
})
