import type { CimValue } from '../../lang/cim-value.ts'
import { normalizeNamespace } from '../../lang/object-path.ts'
import type { SubscriptionFacts } from '../model.ts'
import { analysePayload, inFolder, normalPath, type PayloadLists, pathsInText } from '../payload/index.ts'
import { creatorSid, isDefaultValue, normalQuery } from './fingerprint.ts'
import { deceptiveCharacters, foldName } from './names.ts'
import type { KnownGoodContent, KnownGoodEntry, VendorEntry } from './types.ts'

/** How a subscription relates to the known-good one whose name it bears. */
export interface KnownGoodMatch {
  readonly entry: KnownGoodEntry
  /** `exact`: the whole object agrees. `partly`: all that was seen agrees, but not all was seen. `differs`: impersonation. */
  readonly kind: 'exact' | 'partly' | 'differs'
  /** What differs, in plain words. */
  readonly differences: readonly string[]
}

/** Sources that give an object with all its properties; the others give some of them. */
const WHOLE_SOURCES = ['wmi-activity', 'defender', 'repository', 'mof', 'file']
const IGNORED = ['name', 'creatorsid', 'maximumqueuesize', 'machinename', 'killtimeout']

/** The comparison of one subscription with one entry, collecting what differs and what was not seen. */
class Comparison {
  readonly differences: string[] = []
  unseen = false

  field(what: string, seen: string | undefined, wanted: string): void {
    if (seen === undefined) this.unseen = true
    else if (seen !== wanted) this.differences.push(what)
  }
}

function sameValue(seen: CimValue | undefined, wanted: CimValue): boolean {
  if (isDefaultValue(seen) && isDefaultValue(wanted)) return true
  return String(seen ?? '') === String(wanted ?? '')
}

