import {
  type CimInstance,
  cimProperty,
  normalizeNamespace,
  objectPathName,
  parseObjectPath,
} from '../../lang/mof/index.ts'
import type { EventRecord } from '../../records/event.ts'
import type { Observation } from '../model.ts'
import { textOf } from './objects.ts'
import { at, type Place, placeOfEvent, usable } from './place.ts'

/**
 * The parts of Windows that serve its own consumer classes, by class. A class of one of these names that any other part
 * serves does what that part does. Observed in evidence wbem-w10, and unchanged since Windows XP.
 */
const STOCK_PARTS: ReadonlyMap<string, string> = new Map([
  ['activescripteventconsumer', '{266c72e7-62e8-11d1-ad89-00c04fd8fdff}'],
  ['commandlineeventconsumer', '{266c72e5-62e8-11d1-ad89-00c04fd8fdff}'],
  ['logfileeventconsumer', '{266c72d4-62e8-11d1-ad89-00c04fd8fdff}'],
  ['nteventlogeventconsumer', '{266c72e6-62e8-11d1-ad89-00c04fd8fdff}'],
  ['smtpeventconsumer', '{c7a3a54b-0250-11d3-9cd1-00105a1f4801}'],
])
/** The message of Microsoft-Windows-WMI 63; older Windows says it a little shorter. */
const LOCAL_SYSTEM =
  /A provider, (.{1,256}?), has been registered in the (?:Windows Management Instrumentation|WMI) namespace,? (.{1,512}?),? to use the LocalSystem account/i
/** Texts of one event are read up to here. */
const MAX_TEXT = 2048
/** Registrations kept of one class, and events 63 of one host: real ones are a few dozen. */
const MAX_KEPT = 1024

/** `__EventConsumerProviderRegistration`: which classes a provider serves. */
interface Registration {
  readonly place: Place
  readonly namespace: string
  readonly provider: string
  readonly classes: readonly string[]
}

/** `__Win32Provider`: which part of COM that is, and as whom it runs. */
interface Provider {
  readonly clsid?: string
  readonly hosting?: string
}

interface LocalSystem {
  readonly provider: string
  readonly namespace: string
  readonly observation: Observation
}

/** What a subscription is asked about: its class, where it lies, and which providers were seen to start for it. */
export interface ServedClass {
  /** Names of its host, and the files that show it. */
  readonly hosts: readonly string[]
  readonly evidences: ReadonlySet<string>
  /** Both lower case, `''` where it is not known. */
  readonly class: string
  readonly namespace: string
  readonly started: readonly string[]
}

/**
 * Who serves consumer classes, from the repository, MOF files, listings and event 63 of the Application log: kept only
 * to be looked up for a consumer of a class that is not Windows' own. Products register providers all the time.
 */
export class ConsumerProviders {
  /** By class, lower case. */
  readonly #registrations = new Map<string, Registration[]>()
  readonly #providers = new Map<string, Provider>()
  /** By host, then by provider and namespace. */
  readonly #localSystem = new Map<string, Map<string, LocalSystem>>()

