import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord } from '../event.ts'
import { type EventSelection, isSelected } from '../selection.ts'
import { createEvtxScanner, readEvtx } from './index.ts'
import { CHUNK_HEADER, CHUNK_SIZE, FILE_HEADER_SIZE } from './layout.ts'
import { readAll } from './testing.suite.ts'
import type { EvtxCounts } from './types.ts'
import { damageEvtx, type EvtxEventInput, writeEvtx } from './write/index.ts'

const SYSMON = 'Microsoft-Windows-Sysmon'
const START = 132_914_201_101_234_567n

function sysmon(index: number, more: Partial<EvtxEventInput> = {}): EvtxEventInput {
  return {
    provider: SYSMON,
    providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
    channel: `${SYSMON}/Operational`,
    eventId: 1 + (index % 25),
    time: START + BigInt(index) * 10_000_000n,
    computer: 'PC04',
    recordId: 1000 + index,
    eventData: [
      ['RuleName', ''],
      ['Name', `consumer ${index}`],
    ],
    ...more,
  }
}

const events = (count: number, more: Partial<EvtxEventInput> = {}): EvtxEventInput[] =>
  Array.from({ length: count }, (_, index) => sysmon(index, more))

const ids = (records: readonly EventRecord[]): (number | undefined)[] =>
  records.map((event) => event.recordId)
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

/** Four chunks of ten records each. */
const log = writeEvtx(events(40), { recordsPerChunk: 10 })

function scan(bytes: Uint8Array, windows: Iterable<number>, selection: EventSelection = 'all') {
  const found: EventRecord[] = []
  const diagnostics: Diagnostic[] = []
  const scanner = createEvtxScanner({
    evidence: 'e',
    source: 'log.evtx',
    selection,
    sink: (event) => found.push(event),
    report: (diagnostic) => diagnostics.push(diagnostic),
  })
  let at = 0
  // One reused buffer, overwritten after each window, as callers do.
  const buffer = new Uint8Array(bytes.length + 8)
  for (const size of windows) {
    if (at >= bytes.length) break
    const window = buffer.subarray(at % 3, (at % 3) + Math.min(size, bytes.length - at))
    window.set(bytes.subarray(at, at + size))
    scanner.feed(window, at)
    buffer.fill(0xee)
    at += window.length
  }
  const counts: EvtxCounts = scanner.end()
  return { found, diagnostics, counts }
}