function compareConsumer(facts: SubscriptionFacts, entry: KnownGoodEntry, to: Comparison): void {
  const { consumer } = facts
  to.field("the consumer's class", consumer?.class?.toLowerCase(), entry.consumer.class.toLowerCase())
  to.field("the consumer's name", consumer?.name?.toLowerCase(), entry.consumer.name.toLowerCase())
  const seen = new Map(
    Object.entries(consumer?.properties ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const whole =
    facts.sightings.length === 0 ||
    facts.sightings.some(
      (sighting) => WHOLE_SOURCES.includes(sighting.source) && sighting.shows.includes('consumer'),
    )
  const isEmpty = [...seen].every(([name, value]) => IGNORED.includes(name) || isDefaultValue(value))
  const expected = { ...entry.consumer.defaults, ...entry.consumer.properties }
  const names = new Set<string>()
  for (const [name, wanted] of Object.entries(expected)) {
    const lower = name.toLowerCase()
    names.add(lower)
    if (!seen.has(lower) && (isEmpty || !whole)) to.unseen = true
    else if (!sameValue(seen.get(lower), wanted)) to.differences.push(`the consumer's ${name}`)
  }
  for (const [name, value] of seen) {
    if (names.has(name) || IGNORED.includes(name) || name.startsWith('__') || isDefaultValue(value)) continue
    to.differences.push(`the consumer has a value in ${name}`)
  }
}

function compare(facts: SubscriptionFacts, entry: KnownGoodEntry): Comparison {
  const to = new Comparison()
  const { filter } = facts
  const namespace = facts.namespace === undefined ? undefined : normalizeNamespace(facts.namespace)
  // A listing that does not tell the namespace was made of root\subscription, the only one that tools list by default.
  if (namespace !== undefined) to.field('the namespace', namespace, entry.namespace)
  to.field("the filter's name", filter?.name?.toLowerCase(), entry.filter.name.toLowerCase())
  to.field(
    "the filter's query",
    filter?.query === undefined ? undefined : normalQuery(filter.query),
    normalQuery(entry.filter.query),
  )
  const eventNamespace =
    filter?.eventNamespace === undefined ? undefined : normalizeNamespace(filter.eventNamespace)
  to.field("the filter's event namespace", eventNamespace, entry.filter.eventNamespace)
  if (filter?.queryLanguage !== undefined) {
    to.field("the filter's query language", filter.queryLanguage.toUpperCase(), entry.filter.queryLanguage)
  }
  if (filter?.eventAccess !== undefined && filter.eventAccess !== '')
    to.differences.push("the filter's EventAccess")
  compareConsumer(facts, entry, to)
  for (const [what, text] of [
    ['who created the filter', filter?.creatorSid],
    ['who created the consumer', facts.consumer?.creatorSid],
    ['who created the binding', facts.binding?.creatorSid],
  ] as const) {
    const sid = creatorSid(text)
    if (sid === undefined) continue
    const { exactly, rid } = entry.creator
    const isRight =
      exactly?.includes(sid) ?? (rid !== undefined && new RegExp(`^S-1-5-21-.*-${rid}$`).test(sid))
    if (!isRight) to.differences.push(what)
  }
  return to
}

/**
 * The known-good entry whose name or query the subscription bears, and whether it is that one. Names are compared
 * folded, so that a look-alike letter or a double space is found to be an impersonation rather than another name.
 * `undefined`: the subscription has nothing to do with any entry.
 */
export function matchKnownGood(
  facts: SubscriptionFacts,
  content: KnownGoodContent,
): KnownGoodMatch | undefined {
  const names = [facts.filter?.name, facts.consumer?.name].filter((name) => name !== undefined)
  for (const entry of content.entries) {
    const stock = [entry.filter.name, entry.consumer.name].map(foldName)
    const bears = names.some((name) => stock.includes(foldName(name)))
    const isNamelessStock =
      names.length === 0 &&
      facts.filter?.query !== undefined &&
      normalQuery(facts.filter.query) === normalQuery(entry.filter.query)
    if (!bears && !isNamelessStock) continue
    const result = compare(facts, entry)
    const deceptive = names.map(deceptiveCharacters).find((what) => what !== undefined)
    if (deceptive !== undefined) result.differences.unshift(`the name has ${deceptive}`)
    if (result.differences.length > 0) return { entry, kind: 'differs', differences: result.differences }
    const isWhole = !result.unseen && facts.complete
    return { entry, kind: isWhole ? 'exact' : 'partly', differences: [] }
  }
  return undefined
}

/**
 * The vendor whose published subscription this is in class, names and payload folder. Nothing else in the payload may
 * run or fetch: a script that names the vendor's program and another one is not the vendor's.
 */
export function matchVendor(
  facts: SubscriptionFacts,
  content: KnownGoodContent,
  lists: PayloadLists,
): VendorEntry | undefined {
  const { filter, consumer } = facts
  const has = (list: readonly string[], value: string | undefined): boolean =>
    value !== undefined && list.some((item) => item.toLowerCase() === value.toLowerCase())
  const vendor = content.vendors.find(
    (entry) =>
      has(entry.classes, consumer?.class) &&
      has(entry.filters, filter?.name) &&
      has(entry.consumers, consumer?.name),
  )
  if (vendor === undefined) return undefined
  const payload = analysePayload(consumer, lists)
  const harmless = ['payload/memory-code', 'payload/relative', 'payload/unquoted']
  if (payload.hidesCode || payload.reachesOut || payload.features.some(({ id }) => !harmless.includes(id)))
    return undefined
  const texts = [payload.text, ...payload.layers.map((layer) => layer.text)]
  const programs = texts
    .flatMap(pathsInText)
    .filter((path) => /\.(?:exe|com|dll|bat|cmd|ps1|vbs|js|hta|scr)$/i.test(path))
  const isOnlyVendors =
    programs.length > 0 && programs.every((path) => inFolder(normalPath(path), vendor.folders))
  return isOnlyVendors ? vendor : undefined
}
