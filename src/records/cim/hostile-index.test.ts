import { describe, expect, test } from 'vitest'
import { openRepository } from './index.ts'
import { NO_PAGE, PAGE_SIZE } from './layout.ts'
import { nameHash } from './name-hash.ts'
import {
  asFiles,
  binding,
  changed,
  commandLine,
  filter,
  indexPage,
  indexRoot,
  newestMapping,
  put,
  readObjects,
  remove,
  SUBSCRIPTION,
  summary,
  withKeys,
  written,
} from './sample-repository.suite.ts'
import type { RepositoryFiles } from './types.ts'
import type { WrittenRepository } from './write/index.ts'

/** Section 11 of the format's description: index, mappings, damaged captures. One generation unless a test says so. */
const many = Array.from({ length: 200 }, (_, index) => filter(`filter ${index}`))
const large = written([[...many, commandLine('C'), binding('filter 7', 'C')]], { usePageZero: true })
const alone = (files: WrittenRepository): RepositoryFiles => {
  const { name } = newestMapping(files)
  return asFiles(
    files,
    Object.keys(files).filter((other) => other.startsWith('MAPPING') && other !== name),
  )
}
const liveFilters = (files: RepositoryFiles): number =>
  readObjects(files).objects.filter(
    ({ className, state }) => className === '__EventFilter' && state === 'live',
  ).length

function rootChildren(files: WrittenRepository): { at: number; count: number } {
  const root = indexRoot(files)
  const view = new DataView((files['INDEX.BTR'] ?? new Uint8Array()).buffer)
  const count = view.getUint32(root + 16, true)
  return { at: root + 20 + 4 * count, count: count + 1 }
}

describe('1. cycles in the index', () => {
  const { at } = rootChildren(large)
  const root = newestMapping(large).index.userData
  const second = new DataView((large['INDEX.BTR'] ?? new Uint8Array()).buffer).getUint32(at + 4, true)
  test.each([
    ['to the root itself', root],
    ['shared by two parents', second],
  ])('a child pointer %s ends, is reported, and what else is there is read', (_, child) => {
    const files = changed(large, 'INDEX.BTR', (_bytes, view) => {
      view.setUint32(at, child, true)
      return undefined
    })
    const { objects, codes } = readObjects(alone(files))
    expect(codes).toContain('cim/index-cycle')
    // What the index lost is carved from its pages' tables: nothing disappears.
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(200)
  })
})

describe('2. pages beyond the mapping or the file', () => {
  test.each([0x7fffffff, 0x3fffffff, 5000, NO_PAGE - 1])('child page %i', (child) => {
    const { at } = rootChildren(large)
    const files = changed(large, 'INDEX.BTR', (_, view) => {
      view.setUint32(at, child, true)
      return undefined
    })
    const { objects, codes } = readObjects(alone(files))
    expect(codes).toContain('cim/index-page')
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(200)
  })

  test('a root that is not there leads to the next generation, and the report says so', () => {
    const files = written([[filter('A')], [filter('B')]])
    const { name, objects } = newestMapping(files)
    const indexSection = 24 + 24 * objects.physical.length + 4 + 4 * freeCount(files, name) + 4
    const broken = changed(files, name, (_, view) => {
      view.setUint32(indexSection + 24 + 12, 9999, true)
      return undefined
    })
    const result = readObjects(asFiles(broken))
    expect(result.codes).toContain('cim/mapping-fallback')
    expect(summary(result.objects)).toContain('live root\\subscription __EventFilter.Name="A"')
    expect(summary(result.objects).some((line) => line.includes('"B"'))).toBe(true)
  })

  test('two logical pages on one physical page are reported, and nothing is read twice', () => {
    const { name } = newestMapping(large)
    const files = changed(large, name, (_, view) => {
      view.setUint32(24 + 24 * 1, view.getUint32(24, true), true)
      return undefined
    })
    const { codes, objects } = readObjects(alone(files))
    expect(codes).toContain('cim/size-mismatch')
    expect(new Set(objects.map(({ offset }) => offset)).size).toBe(objects.length)
  })
})

