import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { identify } from '../../evidence/index.ts'
import type { EventRecord } from '../event.ts'
import type { FileOutcome } from '../file-context.ts'
import { readEventJson } from './index.ts'

async function read(
  text: string,
): Promise<{ events: EventRecord[]; diagnostics: Diagnostic[]; outcome: FileOutcome }> {
  const events: EventRecord[] = []
  const diagnostics: Diagnostic[] = []
  const bytes = Buffer.from(text)
  expect(identify(bytes, 'evidence', bytes.length).kind).toBe('json')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 501) yield bytes.subarray(at, at + 501)
  }
  const outcome = await readEventJson(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { event: (event) => events.push(event) },
  })
  return { events, diagnostics, outcome }
}

const event = (recordId: number): object => ({
  Event: {
    System: {
      Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
      EventID: 19,
      TimeCreated: { '#attributes': { SystemTime: '2026-03-02T09:15:00Z' } },
      EventRecordID: recordId,
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Computer: 'WS014',
    },
    EventData: { Name: ` "filter ${recordId}"`, Query: ' "SELECT * FROM x"' },
  },
})
const IDS = [1, 2, 3]
const texts = IDS.map((id) => JSON.stringify(event(id)))
const xml = (id: number): string =>
  `<Event xmlns="x"><System><Provider Name="Microsoft-Windows-Sysmon"/><EventID>19</EventID><TimeCreated SystemTime="2026-03-02T09:15:00Z"/><EventRecordID>${id}</EventRecordID></System><EventData><Data Name="Name">f</Data></EventData></Event>`

describe('records under keys that no known tool uses', () => {
  const wrappers: Record<string, unknown> = {
    'a list under a word': { payload: IDS.map(event) },
    'lists in lists': { result: { logs: [IDS.map(event)] } },
    'one key a record': Object.fromEntries(IDS.map((id) => [`id-${id}`, event(id)])),
    'streams of Loki': {
      status: 'success',
      data: {
        resultType: 'streams',
        result: [{ stream: { a: 'b' }, values: texts.map((text) => ['1', text]) }],
      },
    },
    'rows of Splunk': { fields: ['_time', '_raw'], rows: texts.map((text) => ['1', text]) },
    'logs of OpenTelemetry': {
      resourceLogs: [
        {
          resource: { attributes: [{ key: 'host', value: { stringValue: 'x' } }] },
          scopeLogs: [{ logRecords: texts.map((text) => ({ body: { stringValue: text }, traceId: '' })) }],
        },
      ],
    },
    'event XML in a list': { lines: IDS.map(xml) },
  }
  for (const [name, wrapper] of Object.entries(wrappers)) {
    test(`${name}: all are read, each once`, async () => {
      const { events, diagnostics } = await read(JSON.stringify(wrapper))
      expect(events.map(({ recordId }) => recordId)).toEqual(IDS)
      expect(new Set(events.map(({ offset }) => offset)).size).toBe(IDS.length)
      expect(diagnostics).toEqual([])
    })
  }

  test.each(['full_message', 'raw_log'])('a raw line in %s, in an object a line', async (key) => {
    const { events, diagnostics } = await read(
      texts.map((text) => JSON.stringify({ host: 'h', [key]: `<13>Nov 24 12:00:00 h ${text}` })).join('\n'),
    )
    expect(events.map(({ recordId }) => recordId)).toEqual(IDS)
    expect(diagnostics).toEqual([])
  })

  test('an event that is there taken apart and as it was is one', async () => {
    const { events } = await read(JSON.stringify({ text: texts[0], copy: xml(1), parsed: event(1) }))
    expect(events.map(({ recordId }) => recordId)).toEqual([1])
  })

  test('what is no record beside records is told of', async () => {
    const { events, diagnostics } = await read(
      JSON.stringify({ payload: [event(1), { a: 1 }], note: { b: 1 } }),
    )
    expect(events).toHaveLength(1)
    expect(diagnostics).toMatchObject([
      { code: 'events/unknown-shape', message: expect.stringMatching(/^1 records/) },
    ])
  })

  test('a kept text that is cut is told of', async () => {
    const { events, diagnostics } = await read(
      `${JSON.stringify({ _raw: texts[0] })}\n${JSON.stringify({ _raw: texts[1]?.slice(0, -5) })}`,
    )
    expect(events).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ code: 'events/unknown-shape' }])
  })

  test('a report of this program is no evidence of what it reports', async () => {
    const row = { Timestamp: '2026-03-02T09:15:00Z', DeviceName: 'x', ActionType: 'ProcessCreated' }
    const report = { schema: 'triad.report/1', detections: [{ rule: 'x', row }], events: undefined }
    const { outcome } = await read(JSON.stringify(report))
    expect(outcome).toMatchObject({ kind: 'unknown', read: 0 })
  })
})

