import { describe, expect, test } from 'vitest'
import {
  activation,
  activationMessage,
  investigate,
  POWERSHELL,
  possibleCause,
  process,
  quoted,
  row,
  SECURITY,
  SYSMON,
  sampleEvent,
  sysmonBinding,
  sysmonConsumer,
  sysmonFilter,
  type Triad,
  WMI,
} from './records.suite.ts'

const QUERY = "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_LogonSession'"
const EVIL: Triad = {
  filter: 'Evil',
  query: QUERY,
  consumerClass: 'CommandLineEventConsumer',
  consumer: 'EvilC',
  properties: 'CommandLineTemplate = "cmd.exe /c echo \\"hi\\" > c:\\\\x.txt";',
}
const STOCK: Triad = {
  filter: 'SCM Event Log Filter',
  query: 'select * from MSFT_SCMEventLogEvent',
  consumerClass: 'NTEventLogEventConsumer',
  consumer: 'SCM Event Log Consumer',
  properties: 'SourceName = "Service Control Manager";',
}

const sysmonTriad = (options: { host?: string; time?: string } = {}) => [
  sysmonFilter('Evil', QUERY, options),
  sysmonConsumer('EvilC', 'Command Line', 'cmd.exe /c echo "hi" > c:\\x.txt', options),
  sysmonBinding('Evil', 'CommandLineEventConsumer.Name="EvilC"', options),
]

