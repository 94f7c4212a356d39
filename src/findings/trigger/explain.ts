import { lookupTable } from '../../bytes/index.ts'
import { parseWql, printCondition, type WqlSelect } from '../../lang/wql/index.ts'
import type { TimerFacts } from '../model.ts'
import { type Alternatives, type Atom, alternativesOf, atomWords, listWords, quoted } from './conditions.ts'
import { deviceChanges, files, modules, power, shutdown, volumes } from './describe-devices.ts'
import { eventLogs, logons } from './describe-logon.ts'
import { others } from './describe-others.ts'
import { processes, services } from './describe-process.ts'
import { registry } from './describe-registry.ts'
import { clock, load, timers, uptime } from './describe-time.ts'
import { selfWatch, wmiChange } from './describe-wmi.ts'
import type { TriggerExplanation, TriggerRow } from './model.ts'
import type { Change, Describer, Group, Part } from './part.ts'
import { durationWords } from './time-words.ts'

export interface TriggerFilter {
  readonly query?: string
  readonly eventNamespace?: string
  readonly queryLanguage?: string
}

const INTRINSIC: Readonly<Record<string, Change>> = lookupTable({
  __instancecreationevent: 'created',
  __instancedeletionevent: 'deleted',
  __instancemodificationevent: 'modified',
  __instanceoperationevent: 'operated',
})

/** What a filter's conditions weigh, so that of several alternatives the weightiest names the kind. */
const ROW_ORDER: readonly TriggerRow[] = [
  'security-tool',
  'self-watch',
  'failed-logon',
  'magic-account',
  'uptime',
  'timer-short',
  'registry-autostart',
  'clock',
  'timer-long',
  'activity',
  'operational',
  'broad',
]

const FAST_POLLING_SECONDS = 2
/** A query may be made as long as its author likes; a sentence may not. */
const MAX_SENTENCE = 1500

/**
 * Says in plain words what an event filter waits for, with the facts that scoring needs. The query is parsed; what the
 * grammar does not allow is `unparsable` and shown, never guessed. `timer` is the timer instruction that the query's
 * TimerID names, where the evidence has it. Source of the classes: TELEMETRY section 16, TRADECRAFT section 3.
 */
export function explainTrigger(filter: TriggerFilter, timer?: TimerFacts): TriggerExplanation {
  const { query } = filter
  if (query === undefined || query.trim() === '')
    return {
      kind: 'unknown',
      plain: 'It is not known when: the query is not in the evidence',
      rows: [],
      flags: {},
    }
  const tree = isWql(filter.queryLanguage) ? parseWql(query) : undefined
  if (tree === undefined) {
    const why = isWql(filter.queryLanguage)
      ? 'the query cannot be read'
      : `the query language is ${quoted(filter.queryLanguage ?? '')}`
    return {
      kind: 'unparsable',
      plain: `It is not known when: ${why}: ${quoted(query)}`,
      rows: [],
      query,
      flags: {},
    }
  }
  if (tree.kind !== 'select') {
    // A filter takes event queries alone. Source: Microsoft "Receiving a WMI Event", "ASSOCIATORS OF Statement".
    const plain = `Never: the query lists what is related to ${quoted(tree.of)}, and WMI takes no such query in a filter, which waits for events`
    return { kind: 'never', plain, rows: [], query, flags: {} }
  }
  return explainSelect(tree, query, timer)
}

function isWql(language: string | undefined): boolean {
  return language === undefined || language.trim() === '' || language.trim().toLowerCase() === 'wql'
}

function explainSelect(select: WqlSelect, query: string, timer: TimerFacts | undefined): TriggerExplanation {
  const within = select.within === undefined ? undefined : Number(select.within)
  const base = {
    query,
    eventClass: select.from,
    ...(within === undefined ? {} : { withinSeconds: within }),
  }
  const alternatives = alternativesOf(select.where)
  if (alternatives === 'never')
    return { ...base, kind: 'never', plain: 'Never: its condition cannot be true', rows: [], flags: {} }
  const groups = groupsOf(select.from, alternatives)
  const parts = groups.map((group) => describe(group, timer))
  const order = (part: Part): number =>
    Math.min(...part.rows.map((row) => ROW_ORDER.indexOf(row)), ROW_ORDER.length)
  const [primary] = [...parts].sort((a, b) => order(a) - order(b))
  const broad = parts.some((part) => part.broad === true)
  const fastPolling = within !== undefined && within < FAST_POLLING_SECONDS
  const rows = new Set(parts.flatMap((part) => part.rows))
  if (broad || fastPolling) rows.add('broad')
  const targetClasses = [
    ...new Set(groups.filter(({ change }) => change !== 'happened').flatMap(({ classNames }) => classNames)),
  ]
  return {
    ...base,
    kind: primary?.kind ?? 'everything',
    plain: sentence(parts, select, alternatives, within, fastPolling),
    rows: ROW_ORDER.filter((row) => rows.has(row)),
    ...(targetClasses.length === 0 || targetClasses[0] === '' ? {} : { targetClasses }),
    ...mergeDetails(parts),
    flags: {
      ...(broad ? { broad: true as const } : {}),
      ...(alternatives.tautology ? { tautology: true as const } : {}),
      ...(fastPolling ? { fastPolling: true as const } : {}),
      ...(select.group === undefined ? {} : { grouped: true as const }),
    },
  }
}

