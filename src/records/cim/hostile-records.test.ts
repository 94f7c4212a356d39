import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filetimeToIso, sidToText } from '../../bytes/index.ts'
import { InputError } from '../../diagnostics/index.ts'
import { cimProperty } from '../../lang/cim-value.ts'
import { openRepository, readTimeline, recoverInstances } from './index.ts'
import { PAGE_SIZE } from './layout.ts'
import { nameHash, utf16 } from './name-hash.ts'
import {
  asFiles,
  binding,
  bindingPaths,
  changed,
  commandLine,
  filter,
  find,
  newestMapping,
  put,
  readObjects,
  remove,
  SUBSCRIPTION,
  summary,
  written,
} from './sample-repository.suite.ts'
import type { RepositoryFiles, RepositoryObject } from './types.ts'
import type { RepositoryChange, WrittenRepository } from './write/index.ts'

/** Section 11 of the format's description: tables, records, classes, values, bait. */
const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon']
const five = written([names.map((name) => filter(name, `SELECT ${name}`))])
const alone = (files: WrittenRepository): RepositoryFiles => {
  const { name } = newestMapping(files)
  return asFiles(
    files,
    Object.keys(files).filter((other) => other.startsWith('MAPPING') && other !== name),
  )
}
const record = (name: string, files = five): RepositoryObject => {
  const found = readObjects(alone(files)).objects.find(({ path }) => path?.includes(`"${name}"`))
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}
const setBytes =
  (at: number, ...bytes: number[]) =>
  (all: Uint8Array): undefined => {
    all.set(bytes, at)
    return undefined
  }
const setU32 =
  (at: number, value: number) =>
  (_: Uint8Array, view: DataView): undefined => {
    view.setUint32(at, value, true)
    return undefined
  }

describe('one damaged filter never hides another', () => {
  test('whichever byte of its record is changed', () => {
    const { offset, size = 0 } = record('gamma')
    for (let at = offset; at < offset + size; at += 1) {
      for (const flip of [0xff, 0x01]) {
        const files = changed(five, 'OBJECTS.DATA', (all) => setBytes(at, (all[at] ?? 0) ^ flip)(all))
        const live = readObjects(alone(files)).objects.filter(({ state }) => state === 'live')
        const found = names.filter((name) => live.some(({ path }) => path === `__EventFilter.Name="${name}"`))
        expect(found.filter((name) => name !== 'gamma').length, `byte ${at - offset}`).toBe(4)
      }
    }
  })

  test('whichever byte of its entry in the record table is changed, and whichever of its class definition', () => {
    const { offset } = record('gamma')
    const page = Math.floor(offset / PAGE_SIZE) * PAGE_SIZE
    const view = new DataView((five['OBJECTS.DATA'] ?? new Uint8Array()).buffer)
    let entry = page
    while (view.getUint32(entry + 4, true) !== offset - page) entry += 16
    const definition = openRepository(alone(five), () => undefined).class('root', '__EventFilter')
    const places = [
      ...Array.from({ length: 12 }, (_, index) => entry + index),
      ...Array.from({ length: definition?.size ?? 0 }, (_, index) => (definition?.offset ?? 0) + index),
    ]
    for (const at of places) {
      const files = changed(five, 'OBJECTS.DATA', (all) => setBytes(at, (all[at] ?? 0) ^ 0x55)(all))
      const found = summary(readObjects(alone(files)).objects)
      for (const name of names.filter((other) => other !== 'gamma'))
        expect(
          found.some((line) => line.includes(`__EventFilter.Name="${name}"`)),
          `byte ${at}, ${name}`,
        ).toBe(true)
    }
  })
})