function freeCount(files: WrittenRepository, name: string): number {
  const bytes = files[name] ?? new Uint8Array()
  const view = new DataView(bytes.buffer)
  return view.getUint32(24 + 24 * view.getUint32(20, true), true)
}

describe('3. an index page with absurd counts and offsets', () => {
  const leaf = indexPage(large, 0)
  const view = new DataView((large['INDEX.BTR'] ?? new Uint8Array()).buffer)
  const keys = view.getUint32(leaf + 16, true)
  const positions = leaf + 20 + 4 * keys + 4 * (keys + 1)
  const words = positions + 2 * keys
  const strings = words + 2 + 2 * view.getUint16(words, true)
  test.each([
    ['number of keys', leaf + 16, 4, 0xffffffff],
    ['number of keys, slightly too big', leaf + 16, 4, 1200],
    ['number of words', words, 2, 0xffff],
    ['number of strings', strings, 2, 0xffff],
    ['word position', positions, 2, 0xfff0],
    ['parts of a key', words + 2, 2, 0xfff0],
    ['string number', words + 4, 2, 0xfff0],
    ['string offset', strings + 2, 2, 0xfff0],
  ])('%s', (_, at, size, value) => {
    const files = changed(large, 'INDEX.BTR', (_bytes, writable) => {
      if (size === 4) writable.setUint32(at, value, true)
      else writable.setUint16(at, value, true)
      return undefined
    })
    const { objects, codes } = readObjects(alone(files))
    expect(codes.filter((code) => code.startsWith('cim/index'))).not.toEqual([])
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(200)
  })
})

describe('4. keys of odd shape', () => {
  test('missing, extra, huge or non-decimal parts are reported and cost only themselves', () => {
    const ns = `NS_${nameHash(SUBSCRIPTION, 'vista')}`
    const ci = `${ns}\\CI_${nameHash('__EventFilter', 'vista')}`
    const odd = [
      `${ci}\\IL_X.1.2`,
      `${ci}\\IL_X.1.2.3.x`,
      `${ci}\\IL_X.99999999999999.1.1`,
      `${ci}\\IL_X.4294967295.1.4294967295`,
      `${ns}\\ZZ_unknown`,
      'nonsense',
      `${ci.toLowerCase()}\\il_x.1.2.3`,
    ]
    const { objects, codes } = readObjects(asFiles(withKeys(large, (all) => [...all, ...odd])))
    expect(codes).toEqual(expect.arrayContaining(['cim/index-key', 'cim/record-missing']))
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(200)
  })

  test('duplicate keys give one object', () => {
    const { objects } = readObjects(asFiles(withKeys(large, (all) => [...all, ...all])))
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(200)
  })

  test('a page whose keys are out of order is searched as a whole', () => {
    const leaf = indexPage(large, 0)
    const files = changed(large, 'INDEX.BTR', (_, view) => {
      const positions = leaf + 20 + 8 * view.getUint32(leaf + 16, true) + 4
      const [first, second] = [view.getUint16(positions, true), view.getUint16(positions + 2, true)]
      view.setUint16(positions, second, true)
      view.setUint16(positions + 2, first, true)
      return undefined
    })
    const { codes } = readObjects(alone(files))
    expect(codes).toContain('cim/index-order')
    expect(liveFilters(alone(files))).toBe(200)
  })
})

