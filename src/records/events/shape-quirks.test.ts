import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../event.ts'
import { exportRowToEvent } from '../exports/index.ts'
import { readEventJson, readEventXml } from './index.ts'

async function read(
  value: unknown,
  reader: typeof readEventJson = readEventJson,
): Promise<{ events: EventRecord[]; rows: ExportRow[]; diagnostics: Diagnostic[] }> {
  const events: EventRecord[] = []
  const rows: ExportRow[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  }
  await reader(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { event: (event) => events.push(event), row: (row) => rows.push(row) },
  })
  return { events, rows, diagnostics }
}

const fields = (event: EventRecord | undefined): Record<string, string | undefined> =>
  Object.fromEntries(event?.names.map((name, index) => [name, event.values[index]]) ?? [])

const BINDING = {
  Namespace: '//./root/subscription',
  ESS: 'A',
  CONSUMER: 'CommandLineEventConsumer="B"',
  PossibleCause: 'Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = "A";\n};\n',
}

describe('what carriers do to one and the same 5861', () => {
  test('attributes beside their element do not stand for it, whichever comes first (Chainsaw)', async () => {
    const { events, diagnostics } = await read({
      Event_attributes: { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
      Event: {
        System: {
          Provider_attributes: { Name: 'Microsoft-Windows-WMI-Activity' },
          EventID: 5861,
          Channel: 'Microsoft-Windows-WMI-Activity/Operational',
        },
        UserData: {
          Operation_ESStoConsumerBinding_attributes: { xmlns: 'http://manifests.microsoft.com/win/2006' },
          Operation_ESStoConsumerBinding: BINDING,
        },
      },
    })
    expect(diagnostics.filter((item) => item.code !== 'events/no-time')).toEqual([])
    expect(events[0]).toMatchObject({
      payload: 'UserData',
      payloadElement: 'Operation_ESStoConsumerBinding',
    })
    expect(fields(events[0])).toEqual(BINDING)
  })

  test('event XML under a namespace prefix is the same event', async () => {
    const elements = Object.entries(BINDING).map(([name, value]) => `<w:${name}>${value}</w:${name}>`)
    const { events, diagnostics } = await read(
      `<e:Events xmlns:e="http://schemas.microsoft.com/win/2004/08/events/event"><e:Event><e:System><e:Provider Name="Microsoft-Windows-WMI-Activity"/><e:EventID>5861</e:EventID><e:TimeCreated SystemTime="2026-03-02T09:15:00Z"/></e:System><e:UserData><w:Operation_ESStoConsumerBinding xmlns:w="x">${elements.join('')}</w:Operation_ESStoConsumerBinding></e:UserData></e:Event><e:Event><e:System><e:EventID>1</e:EventID>`,
      readEventXml,
    )
    expect(fields(events[0])).toEqual(BINDING)
    expect(events).toHaveLength(1)
    expect(diagnostics.map((item) => item.code)).toEqual(['events/damaged-xml'])
  })

  test('a WindowsEvent row may name UserData inside its EventData', async () => {
    const { rows } = await read({
      TimeGenerated: '2026-03-02T09:15:00Z',
      Computer: 'WKS',
      Channel: 'Microsoft-Windows-WMI-Activity/Operational',
      Provider: 'Microsoft-Windows-WMI-Activity',
      EventID: 5861,
      EventData: { UserData: { Operation_ESStoConsumerBinding: BINDING } },
      RawEventData: '',
    })
    const [row] = rows
    const event = row === undefined ? undefined : exportRowToEvent(row)
    expect(event?.payloadElement).toBe('Operation_ESStoConsumerBinding')
    expect(fields(event)).toEqual(BINDING)
  })

  test('four selected columns of Get-WinEvent are enough: the message has the fields', async () => {
    const { events } = await read([
      {
        TimeCreated: '/Date(1772442900123)/',
        Id: 5861,
        ProviderName: 'Microsoft-Windows-WMI-Activity',
        Message: `Namespace = ${BINDING.Namespace}; Eventfilter = A (refer to its activate eventid:5859); Consumer = ${BINDING.CONSUMER}; PossibleCause = ${BINDING.PossibleCause}`,
      },
    ])
    expect(fields(events[0])).toEqual(BINDING)
  })
})

describe('Wazuh', () => {
  const destination = async (value: string): Promise<string | undefined> => {
    const { events } = await read({
      data: {
        win: {
          system: {
            providerName: 'Microsoft-Windows-Sysmon',
            eventID: '20',
            systemTime: '2026-03-02T09:15:00Z',
          },
          eventdata: { destination: value },
        },
      },
    })
    return fields(events[0]).Destination
  }

  test('a value that the agent escaped loses that one level', async () => {
    expect(await destination(' \\"cmd /c \\\\\\"a\\\\\\"\\"')).toBe(' "cmd /c \\"a\\""')
  })

  test('a value with bare quotes was not escaped by the agent, though its backslashes stand in pairs', async () => {
    expect(await destination(' "cmd /c \\"a\\" > C:\\\\x"')).toBe(' "cmd /c \\"a\\" > C:\\\\x"')
  })
})

test('a payload with nothing in it does not stand for the one that the event has', async () => {
  const system = {
    Provider: { Name: 'Microsoft-Windows-Sysmon' },
    EventID: 19,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    TimeCreated: { SystemTime: '2026-03-02T09:15:00Z' },
  }
  const flatSystem = {
    EventID: 19,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    TimeCreated: '2026-03-02T09:15:00Z',
  }
  for (const UserData of ['', null, {}]) {
    for (const outer of [{ System: system }, flatSystem]) {
      const { events } = await read({ ...outer, UserData, EventData: { Name: 'F' } })
      expect(fields(events[0])).toEqual({ Name: 'F' })
    }
  }
})

test('seconds with a fraction give the microseconds that a double has of them', async () => {
  const { events } = await read({
    System: { EventID: 19, Channel: 'x', TimeCreated: { SystemTime: 1772442960.06889 } },
    EventData: {},
  })
  expect(events[0]?.timeFiletime).toBe(134169165600688900n)
})
