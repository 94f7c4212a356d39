import type { CimValue } from '../../lang/cim-value.ts'
import { normalizeNamespace, objectPathName, parseObjectPath, splitNamespace } from '../../lang/mof/index.ts'
import type { BindingFacts, ConsumerFacts, FilterFacts, SideSignal, TimerFacts } from '../model.ts'
import {
  classesIn,
  partFromProperties,
  type SubscriptionPart,
  subscriptionPart,
  usualSpelling,
} from './classes.ts'
import type { AuthoredObjects, AuthoringReading, AuthoringTool, AuthoringVerb } from './model.ts'

/** One call found in a text: what readers hand over before calls are put together to readings. */
export interface Act {
  readonly verb: AuthoringVerb
  readonly tool: AuthoringTool
  readonly why: string
  /** Class acted upon; absent where it could not be read. */
  readonly className?: string
  readonly namespace?: string
  readonly host?: string
  /** Properties that could be read. */
  readonly properties?: Readonly<Record<string, CimValue>>
  readonly mofPath?: string
  readonly autorecover?: true
  readonly signal?: SideSignal
  readonly splitNames?: boolean
  readonly renamed?: boolean
  readonly onlyDefines?: boolean
}

/** A property by name without case. */
export function property(act: Act, name: string): CimValue | undefined {
  const lower = name.toLowerCase()
  const found = Object.entries(act.properties ?? {}).find(([key]) => key.toLowerCase() === lower)
  return found?.[1]
}