describe('sources', () => {
  test('Sysmon 19, 20, 21 in any order are one bound subscription with its user and payload', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const records = sysmonTriad()
      const { subscriptions } = investigate(order.flatMap((index) => records[index] ?? []))
      expect(subscriptions).toHaveLength(1)
      expect(subscriptions[0]).toMatchObject({
        host: 'PC1',
        namespace: 'root\\subscription',
        filter: { name: 'Evil', query: QUERY, eventNamespace: 'root\\cimv2' },
        consumer: {
          class: 'CommandLineEventConsumer',
          name: 'EvilC',
          properties: { CommandLineTemplate: 'cmd.exe /c echo "hi" > c:\\x.txt' },
        },
        binding: { filter: '__EventFilter.Name="Evil"', consumer: 'CommandLineEventConsumer.Name="EvilC"' },
        complete: true,
        state: 'bound',
        user: 'LAB\\eve',
        firstSeen: '2024-05-01T10:00:00Z',
      })
    }
  })

  test('5861 with fields, message-only, and with collapsed line ends read the same', () => {
    const collapsed = { ...EVIL }
    const shapes = [
      activation(EVIL),
      sampleEvent(WMI, 5861, {}, { message: activationMessage(EVIL) }),
      sampleEvent(WMI, 5861, {
        Namespace: '//./ROOT/Subscription',
        ESS: 'Evil',
        CONSUMER: 'CommandLineEventConsumer="EvilC"',
        PossibleCause: possibleCause(collapsed).replace(/\s+/g, ' '),
      }),
    ]
    const results = shapes.map((shape) => investigate([shape]).subscriptions)
    for (const subscriptions of results) {
      expect(subscriptions).toHaveLength(1)
      expect(subscriptions[0]).toMatchObject({
        namespace: 'root\\subscription',
        filter: { name: 'Evil', query: QUERY, queryLanguage: 'WQL', creatorSid: 'S-1-5-32-544' },
        consumer: { name: 'EvilC', properties: { CommandLineTemplate: 'cmd.exe /c echo "hi" > c:\\x.txt' } },
        state: 'bound',
        complete: true,
      })
    }
    expect(new Set(results.map((subscriptions) => subscriptions[0]?.id)).size).toBe(1)
  })

  test('a Sysmon 20 that is only a message still has its name, class and script', () => {
    const message = [
      'WmiEventConsumer activity detected:',
      'RuleName: -',
      'EventType: WmiConsumerEvent',
      'UtcTime: 2024-05-01 10:00:00.000',
      'Operation: Created',
      'User: LAB\\eve',
      `Name: ${quoted('Big')}`,
      'Type: Script',
      `Destination: ${quoted('Set x = CreateObject("WScript.Shell")')}`,
    ].join('\r\n')
    const { subscriptions } = investigate([sampleEvent(SYSMON, 20, {}, { message })])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      state: 'partial',
      consumer: {
        class: 'ActiveScriptEventConsumer',
        name: 'Big',
        properties: { ScriptText: 'Set x = CreateObject("WScript.Shell")' },
      },
      flags: { halfTriad: true },
    })
  })

  test('Defender WmiBindEventFilterToConsumer reads with AdditionalFields as object, text, and text twice escaped', () => {
    const fields = {
      Namespace: '//./root/subscription',
      ESS: 'Evil',
      Consumer: 'CommandLineEventConsumer="EvilC"',
      PossibleCause: possibleCause(EVIL),
    }
    for (const AdditionalFields of [fields, JSON.stringify(fields), JSON.stringify(JSON.stringify(fields))]) {
      const { subscriptions } = investigate([
        row('DeviceEvents', {
          Timestamp: '2024-05-01T10:00:00.1234567Z',
          DeviceName: 'pc1',
          ActionType: 'WmiBindEventFilterToConsumer',
          AdditionalFields,
        }),
      ])
      expect(subscriptions).toHaveLength(1)
      expect(subscriptions[0]).toMatchObject({
        host: 'pc1',
        complete: true,
        state: 'bound',
        filter: { query: QUERY },
      })
      expect(subscriptions[0]?.sightings[0]).toMatchObject({ source: 'defender', channel: 'DeviceEvents' })
    }
  })

  test('an Elastic Defend PutInstance gives the objects from its details', () => {
    const event = sampleEvent(WMI, 0, {
      'process.Ext.api.parameters.consumer_type': 'CommandLineEventConsumer',
      'process.Ext.api.parameters.consumer_name': 'EvilC',
      'process.Ext.api.parameters.consumer_details': '{ Name = "EvilC"; CommandLineTemplate = "cmd.exe"; }',
      'process.Ext.api.parameters.event_filter_name': 'Evil',
      'process.Ext.api.parameters.event_filter_details': `{ Name = "Evil"; Query = "${QUERY}"; }`,
      'process.Ext.api.parameters.namespace': '//./root/subscription',
    })
    const { subscriptions } = investigate([event])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      complete: true,
      state: 'bound',
      filter: { name: 'Evil', query: QUERY },
      consumer: { properties: { CommandLineTemplate: 'cmd.exe' } },
    })
  })

  test('a failed PutInstance is an attempt, a failed DeleteInstance a dismissed removal', () => {
    const operation = (text: string) =>
      sampleEvent(WMI, 5858, { Operation: text, User: 'LAB\\eve', ClientMachine: 'PC1' })
    const { subscriptions, dismissed } = investigate([
      operation('Start IWbemServices::PutInstance - root\\subscription : __EventFilter.Name="X"'),
      operation('Start IWbemServices::DeleteInstance - root\\subscription : __EventFilter.Name="Y"'),
      operation('Start IWbemServices::ExecQuery - root\\cimv2 : select * from Win32_Process'),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'attempted', filter: { name: 'X' } })
    expect(dismissed.map(({ reason }) => reason)).toEqual(['removal of a subscription object'])
  })

  test('5859 joins its filter by the query, and a temporary 5860 is dismissed', () => {
    const { subscriptions, dismissed } = investigate([
      activation(EVIL),
      sampleEvent(WMI, 5859, {
        NamespaceName: '//./root/cimv2',
        Query: QUERY.toLowerCase(),
        User: 'S-1-5-18',
        Provider: 'x',
      }),
      sampleEvent(WMI, 5860, {
        NamespaceName: '//./root/cimv2',
        Query: 'select * from Win32_ProcessStartTrace',
      }),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]?.sightings).toHaveLength(2)
    expect(dismissed).toHaveLength(1)
  })
})

