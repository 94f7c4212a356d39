import type { Judgement, SubscriptionFacts } from '../model.ts'
import { isAtLeast } from './rules.ts'

/** Versions looked at, the newest first. An object that changes all day is told by its last ones. */
const MAX_VERSIONS = 8

/** The worst that a subscription's objects held before they were changed, where it is worse than what they hold now. */
export interface WorseBefore {
  readonly severity: Judgement['severity']
  readonly text: string
}

/**
 * Judges what the objects held before. Whoever overwrites a payload with something harmless, or puts a stock object
 * back, does not undo what it was.
 */
export function worseBefore(
  facts: SubscriptionFacts,
  now: Judgement['severity'],
  judgeOne: (facts: SubscriptionFacts) => Judgement,
): WorseBefore | undefined {
  const { earlier = [], ...current } = facts
  let worst: { readonly judgement: Judgement; readonly when?: string; readonly isFilter: boolean } | undefined
  for (const { filter, consumer, when } of earlier.slice(-MAX_VERSIONS).reverse()) {
    const judgement = judgeOne({
      ...current,
      ...(filter === undefined ? {} : { filter }),
      ...(consumer === undefined ? {} : { consumer }),
    })
    if (isAtLeast(worst?.judgement.severity ?? now, judgement.severity)) continue
    worst = { judgement, ...(when === undefined ? {} : { when }), isFilter: consumer === undefined }
  }
  if (worst === undefined) return undefined
  const { judgement, when, isFilter } = worst
  const what = isFilter
    ? `it waited for this: ${judgement.explanation.trigger}`
    : `it ${judgement.explanation.action}`
  return {
    severity: judgement.severity,
    text: `What it held before it was changed is ${judgement.severity} by itself${when === undefined ? '' : ` (${when})`}: ${what}`,
  }
}
