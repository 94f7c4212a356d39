import type { KnownGoodMatch } from '../known-good/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import { type Applied, placesOf, placesShowing } from './evidence.ts'

const MAX_TOLD = 3

/** Facts beside the subscription that score nothing and that a person should know (SCORING rule 8). */
export function sideFeatures(
  facts: SubscriptionFacts,
  match: KnownGoodMatch | undefined,
): readonly Applied[] {
  const applied: Applied[] = []
  const { unseenMaking } = facts
  // Windows makes its own at its installation.
  if (unseenMaking !== undefined && match?.kind !== 'exact') {
    applied.push({
      id: 'provenance/unseen-making',
      text: `Who made it, and from where, is not in the evidence: the WMI-Activity log (${unseenMaking.logBegins} to ${unseenMaking.logEnds}) does not have its making, so it was made outside that time, or while nothing was logged`,
      from: placesShowing(facts, 'binding'),
    })
  }
  const served = facts.observations.filter(({ context }) => context?.signal === 'provider-registered')
  if (served.length > 0) {
    const words = [
      ...new Set(served.map(({ context }) => context?.detail).filter((text) => text !== undefined)),
    ]
    applied.push({
      id: 'provenance/provider',
      text: `Who delivers its events: ${words.slice(0, MAX_TOLD).join('; ')}`,
      from: placesOf(served),
    })
  }
  return applied
}