describe('one entry for each real subscription', () => {
  test('re-announcements, other sources, and other spellings of host and path are sightings of one', () => {
    const boots = Array.from({ length: 16 }, (_, day) =>
      activation(EVIL, {
        host: 'PC1.corp.example',
        time: `2024-05-${String(day + 2).padStart(2, '0')}T08:00:00Z`,
      }),
    )
    const { subscriptions } = investigate([
      ...sysmonTriad({ host: 'pc1' }),
      sysmonBinding('Evil', '\\\\.\\ROOT\\subscription:CommandLineEventConsumer.Name="EvilC"', {
        host: 'PC1',
      }),
      ...boots,
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      host: 'PC1.corp.example',
      state: 'bound',
      flags: {},
      firstSeen: '2024-05-01T10:00:00Z',
      lastSeen: '2024-05-17T08:00:00Z',
    })
    expect(subscriptions[0]?.sightings).toHaveLength(20)
  })

  test('one filter bound to two consumers is two subscriptions, each with its own records', () => {
    const second = { ...EVIL, consumer: 'Other', properties: 'CommandLineTemplate = "calc.exe";' }
    const { subscriptions } = investigate([activation(EVIL), activation(second)])
    expect(subscriptions.map(({ consumer }) => consumer?.name).sort()).toEqual(['EvilC', 'Other'])
    expect(subscriptions.map(({ sightings }) => sightings.length)).toEqual([1, 1])
    expect(subscriptions.every(({ filter }) => filter?.query === QUERY)).toBe(true)
  })

  test('the same names with other content on another host stay two', () => {
    const { subscriptions } = investigate([
      activation(EVIL, { host: 'A' }),
      activation({ ...EVIL, properties: 'CommandLineTemplate = "calc.exe";' }, { host: 'B' }),
    ])
    expect(subscriptions).toHaveLength(2)
    expect(new Set(subscriptions.map(({ id }) => id)).size).toBe(2)
    expect(subscriptions.every(({ flags }) => flags.modified === undefined)).toBe(true)
  })

  test('two full names with one short name are two hosts, and the short name joins neither', () => {
    const { subscriptions } = investigate([
      activation(EVIL, { host: 'web.a.example' }),
      activation(EVIL, { host: 'web.b.example' }),
      activation(EVIL, { host: 'WEB' }),
    ])
    expect(subscriptions).toHaveLength(3)
  })

  test('the same names in another namespace are another subscription', () => {
    const { subscriptions } = investigate([
      activation(EVIL),
      activation({ ...EVIL, namespace: 'root\\default' }),
    ])
    expect(subscriptions.map(({ namespace }) => namespace).sort()).toEqual([
      'root\\default',
      'root\\subscription',
    ])
  })

  test('a filter and a consumer without binding, made together, are one partial subscription', () => {
    const [filter, consumer] = sysmonTriad()
    if (filter === undefined || consumer === undefined) throw new Error('no sample')
    const { subscriptions } = investigate([filter, consumer])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'partial', complete: false, filter: { name: 'Evil' } })
    expect(subscriptions[0]?.binding).toBeUndefined()
  })

  test('a filter and a consumer a day apart are two halves', () => {
    const { subscriptions } = investigate([
      sysmonFilter('One', QUERY),
      sysmonConsumer('Two', 'Script', 'x = 1', { time: '2024-05-02T11:00:00Z' }),
    ])
    expect(subscriptions.map(({ state }) => state)).toEqual(['partial', 'partial'])
  })
})

describe('evidence that names no machine', () => {
  const mof = (payload: string) => `#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
instance of __EventFilter as $F { Name = "U"; Query = "SELECT * FROM Win32_ProcessStartTrace"; QueryLanguage = "WQL"; };
instance of CommandLineEventConsumer as $C { Name = "U"; CommandLineTemplate = "${payload}"; };
instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };`
  const files = (...payloads: string[]) =>
    investigate([], (investigation) => {
      for (const [index, payload] of payloads.entries()) {
        investigation.addMof({ evidence: `m${index}`, path: `f${index}.mof`, text: mof(payload) })
      }
    }).subscriptions

  test('two MOF files with the same names and other payloads are two, each as it is alone', () => {
    const both = files('a.exe', 'b.exe')
    expect(both.map(({ consumer }) => consumer?.properties.CommandLineTemplate).sort()).toEqual([
      'a.exe',
      'b.exe',
    ])
    expect(both.map(({ id }) => id).sort()).toEqual(
      [...files('a.exe'), ...files('b.exe')].map(({ id }) => id).sort(),
    )
  })

  test('two copies of one MOF text are one entry with the sightings of both', () => {
    const both = files('a.exe', 'a.exe')
    expect(both).toHaveLength(1)
    expect(both[0]?.sightings).toHaveLength(6)
  })

  test('a MOF file belongs to the host on which mofcomp was given it', () => {
    const { subscriptions } = investigate(
      [
        process({
          Image: 'C:\\Windows\\System32\\wbem\\mofcomp.exe',
          OriginalFileName: 'mofcomp.exe',
          CommandLine: 'mofcomp.exe C:\\Users\\Public\\evil.mof',
          ParentImage: 'C:\\Windows\\System32\\cmd.exe',
        }),
      ],
      (investigation) =>
        investigation.addMof({ evidence: 'm', path: 'collected/evil.mof', text: mof('a.exe') }),
    )
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      host: 'PC1',
      state: 'attempted',
      user: 'LAB\\eve',
      consumer: { properties: { CommandLineTemplate: 'a.exe' } },
    })
  })
})

