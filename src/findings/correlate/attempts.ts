import type { Dismissed } from '../model.ts'
import { baseName } from '../observe/index.ts'
import { type Draft, draftsByHost, isReal, itemsOf, WINDOW } from './graph.ts'
import type { Item } from './item.ts'
import { dismissCompiles, fileKey, productCompiles, withoutTwins } from './product-compiles.ts'

/** What two minutes are in FILETIME ticks: several subscriptions made by one script follow each other this closely. */
const CLOSE = 1_200_000_000n

/**
 * Joins attempts to what they made, and gathers the rest into subscriptions of their own. An act (a command line, a
 * script) that made one known subscription is not reported a second time for the other names that stand in it.
 */
export function joinAttempts(
  drafts: readonly Draft[],
  items: readonly Item[],
  dismiss: (entry: Dismissed) => void,
  announced: (draft: Draft) => bigint | undefined = () => undefined,
): Draft[] {
  const real = drafts.filter(isReal)
  const made = new MadeTimes(real)
  const attempted = drafts.filter((draft) => !isReal(draft))
  const byHost = draftsByHost(real)
  const absorbed = unitsOf(real)
  const written = items.filter(isWrittenMof)
  const unnamed = withoutTwins(items.filter((item) => item.attempt && !isNamed(item) && !isWrittenMof(item)))
  // A script that only offers functions, or names many objects, made the one that appears while it runs.
  for (const draft of attempted) {
    for (const item of itemsOf(draft)) {
      if (absorbed.has(item.unit) || !isOffer(item)) continue
      const [one, ...others] = made.near(item, WINDOW)
      if (one === undefined || others.length > 0) continue
      one.extra.push(item)
      absorbed.add(item.unit)
    }
  }
  const products = productCompiles(unnamed, written)
  const isMade = (draft: Draft): boolean => isSeenMade(draft) || announced(draft) !== undefined
  const left: Item[] = []
  for (const item of unnamed) {
    if (absorbed.has(item.unit)) {
      const owner = (byHost.get(item.host) ?? []).find((draft) =>
        itemsOf(draft).some((other) => other.unit === item.unit),
      )
      owner?.extra.push(item)
      continue
    }
    // A repair of WMI starts the service anew, which announces what was there all along.
    const near = (window: bigint): Draft[] =>
      made.near(item, window).filter((draft) => !products.has(item) || isMade(draft))
    const unique = near(WINDOW)
    const results = unique.length === 1 ? unique : near(CLOSE)
    for (const draft of results) draft.extra.push(item)
    if (results.length > 0) absorbed.add(item.unit)
    else left.push(item)
  }
  const open = attempted.filter((draft) => itemsOf(draft).some((item) => !absorbed.has(item.unit)))
  const own = open.filter((draft) => !itemsOf(draft).every(isOffer))
  const alone = left.filter((item) => !absorbed.has(item.unit))
  const loose = alone.filter((item) => !products.has(item))
  dismissCompiles(
    products,
    alone.filter((item) => products.has(item)),
    dismiss,
  )
  const gathered = gather(loose, own)
  for (const item of [...open.filter((draft) => !own.includes(draft)).flatMap(itemsOf), ...loose]) {
    const reason = isOffer(item) ? OFFER : item.observation.context?.tool === 'winmgmt' ? RESET : undefined
    if (reason === undefined || [...own, ...gathered].some((draft) => draft.extra.includes(item))) continue
    dismiss(dismissal(item, reason))
  }
  const all = [...real, ...own, ...gathered]
  for (const item of written) {
    const key = fileKey(item)
    for (const draft of all)
      if (draft.extra.some((other) => isCompile(other) && fileKey(other) === key)) draft.extra.push(item)
  }
  return all
}

function isCompile({ observation }: Item): boolean {
  return observation.context?.tool === 'mofcomp'
}

function isWrittenMof({ observation }: Item): boolean {
  return observation.context?.signal === 'mof-written'
}

function unitsOf(drafts: readonly Draft[]): Set<string> {
  return new Set(
    drafts
      .flatMap((draft) => itemsOf(draft))
      .filter((item) => item.attempt)
      .map((item) => item.unit),
  )
}

/** A name joins by itself; so does a binding, which gives two. */
function isNamed(item: Item): boolean {
  const { shows } = item.observation.sighting
  return (
    (item.filter !== '' && shows.includes('filter')) ||
    (item.consumer !== '' && shows.includes('consumer')) ||
    (item.filter !== '' && item.consumer !== '' && shows.includes('binding'))
  )
}

const OFFER = 'defines functions that could make a subscription, and calls none of them'
const RESET =
  'rebuilds or checks the WMI repository: that makes nothing by itself, but compiles what the auto-recover list names'

function dismissal({ observation }: Item, reason: string): Dismissed {
  const { sighting, context, host } = observation
  const text = (context?.script ?? context?.commandLine ?? '').replace(/\s+/g, ' ').trim()
  return {
    what: `${context?.script === undefined ? 'command line' : 'script'}${host === undefined ? '' : ` on ${host}`}: ${text.length > 200 ? `${text.slice(0, 199)}…` : text}`,
    reason,
    from: [
      {
        evidence: sighting.evidence,
        ...(sighting.recordId === undefined ? {} : { recordId: sighting.recordId }),
        ...(sighting.offset === undefined ? {} : { offset: sighting.offset }),
      },
    ],
  }
}