describe('damage', () => {
  test('chunk-after-zeroes: records past a zero-filled chunk are read', () => {
    const { events: read, codes } = readAll(damageEvtx(log, { kind: 'zero-chunk', chunk: 1 }))
    expect(ids(read)).toEqual([...range(1000, 1010), ...range(1020, 1040)])
    expect(codes).toEqual([])
  })

  test('bad-crc: a wrong checksum is told with its offset and hides no record', () => {
    const { events: read, diagnostics } = readAll(
      damageEvtx(log, { kind: 'bad-records-checksum', chunk: 2 }, { kind: 'bad-header-checksum', chunk: 0 }),
    )
    expect(ids(read)).toEqual(range(1000, 1040))
    expect(
      diagnostics.map(({ code, severity, at }) => [code, severity, at?.in === 'bytes' && at.offset]),
    ).toEqual([
      ['evtx/bad-header-checksum', 'warning', FILE_HEADER_SIZE],
      ['evtx/bad-records-checksum', 'warning', FILE_HEADER_SIZE + 2 * CHUNK_SIZE],
    ])
  })

  test('bad-chunk-magic: records of a chunk whose header was wiped are read', () => {
    const { events: read, codes } = readAll(damageEvtx(log, { kind: 'bad-chunk-magic', chunk: 3 }))
    expect(ids(read)).toEqual(range(1000, 1040))
    expect(codes).toEqual(['evtx/bad-chunk-magic'])
  })

  test('zero-size-record: neither it nor the records after it are lost', () => {
    const { events: read, codes } = readAll(damageEvtx(log, { kind: 'zero-size-record', record: 4 }))
    expect(ids(read)).toEqual(range(1000, 1040))
    expect(codes).toEqual(['evtx/bad-records-checksum', 'evtx/bad-record-size'])
  })

  test('torn-record: only the torn record is lost, and it is counted and told', () => {
    const torn = damageEvtx(log, { kind: 'torn-record', record: 14 })
    const { found, counts, diagnostics } = scan(torn, [torn.length])
    expect(ids(found)).toEqual(range(1000, 1040).filter((id) => id !== 1014))
    expect(counts).toEqual({ read: 39, relevant: 39, damaged: 1, recovered: 0 })
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toHaveLength(1)
  })

  test('template-overwritten: records use the template of the same id elsewhere in the log, and that is told', () => {
    const damaged = log.slice()
    // From the name table on, over the first record and its definitions, to the second record.
    const chunk = FILE_HEADER_SIZE + 2 * CHUNK_SIZE
    const first = new DataView(damaged.buffer).getUint32(chunk + 512 + 4, true)
    damaged.fill(0, chunk + 512, chunk + 512 + first)
    const { events: read, codes } = readAll(damaged)
    expect(ids(read)).toEqual(range(1000, 1040).filter((id) => id !== 1020))
    expect(codes).toContain('evtx/template-by-id')
  })

  test('template-overwritten: a template that only a later chunk defines serves as well', () => {
    const damaged = log.slice()
    const first = new DataView(damaged.buffer).getUint32(FILE_HEADER_SIZE + 512 + 4, true)
    damaged.fill(0, FILE_HEADER_SIZE, FILE_HEADER_SIZE + 512 + first)
    const { found, counts, diagnostics } = scan(damaged, [damaged.length])
    expect(ids(found).toSorted()).toEqual(range(1001, 1040))
    expect(counts).toEqual({ read: 39, relevant: 39, damaged: 0, recovered: 0 })
    expect(diagnostics.map(({ code }) => code)).toContain('evtx/template-by-id')
  })

  test('cut anywhere: every whole record before the cut is read', () => {
    const whole = readAll(log).events
    fc.assert(
      fc.property(fc.nat({ max: log.length }), (size) => {
        const { events: read } = readAll(damageEvtx(log, { kind: 'cut', sizeBytes: size }), {
          recover: false,
        })
        const complete = whole.filter((event) => {
          const at = event.offset ?? 0
          return at + new DataView(log.buffer).getUint32(at + 4, true) <= size
        })
        // The record that was cut may still decode when only its padding is gone.
        expect(read.slice(0, complete.length)).toEqual(complete)
        expect(read.length - complete.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 60 },
    )
  })

  test('a dirty log with a chunk count of one is read to its end', () => {
    const dirty = writeEvtx(events(40), {
      recordsPerChunk: 10,
      dirty: true,
      headerChunkCount: 1,
      emptyChunks: 5,
    })
    expect(ids(readAll(dirty).events)).toEqual(range(1000, 1040))
  })

  test('a file header that is garbage does not hide the chunks', () => {
    const headless = log.slice()
    headless.fill(0x41, 0, FILE_HEADER_SIZE)
    const { events: read, codes } = readAll(headless)
    expect(read).toHaveLength(40)
    expect(codes).toEqual(['evtx/bad-file-header'])
  })

  test('garbage of any size is told as such', () => {
    for (const size of [0, 1, 4095, 4096, 70_000]) {
      expect(readAll(new Uint8Array(size).fill(0x41)).codes).toContain('evtx/no-chunks')
    }
  })
})

describe('slack', () => {
  const cleared = events(200, { computer: 'PC04' })
  const log = writeEvtx([sysmon(900, { recordId: 1 })], { clearedEvents: cleared })

  test('records that survive a clear are recovered, marked, and come after the live ones', () => {
    const { events: read } = readAll(log)
    expect(read[0]).toMatchObject({ recordId: 1 })
    expect(read[0]?.recovered).toBeUndefined()
    const recovered = read.slice(1)
    expect(recovered.length).toBeGreaterThan(50)
    for (const event of recovered) {
      expect(event.recovered).toBe(true)
      expect(event.values).toEqual(['', `consumer ${(event.recordId ?? 0) - 1000}`])
    }
  })

  test('recovery can be left out', () => {
    expect(readAll(log, { recover: false }).events).toHaveLength(1)
  })

  test('a copy in slack of a live record is not told twice', () => {
    // The same records before and after the "clear": what is left in slack is live elsewhere.
    const again = writeEvtx(cleared, { recordsPerChunk: 150, clearedEvents: cleared })
    const { events: read } = readAll(again)
    expect(ids(read)).toEqual(range(1000, 1200))
    expect(read.filter((event) => event.recovered)).toEqual([])
  })

  test('a record of the same id but another time is another record', () => {
    const renumbered = cleared.map((event, index) => ({ ...event, recordId: 1 + index }))
    const { events: read } = readAll(
      writeEvtx([sysmon(900, { recordId: 150 })], { clearedEvents: renumbered }),
    )
    expect(read.filter((event) => event.recordId === 150)).toHaveLength(2)
  })
})

describe('windows', () => {
  test('how the bytes are cut into windows changes nothing', () => {
    const expected = [...readEvtx(log, { evidence: 'e' })]
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 1, maxLength: 20 }),
        (sizes) => {
          function* windows(): Generator<number> {
            for (let index = 0; ; index += 1) yield sizes[index % sizes.length] ?? 1
          }
          const { found, counts } = scan(log, sizes.every((size) => size < 64) ? [64, 1, 300_000] : windows())
          expect(found).toEqual(expected)
          expect(counts).toEqual({ read: 40, relevant: 40, damaged: 0, recovered: 0 })
        },
      ),
      { numRuns: 40 },
    )
  })

  test('a window out of order is refused', () => {
    const scanner = createEvtxScanner({
      evidence: 'e',
      source: 's',
      sink: () => undefined,
      report: () => undefined,
    })
    expect(() => scanner.feed(new Uint8Array(8), 8)).toThrow('a window at 8 was fed where 0 was due')
  })
})