describe('attempts', () => {
  const script = `$f = Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='Evil'; EventNamespace='root\\cimv2'; QueryLanguage='WQL'; Query="${QUERY}"}
$c = Set-WmiInstance -Namespace root\\subscription -Class CommandLineEventConsumer -Arguments @{Name='EvilC'; CommandLineTemplate='cmd.exe /c x'}
Set-WmiInstance -Namespace root\\subscription -Class __FilterToConsumerBinding -Arguments @{Filter=$f; Consumer=$c}`
  const block = (text: string, number: number, total: number, time = '2024-05-01T10:00:00Z') =>
    sampleEvent(
      POWERSHELL,
      4104,
      {
        MessageNumber: String(number),
        MessageTotal: String(total),
        ScriptBlockText: text,
        ScriptBlockId: 'b1',
        Path: '',
      },
      { time },
    )

  test('fragments of a script block are read together, in their order, however they arrive', () => {
    const cut = 230
    const { subscriptions } = investigate([block(script.slice(cut), 2, 2), block(script.slice(0, cut), 1, 2)])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      state: 'attempted',
      filter: { name: 'Evil', query: QUERY },
      consumer: { class: 'CommandLineEventConsumer', properties: { CommandLineTemplate: 'cmd.exe /c x' } },
    })
  })

  test('a script that made a subscription is a sighting of it, and no entry of its own', () => {
    const { subscriptions } = investigate([
      block(script, 1, 1),
      ...sysmonTriad({ time: '2024-05-01T10:00:02Z' }),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'bound', user: 'LAB\\eve' })
    expect(subscriptions[0]?.sightings.map(({ source }) => source)).toContain('powershell')
  })

  test("a script's own literals do not overrule what was stored", () => {
    const { subscriptions } = investigate([activation(EVIL), block(script, 1, 1)])
    expect(subscriptions[0]?.consumer?.properties.CommandLineTemplate).toBe(
      'cmd.exe /c echo "hi" > c:\\x.txt',
    )
    expect(subscriptions[0]?.flags.modified).toBeUndefined()
  })

  test('enumeration, removal and rule text are dismissed with the reason', () => {
    const { subscriptions, dismissed } = investigate([
      block('Get-WmiObject -Namespace root\\subscription -Class __EventFilter', 1, 1),
      block('Get-WmiObject -Namespace root\\subscription -Class __EventFilter | Remove-WmiObject', 1, 1),
    ])
    expect(subscriptions).toEqual([])
    expect(dismissed.map(({ reason }) => reason.split(':')[0])).toEqual([
      'enumeration of subscription objects',
      'removal of subscription objects',
    ])
  })

  test("mofcomp on Windows' own files is nothing, on a user's file an attempt", () => {
    const mofcomp = (file: string) =>
      process({
        Image: 'C:\\Windows\\System32\\wbem\\mofcomp.exe',
        OriginalFileName: 'mofcomp.exe',
        CommandLine: `mofcomp.exe ${file}`,
        ParentImage: 'C:\\Windows\\servicing\\TrustedInstaller.exe',
      })
    expect(investigate([mofcomp('C:\\Windows\\System32\\wbem\\cimwin32.mof')]).subscriptions).toEqual([])
    expect(investigate([mofcomp('C:\\Users\\Public\\x.mof')]).subscriptions).toMatchObject([
      { state: 'attempted', observations: [{ context: { signal: 'mofcomp' } }] },
    ])
  })

  test('a command aimed at another machine of the evidence belongs to that machine', () => {
    const command = process(
      {
        Image: 'C:\\Windows\\System32\\wbem\\WMIC.exe',
        CommandLine:
          'wmic /node:SRV9 /namespace:\\\\root\\subscription path CommandLineEventConsumer create Name="EvilC", CommandLineTemplate="cmd.exe"',
        ParentImage: 'C:\\Windows\\System32\\cmd.exe',
      },
      { host: 'PC1' },
    )
    const { subscriptions } = investigate([command, activation(EVIL, { host: 'srv9.lab.example' })])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ host: 'srv9.lab.example', state: 'bound' })
    expect(subscriptions[0]?.sightings).toHaveLength(2)
    expect(investigate([command]).subscriptions).toMatchObject([{ host: 'PC1', state: 'attempted' }])
  })

  test('the same command day after day is one entry', () => {
    const mofcomp = (day: number) =>
      process(
        {
          Image: 'C:\\Windows\\System32\\wbem\\mofcomp.exe',
          OriginalFileName: 'mofcomp.exe',
          CommandLine: 'mofcomp C:\\Users\\Public\\x.mof',
          ParentImage: 'C:\\Windows\\System32\\cmd.exe',
        },
        { time: `2024-05-0${day}T10:00:00Z` },
      )
    const { subscriptions } = investigate([mofcomp(1), mofcomp(2), mofcomp(3)])
    expect(subscriptions.map(({ sightings }) => sightings.length)).toEqual([3])
  })

  test('a consumer whose class only the binding tells joins that binding', () => {
    const consumer = sampleEvent(SYSMON, 20, {
      Operation: 'Created',
      Name: quoted('EvilC'),
      Destination: quoted('calc.exe'),
    })
    const { subscriptions } = investigate([consumer, sysmonBinding('Evil', 'SomeEventConsumer.Name="EvilC"')])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      consumer: { class: 'SomeEventConsumer', properties: { CommandLineTemplate: 'calc.exe' } },
      state: 'bound',
    })
  })
})

