import { consumerOfPath, filterNameOfPath } from '../observe/index.ts'
import { compareText, type Item, showsPart } from './item.ts'

/** A stored object, or the attempt to store one, with every observation of it. */
export interface Node {
  readonly key: string
  readonly host: string
  readonly namespace: string
  readonly class: string
  readonly name: string
  readonly items: Item[]
  /** Spelling of class and name where only a binding tells them. */
  spelled?: { readonly class?: string; readonly name?: string }
}

/** A subscription being put together. */
export interface Draft {
  readonly host: string
  readonly namespace: string
  filter?: Node
  consumer?: Node
  binding?: Node
  /** Observations without a name of their own that were joined to it: executions, attempts, queries. */
  readonly extra: Item[]
  /** Tells drafts without names apart; part of the id. */
  readonly about?: string
}

/** Binding, filter and consumer nodes of all hosts, joined by the names they give each other. */
export function draftsByName(items: readonly Item[]): Draft[] {
  const filters = new Nodes()
  const consumers = new Nodes()
  const bindings = new Map<string, { node: Node; filter: string; consumerClass: string; consumer: string }>()
  for (const item of items) {
    if (item.filter !== '' && showsPart(item, 'filter')) {
      filters.add(item, '__eventfilter', item.filter)
    }
    if (item.consumer !== '' && showsPart(item, 'consumer')) {
      consumers.add(item, item.consumerClass, item.consumer)
    }
  }
  for (const item of items) {
    if (item.observation.binding === undefined || !showsPart(item, 'binding')) continue
    if (item.filter === '' || item.consumer === '') continue
    const { host, namespace, filter, consumerClass, consumer } = item
    const key = [host, namespace, filter, consumerClass, consumer].join('\0')
    const known = bindings.get(key)
    if (known !== undefined) known.node.items.push(item)
    else {
      const node = {
        key,
        host,
        namespace,
        class: '__filtertoconsumerbinding',
        name: '',
        items: [item],
      }
      bindings.set(key, { node, filter, consumerClass, consumer })
    }
  }
  const drafts: Draft[] = []
  const used = new Set<Node>()
  for (const [, { node, filter, consumerClass, consumer }] of [...bindings].sort((a, b) =>
    compareText(a[0], b[0]),
  )) {
    const at = { host: node.host, namespace: node.namespace }
    const spelled = spellingOf(node.items)
    const filterNode =
      filters.find(at, '__eventfilter', filter) ?? filters.empty(at, '__eventfilter', filter, spelled.filter)
    const consumerNode =
      consumers.find(at, consumerClass, consumer) ??
      consumers.empty(at, consumerClass, consumer, spelled.consumer)
    consumerNode.spelled ??= spelled.consumer
    used.add(filterNode).add(consumerNode)
    drafts.push({
      host: node.host,
      namespace: node.namespace,
      filter: filterNode,
      consumer: consumerNode,
      binding: node,
      extra: [],
    })
  }
  const looseFilters = filters.all().filter((node) => !used.has(node))
  const looseConsumers = consumers.all().filter((node) => !used.has(node))
  return [...drafts, ...pairAllLoose(looseFilters, looseConsumers)]
}

/** How a binding's records spell what they bind. */
function spellingOf(items: readonly Item[]): Record<'filter' | 'consumer', NonNullable<Node['spelled']>> {
  const filter = items.map((item) => item.observation.filter?.name ?? filterNameOf(item)).find(isText)
  const paths = items.map((item) => consumerOfPath(item.observation.binding?.consumer))
  const name = [
    ...items.map((item) => item.observation.consumer?.name),
    ...paths.map((path) => path?.name),
  ].find(isText)
  const className = [
    ...items.map((item) => item.observation.consumer?.class),
    ...paths.map((path) => path?.class),
  ].find(isText)
  return {
    filter: filter === undefined ? {} : { name: filter },
    consumer: {
      ...(name === undefined ? {} : { name }),
      ...(className === undefined ? {} : { class: className }),
    },
  }
}

function filterNameOf(item: Item): string | undefined {
  const path = item.observation.binding?.filter
  return path === undefined ? undefined : filterNameOfPath(path)
}

function isText(text: string | undefined): text is string {
  return text !== undefined
}

function pairAllLoose(filters: readonly Node[], consumers: readonly Node[]): Draft[] {
  const places = new Map<string, { filters: Node[]; consumers: Node[] }>()
  const at = (node: Node): { filters: Node[]; consumers: Node[] } => {
    const key = nameKey(node, '')
    const place = places.get(key) ?? { filters: [], consumers: [] }
    places.set(key, place)
    return place
  }
  for (const filter of filters) at(filter).filters.push(filter)
  for (const consumer of consumers) at(consumer).consumers.push(consumer)
  return [...places.values()].flatMap((place) => pairLoose(place.filters, place.consumers))
}

/** Ten minutes in FILETIME ticks: what was done in one go. */
export const WINDOW: bigint = 6_000_000_000n

