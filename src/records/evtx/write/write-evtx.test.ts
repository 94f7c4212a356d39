import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoToFiletime } from '../../../bytes/index.ts'
import { differences, hasEvtxexport, readAll, readWithEvtxexport } from '../testing.suite.ts'
import { type EvtxEventInput, type EvtxFieldValue, type EvtxValueType, writeEvtx } from './index.ts'

const TIME = '2022-03-10T21:08:30.1234567Z'
const base = {
  provider: 'Microsoft-Windows-Sysmon',
  providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  eventId: 20,
  time: TIME,
  computer: 'PC04.example.corp',
  userSid: 'S-1-5-18',
} as const satisfies EvtxEventInput

const typed = (type: EvtxValueType, value: string | number | bigint | boolean): EvtxFieldValue => ({
  type,
  value,
})

/** A value of every type with the text Windows shows for it. */
const EVERY_TYPE: readonly (readonly [EvtxFieldValue, string | undefined])[] = [
  ['text', 'text'],
  ['', ''],
  [null, undefined],
  ['unpaired \ud800 surrogate', 'unpaired \ud800 surrogate'],
  [typed('ansiString', 'caf\u00e9\0'), 'caf\u00e9'],
  ['ends in NUL\0', 'ends in NUL'],
  [typed('int8', -128), '-128'],
  [typed('uint8', 255), '255'],
  [typed('int16', -2), '-2'],
  [typed('uint16', 65535), '65535'],
  [typed('int32', -2147024894), '-2147024894'],
  [4294967295, '4294967295'],
  [typed('int64', -9223372036854775808n), '-9223372036854775808'],
  [typed('uint64', 18446744073709551615n), '18446744073709551615'],
  [typed('uint64', 9007199254740991n), '9007199254740991'],
  [typed('real32', 0.5), '0.5'],
  [typed('real64', -1.25), '-1.25'],
  [true, 'true'],
  [false, 'false'],
  [typed('binary', '00FF10'), '00FF10'],
  [typed('guid', '{01234567-89ab-cdef-0123-456789abcdef}'), '{01234567-89AB-CDEF-0123-456789ABCDEF}'],
  [typed('sizeT', 0x7ff6_1234_5678n), '0x7ff612345678'],
  [typed('filetime', TIME), TIME],
  [typed('filetime', 0n), '1601-01-01T00:00:00.0000000Z'],
  [typed('filetime', 0xffff_ffff_ffff_ffffn), '18446744073709551615'],
  [typed('systemTime', 'E607030004000A00150008001E007B00'), '2022-03-10T21:08:30.123Z'],
  [
    typed('sid', 'S-1-5-21-1004336348-1177238915-682003330-1001'),
    'S-1-5-21-1004336348-1177238915-682003330-1001',
  ],
  [typed('hexInt32', 0x14591), '0x14591'],
  [typed('hexInt64', 0x8000000000000000n), '0x8000000000000000'],
]

function every(form: 'templates' | 'text'): EvtxEventInput {
  return { ...base, form, eventData: EVERY_TYPE.map(([value], index) => [`field${index}`, value]) }
}

test('every value type comes back as Windows renders it', () => {
  const [event] = readAll(writeEvtx([every('templates')])).events
  expect(event?.values).toEqual(EVERY_TYPE.map(([, text]) => text))
})

test('a record without template, as forwarded logs have, gives the same values as text', () => {
  const { events, codes } = readAll(writeEvtx([every('text')]))
  expect(codes).toEqual([])
  expect(events[0]?.values).toEqual(EVERY_TYPE.map(([, text]) => text).filter((text) => text !== undefined))
  expect(events[0]).toMatchObject({ eventId: 20, recordId: 1, timeFiletime: isoToFiletime(TIME), level: 4 })
})

test('an array gives one field for each of its items', () => {
  const log = writeEvtx([
    {
      ...base,
      eventData: [
        ['names', { type: 'string', values: ['a', '', 'c'] }],
        ['ports', { type: 'uint16', values: [135, 445] }],
        ['users', { type: 'sid', values: ['S-1-5-18', 'S-1-5-32-544'] }],
        ['after', 'x'],
      ],
    },
  ])
  const [event] = readAll(log).events
  expect(event?.names).toEqual(['names', 'names', 'names', 'ports', 'ports', 'users', 'users', 'after'])
  expect(event?.values).toEqual(['a', '', 'c', '135', '445', 'S-1-5-18', 'S-1-5-32-544', 'x'])
})