describe('states', () => {
  const deleted = (time: string) => [
    sysmonBinding('Evil', 'CommandLineEventConsumer.Name="EvilC"', { operation: 'Deleted', time }),
    sysmonConsumer('EvilC', 'Command Line', 'cmd.exe /c echo "hi" > c:\\x.txt', {
      operation: 'Deleted',
      time,
    }),
    sysmonFilter('Evil', QUERY, { operation: 'Deleted', time }),
  ]

  test('made and removed within 30 minutes is transient, after it removed', () => {
    expect(
      investigate([...sysmonTriad(), ...deleted('2024-05-01T10:29:00Z')]).subscriptions[0],
    ).toMatchObject({
      state: 'transient',
      flags: { transient: true, removed: true },
    })
    expect(
      investigate([...sysmonTriad(), ...deleted('2024-05-01T10:31:00Z')]).subscriptions[0],
    ).toMatchObject({
      state: 'removed',
      flags: { removed: true },
    })
  })

  test('made again after removal is bound and flagged as recreated', () => {
    const { subscriptions } = investigate([
      ...sysmonTriad(),
      ...deleted('2024-05-01T10:05:00Z'),
      ...sysmonTriad({ time: '2024-05-01T11:00:00Z' }),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'bound', flags: { recreated: true } })
  })

  test('a binding deleted alone leaves halves behind', () => {
    const [binding] = deleted('2024-05-02T10:00:00Z')
    if (binding === undefined) throw new Error('no sample')
    expect(investigate([...sysmonTriad(), binding]).subscriptions[0]).toMatchObject({
      state: 'removed',
      flags: { removed: true, halfTriad: true },
    })
  })

  test('other content under the same names is a modification that keeps what was there', () => {
    const { subscriptions } = investigate([
      activation({ ...STOCK, properties: 'SourceName = "Other";' }, { time: '2024-06-01T00:00:00Z' }),
      activation(STOCK),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      state: 'modified',
      flags: { modified: true },
      consumer: { properties: { SourceName: 'Other' } },
      earlier: [{ consumer: { properties: { SourceName: 'Service Control Manager' } } }],
    })
  })

  test('Operation Modified is enough, and a filter that only the binding names has its name', () => {
    const { subscriptions } = investigate([
      sysmonConsumer('EvilC', 'Script', 'x = 1', { operation: 'Modified' }),
      sysmonBinding('Evil', 'ActiveScriptEventConsumer.Name="EvilC"', { operation: 'Modified' }),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'modified', complete: false, filter: { name: 'Evil' } })
  })

  test('what is only in recovered records is removed', () => {
    expect(investigate([activation(EVIL, { recovered: true })]).subscriptions[0]).toMatchObject({
      state: 'removed',
    })
    expect(
      investigate([activation(EVIL, { recovered: true }), activation(EVIL, { time: '2024-05-03T00:00:00Z' })])
        .subscriptions[0],
    ).toMatchObject({ state: 'bound' })
  })
})

