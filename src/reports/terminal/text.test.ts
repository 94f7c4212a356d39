import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { inert, inertJson, shorten, visible, width, wrap } from './text.ts'

test('escape sequences, overrides and invisible characters cannot reach a terminal', () => {
  expect(visible('a\u001b[2Jb')).toBe('a\\x1b[2Jb')
  expect(visible('x\u202egnp.exe')).toBe('x\\u{202e}gnp.exe')
  expect(visible('SCM\u00a0Event\u200b')).toBe('SCM\\xa0Event\\u{200b}')
  expect(visible('one\r\ntwo\tthree')).toBe('one\\r\\ntwo\\tthree')
  expect(visible('a\nb', { keepNewlines: true })).toBe('a\nb')
  expect(visible('\ud800x')).toBe('\\u{d800}x')
  expect(visible('日本語 ünï 😀')).toBe('日本語 ünï 😀')
})

test('whatever the text, what is shown holds no control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(/\p{Cc}|\p{Cf}|\p{Cs}/u.test(visible(text))).toBe(false)
    }),
  )
})

test('JSON and CSV that somebody prints neither colour nor reorder a terminal, and JSON stays the same value', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = inertJson(JSON.stringify({ text }))
      expect(JSON.parse(json)).toEqual({ text })
      for (const shown of [json, inert(text)]) {
        expect(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(shown)).toBe(false)
        expect(/\p{Cc}/u.test(shown.replace(/[\t\r\n]/g, ''))).toBe(false)
      }
    }),
  )
  expect(inert('a\u001b[31m\r\n\tb\u009b\u202e ü\u00a0😀')).toBe('a\\x1b[31m\r\n\tb\\x9b\\u{202e} ü\u00a0😀')
})

test('a shortened payload says how much was left out', () => {
  expect(shorten('abcdef', 4)).toBe('abcd… (+2 characters, --full shows all)')
  expect(shorten('abc', 4)).toBe('abc')
})

test('no wrapped line is wider than asked, and no character is lost', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 8, max: 60 }), (text, columns) => {
      const shown = visible(text)
      const lines = wrap(shown, columns)
      for (const line of lines) expect(width(line) <= columns || [...line].length === 1).toBe(true)
      expect(lines.join('').replaceAll(' ', '')).toBe(shown.replaceAll(' ', ''))
    }),
  )
})
