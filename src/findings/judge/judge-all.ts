import {
  type Baseline,
  type BaselineSighting,
  EMPTY_BASELINE,
  rarityFrom,
  updateBaseline,
} from '../baseline/index.ts'
import { fingerprintOf } from '../known-good/index.ts'
import type { Finding, SubscriptionFacts } from '../model.ts'
import { type JudgementContext, judge } from './judge.ts'

export interface JudgeAllOptions extends JudgementContext {
  /** What the estate was known to hold before this run; without it nothing is said about rarity. */
  readonly baseline?: Baseline
  /** Hosts that were looked at, also those on which nothing was found. */
  readonly hosts?: readonly string[]
}

/**
 * Judges all subscriptions of a run. With a baseline, rare and new ones weigh more and old ones on most hosts less, and
 * `baseline` of the result is the given one with this run added. `suppressed` counts what the allow list covered.
 */
export function judgeAll(
  subscriptions: readonly SubscriptionFacts[],
  options: JudgeAllOptions = {},
): { readonly findings: readonly Finding[]; readonly baseline: Baseline; readonly suppressed: number } {
  const { baseline, hosts = [], ...context } = options
  const now = context.now ?? new Date().toISOString()
  const sightings = subscriptions.flatMap((facts): BaselineSighting[] => {
    const fingerprint = fingerprintOf(facts)
    if (fingerprint === undefined) return []
    const title = `${facts.filter?.name ?? ''} to ${facts.consumer?.class ?? ''} ${facts.consumer?.name ?? ''}`
    return [
      { fingerprint: fingerprint.full, title, ...(facts.host === undefined ? {} : { host: facts.host }) },
    ]
  })
  const seenOn = [...hosts, ...subscriptions.map(({ host }) => host).filter((host) => host !== undefined)]
  const after = updateBaseline(baseline ?? EMPTY_BASELINE, seenOn, sightings, now)
  const rarity = baseline === undefined ? {} : rarityFrom(baseline, after, now)
  const findings = subscriptions.map((facts) => ({
    facts,
    judgement: judge(facts, { ...context, ...rarity, now }),
  }))
  const suppressed = findings.filter(({ judgement }) => judgement.allowed !== undefined).length
  return { findings, baseline: after, suppressed }
}
