import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { identify } from '../../evidence/index.ts'
import type { EventRecord } from '../event.ts'
import { readEventJson } from './index.ts'

async function read(
  text: string,
  chunkSize: number,
): Promise<{ events: EventRecord[]; diagnostics: Diagnostic[]; damaged: number }> {
  const events: EventRecord[] = []
  const diagnostics: Diagnostic[] = []
  const bytes = Buffer.from(text)
  expect(identify(bytes, 'evidence.log', bytes.length).kind).toBe('json')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
  const { damaged } = await readEventJson(chunks(), {
    evidence: 'e1',
    source: 'evidence.log',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { event: (event) => events.push(event) },
  })
  return { events, diagnostics, damaged }
}

const line = (recordId: number): string =>
  JSON.stringify({
    Event: {
      System: {
        Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
        EventID: 19,
        TimeCreated: { '#attributes': { SystemTime: '2026-03-02T09:15:00Z' } },
        EventRecordID: recordId,
        Channel: 'Microsoft-Windows-Sysmon/Operational',
        Computer: 'WS014',
      },
      EventData: { Name: ` "a {\\"b\\": 1} filter ${recordId}"`, Query: ' "SELECT * FROM x"' },
    },
  })

const IDS = [1, 2, 3, 4]
const CHUNKS = [1 << 20, 7]

describe('one JSON object a line after a header', () => {
  const headers: Record<string, (index: number) => string> = {
    'RFC 3164': () => '<13>Nov 24 12:00:00 host ',
    'RFC 3164 with a tag': (index) => `<13>Nov 24 12:00:00 host app[${index}]: `,
    'RFC 5424 with structured data': () =>
      '<165>1 2026-03-02T09:15:00.000Z host app 12 ID47 [ex@32473 iut="3" src="a \\"q"] ',
    'a quote alone': () => `<13>Nov 24 12:00:00 host it"s `,
    brackets: () => '[2026-03-02 09:15:00] INFO ',
    tabs: () => '2026-03-02T09:15:00Z\twec01\t',
    'a container runtime': () => '2026-03-02T09:15:00Z stdout F ',
    'the key of a pair': () => 'CEF:0|a|b|1|2|3|4|msg=',
  }
  for (const [name, header] of Object.entries(headers)) {
    test.each(['\n', '\r\n'])(`${name}: every event comes and nothing is called stray (%j)`, async (end) => {
      const text = IDS.map((id) => header(id) + line(id) + end).join('')
      for (const chunkSize of CHUNKS) {
        const { events, diagnostics, damaged } = await read(text, chunkSize)
        expect(events.map((event) => event.recordId)).toEqual(IDS)
        expect(events[1]?.offset).toBe(Buffer.byteLength(header(1) + line(1) + end + header(2)))
        expect([diagnostics, damaged]).toEqual([[], 0])
      }
    })
  }

  test('lines without an object are told of and cost nothing else', async () => {
    const header = '<13>Nov 24 12:00:00 host '
    const text = `${header}a "word\n${IDS.map((id) => `${header}${line(id)}\n${header}plain {text}\n`).join('')}`
    const { events, diagnostics } = await read(text, 1 << 20)
    expect(events.map((event) => event.recordId)).toEqual(IDS)
    expect(diagnostics.map(({ code }) => code)).toContain('events/stray-bytes')
  })

  test('a line that is cut does not take the header of the next along', async () => {
    const header = '<13>Nov 24 12:00:00 host "x '
    const text = [header + line(1), header + line(2).slice(0, 150), header + line(3)].join('\n')
    for (const chunkSize of CHUNKS) {
      const { events, damaged } = await read(text, chunkSize)
      expect(events.map((event) => event.recordId)).toEqual([1, 3])
      expect(damaged).toBe(1)
    }
  })

  test('the end of an object that was cut away is no header', async () => {
    const { events, diagnostics } = await read(`"b":"x{"}}${line(1)}\n<13>host ${line(2)}`, 1 << 20)
    expect(events.map((event) => event.recordId)).toEqual([1, 2])
    expect(diagnostics).toMatchObject([{ code: 'events/stray-bytes', at: { offset: 3 } }])
  })

  test('the same line kept as the message of a forwarder is looked into', async () => {
    const text = IDS.map((id) =>
      JSON.stringify({
        '@timestamp': '2026-03-02T09:16:00Z',
        message: `<13>Nov 24 12:00:00 host ${line(id)}`,
        log: { offset: id },
      }),
    ).join('\n')
    const { events, diagnostics } = await read(text, 1 << 20)
    expect(events.map((event) => event.recordId)).toEqual(IDS)
    expect(diagnostics).toEqual([])
  })
})

test('a list that PowerShell formatted stays one, whatever JSON is in its values', () => {
  const text = 'ProviderName : x\nId : 4104\nMessage : {"a": 1}\n'
  const padded = text.replace('ProviderName :', 'ProviderName   :').replace('Id :', 'Id           :')
  expect(identify(Buffer.from(padded), 'list.txt', padded.length).kind).toBe('formatted-listing')
})

test('a log with event XML on its lines is XML, also where some program writes JSON between', () => {
  const xml = '<13>Nov 24 12:00:00 host <Event xmlns="x"><System/></Event>'
  const json = '<13>Nov 24 12:00:00 host app: {"a": 1}'
  const kind = (lines: readonly string[]): string => {
    const bytes = Buffer.from(lines.join('\n'))
    return identify(bytes, 'messages', bytes.length).kind
  }
  expect(kind([json, xml, xml])).toBe('xml')
  expect(kind([json, json, xml])).toBe('json')
  expect(kind(['<13>Nov 24 12:00:00 host app: {"xml": "<Event xmlns=\\"x\\">"}'])).toBe('json')
})