function sentence(
  parts: readonly Part[],
  select: WqlSelect,
  alternatives: Alternatives,
  within: number | undefined,
  fastPolling: boolean,
): string {
  let text = listWords(parts.map(({ words }) => words))
  if (alternatives.cut) text += ', or in further cases that the query lists'
  if (select.group !== undefined) {
    const seconds = durationWords(Number(select.group.within))
    const by =
      select.group.by.length === 0
        ? ''
        : ` for each ${listWords(
            select.group.by.map((path) => path.at(-1) ?? ''),
            'and',
          )}`
    text += `; events within ${seconds} are counted together${by}`
    if (select.group.having !== undefined)
      text += `, and it fires only if ${printCondition(select.group.having)}`
  }
  if (
    parts.some((part) => part.broad === true && part.kind !== 'process-start' && part.kind !== 'process-stop')
  )
    text += within === undefined ? '' : ` (about every ${durationWords(within).replace(/^1 /, '')})`
  else if (fastPolling)
    text += ` (looked for every ${durationWords(within ?? 0).replace(/^1 /, '')}, which is unusually often)`
  if (alternatives.tautology) text += ' (one of its conditions is always true)'
  const shown = text.length > MAX_SENTENCE ? `${text.slice(0, MAX_SENTENCE)} …` : text
  return shown.charAt(0).toUpperCase() + shown.slice(1)
}

function mergeDetails(parts: readonly Part[]): Partial<TriggerExplanation> {
  const all = parts.map(({ details }) => details ?? {})
  const merged: Partial<TriggerExplanation> = Object.assign({}, ...all.reverse())
  const list = <T>(pick: (part: (typeof all)[number]) => readonly T[] | undefined): readonly T[] => [
    ...new Set(all.reverse().flatMap((details) => pick(details) ?? [])),
  ]
  if (all.length < 2) return merged
  const processes = list((details) => details.processes)
  const registryKeys = list((details) => details.registry)
  return {
    ...merged,
    ...(processes.length === 0 ? {} : { processes }),
    ...(registryKeys.length === 0 ? {} : { registry: registryKeys }),
  }
}

interface Gathered {
  readonly group: Pick<Group, 'change' | 'className' | 'lower'>
  readonly classNames: Set<string>
  readonly alternatives: (readonly Atom[])[]
  /** The one property in which the alternatives differ. */
  varies?: string
}

/**
 * Alternatives of one object class together; those whose remaining conditions differ stay apart, and so do those that
 * differ in more than one property: `(A and B) or (C and D)` is not `(A or C) and (B or D)`.
 */
function groupsOf(from: string, alternatives: Alternatives): Group[] {
  const general = INTRINSIC[from.toLowerCase()]
  const groups = new Map<string, Gathered[]>()
  for (const written of alternatives.all) {
    const { atoms, change } = eventClassOf(written, general)
    const isa =
      change === undefined ? undefined : atoms.find(({ property, test }) => property === '' && test === 'isa')
    const className = change === undefined ? from : (isa?.value ?? '')
    const lower = className.toLowerCase()
    const rest = isa === undefined ? atoms : atoms.filter((atom) => atom !== isa)
    const describer = DESCRIBERS.find(({ classes }) => classes.test(lower))
    const left = rest.filter((atom) => !expresses(describer, atom))
    const together = describer === selfWatch ? 'wmi' : lower
    const key = `${together}\n${change}\n${left.map(atomWords).sort().join('\n')}`
    const known = groups.get(key) ?? []
    groups.set(key, known)
    const group = { change: change ?? 'happened', className, lower }
    const fitting = known.find((gathered) => describer?.each === true || takes(gathered, rest))
    if (fitting === undefined) {
      known.push({ group, classNames: new Set([className]), alternatives: [rest] })
    } else {
      fitting.classNames.add(className)
      fitting.alternatives.push(rest)
    }
  }
  return [...groups.values()].flat().map(({ group, classNames, alternatives: own }) => ({
    ...group,
    classNames: [...classNames],
    alternatives: own,
  }))
}