/** A filter and a consumer without a binding: one half-made subscription where they clearly belong together. */
function pairLoose(filters: readonly Node[], consumers: readonly Node[]): Draft[] {
  const drafts: Draft[] = []
  const taken = new Set<Node>()
  for (const consumer of consumers) {
    const near = filters.filter((filter) => !taken.has(filter))
    const named = near.filter((filter) => stem(filter.name) === stem(consumer.name))
    const together = near.filter((filter) => madeTogether(filter, consumer))
    const rivals = consumers.filter(
      (other) => other !== consumer && together.some((filter) => madeTogether(filter, other)),
    )
    const partner =
      named.length === 1 ? named[0] : together.length === 1 && rivals.length === 0 ? together[0] : undefined
    if (partner !== undefined) taken.add(partner)
    drafts.push({
      host: consumer.host,
      namespace: consumer.namespace,
      ...(partner === undefined ? {} : { filter: partner }),
      consumer,
      extra: [],
    })
  }
  for (const filter of filters) {
    if (!taken.has(filter)) drafts.push({ host: filter.host, namespace: filter.namespace, filter, extra: [] })
  }
  return drafts
}

const MAX_STEM = 512

/** `EvilFilter` and `EvilConsumer` are two halves of `Evil`. */
function stem(name: string): string {
  return name.slice(0, MAX_STEM).replace(/[\s_-]{0,4}(?:event)?[\s_-]{0,4}(?:filter|consumer)$/, '')
}

function madeTogether(filter: Node, consumer: Node): boolean {
  if (filter.items.some((one) => consumer.items.some((two) => one.unit === two.unit))) return true
  const sameText = filter.items.some((one) =>
    consumer.items.some(
      (two) =>
        one.observation.sighting.source === 'mof' &&
        one.observation.sighting.evidence === two.observation.sighting.evidence,
    ),
  )
  if (sameText) return true
  return filter.items.some((one) =>
    consumer.items.some((two) => {
      const left = one.observation.timeFiletime
      const right = two.observation.timeFiletime
      if (left === undefined || right === undefined) return false
      const users = [one.observation.user, two.observation.user].map((user) => user?.toLowerCase())
      const sameUser = users[0] === undefined || users[1] === undefined || users[0] === users[1]
      return sameUser && (left > right ? left - right : right - left) <= WINDOW
    }),
  )
}

/** Nodes of one kind by host, namespace, class and name. */
class Nodes {
  readonly #nodes = new Map<string, Node>()
  readonly #empty = new Map<string, Node>()

  add(item: Item, className: string, name: string): void {
    const key = [item.host, item.namespace, className, name].join('\0')
    const known = this.#nodes.get(key)
    if (known !== undefined) {
      known.items.push(item)
      return
    }
    const { host, namespace } = item
    const node: Node = { key, host, namespace, class: className, name, items: [item] }
    this.#nodes.set(key, node)
  }

  find({ host, namespace }: Place, className: string, name: string): Node | undefined {
    return this.#nodes.get([host, namespace, className, name].join('\0'))
  }

  /** A node for an object that only a binding names. */
  empty(at: Place, className: string, name: string, spelled: NonNullable<Node['spelled']>): Node {
    const { host, namespace } = at
    const key = [host, namespace, className, name].join('\0')
    const node = this.#empty.get(key) ?? { key, host, namespace, class: className, name, items: [], spelled }
    this.#empty.set(key, node)
    return node
  }

  all(): Node[] {
    return [...this.#nodes.values()].sort((a, b) => compareText(a.key, b.key))
  }
}

interface Place {
  readonly host: string
  readonly namespace: string
}

function nameKey({ host, namespace }: Place, name: string): string {
  return [host, namespace, name].join('\0')
}

/** Every observation of a draft, in order, without those that belong to another subscription of a shared object. */
export function itemsOf(draft: Draft): Item[] {
  const own = new Set<Item>([...(draft.binding?.items ?? []), ...draft.extra])
  for (const node of [draft.filter, draft.consumer]) {
    for (const item of node?.items ?? []) {
      const other =
        draft.binding !== undefined &&
        item.observation.binding !== undefined &&
        item.filter !== '' &&
        item.consumer !== '' &&
        !own.has(item)
      if (!other) own.add(item)
    }
  }
  return [...own]
}

/** Whether anything shows that the objects exist or existed, and not only that someone tried to make them. */
export function isReal(draft: Draft): boolean {
  return [draft.filter, draft.consumer, draft.binding].some(
    (node) => node?.items.some((item) => !item.attempt) ?? false,
  )
}

/** Drafts by host key. */
export function draftsByHost(drafts: readonly Draft[]): Map<string, Draft[]> {
  const byHost = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const known = byHost.get(draft.host)
    if (known === undefined) byHost.set(draft.host, [draft])
    else known.push(draft)
  }
  return byHost
}
