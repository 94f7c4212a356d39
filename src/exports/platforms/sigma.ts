import type { Json, JsonObject } from '../sentinel/delta.ts'
import { yamlText } from '../sentinel/layout.ts'
import { EVENTS, fieldOf } from './fields.ts'
import type { EventSource, Leaf, PlatformExport, PlatformRule, Predicate, SingleBody } from './model.ts'
import { NAME_FACTS } from './render.ts'

/** Log source of each event and whether the event id must be given beside it. Source: PLATFORMS 2. */
const LOG_SOURCES: Readonly<Record<EventSource, { readonly source: JsonObject; readonly eventId: boolean }>> =
  {
    'sysmon-wmi-filter': { source: { product: 'windows', category: 'wmi_event' }, eventId: true },
    'sysmon-wmi-consumer': { source: { product: 'windows', category: 'wmi_event' }, eventId: true },
    'sysmon-wmi-binding': { source: { product: 'windows', category: 'wmi_event' }, eventId: true },
    'wmi-activity-binding': { source: { product: 'windows', service: 'wmi' }, eventId: true },
    'wmi-activity-provider': { source: { product: 'windows', service: 'wmi' }, eventId: true },
    process: { source: { product: 'windows', category: 'process_creation' }, eventId: false },
    registry: { source: { product: 'windows', category: 'registry_set' }, eventId: false },
    file: { source: { product: 'windows', category: 'file_event' }, eventId: false },
    'script-block': { source: { product: 'windows', category: 'ps_script' }, eventId: false },
    pipeline: { source: { product: 'windows', category: 'ps_module' }, eventId: false },
  }

const TAGS = ['attack.persistence', 'attack.privilege-escalation', 'attack.t1546.003']

/** The rules as Sigma 2.1, one file each; correlations name the rules they join. Checked by pySigma outside the tests. */
export function exportSigma(rules: readonly PlatformRule[]): PlatformExport {
  return {
    files: rules.map((rule) => ({
      path: `${rule.id.replaceAll('-', '_')}.yml`,
      text: yamlText(rule.body.kind === 'single' ? single(rule, rule.body) : correlation(rule)),
    })),
    leftOut: [],
  }
}

function head(rule: PlatformRule): JsonObject {
  return {
    title: rule.title,
    id: rule.guid,
    name: rule.id.replaceAll('-', '_'),
    status: 'experimental',
    description: rule.description,
    references: ['https://attack.mitre.org/techniques/T1546/003/'],
    author: 'Triad',
    date: '2026-11-24',
    tags: TAGS,
  }
}

function tail(rule: PlatformRule): JsonObject {
  return { falsepositives: rule.falsePositives, level: rule.severity }
}

function single(rule: PlatformRule, body: SingleBody): JsonObject {
  const { source, eventId } = LOG_SOURCES[body.source]
  const detection = new DetectionWriter(eventId ? EVENTS[body.source].eventId : undefined)
  return { ...head(rule), logsource: source, detection: detection.write(body.where), ...tail(rule) }
}

function correlation(rule: PlatformRule): JsonObject {
  if (rule.body.kind !== 'correlation') return {}
  const { rules, by, within, ordered } = rule.body
  return {
    ...head(rule),
    correlation: {
      type: ordered ? 'temporal_ordered' : 'temporal',
      rules: rules.map((id) => id.replaceAll('-', '_')),
      'group-by': by.map((fact) => fieldOf('sigma', fact) ?? ''),
      timespan: within,
      condition: { gte: rules.length },
    },
    ...tail(rule),
  }
}

/** Conditions → named selections and the `condition` over them. */
class DetectionWriter {
  readonly #eventId: number | undefined
  readonly #selections: [string, Json][] = []
  readonly #counts: Record<string, number> = {}

  constructor(eventId: number | undefined) {
    this.#eventId = eventId
  }

  write(where: readonly Predicate[]): JsonObject {
    const own = where.filter((predicate) => predicate.kind === 'leaf')
    const entries = [
      ...(this.#eventId === undefined ? [] : [['EventID', this.#eventId] as const]),
      ...own.map(entry),
    ]
    // A mapping cannot hold the same key twice: the second condition on a field is a selection of its own.
    const keys = entries.map(([key]) => key)
    const first = entries.filter(([key], index) => keys.indexOf(key) === index)
    const more = entries.filter(([key], index) => keys.indexOf(key) !== index)
    const parts = [
      ...(first.length === 0 ? [] : [this.#add('selection', Object.fromEntries(first))]),
      ...more.map(([key, value]) => this.#add('selection', { [key]: value })),
      ...where.filter((predicate) => predicate.kind !== 'leaf').map((predicate) => this.#group(predicate)),
    ]
    return { ...Object.fromEntries(this.#selections), condition: parts.join(' and ') }
  }

  #group(predicate: Predicate): string {
    if (predicate.kind === 'leaf') return this.#add('selection', Object.fromEntries([entry(predicate)]))
    const leaves = predicate.of.filter((item) => item.kind === 'leaf')
    const plain = leaves.length === predicate.of.length
    if (predicate.kind === 'any') {
      if (plain)
        return this.#add(
          'either',
          leaves.map((leaf) => Object.fromEntries([entry(leaf)])),
        )
      return `(${predicate.of.map((item) => this.#group(item)).join(' or ')})`
    }
    const distinct = new Set(leaves.map((leaf) => entry(leaf)[0])).size === leaves.length
    const name = predicate.kind === 'not' ? 'filter' : 'every'
    const inner =
      plain && distinct
        ? this.#add(name, Object.fromEntries(leaves.map(entry)))
        : `(${predicate.of.map((item) => this.#group(item)).join(' and ')})`
    return predicate.kind === 'not' ? `not ${inner}` : inner
  }

  #add(name: string, value: Json): string {
    const count = (this.#counts[name] ?? 0) + 1
    this.#counts[name] = count
    const full = count === 1 ? name : `${name}_${count}`
    this.#selections.push([full, value])
    return full
  }
}

const MODIFIERS = { is: '', contains: '|contains', starts: '|startswith', ends: '|endswith' } as const

function entry(leaf: Leaf): [string, Json] {
  const field = fieldOf('sigma', leaf.fact) ?? ''
  const isName = NAME_FACTS.includes(leaf.fact)
  const values = leaf.values.map((value) => escapeSigma(isName ? `\\${value}` : value))
  const [only] = values
  return [
    `${field}${isName ? '|endswith' : MODIFIERS[leaf.match]}`,
    values.length === 1 && only !== undefined ? only : values,
  ]
}

/** `*` and `?` are wildcards, and a backslash before one of them, before another or at the end escapes. */
export function escapeSigma(value: string): string {
  return value.replace(/\\(?=[\\*?]|$)/g, '\\\\').replace(/[*?]/g, '\\$&')
}
