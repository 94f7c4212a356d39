import type { KnownGoodMatch } from '../known-good/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import { type Applied, placesShowing } from './evidence.ts'

/** Facts beside the subscription that score nothing and that a person should know (SCORING rule 8). */
export function sideFeatures(facts: SubscriptionFacts, match: KnownGoodMatch | undefined): readonly Applied[] {
  const { unseenMaking } = facts
  // Windows makes its own at its installation.
  if (unseenMaking === undefined || match?.kind === 'exact') return []
  return [
    {
      id: 'provenance/unseen-making',
      text: `Who made it, and from where, is not in the evidence: the WMI-Activity log (${unseenMaking.logBegins} to ${unseenMaking.logEnds}) does not have its making, so it was made before, or while that log was not written`,
      from: placesShowing(facts, 'binding'),
    },
  ]
}
