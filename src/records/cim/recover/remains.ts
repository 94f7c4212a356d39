import type { Report } from '../../../diagnostics/index.ts'
import type { Snapshot } from '../snapshot.ts'
import {
  isSubscriptionClass,
  PROVIDER_CLASS,
  providerName,
  registeredProvider,
} from '../subscription-classes.ts'
import type { Recovery, RepositoryInstance, RepositoryObject } from '../types.ts'
import type { CarvedInstance, Carver } from './carve.ts'
import { CarvedNamespaces } from './carved-namespaces.ts'

const BINDING_CLASS = '__FilterToConsumerBinding'

interface Found {
  readonly object: RepositoryObject
  readonly copies: number[]
}

/** Contents of the live objects with one path: of each namespace, and of all (`''` stands for an unknown one). */
interface LiveContents {
  readonly byNamespace: Map<string, Set<string>>
  readonly all: Set<string>
}

/**
 * Gathers subscription objects and decides what each one is: live, removed, overwritten, or a further copy of one that
 * is listed already. Objects are the same when namespace, path and contents are; never by name alone.
 */
export class Remains {
  readonly #carver: Carver
  readonly #report: Report
  readonly #found: Found[] = []
  /** Namespace, path and contents → what is listed for it. */
  readonly #byContent = new Map<string, Found>()
  /** Path, without namespace, → what is live there. */
  readonly #live = new Map<string, LiveContents>()
  readonly #offsets = new Set<number>()

  readonly #current: Snapshot | undefined

  constructor(carver: Carver, current: Snapshot | undefined, report: Report) {
    this.#carver = carver
    this.#current = current
    this.#report = report
  }

  objects(): RepositoryObject[] {
    return this.#found.map(({ object, copies }) => (copies.length === 0 ? object : { ...object, copies }))
  }

