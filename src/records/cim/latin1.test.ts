import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { latin1 } from './latin1.ts'

test('every byte is its own character, also 0x80-0x9F, however long the text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, ascii) => {
      const plain = ascii ? bytes.map((byte) => byte & 0x7f) : bytes
      expect(latin1(plain, 0, plain.length)).toBe(String.fromCharCode(...plain))
    }),
  )
})
