import { firstOnly, type Report } from '../../diagnostics/index.ts'
import { allInstances } from './catalog.ts'
import { PAGE_SIZE } from './layout.ts'
import { Carver } from './recover/carve.ts'
import { Remains } from './recover/remains.ts'
import { openSnapshots } from './repository.ts'
import type { Snapshot } from './snapshot.ts'
import { isSubscriptionClass, subscriptionInstancesIn } from './subscription-classes.ts'
import type { RepositoryFiles, RepositoryInstance, RepositoryObject } from './types.ts'

/**
 * Every object of the repository that matters to event subscriptions, in every namespace: filters, instances of
 * every class derived from `__EventConsumer`, bindings, timer instructions, `__EventConsumerProviderRegistration` and
 * the `__Win32Provider` they name; with or without a binding. Live objects first, then what only older mappings hold
 * (`recovered.from` is `older-mapping`), then remains found by their class hash.
 *
 * Where the index cannot be followed, OBJECTS.DATA is carved: what its pages' own tables list is then given as `live`
 * with `recovered.from` `carved`, since deleted and live cannot be told apart, and the report says so.
 */
export function readSubscriptionObjects(files: RepositoryFiles, report: Report): RepositoryObject[] {
  const limitedReport = firstOnly(report, { each: 100, code: 'cim/more' })
  if (files.objects === undefined || files.objects.length === 0) {
    limitedReport({
      code: 'cim/record-missing',
      severity: 'error',
      message: 'the repository has no OBJECTS.DATA, or it is empty, so it has no records',
      at: { in: 'file', source: files.source },
    })
    return []
  }
  const { current, older } = openSnapshots(files, limitedReport)
  if (current === undefined) {
    limitedReport({
      code: 'cim/carved-only',
      severity: 'warning',
      message: 'OBJECTS.DATA is read without its index: live and deleted objects cannot be told apart',
      at: { in: 'file', source: `${files.source}/OBJECTS.DATA` },
      hint: 'Collect INDEX.BTR and the MAPPING files of the same folder with it.',
    })
  }
  const carver = new Carver(files, current)
  const remains = new Remains(carver, current, limitedReport)
  if (current !== undefined) {
    const before = older.map((snapshot) => ({ snapshot, instances: subscriptionInstances(snapshot) }))
    for (const instance of liveInstances(current, carver)) {
      const lacking = before.find(({ instances }) => !instances.has(placeOf(instance)))?.snapshot
      remains.addLive(instance, current, { addedAfter: lacking?.mapping.generation })
    }
    for (const { snapshot, instances } of before) addOlder(remains, snapshot, instances.values(), current)
  }
  remains.addCarved(current)
  return remains.objects()
}

/** By ranges in every namespace, then whatever the whole index lists beyond: unexplained namespaces, lost `CR_` keys. */
function* liveInstances(snapshot: Snapshot, carver: Carver): Generator<RepositoryInstance> {
  const seen = new Set<number>()
  for (const namespace of snapshot.namespaces()) {
    for (const instance of subscriptionInstancesIn(snapshot, namespace)) {
      seen.add(instance.offset)
      yield instance
    }
  }
  const names = namesByHash(snapshot)
  let spoken: ReadonlyMap<string, string> | undefined
  const nameOf = (hash: string): string | undefined => {
    const name = names.get(hash)
    if (name !== undefined) return name
    spoken ??= namesInReferences(snapshot, carver)
    return spoken.get(hash)
  }
  const wanted = new Map<string, boolean>()
  for (const place of allInstances(carver.live)) {
    let want = wanted.get(`${place.namespace}\\${place.class}`)
    if (want === undefined) {
      const schema = snapshot.schema(place.namespace, place.class)
      want = schema !== undefined && isSubscriptionClass(schema.name, schema.superclasses)
      wanted.set(`${place.namespace}\\${place.class}`, want)
    }
    const offset = want ? snapshot.offsetOf(place.place) : undefined
    if (offset === undefined || seen.has(offset)) continue
    const instance = snapshot.decode(place, nameOf(place.namespace))
    if (instance === undefined) continue
    snapshot.report({
      code: 'cim/unindexed',
      severity: 'warning',
      message: `${instance.path} lies where the usual search of the index does not look`,
      at: { in: 'bytes', source: snapshot.store.source, offset: instance.offset },
    })
    yield instance
  }
}

/** Namespaces that Windows always has: should their parents be damaged, their hashes still name them. */
const WELL_KNOWN = [
  'root\\subscription',
  'root\\DEFAULT',
  'root\\CIMV2',
  'root\\WMI',
  'root\\Microsoft',
  'root\\StandardCimv2',
]

function namesByHash(snapshot: Snapshot): Map<string, string> {
  const names = new Map(WELL_KNOWN.map((name) => [snapshot.hash(name), name]))
  for (const { hash, name } of snapshot.namespaces()) if (name !== undefined) names.set(hash, name)
  return names
}

/** Names that reference records give in clear, where the hash proves them. */
function namesInReferences(snapshot: Snapshot, carver: Carver): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const paths of carver.references().values()) {
    for (const { namespace, namespaceHash } of paths) {
      if (namespace === undefined || names.has(namespaceHash)) continue
      if (snapshot.hash(namespace) === namespaceHash) names.set(namespaceHash, namespace)
    }
  }
  return names
}

/** Subscription objects of an older generation by namespace and path. */
function subscriptionInstances(snapshot: Snapshot): ReadonlyMap<string, RepositoryInstance> {
  const found = new Map<string, RepositoryInstance>()
  for (const namespace of snapshot.namespaces())
    for (const instance of subscriptionInstancesIn(snapshot, namespace))
      found.set(placeOf(instance), instance)
  return found
}

function placeOf({ namespace, path }: RepositoryInstance): string {
  return `${namespace ?? '?'}:${path}`.toLowerCase()
}

function addOlder(
  remains: Remains,
  snapshot: Snapshot,
  instances: Iterable<RepositoryInstance>,
  current: Snapshot,
): void {
  const live = new Set(current.mapping.objects.physical)
  for (const instance of instances) {
    // A page that this generation had and the current one has too may still be live below a damaged index.
    const samePlace =
      live.has(Math.floor(instance.offset / PAGE_SIZE)) &&
      current.holdsAt(instance.logicalPage, instance.offset)
    if (samePlace && current.tree.damaged) remains.addLive(instance, current, { through: snapshot })
    else remains.addOlder(instance, snapshot)
  }
}
