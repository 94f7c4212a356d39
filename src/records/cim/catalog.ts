import { type IndexKey, parseIndexKey, type RecordPlace } from './index-key.ts'
import { strayNodes } from './index-tree.ts'
import type { Layout } from './layout.ts'
import type { InstancePlace, Snapshot } from './snapshot.ts'

/** What all keys of an index say, by the questions that recovery asks. */
export interface Catalog {
  /** Class hash → where it is defined. */
  readonly classes: Map<string, { namespace: string; place: RecordPlace }[]>
  /** `class\key` hashes → instances with them, of any namespace. */
  readonly instances: Map<string, InstancePlace[]>
  /** `page.id` of every record that a key names, but for instances that are only listed under their key class. */
  readonly places: Set<string>
  /** `page.id` of instances as they are listed under their key class → namespace. */
  readonly keyed: Map<string, string>
  /** Logical page → size of the one large record that begins there. */
  readonly large: Map<number, number>
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
  if (key.kind === 'keyed-instance') catalog.keyed.set(`${place.page}.${place.id}`, key.namespace)
  else catalog.places.add(`${place.page}.${place.id}`)
  if (place.size > 8160) catalog.large.set(place.page, place.size)
  if (key.kind === 'class') push(catalog.classes, key.class, { namespace: key.namespace, place })
  else if (key.kind === 'instance') push(catalog.instances, `${key.class}\\${key.key}`, key)
}

function push<T>(map: Map<string, T[]>, id: string, value: T): void {
  const list = map.get(id)
  if (list === undefined) map.set(id, [value])
  else list.push(value)
}
