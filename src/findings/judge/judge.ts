import { type AllowEntry, type AllowList, checkAllowed } from '../allow/index.ts'
import {
  type Fingerprint,
  fingerprintOf,
  type KnownGoodMatch,
  matchKnownGood,
  matchVendor,
} from '../known-good/index.ts'
import type { ConsumerFacts, Judgement, Reason, Severity, SubscriptionFacts, Verdict } from '../model.ts'
import { analysePayload, decodeLayers, describeAction, indicatorsIn, type Payload } from '../payload/index.ts'
import { explainTrigger } from '../trigger/index.ts'
import { confidenceOf } from './confidence.ts'
import { type JudgementContent, judgementContent } from './content.ts'
import { worseBefore } from './earlier.ts'
import { type Applied, consumerOf, isElsewhere, isExecuting } from './evidence.ts'
import { explainWithout } from './explain-side.ts'
import { hostFeatures, lifecycleFeatures, provenanceFeatures } from './host-features.ts'
import { bandOf, isAtLeast, lowered, type RuleInput, raised, ruleReasons } from './rules.ts'
import { sideFeatures } from './side-evidence.ts'
import {
  consumerFeatures,
  identityFeatures,
  type PayloadFileState,
  payloadFeaturesOf,
  type Rarity,
  triggerFeatures,
} from './subscription-features.ts'

/** What is known beside the evidence. All optional. */
export interface JudgementContext {
  /** Weights and lists; the product's own by default. */
  readonly content?: JudgementContent
  /** The team's own known-good. */
  readonly allow?: AllowList
  /** ISO 8601; decides what has expired. The present by default. */
  readonly now?: string
  /** How rare a fingerprint is on the estate; `undefined` when no baseline tells. */
  readonly rarity?: (fingerprint: string) => Rarity | undefined
  /** Set when a baseline shows the fingerprint old and on most hosts of the role (KNOWN-GOOD level L3). */
  readonly isCommon?: (fingerprint: string) => boolean
  /** State of the file that the payload runs, where something outside the logs tells. */
  readonly payloadFile?: PayloadFileState
  /** The creation falls into an approved change of a management product. */
  readonly isManagedChange?: boolean
  /** The removal was an authorised responder's. */
  readonly isAuthorisedRemoval?: boolean
}

const MAX_LAYER = 32_768
const MAX_LAYERS = 16

/** Features of one group as reasons, and the reason that takes what is beyond the group's cap. */
function scored(group: string, applied: readonly Applied[], content: JudgementContent): readonly Reason[] {
  const rule = content.weights.groups[group]
  if (rule === undefined) return []
  const reasons: Reason[] = applied.map(({ id, text, from }) => ({
    id,
    text,
    weight: rule.features[id] ?? 0,
    ...(from === undefined || from.length === 0 ? {} : { from }),
  }))
  const sum = sumOf(reasons)
  if (sum <= rule.cap) return reasons
  return [
    ...reasons,
    {
      id: `cap/${group}`,
      text: `Reasons of this kind (${group}) count ${rule.cap} points at most`,
      weight: rule.cap - sum,
    },
  ]
}

const sumOf = (reasons: readonly Reason[]): number => reasons.reduce((sum, reason) => sum + reason.weight, 0)

/**
 * Switches and namespaces that say on which machine, where and as whom something is made: no place that its code
 * reaches. `domain/user:password@machine` is how the Impacket tools are told.
 */
const TARGETS =
  /\\{2,4}(?:[\w.-]{1,255}\\{1,2})?root[\\/](?:[\w\\/]{0,255})|(?:\/(?:node|user|password|authority)\s{0,4}:|[-/]n:|-(?:computername|cn|credential|username)(?::|\s{1,9}))\s{0,4}(?:"[^"]*"|'[^']*'|\S+)|(?<=\s)[\w.$-]{1,64}[\\/][\w.$-]{1,64}(?::\S{0,64}?)?@[\w.:-]+/gi

/** Whether the text that authored names the network or hides code; only where no consumer was read from it. */
function attemptReachesOut(facts: SubscriptionFacts, payload: Payload, content: JudgementContent): boolean {
  if (payload.text !== '') return false
  return facts.observations.some(({ context, operation }) => {
    if (operation !== 'attempted' || context === undefined || context.onlyDefines === true) return false
    const own = [context.commandLine, ...(context.decoded ?? [])]
      .filter((text) => text !== undefined)
      .map((text) => text.replace(TARGETS, ' '))
    return own.some((text) => {
      const read = analysePayload(
        { class: 'ActiveScriptEventConsumer', properties: { ScriptText: text.slice(0, 65_536) } },
        content.lists,
      )
      return read.reachesOut
    })
  })
}

/** What no allow list may silence. KNOWN-GOOD section 3, "Always alert". */
function alwaysAlerts(
  facts: SubscriptionFacts,
  payload: Payload,
  match: KnownGoodMatch | undefined,
): string | undefined {
  if (match?.kind === 'differs') return 'it bears the name of a stock subscription and is not it'
  if (isElsewhere(facts) && isExecuting(payload.kind, consumerOf(facts)))
    return 'it runs code outside root\\subscription'
  if (payload.hidesCode) return 'its payload unpacks or fetches code'
  return undefined
}

