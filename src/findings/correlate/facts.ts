import type { CimValue } from '../../lang/cim-value.ts'
import type { BindingFacts, ConsumerFacts, FilterFacts, Observation } from '../model.ts'
import type { Node } from './graph.ts'
import { compareItems, type Item, showsPart } from './item.ts'
import { comparableQuery, sameContent } from './text.ts'

/** Properties in which a consumer's payload stands; the rest of an object is settings. Source: KNOWN-GOOD section 3. */
const PAYLOAD = [
  ...['CommandLineTemplate', 'ExecutablePath', 'ScriptText', 'ScriptFileName', 'Filename', 'Text'],
  ...['SMTPServer', 'ToLine', 'Subject', 'Message', 'SourceName', 'InsertionStringTemplates'],
]

/** Content that an object had before, and since when it is seen no more. */
export interface Earlier {
  readonly filter?: FilterFacts
  readonly consumer?: ConsumerFacts
  readonly when?: string
}

/** A merged object: its last content, what it held before, and whether that changed while being watched. */
export interface Merged<T> {
  readonly facts: T | undefined
  readonly earlier: readonly Earlier[]
}

/** The filter of a node as its best sources tell it. */
export function mergeFilter(node: Node | undefined): Merged<FilterFacts> {
  if (node === undefined) return { facts: undefined, earlier: [] }
  const versions = versionsOf(node, 'filter', ({ filter }) => filter, sameFilter)
  const merged = mergeRanked(versions.current, (item) => item.observation.filter)
  const name = nameOf(node, (item) => item.observation.filter?.name)
  return {
    facts: { ...(name === undefined ? {} : { name }), ...merged },
    earlier: versions.earlier.map((items) => ({
      filter: mergeRanked(items, (item) => item.observation.filter),
      ...whenOf(items),
    })),
  }
}

/** The consumer of a node as its best sources tell it. */
export function mergeConsumer(node: Node | undefined): Merged<ConsumerFacts> {
  if (node === undefined) return { facts: undefined, earlier: [] }
  const versions = versionsOf(node, 'consumer', ({ consumer }) => consumer, sameConsumer)
  const name = nameOf(node, (item) => item.observation.consumer?.name)
  return {
    facts: { ...(name === undefined ? {} : { name }), ...consumerOf(versions.current, node) },
    earlier: versions.earlier.map((items) => ({ consumer: consumerOf(items, node), ...whenOf(items) })),
  }
}

/** The binding of a node; a real object path is preferred to the short form of 5861. */
export function mergeBinding(node: Node | undefined): BindingFacts | undefined {
  if (node === undefined) return undefined
  const items = [...node.items].sort((a, b) => bindingRank(a) - bindingRank(b) || compareItems(a, b))
  return mergeRanked(items, (item) => item.observation.binding)
}

function bindingRank({ observation, attempt }: Item): number {
  if (attempt) return 3
  return /__EventFilter/i.test(observation.binding?.filter ?? '') ? 0 : 1
}

function consumerOf(items: readonly Item[], node: Node): ConsumerFacts {
  const ranked = byRank(items)
  const base = mergeRanked(ranked, (item) => {
    const { properties: _properties, ...rest } = item.observation.consumer ?? { properties: {} }
    return rest
  })
  const properties: Record<string, CimValue> = Object.create(null)
  for (const item of ranked) {
    for (const [name, value] of Object.entries(item.observation.consumer?.properties ?? {})) {
      const known = properties[name]
      if (known === undefined) properties[name] = value
      // Sources collapse blanks and cut: of equal contents the longer text is the original.
      else if (
        typeof known === 'string' &&
        typeof value === 'string' &&
        value.length > known.length &&
        !item.attempt
      ) {
        if (sameContent(known, value)) properties[name] = value
      }
    }
  }
  const className =
    base.class ??
    node.spelled?.class ??
    node.items.find((item) => item.observation.consumer?.class)?.observation.consumer?.class
  return { ...base, ...(className === undefined ? {} : { class: className }), properties: { ...properties } }
}

interface Versions {
  readonly current: readonly Item[]
  readonly earlier: readonly (readonly Item[])[]
}

