import { describe, expect, test } from 'vitest'
import { PAGE_SIZE } from './layout.ts'
import {
  asFiles,
  changed,
  filter,
  find,
  newestMapping,
  readObjects,
  written,
} from './sample-repository.suite.ts'
import type { RepositoryObject } from './types.ts'
import type { WrittenRepository } from './write/index.ts'

/** Records that the index lists and a damaged table, page number or name keeps from being read where it says. */
const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon']
const five = written([names.map((name) => filter(name, `SELECT ${name}`))])
const newest = newestMapping(five)
const others = Object.keys(five).filter((name) => name.startsWith('MAPPING') && name !== newest.name)

function gammaIn(objects: readonly RepositoryObject[]): RepositoryObject | undefined {
  return objects.find(({ path }) => path === '__EventFilter.Name="gamma"')
}

const gamma = gammaIn(readObjects(asFiles(five, others)).objects)
const offset = gamma?.offset ?? 0
const page = Math.floor(offset / PAGE_SIZE) * PAGE_SIZE

function tableEntry(files: WrittenRepository): number {
  const view = new DataView((files['OBJECTS.DATA'] ?? new Uint8Array()).buffer)
  let entry = page
  while (view.getUint32(entry + 4, true) !== offset - page) entry += 16
  return entry
}

describe('a record whose entry in the page table is damaged', () => {
  const entry = tableEntry(five)
  test.each(Array.from({ length: 12 }, (_, byte) => byte))(
    'is found by its class and key and stays live: byte %i',
    (byte) => {
      for (const flip of [0xff, 0x01, 0x80]) {
        const files = changed(five, 'OBJECTS.DATA', (all) => {
          all[entry + byte] = (all[entry + byte] ?? 0) ^ flip
          return undefined
        })
        const { objects } = readObjects(asFiles(files, others))
        expect(gammaIn(objects), `flip ${flip}`).toMatchObject({ state: 'live', offset })
        expect(objects.filter(({ state }) => state === 'live')).toHaveLength(names.length)
      }
    },
  )

  test('an entry that leads to another record gives neither twice', () => {
    const files = changed(five, 'OBJECTS.DATA', (_, view) => {
      view.setUint32(entry + 4, view.getUint32(page + 4, true), true)
      view.setUint32(entry + 8, view.getUint32(page + 8, true), true)
      return undefined
    })
    const { objects, diagnostics } = readObjects(asFiles(files, others))
    expect(objects.map(({ path }) => path).sort()).toEqual(
      names.map((name) => `__EventFilter.Name="${name}"`).sort(),
    )
    for (const diagnostic of diagnostics) expect(diagnostic.at).toMatchObject({ in: 'bytes' })
  })
})

test('a name that was changed in the record alone does not fit the index, and is told with its place', () => {
  const at = find(five['OBJECTS.DATA'], 'gamma', offset)
  const files = changed(five, 'OBJECTS.DATA', (all) => {
    all[at] = 'G'.charCodeAt(0) + 1
    return undefined
  })
  const { objects, diagnostics } = readObjects(asFiles(files, others))
  expect(objects.find(({ path }) => path === '__EventFilter.Name="Hamma"')).toMatchObject({ state: 'live' })
  expect(diagnostics).toMatchObject([
    { code: 'cim/key-mismatch', severity: 'warning', at: { in: 'bytes', offset } },
  ])
})

test('a letter of another case is the same key', () => {
  const at = find(five['OBJECTS.DATA'], 'gamma', offset)
  const files = changed(five, 'OBJECTS.DATA', (all) => {
    all[at] = 'G'.charCodeAt(0)
    return undefined
  })
  expect(readObjects(asFiles(files, others)).codes).toEqual([])
})

test('a page that only the newest mapping lost is no removal', () => {
  const grown = written([names.map((name) => filter(name, `SELECT ${name}`)), [filter('zeta')]])
  const mapping = newestMapping(grown)
  const objects = readObjects(asFiles(grown)).objects
  const logical = mapping.objects.physical.indexOf(Math.floor((gammaIn(objects)?.offset ?? 0) / PAGE_SIZE))
  const damaged = changed(grown, mapping.name, (_, view) => {
    view.setUint32(24 + 24 * logical, 0xffffffff, true)
    return undefined
  })
  const read = readObjects(asFiles(damaged))
  expect(gammaIn(read.objects)).toMatchObject({
    state: 'live',
    recovered: { from: 'older-mapping', confidence: 'medium' },
  })
  expect(gammaIn(read.objects)?.recovered?.why).toContain('The current index lists it')
  expect(read.objects.some(({ state }) => state === 'removed')).toBe(false)
})