describe('6. record tables', () => {
  const { offset } = record('alpha')
  const page = Math.floor(offset / PAGE_SIZE) * PAGE_SIZE
  test.each([
    ['offset beyond the page', page + 4, 0x7fffffff],
    ['offset inside the table', page + 4, 4],
    ['offset + size beyond 32 bits', page + 8, 0xffffffff],
    ['size of 4 GB', page + 8, 0xfffffff0],
    ['the id of the next record', page, 1],
    ['overlapping the next record', page + 8, 4000],
  ])('%s', (_, at, value) => {
    const { objects, diagnostics } = readObjects(alone(changed(five, 'OBJECTS.DATA', setU32(at, value))))
    expect(objects.length).toBeGreaterThanOrEqual(4)
    for (const diagnostic of diagnostics) expect(diagnostic.at).toBeDefined()
  })

  test('no terminator: a page full of entries that all claim one record', () => {
    const files = changed(five, 'OBJECTS.DATA', (all, view) => {
      for (let at = page; at < page + PAGE_SIZE; at += 16) {
        view.setUint32(at, 77, true)
        view.setUint32(at + 4, 100, true)
        view.setUint32(at + 8, 8000, true)
        view.setUint32(at + 12, 0, true)
      }
      return all
    })
    expect(readObjects(alone(files)).codes).toContain('cim/record-missing')
  })

  test('a large record that runs past the last page, through an unmapped one, or into that of another', () => {
    const files = written([
      [filter('F'), commandLine('one', 'x'.repeat(20000)), commandLine('two', 'y'.repeat(20000))],
    ])
    const { name, objects } = newestMapping(files)
    const at = record('one', files).offset
    const logical = [...objects.physical].indexOf(Math.floor(at / PAGE_SIZE))
    const endless = changed(files, 'OBJECTS.DATA', setU32(at - 0x20 + 8, 0x7fffffff))
    expect(readObjects(alone(endless)).codes).toContain('cim/record-damaged')
    const unmapped = changed(files, name, setU32(24 + 24 * (logical + 1), 0xffffffff))
    const result = readObjects(alone(unmapped))
    expect(result.codes).toContain('cim/record-damaged')
    expect(summary(result.objects)).toContain('live root\\subscription __EventFilter.Name="F"')
    expect(summary(result.objects).some((line) => line.includes('"two"'))).toBe(true)
  })
})

describe('8. instances', () => {
  const { offset, size = 0 } = record('gamma')
  const part = offset + 144
  const heapLength = offset + size - heapSize(five, 'gamma') - 4
  test.each([
    ['length below the fixed part', part, 3],
    ['length beyond the record', part, 0x7fffffff],
    ['string beyond the heap', part + 9 + 2, 0x7ffffff0],
    ['string with a negative offset', part + 9 + 2, 0xfffffff0],
    ['dictionary number above 10', part + 9 + 2, 0x8000000b],
    ['heap length too long', heapLength, 0xffffffff],
    ['heap length zero', heapLength, 0x80000000],
    ['qualifier set length 0', heapLength - 5, 0],
    ['qualifier set beyond the end', heapLength - 5, 0x7fffffff],
  ])('%s', (_, at, value) => {
    const { objects, diagnostics } = readObjects(alone(changed(five, 'OBJECTS.DATA', setU32(at, value))))
    expect(
      diagnostics.some(({ at: where }) => where?.in === 'bytes' && where.source.endsWith('OBJECTS.DATA')),
    ).toBe(true)
    expect(objects.filter(({ className }) => className === '__EventFilter').length).toBeGreaterThanOrEqual(4)
  })

  test('property qualifiers: neither 1 nor 2, and a count of 0xFFFFFFFF', () => {
    for (const bytes of [[7], [2, 0xff, 0xff, 0xff, 0xff]]) {
      const files = changed(five, 'OBJECTS.DATA', setBytes(heapLength - 1, ...bytes))
      expect(readObjects(alone(files)).objects.length).toBeGreaterThanOrEqual(4)
    }
  })

  test('a string flag other than 0 and 1, or no terminator, costs that value only', () => {
    const query = find(five['OBJECTS.DATA'], 'SELECT gamma', offset)
    const flag = changed(five, 'OBJECTS.DATA', setBytes(query - 1, 9))
    const { objects, codes } = readObjects(alone(flag))
    const gamma = objects.find(({ path }) => path?.includes('gamma'))
    expect(codes).toEqual(['cim/value-damaged'])
    expect(gamma?.instance.properties.map(({ name }) => name)).not.toContain('Query')
    expect(gamma && cimProperty(gamma.instance, 'EventNamespace')).toBe('root\\cimv2')
  })

  test('an array that claims 4 billion elements, and one whose elements overlap endlessly', () => {
    const insertions = Array.from({ length: 900 }, () => 'x')
    const files = written([
      [put('NTEventLogEventConsumer', { Name: 'N', InsertionStringTemplates: insertions })],
    ])
    const [consumer] = readObjects(alone(files)).objects
    const start = consumer?.offset ?? 0
    const bytes = files['OBJECTS.DATA'] ?? new Uint8Array()
    const view = new DataView(bytes.buffer)
    let count = start
    while (view.getUint32(count, true) !== insertions.length) count += 1
    const huge = readObjects(alone(changed(files, 'OBJECTS.DATA', setU32(count, 0xffffffff))))
    expect(huge.codes).toContain('cim/value-damaged')
    const heap = start + (consumer?.size ?? 0) - heapSize(files, 'N')
    const overlapping = changed(files, 'OBJECTS.DATA', (all, writable) => {
      // Every element is the whole rest of the heap but for a byte more or less.
      all.fill(0x41, heap + 40, count - 2)
      for (let at = count + 4 + 900 * 4; at < start + (consumer?.size ?? 0) - 1; at += 1) all[at] = 0x41
      for (let index = 0; index < 900; index += 1) writable.setUint32(count + 4 + 4 * index, 0, true)
      return all
    })
    expect(readObjects(alone(overlapping)).objects.length).toBeGreaterThan(0)
  })
})

