import { createHash } from 'node:crypto'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Observation, Shows, Sighting, SubscriptionFacts, TimerFacts } from '../model.ts'
import { mergeBinding, mergeConsumer, mergeFilter } from './facts.ts'
import { type Draft, itemsOf } from './graph.ts'
import { type Hosts, NAMELESS } from './hosts.ts'
import { compareItems, compareText, type Item } from './item.ts'
import { type Lifecycle, lifecycleOf } from './lifecycle.ts'

/** Draft and what is known of its life, before the remote logons around its making are looked up. */
export interface Finished {
  readonly facts: SubscriptionFacts
  readonly lifecycle: Lifecycle
}

/** A draft as facts: merged objects, state, people, times, and every place it was seen. */
export function finishDraft(
  draft: Draft,
  hosts: Hosts,
  timers: ReadonlyMap<string, readonly Item[]>,
  around: (draft: Draft, lifecycle: Lifecycle, user: string | undefined) => readonly Observation[],
  announced: (draft: Draft) => bigint | undefined,
): SubscriptionFacts {
  const filter = draft.filter === undefined ? attemptedFilter(draft) : mergeFilter(draft.filter)
  const consumer = draft.consumer === undefined ? executedConsumer(draft) : mergeConsumer(draft.consumer)
  const binding = mergeBinding(draft.binding)
  const contentChanged = filter.earlier.length + consumer.earlier.length > 0
  const announcedAt = announced(draft)
  const lifecycle = lifecycleOf(draft, contentChanged, announcedAt)
  const made = lifecycle.createdFiletime ?? announcedAt
  const madeAt = made === undefined ? undefined : filetimeToIso(made)
  const items = itemsOf(draft).sort(compareItems)
  const timer = timerOf(filter.facts?.query, draft, timers)
  const user = userOf(items)
  const namespace = draft.namespace === '' ? undefined : draft.namespace
  const observations = [
    ...items.map((item) => item.observation),
    ...timer.items.map((item) => item.observation),
    ...around(draft, lifecycle, user),
  ].sort(byTime)
  const earlier = [...filter.earlier, ...consumer.earlier].sort((a, b) =>
    compareText(a.when ?? '', b.when ?? ''),
  )
  const times = observations
    .filter((observation) => observation.operation !== 'read')
    .map((observation) => observation.timeFiletime)
    .filter((time) => time !== undefined)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const firstSeen = times[0] === undefined ? undefined : filetimeToIso(times[0])
  const lastTime = times.at(-1)
  const lastSeen = lastTime === undefined ? undefined : filetimeToIso(lastTime)
  const host = hosts.display(draft.host)
  const hasBinding = draft.binding !== undefined && binding !== undefined
  return {
    id: idOf(draft),
    ...(host === undefined ? {} : { host }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(filter.facts === undefined || Object.keys(filter.facts).length === 0 ? {} : { filter: filter.facts }),
    ...(consumer.facts === undefined ? {} : { consumer: consumer.facts }),
    ...(hasBinding ? { binding } : {}),
    ...(timer.facts === undefined ? {} : { timer: timer.facts }),
    complete:
      hasBinding &&
      filter.facts?.query !== undefined &&
      Object.keys(consumer.facts?.properties ?? {}).length > 0,
    state: lifecycle.state,
    ...(user === undefined ? {} : { user }),
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    ...(madeAt === undefined ? {} : { madeAt }),
    sightings: sightingsOf([...items, ...timer.items]),
    observations,
    ...(earlier.length === 0 ? {} : { earlier }),
    flags: lifecycle.flags,
  }
}

/** A filter of which an attempt tells no name. */
function attemptedFilter(draft: Draft): ReturnType<typeof mergeFilter> {
  const said = draft.extra.find(({ attempt, observation }) => attempt && observation.filter !== undefined)
  return { facts: said?.observation.filter, earlier: [] }
}

/** A consumer that is only known by what ran, or by an attempt that tells no name. */
function executedConsumer(draft: Draft): ReturnType<typeof mergeConsumer> {
  for (const { observation } of draft.extra) {
    if (observation.operation === 'executed' && observation.consumer?.class !== undefined) {
      return { facts: { class: observation.consumer.class, properties: {} }, earlier: [] }
    }
  }
  const said = draft.extra.filter(({ observation }) => observation.consumer !== undefined)
  const best = said.find(({ observation }) => Object.keys(observation.consumer?.properties ?? {}).length > 0)
  return { facts: (best ?? said[0])?.observation.consumer, earlier: [] }
}

/** Short hash over what the subscription is, never over where it was found. */
function idOf(draft: Draft): string {
  const parts = [
    draft.host.startsWith(NAMELESS) ? '' : draft.host,
    draft.namespace,
    draft.consumer?.class ?? '',
    draft.consumer?.name ?? '',
    draft.filter?.name ?? '',
    draft.about ?? '',
  ]
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12)
}

function timerOf(
  query: string | undefined,
  draft: Draft,
  timers: ReadonlyMap<string, readonly Item[]>,
): { facts?: TimerFacts; items: readonly Item[] } {
  const id = /\bTimerId\s*=\s*(?:'([^']*)'|"([^"]*)")/i.exec(query ?? '')
  if (id === null) return { items: [] }
  const items = timers.get([draft.host, (id[1] ?? id[2] ?? '').toLowerCase()].join('\0')) ?? []
  const facts = items.at(-1)?.observation.timer
  return { ...(facts === undefined ? {} : { facts }), items }
}

/** Who made it: the account of a creation or change, else of the attempt that made it. A name says more than a SID. */
function userOf(items: readonly Item[]): string | undefined {
  const rank = ({ observation }: Item): number => {
    if (observation.operation === 'created' || observation.operation === 'modified') return 0
    if (observation.operation === 'attempted') return 1
    return observation.operation === 'deleted' ? 2 : 9
  }
  const named = items
    .filter((item) => item.observation.user !== undefined && rank(item) < 9)
    .sort((a, b) => Number(isSid(a)) - Number(isSid(b)) || rank(a) - rank(b) || compareItems(a, b))
  return named[0]?.observation.user
}

function isSid({ observation }: Item): boolean {
  return /^S-1-/i.test(observation.user ?? '')
}

const SHOWS_ORDER: readonly Shows[] = ['filter', 'consumer', 'binding', 'execution', 'attempt']

/** One sighting a record, whatever number of objects it shows. */
function sightingsOf(items: readonly Item[]): Sighting[] {
  const found = new Map<string, { item: Item; shows: Set<Shows> }>()
  for (const item of items) {
    const { sighting } = item.observation
    const key = [item.unit, sighting.channel ?? '', sighting.eventId ?? '', sighting.time ?? ''].join('\0')
    const known = found.get(key)
    if (known === undefined) found.set(key, { item, shows: new Set(sighting.shows) })
    else for (const part of sighting.shows) known.shows.add(part)
  }
  return [...found.values()].map(({ item, shows }) => ({
    ...item.observation.sighting,
    shows: SHOWS_ORDER.filter((part) => shows.has(part)),
  }))
}

function byTime(a: Observation, b: Observation): number {
  const left = a.timeFiletime ?? 0n
  const right = b.timeFiletime ?? 0n
  return left < right ? -1 : left > right ? 1 : 0
}
