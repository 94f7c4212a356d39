import { filetimeToIso } from '../../bytes/index.ts'
import { type Hosts, STOCK_NAMES } from '../correlate/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import type { HostViews } from './blind-spots.ts'
import { reachOf } from './log-spots.ts'

/** WMI announces everything within seconds of its start: an activation beside others is no making. 10 s. */
const ANNOUNCEMENT = 100_000_000n

/**
 * Marks subscriptions that are there although the WMI-Activity log of their host does not have their making: known from
 * the repository, a listing, or an announcement at a start of the service (5861). Gives their names by host too.
 */
export function markUnseenMaking(
  subscriptions: readonly SubscriptionFacts[],
  { views, former }: HostViews,
  hosts: Hosts,
): { readonly subscriptions: SubscriptionFacts[]; readonly names: ReadonlyMap<string, readonly string[]> } {
  const names = new Map<string, string[]>()
  const logged = new Map(
    [...activationsOf(subscriptions, hosts)].map(([host, list]) => [host, madeWhileLogged(list)]),
  )
  const marked = subscriptions.map((facts) => {
    if (facts.host === undefined || isMakingSeen(facts)) return facts
    const host = hosts.key(facts.host)
    const now = former.get(host)?.now ?? host
    const view = views.get(now)
    const reach = reachOf(view?.telemetry.spans.get('wmi-activity'), view?.logs.get('wmi-activity'))
    const from = reach === undefined ? undefined : filetimeToIso(reach.first)
    const to = reach === undefined ? undefined : filetimeToIso(reach.last)
    if (from === undefined || to === undefined) return facts
    if (logged.get(host)?.has(facts.id) === true) return facts
    // Windows makes its own at its installation, before there is a log.
    if (!STOCK_NAMES.has(facts.filter?.name?.toLowerCase() ?? '')) {
      const known = names.get(now) ?? []
      names.set(now, known)
      known.push(`"${facts.consumer?.name ?? facts.filter?.name ?? ''}"`)
    }
    return { ...facts, unseenMaking: { logBegins: from, logEnds: to } }
  })
  return { subscriptions: marked, names }
}

interface Activation {
  readonly time: bigint
  readonly id: string
  /** Under a name that every Windows has: its activation is always an announcement. */
  readonly isStock: boolean
}

/** Activations of every subscription by host, in time order. */
function activationsOf(subscriptions: readonly SubscriptionFacts[], hosts: Hosts): Map<string, Activation[]> {
  const found = new Map<string, Activation[]>()
  for (const { id, host, filter, observations } of subscriptions) {
    const isStock = STOCK_NAMES.has(filter?.name?.toLowerCase() ?? '')
    if (host === undefined) continue
    const key = hosts.key(host)
    const known = found.get(key) ?? []
    found.set(key, known)
    for (const { operation, binding, timeFiletime: time } of observations)
      if (operation === 'activated' && binding !== undefined && time !== undefined)
        known.push({ time, id, isStock })
  }
  for (const list of found.values()) list.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  return found
}

/** Subscriptions of one host that are looked at around an activation: a start of the service announces some dozens. */
const MAX_NEAR = 64

/**
 * Ids whose first activation may be their making: not beside one of a subscription that was there before, as at a start
 * of the service, when all are announced. Several that come together for the first time may have been made together.
 */
function madeWhileLogged(activations: readonly Activation[]): ReadonlySet<string> {
  const first = new Map<string, bigint>()
  for (const { id, time } of activations) if (!first.has(id)) first.set(id, time)
  const made = new Set<string>()
  const asked = new Set<string>()
  for (const [index, { id, time }] of activations.entries()) {
    if (asked.has(id)) continue
    asked.add(id)
    const near = activations
      .slice(Math.max(0, index - MAX_NEAR), index + MAX_NEAR)
      .filter((one) => one.id !== id && apart(one.time, time) <= ANNOUNCEMENT)
    const isStart = near.some((one) => one.isStock || time - (first.get(one.id) ?? time) > ANNOUNCEMENT)
    if (!isStart) made.add(id)
  }
  return made
}

function apart(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a
}

/** True where any record is from the making, and for what is no object of the repository at all. */
function isMakingSeen({ state, filter, consumer, madeAt, observations }: SubscriptionFacts): boolean {
  if (state === 'attempted' || (filter?.name === undefined && consumer?.name === undefined)) return true
  return (
    madeAt !== undefined ||
    observations.some(
      ({ operation, timeFiletime }) =>
        timeFiletime !== undefined &&
        (operation === 'created' || operation === 'modified' || operation === 'attempted'),
    )
  )
}
