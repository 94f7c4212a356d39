import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { sidToText } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { cimProperty } from '../../lang/cim-value.ts'
import { openRepository, readSubscriptionObjects, recoverInstances } from './index.ts'
import type { RepositoryFiles, RepositoryInstance } from './types.ts'

const zipPath = sharedPath('evidence/data/wbem/wbem-w10-aptsimulator.zip')
const truthPath = sharedPath('cim/truth-w10.json')

interface TruthObject {
  readonly namespace: string
  readonly cls: string
  readonly superclasses: readonly string[]
  readonly relpath: string
  readonly key_properties: readonly string[]
  readonly creator_sid: string | null
  readonly instance_filetime: string
  readonly class_filetime: string
  readonly properties: Readonly<Record<string, { type: string; state: string; value: unknown }>>
  readonly location: {
    readonly logical_page: number
    readonly record_id: number
    readonly file_offset: number
    readonly size: number
    readonly last_write_generation: number
  }
}

interface Truth {
  readonly namespaces: Readonly<
    Record<
      string,
      {
        readonly class_definitions: number
        readonly instances: number
        readonly instances_by_class: Readonly<Record<string, number>>
      }
    >
  >
  readonly totals: { readonly class_definitions: number; readonly instances: number }
  readonly subscriptions: Readonly<Record<string, readonly TruthObject[]>>
  readonly consumer_classes: readonly {
    readonly namespace: string
    readonly cls: string
    readonly superclasses: readonly string[]
  }[]
  readonly deletion_scenarios: readonly {
    readonly remove: readonly string[]
    readonly current: string
    readonly recoverable: readonly {
      readonly namespace: string
      readonly cls: string
      readonly file_offset: number
      readonly size: number
      readonly instance_filetime: string
    }[]
    readonly live: readonly string[]
  }[]
  readonly stale_instances: {
    readonly classes: readonly string[]
    readonly regions: readonly string[]
    readonly statuses: readonly string[]
    readonly rows: readonly (readonly [number, number, number, number, number, string, number])[]
  }
}

/** Members of the evidence zip, which is plain deflate with sizes in its local headers. */
function unzip(path: string): Map<string, Uint8Array> {
  const zip = readFileSync(path)
  const members = new Map<string, Uint8Array>()
  let at = 0
  while (zip.readUInt32LE(at) === 0x04034b50) {
    const method = zip.readUInt16LE(at + 8)
    const size = zip.readUInt32LE(at + 18)
    const nameEnd = at + 30 + zip.readUInt16LE(at + 26)
    const start = nameEnd + zip.readUInt16LE(at + 28)
    const name = zip.toString('latin1', at + 30, nameEnd)
    const data = zip.subarray(start, start + size)
    members.set(name.split('/').pop() ?? name, new Uint8Array(method === 8 ? inflateRawSync(data) : data))
    at = start + size
  }
  return members
}

