import { normalizeNamespace, parseObjectPath } from '../../lang/object-path.ts'
import type { ConsumerFacts, Observation, Shows, Sighting, SubscriptionFacts } from '../model.ts'
import type { PayloadKind } from '../payload/index.ts'

/** One feature that applies, before its points are known. */
export interface Applied {
  readonly id: string
  readonly text: string
  readonly from?: readonly string[]
}

const MAX_FROM = 8

/** `evidence#recordId`, `evidence@offset` or the evidence alone: how a reason names where it rests. */
export function placeOf(sighting: Sighting): string {
  if (sighting.recordId !== undefined) return `${sighting.evidence}#${sighting.recordId}`
  return sighting.offset === undefined ? sighting.evidence : `${sighting.evidence}@${sighting.offset}`
}

/** Places of the sightings that show a part; all of them when none says so. */
export function placesShowing(facts: SubscriptionFacts, part: Shows): readonly string[] {
  const showing = facts.sightings.filter((sighting) => sighting.shows.includes(part))
  return [...new Set((showing.length > 0 ? showing : facts.sightings).map(placeOf))].slice(0, MAX_FROM)
}

/** Places of the observations that a test holds for. */
export function placesOf(observations: readonly Observation[]): readonly string[] {
  return [...new Set(observations.map((observation) => placeOf(observation.sighting)))].slice(0, MAX_FROM)
}

/** Consumer as seen, or what the binding's path tells of it. */
export function consumerOf(facts: SubscriptionFacts): ConsumerFacts | undefined {
  if (facts.consumer?.class !== undefined) return facts.consumer
  const path = facts.binding?.consumer === undefined ? undefined : parseObjectPath(facts.binding.consumer)
  if (path === undefined) return facts.consumer
  const name = facts.consumer?.name ?? path.keys[0]?.value
  return {
    ...facts.consumer,
    class: path.class,
    ...(name === undefined ? {} : { name }),
    properties: facts.consumer?.properties ?? {},
  }
}

/** True for consumers that run code, or may: stock executing classes and every class that is not a stock one. */
export function isExecuting(kind: PayloadKind, consumer: ConsumerFacts | undefined): boolean {
  if (consumer === undefined) return false
  return kind === 'command' || kind === 'script' || kind === 'unknown'
}

/** True when filter and consumer are known to be tied: a binding, a whole triad, or execution. */
export function isBound(facts: SubscriptionFacts): boolean {
  return (
    facts.complete || facts.binding !== undefined || facts.state === 'bound' || facts.state === 'executed'
  )
}

/** True when the objects lie outside root\subscription; `false` while the namespace is not known. */
export function isElsewhere(facts: SubscriptionFacts): boolean {
  return facts.namespace !== undefined && normalizeNamespace(facts.namespace) !== 'root\\subscription'
}

/** File name without folder and `.exe`, lower case. */
export function baseName(image: string | undefined): string {
  return (
    (image ?? '')
      .split(/[\\/]/)
      .pop()
      ?.toLowerCase()
      .replace(/\.exe$/, '') ?? ''
  )
}
