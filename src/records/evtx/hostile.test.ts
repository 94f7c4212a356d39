import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { InputError } from '../../diagnostics/index.ts'
import { nameHash } from './chunk.ts'
import { CHUNK_SIZE, FILE_HEADER_SIZE, RECORD_MAGIC, TOKEN } from './layout.ts'
import { readAll } from './testing.suite.ts'
import { damageEvtx, type EvtxEventInput, writeEvtx } from './write/index.ts'

const base: EvtxEventInput = {
  provider: 'P',
  channel: 'C',
  eventId: 1,
  time: 132_914_201_101_234_567n,
  computer: 'PC',
}

/** A log of one chunk that holds these bytes as records, each with a size at both ends. */
function logOf(...bodies: readonly Uint8Array[]): Uint8Array {
  const log = writeEvtx([base])
  const view = new DataView(log.buffer)
  let at = FILE_HEADER_SIZE + 512
  log.fill(0, at)
  for (const body of bodies) {
    const size = (24 + body.length + 4 + 7) & ~7
    view.setUint32(at, RECORD_MAGIC, true)
    view.setUint32(at + 4, size, true)
    log.set(body, at + 24)
    view.setUint32(at + size - 4, size, true)
    at += size
  }
  view.setUint32(FILE_HEADER_SIZE + 48, at - FILE_HEADER_SIZE, true)
  return log
}

const u16 = (value: number): number[] => [value & 255, value >> 8]
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)]
const FRAGMENT = [TOKEN.fragmentHeader, 1, 1, 0]

/** An element whose name stands inline; `at` is its chunk position. */
function open(name: string, at: number): number[] {
  const units = [...name].flatMap((character) => u16(character.charCodeAt(0)))
  const inline = [...u32(0), ...u16(nameHash(name)), ...u16(name.length), ...units, 0, 0]
  return [TOKEN.openStartElement, ...u32(0), ...u32(at + 9), ...inline, TOKEN.closeStartElement]
}

test('deep-nesting: elements nested without end are refused at a known depth, not by the stack', () => {
  const bytes: number[] = [...FRAGMENT]
  while (bytes.length < 60_000) bytes.push(...open('a', 512 + 24 + bytes.length))
  const { events, diagnostics } = readAll(logOf(Uint8Array.from(bytes)))
  expect(events).toEqual([])
  expect(diagnostics.map(({ message }) => message)).toContain('elements nested deeper than 64')
})

test('giant-count: a substitution count of four billion allocates nothing', () => {
  const log = writeEvtx([
    { ...base, eventData: [['a', 'b']] },
    { ...base, eventData: [['a', 'c']] },
  ])
  const view = new DataView(log.buffer)
  const second = FILE_HEADER_SIZE + 512 + view.getUint32(FILE_HEADER_SIZE + 512 + 4, true)
  view.setUint32(second + 38, 0xffff_ffff, true)
  const { events, diagnostics } = readAll(log)
  expect(events).toHaveLength(1)
  expect(diagnostics.map(({ code }) => code)).toContain('evtx/value-overrun')
})

test('self-reference: a template that contains an instance of itself is refused', () => {
  // Definition at chunk position 546: its data is an instance of the definition at 546.
  const position = 512 + 24 + 4 + 10
  const definition = [...u32(0), ...u32(7), ...u32(0), ...u32(0), ...u32(0), ...u32(15), ...FRAGMENT]
  const instance = [TOKEN.templateInstance, 1, ...u32(7), ...u32(position)]
  const body = Uint8Array.from([...FRAGMENT, ...instance, ...definition, ...instance, 0, ...u32(0)])
  const { events, codes } = readAll(logOf(body))
  expect(events).toEqual([])
  expect(codes).toContain('evtx/bad-binary-xml')
})

test('offset-chain: names that point outside, at each other or at themselves end in a diagnostic', () => {
  for (const target of [0, 127, 545, 65_535, 0xffff_fff0]) {
    const body = Uint8Array.from([...FRAGMENT, TOKEN.openStartElement, ...u32(0), ...u32(target), 3, 0])
    const { events, diagnostics } = readAll(logOf(body))
    expect(events).toEqual([])
    expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
  }
})

test('repeated-slot: a template that shows one large value thousands of times is stopped', () => {
  const fields = Array.from({ length: 1500 }, (_, index): [string, string] => [
    '',
    index === 0 ? 'x'.repeat(9000) : '',
  ])
  const log = writeEvtx([{ ...base, eventData: fields }])
  const view = new DataView(log.buffer)
  let changed = 0
  for (let at = FILE_HEADER_SIZE + 512; at < log.length - 5; at += 1) {
    // Every Data element's own slot becomes slot 0, the large one.
    if (log[at] !== TOKEN.normalSubstitution || log[at + 3] !== 1 || log[at + 4] !== TOKEN.endElement)
      continue
    view.setUint16(at + 1, 0, true)
    changed += 1
  }
  expect(changed).toBe(1500)
  const { events, codes } = readAll(log)
  expect(events).toEqual([])
  expect(codes).toContain('evtx/too-large')
})