describe('5. mapping files', () => {
  const two = written([[filter('A')], [filter('B')]])
  const newest = newestMapping(two).name
  test.each([
    ['number of entries', 20],
    ['number of physical pages', 16],
    ['number of free pages', -1],
  ])('an absurd %s', (_, at) => {
    const files = changed(two, newest, (_bytes, view) => {
      const where = at < 0 ? 24 + 24 * view.getUint32(20, true) : at
      view.setUint32(where, 0x7fffffff, true)
      return undefined
    })
    const { objects } = readObjects(asFiles(files))
    expect(summary(objects).filter((line) => line.includes('"A"')).length).toBe(1)
  })

  test('cut anywhere, or empty: the older generation is read, nothing throws', () => {
    const bytes = two[newest] ?? new Uint8Array()
    for (let size = 0; size < bytes.length; size += 7) {
      const { objects } = readObjects(asFiles(changed(two, newest, (all) => all.slice(0, size))))
      expect(summary(objects).filter((line) => line.includes('"A"')).length).toBe(1)
    }
  })

  test('equal versions: the generation decides; generations that wrap: the later one is current', () => {
    const set = (value: number) => (generation: number) => (files: WrittenRepository, name: string) =>
      changed(files, name, (_, view) => {
        view.setUint32(4, value, true)
        view.setUint32(8, generation, true)
        return undefined
      })
    const older = Object.keys(two).filter((name) => name.startsWith('MAPPING') && name !== newest)
    let files = set(7)(0)(two, newest)
    for (const [index, name] of older.entries()) files = set(7)(0xffffffff - index)(files, name)
    expect(openRepository(asFiles(files), () => undefined).current).toMatchObject({
      mapping: newest,
      version: 7,
    })
  })

  test('a mapping of another repository does not take the place of the right one', () => {
    const other = written([many, many, many, many, many])
    const foreign = newestMapping(other).name
    const files = { ...two, 'MAPPING9.MAP': other[foreign] ?? new Uint8Array() }
    const { objects, codes } = readObjects(asFiles(files))
    expect(codes).toContain('cim/mapping-fallback')
    expect(summary(objects)).toContain('live root\\subscription __EventFilter.Name="B"')
  })

  test('no mapping at all: carved, and said so', () => {
    const { objects, codes } = readObjects(
      asFiles(
        two,
        Object.keys(two).filter((name) => name.startsWith('MAPPING')),
      ),
    )
    expect(codes).toContain('cim/carved-only')
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBe(2)
    expect(() => openRepository({ source: 'x', evidence: {}, mappings: [] }, () => undefined)).toThrow(
      /no mapping/,
    )
  })
})

describe('7. data files that are cut', () => {
  test('at any length, what is left is read and nothing throws', () => {
    for (const name of ['OBJECTS.DATA', 'INDEX.BTR']) {
      const size = large[name]?.length ?? 0
      for (let kept = 0; kept < size; kept += Math.floor(PAGE_SIZE * 0.83)) {
        const { diagnostics } = readObjects(alone(changed(large, name, (all) => all.slice(0, kept))))
        expect(diagnostics.length).toBeGreaterThan(0)
      }
    }
    expect(readObjects({ source: 'x', evidence: {}, mappings: [] }).codes).toEqual(['cim/record-missing'])
  })
})

describe('14. files copied from a running system', () => {
  test('a mapping older than the data: overwritten pages are noticed, the rest is read', () => {
    const history = Array.from({ length: 5 }, (_, index) => [
      filter(`at ${index}`),
      remove('__EventFilter', { Name: `at ${index}` }),
    ])
    const early = written([[filter('kept')]])
    const late = written([[filter('kept')], ...history])
    const mixed = {
      ...late,
      ...Object.fromEntries(Object.entries(early).filter(([name]) => name.startsWith('MAPPING'))),
    }
    for (const name of Object.keys(late))
      if (name.startsWith('MAPPING') && !(name in early)) delete (mixed as Record<string, unknown>)[name]
    const { objects } = readObjects(asFiles(mixed))
    expect(summary(objects).some((line) => line.includes('"kept"'))).toBe(true)
  })
})

test('15. keys in logical page 0, which is a page like any other', () => {
  const page = indexPage(large, 0)
  const view = new DataView((large['INDEX.BTR'] ?? new Uint8Array()).buffer)
  expect(view.getUint32(page + 4, true)).toBe(0)
  expect(view.getUint32(page + 16, true)).toBeGreaterThan(5)
  const names = openRepository(alone(large), () => undefined).namespaces()
  expect(names.find(({ name }) => name === '__SystemClass')?.classDefinitions).toBe(15)
})