interface Outcome {
  readonly reasons: readonly Reason[]
  readonly severity: Severity
  readonly knownGood: boolean
  readonly allowed?: AllowEntry
}

/** Known-good, allow list and baseline, which come after everything else. */
function settle(
  facts: SubscriptionFacts,
  payload: Payload,
  match: KnownGoodMatch | undefined,
  fingerprint: Fingerprint | undefined,
  reasons: readonly Reason[],
  context: JudgementContext,
  content: JudgementContent,
): Outcome {
  const score = sumOf(reasons)
  const severity = bandOf(score, content.weights)
  const lower = (to: Severity, id: string, text: string, knownGood: boolean): Outcome => {
    const reason = lowered(score, to, id, text, content.weights)
    const all = [...reasons, reason]
    return { reasons: all, severity: bandOf(sumOf(all), content.weights), knownGood }
  }
  if (match?.kind === 'exact') {
    const { entry } = match
    const note = entry.note === undefined ? '' : `. ${entry.note}`
    return lower(
      entry.severity,
      `known-good/${entry.id}`,
      `Its whole content is that of ${entry.title}${note}`,
      true,
    )
  }
  if (match?.kind === 'partly') {
    return lower(
      match.entry.severity,
      `known-good/${match.entry.id}-partly`,
      `All that was seen of it is ${match.entry.title}; not all of it was seen`,
      false,
    )
  }
  const allowed =
    context.allow === undefined ? undefined : checkAllowed(context.allow, facts, fingerprint, context.now)
  const stop = allowed === undefined ? undefined : alwaysAlerts(facts, payload, match)
  if (allowed?.kind === 'allowed' && stop === undefined) {
    const { entry } = allowed
    const words = `${entry.owner} allowed it until ${entry.expires}: ${entry.reason}`
    return { ...lower('informational', 'allow/entry', words, true), allowed: entry }
  }
  const notes: Reason[] = []
  if (allowed?.kind === 'expired') {
    notes.push({
      id: 'allow/expired',
      text: `The entry of ${allowed.entry.owner} that allowed it expired on ${allowed.entry.expires}`,
      weight: 0,
    })
  } else if (allowed?.kind === 'allowed' && stop !== undefined) {
    notes.push({
      id: 'allow/refused',
      text: `${allowed.entry.owner} allowed it, but no list may silence this: ${stop}`,
      weight: 0,
    })
  }
  const risky = [
    'payload/encoded-powershell',
    'payload/network',
    'payload/unusual-path',
    'payload/memory-code',
  ]
  const isCommon =
    fingerprint !== undefined &&
    context.isCommon?.(fingerprint.full) === true &&
    alwaysAlerts(facts, payload, match) === undefined &&
    !payload.features.some(({ id }) => risky.includes(id))
  if (isCommon && isAtLeast(severity, 'medium')) {
    return lower(
      'low',
      'baseline/common',
      'It is on most hosts and has been for more than thirty days',
      false,
    )
  }
  return { reasons: [...reasons, ...notes], severity, knownGood: false }
}

/** What the objects held before they were changed counts where it is worse. */
function withEarlier(
  outcome: Outcome,
  facts: SubscriptionFacts,
  context: JudgementContext,
  content: JudgementContent,
): Outcome {
  const before = worseBefore(facts, outcome.severity, (earlier) => judge(earlier, context))
  // The former version of an allowed agent is as ordinary as the present one was before it was allowed.
  if (before === undefined || !isAtLeast(before.severity, outcome.knownGood ? 'high' : 'medium'))
    return outcome
  const reason = raised(
    sumOf(outcome.reasons),
    before.severity,
    'rule/earlier-content',
    before.text,
    content.weights,
  )
  const { allowed: _covered, ...rest } = outcome
  return { ...rest, reasons: [...outcome.reasons, reason], severity: before.severity, knownGood: false }
}

function verdictOf(outcome: Outcome, facts: SubscriptionFacts, payload: Payload): Verdict {
  if (outcome.knownGood) return 'known-good'
  if (isAtLeast(outcome.severity, 'high')) return 'malicious'
  if (outcome.severity === 'medium') return 'suspicious'
  const consumer = consumerOf(facts)
  // Trying to make what only writes is as little as having made it.
  const matters =
    isExecuting(payload.kind, consumer) || (facts.state === 'attempted' && consumer === undefined)
  return outcome.severity === 'low' && matters ? 'suspicious' : 'unknown'
}

/**
 * Judges one subscription: severity by the sum of its reasons and the rules of SCORING, confidence by its sources,
 * and what it waits for and does in plain words. Pure: the same facts and context give the same judgement.
 */