/** Size of the heap of the record whose key is this name: it ends the record behind its own length. */
function heapSize(files: WrittenRepository, name: string): number {
  const { offset, size = 0 } = record(name, files)
  const bytes = files['OBJECTS.DATA'] ?? new Uint8Array()
  const view = new DataView(bytes.buffer)
  for (let at = offset + 160; at < offset + size; at += 1) {
    const value = view.getUint32(at, true)
    if (value === 0x80000000 + (offset + size - at - 4)) return value - 0x80000000
  }
  throw new Error('no heap')
}

describe('9. classes', () => {
  const chain = (count: number): RepositoryChange[] =>
    Array.from({ length: count }, (_, index) => ({
      kind: 'class',
      namespace: SUBSCRIPTION,
      definition: {
        name: `K${index}`,
        superclass: index === 0 ? 'CommandLineEventConsumer' : `K${index - 1}`,
        properties: [],
      },
    }))

  test('a superclass chain that loops is reported, and other consumers are read', () => {
    const files = written([[...chain(2), put('K1', { Name: 'x' }), commandLine('C')]])
    // K0 is made its own ancestor: its superclass name becomes K1, padded by a shorter name's length.
    const definition = openRepository(alone(files), () => undefined).class(SUBSCRIPTION, 'K0')
    const looped = changed(files, 'OBJECTS.DATA', (all) => {
      const at = (definition?.offset ?? 0) + 4
      all.set(utf16('K1'), at)
      all.set([2], at - 4)
      return all
    })
    const { objects } = readObjects(alone(looped))
    expect(summary(objects)).toContain('live root\\subscription CommandLineEventConsumer.Name="C"')
  })

  test('a chain hundreds deep ends with a diagnostic', () => {
    const files = written([[...chain(200), put('K199', { Name: 'deep' }), put('K9', { Name: 'flat' })]])
    const { objects, codes } = readObjects(alone(files))
    expect(summary(objects)).toContain('live root\\subscription K9.Name="flat"')
    expect(codes).toContain('cim/class-damaged')
  })

  test('a property index or offset far beyond the table makes a diagnostic, not a wrong value', () => {
    const files = written([[...chain(1), put('K0', { Name: 'x' }), commandLine('C')]])
    const definition = openRepository(alone(files), () => undefined).class(
      SUBSCRIPTION,
      'CommandLineEventConsumer',
    )
    const start = definition?.offset ?? 0
    for (let at = start + 60; at < start + (definition?.size ?? 0); at += 7) {
      const broken = changed(files, 'OBJECTS.DATA', setU32(at, 0x7fffffff))
      for (const object of readObjects(alone(broken)).objects) {
        const template = cimProperty(object.instance, 'CommandLineTemplate')
        expect(
          template === undefined || template === 'calc.exe' || object.className === 'K0',
          `byte ${at - start}`,
        ).toBe(true)
      }
    }
  })
})

describe('11. and 13. times and SIDs', () => {
  test.each([0n, 0xffffffffffffffffn, 0x7fffffffffffffffn])(
    'FILETIME %i is given as it is and never throws',
    (ticks) => {
      const { offset } = record('gamma')
      const files = changed(five, 'OBJECTS.DATA', (_, view) => {
        view.setBigUint64(offset + 128, ticks, true)
        return undefined
      })
      expect(record('gamma', files).recordFiletimes?.[0]).toBe(ticks)
      expect(filetimeToIso(ticks)).toBeUndefined()
      expect(() => readTimeline(alone(files), () => undefined)).not.toThrow()
    },
  )

  test.each([[[]], [[1]], [[1, 255, 0, 0, 0, 0, 0, 5]], [new Array(28).fill(0)]])('CreatorSID %j', (sid) => {
    const files = written([[put('__EventFilter', { Name: 'F', CreatorSID: sid })]])
    const value = cimProperty(record('F', files).instance, 'CreatorSID')
    expect(value).toEqual(sid)
    expect(sidToText(value as number[])).toBeUndefined()
  })

  test('a CreatorSID that was never written is the class default, SYSTEM', () => {
    const value = cimProperty(record('gamma').instance, 'CreatorSID')
    expect(sidToText(value as number[])).toBe('S-1-5-18')
  })
})

