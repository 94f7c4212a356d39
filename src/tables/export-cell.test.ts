import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoToFiletime } from '../bytes/index.ts'
import { exportCell, unfit } from './export-cell.ts'
import type { ColumnType } from './schema/table-schema.ts'

const TYPES: readonly ColumnType[] = [
  'bool',
  'int',
  'long',
  'real',
  'decimal',
  'string',
  'datetime',
  'timespan',
  'guid',
  'dynamic',
]

test('any value gives a cell of the column’s type, or is marked as no value of it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TYPES), fc.anything(), (type, value) => {
      const cell = exportCell(type, value)
      if (cell === unfit || cell === undefined) return
      if (type === 'dynamic') JSON.parse(String(cell))
      if (type === 'int') expect(Number.isInteger(cell)).toBe(true)
      if (type === 'bool') expect(typeof cell).toBe('boolean')
      if (type === 'datetime' || type === 'timespan') expect(typeof cell).toBe('bigint')
    }),
  )
})

test('a fraction, a hex text and a number beyond the type are no integers', () => {
  expect(exportCell('int', '1.5')).toBe(unfit)
  expect(exportCell('int', '0x10')).toBe(unfit)
  expect(exportCell('int', '2147483648')).toBe(unfit)
  expect(exportCell('long', '9223372036854775807')).toBe(9223372036854775807n)
  expect(exportCell('long', '9223372036854775808')).toBe(unfit)
  expect(exportCell('long', '7.0')).toBe(7)
})

test('times are read as portals write them, and a day that does not exist is none', () => {
  expect(exportCell('datetime', '3/10/2022, 9:08:30.123 PM')).toBe(isoToFiletime('2022-03-10T21:08:30.123Z'))
  expect(exportCell('datetime', '12/31/2022 12:00:00 AM')).toBe(isoToFiletime('2022-12-31T00:00:00Z'))
  expect(exportCell('datetime', '2022-03-10')).toBe(isoToFiletime('2022-03-10T00:00:00Z'))
  expect(exportCell('datetime', '2/30/2022 1:00:00 AM')).toBe(unfit)
  expect(exportCell('timespan', '-1.02:03:04.5')).toBe(-((26n * 60n + 3n) * 600_000_000n + 45_000_000n))
})

test('text that is no JSON stays text in a dynamic, and empty text is null', () => {
  expect(exportCell('dynamic', '{bad')).toBe('"{bad"')
  expect(exportCell('dynamic', ' {"a": 1} ')).toBe('{"a": 1}')
  expect(exportCell('dynamic', '')).toBeUndefined()
  expect(exportCell('string', { a: 1 })).toBe('{"a":1}')
})