/**
 * Observations of an object grouped by content, in the order in which the contents followed each other: remains, then
 * events by time, then listings of the present state. Attempts are no versions: they fill gaps of the last one, and only
 * where no source shows the whole object.
 */
function versionsOf<T>(
  node: Node,
  part: 'filter' | 'consumer',
  select: (observation: Observation) => T | undefined,
  same: (a: T, b: T) => boolean,
): Versions {
  const shown = node.items.filter((item) => showsPart(item, part))
  const real = shown.filter((item) => !item.attempt).sort((a, b) => order(a) - order(b) || compareItems(a, b))
  const attempts = shown.filter((item) => item.attempt)
  const groups: { sample: T; items: Item[] }[] = []
  for (const item of real) {
    const content = select(item.observation)
    if (content === undefined) continue
    const last = groups.at(-1)
    if (last !== undefined && same(last.sample, content)) last.items.push(item)
    else groups.push({ sample: content, items: [item] })
  }
  const current = groups.at(-1)
  if (current === undefined) return { current: byRank(attempts), earlier: [] }
  const whole = current.items.some(isWhole)
  const earlier = groups.slice(0, -1)
  const distinct = earlier.filter(
    (group, index) =>
      !same(group.sample, current.sample) &&
      earlier.findIndex((other) => same(other.sample, group.sample)) === index,
  )
  // An object that went A, B, A has A's observations in its last version too.
  const again = earlier.filter((group) => same(group.sample, current.sample)).flatMap((group) => group.items)
  return {
    current: [...byRank([...current.items, ...again]), ...(whole ? [] : byRank(attempts))],
    earlier: distinct.map((group) => byRank(group.items)),
  }
}

/** 5861, the repository and listings show every property that is set; Sysmon shows only some. */
function isWhole({ observation }: Item): boolean {
  return observation.sighting.source !== 'sysmon' && observation.sighting.source !== 'powershell'
}

function order({ observation }: Item): number {
  if (observation.sighting.recovered === true && observation.timeFiletime === undefined) return 0
  return observation.operation === 'present' && observation.timeFiletime === undefined ? 2 : 1
}

const RANK: Readonly<Record<string, number>> = {
  repository: 0,
  'wmi-activity': 1,
  defender: 1,
  sysmon: 2,
  security: 3,
  powershell: 3,
  mof: 3,
  file: 4,
}

function byRank(items: readonly Item[]): Item[] {
  const rank = (item: Item): number =>
    (item.attempt ? 10 : 0) +
    (item.observation.sighting.recovered === true ? 5 : 0) +
    (RANK[item.observation.sighting.source] ?? 9)
  return [...items].sort((a, b) => rank(a) - rank(b) || compareItems(a, b))
}

function mergeRanked<T extends object>(items: readonly Item[], select: (item: Item) => T | undefined): T {
  const merged: Record<string, unknown> = {}
  for (const item of items) {
    for (const [name, value] of Object.entries(select(item) ?? {})) {
      if (value !== undefined && merged[name] === undefined) merged[name] = value
    }
  }
  return merged as T
}

/** The name as a source spells it; keys are lower case. */
function nameOf(node: Node, select: (item: Item) => string | undefined): string | undefined {
  for (const item of byRank(node.items)) {
    const name = select(item)
    if (name !== undefined) return name
  }
  return node.spelled?.name ?? (node.name === '' ? undefined : node.name)
}

function whenOf(items: readonly Item[]): { when?: string } {
  const times = items.map((item) => item.observation.sighting.time).filter((time) => time !== undefined)
  const first = times.sort()[0]
  return first === undefined ? {} : { when: first }
}

function sameFilter(a: FilterFacts, b: FilterFacts): boolean {
  if (a.query === undefined || b.query === undefined) return true
  return comparableQuery(a.query) === comparableQuery(b.query)
}

function sameConsumer(a: ConsumerFacts, b: ConsumerFacts): boolean {
  return PAYLOAD.every((name) => {
    const left = a.properties[name]
    const right = b.properties[name]
    return left === undefined || right === undefined || sameContent(left, right)
  })
}
