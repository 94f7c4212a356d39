import { filetimeToIso } from '../../bytes/index.ts'
import { type Hosts, STOCK_NAMES } from '../correlate/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import type { HostView } from './blind-spots.ts'
import { reachOf } from './log-spots.ts'

/**
 * Marks subscriptions that are there although the WMI-Activity log of their host does not have their making: known from
 * the repository, a listing, or an announcement at a start of the service (5861). Gives their names by host too.
 */
export function markUnseenMaking(
  subscriptions: readonly SubscriptionFacts[],
  views: ReadonlyMap<string, HostView>,
  hosts: Hosts,
): { readonly subscriptions: SubscriptionFacts[]; readonly names: ReadonlyMap<string, readonly string[]> } {
  const names = new Map<string, string[]>()
  const marked = subscriptions.map((facts) => {
    if (facts.host === undefined || isMakingSeen(facts)) return facts
    const host = hosts.key(facts.host)
    const view = views.get(host)
    const reach = reachOf(view?.telemetry.spans.get('wmi-activity'), view?.logs.get('wmi-activity'))
    const from = reach === undefined ? undefined : filetimeToIso(reach.first)
    const to = reach === undefined ? undefined : filetimeToIso(reach.last)
    if (from === undefined || to === undefined) return facts
    // Windows makes its own at its installation, before there is a log.
    if (!STOCK_NAMES.has(facts.filter?.name?.toLowerCase() ?? '')) {
      names.set(host, [...(names.get(host) ?? []), `"${facts.consumer?.name ?? facts.filter?.name ?? ''}"`])
    }
    return { ...facts, unseenMaking: { logBegins: from, logEnds: to } }
  })
  return { subscriptions: marked, names }
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
