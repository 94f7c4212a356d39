import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { readEventJson } from './index.ts'

/** One row of each carrier, as its producer writes it. */
const ROWS: readonly unknown[] = [
  {
    Event: {
      System: {
        Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
        EventID: 20,
        TimeCreated: { '#attributes': { SystemTime: '2024-03-02T10:14:07.1234567Z' } },
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        Computer: 'WKS',
      },
      EventData: { Operation: 'Created', Name: ' "A"', Type: 'Command Line', Destination: ' "calc.exe"' },
    },
  },
  {
    '@timestamp': '2024-03-02T10:14:07.123Z',
    winlog: {
      provider_name: 'Microsoft-Windows-Sysmon',
      channel: 'Microsoft-Windows-Sysmon/Operational',
      event_id: 19,
      computer_name: 'WKS',
      event_data: { Operation: 'Created', Name: ' "A"', Query: ' "SELECT * FROM X"' },
    },
    message: 'WmiEventFilter activity detected:',
  },
  {
    Timestamp: '2024-03-02 10:14:07.123 +00:00',
    RuleTitle: 'WMI Filter',
    Channel: 'Sysmon',
    EventID: 19,
    Computer: 'WKS',
    RecordID: 7,
    Details: { Op: 'Created', Name: 'A', Query: 'SELECT * FROM X' },
    ExtraFieldInfo: { User: 'CORP\\admin' },
  },
  {
    data: {
      win: {
        system: {
          providerName: 'Microsoft-Windows-Sysmon',
          eventID: '20',
          channel: 'Microsoft-Windows-Sysmon/Operational',
        },
        eventdata: { operation: 'Created', name: 'A', destination: 'calc.exe' },
      },
    },
    timestamp: '2024-03-02T10:14:07.123+0000',
  },
  {
    EventTime: '2024-03-02 10:14:07',
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    SourceName: 'Microsoft-Windows-Sysmon',
    EventID: 20,
    Hostname: 'WKS',
    Name: 'A',
    Destination: 'calc.exe',
  },
  {
    ProviderName: 'Microsoft-Windows-Sysmon',
    LogName: 'Microsoft-Windows-Sysmon/Operational',
    Id: 20,
    TimeCreated: '/Date(1709374447123)/',
    MachineName: 'WKS',
    Properties: [{ Value: 'Created' }, { Value: 'A' }],
    Message: 'WmiEventConsumer activity detected:',
  },
  {
    EventRecordId: '7',
    EventId: 20,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    Payload: '{"EventData":{"Data":[]}}',
  },
  { Entry: 'A', 'Entry Location': 'WMI Database Entries', Category: 'WMI', 'Launch String': 'calc.exe' },
  { name: 'A', query: 'SELECT * FROM X', query_language: 'WQL', relative_path: '__EventFilter.Name="A"' },
  {
    __CLASS: '__EventFilter',
    CreatorSID: [1, 2],
    Name: 'A',
    Query: 'SELECT * FROM X',
    EventNamespace: 'root\\cimv2',
  },
  {
    Timestamp: '2024-03-02T10:14:07Z',
    DeviceName: 'wks',
    ActionType: 'WmiBindEventFilterToConsumer',
    AdditionalFields: {
      Namespace: '//./root/subscription',
      ESS: 'A',
      Consumer: 'B',
      PossibleCause: 'Binding',
    },
  },
  {
    TimeGenerated: '2024-03-02T10:14:07Z',
    Source: 'Microsoft-Windows-Sysmon',
    EventLog: 'Microsoft-Windows-Sysmon/Operational',
    EventID: 20,
    Computer: 'WKS',
    EventData: '<DataItem/>',
  },
]

/** The names that every plain object answers to, values that `String` and `Number` throw on, and plain misfits. */
const MISFIT: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom('constructor', 'toString', '__proto__', 'hasOwnProperty', '', '\u0000', '9'.repeat(400)),
  fc.constantFrom<unknown>(null, true, 1e308, 2 ** 53, [], [[]], {}, [null]),
  fc.constantFrom<unknown>(
    { toString: 0 },
    { toString: 0, valueOf: 0 },
    [{ toString: 0, valueOf: 0 }],
    { '#text': { toString: 0 } },
    { '#attributes': 1 },
    { toJSON: 1, length: -1 },
  ),
)

/** The value with one part of it, chosen by `path`, replaced. */
function withMisfit(value: unknown, path: readonly number[], misfit: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined || typeof value !== 'object' || value === null) return misfit
  const keys = Object.keys(value)
  const key = keys[step % Math.max(keys.length, 1)]
  if (key === undefined) return misfit
  const changed = withMisfit((value as Record<string, unknown>)[key], rest, misfit)
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }
}

test('whatever a field of a row holds, the row after it is read', async () => {
  const good = JSON.stringify(ROWS[0])
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ROWS),
      fc.array(fc.tuple(fc.array(fc.nat(12), { minLength: 1, maxLength: 4 }), MISFIT), {
        minLength: 1,
        maxLength: 3,
      }),
      async (row, changes) => {
        const hostile = changes.reduce((value, [path, misfit]) => withMisfit(value, path, misfit), row)
        const computers: (string | undefined)[] = []
        const diagnostics: Diagnostic[] = []
        async function* chunks(): AsyncGenerator<Uint8Array> {
          yield Buffer.from(`${JSON.stringify(hostile)}\n${good}\n`)
        }
        await readEventJson(chunks(), {
          evidence: 'e1',
          source: 'hostile.jsonl',
          selection: 'all',
          report: (diagnostic) => diagnostics.push(diagnostic),
          sink: { event: (event) => computers.push(event.computer) },
        })
        expect(computers.at(-1)).toBe('WKS')
      },
    ),
    { numRuns: 1000 },
  )
})