describe('executions', () => {
  const SYSTEM = 'NT AUTHORITY\\SYSTEM'
  const child = (commandLine: string, user = SYSTEM, time = '2024-05-01T10:10:00Z') =>
    process(
      {
        Image: 'C:\\Windows\\System32\\cmd.exe',
        CommandLine: commandLine,
        ParentImage: 'C:\\Windows\\System32\\wbem\\WmiPrvSE.exe',
        User: user,
      },
      { time },
    )
  const scrcons = (time: string) =>
    process(
      {
        Image: 'C:\\Windows\\System32\\wbem\\scrcons.exe',
        CommandLine: 'C:\\Windows\\system32\\wbem\\scrcons.exe -Embedding',
        ParentImage: 'C:\\Windows\\System32\\svchost.exe',
        User: SYSTEM,
      },
      { time },
    )

  test("a LocalSystem child of WmiPrvSE with the consumer's command line shows that it ran", () => {
    const template = {
      ...EVIL,
      properties: 'CommandLineTemplate = "cmd.exe /c echo %TargetInstance.LogonId% >> c:\\\\x.txt";',
    }
    const { subscriptions } = investigate([activation(template), child('cmd.exe /c echo 12345 >> c:\\x.txt')])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({ state: 'executed', flags: { executed: true } })
  })

  test('wmiexec, children of other accounts, and other command lines are nothing', () => {
    const { subscriptions } = investigate([
      child('cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1556656369.7 2>&1', 'LAB\\admin'),
      child('cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1556656369.7 2>&1'),
      child('C:\\Windows\\System32\\GruntHTTP2.exe', 'LAB\\admin'),
      child('cmd.exe /c ver'),
    ])
    expect(subscriptions).toEqual([])
  })

  test('a LocalSystem child of WmiPrvSE with encoded arguments stands on its own', () => {
    const { subscriptions } = investigate([
      child('powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAKQA='),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      state: 'executed',
      consumer: { class: 'CommandLineEventConsumer' },
    })
    expect(subscriptions[0]?.filter).toBeUndefined()
  })

  test('a start of scrcons.exe belongs to the script consumer that existed by then', () => {
    const script = {
      ...EVIL,
      consumerClass: 'ActiveScriptEventConsumer',
      properties: 'ScriptText = "x = 1";',
    }
    const made = [
      sysmonConsumer('EvilC', 'Script', 'x = 1'),
      sysmonBinding('Evil', 'ActiveScriptEventConsumer.Name="EvilC"'),
    ]
    expect(investigate([...made, scrcons('2024-05-01T10:05:00Z')]).subscriptions).toMatchObject([
      { state: 'executed' },
    ])
    // Announced at boot, long after it was made: the start before that boot may well be its.
    expect(investigate([activation(script), scrcons('2024-04-30T00:00:00Z')]).subscriptions).toMatchObject([
      { state: 'executed' },
    ])
    expect(investigate([...made, scrcons('2024-04-30T00:00:00Z')]).subscriptions).toHaveLength(2)
  })

  test('a child of scrcons.exe without any known consumer is reported once, whatever the number of children', () => {
    const spawn = (image: string) =>
      process({
        Image: image,
        CommandLine: image,
        ParentImage: 'C:\\Windows\\System32\\wbem\\scrcons.exe',
        User: SYSTEM,
      })
    const { subscriptions } = investigate([
      scrcons('2024-05-01T10:00:00Z'),
      spawn('C:\\Windows\\System32\\cmd.exe'),
      spawn('C:\\Windows\\System32\\rundll32.exe'),
    ])
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      consumer: { class: 'ActiveScriptEventConsumer' },
      state: 'executed',
    })
    expect(investigate([spawn('C:\\Windows\\System32\\gpupdate.exe')]).subscriptions).toEqual([])
  })

  test('a provider from outside System32, wbem and Program Files is a finding, others are not', () => {
    const provider = (name: string, path: string) =>
      sampleEvent(WMI, 5857, {
        ProviderName: name,
        Code: '0x0',
        HostProcess: 'wmiprvse.exe',
        ProcessID: '4',
        ProviderPath: path,
      })
    const { subscriptions } = investigate([
      provider('CIMWin32', '%systemroot%\\system32\\wbem\\cimwin32.dll'),
      provider('ProtectionManagement', '%ProgramFiles%\\Windows Defender\\ProtectionManagement.dll'),
      provider('Evil', 'C:\\Users\\Public\\evil.dll'),
      provider('Evil', 'C:\\Users\\Public\\evil.dll'),
      provider('Sly', 'C:\\Windows\\System32\\..\\Temp\\evil2.dll'),
    ])
    expect(subscriptions).toHaveLength(2)
    expect(
      subscriptions.every(({ observations }) => observations[0]?.context?.signal === 'foreign-provider'),
    ).toBe(true)
  })
})

