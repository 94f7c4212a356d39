import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { md5, nameHash, sha256 } from './name-hash.ts'

test('hashes equal those of an independent implementation, at every padding length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex').toUpperCase())
      expect(md5(bytes)).toBe(createHash('md5').update(bytes).digest('hex').toUpperCase())
    }),
  )
})

test('names are hashed without case, and a sharp s stays one character', () => {
  expect(nameHash('__eventfilter', 'vista')).toBe(
    '47C79E62C2227EDD0FF29BF44D87F2FAF9FEDF60A18D9F82597602BD95E20BD3',
  )
  expect(nameHash('', 'vista')).toBe('E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855')
  expect(nameHash('Straße', 'vista')).toBe(nameHash('STRAßE', 'vista'))
  expect(nameHash('Straße', 'vista')).not.toBe(nameHash('STRASSE', 'vista'))
})