test('12. names of any characters are kept as they are', () => {
  const odd = ['a"b', 'back\\slash', "it's", 'line\nbreak', '\u202eevil', '\ud800', '\x1b[31mred', 'ünï', '']
  const files = written([odd.map((name) => filter(name))])
  const { objects, diagnostics } = readObjects(alone(files))
  expect(diagnostics).toEqual([])
  expect(objects.map(({ instance }) => cimProperty(instance, 'Name')).sort()).toEqual([...odd].sort())
})

describe('16. carving bait', () => {
  const hash = utf16(nameHash('__EventFilter', 'vista'))
  function baited(size: number, step: number): Uint8Array {
    const bytes = new Uint8Array(size)
    for (let at = 0; at + 160 <= size; at += step) {
      bytes.set(hash, at)
      bytes.set([0, 0, 0, 0, 0, 0, 0xd8, 1, 0, 0, 0, 0, 0, 0, 0xd8, 1, 0xff, 0xff, 0x0f, 0], at + 128)
    }
    return bytes
  }

  test('a file full of false anchors, or of nothing but digits, is gone through once', () => {
    for (const bytes of [
      baited(1 << 20, 148),
      baited(1 << 20, 150),
      new Uint8Array(1 << 20).map((_, at) => (at % 2 === 0 ? 0x41 : 0)),
    ]) {
      const { objects, diagnostics } = readObjects({
        source: 'bait',
        evidence: {},
        objects: bytes,
        mappings: [],
      })
      expect(objects).toEqual([])
      expect(diagnostics.length).toBeLessThan(110)
    }
  })

  test('anchors at the last bytes of the file', () => {
    for (let cut = 1; cut < 170; cut += 1) {
      const bytes = baited(PAGE_SIZE, 148).slice(0, PAGE_SIZE - cut)
      expect(readObjects({ source: 'bait', evidence: {}, objects: bytes, mappings: [] }).objects).toEqual([])
    }
  })
})

describe('any mutation', () => {
  const history = written([
    [filter('F'), commandLine('C', 'x'.repeat(9000)), binding('F', 'C'), filter('漢字')],
    [remove('__FilterToConsumerBinding', bindingPaths('F', 'C')), filter('F', 'changed')],
    [put('__IntervalTimerInstruction', { TimerId: 't', IntervalBetweenEvents: 5 }, 'root\\CIMV2')],
  ])
  const fileNames = Object.keys(history)

  function readEverything(files: RepositoryFiles): void {
    const report = (): undefined => undefined
    readObjects(files)
    readTimeline(files, report)
    for (const _ of recoverInstances(files, report));
    try {
      const repository = openRepository(files, report)
      for (const { name } of repository.namespaces()) for (const _ of repository.classes(name));
      for (const _ of repository.instances());
    } catch (error) {
      expect(error).toBeInstanceOf(InputError)
    }
  }

  test('of one byte anywhere gives records and diagnostics, never an exception', () => {
    const place = fc.constantFrom(...fileNames).chain((name) =>
      fc.record({
        name: fc.constant(name),
        at: fc.nat((history[name]?.length ?? 1) - 1),
        value: fc.nat(255),
      }),
    )
    fc.assert(
      fc.property(place, ({ name, at, value }) => {
        readEverything(asFiles(changed(history, name, setBytes(at, value))))
      }),
      { numRuns: 100 },
    )
  })

  test('of bytes that carry structure', () => {
    // Most random bytes fall on padding; these fall on counts, offsets and lengths.
    const used = (name: string): number[] => {
      const bytes = history[name] ?? new Uint8Array()
      return Array.from(bytes.keys()).filter((at) => bytes[at] !== 0)
    }
    const places = fileNames.flatMap((name) => used(name).map((at) => ({ name, at })))
    const change = fc.record({
      place: fc.constantFrom(...places),
      value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let files: WrittenRepository = history
        for (const { place, value } of changes) files = changed(files, place.name, setBytes(place.at, value))
        readEverything(asFiles(files))
      }),
      { numRuns: 100 },
    )
  })

  test('files that are no repository at all', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.uint8Array({ maxLength: 3000 }),
        (objects, index) => {
          const mappings = [{ name: 'MAPPING1.MAP', bytes: index }]
          readEverything({ source: 'noise', evidence: {}, objects, index, mappings })
        },
      ),
      { numRuns: 60 },
    )
  })
})