export function judge(facts: SubscriptionFacts, context: JudgementContext = {}): Judgement {
  const content = context.content ?? judgementContent()
  const consumer = consumerOf(facts)
  const seen: SubscriptionFacts = consumer === undefined ? facts : { ...facts, consumer }
  const payload = analysePayload(consumer, content.lists)
  const trigger = explainTrigger(facts.filter ?? {}, facts.timer)
  const match = matchKnownGood(seen, content.knownGood)
  const vendor = matchVendor(seen, content.knownGood, content.lists)
  const fingerprint = fingerprintOf(seen)
  const rarity = fingerprint === undefined ? undefined : context.rarity?.(fingerprint.full)
  const lifecycle: Applied[] = [...lifecycleFeatures(facts)]
  if (context.isAuthorisedRemoval === true && facts.state === 'removed') {
    lifecycle.push({ id: 'lifecycle/responder-removed', text: 'An authorised responder removed it' })
  }
  const provenance: Applied[] = [...provenanceFeatures(facts, consumer, payload, content)]
  if (context.isManagedChange === true) {
    provenance.push({
      id: 'provenance/managed-change',
      text: 'A management product made it in an approved change',
    })
  }
  const features = [
    ...scored('consumer', consumerFeatures(facts, consumer, payload, content), content),
    ...scored('payload', payloadFeaturesOf(facts, payload, vendor, context.payloadFile), content),
    ...scored('trigger', triggerFeatures(facts, trigger), content),
    ...scored('provenance', [...provenance, ...sideFeatures(facts, match)], content),
    ...scored('identity', identityFeatures(seen, consumer, match, rarity, content), content),
    ...scored('lifecycle', lifecycle, content),
    ...scored('host', hostFeatures(facts, content), content),
  ]
  const rules: RuleInput = {
    facts,
    consumer,
    payload,
    trigger,
    match,
    attemptReachesOut: attemptReachesOut(facts, payload, content),
    content,
  }
  const reasons = [...features, ...ruleReasons(sumOf(features), rules)]
  const outcome = withEarlier(
    settle(seen, payload, match, fingerprint, reasons, context, content),
    seen,
    context,
    content,
  )
  const child = payload.text === '' ? childOf(facts) : undefined
  const shown = child === undefined ? payload : analysePayload(child, content.lists)
  const action = describeAction(child ?? consumer, shown, content.lists)
  return {
    verdict: verdictOf(outcome, facts, payload),
    severity: outcome.severity,
    confidence: confidenceOf(facts),
    score: sumOf(outcome.reasons),
    reasons: outcome.reasons,
    explanation:
      shown.text === '' || facts.filter === undefined
        ? explainWithout(facts, shown.text === '' ? bareAction(facts, action) : action, trigger.plain)
        : { trigger: trigger.plain, action },
    ...(fingerprint === undefined ? {} : { fingerprint: fingerprint.full }),
    ...(outcome.allowed === undefined ? {} : { allowed: allowedBy(outcome.allowed) }),
    ...layersOf(facts, shown),
    ...indicatorsOf(facts, shown, content),
  }
}

/** A consumer of which only the child was seen, as if the child's command line were its own; it adds no points. */
function childOf(facts: SubscriptionFacts): ConsumerFacts | undefined {
  const line = facts.observations.find(({ context }) => context?.signal === 'consumer-child')?.context
    ?.commandLine
  return line === undefined
    ? undefined
    : { class: 'CommandLineEventConsumer', properties: { CommandLineTemplate: line } }
}

/** What is said of a consumer without content; nothing where not even its class is known. */
function bareAction(facts: SubscriptionFacts, action: string): string | undefined {
  return consumerOf(facts)?.class === undefined ? undefined : action
}

const allowedBy = ({ owner, reason, expires }: AllowEntry): NonNullable<Judgement['allowed']> => ({
  owner,
  reason,
  expires,
})

function layersOf(facts: SubscriptionFacts, payload: Payload): Pick<Judgement, 'decoded'> {
  const own = payload.layers
  const authored =
    own.length > 0 || payload.text !== ''
      ? []
      : facts.observations.flatMap(({ context }) =>
          context?.commandLine === undefined ? [] : decodeLayers(context.commandLine),
        )
  const layers = [...own, ...authored].slice(0, MAX_LAYERS)
  return layers.length === 0
    ? {}
    : { decoded: layers.map(({ how, text }) => ({ how, text: text.slice(0, MAX_LAYER) })) }
}

function indicatorsOf(
  facts: SubscriptionFacts,
  payload: Payload,
  content: JudgementContent,
): Pick<Judgement, 'indicators'> {
  const paths = facts.observations.map(({ context }) => context?.mofPath).filter((path) => path !== undefined)
  const contacted = facts.observations
    .filter(({ operation }) => operation === 'executed')
    .map(({ context }) => context?.remoteAddress)
    .filter((address) => address !== undefined)
  const more = indicatorsIn([...paths, ...contacted], content.lists.schemaHosts).filter(
    (one) => !payload.indicators.some(({ kind, value }) => kind === one.kind && value === one.value),
  )
  const indicators = [...payload.indicators, ...more]
  return indicators.length === 0 ? {} : { indicators }
}