describe('side evidence', () => {
  const write = (path: string, image: string) =>
    sampleEvent(SYSMON, 11, { Image: image, TargetFilename: path, User: 'LAB\\eve' })

  test('repository files written by anything but the service, in the real folder only', () => {
    const { subscriptions } = investigate([
      write('C:\\Windows\\System32\\wbem\\Repository\\OBJECTS.DATA', 'C:\\Windows\\System32\\svchost.exe'),
      write('C:\\Windows\\System32\\wbem\\Repository\\WRITABLE.TST', 'C:\\Windows\\System32\\cmd.exe'),
      write('C:\\Users\\dev\\.m2\\repository\\OBJECTS.DATA', 'C:\\java\\java.exe'),
      write('D:\\backup\\wbem\\Repository\\INDEX.BTR', 'C:\\Windows\\System32\\robocopy.exe'),
    ])
    expect(subscriptions).toEqual([])
    const replaced = investigate([
      write('C:\\Windows\\System32\\wbem\\Repository\\OBJECTS.DATA', 'C:\\Windows\\System32\\cmd.exe'),
      write('C:\\Windows\\System32\\wbem\\Repository\\INDEX.BTR', 'C:\\Windows\\System32\\cmd.exe'),
      write('C:\\Windows\\System32\\wbem\\Repository\\MAPPING1.MAP', 'C:\\Temp\\svchost.exe'),
    ]).subscriptions
    expect(replaced).toHaveLength(2)
    expect(replaced[0]?.observations[0]?.context?.signal).toBe('repository-replaced')
  })

  test('the auto-recover list with a foreign MOF, by what it gained', () => {
    const set = (data: string, previous: string) =>
      row('DeviceRegistryEvents', {
        Timestamp: '2024-05-01T10:00:00Z',
        DeviceName: 'pc1',
        ActionType: 'RegistryValueSet',
        RegistryKey: 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\WBEM\\CIMOM',
        RegistryValueName: 'Autorecover MOFs',
        RegistryValueData: data,
        PreviousRegistryValueData: previous,
        InitiatingProcessFileName: 'mofcomp.exe',
      })
    const stock = '%windir%\\system32\\wbem\\cimwin32.mof %windir%\\system32\\wbem\\ncprov.mof'
    expect(investigate([set(`${stock} C:\\Users\\Public\\e.mof`, stock)]).subscriptions).toMatchObject([
      {
        state: 'attempted',
        observations: [{ context: { signal: 'autorecover', mofPath: 'C:\\Users\\Public\\e.mof' } }],
      },
    ])
    expect(investigate([set(`${stock} %windir%\\system32\\wbem\\new.mof`, stock)]).subscriptions).toEqual([])
  })

  test('a remote logon of the same account around the making is kept beside it, and is no sighting', () => {
    const logon = (user: string, time: string, address = '10.0.0.5') =>
      sampleEvent(
        SECURITY,
        4624,
        { TargetUserName: user, TargetDomainName: 'LAB', LogonType: '3', IpAddress: address },
        { time },
      )
    const { subscriptions } = investigate([
      logon('eve', '2024-05-01T09:58:00Z'),
      logon('bob', '2024-05-01T09:59:00Z'),
      logon('eve', '2024-05-01T09:00:00Z'),
      logon('PC1$', '2024-05-01T09:59:30Z'),
      ...sysmonTriad(),
    ])
    const logons = subscriptions[0]?.observations.filter(({ context }) => context?.signal === 'remote-logon')
    expect(logons?.map(({ context }) => [context?.account, context?.remoteAddress])).toEqual([
      ['LAB\\eve', '10.0.0.5'],
    ])
    expect(subscriptions[0]?.sightings).toHaveLength(3)
  })

  test('a timer instruction belongs to the filter that waits for it', () => {
    const mof = `#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
instance of __IntervalTimerInstruction { TimerId = "T1"; IntervalBetweenEvents = 60000; };
instance of __EventFilter as $F { Name = "Tick"; Query = "SELECT * FROM __TimerEvent WHERE TimerID='T1'"; QueryLanguage = "WQL"; };
instance of CommandLineEventConsumer as $C { Name = "Run"; CommandLineTemplate = "calc.exe"; };
instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };`
    const { subscriptions } = investigate([], (investigation) =>
      investigation.addMof({ evidence: 'm1', path: 'evil.mof', text: mof }),
    )
    expect(subscriptions).toHaveLength(1)
    expect(subscriptions[0]).toMatchObject({
      state: 'attempted',
      complete: true,
      timer: { timerId: 'T1', intervalMilliseconds: 60000 },
      sightings: [{ source: 'mof' }, {}, {}, {}],
    })
    expect(subscriptions[0]?.host).toBeUndefined()
  })
})