function text(act: Act, name: string): string | undefined {
  const value = property(act, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function partOf(act: Act): SubscriptionPart | undefined {
  const named = act.className === undefined ? undefined : subscriptionPart(act.className)
  return named ?? partFromProperties(Object.keys(act.properties ?? {}))
}

function filterOf(act: Act): FilterFacts {
  const [name, query, language, space] = ['Name', 'Query', 'QueryLanguage', 'EventNamespace'].map((key) =>
    text(act, key),
  )
  return {
    ...(name === undefined ? {} : { name }),
    ...(query === undefined ? {} : { query }),
    ...(language === undefined ? {} : { queryLanguage: language }),
    ...(space === undefined ? {} : { eventNamespace: normalizeNamespace(space) }),
  }
}

function consumerOf(act: Act): ConsumerFacts {
  const name = text(act, 'Name')
  const properties = Object.fromEntries(
    Object.entries(act.properties ?? {}).filter(([key]) => !/^(?:name|creatorsid)$/i.test(key)),
  )
  const known = act.className === undefined ? undefined : usualSpelling(act.className)
  const guessed = 'CommandLineTemplate' in properties ? 'CommandLineEventConsumer' : undefined
  const className = known ?? guessed
  return {
    ...(className === undefined ? {} : { class: className }),
    ...(name === undefined ? {} : { name }),
    properties,
  }
}

function bindingOf(act: Act): BindingFacts {
  const [filter, consumer] = [text(act, 'Filter'), text(act, 'Consumer')]
  return { ...(filter === undefined ? {} : { filter }), ...(consumer === undefined ? {} : { consumer }) }
}

function timerOf(act: Act): TimerFacts | undefined {
  const id = text(act, 'TimerId')
  if (id === undefined) return undefined
  const interval = Number(property(act, 'IntervalBetweenEvents') ?? Number.NaN)
  const at = text(act, 'EventDateTime')
  return {
    class: usualSpelling(act.className ?? '__IntervalTimerInstruction'),
    timerId: id,
    ...(Number.isFinite(interval) ? { intervalMilliseconds: interval } : {}),
    ...(at === undefined ? {} : { eventDateTime: at }),
  }
}

function objectsOf(act: Act): AuthoredObjects {
  if (act.verb === 'mentions') return {}
  switch (partOf(act)) {
    case 'filter':
      return { filter: filterOf(act) }
    case 'consumer':
      return { consumer: consumerOf(act) }
    case 'binding':
      return { binding: bindingOf(act) }
    case 'timer': {
      const timer = timerOf(act)
      return timer === undefined ? {} : { timer }
    }
    default:
      return {}
  }
}

const SIGNALS: Readonly<Partial<Record<AuthoringVerb, SideSignal>>> = {
  reads: 'enumeration',
  removes: 'removal',
  mentions: 'documentation',
}

/**
 * Calls put together: objects that are created together and belong together (the binding names both, or there is one of
 * each) are one reading; reads, removals and mentions are one reading per verb and object.
 */
export function readingsOf(acts: readonly Act[], creates: SideSignal): AuthoringReading[] {
  const making = acts.filter(
    ({ verb, signal }) => (verb === 'creates' || verb === 'modifies') && signal === undefined,
  )
  const readings = [...joined(making, creates)]
  const seen = new Set<string>()
  for (const act of acts) {
    if (making.includes(act)) continue
    const reading = readingOf([act], objectsOf(act), act.signal ?? SIGNALS[act.verb] ?? creates)
    const key = JSON.stringify([
      reading.verb,
      reading.tool,
      reading.classes,
      reading.objects,
      reading.namespace,
      reading.mofPath,
    ])
    if (seen.has(key)) continue
    seen.add(key)
    readings.push(reading)
  }
  return readings
}

function joined(acts: readonly Act[], signal: SideSignal): AuthoringReading[] {
  const by = (part: SubscriptionPart): Act[] => acts.filter((act) => partOf(act) === part)
  const [filters, consumers, bindings, timers] = [by('filter'), by('consumer'), by('binding'), by('timer')]
  const left = new Set(acts)
  const readings: AuthoringReading[] = []
  const join = (members: readonly (Act | undefined)[]): void => {
    const present = members.filter((act) => act !== undefined)
    for (const act of present) left.delete(act)
    const timer = present.find((act) => partOf(act) === 'filter')
    const own = timer === undefined ? undefined : timerFor(timer, timers)
    if (own !== undefined) left.delete(own)
    const together = own === undefined ? present : [...present, own]
    const objects: AuthoredObjects = Object.assign({}, ...together.map(objectsOf))
    readings.push(readingOf(together, objects, signal))
  }
  for (const binding of bindings) {
    const filter = named(filters, text(binding, 'Filter')) ?? only(filters)
    const consumer = named(consumers, text(binding, 'Consumer')) ?? only(consumers)
    join([filter, consumer, binding])
  }
  const [restFilters, restConsumers] = [
    filters.filter((act) => left.has(act)),
    consumers.filter((act) => left.has(act)),
  ]
  if (restFilters.length === 1 && restConsumers.length === 1) join([restFilters[0], restConsumers[0]])
  for (const act of [...left]) if (left.has(act)) join([act])
  return readings
}

function only(acts: readonly Act[]): Act | undefined {
  return acts.length === 1 ? acts[0] : undefined
}

function named(acts: readonly Act[], reference: string | undefined): Act | undefined {
  if (reference === undefined) return undefined
  const path = parseObjectPath(reference)
  const name = (path === undefined ? reference : objectPathName(path))?.toLowerCase()
  return acts.find((act) => text(act, 'Name')?.toLowerCase() === name)
}

function timerFor(filter: Act, timers: readonly Act[]): Act | undefined {
  const query = text(filter, 'Query')
  if (query === undefined || !/__TimerEvent/i.test(query)) return undefined
  const id = /TimerID\s*=\s*["']([^"']*)["']/i.exec(query)?.[1]?.toLowerCase()
  return timers.find((timer) => text(timer, 'TimerId')?.toLowerCase() === id) ?? only(timers)
}

/** What the acts do, and on which other machine where they say so. */
function whyOf(acts: readonly Act[], remoteHost: string | undefined): string {
  const words = [...new Set(acts.map(({ why }) => why))].join('; ')
  return remoteHost === undefined || words.includes(remoteHost) ? words : `${words}; on ${remoteHost}`
}

function readingOf(acts: readonly Act[], objects: AuthoredObjects, signal: SideSignal): AuthoringReading {
  const [first] = acts
  const pick = <K extends 'namespace' | 'host' | 'mofPath'>(key: K): string | undefined =>
    acts.find((act) => act[key] !== undefined)?.[key]
  const namespace = pick('namespace')
  const host = pick('host')
  const mofPath = pick('mofPath')
  const place = namespace === undefined ? undefined : splitNamespace(namespace)
  // A variable that is not known is no name of a machine.
  const remoteHost = [host, place?.host].find((name) => name !== undefined && !/[$%]/.test(name))
  const classes = new Set<string>()
  for (const act of acts) {
    if (act.className === undefined) continue
    const known = classesIn(act.className)
    for (const name of known.length > 0 ? known : [usualSpelling(act.className)]) classes.add(name)
  }
  const onlyDefines = acts.every((act) => act.onlyDefines === true)
  const verbs = new Set(acts.map(({ verb }) => verb))
  return {
    verb: verbs.has('creates') ? 'creates' : (first?.verb ?? 'mentions'),
    tool: first?.tool ?? 'other',
    signal,
    why: whyOf(acts, remoteHost),
    classes: [...classes].sort(),
    ...(Object.keys(objects).length === 0 ? {} : { objects }),
    ...(place === undefined ? {} : { namespace: place.namespace }),
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(mofPath === undefined ? {} : { mofPath }),
    ...(acts.some((act) => act.autorecover === true) ? { autorecover: true as const } : {}),
    splitNames: acts.some((act) => act.splitNames === true),
    renamed: acts.some((act) => act.renamed === true),
    ...(onlyDefines ? { onlyDefines: true as const } : {}),
  }
}