test('UserData keeps its wrapper element and its own Provider apart from the system provider', () => {
  const log = writeEvtx([
    {
      ...base,
      userData: {
        element: 'Operation_EssStarted',
        namespace: 'http://x',
        fields: [['Provider', 'SCM Event Provider']],
      },
    },
  ])
  const [event] = readAll(log).events
  expect(event).toMatchObject({
    provider: 'Microsoft-Windows-Sysmon',
    payload: 'UserData',
    payloadElement: 'Operation_EssStarted',
    names: ['Provider'],
    values: ['SCM Event Provider'],
  })
})

test('the same events give the same bytes', () => {
  const events = [every('templates'), every('text')]
  expect(Buffer.compare(writeEvtx(events), writeEvtx(events))).toBe(0)
})

test('what no event log can hold is refused', () => {
  const write = (field: EvtxFieldValue) => () => writeEvtx([{ ...base, eventData: [['x', field]] }])
  expect(write('x'.repeat(40_000))).toThrow(/64 KiB|larger than a chunk/)
  expect(write(typed('uint8', 256))).toThrow('256 does not fit in uint8')
  expect(write(typed('sid', 'Administrators'))).toThrow('Administrators is no SID')
  expect(write(typed('guid', '{1}'))).toThrow('{1} is no GUID')
})

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.endsWith('\0'))
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/)
const fieldValue: fc.Arbitrary<EvtxFieldValue> = fc.oneof(
  text,
  fc.nat(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: 'uint64' as const, value })),
  fc.uint8Array({ maxLength: 12 }).map((value) => ({ type: 'binary' as const, value })),
)
const eventInput: fc.Arbitrary<EvtxEventInput> = fc
  .record({
    provider: text.filter((value) => value !== ''),
    channel: text,
    computer: text,
    eventId: fc.nat({ max: 65535 }),
    time: fc.bigInt({ min: 1n, max: 2n ** 62n }),
    fields: fc.array(fc.tuple(name, fieldValue), { maxLength: 6 }),
    kind: fc.constantFrom('eventData' as const, 'userData' as const, 'none' as const),
  })
  .map(({ fields, kind, ...event }) => ({
    ...event,
    ...(kind === 'eventData' ? { eventData: fields } : {}),
    ...(kind === 'userData' ? { userData: { element: 'Wrapper', fields } } : {}),
  }))

test('whatever is written is read back, over as many chunks as it takes', () => {
  fc.assert(
    fc.property(
      fc.array(eventInput, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      (inputs, size) => {
        const { events, codes } = readAll(writeEvtx(inputs, { recordsPerChunk: size }))
        expect(codes).toEqual([])
        expect(
          events.map((event) => [event.eventId, event.provider, event.timeFiletime, event.recordId]),
        ).toEqual(inputs.map((input, index) => [input.eventId, input.provider, input.time, index + 1]))
        for (const [index, input] of inputs.entries()) {
          const fields = input.eventData ?? input.userData?.fields ?? []
          expect(events[index]?.names).toEqual(fields.map(([field]) => field))
          for (const [at, [, value]] of fields.entries()) {
            if (typeof value === 'string') expect(events[index]?.values[at]).toBe(value)
            if (value === null) expect(events[index]?.values[at]).toBeUndefined()
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

describe.skipIf(!hasEvtxexport())('evtxexport', () => {
  test('reads what we write without complaint and sees the same values', () => {
    const folder = mkdtempSync(join(tmpdir(), 'triad-evtx-'))
    const path = join(folder, 'written.evtx')
    // Types that libevtx renders in a way of its own, or not at all.
    const odd = new Set(['ansiString', 'systemTime', 'sizeT', 'real32', 'real64', 'filetime'])
    const values = EVERY_TYPE.map(([value]) => value).filter(
      (value) => typeof value !== 'object' || value === null || !odd.has(value.type),
    )
    const events = Array.from({ length: 700 }, (_, index): EvtxEventInput => {
      const fields = values.slice(index % 7).map((value, at) => [`f${at}`, value] as const)
      const common = { ...base, eventId: 1 + (index % 50), computer: `PC${index % 3}` }
      if (index % 3 === 0)
        return { ...common, userData: { element: 'Operation', namespace: 'urn:x', fields } }
      return { ...common, eventData: [...fields, ['', `unnamed <${index}> & "quoted"`]] }
    })
    const log = writeEvtx(events)
    try {
      writeFileSync(path, log)
      const run = spawnSync('evtxexport', ['-f', 'xml', path], { encoding: 'utf8', maxBuffer: 1 << 28 })
      expect([run.status, run.stderr]).toEqual([0, ''])
      const peers = readWithEvtxexport(path)
      const ours = readAll(log).events
      expect(peers).toHaveLength(700)
      expect(
        ours.flatMap((event, index) => differences(event, peers[index] as (typeof peers)[number])),
      ).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