  /** Takes a stored or defined object when it is of one of the two classes; false for any other. */
  addObject(instance: CimInstance, namespace: string | undefined, place: Place): boolean {
    const className = instance.className.toLowerCase()
    const where = namespace?.toLowerCase() ?? ''
    if (className === '__win32provider') {
      const name = textOf(cimProperty(instance, 'Name'))
      const clsid = textOf(cimProperty(instance, 'CLSID'))
      const hosting = textOf(cimProperty(instance, 'HostingModel'))
      if (name === undefined) return true
      this.#providers.set(providerKey(place, where, name), {
        ...(clsid === undefined ? {} : { clsid }),
        ...(hosting === undefined ? {} : { hosting }),
      })
      return true
    }
    if (className !== '__eventconsumerproviderregistration') return false
    const provider = nameIn(textOf(cimProperty(instance, 'provider')))
    const given = cimProperty(instance, 'ConsumerClassNames')
    if (provider === undefined || !Array.isArray(given)) return true
    const classes = given.filter((name): name is string => typeof name === 'string')
    for (const name of new Set(classes.map((one) => one.toLowerCase()))) {
      const known = this.#registrations.get(name) ?? []
      this.#registrations.set(name, known)
      if (known.length < MAX_KEPT) known.push({ place, namespace: where, provider, classes })
    }
    return true
  }

  /** Microsoft-Windows-WMI 63: name and namespace in unnamed elements, or in the message. */
  addEvent(event: EventRecord): void {
    if (event.eventId !== 63) return
    const [name, given] = event.values.filter(usable)
    const message = LOCAL_SYSTEM.exec(event.message?.slice(0, MAX_TEXT) ?? '')
    const provider = name ?? message?.[1]
    const namespace = normalizeNamespace(given ?? message?.[2] ?? '')
    if (provider === undefined || provider.length > MAX_TEXT || !namespace.startsWith('root')) return
    const host = event.computer?.toLowerCase() ?? ''
    const seen = this.#localSystem.get(host) ?? new Map<string, LocalSystem>()
    this.#localSystem.set(host, seen)
    const key = [provider.toLowerCase(), namespace].join('\0')
    const known = seen.get(key)?.observation.timeFiletime
    // It comes again whenever the provider is loaded: the first time says most.
    if (known === undefined ? seen.size >= MAX_KEPT : known <= (event.timeFiletime ?? 0n)) return
    const detail = `the provider "${provider}" was registered in ${namespace} to run as LocalSystem`
    seen.set(key, {
      provider: provider.toLowerCase(),
      namespace,
      observation: registered(placeOfEvent(event, 'wmi-activity'), namespace, detail),
    })
  }

  /** What is known of who serves a class that is not Windows' own, as observations. */
  serving(asked: ServedClass): Observation[] {
    const isForeign = asked.class !== '' && !STOCK_PARTS.has(asked.class)
    const all = isForeign ? this.#registrations.get(asked.class) : undefined
    const own = (all ?? []).filter((one) => isOf(one, asked))
    const names = new Set([
      ...own.map(({ provider }) => provider.toLowerCase()),
      ...asked.started.map((name) => name.toLowerCase()),
    ])
    const privileged = asked.hosts
      .flatMap((host) => [...(this.#localSystem.get(host)?.values() ?? [])])
      .filter(
        ({ provider, namespace }) =>
          names.has(provider) ||
          (isForeign && namespace === asked.namespace && isLike(provider, asked.class)),
      )
    return [
      ...own.map((one) => registered(one.place, one.namespace, this.#words(one, asked.class))),
      ...privileged.map(({ observation }) => observation),
    ].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  }

  /** Windows' own classes that stored registrations give to another part. */
  hijacked(): Observation[] {
    return [...STOCK_PARTS].flatMap(([name, stock]) =>
      (this.#registrations.get(name) ?? []).flatMap((one) => {
        const { source, recovered } = one.place.sighting
        const { clsid } = this.#providerOf(one) ?? {}
        if (source === 'mof' || recovered === true || clsid === undefined) return []
        if (clsid.toLowerCase() === stock) return []
        return at(one.place, ['consumer'], {
          operation: 'modified',
          ...(one.namespace === '' ? {} : { namespace: one.namespace }),
          context: {
            signal: 'foreign-provider',
            detail: `${this.#words(one, name)}; Windows' own is ${stock}`,
          },
        })
      }),
    )
  }

  #providerOf({ place, namespace, provider }: Registration): Provider | undefined {
    return this.#providers.get(providerKey(place, namespace, provider))
  }

  #words(one: Registration, className: string): string {
    const { clsid, hosting } = this.#providerOf(one) ?? {}
    const part = clsid === undefined ? '' : ` (CLSID ${clsid}${hosting === undefined ? '' : `, ${hosting}`})`
    const spelled = one.classes.find((name) => name.toLowerCase() === className.toLowerCase()) ?? className
    const where = one.namespace === '' ? '' : ` in ${one.namespace}`
    return `the class ${spelled} is served${where} by the provider "${one.provider}"${part}`
  }
}

/** A provider lies in one namespace of one file. */
function providerKey({ sighting }: Place, namespace: string, name: string): string {
  return [sighting.evidence, namespace, name.toLowerCase()].join('\0')
}

/** A registration of the same namespace, in the same file or on the same host. */
function isOf({ place, namespace }: Registration, asked: ServedClass): boolean {
  if (namespace !== '' && asked.namespace !== '' && namespace !== asked.namespace) return false
  return (
    asked.evidences.has(place.sighting.evidence) ||
    (place.host !== undefined && asked.hosts.includes(place.host.toLowerCase()))
  )
}

function isLike(provider: string, className: string): boolean {
  return provider.includes(className) || className.includes(provider)
}

function registered(place: Place, namespace: string, detail: string): Observation {
  return at(place, [], {
    operation: 'read',
    ...(namespace === '' ? {} : { namespace }),
    context: { signal: 'provider-registered', detail },
  })
}

function orderOf({ timeFiletime, sighting, context }: Observation): string {
  const time = (timeFiletime ?? 0n).toString().padStart(20, '0')
  return [time, sighting.evidence, sighting.offset ?? '', context?.detail ?? ''].join('\0')
}

/** Name of the provider that a reference leads to; a listing may give the name alone. */
function nameIn(reference: string | undefined): string | undefined {
  const path = reference === undefined ? undefined : parseObjectPath(reference)
  return path === undefined ? reference : (objectPathName(path) ?? reference)
}
