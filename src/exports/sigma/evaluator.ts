import { parse } from 'yaml'
import { InputError } from '../../diagnostics/index.ts'
import type { EventRecord } from '../../records/index.ts'
import { type Condition, holds, parseCondition } from './condition.ts'
import { type Correlation, correlate, readCorrelation } from './correlation.ts'
import { type SigmaEvent, sigmaEvent } from './event.ts'
import { fieldMatcher } from './pattern.ts'

/** One event, or one group of events, that a Sigma rule matched. */
export interface SigmaMatch {
  /** The rule's `name`, or its title where it has none. */
  readonly rule: string
  readonly level: string
  readonly events: readonly EventRecord[]
}

export interface SigmaEvaluator {
  event(record: EventRecord): void
  /** Every match, singles in the order of the events, then correlations. */
  finish(): SigmaMatch[]
}

interface Rule {
  readonly name: string
  readonly level: string
  readonly source: string
  readonly condition: Condition
  readonly selections: ReadonlyMap<string, (event: SigmaEvent) => boolean>
}

/** Runs Sigma rules (texts of `.yml` files) over events. Throws `platforms/bad-rule` for what it does not evaluate. */
export function createSigmaEvaluator(texts: readonly string[]): SigmaEvaluator {
  const rules: Rule[] = []
  const correlations: Correlation[] = []
  for (const text of texts) {
    const document: unknown = parse(text)
    if (!isRecord(document)) throw new InputError('platforms/bad-rule', 'a Sigma file holds no rule')
    if (isRecord(document.correlation)) correlations.push(readCorrelation(document, document.correlation))
    else rules.push(readRule(document))
  }
  const matches: SigmaMatch[] = []
  const hits: { rule: string; event: SigmaEvent }[] = []
  const correlated = new Set(correlations.flatMap((correlation) => correlation.rules))
  return {
    event(record) {
      const event = sigmaEvent(record)
      if (event.sources.size === 0) return
      for (const rule of rules) {
        if (!event.sources.has(rule.source)) continue
        if (!holds(rule.condition, (name) => rule.selections.get(name)?.(event) ?? false)) continue
        matches.push({ rule: rule.name, level: rule.level, events: [record] })
        if (correlated.has(rule.name)) hits.push({ rule: rule.name, event })
      }
    },
    finish: () => [...matches, ...correlations.flatMap((correlation) => correlate(correlation, hits))],
  }
}

function readRule(document: Record<string, unknown>): Rule {
  const { logsource, detection } = document
  if (!isRecord(logsource) || !isRecord(detection)) {
    throw new InputError('platforms/bad-rule', `${String(document.title)} lacks logsource or detection`)
  }
  const selections = Object.entries(detection).filter(([name]) => name !== 'condition')
  return {
    name: String(document.name ?? document.title),
    level: String(document.level ?? 'medium'),
    source: String(logsource.category ?? logsource.service),
    condition: parseCondition(
      String(detection.condition),
      selections.map(([name]) => name),
    ),
    selections: new Map(selections.map(([name, value]) => [name, selection(value)])),
  }
}

/** A mapping: all of its fields. A list of mappings: any of them. A list of texts: anywhere in the event. */
function selection(value: unknown): (event: SigmaEvent) => boolean {
  if (Array.isArray(value)) {
    const any = value.map((item) => (isRecord(item) ? selection(item) : keyword(item)))
    return (event) => any.some((matches) => matches(event))
  }
  if (!isRecord(value)) return keyword(value)
  const fields = Object.entries(value).map(([key, values]) => {
    const [name = '', ...modifiers] = key.split('|')
    return { name, matches: fieldMatcher(modifiers, Array.isArray(values) ? values : [values]) }
  })
  return (event) => fields.every(({ name, matches }) => matches(event.fields.get(name)))
}

function keyword(value: unknown): (event: SigmaEvent) => boolean {
  const matches = fieldMatcher(['contains'], [value])
  return (event) => [...event.fields.values(), event.record.message ?? ''].some(matches)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