describe('selection', () => {
  const mixed = [
    ...events(50),
    ...events(10, { form: 'text' }),
    ...events(10, { provider: 'Other', eventId: 20 }),
    ...events(10, { provider: 'SERVICE Control Manager', channel: 'System' }),
  ]
  const log = writeEvtx(mixed, { recordsPerChunk: 25 })

  test.each<[string, EventSelection]>([
    ['an event id', new Map([[SYSMON.toLowerCase(), new Set([19, 20, 21])]])],
    ['all of a provider', new Map([['service control manager', 'all' as const]])],
    ['nothing', new Map()],
    ['a provider that is absent', new Map([['absent', new Set([20])]])],
  ])('the fast path selects %s exactly as a look at every event would', (_, selection) => {
    const expected = [...readEvtx(log)].filter((event) =>
      isSelected(selection, event.provider, event.eventId),
    )
    const { found, counts } = scan(log, [1 << 20], selection)
    expect(found.map((event) => event.offset)).toEqual(expected.map((event) => event.offset))
    expect(counts).toMatchObject({ read: 80, relevant: expected.length, damaged: 0 })
  })
})

test('the template of another chunk is not used for a definition that only claims its GUID', () => {
  const forged = log.slice()
  const name = Uint8Array.from([...'RuleName'].flatMap((character) => [character.charCodeAt(0), 0]))
  const chunk = FILE_HEADER_SIZE + CHUNK_SIZE
  // Same GUID and size, another field name: only comparing the definition itself tells.
  const at = Buffer.from(forged.buffer).indexOf(Buffer.from(name), chunk)
  expect(at).toBeGreaterThan(chunk)
  forged[at] = 'F'.charCodeAt(0)
  const names = [...readEvtx(forged)].map((event) => event.names[0])
  expect(names.slice(0, 10)).toEqual(Array(10).fill('RuleName'))
  expect(names.slice(10, 20)).toEqual(Array(10).fill('FuleName'))
})

test('a free-space offset past the chunk is not followed', () => {
  const lying = log.slice()
  new DataView(lying.buffer).setUint32(FILE_HEADER_SIZE + CHUNK_HEADER.freeSpaceOffset, 0xffff_ffff, true)
  expect(readAll(lying).events.filter((event) => !event.recovered)).toHaveLength(40)
})

test('a log cut at the end of a chunk, or inside its header, is told of by the count in the header', () => {
  const cut = (bytes: Uint8Array) => readAll(bytes)
  const whole = cut(log.subarray(0, FILE_HEADER_SIZE + 3 * CHUNK_SIZE))
  expect(whole.events).toHaveLength(30)
  expect(whole.diagnostics).toMatchObject([{ code: 'evtx/cut-file', severity: 'error' }])
  expect(cut(log.subarray(0, 3000)).codes).toEqual(['evtx/no-chunks', 'evtx/cut-file'])
  expect(cut(log).codes).toEqual([])
})
