import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import * as onHost from './utf16.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('a browser without Buffer reads the same text, of any length, at odd offsets, unpaired surrogates too', async () => {
  vi.resetModules()
  vi.stubGlobal('Buffer', undefined)
  const inBrowser = await import('./utf16.ts')
  vi.unstubAllGlobals()
  expect(inBrowser).not.toBe(onHost)
  const bytes = Uint8Array.from({ length: 20_003 }, (_, index) => (index * 7919) >> 3)
  fc.assert(
    fc.property(fc.nat({ max: 3 }), fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 10_000 })), (at, length) => {
      let expected = ''
      const view = new DataView(bytes.buffer)
      for (let index = 0; index < length; index += 1) {
        expected += String.fromCharCode(view.getUint16(at + 2 * index, true))
      }
      expect(inBrowser.readUtf16(bytes, at, length)).toBe(expected)
      expect(onHost.readUtf16(bytes, at, length)).toBe(expected)
      expect(onHost.equalsUtf16(bytes, at, expected)).toBe(true)
    }),
    { numRuns: 60 },
  )
})
