import type { KnownGoodMatch } from '../known-good/index.ts'
import type { ConsumerFacts, Reason, Severity, SideSignal, SubscriptionFacts } from '../model.ts'
import { logFileCode, type Payload } from '../payload/index.ts'
import type { TriggerExplanation } from '../trigger/index.ts'
import { isOnlyAttempted } from './confidence.ts'
import type { JudgementContent } from './content.ts'
import { isBound, isElsewhere, isExecuting } from './evidence.ts'
import type { Weights } from './weights.ts'

const ORDER: readonly Severity[] = ['informational', 'low', 'medium', 'high', 'critical']

/** The band that a score falls into. */
export function bandOf(score: number, { bands }: Weights): Severity {
  if (score <= bands.informational) return 'informational'
  if (score <= bands.low) return 'low'
  if (score <= bands.medium) return 'medium'
  return score <= bands.high ? 'high' : 'critical'
}

/** True when `left` is at least as severe as `right`. */
export function isAtLeast(left: Severity, right: Severity): boolean {
  return ORDER.indexOf(left) >= ORDER.indexOf(right)
}

/** What the rules look at. */
export interface RuleInput {
  readonly facts: SubscriptionFacts
  readonly consumer: ConsumerFacts | undefined
  readonly payload: Payload
  readonly trigger: TriggerExplanation
  readonly match: KnownGoodMatch | undefined
  /** The text that authored reaches out or hides code, where no consumer was read from it. */
  readonly attemptReachesOut: boolean
  readonly content: JudgementContent
}

interface Rule {
  readonly id: string
  readonly bound: 'floor' | 'cap'
  readonly severity: Severity
  readonly text: string
}

const PROVEN: readonly SideSignal[] = ['repository-replaced', 'foreign-provider', 'consumer-child']

function hasProof(facts: SubscriptionFacts): boolean {
  return facts.observations.some(
    ({ context }) => context?.signal !== undefined && PROVEN.includes(context.signal),
  )
}

/** Rules of SCORING section 3 that apply, in the order in which they act: floors, then caps, then what nothing lowers. */
function applicable(input: RuleInput): readonly Rule[] {
  const { facts, consumer, payload, trigger, match, content } = input
  const executes = isExecuting(payload.kind, consumer)
  const bound = isBound(facts)
  const attempted = isOnlyAttempted(facts)
  const rules: Rule[] = []
  const add = (id: string, kind: Rule['bound'], severity: Severity, text: string): void => {
    rules.push({ id: `rule/${id}`, bound: kind, severity, text })
  }
  if (executes && bound && payload.reachesOut) {
    add(
      'reaches-out',
      'floor',
      'high',
      'Code that reaches the network or unpacks itself in memory, bound to a trigger, is at least high',
    )
  }
  if (executes && isElsewhere(facts)) {
    add(
      'private-namespace',
      'floor',
      'medium',
      'A consumer that runs code outside root\\subscription is at least medium',
    )
  }
  if (executes && bound && trigger.rows.includes('security-tool')) {
    add(
      'analyst-tool',
      'floor',
      'high',
      "Code that starts when an analyst's or a defender's tool does is at least high",
    )
  }
  const isPartial = !bound && (facts.filter !== undefined || consumer !== undefined)
  if (isPartial) add('partial', 'cap', 'medium', 'A filter or a consumer alone is at most medium')
  if (attempted) {
    const reaches = payload.reachesOut || input.attemptReachesOut
    add(
      'attempted',
      'cap',
      reaches ? 'high' : 'medium',
      `Only attempted, not proven: at most ${reaches ? 'high' : 'medium'}`,
    )
    if (reaches)
      add(
        'attempted-reaches-out',
        'floor',
        'high',
        'The attempted code reaches the network or unpacks itself in memory: high',
      )
  }
  const isHarmless =
    consumer !== undefined &&
    (payload.kind === 'event-log' || payload.kind === 'mail' || payload.kind === 'log-file') &&
    !(payload.kind === 'log-file' && logFileCode(consumer, content.lists) !== undefined)
  if (isHarmless) add('writes-only', 'cap', 'low', 'It writes or sends text and runs nothing: at most low')
  if (hasProof(facts))
    add('not-only-attempted', 'floor', 'high', 'What the host shows is no mere attempt: at least high')
  if (match?.kind === 'differs')
    add(
      'impersonation',
      'floor',
      'high',
      'Other content under the name of a stock subscription is at least high',
    )
  return rules
}

const upperLimit = (severity: Severity, { bands }: Weights): number =>
  severity === 'critical' ? Number.POSITIVE_INFINITY : bands[severity]

const lowerLimit = (severity: Severity, { bands }: Weights): number => {
  const below = ORDER[ORDER.indexOf(severity) - 1]
  return below === undefined || below === 'critical' ? Number.NEGATIVE_INFINITY : bands[below] + 1
}

/**
 * Reasons that carry a sum into the band that the rules demand: each rule that changes the score adds what is missing or
 * takes what is too much, so that the score stays the sum of its reasons.
 */
export function ruleReasons(sum: number, input: RuleInput): readonly Reason[] {
  const { weights } = input.content
  let score = sum
  const reasons: Reason[] = []
  const move = (to: number, id: string, text: string): void => {
    reasons.push({ id, text, weight: to - score })
    score = to
  }
  for (const rule of applicable(input)) {
    if (rule.bound === 'floor' && score < lowerLimit(rule.severity, weights))
      move(lowerLimit(rule.severity, weights), rule.id, rule.text)
    if (rule.bound === 'cap' && score > upperLimit(rule.severity, weights))
      move(upperLimit(rule.severity, weights), rule.id, rule.text)
  }
  return reasons
}

/** The reason that carries a score up to the lower end of a band. */
export function raised(
  score: number,
  severity: Severity,
  id: string,
  text: string,
  weights: Weights,
): Reason {
  return { id, text, weight: Math.max(0, lowerLimit(severity, weights) - score) }
}

/** The reason that takes a score down to the upper end of a band, for what is known to be good. */
export function lowered(
  score: number,
  severity: Severity,
  id: string,
  text: string,
  weights: Weights,
): Reason {
  return { id, text, weight: Math.min(0, upperLimit(severity, weights) - score) }
}
