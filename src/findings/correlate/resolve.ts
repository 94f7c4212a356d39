import { baseName } from '../observe/index.ts'
import { NAMELESS } from './hosts.ts'
import type { Item } from './item.ts'
import { showsPart } from './item.ts'
import { comparable, comparableQuery } from './text.ts'

/** Stock content is on every host and says nothing about which one. Source: KNOWN-GOOD KG-1, KG-2. */
export const STOCK_NAMES: ReadonlySet<string> = new Set([
  'scm event log filter',
  'scm event log consumer',
  'bvtfilter',
  'bvtconsumer',
])

/**
 * Gives evidence that names no host (a repository folder, a MOF file, a listing) the host whose own records hold the
 * same subscription, when there is exactly one. The pieces of one file go together: one distinctive object is enough
 * for all of them, and contradicting ones leave the file on a machine of its own that has no name.
 */
export function assignHosts(items: readonly Item[]): void {
  const holders = new Map<string, Set<string>>()
  const compilers = new Map<string, Set<string>>()
  for (const item of items) {
    if (item.host === '') continue
    for (const signature of signatures(item)) addTo(holders, signature, item.host)
    const mof = item.observation.context?.mofPath
    if (mof !== undefined) addTo(compilers, baseName(mof), item.host)
  }
  const files = new Map<string, Item[]>()
  for (const item of items) {
    if (item.host !== '') continue
    const { evidence } = item.observation.sighting
    const file = files.get(evidence)
    if (file === undefined) files.set(evidence, [item])
    else file.push(item)
  }
  const parts = listingParts(files)
  for (const [evidence, file] of files) {
    const hosts = new Set<string>()
    for (const item of file) {
      const { source } = item.observation.sighting
      const candidates = signatures(item).map((signature) => holders.get(signature))
      if (source === 'mof') candidates.push(compilers.get(baseName(item.observation.context?.mofPath)))
      for (const found of candidates) {
        if (found?.size === 1) for (const host of found) hosts.add(host)
      }
    }
    const [host] = hosts
    const key = hosts.size === 1 && host !== undefined ? host : NAMELESS + (parts.get(evidence) ?? evidence)
    for (const item of file) item.host = key
  }
}

/**
 * Listings are often saved a class a file: filters, consumers, bindings. A file of filters or of consumers alone goes to
 * the one file whose bindings name its objects and that does not hold them itself; where two could mean it, it stays alone.
 */
function listingParts(files: ReadonlyMap<string, readonly Item[]>): ReadonlyMap<string, string> {
  const named = new Map<string, Set<string>>()
  for (const [evidence, file] of files) {
    const bindings = file.filter(({ observation }) => observation.binding !== undefined)
    const own = new Set(file.flatMap(objectsShown))
    for (const item of bindings) {
      for (const object of [`filter\0${item.filter}`, `consumer\0${item.consumerClass}\0${item.consumer}`]) {
        if (!own.has(object)) addTo(named, object, evidence)
      }
    }
  }
  const parts = new Map<string, string>()
  for (const [evidence, file] of files) {
    if (
      file.some(({ observation }) => observation.binding !== undefined || observation.operation !== 'present')
    )
      continue
    const wanted = new Set(file.flatMap(objectsShown).flatMap((object) => [...(named.get(object) ?? [])]))
    const [one] = wanted
    if (wanted.size === 1 && one !== undefined) parts.set(evidence, one)
  }
  return parts
}

function objectsShown(item: Item): readonly string[] {
  return [
    ...(showsPart(item, 'filter') ? [`filter\0${item.filter}`] : []),
    ...(showsPart(item, 'consumer') ? [`consumer\0${item.consumerClass}\0${item.consumer}`] : []),
  ]
}

/** A source that tells a consumer's name and no class means the one consumer of that name that has one. */
export function assignClasses(items: readonly Item[]): void {
  const known = new Map<string, Set<string>>()
  const keyOf = (item: Item): string => [item.host, item.namespace, item.consumer].join('\0')
  for (const item of items) {
    if (item.consumer !== '' && item.consumerClass !== '') addTo(known, keyOf(item), item.consumerClass)
  }
  for (const item of items) {
    if (item.consumer === '' || item.consumerClass !== '') continue
    const classes = known.get(keyOf(item))
    const [one] = classes ?? []
    if (classes?.size === 1 && one !== undefined) item.consumerClass = one
  }
}

/** Content by which an object is recognised again on another carrier. */
function signatures(item: Item): string[] {
  const { filter, consumer } = item.observation
  const found: string[] = []
  if (filter?.query !== undefined && item.filter !== '' && !STOCK_NAMES.has(item.filter)) {
    found.push(['filter', item.filter, comparableQuery(filter.query)].join('\0'))
  }
  if (item.consumer !== '' && !STOCK_NAMES.has(item.consumer) && showsPart(item, 'consumer')) {
    const payload = [
      'CommandLineTemplate',
      'ExecutablePath',
      'ScriptText',
      'ScriptFileName',
      'Text',
      'SourceName',
    ]
      .map((name) => comparable(consumer?.properties[name]))
      .join('\0')
    if (payload.replaceAll('\0', '') !== '') found.push(['consumer', item.consumer, payload].join('\0'))
  }
  return found
}

/**
 * Attempts and remains that do not tell a namespace mean the object of that name that the host has, when all of its
 * objects of that name are in one namespace.
 */
export function assignNamespaces(items: readonly Item[]): void {
  const known = new Map<string, Set<string>>()
  for (const item of items) {
    if (item.namespace === '') continue
    for (const key of nameKeys(item)) addTo(known, key, item.namespace)
  }
  for (const item of items) {
    if (item.namespace !== '') continue
    const namespaces = new Set(nameKeys(item).flatMap((key) => [...(known.get(key) ?? [])]))
    const [namespace] = namespaces
    if (namespaces.size === 1 && namespace !== undefined) item.namespace = namespace
  }
}

function nameKeys(item: Item): string[] {
  const keys: string[] = []
  if (item.filter !== '') keys.push(['f', item.host, item.filter].join('\0'))
  if (item.consumer !== '') keys.push(['c', item.host, item.consumer].join('\0'))
  return keys
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}
