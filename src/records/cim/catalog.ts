import { type IndexKey, parseIndexKey } from './index-key.ts'
import { strayNodes } from './index-tree.ts'
import type { Layout } from './layout.ts'
import type { InstancePlace, Snapshot } from './snapshot.ts'

/** What all keys of an index say, by the questions that recovery asks. */
export interface Catalog {
  /** Class hash → hashes of the namespaces that define it. */
  readonly classes: Map<string, string[]>
  /** Class hash → key hash → instances with them, of any namespace. */
  readonly instances: Map<string, Map<string, InstancePlace[]>>
  /** Every record that a key names, but for instances that are only listed under their key class. */
  readonly places: Set<number>
  /** Instances as they are listed under their key class → namespace. */
  readonly keyed: Map<number, string>
  /** Logical page → size of the one large record that begins there. */
  readonly large: Map<number, number>
}

/** A record's page and id as one number. */
export function placeNumber(page: number, id: number): number {
  return page * 2 ** 32 + id
}

/** Instances with this class and key, of any namespace. */
export function instancesWith(
  catalog: Catalog,
  classHash: string,
  key: string | undefined,
): readonly InstancePlace[] {
  return (key === undefined ? undefined : catalog.instances.get(classHash)?.get(key)) ?? []
}

export function* allInstances(catalog: Catalog): Generator<InstancePlace> {
  for (const keys of catalog.instances.values()) for (const places of keys.values()) yield* places
}

export function emptyCatalog(): Catalog {
  return { classes: new Map(), instances: new Map(), places: new Set(), keyed: new Map(), large: new Map() }
}

/** Walks the whole tree of a snapshot once. */
export function readCatalog(snapshot: Snapshot): Catalog {
  const catalog = emptyCatalog()
  for (const key of snapshot.keys('')) addKey(catalog, key)
  return catalog
}

/** Keys left in pages of INDEX.BTR that the mapping does not name (all pages when there is no mapping). */
export function readStrayCatalog(index: Uint8Array, layout: Layout, mapped: ReadonlySet<number>): Catalog {
  const catalog = emptyCatalog()
  for (const node of strayNodes(index, layout, mapped)) {
    for (const text of node.keys) {
      const key = text === '' ? undefined : parseIndexKey(text)
      if (key !== undefined) addKey(catalog, key)
    }
  }
  return catalog
}

function addKey(catalog: Catalog, key: IndexKey): void {
  if (key.kind === 'subclass' || key.kind === 'class-reference') return
  const { place } = key
  const number = placeNumber(place.page, place.id)
  if (key.kind === 'keyed-instance') catalog.keyed.set(number, key.namespace)
  else catalog.places.add(number)
  if (place.size > 8160) catalog.large.set(place.page, place.size)
  if (key.kind === 'class') push(catalog.classes, key.class, key.namespace)
  if (key.kind !== 'instance') return
  let keys = catalog.instances.get(key.class)
  if (keys === undefined) {
    keys = new Map()
    catalog.instances.set(key.class, keys)
  }
  push(keys, key.key, key)
}

function push<T>(map: Map<string, T[]>, id: string, value: T): void {
  const list = map.get(id)
  if (list === undefined) map.set(id, [value])
  else list.push(value)
}
