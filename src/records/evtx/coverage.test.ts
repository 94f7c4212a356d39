import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogCoverage } from '../event.ts'
import { createEvtxScanner } from './index.ts'
import { CHUNK_HEADER_SIZE, CHUNK_SIZE, FILE_HEADER_SIZE } from './layout.ts'
import { type EvtxEventInput, writeEvtx } from './write/index.ts'

const START = 132_914_201_101_234_567n
const SECOND = 10_000_000n

const event = (index: number): EvtxEventInput => ({
  provider: 'Microsoft-Windows-Sysmon',
  providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  eventId: 1,
  time: START + BigInt(index) * SECOND,
  computer: 'PC04',
  recordId: 1000 + index,
  eventData: [['Name', `${index}`]],
})

function coverage(bytes: Uint8Array): LogCoverage {
  const logs: LogCoverage[] = []
  const scanner = createEvtxScanner({
    evidence: 'e',
    source: 'log.evtx',
    selection: new Map(),
    sink: () => undefined,
    report: () => undefined,
    log: (log) => logs.push(log),
  })
  scanner.feed(bytes, 0)
  scanner.end()
  const [log] = logs
  if (log === undefined || logs.length > 1) throw new Error('one coverage for one log')
  return log
}

/** Four chunks of ten records each. */
const log = (): Uint8Array =>
  writeEvtx(
    Array.from({ length: 40 }, (_, index) => event(index)),
    { recordsPerChunk: 10 },
  )

test('a log of which nothing is selected still tells its channel, computer, span and numbers', () => {
  expect(coverage(log())).toEqual({
    evidence: 'e',
    path: 'log.evtx',
    channel: 'Microsoft-Windows-Sysmon/Operational',
    computer: 'PC04',
    records: 40,
    earliestFiletime: START,
    latestFiletime: START + 39n * SECOND,
    firstRecordId: 1000,
    lastRecordId: 1039,
    missing: 0,
    gaps: [],
  })
})

test('a chunk that was wiped is a gap in the numbers, and chunks in any order are not', () => {
  const wiped = log()
  wiped.fill(0, FILE_HEADER_SIZE + CHUNK_SIZE, FILE_HEADER_SIZE + 2 * CHUNK_SIZE)
  expect(coverage(wiped)).toMatchObject({
    records: 30,
    missing: 10,
    gaps: [{ after: 1009, before: 1020, from: START + 9n * SECOND, to: START + 20n * SECOND }],
  })
  const wrapped = log()
  const second = wrapped.slice(FILE_HEADER_SIZE + CHUNK_SIZE, FILE_HEADER_SIZE + 2 * CHUNK_SIZE)
  wrapped.copyWithin(FILE_HEADER_SIZE + CHUNK_SIZE, FILE_HEADER_SIZE, FILE_HEADER_SIZE + CHUNK_SIZE)
  wrapped.set(second, FILE_HEADER_SIZE)
  expect(coverage(wrapped)).toMatchObject({ earliestFiletime: START, missing: 0, firstRecordId: 1000 })
})

test('one record cut out of the middle of a chunk is a gap, with the times on either side', () => {
  const records = Array.from({ length: 40 }, (_, index) => event(index)).filter((_, index) => index !== 14)
  expect(coverage(writeEvtx(records, { recordsPerChunk: 10 }))).toMatchObject({
    missing: 1,
    gaps: [{ after: 1013, before: 1015, from: START + 13n * SECOND, to: START + 15n * SECOND }],
  })
})

test('numbers that an export counted anew are told from the events own', () => {
  const exported = writeEvtx([event(0)])
  expect(coverage(exported).renumbered).toBeUndefined()
  new DataView(exported.buffer).setBigUint64(FILE_HEADER_SIZE + CHUNK_HEADER_SIZE + 8, 1n, true)
  expect(coverage(exported)).toMatchObject({ firstRecordId: 1, renumbered: true })
})

test('any mutation of a log gives numbers in order and at most a hundred gaps', () => {
  const bytes = log()
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 40 }), (changes) => {
      const mutated = bytes.slice()
      for (const [at, value] of changes) mutated[at] = value
      const { gaps, missing, firstRecordId = 0, lastRecordId = 0 } = coverage(mutated)
      expect(gaps.length).toBeLessThanOrEqual(100)
      expect(gaps.every((gap) => gap.before > gap.after + 1)).toBe(true)
      expect(lastRecordId).toBeGreaterThanOrEqual(firstRecordId)
      expect(missing).toBeGreaterThanOrEqual(0)
    }),
  )
})
