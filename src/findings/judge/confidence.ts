import type { Confidence, SideSignal, Sighting, SubscriptionFacts } from '../model.ts'

const STATES_BY_EVENT = [5861]

const isCertain = (sighting: Sighting): boolean =>
  sighting.source === 'defender' ||
  sighting.source === 'repository' ||
  sighting.source === 'file' ||
  (sighting.source === 'wmi-activity' && STATES_BY_EVENT.includes(sighting.eventId ?? 0))

/**
 * How sure it is that the subscription exists and does what we say (SCORING section 1): certain from 5861, Defender's
 * binding event, an inventory or a repository with the whole triad; high from Sysmon 19, 20 and 21 together; medium
 * from one of them, from evaluated PowerShell, or from a definition file; low from command lines and script text alone.
 */
export function confidenceOf(facts: SubscriptionFacts): Confidence {
  const confidence = bySightings(facts)
  const isShown = facts.observations.some(
    ({ context }) =>
      SHOWN.includes(context?.signal) ||
      // The list itself was seen to change, not only a command that would change it.
      (context?.signal === 'autorecover' && context.commandLine === undefined),
  )
  return confidence === 'low' && isShown ? 'medium' : confidence
}

/** What the host itself shows is no mere attempt, even while the subscription was not seen. */
const SHOWN: readonly (SideSignal | undefined)[] = [
  'repository-replaced',
  'foreign-provider',
  'consumer-child',
]

function bySightings(facts: SubscriptionFacts): Confidence {
  const seen = facts.sightings
  if (facts.state === 'attempted')
    return seen.some((item) => isEvaluated(item) || item.source === 'mof') ? 'medium' : 'low'
  const shows = (sighting: Sighting, part: string): boolean =>
    (sighting.shows as readonly string[]).includes(part)
  const live = seen.filter((sighting) => sighting.recovered !== true)
  if (facts.complete && live.some((sighting) => isCertain(sighting) && shows(sighting, 'binding')))
    return 'certain'
  const sysmon = seen.filter((sighting) => sighting.source === 'sysmon')
  const ids = new Set(sysmon.map((sighting) => sighting.eventId))
  if (ids.has(19) && ids.has(20) && ids.has(21)) return 'high'
  if (seen.some((sighting) => isCertain(sighting) && !onlyAttempt(sighting))) {
    return facts.complete ? 'high' : 'medium'
  }
  if (seen.some((sighting) => !onlyAttempt(sighting))) return 'medium'
  return seen.some(isEvaluated) ? 'medium' : 'low'
}

const onlyAttempt = (sighting: Sighting): boolean => sighting.shows.every((part) => part === 'attempt')

/** 4103 and 800 show the values that a cmdlet was really given; a script block or command line shows text. */
export function isEvaluated(sighting: Sighting): boolean {
  return sighting.source === 'powershell' && (sighting.eventId === 4103 || sighting.eventId === 800)
}

/** True while nothing but command lines and script text speaks for the subscription. */
export function isOnlyAttempted(facts: SubscriptionFacts): boolean {
  return (
    facts.state === 'attempted' &&
    !facts.sightings.some((sighting) => isEvaluated(sighting) || sighting.source === 'mof')
  )
}
