import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventRecord } from '../records/event.ts'
import {
  activation,
  CLASSIC,
  investigate,
  POWERSHELL,
  process,
  SECURITY,
  SYSMON,
  sampleEvent,
  sysmonBinding,
  sysmonConsumer,
  sysmonFilter,
  WMI,
} from './records.suite.ts'

const FIELDS: readonly string[] = [
  ...[
    'Operation',
    'Name',
    'Type',
    'Destination',
    'Query',
    'EventNamespace',
    'Consumer',
    'Filter',
    'User',
    'Namespace',
  ],
  ...[
    'ESS',
    'CONSUMER',
    'PossibleCause',
    'ProviderName',
    'ProviderPath',
    'Image',
    'CommandLine',
    'ParentImage',
  ],
  ...[
    'TargetFilename',
    'TargetObject',
    'Details',
    'ScriptBlockText',
    'ScriptBlockId',
    'MessageNumber',
    'MessageTotal',
  ],
  ...[
    'Payload',
    'ContextInfo',
    'LogonType',
    'IpAddress',
    'TargetUserName',
    'ObjectServer',
    'AdditionalInfo',
    '',
  ],
]
const FRAGMENTS: readonly string[] = [
  ...[
    '__EventFilter.Name="',
    'CommandLineEventConsumer',
    'ActiveScriptEventConsumer',
    '\\\\.\\root\\subscription:',
    '"',
  ],
  ...[
    'instance of __EventFilter {',
    'Binding EventFilter: ',
    '};',
    'Name = "x";',
    'Set-WmiInstance -Class ',
    '$x',
  ],
  ...[
    'wmic path __EventFilter create ',
    'mofcomp ',
    'C:\\Windows\\System32\\wbem\\',
    'scrcons.exe',
    'WmiPrvSE.exe',
  ],
  ...[
    'NT AUTHORITY\\SYSTEM',
    '\0',
    '\u202e',
    '\ud800',
    '%TargetInstance.Name%',
    '%',
    'Created',
    'Deleted',
    'Modified',
  ],
  // Names that every plain object answers to, where a name is looked up.
  ...[
    'constructor',
    '__proto__',
    'toString.Name="x"',
    'constructor = "x";',
    'instance of constructor {',
    'SELECT * FROM constructor WHERE __CLASS = "valueOf"',
    '%constructor%\\hasOwnProperty',
    'constructor -Class toString',
  ],
]
const text = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 12 })), { maxLength: 8 })
  .map((parts) => parts.join(''))
const LOGS = [
  [SYSMON, [1, 3, 4, 7, 11, 13, 19, 20, 21]],
  [WMI, [11, 5857, 5858, 5859, 5860, 5861]],
  [SECURITY, [1102, 4624, 4657, 4662, 4663, 4688]],
  [POWERSHELL, [4103, 4104]],
  [CLASSIC, [400, 600, 800]],
] as const

const anyEvent: fc.Arbitrary<EventRecord> = fc.constantFrom(...LOGS).chain(([log, ids]) =>
  fc
    .tuple(
      fc.constantFrom(...ids),
      fc.dictionary(fc.constantFrom(...FIELDS), text, { maxKeys: 10 }),
      fc.option(text, { nil: undefined }),
      fc.constantFrom('', 'A', 'a.lab', 'B'),
      fc.integer({ min: 1, max: 5 }),
    )
    .map(([id, fields, message, host, day]) =>
      sampleEvent(log, id, fields, {
        host,
        time: `2024-05-0${day}T00:00:00Z`,
        recordId: day,
        ...(message === undefined ? {} : { message }),
      }),
    ),
)

test('any record, however hostile its fields, gives a result and never throws', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const { subscriptions, dismissed, blindSpots } = investigate(events)
      expect(new Set(subscriptions.map(({ id }) => id)).size).toBe(subscriptions.length)
      for (const subscription of subscriptions) expect(subscription.sightings.length).toBeGreaterThan(0)
      expect(dismissed.length + blindSpots.length).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 150 },
  )
})

const QUERY = 'SELECT * FROM Win32_ProcessStartTrace'
const STORY: readonly EventRecord[] = [
  sysmonFilter('F', QUERY),
  sysmonConsumer('C', 'Script', 'x = 1', { time: '2024-05-01T10:00:01Z' }),
  sysmonBinding('F', 'ActiveScriptEventConsumer.Name="C"', { time: '2024-05-01T10:00:02Z' }),
  sysmonConsumer('C', 'Script', 'x = 2', { operation: 'Modified', time: '2024-05-01T12:00:00Z' }),
  sysmonBinding('F', 'ActiveScriptEventConsumer.Name="C"', {
    operation: 'Deleted',
    time: '2024-05-02T10:00:02Z',
  }),
  sysmonConsumer('Loose', 'Command Line', 'calc.exe', { host: 'PC2' }),
  activation(
    {
      filter: 'F',
      query: QUERY,
      consumerClass: 'CommandLineEventConsumer',
      consumer: 'D',
      properties: 'CommandLineTemplate = "calc.exe";',
    },
    { host: 'pc1.lab.example', time: '2024-05-01T11:00:00Z' },
  ),
  process({
    Image: 'C:\\Windows\\System32\\wbem\\scrcons.exe',
    CommandLine: 'scrcons.exe -Embedding',
    ParentImage: 'svchost.exe',
    User: 'NT AUTHORITY\\SYSTEM',
  }),
  process(
    {
      Image: 'C:\\Windows\\System32\\wbem\\WMIC.exe',
      CommandLine:
        'wmic /namespace:\\\\root\\subscription path __EventFilter create Name="G", Query="SELECT * FROM X"',
      ParentImage: 'C:\\Windows\\System32\\cmd.exe',
    },
    { time: '2024-05-03T00:00:00Z' },
  ),
  sampleEvent(SECURITY, 4624, {
    TargetUserName: 'eve',
    TargetDomainName: 'LAB',
    LogonType: '3',
    IpAddress: '10.1.1.1',
  }),
]

test('the result is the same whatever the order of the records', () => {
  const expected = investigate(STORY)
  fc.assert(
    fc.property(fc.shuffledSubarray([...STORY], { minLength: STORY.length }), (shuffled) => {
      expect(investigate(shuffled)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