describe('events kept as strings', () => {
  const xmls = IDS.map(xml)
  const spaced = (list: readonly string[]): string =>
    `[\r\n  ${list.map((t) => JSON.stringify(t)).join(',\r\n  ')}\r\n]`
  test.each([
    ['XML in a list', JSON.stringify(xmls)],
    ['XML in a list, a line each', spaced(xmls)],
    ['objects in a list', spaced(texts)],
    ['XML on lines', xmls.map((text) => JSON.stringify(text)).join('\r\n')],
    ['objects on lines', texts.map((text) => JSON.stringify(text)).join('\n')],
    ['both, and objects', `[${JSON.stringify(xml(1))},${texts[1]},${JSON.stringify(texts[2])},"other"]`],
  ])('%s', async (_name, text) => {
    const { events, diagnostics } = await read(text)
    expect(events.map(({ recordId }) => recordId)).toEqual(IDS)
    expect(new Set(events.map(({ offset }) => offset)).size).toBe(IDS.length)
    expect(diagnostics).toEqual([])
  })

  test('one that is cut is told of, those before it are read', async () => {
    const text = JSON.stringify(xmls)
    const { events, diagnostics } = await read(text.slice(0, -20))
    expect(events.map(({ recordId }) => recordId)).toEqual([1, 2])
    expect(diagnostics).toMatchObject([{ code: 'events/damaged-element' }])
  })
})

describe('lines before the JSON', () => {
  test.each(['// exported by a script\n', '# exported\r\n\r\n', ")]}',\n", 'VERBOSE: reading "the" log\n'])(
    '%j costs nothing',
    async (lead) => {
      for (const indent of [undefined, 2]) {
        const { events } = await read(
          lead + IDS.map((id) => JSON.stringify(event(id), null, indent)).join('\n'),
        )
        expect(events.map(({ recordId }) => recordId)).toEqual(IDS)
        const list = await read(lead + JSON.stringify(IDS.map(event), null, indent))
        expect(list.events.map(({ recordId }) => recordId)).toEqual(IDS)
      }
    },
  )
})

test('a report of another program tells a query and its language: under its own keys that is no listing of a computer', async () => {
  const filter = { name: 'F', query: 'SELECT * FROM x', query_language: 'WQL', relative_path: 'p' }
  const text = JSON.stringify({
    tool: 'other',
    found: [{ filter, consumer: { command_line_template: 'calc' } }],
  })
  const inventory: unknown[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const outcome = await readEventJson(chunks(), {
    evidence: 'e1',
    source: 'report.json',
    selection: 'all',
    report: (diagnostic) => expect(diagnostic).toBeUndefined(),
    sink: { inventory: (entry) => inventory.push(entry) },
  })
  expect(inventory).toEqual([])
  expect(outcome.kind).toBe('unknown')
})

test('prose with pieces of JSON in it is no damaged evidence; beside a record such pieces are told of', async () => {
  const prose = '# Requests\n\nA body:\n\n{"query": "T | take 1",\n  "timespan": ...}\n\n{"a": 1}\n'
  const without = await read(prose)
  expect(without.outcome).toMatchObject({ kind: 'unknown', damaged: 0 })
  expect(without.diagnostics).toEqual([])
  const beside = await read(`${prose}${texts[0]}\n`)
  expect(beside.events).toHaveLength(1)
  expect(beside.diagnostics.map(({ code }) => code)).toContain('events/damaged-element')
})