describe('15. subscriptions where naive readers do not look', () => {
  test('in root, in deep and custom namespaces, in classes derived from other consumers, with inherited keys', () => {
    const deep = 'root\\a\\b\\c'
    const files = written([
      [
        { kind: 'namespace', name: deep },
        filter('in root', 'q', 'root'),
        filter('deep', 'q', deep),
        {
          kind: 'class',
          namespace: SUBSCRIPTION,
          definition: {
            name: 'Innocent',
            superclass: 'CommandLineEventConsumer',
            properties: [{ name: 'Extra', type: 'string' }],
          },
        },
        put('Innocent', { Name: 'one', Extra: 'x', CommandLineTemplate: 'evil 1' }),
        put('Innocent', { Name: 'two', CommandLineTemplate: 'evil 2' }),
        put('__FilterToConsumerBinding', {
          Filter: '\\\\WORKSTATION\\root\\a\\b\\c:__EventFilter.Name="deep"',
          Consumer: "Innocent.Name='one'",
        }),
      ],
    ])
    const { objects, diagnostics } = readObjects(asFiles(files))
    expect(diagnostics).toEqual([])
    expect(summary(objects)).toEqual(
      expect.arrayContaining([
        'live root __EventFilter.Name="in root"',
        'live root\\a\\b\\c __EventFilter.Name="deep"',
        'live root\\subscription Innocent.Name="one"',
        'live root\\subscription Innocent.Name="two"',
      ]),
    )
    expect(objects.find(({ path }) => path === 'Innocent.Name="one"')?.superclasses).toEqual([
      'CommandLineEventConsumer',
      '__EventConsumer',
      '__IndicationRelated',
      '__SystemClass',
    ])
  })

  test('in a namespace that no parent lists, and in a class without its subclass key', () => {
    const files = withKeys(
      written([
        [
          { kind: 'namespace', name: 'root\\hidden' },
          filter('unlisted', 'q', 'root\\hidden'),
          { kind: 'namespace', name: 'root\\hidden2' },
          filter('unlisted too', 'q', 'root\\hidden2'),
          put(
            '__FilterToConsumerBinding',
            { Filter: '__EventFilter.Name="unlisted too"', Consumer: '__EventFilter.Name="x"' },
            'root\\hidden2',
          ),
          {
            kind: 'class',
            namespace: SUBSCRIPTION,
            definition: {
              name: 'Hidden',
              superclass: '__EventConsumer',
              properties: [{ name: 'Name', type: 'string', key: true }],
            },
          },
          put('Hidden', { Name: 'x' }),
        ],
      ]),
      (keys) => {
        const hidden = nameHash('Hidden', 'vista')
        const unlisted = ['hidden', 'hidden2'].map((name) => `IL_${nameHash(name, 'vista')}`)
        return keys
          .filter((key) => !key.includes(`C_${hidden}`) || key.includes('CI_') || key.includes('CD_'))
          .filter((key) => !unlisted.some((name) => key.includes(name)))
      },
    )
    const { objects, codes } = readObjects(asFiles(files))
    expect(codes).toContain('cim/unindexed')
    expect(summary(objects)).toEqual(
      expect.arrayContaining([
        'live ? __EventFilter.Name="unlisted"',
        // The reference record of its binding names the namespace in clear.
        'live root\\hidden2 __EventFilter.Name="unlisted too"',
        'live root\\subscription Hidden.Name="x"',
      ]),
    )
  })
})

describe('10. namespaces of odd names', () => {
  test('an empty name is reported; a cycle by names, and depth, end', () => {
    const commits = [
      put('__NAMESPACE', { Name: '' }, 'root'),
      put('__NAMESPACE', { Name: 'a\\b' }, 'root'),
      put('__NAMESPACE', { Name: 'ROOT' }, 'root'),
      { kind: 'namespace' as const, name: `root${'\\x'.repeat(40)}` },
      filter('F'),
    ]
    const { objects, codes } = readObjects(asFiles(written([commits])))
    expect(codes).toContain('cim/namespace')
    expect(summary(objects)).toContain('live root\\subscription __EventFilter.Name="F"')
  })

  test('a thousand namespaces side by side', () => {
    const wide = Array.from({ length: 1000 }, (_, index) => put('__NAMESPACE', { Name: `n${index}` }, 'root'))
    expect(openRepository(asFiles(written([wide])), () => undefined).namespaces().length).toBe(1004)
  })
})
