import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseListing } from './seven-zip-listing.ts'

const OUTPUT = `
7-Zip (z) 24.09 (LE) : Copyright (c) 1999-2024 Igor Pavlov : 2024-11-29

Listing archive: /archive.7z

--
Path = /archive.7z
Type = 7z
Physical Size = 3121150
Solid = +

----------
Path = in
Size = 0
Attributes = D drwxr-xr-x
CRC =
Encrypted = -

Path = in/a = b.txt
Size = 4052632
Packed Size = 3120902
Attributes = A -rw-r--r--
CRC = 47FF2840
Encrypted = -

Path = secret.evtx
Size = 10
Attributes = A -rw-r--r--
CRC = 00000001
Encrypted = +

Path = link
Size = 11
Attributes = A lrwxrwxrwx
CRC = 00000002
Encrypted = -
`

test('folders, links, encrypted members and names with an equals sign are told apart', () => {
  expect(parseListing(OUTPUT).members).toEqual([
    { name: 'in', sizeBytes: 0, isFolder: true, isLink: false, encrypted: false },
    {
      name: 'in/a = b.txt',
      sizeBytes: 4_052_632,
      crc32: 0x47ff2840,
      isFolder: false,
      isLink: false,
      encrypted: false,
    },
    { name: 'secret.evtx', sizeBytes: 10, crc32: 1, isFolder: false, isLink: false, encrypted: true },
    { name: 'link', sizeBytes: 11, crc32: 2, isFolder: false, isLink: true, encrypted: false },
  ])
})

test('output without a list, as of an archive whose headers are encrypted, has no members', () => {
  const encrypted = parseListing('ERROR: Cannot open encrypted archive. Wrong password?')
  expect(encrypted).toEqual({ members: [], failure: 'encrypted' })
  expect(parseListing('Unexpected end of archive')).toEqual({ members: [], failure: 'damaged' })
})

test('any output gives members with sizes that are numbers', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const member of parseListing(`----------\n${text}`).members) {
        expect(Number.isSafeInteger(member.sizeBytes)).toBe(true)
      }
    }),
  )
})
