import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { JsonSplitter, MAX_JSON_DEPTH } from './json-splitter.ts'

function split(
  bytes: Uint8Array,
  chunkSize: number,
  maxElementBytes?: number,
): { elements: { text: string; offset: number }[]; diagnostics: Diagnostic[]; damaged: number } {
  const elements: { text: string; offset: number }[] = []
  const diagnostics: Diagnostic[] = []
  const splitter = new JsonSplitter({
    source: 'x.json',
    report: (diagnostic) => diagnostics.push(diagnostic),
    element: (text, offset) => elements.push({ text, offset }),
    ...(maxElementBytes === undefined ? {} : { maxElementBytes }),
  })
  for (let at = 0; at < bytes.length; at += chunkSize) splitter.feed(bytes.slice(at, at + chunkSize))
  splitter.end()
  return { elements, diagnostics, damaged: splitter.damaged }
}

describe('property', () => {
  const object = fc.dictionary(
    fc.string({ unit: 'binary' }),
    fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
  )

  test('objects come back as they were, whatever joins them and wherever chunks end', () => {
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n', '', ',', '\u001e', ' \n\n '),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(undefined, 2),
        (objects, joint, inArray, chunkSize, indent) => {
          const joined = objects.map((value) => JSON.stringify(value, null, indent)).join(joint)
          const text = inArray ? `[${joined}]` : joined
          const bytes = Buffer.from(text)
          const { elements, diagnostics } = split(bytes, chunkSize)
          expect(diagnostics).toEqual([])
          expect(elements.map((element) => JSON.stringify(JSON.parse(element.text)))).toEqual(
            objects.map((value) => JSON.stringify(value)),
          )
          for (const { text: part, offset } of elements) {
            expect(bytes.subarray(offset, offset + Buffer.byteLength(part)).toString()).toBe(part)
          }
        },
      ),
    )
  })

  test('any bytes give elements and diagnostics, the same for every chunk size', () => {
    const bracketed = fc.array(fc.constantFrom(...'{}[]",:\\\n a1', '{"a":', '"x"'), { maxLength: 60 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          bracketed.map((parts) => new Uint8Array(Buffer.from(parts.join('')))),
        ),
        fc.integer({ min: 1, max: 30 }),
        (bytes, chunkSize) => {
          expect(split(bytes, chunkSize)).toEqual(split(bytes, Math.max(1, bytes.length)))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a line cut anywhere costs at most itself and the next line', () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 4, maxLength: 6 }), fc.nat(), (objects, where) => {
        const lines = objects.map((value) => JSON.stringify(value))
        const cut = lines[1]?.slice(0, where % Math.max(1, lines[1].length)) ?? ''
        const text = [lines[0], cut, ...lines.slice(2), '{"last":1}', '{"end":1}'].join('\n')
        const { elements } = split(Buffer.from(text), 64)
        expect(elements.at(0)?.text).toBe(lines[0])
        expect(elements.at(-1)?.text).toBe('{"end":1}')
      }),
    )
  })
})

test('a byte order mark is no stray byte, and offsets count it', () => {
  const { elements, diagnostics } = split(Buffer.from('\ufeff{"a":1}'), 2)
  expect(diagnostics).toEqual([])
  expect(elements).toEqual([{ text: '{"a":1}', offset: 3 }])
})

describe('hostile input', () => {
  test('a hundred megabytes of open brackets cost no memory and are told of once', () => {
    const splitter: { diagnostics: Diagnostic[] } = { diagnostics: [] }
    const deep = new JsonSplitter({
      source: 'x.json',
      report: (diagnostic) => splitter.diagnostics.push(diagnostic),
      element: () => expect.unreachable(),
    })
    const chunk = Buffer.alloc(1 << 20, '[')
    for (let index = 0; index < 100; index += 1) deep.feed(chunk)
    deep.end()
    expect(splitter.diagnostics).toMatchObject([{ code: 'events/too-deep', severity: 'error' }])
  })

  test('an object that nests too deep is left out, what follows its end is read', () => {
    const nested = `{"a":${'['.repeat(MAX_JSON_DEPTH + 50)}${']'.repeat(MAX_JSON_DEPTH + 50)}}`
    const { elements, diagnostics } = split(Buffer.from(`${nested}\n{"b":1}`), 1000)
    expect(elements.map((element) => element.text)).toEqual(['{"b":1}'])
    expect(diagnostics).toMatchObject([{ code: 'events/too-deep', at: { offset: 0 } }])
  })

  test('a gigantic line is followed to its end without being kept', () => {
    const { elements, diagnostics, damaged } = split(
      Buffer.from(`{"a":"${'x'.repeat(100_000)}"}\n{"b":1}`),
      1000,
      50_000,
    )
    expect(elements.map((element) => element.text)).toEqual(['{"b":1}'])
    expect(diagnostics).toMatchObject([{ code: 'events/oversized-element' }])
    expect(damaged).toBe(1)
  })
})