describe.skipIf(zipPath === undefined || truthPath === undefined)('evidence wbem-w10', () => {
  let members: Map<string, Uint8Array>
  let truth: Truth
  let diagnostics: Diagnostic[]
  const report = (diagnostic: Diagnostic): number => diagnostics.push(diagnostic)

  function files(without: readonly string[] = []): RepositoryFiles {
    diagnostics = []
    const mappings = [...members]
      .filter(([name]) => name.startsWith('MAPPING') && !without.includes(name))
      .map(([name, bytes]) => ({ name, bytes }))
    return {
      source: 'wbem-w10',
      evidence: {},
      objects: members.get('OBJECTS.DATA') ?? new Uint8Array(),
      index: members.get('INDEX.BTR') ?? new Uint8Array(),
      mappings,
    }
  }

  beforeAll(() => {
    members = unzip(zipPath ?? '')
    truth = JSON.parse(readFileSync(truthPath ?? '', 'utf8')) as Truth
  })

  test('every namespace has the truth’s number of classes and instances', () => {
    const repository = openRepository(files(), report)
    expect(repository.current).toEqual({ mapping: 'MAPPING3.MAP', version: 21353, generation: 391 })
    expect(repository.older.map(({ generation }) => generation)).toEqual([390, 389])
    const expected = Object.entries(truth.namespaces).map(([name, counts]) => ({
      name,
      classDefinitions: counts.class_definitions,
      instances: counts.instances,
    }))
    expect(repository.namespaces()).toEqual(expected)
    expect(diagnostics).toEqual([])
  })

  test('all classes and instances decode without one diagnostic', () => {
    const repository = openRepository(files(), report)
    let classes = 0
    for (const [namespace, counts] of Object.entries(truth.namespaces)) {
      for (const _ of repository.classes(namespace)) classes += 1
      const byClass: Record<string, number> = {}
      for (const { className } of repository.instances({ namespace }))
        byClass[className] = (byClass[className] ?? 0) + 1
      expect(byClass, namespace).toEqual(counts.instances_by_class)
    }
    expect(classes).toBe(truth.totals.class_definitions)
    expect(diagnostics).toEqual([])
  })

  test('the consumer classes of every namespace are found through what they derive from', () => {
    const repository = openRepository(files(), report)
    const found = repository
      .namespaces()
      .flatMap(({ name }) => [...repository.classes(name)])
      .filter(
        ({ superclasses, namespace }) =>
          superclasses.includes('__EventConsumer') && namespace !== '__SystemClass',
      )
      .map(({ namespace, name, superclasses }) => ({ namespace, cls: name, superclasses }))
    const order = (a: { namespace: string; cls: string }, b: { namespace: string; cls: string }): number =>
      `${a.namespace} ${a.cls}` < `${b.namespace} ${b.cls}` ? -1 : 1
    expect(found.sort(order)).toEqual([...truth.consumer_classes].sort(order))
  })

  test('filters, consumers, bindings, timers and registrations have all the properties of the truth', () => {
    const live = [...openRepository(files(), report).subscriptions()]
    const expected = Object.values(truth.subscriptions).flat()
    const found = live.filter(({ className }) => className !== '__Win32Provider')
    expect(found.length).toBe(expected.length)
    for (const object of expected) {
      const instance = found.find(({ offset }) => offset === object.location.file_offset)
      expect(instance, object.relpath).toBeDefined()
      if (instance !== undefined) expectSame(instance, object)
    }
  })

  function expectSame(instance: RepositoryInstance, object: TruthObject): void {
    const properties = Object.fromEntries(
      instance.properties.map(({ name, type, state, value }) => [name, { type, state, value }]),
    )
    expect(properties).toEqual(object.properties)
    expect(instance).toMatchObject({
      namespace: object.namespace,
      className: object.cls,
      superclasses: object.superclasses,
      path: object.relpath,
      keyProperties: object.key_properties,
      logicalPage: object.location.logical_page,
      recordId: object.location.record_id,
      size: object.location.size,
      writtenGeneration: object.location.last_write_generation,
      writeFiletime: BigInt(object.instance_filetime),
      classFiletime: BigInt(object.class_filetime),
    })
    const sid = cimProperty(instance, 'CreatorSID')
    if (object.creator_sid !== null) expect(sidToText(sid as number[])).toBe(object.creator_sid)
  }

  test('with all mappings every subscription object is live and nothing is invented', () => {
    const objects = readSubscriptionObjects(files(), report)
    expect(objects.every(({ state, recovered }) => state === 'live' && recovered === undefined)).toBe(true)
    const added = objects.filter(({ addedAfterGeneration }) => addedAfterGeneration !== undefined)
    expect(added.map(({ offset, addedAfterGeneration }) => [offset, addedAfterGeneration])).toEqual([
      [1212888, 390],
      [1213236, 390],
      [1213948, 390],
    ])
    expect(objects.filter(({ className }) => className !== '__Win32Provider').length).toBe(
      Object.values(truth.subscriptions).flat().length,
    )
    expect(diagnostics).toEqual([])
  })

  test('without the newest mappings the removed subscription is recovered, marked so, with its namespace', () => {
    for (const scenario of truth.deletion_scenarios) {
      const objects = readSubscriptionObjects(files(scenario.remove), report)
      expect(openRepository(files(scenario.remove), report).current.mapping).toBe(scenario.current)
      const removed = objects.filter(({ state }) => state !== 'live')
      const byOffset = (a: { offset: number }, b: { offset: number }): number => a.offset - b.offset
      expect(
        removed
          .map(({ namespace, className, offset, size, recordFiletimes }) => ({
            namespace,
            className,
            offset,
            size,
            filetime: String(recordFiletimes?.[0]),
          }))
          .sort(byOffset),
      ).toEqual(
        scenario.recoverable
          .map((object) => ({
            namespace: object.namespace,
            className: object.cls,
            offset: object.file_offset,
            size: object.size,
            filetime: object.instance_filetime,
          }))
          .sort(byOffset),
      )
      for (const { state, recovered } of removed) {
        expect(state).toBe('removed')
        expect(recovered).toMatchObject({ from: 'free-page', confidence: 'high' })
      }
      const live = objects.filter(
        (object) => object.state === 'live' && /Filter|Consumer$/.test(object.className),
      )
      expect(live.filter(({ className }) => !className.startsWith('__Event')).length + 1).toBe(
        scenario.live.length,
      )
    }
  })

  test('OBJECTS.DATA alone yields the same subscriptions, with namespaces from reference records', () => {
    const { objects = new Uint8Array() } = files()
    const found = readSubscriptionObjects({ source: 'alone', evidence: {}, objects, mappings: [] }, report)
    const malicious = found.filter(({ path }) => /KillProcess|ProcessStartTrigger/.test(path ?? ''))
    expect(malicious.map(({ className, offset, namespace }) => [className, offset, namespace])).toEqual([
      ['__EventFilter', 1212888, 'root\\subscription'],
      ['ActiveScriptEventConsumer', 1213236, 'root\\subscription'],
      ['__FilterToConsumerBinding', 1213948, 'root\\subscription'],
    ])
    expect(malicious.every(({ recovered }) => recovered?.from === 'carved')).toBe(true)
    expect(diagnostics.map(({ code }) => code)).toEqual(['cim/carved-only'])
  })

  test('every stale instance of the truth is carved, and no other', () => {
    const { rows, classes, regions } = truth.stale_instances
    const found = [...recoverInstances(files(), report)].map((carved) => [
      carved.instance.offset,
      carved.instance.className,
      carved.region === 'free-page'
        ? 'unallocated'
        : carved.continuation
          ? 'continuation-slack'
          : carved.region,
      carved.instance.size,
      String(carved.instance.writeFiletime),
      carved.identicalToLive ? 1 : 0,
    ])
    const expected = rows.map(([offset, cls, region, , length, filetime, identical]) => [
      offset,
      classes[cls],
      regions[region],
      length,
      filetime,
      identical,
    ])
    expect(found).toEqual(expected)
  })
})
