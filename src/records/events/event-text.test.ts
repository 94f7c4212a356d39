import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { identify } from '../../evidence/index.ts'
import type { EventRecord } from '../event.ts'
import { readEventText } from './index.ts'

async function read(
  text: string | Uint8Array,
  chunkSize = 31,
): Promise<{ events: EventRecord[]; diagnostics: Diagnostic[] }> {
  const events: EventRecord[] = []
  const diagnostics: Diagnostic[] = []
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
  await readEventText(chunks(), {
    evidence: 'e1',
    source: 'sample.txt',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { event: (event) => events.push(event) },
  })
  return { events, diagnostics }
}

const MESSAGE =
  'Namespace = //./root/subscription; Eventfilter = Ä (refer to its activate eventid:5859); Consumer = CommandLineEventConsumer="B"; PossibleCause = Binding EventFilter: \r\ninstance of __EventFilter\r\n{\r\n\tName = "Ä";\r\n};\r\nPerm. Consumer: \r\ninstance of CommandLineEventConsumer\r\n{\r\n\tName = "B";\r\n};'

const wevtutil = (index: number, message = MESSAGE, date = '2026-03-02T09:15:00.1234567Z'): string =>
  `Event[${index}]\r\n  Log Name: Microsoft-Windows-WMI-Activity/Operational\r\n  Source: Microsoft-Windows-WMI-Activity\r\n  Date: ${date}\r\n  Event ID: 5861\r\n  Task: N/A\r\n  Level: Information\r\n  User: S-1-5-18\r\n  User Name: NT AUTHORITY\\SYSTEM\r\n  Computer: WKS\r\n  Description: \r\n${message}\r\n\r\n`

const names = (events: readonly EventRecord[]): (string | undefined)[] =>
  events.map((event) => event.values[1])

describe('wevtutil qe /f:text', () => {
  test('an event has host, user, time and the fields of its message', async () => {
    const text = wevtutil(0) + wevtutil(1)
    const { events, diagnostics } = await read(text)
    expect(diagnostics).toEqual([])
    expect(events).toHaveLength(2)
    expect(events[1]?.offset).toBe(Buffer.from(text).indexOf('Event[1]'))
    expect(events[0]).toMatchObject({ eventId: 5861, computer: 'WKS', userSid: 'S-1-5-18' })
    expect(filetimeToIso(events[0]?.timeFiletime ?? 0n)).toBe('2026-03-02T09:15:00.1234567Z')
    expect(events[0]?.names).toEqual(['Namespace', 'ESS', 'CONSUMER', 'PossibleCause'])
    expect(names(events)).toEqual(['Ä', 'Ä'])
  })

  test('older ones write a colon, and times of which nothing tells the zone', async () => {
    const { events, diagnostics } = await read(
      wevtutil(0, MESSAGE, '2026-03-02T09:15:00.123').replace('Event[0]', 'Event[0]:'),
    )
    expect(names(events)).toEqual(['Ä'])
    expect(diagnostics.map((item) => item.code)).toEqual(['events/time-zone-unknown'])
  })

  test('a message that looks like the next event is one only where its number and the line after agree', async () => {
    const fake = `${MESSAGE}\r\nEvent[7]\r\n  Log Name: Security\r\nEvent[1]\r\nnothing`
    const { events } = await read(wevtutil(0, fake) + wevtutil(1) + wevtutil(0))
    expect(names(events)).toEqual(['Ä', 'Ä', 'Ä'])
  })

  test('bytes of a console code page are told of', async () => {
    const { diagnostics } = await read(Buffer.from(wevtutil(0), 'latin1'))
    expect(diagnostics.map((item) => item.code)).toEqual(['evidence/undecodable-text'])
  })

  test('wherever chunks end and bytes change, there is no exception and no event out of nothing', async () => {
    const bytes = Buffer.from(wevtutil(0) + wevtutil(1))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.integer({ min: 1, max: 500 }),
        async (at, value, size) => {
          const mutated = Buffer.from(bytes)
          mutated[at] = value
          expect((await read(mutated, size)).events.length).toBeLessThanOrEqual(2)
        },
      ),
    )
  })
})

test("raw events of Splunk's classic WinEventLog", async () => {
  const raw = `03/02/2026 04:15:00.123 AM\nLogName=Microsoft-Windows-WMI-Activity/Operational\nEventCode=5861\nEventType=0\nComputerName=WKS\nSourceName=Microsoft-Windows-WMI-Activity\nRecordNumber=7\nMessage=${MESSAGE}\n`
  const { events, diagnostics } = await read(raw + raw)
  expect(names(events)).toEqual(['Ä', 'Ä'])
  expect(events[0]).toMatchObject({ computer: 'WKS', recordId: 7 })
  expect(diagnostics.map((item) => item.code)).toEqual(['events/time-zone-unknown'])
})

const kind = (text: string): string => {
  const bytes = Buffer.from(text)
  return identify(bytes, 'x.txt', bytes.length).kind
}

test('event text is known by how it begins; lists that PowerShell and WMIC made for people are named, not guessed at', () => {
  expect(kind(wevtutil(0))).toBe('event-text')
  expect(kind('03/02/2026 04:15:00 AM\r\nLogName=Security\r\n')).toBe('event-text')
  for (const listing of [
    'TimeCreated  : 3/2/2026\r\nProviderName : Microsoft-Windows-Sysmon\r\nId           : 20\r\nMessage      : x\r\n',
    '\r\nTimeCreated                     Id LevelDisplayName Message\r\n-----------  -- ---- ---\r\n',
    '__GENUS          : 2\r\n__CLASS          : CommandLineEventConsumer\r\n',
    'EventNamespace : root/cimv2\r\nName           : A\r\nQueryLanguage  : WQL\r\n',
    'CreatorSID={1,5}\r\r\nEventNamespace=root\\cimv2\r\r\nQueryLanguage=WQL\r\r\n',
  ]) {
    expect(kind(listing)).toBe('formatted-listing')
  }
  expect(kind('The query language is WQL, EventNamespace : says where.')).toBe('other')
})