test('the result does not depend on the order of the records', () => {
  const records = [
    ...sysmonTriad(),
    activation(EVIL, { time: '2024-05-02T08:00:00Z' }),
    activation(STOCK),
    activation(STOCK, { host: 'B' }),
    sysmonConsumer('Half', 'Script', 'x = 1'),
    sampleEvent(WMI, 5859, { NamespaceName: '//./root/cimv2', Query: QUERY, User: 'S-1-5-18' }),
    sampleEvent(WMI, 5860, { NamespaceName: '//./root/cimv2', Query: 'select * from X' }),
  ]
  const forwards = investigate(records)
  const backwards = investigate([...records].reverse())
  expect(backwards).toEqual(forwards)
})

test('a listing without a host is the stored state of the host whose logs hold the same subscription', () => {
  const { subscriptions, blindSpots } = investigate(
    [activation(EVIL), activation(STOCK)],
    (investigation) => {
      for (const value of [
        { __CLASS: '__EventFilter', __NAMESPACE: 'ROOT\\subscription', Name: 'Evil', Query: QUERY },
        {
          __CLASS: 'CommandLineEventConsumer',
          __NAMESPACE: 'ROOT\\subscription',
          Name: 'EvilC',
          CommandLineTemplate: 'cmd.exe /c echo "hi" > c:\\x.txt',
        },
        {
          __CLASS: '__EventFilter',
          __NAMESPACE: 'ROOT\\subscription',
          Name: 'Orphan',
          Query: 'SELECT * FROM Y',
        },
      ]) {
        investigation.addInventory({ evidence: 'inv', shape: 'cim-json', value })
      }
    },
  )
  expect(subscriptions.map(({ host, filter, state }) => [host, filter?.name, state])).toEqual([
    ['PC1', 'Orphan', 'partial'],
    ['PC1', 'Evil', 'bound'],
    ['PC1', 'SCM Event Log Filter', 'bound'],
  ])
  expect(blindSpots.map((spot) => spot.missing)).not.toContain(
    'the WMI repository or a listing of stored objects',
  )
})

test('blind spots name the telemetry that a host lacks and when its logs begin', () => {
  const { blindSpots } = investigate([
    activation(EVIL),
    sampleEvent(
      { provider: 'Microsoft-Windows-Eventlog', channel: 'Security' },
      1102,
      {},
      { time: '2024-05-01T09:00:00Z' },
    ),
  ])
  const missing = blindSpots.map((spot) => spot.missing)
  expect(blindSpots.every(({ host }) => host === 'PC1')).toBe(true)
  expect(missing).toContain('Sysmon events')
  expect(missing).toContain('the log Security before 2024-05-01T09:00:00Z: it was cleared')
  expect(missing).toContain('the WMI-Activity log before 2024-05-01T10:00:00Z')
  expect(missing).not.toContain('any event 5861 in the WMI-Activity log')
})