/** Whether an alternative differs from those gathered in nothing but the one property in which they differ. */
function takes(gathered: Gathered, atoms: readonly Atom[]): boolean {
  const [first = []] = gathered.alternatives
  const names = new Set([...first, ...atoms].map(({ property }) => property.toLowerCase()))
  const words = (list: readonly Atom[], name: string): string =>
    list
      .filter(({ property }) => property.toLowerCase() === name)
      .map(atomWords)
      .sort()
      .join('\n')
  const differing = [...names].filter((name) => words(first, name) !== words(atoms, name))
  const [only] = differing
  if (only === undefined) return true
  if (differing.length > 1 || words(first, only) === '' || words(atoms, only) === '') return false
  if (gathered.varies !== undefined && gathered.varies !== only) return false
  gathered.varies = only
  return true
}

/** `__InstanceOperationEvent ... WHERE __CLASS = '__InstanceCreationEvent'` asks for creations only. */
function eventClassOf(
  atoms: readonly Atom[],
  general: Change | undefined,
): { readonly atoms: readonly Atom[]; readonly change: Change | undefined } {
  const named = atoms.find(({ property, test }) => property.toLowerCase() === '__class' && test === '=')
  const change = named === undefined ? undefined : INTRINSIC[named.value.toLowerCase()]
  if (general === undefined || change === undefined) return { atoms, change: general }
  return { atoms: atoms.filter((atom) => atom !== named), change }
}

/** The first that knows the class describes it; `timers` needs the instruction and is asked apart. */
const DESCRIBERS: readonly Describer[] = [
  uptime,
  clock,
  load,
  timers(undefined),
  processes,
  services,
  logons,
  eventLogs,
  registry,
  selfWatch,
  volumes,
  deviceChanges,
  power,
  shutdown,
  files,
  modules,
  ...others,
  wmiChange,
]

/** Whether a describer's own words tell of this comparison. */
function expresses(describer: Describer | undefined, atom: Atom): boolean {
  if (describer === undefined || (atom.other !== undefined && describer.compares !== true)) return false
  return describer.consumes(atom.property.toLowerCase(), atom)
}

/** Classes of objects: a filter can wait for their changes, but not for them. The others of `Win32_` are events. */
const OBJECTS =
  /^(?:win32_ntlogevent|win32_(?!\w*(?:event|trace)$)\w+|cim_(?:datafile|logicalfile|directory|process|service|logicaldisk)|(?:antivirus|antispyware|firewall)product)$/

function describe(group: Group, timer: TimerFacts | undefined): Part {
  const part = describeChange(group, timer)
  if (group.change !== 'happened' || !OBJECTS.test(group.lower)) return part
  const refused = `as it is written WMI refuses it, because ${group.className} is an object and no event`
  return { ...part, words: `${part.words} (${refused})` }
}

function describeChange(group: Group, timer: TimerFacts | undefined): Part {
  const found =
    group.lower === '__timerevent'
      ? timers(timer)
      : DESCRIBERS.find(({ classes }) => classes.test(group.lower))
  const part = found?.describe(group) ?? unknownClass(group)
  const [first = []] = group.alternatives
  const left = first.filter((atom) => !expresses(found, atom))
  if (left.length === 0) return part
  const { broad: _broad, ...narrowed } = part
  const rows: Part['rows'] = part.rows.length === 0 ? ['operational'] : part.rows
  return { ...narrowed, rows, words: `${part.words}, if ${listWords(left.map(atomWords), 'and')}` }
}

function unknownClass(group: Group): Part {
  const name = quoted(group.className)
  if (group.className === '') {
    const how = {
      created: 'appears',
      deleted: 'goes away',
      modified: 'changes',
      operated: 'appears, changes or goes away',
      happened: 'happens',
    }[group.change]
    return { kind: 'everything', words: `whenever anything that WMI knows ${how}`, rows: [], broad: true }
  }
  const words = {
    created: `when a new ${name} object appears`,
    deleted: `when a ${name} object goes away`,
    modified: `when a ${name} object changes`,
    operated: `when a ${name} object appears, changes or goes away`,
    happened: `when Windows or a program reports the event ${name}`,
  }[group.change]
  return { kind: 'other', words, rows: ['operational'] }
}