  /**
   * A live object. `through` is an older generation when the current index no longer leads to it, `addedAfter` the
   * newest generation without it.
   */
  addLive(
    instance: RepositoryInstance,
    current: Snapshot,
    { through, addedAfter }: { readonly through?: Snapshot; readonly addedAfter?: number | undefined } = {},
  ): void {
    if (this.#offsets.has(instance.offset)) return
    const { generation } = current.mapping
    const object: RepositoryObject = {
      ...describe(instance, instance.namespace),
      state: 'live',
      ...(generation === undefined ? {} : { generation }),
      ...(addedAfter === undefined ? {} : { addedAfterGeneration: addedAfter }),
    }
    this.#list(object, instance)
    this.#rememberLive(object)
    if (through === undefined) return
    this.#report({
      code: 'cim/unindexed',
      severity: 'warning',
      message: `${instance.path} is live, but only the index of ${through.mapping.name} leads to it`,
      at: { in: 'bytes', source: current.store.source, offset: instance.offset },
    })
  }

  #rememberLive(object: RepositoryObject): void {
    const path = (object.path ?? '').toLowerCase()
    const live = this.#live.get(path) ?? {
      byNamespace: new Map<string, Set<string>>(),
      all: new Set<string>(),
    }
    this.#live.set(path, live)
    const namespace = object.namespace ?? ''
    const inNamespace = live.byNamespace.get(namespace) ?? new Set()
    live.byNamespace.set(namespace, inNamespace)
    const text = contents(object)
    inNamespace.add(text)
    live.all.add(text)
  }

  /** An object that an older generation's index leads to. The same contents live means that nothing happened to it. */
  addOlder(instance: RepositoryInstance, snapshot: Snapshot): void {
    const { name, generation } = snapshot.mapping
    this.#addGone(
      instance,
      instance.namespace,
      {
        from: 'older-mapping',
        confidence: 'high',
        why: `The index of ${name}${generation === undefined ? '' : ` (generation ${generation})`} leads to it; the current one does not.`,
      },
      generation,
    )
  }

  #addGone(
    instance: RepositoryInstance,
    namespace: string | undefined,
    recovered: Recovery,
    generation?: number,
  ): void {
    if (this.#offsets.has(instance.offset)) return
    const described = describe(instance, namespace)
    const live = this.#live.get(instance.path.toLowerCase())
    // Without a namespace the contents alone say whether it is a copy of something live.
    const same = described.namespace === undefined ? live?.all : live?.byNamespace.get(described.namespace)
    if (same?.has(contents(described))) return
    // Damage is no removal: what the current index lists is there, though this may be an earlier state of it.
    const listed = same === undefined && this.#current?.isUnread(instance, namespace) === true
    const object: RepositoryObject = {
      ...described,
      state: listed ? 'live' : same === undefined ? 'removed' : 'overwritten',
      recovered: listed
        ? {
            ...recovered,
            confidence: recovered.confidence === 'low' ? 'low' : 'medium',
            why: `The current index lists it, but its record cannot be read. ${recovered.why}`,
          }
        : recovered,
      ...(generation === undefined ? {} : { generation }),
    }
    this.#list(object, instance)
    if (listed) this.#rememberLive(object)
  }

  #list(object: RepositoryObject, instance: RepositoryInstance): void {
    this.#offsets.add(instance.offset)
    const id = `${object.namespace ?? '?'}|${contents(object)}`
    const known = this.#byContent.get(id)
    if (known !== undefined && (object.state !== 'live' || known.object.state === 'live')) {
      if (object.state !== 'live') known.copies.push(object.offset)
      return
    }
    const found = { object, copies: [] }
    this.#byContent.set(id, found)
    this.#found.push(found)
  }

  /** Records found by their class hash: in free pages, slack, or anywhere when there is no index. */
  addCarved(current: Snapshot | undefined): void {
    const names = new Map<string, string>()
    for (const { hash, name } of current?.namespaces() ?? []) if (name !== undefined) names.set(hash, name)
    const namespaces = new CarvedNamespaces(this.#carver, names)
    const subscriptionClasses = new Map<string, boolean>()
    const wanted = (classHash: string): boolean => {
      let want = subscriptionClasses.get(classHash)
      if (want === undefined) {
        want = this.#carver
          .candidates(classHash)
          .some(
            ({ schema }) =>
              schema.name === PROVIDER_CLASS || isSubscriptionClass(schema.name, schema.superclasses),
          )
        subscriptionClasses.set(classHash, want)
      }
      return want
    }
    const carved = [
      ...this.#carver.instances(
        (classHash, { region }) => region !== 'live' && wanted(classHash),
        (offset) => this.#reportRejected(offset),
      ),
    ]
    for (const { object } of this.#found)
      if (object.className === BINDING_CLASS) namespaces.learnTargets(object.instance, object.namespace)
    for (const found of carved)
      if (found.schema.name === BINDING_CLASS)
        namespaces.learnTargets(found.instance, namespaces.of(found).namespace)
    const providers = this.#registeredProviders(carved)
    // What tables list comes first, so that a copy in slack is known as one.
    const listed = (found: CarvedInstance): number => (found.position.entry === undefined ? 1 : 0)
    for (const found of carved.sort((a, b) => listed(a) - listed(b))) {
      if (found.schema.name === PROVIDER_CLASS && !providers.has(providerName(found.instance) ?? '')) continue
      this.#addCarvedInstance(found, namespaces.of(found), current)
    }
  }

  #reportRejected(offset: number): void {
    this.#report({
      code: 'cim/record-damaged',
      severity: 'warning',
      message: 'what looks like a record of a subscription does not fit its class and is left out',
      at: { in: 'bytes', source: this.#carver.source, offset },
    })
  }

  #registeredProviders(carved: readonly CarvedInstance[]): Set<string> {
    const names = new Set<string>()
    for (const { object } of this.#found) {
      if (object.className !== '__EventConsumerProviderRegistration') continue
      const path = registeredProvider({ properties: object.instance.properties })
      if (path !== undefined) names.add(path)
    }
    for (const { schema, instance } of carved) {
      const path =
        schema.name === '__EventConsumerProviderRegistration' ? registeredProvider(instance) : undefined
      if (path !== undefined) names.add(path)
    }
    return names
  }

  #addCarvedInstance(
    found: CarvedInstance,
    place: ReturnType<CarvedNamespaces['of']>,
    current: Snapshot | undefined,
  ): void {
    const { position, complete, instance } = found
    const where =
      position.region === 'free-page'
        ? `on physical page ${position.physicalPage}, which no logical page names`
        : position.region === 'page-slack'
          ? `in the slack of page ${position.physicalPage}`
          : position.region === 'unindexed'
            ? `in the table of logical page ${position.logicalPage}, which the index does not name it in`
            : position.entry === undefined
              ? `on page ${position.physicalPage}, whose table does not list it`
              : `in the table of page ${position.physicalPage}; without the index it may be live or deleted`
    const known =
      found.schema.part === undefined
        ? ' The layout of its class is the usual one, no definition was found.'
        : ''
    const recovered: Recovery = {
      from:
        position.region === 'free-page'
          ? 'free-page'
          : position.region === 'page-slack' || position.entry === undefined
            ? 'page-slack'
            : 'carved',
      confidence: !complete ? 'low' : place.certain && position.entry !== undefined ? 'high' : 'medium',
      why: `Its record lies ${where}; ${complete ? 'all its lengths agree with its class' : 'only its first page is there'}. ${place.why}${known}`,
    }
    // A table of a live page, or of any page when there is no index, lists what was not deleted.
    const listed = recovered.from === 'carved'
    if (!listed) {
      this.#addGone(instance, place.namespace, recovered)
      return
    }
    if (this.#offsets.has(instance.offset)) return
    const object: RepositoryObject = { ...describe(instance, place.namespace), state: 'live', recovered }
    const live = this.#live.get(instance.path.toLowerCase())
    if (current !== undefined && live?.all.has(contents(object))) return
    this.#list(object, instance)
    this.#rememberLive(object)
  }
}

function describe(
  instance: RepositoryInstance,
  namespace: string | undefined,
): Omit<RepositoryObject, 'state' | 'recovered' | 'generation' | 'addedAfterGeneration'> {
  return {
    ...(namespace === undefined ? {} : { namespace: namespace.toLowerCase().replaceAll('/', '\\') }),
    className: instance.className,
    superclasses: instance.superclasses,
    instance: {
      className: instance.className,
      properties: instance.properties
        .filter(({ state }) => state !== 'null-default')
        .map(({ name, value }) => ({ name, value })),
    },
    offset: instance.offset,
    recordFiletimes: [instance.writeFiletime, instance.classFiletime],
    path: instance.path,
    size: instance.size,
    ...(instance.writtenGeneration === undefined ? {} : { writtenGeneration: instance.writtenGeneration }),
  }
}

/** Path and values as one text, to compare by. */
function contents(object: Pick<RepositoryObject, 'path' | 'instance'>): string {
  const values = object.instance.properties.map(({ name, value }) => [name, value])
  return JSON.stringify([object.path?.toLowerCase(), values], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}
