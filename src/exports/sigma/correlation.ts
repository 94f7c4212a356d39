import { InputError } from '../../diagnostics/index.ts'
import type { SigmaMatch } from './evaluator.ts'
import type { SigmaEvent } from './event.ts'

export interface Correlation {
  readonly name: string
  readonly level: string
  readonly ordered: boolean
  readonly rules: readonly string[]
  readonly groupBy: readonly string[]
  readonly spanTicks: bigint
}

interface Hit {
  readonly rule: string
  readonly event: SigmaEvent
}

const TICKS_PER_SECOND = 10_000_000n
const SECONDS: Readonly<Record<string, bigint>> = { s: 1n, m: 60n, h: 3600n, d: 86_400n }

/** Reads a `temporal` or `temporal_ordered` correlation; other types are refused with `platforms/bad-rule`. */
export function readCorrelation(
  document: Record<string, unknown>,
  correlation: Record<string, unknown>,
): Correlation {
  const name = String(document.name ?? document.title)
  const { type, rules, timespan } = correlation
  if (type !== 'temporal' && type !== 'temporal_ordered') {
    throw new InputError(
      'platforms/bad-rule',
      `${name}: the correlation type ${String(type)} is not evaluated here`,
    )
  }
  const span = /^(\d+)([smhd])$/.exec(String(timespan))
  if (span === null || !Array.isArray(rules)) {
    throw new InputError('platforms/bad-rule', `${name}: the correlation lacks rules or a timespan`)
  }
  const groupBy = correlation['group-by']
  return {
    name,
    level: String(document.level ?? 'medium'),
    ordered: type === 'temporal_ordered',
    rules: rules.map(String),
    groupBy: Array.isArray(groupBy) ? groupBy.map(String) : [],
    spanTicks: BigInt(span[1] ?? 0) * (SECONDS[span[2] ?? 's'] ?? 1n) * TICKS_PER_SECOND,
  }
}

/** Groups of hits, one of each rule, of the same group and within the span; each hit serves one match. */
export function correlate(correlation: Correlation, hits: readonly Hit[]): SigmaMatch[] {
  const groups = new Map<string, Hit[]>()
  for (const hit of hits) {
    if (!correlation.rules.includes(hit.rule) || hit.event.record.timeFiletime === undefined) continue
    const key = JSON.stringify(
      correlation.groupBy.map((field) => hit.event.fields.get(field)?.toLowerCase() ?? null),
    )
    groups.set(key, [...(groups.get(key) ?? []), hit])
  }
  return [...groups.values()].flatMap((group) => matchesOf(correlation, group))
}

function matchesOf(correlation: Correlation, group: readonly Hit[]): SigmaMatch[] {
  const sorted = [...group].sort((a, b) => compare(timeOf(a), timeOf(b)))
  const matches: SigmaMatch[] = []
  let pending: Hit[] = []
  for (const hit of sorted) {
    pending = pending.filter((earlier) => timeOf(hit) - timeOf(earlier) <= correlation.spanTicks)
    pending.push(hit)
    const chosen = correlation.ordered ? inOrder(correlation, pending) : oneOfEach(correlation, pending)
    if (chosen === undefined) continue
    matches.push({
      rule: correlation.name,
      level: correlation.level,
      events: chosen.map(({ event }) => event.record),
    })
    pending = []
  }
  return matches
}

function oneOfEach({ rules }: Correlation, pending: readonly Hit[]): Hit[] | undefined {
  const chosen = rules.flatMap((rule) => pending.find((hit) => hit.rule === rule) ?? [])
  return chosen.length === rules.length ? chosen : undefined
}

function inOrder({ rules }: Correlation, pending: readonly Hit[]): Hit[] | undefined {
  const chosen: Hit[] = []
  for (const hit of pending) if (hit.rule === rules[chosen.length]) chosen.push(hit)
  return chosen.length === rules.length ? chosen : undefined
}

const timeOf = (hit: Hit): bigint => hit.event.record.timeFiletime ?? 0n
const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
