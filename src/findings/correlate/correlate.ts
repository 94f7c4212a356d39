import type { Dismissed, Observation, SubscriptionFacts } from '../model.ts'
import type { ConsumerProviders, RemoteLogons, ServedClass } from '../observe/index.ts'
import { joinAttempts } from './attempts.ts'
import { joinExecutions, startedProvider } from './executions.ts'
import { finishDraft } from './finish.ts'
import { type Draft, draftsByName, itemsOf } from './graph.ts'
import type { Hosts } from './hosts.ts'
import { compareItems, compareText, type Item, itemOf } from './item.ts'
import type { Lifecycle } from './lifecycle.ts'
import { mergeNameless } from './nameless.ts'
import { joinQueries } from './queries.ts'
import { assignClasses, assignHosts, assignNamespaces, STOCK_NAMES } from './resolve.ts'
import { joinAutorecover, repositoryReplacements } from './side-signals.ts'

/** Remote logons count within this time of the making. 5 min. Source: SCORING section D. */
const LOGON_WINDOW = 3_000_000_000n
/** WMI re-announces everything within seconds of its start: such an activation is no making. 60 s. */
const ANNOUNCEMENT = 600_000_000n
const MAX_LOGONS = 3

/** What is kept to be looked up for a subscription, and is nothing by itself. */
export interface Beside {
  readonly logons: RemoteLogons
  readonly providers: ConsumerProviders
}

/**
 * All observations → one entry for each real subscription of each host. The result does not depend on the order of
 * the observations.
 */
export function correlate(
  observations: readonly Observation[],
  hosts: Hosts,
  { logons, providers }: Beside,
  dismiss: (entry: Dismissed) => void,
): SubscriptionFacts[] {
  const items = distinct(observations.map((observation) => itemOf(observation, hosts)).sort(compareItems))
  assignHosts(items)
  assignNamespaces(items)
  assignClasses(items)
  const drafts = draftsByName(items)
  drafts.push(...joinQueries(drafts, items, dismiss))
  const activations = activationsOf(items)
  const announced = (draft: Draft): bigint | undefined => firstOwnActivation(draft, activations)
  const joined = joinAttempts(drafts, items.filter(isAuthored), dismiss, announced)
  joined.push(...joinAutorecover(joined, items))
  joined.push(...joinExecutions(joined, items))
  joined.push(...repositoryReplacements(items))
  const timers = timersOf(items)
  const signedIn = (draft: Draft, lifecycle: Lifecycle, user: string | undefined): readonly Observation[] => {
    const made = lifecycle.createdFiletime ?? announced(draft)
    if (made === undefined) return []
    return logons
      .between(hosts.namesOf(draft.host), made - LOGON_WINDOW, made + LOGON_WINDOW)
      .filter(({ context }) => sameAccount(context?.account, user))
      .slice(-MAX_LOGONS)
  }
  const around: typeof signedIn = (draft, lifecycle, user) => [
    ...signedIn(draft, lifecycle, user),
    ...providers.serving(servedClass(draft, hosts)),
  ]
  return mergeNameless(joined)
    .map((draft) => finishDraft(draft, hosts, timers, around, announced))
    .sort(
      (a, b) =>
        compareText(a.host ?? '', b.host ?? '') ||
        compareText(a.firstSeen ?? '', b.firstSeen ?? '') ||
        compareText(a.id, b.id),
    )
}

function servedClass(draft: Draft, hosts: Hosts): ServedClass {
  const items = itemsOf(draft)
  return {
    hosts: hosts.namesOf(draft.host),
    evidences: new Set(items.map(({ observation }) => observation.sighting.evidence)),
    class: draft.consumer?.class ?? '',
    namespace: draft.namespace,
    started: items.map(startedProvider).filter((name) => name !== undefined),
  }
}

function isAuthored({ attempt, observation }: Item): boolean {
  const { context } = observation
  return attempt && (context?.signal !== 'autorecover' || context.tool === 'mofcomp')
}

/** The same record read twice (two copies of one file have one evidence id) says the same once. */
function distinct(sorted: readonly Item[]): Item[] {
  return sorted.filter((item, index) => {
    const before = sorted[index - 1]
    return before === undefined || compareItems(before, item) !== 0
  })
}

function timersOf(items: readonly Item[]): Map<string, Item[]> {
  const timers = new Map<string, Item[]>()
  for (const item of items) {
    const { timer } = item.observation
    if (timer === undefined) continue
    const key = [item.host, timer.timerId.toLowerCase()].join('\0')
    const known = timers.get(key)
    if (known === undefined) timers.set(key, [item])
    else known.push(item)
  }
  return timers
}

/** Times at which a host's subscriptions were announced, by host. */
function activationsOf(items: readonly Item[]): Map<string, Item[]> {
  const activations = new Map<string, Item[]>()
  for (const item of items) {
    if (item.observation.operation !== 'activated' || item.observation.binding === undefined) continue
    const known = activations.get(item.host)
    if (known === undefined) activations.set(item.host, [item])
    else known.push(item)
  }
  return activations
}

/** The first activation, where it comes alone: at a start of the service all come together, the stock one first. */
function firstOwnActivation(
  draft: Draft,
  activations: ReadonlyMap<string, readonly Item[]>,
): bigint | undefined {
  if (STOCK_NAMES.has(draft.filter?.name ?? '')) return undefined
  const own = new Set(
    itemsOf(draft).filter(
      (item) => item.observation.operation === 'activated' && item.observation.binding !== undefined,
    ),
  )
  const first = [...own]
    .sort(compareItems)
    .map((item) => item.observation.timeFiletime)
    .filter((time) => time !== undefined)[0]
  if (first === undefined) return undefined
  const announced = (activations.get(draft.host) ?? []).some((item) => {
    const time = item.observation.timeFiletime
    if (time === undefined || own.has(item)) return false
    return (time > first ? time - first : first - time) <= ANNOUNCEMENT
  })
  return announced ? undefined : first
}

function sameAccount(account: string | undefined, user: string | undefined): boolean {
  if (user === undefined || account === undefined || /^S-1-/i.test(user)) return true
  const bare = (name: string): string => name.slice(name.lastIndexOf('\\') + 1).toLowerCase()
  return bare(account) === bare(user)
}