function isOffer({ observation }: Item): boolean {
  return observation.context?.onlyDefines === true
}

/** When the subscriptions of each host came to be. */
class MadeTimes {
  readonly #hosts = new Map<string, { readonly draft: Draft; readonly time: bigint }[]>()

  constructor(drafts: readonly Draft[]) {
    for (const draft of drafts) {
      const time = madeAt(draft)
      if (time === undefined) continue
      const known = this.#hosts.get(draft.host)
      if (known === undefined) this.#hosts.set(draft.host, [{ draft, time }])
      else known.push({ draft, time })
    }
  }

  /** Subscriptions that came to be within a time of the attempt and could be what it made. */
  near(item: Item, window: bigint): Draft[] {
    const when = item.observation.timeFiletime
    if (when === undefined) return []
    return (this.#hosts.get(item.host) ?? [])
      .filter(
        ({ draft, time }) => (time > when ? time - when : when - time) <= window && compatible(item, draft),
      )
      .map(({ draft }) => draft)
  }
}

function isSeenMade(draft: Draft): boolean {
  return itemsOf(draft).some(
    ({ observation, attempt }) =>
      !attempt && (observation.operation === 'created' || observation.operation === 'modified'),
  )
}

/** First moment a subscription is seen to be made or activated. */
function madeAt(draft: Draft): bigint | undefined {
  let first: bigint | undefined
  for (const { observation, attempt } of itemsOf(draft)) {
    const { operation, timeFiletime } = observation
    if (attempt || timeFiletime === undefined) continue
    if (operation !== 'created' && operation !== 'modified' && operation !== 'activated') continue
    if (first === undefined || timeFiletime < first) first = timeFiletime
  }
  return first
}

/** A named class or name of the attempt must be the subscription's. */
function compatible(item: Item, draft: Draft): boolean {
  const consumer = draft.consumer
  if (
    item.consumerClass !== '' &&
    consumer !== undefined &&
    consumer.class !== '' &&
    item.consumerClass !== consumer.class
  ) {
    return false
  }
  if (item.consumer !== '' && consumer !== undefined && item.consumer !== consumer.name) return false
  return item.filter === '' || draft.filter === undefined || item.filter === draft.filter.name
}

/** Attempts that belong together, and the texts they consist of. */
interface Cluster {
  readonly draft: Draft
  readonly commands: Set<string>
  last: bigint | undefined
}

/**
 * What is left: joined to a named attempt of the same host close in time, else gathered. The same command is one entry
 * however often it is seen; other commands within minutes are steps of the same act.
 */
function gather(items: readonly Item[], named: readonly Draft[]): Draft[] {
  const groups = new Map<string, Cluster[]>()
  const byHost = draftsByHost(named)
  for (const item of items) {
    const { context, timeFiletime } = item.observation
    const partners = nearAttempt(item, byHost.get(item.host) ?? [])
    const [partner] = partners
    if (partners.length === 1 && partner !== undefined) {
      partner.extra.push(item)
      continue
    }
    if (context?.onlyDefines === true || context?.tool === 'winmgmt') continue
    // A repair of WMI compiles dozens of files by their bare names: that is one act.
    const mof = context?.mofPath
    const file = mof === undefined || /[\\/]/.test(mof) ? baseName(mof) : 'mof'
    const about = [context?.remoteHost?.toLowerCase() ?? '', file].join('\0')
    const key = [item.host, about].join('\0')
    const clusters = groups.get(key) ?? []
    groups.set(key, clusters)
    const command = commandOf(item)
    const newest = clusters.at(-1)
    const near =
      newest !== undefined &&
      (timeFiletime === undefined || newest.last === undefined || timeFiletime - newest.last <= WINDOW)
    const cluster = near ? newest : clusters.find((known) => known.commands.has(command))
    if (cluster !== undefined) {
      cluster.draft.extra.push(item)
      cluster.commands.add(command)
      if (cluster === newest) cluster.last = timeFiletime ?? cluster.last
    } else {
      clusters.push({
        draft: {
          host: item.host,
          namespace: item.namespace,
          extra: [item],
          about: ['attempt', about, command].join('\0'),
        },
        commands: new Set([command]),
        last: timeFiletime,
      })
    }
  }
  return [...groups.values()].flat().map(({ draft }) => draft)
}

function nearAttempt(item: Item, drafts: readonly Draft[]): Draft[] {
  const time = item.observation.timeFiletime
  return drafts.filter((draft) => {
    if (draft.host !== item.host || !compatible(item, draft)) return false
    return itemsOf(draft).some((other) => {
      if (other.unit === item.unit) return true
      const path = item.observation.context?.mofPath
      const same = path !== undefined && baseName(path) === baseName(other.observation.context?.mofPath)
      const when = other.observation.timeFiletime
      if (same) return true
      return time !== undefined && when !== undefined && (when > time ? when - time : time - when) <= WINDOW
    })
  })
}

function commandOf(item: Item): string {
  const { context } = item.observation
  const text = context?.script ?? context?.commandLine ?? context?.detail ?? ''
  return text.replace(/\s+/g, ' ').trim().toLowerCase().slice(0, 2000)
}
