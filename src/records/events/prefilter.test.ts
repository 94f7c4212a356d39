import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventRecord } from '../event.ts'
import type { EventSelection } from '../selection.ts'
import { readEventJson } from './index.ts'
import { isUnwanted, isUnwantedXml } from './prefilter.ts'

const PROVIDER = 'Microsoft-Windows-Sysmon'
const CHANNEL = 'Microsoft-Windows-Sysmon/Operational'
const SELECTION: EventSelection = new Map([[PROVIDER.toLowerCase(), new Set([19, 20])]])

const SHAPES: readonly ((id: number, extra: object) => object)[] = [
  (id, extra) => ({ EventID: id, SourceName: PROVIDER, SourceModuleType: 'im_msvistalog', ...extra }),
  (id, extra) => ({ SourceModuleType: 'x', EventID: String(id), Channel: CHANNEL, ...extra }),
  (id, extra) => ({
    Event: { System: { EventID: id, Provider_attributes: { Name: PROVIDER } }, EventData: extra },
  }),
  (id, extra) => ({
    Event: {
      System: { EventID: { '#text': id }, Provider_attributes: { Name: PROVIDER } },
      EventData: extra,
    },
  }),
  (id, extra) => ({ winlog: { event_id: String(id), provider_name: PROVIDER, event_data: extra } }),
  (id, extra) => ({ 'winlog.provider_name': PROVIDER, event: { code: id }, ...extra }),
  (id, extra) => ({ data: { win: { system: { eventID: String(id), channel: CHANNEL }, eventdata: extra } } }),
  (id, extra) => ({ Id: id, ProviderName: PROVIDER, LogName: CHANNEL, Message: JSON.stringify(extra) }),
  (id, extra) => ({ TimeGenerated: 'x', Type: 'SecurityEvent', EventID: id, ...extra }),
]

async function read(
  text: string,
  selection: EventSelection,
): Promise<{ count: number; events: EventRecord[] }> {
  const events: EventRecord[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const outcome = await readEventJson(chunks(), {
    evidence: 'e',
    source: 'x',
    selection,
    report: () => undefined,
    sink: { event: (event) => events.push(event) },
  })
  return { count: outcome.read, events }
}

test('what is passed over by its bytes is what reading all of it would leave out', async () => {
  const id = fc.constantFrom(1, 19, 20, 190, 4688)
  const extra = fc.constantFrom(
    {},
    { a: '"EventID":19' },
    { EventID: 19 },
    { EventID: 4688 },
    { note: 'EventID', list: ['EventID', 'Id'], code: 20 },
    { 'it\'s "': '\u0019 EventID' },
  )
  const object = fc.tuple(fc.constantFrom(...SHAPES), id, extra).map(([shape, one, more]) => shape(one, more))
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { maxLength: 12 }),
      fc.constantFrom('\n', ',\r\n', ''),
      async (objects, join) => {
        const text = objects.map((value) => JSON.stringify(value)).join(join)
        const some = await read(text, SELECTION)
        const all = await read(text, 'all')
        const wanted = all.events.filter(
          (event) => event.provider === PROVIDER && (event.eventId === 19 || event.eventId === 20),
        )
        expect(some.events).toEqual(wanted)
        expect(some.count).toBe(all.count)
      },
    ),
    { numRuns: 300 },
  )
})

test('a key spelled with escapes, a number that is no whole one, and a list are never passed over', () => {
  const marks = { mark: '"System"', ids: ['"EventID"'] }
  const unwanted = (text: string): boolean => isUnwanted(Buffer.from(text), marks, new Set([19]))
  expect(unwanted('{"System":{"EventID":1}}')).toBe(true)
  expect(unwanted('{"System":{"EventID" : "1"}}')).toBe(true)
  expect(unwanted('{"System":{"EventID":1,"Event\\u0049D":19}}')).toBe(false)
  for (const value of ['1.9e1', '[19]', '{"#text":19}', '"19', '1 9', '12345678901', 'null', '19']) {
    expect(unwanted(`{"System":{"EventID":${value}}}`)).toBe(false)
  }
})

test('event XML is passed over only where every EventID in it is a number nobody asked for', () => {
  const unwanted = (text: string): boolean =>
    isUnwantedXml(`<Event><System>${text}</System></Event>`, new Set([19]))
  expect(unwanted('<EventID>1</EventID>')).toBe(true)
  expect(unwanted('<EventID Qualifiers="0">1</EventID>')).toBe(true)
  expect(unwanted('')).toBe(false)
  for (const id of ['19', ' 19 ', '1<!-- -->9', '&#49;9', '<![CDATA[19]]>', '']) {
    expect(unwanted(`<EventID>${id}</EventID>`)).toBe(false)
  }
  expect(unwanted('<!-- <EventID>1</EventID> --><EventID>19</EventID>')).toBe(false)
  expect(unwanted('<!-- <EventID>1</EventID> --><e:EventID>19</e:EventID>')).toBe(false)
})
