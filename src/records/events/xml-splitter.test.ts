import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { decodeXml, eventFromXml, parseXmlElement } from './xml.ts'
import { XmlSplitter } from './xml-splitter.ts'

function split(
  bytes: Uint8Array,
  chunkSize: number,
  maxElementBytes = 1 << 20,
): { elements: { text: string; offset: number }[]; diagnostics: Diagnostic[] } {
  const elements: { text: string; offset: number }[] = []
  const diagnostics: Diagnostic[] = []
  const splitter = new XmlSplitter({
    source: 'x.xml',
    report: (diagnostic) => diagnostics.push(diagnostic),
    element: (text, offset) => elements.push({ text, offset }),
    maxElementBytes,
  })
  for (let at = 0; at < bytes.length; at += chunkSize) splitter.feed(bytes.slice(at, at + chunkSize))
  splitter.end()
  return { elements, diagnostics }
}

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

describe('property', () => {
  test('events come back with their values, wherever chunks end and whatever stands between', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\r'))
    const noise = fc.constantFrom(
      '',
      '\n',
      '<Events>',
      '</Events>',
      ' <13>Mar 2 host ',
      '<EventX/>',
      '<Event',
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(noise, fc.nat(70_000), value), { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (list, chunkSize) => {
          const text = list
            .map(
              ([before, id, data]) =>
                `${before}<Event xmlns='x'><System><EventID>${id}</EventID></System><EventData><Data Name="a">${escapeXml(data)}</Data></EventData></Event>`,
            )
            .join('')
          const bytes = Buffer.from(text)
          const { elements } = split(bytes, chunkSize)
          const events = elements.map((element) => eventFromXml(element.text))
          expect(events.map((event) => [event?.eventId, event?.values[0]])).toEqual(
            list.map(([, id, data]) => [id, data]),
          )
          for (const { text: part, offset } of elements) {
            expect(bytes.subarray(offset, offset + 7).toString()).toBe(part.slice(0, 7))
          }
        },
      ),
    )
  })

  test('any text parses to an element or to nothing, also through the lenient reader', () => {
    const markup = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '/',
        '<a>',
        '</a>',
        '<Event>',
        '</Event>',
        '<System>',
        '"',
        "'",
        '=',
        ' b',
        '&amp;',
        '&#x110000;',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        'é',
      ),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          markup.map((parts) => parts.join('')),
        ),
        (text) => {
          parseXmlElement(text)
          eventFromXml(text)
          decodeXml(text)
          split(Buffer.from(text), 7)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('hostile input', () => {
  test('an event that never ends is given up at the limit, and the next is read', () => {
    const event = '<Event><System><EventID>1</EventID></System></Event>'
    const { elements, diagnostics } = split(Buffer.from(`<Event>${'x'.repeat(9000)}${event}`), 100, 5000)
    expect(elements.map((element) => element.text)).toEqual([event])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['events/oversized-element'])
  })

  test('a million events of which none ends are looked through once', () => {
    const { elements, diagnostics } = split(Buffer.from('<Event>'.repeat(1_000_000)), 1 << 20)
    expect(elements).toEqual([])
    expect(diagnostics).toHaveLength(1_000_000)
  })

  test('elements nested without end are no event', () => {
    expect(eventFromXml(`<Event>${'<a>'.repeat(100_000)}`)).toBeUndefined()
  })

  test('an attribute list of a megabyte and a million ampersands end at once', () => {
    expect(parseXmlElement(`<a ${'b="c" '.repeat(200_000)}/>`)?.name).toBe('a')
    expect(decodeXml('&'.repeat(1_000_000))).toHaveLength(1_000_000)
  })
})