test('overlapping-definitions: thousands of definitions over the same bytes are stopped', () => {
  const log = new Uint8Array(FILE_HEADER_SIZE + CHUNK_SIZE)
  log.set(writeEvtx([base]).subarray(0, FILE_HEADER_SIZE + 512))
  const view = new DataView(log.buffer)
  const chunk = FILE_HEADER_SIZE
  for (let index = 0; index < 1000; index += 1) {
    const at = chunk + 512 + 48 * index
    view.setUint32(at, RECORD_MAGIC, true)
    view.setUint32(at + 4, 48, true)
    log.set([...FRAGMENT, TOKEN.templateInstance, 1], at + 24)
    // Id 0 and a size that fits, wherever it points: into zeros past the records.
    view.setUint32(at + 34, 49_000 + index, true)
    view.setUint32(at + 44, 48, true)
  }
  for (let at = 49_000; at < 50_100; at += 1) log[chunk + at] = at % 2
  view.setUint32(chunk + 48, 48_512, true)
  const { events, codes } = readAll(log)
  expect(events).toEqual([])
  expect(codes.length).toBeGreaterThan(0)
})

test('a chunk of nothing but record magics is walked once', () => {
  const log = new Uint8Array(FILE_HEADER_SIZE + 20 * CHUNK_SIZE)
  const view = new DataView(log.buffer)
  log.set(writeEvtx([base]))
  for (let at = FILE_HEADER_SIZE + 512; at < log.length; at += 8) {
    view.setUint32(at, RECORD_MAGIC, true)
    view.setUint32(at + 4, 0x1111, true)
  }
  const { events, diagnostics } = readAll(log)
  expect(events).toEqual([])
  // A hostile log cannot flood the report either.
  expect(diagnostics.length).toBeLessThan(500)
})

/** A log with everything in it: both forms, both payloads, arrays, slack. */
const rich = writeEvtx(
  Array.from({ length: 24 }, (_, index): EvtxEventInput => {
    const fields = [
      ['RuleName', index % 2 === 0 ? '' : null],
      ['Value', `text ${index}`],
      ['Array', { type: 'string', values: ['a', 'b'] }],
      ['Time', { type: 'filetime', value: base.time as bigint }],
    ] as const
    const form = index % 5 === 4 ? 'text' : 'templates'
    if (index % 3 === 0) return { ...base, form, userData: { element: 'Op', namespace: 'urn:x', fields } }
    return { ...base, form, eventId: index, eventData: fields }
  }),
  {
    recordsPerChunk: 12,
    clearedEvents: Array.from({ length: 60 }, () => ({ ...base, eventData: [['a', 'old']] })),
  },
)

/** Readers stop for bytes only with values and diagnostics; anything thrown is a fault of ours. */
function survives(bytes: Uint8Array): void {
  try {
    for (const event of readAll(bytes).events) expect(event.names.length).toBe(event.values.length)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect.unreachable('readEvtx takes any bytes')
  }
}

test('any mutation of a log gives events and diagnostics', () => {
  const mutation = fc.tuple(
    fc.integer({ min: FILE_HEADER_SIZE, max: rich.length - 1 }),
    fc.integer({ min: 0, max: 255 }),
  )
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 40 }), (mutations) => {
      const bytes = rich.slice()
      // Into the records rather than the empty rest of the chunks.
      for (const [at, value] of mutations) bytes[FILE_HEADER_SIZE + ((at * 7) % 12_000)] = value
      survives(bytes)
    }),
    { numRuns: 400 },
  )
})

test('any block moved over another gives events and diagnostics', () => {
  const position = fc.integer({ min: FILE_HEADER_SIZE, max: FILE_HEADER_SIZE + 12_000 })
  fc.assert(
    fc.property(position, position, fc.integer({ min: 1, max: 4000 }), (from, to, size) => {
      const bytes = rich.slice()
      bytes.copyWithin(to, from, from + size)
      survives(bytes)
    }),
    { numRuns: 300 },
  )
})

test('any bytes, with or without a header in front, give events and diagnostics', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4000 }), fc.constantFrom(0, 512, 4096, 4608), (noise, keep) => {
      const bytes = new Uint8Array(keep + noise.length)
      bytes.set(rich.subarray(0, keep))
      bytes.set(noise, keep)
      survives(bytes)
    }),
    { numRuns: 200 },
  )
})

test('a log cut anywhere and damaged everywhere still ends', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: rich.length }),
      fc.nat({ max: 1 }),
      fc.nat({ max: 20 }),
      (size, chunk, record) => {
        survives(
          damageEvtx(
            rich,
            { kind: 'torn-record', record },
            { kind: 'bad-chunk-magic', chunk },
            { kind: 'cut', sizeBytes: size },
          ),
        )
      },
    ),
    { numRuns: 100 },
  )
})
