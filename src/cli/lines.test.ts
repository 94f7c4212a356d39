import { expect, test } from 'vitest'
import { width } from '../reports/index.ts'
import { alignedRows, wrappedLines } from './lines.ts'

const ROWS = [
  ['wmi-subscription-bound', 'high', 'a title of several words that goes on'],
  ['日本', 'informational', ''],
]

test('rows stand in columns where they fit, and in files always', () => {
  const wide = alignedRows(ROWS, undefined)
  expect(wide).toBe(
    'wmi-subscription-bound  high           a title of several words that goes on\n' +
      '日本                    informational\n',
  )
  expect(alignedRows(ROWS, 80)).toBe(wide)
  expect(alignedRows([], 80)).toBe('')
})

test('on a narrow terminal nothing of a row is lost and no line is too wide', () => {
  for (const columns of [20, 30, 60]) {
    const lines = alignedRows(ROWS, columns).trimEnd().split('\n')
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns)
    const shown = lines.join(' ').replace(/\s+/g, '')
    expect(shown).toBe(ROWS.flat().join('').replace(/\s+/g, ''))
  }
})

test('a line of prose keeps its indentation, and its weight apart from its words', () => {
  expect(wrappedLines(['   +30  one two three four', '  five six seven eight'], 20)).toBe(
    '   +30  one two\n        three four\n  five six seven\n  eight\n',
  )
  const long = 'x '.repeat(200)
  expect(wrappedLines([long], undefined)).toBe(`${long}\n`)
})
