import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../diagnostics/index.ts'
import { Cursor, filetimeToIso, guidToText, isoToFiletime, sidToText, UNIX_EPOCH_FILETIME } from './index.ts'

describe('cursor', () => {
  test('a count that claims more items than bytes remain is refused before anything is allocated', () => {
    const cursor = new Cursor(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1, 2), 'x.bin', { base: 4096 })
    expect(() => cursor.count(4, 'value descriptors')).toThrow(
      /value descriptors needs 8589934588 bytes, 2 remain/,
    )
  })

  test('a region cannot be left, and the error names the absolute offset', () => {
    const cursor = new Cursor(new Uint8Array(16), 'x.bin', { base: 100 })
    const region = cursor.region(8, 'header')
    expect(cursor.position).toBe(8)
    region.take(6, 'first')
    try {
      region.u32('second')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(InputError)
      expect((error as InputError).at).toEqual({ in: 'bytes', source: 'x.bin', offset: 106 })
    }
  })

  test('NaN and negative sizes are refused', () => {
    const cursor = new Cursor(new Uint8Array(4), 'x')
    expect(() => cursor.take(Number.NaN, 'a')).toThrow(InputError)
    expect(() => cursor.take(-1, 'a')).toThrow(InputError)
    expect(() => cursor.seek(5, 'a')).toThrow(InputError)
  })
})

describe('filetime', () => {
  test('all seven decimals survive, trailing zeros are dropped', () => {
    expect(filetimeToIso(isoToFiletime('2019-04-03T18:11:54.0983520Z') ?? 0n)).toBe(
      '2019-04-03T18:11:54.098352Z',
    )
    expect(filetimeToIso(UNIX_EPOCH_FILETIME)).toBe('1970-01-01T00:00:00Z')
    expect(filetimeToIso(1n)).toBe('1601-01-01T00:00:00.0000001Z')
    expect(filetimeToIso(0n)).toBeUndefined()
    expect(filetimeToIso(2n ** 63n)).toBeUndefined()
  })

  test('offsets move to UTC, impossible dates are no dates', () => {
    expect(filetimeToIso(isoToFiletime('2020-09-04 03:06:09.5 +02:00') ?? 0n)).toBe('2020-09-04T01:06:09.5Z')
    expect(isoToFiletime('2021-02-30T00:00:00Z')).toBeUndefined()
    expect(isoToFiletime('yesterday')).toBeUndefined()
  })

  test('text and ticks are inverse over the calendar', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2_650_467_743_999_999_999n }), (ticks) => {
        expect(isoToFiletime(filetimeToIso(ticks) ?? '')).toBe(ticks)
      }),
    )
  })
})

test('a SID is read little-endian after its big-endian authority', () => {
  expect(sidToText([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0])).toBe('S-1-5-32-544')
  expect(sidToText([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])).toBe('S-1-5-18')
  expect(sidToText([1, 5, 0, 0])).toBeUndefined()
  expect(sidToText([2, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])).toBeUndefined()
})

test('the first three GUID fields are little-endian', () => {
  const bytes = Uint8Array.of(
    0x04,
    0xef,
    0x18,
    0x14,
    0xb4,
    0xb0,
    0x23,
    0x46,
    0xbf,
    0x7e,
    0xd7,
    0x4a,
    0xb4,
    0x7b,
    0xbd,
    0xaa,
  )
  expect(guidToText(bytes)).toBe('{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}')
})
