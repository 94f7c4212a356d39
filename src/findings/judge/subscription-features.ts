import {
  deceptiveCharacters,
  editDistance,
  foldName,
  type KnownGoodMatch,
  looksRandom,
  type VendorEntry,
} from '../known-good/index.ts'
import type { ConsumerFacts, SubscriptionFacts } from '../model.ts'
import { isLogPlace, logFileCode, type Payload } from '../payload/index.ts'
import type { TriggerExplanation, TriggerRow } from '../trigger/index.ts'
import type { JudgementContent } from './content.ts'
import { type Applied, isBound, isExecuting, placesShowing } from './evidence.ts'

/** What is known of the file that a payload runs, from outside the logs. */
export type PayloadFileState = 'signed' | 'unsigned' | 'missing'

const STOCK_CLASS = /^(?:activescript|commandline|logfile|smtp|nteventlog)eventconsumer$/i

/** What is odd about a class that is not one of the five of Windows. */
function foreignClass(consumer: ConsumerFacts): string {
  if (consumer.class === undefined || consumer.class === '')
    return 'The class of the consumer is not in the evidence: it may run anything'
  const base = consumer.superclasses?.find((name) => STOCK_CLASS.test(name))
  return base === undefined
    ? `The consumer's class ${consumer.class} is not one of Windows' own: it may run anything`
    : `The consumer's class ${consumer.class} is made after ${base}, so that searches for that name miss it`
}

/** Group A: what kind of consumer runs. One feature. */
export function consumerFeatures(
  facts: SubscriptionFacts,
  consumer: ConsumerFacts | undefined,
  payload: Payload,
  content: JudgementContent,
): readonly Applied[] {
  if (consumer === undefined) {
    if (facts.filter === undefined) return []
    return [
      {
        id: 'consumer/filter-only',
        text: 'Only the filter was seen; what it triggers is not known',
        from: placesShowing(facts, 'filter'),
      },
    ]
  }
  const from = placesShowing(facts, 'consumer')
  const one = (id: string, text: string): readonly Applied[] => [{ id: `consumer/${id}`, text, from }]
  if (isExecuting(payload.kind, consumer) && !isBound(facts)) {
    return one('executing-unbound', 'A consumer that runs code, but nothing seen binds it to a filter')
  }
  const stock = STOCK_CLASS.test(consumer.class ?? '')
  if (!stock) {
    return one('unknown-class', foreignClass(consumer))
  }
  switch (payload.kind) {
    case 'script':
      return one('active-script', 'The consumer runs a script as SYSTEM')
    case 'command':
      return one('command-line', 'The consumer runs a program as SYSTEM')
    case 'mail':
      return one('smtp', 'The consumer sends mail')
    case 'event-log':
      return one('event-log', 'The consumer writes to the event log')
    default: {
      const code = logFileCode(consumer, content.lists)
      if (code !== undefined) return one('log-file-code', `The consumer writes a file, and ${code}`)
      const hasFile = Object.keys(consumer.properties).some((name) => name.toLowerCase() === 'filename')
      return isLogPlace(consumer, content.lists) || !hasFile
        ? one('log-file', 'The consumer writes text to a log file')
        : one('log-file-code', 'The consumer writes a file in a place where logs do not belong')
    }
  }
}

/** Group B: what the payload does, and what is known of its file. */
export function payloadFeaturesOf(
  facts: SubscriptionFacts,
  payload: Payload,
  vendor: VendorEntry | undefined,
  file: PayloadFileState | undefined,
): readonly Applied[] {
  const from = placesShowing(facts, 'consumer')
  if (vendor !== undefined && (file === undefined || file === 'signed')) {
    const checked =
      file === 'signed' ? 'and is signed' : 'its signature is not in this evidence and should be checked'
    return [
      {
        id: 'payload/vendor',
        text: `It is what ${vendor.vendor} installs: class, names and program agree; ${checked}`,
        from,
      },
    ]
  }
  const features = vendor === undefined ? payload.features : []
  const doubt: readonly Applied[] =
    file === 'unsigned' || file === 'missing'
      ? [
          {
            id: 'payload/file-doubt',
            text: file === 'missing' ? 'The file it runs does not exist' : 'The file it runs is not signed',
            from,
          },
        ]
      : []
  return [...features.map((feature) => ({ ...feature, from })), ...doubt]
}

const TRIGGER_ROWS: Readonly<Record<TriggerRow, readonly [string, string]>> = {
  'self-watch': [
    'trigger/self-watch',
    'It watches WMI itself (subscriptions, namespaces, providers), as implants do to repair themselves',
  ],
  'security-tool': ['trigger/analyst-tool', 'It waits for a tool of analysts or defenders'],
  'failed-logon': [
    'trigger/failed-logon',
    'It waits for a failed sign-in, which someone outside can cause at will',
  ],
  'magic-account': [
    'trigger/failed-logon',
    'It waits for one particular account to sign in, which can serve as a signal from outside',
  ],
  uptime: ['trigger/uptime', 'It goes by how long the computer has been running: it fires after every start'],
  'timer-short': ['trigger/timer-short', 'It fires on a timer, every ten minutes or more often'],
  'timer-long': ['trigger/timer-long', 'It fires on a timer'],
  clock: ['trigger/clock', 'It fires at a fixed time of day'],
  activity: [
    'trigger/common',
    'It fires on everyday acts: a sign-in, the start of a program, a new drive, a network change',
  ],
  'registry-autostart': ['trigger/registry-autostart', 'It watches registry keys of autostart or security'],
  operational: ['trigger/operational', 'It watches an ordinary operating state'],
  broad: ['trigger/broad', 'Its condition is so wide, or asks so often, that it fires nearly all the time'],
}

/** Group C: what it waits for. */
export function triggerFeatures(facts: SubscriptionFacts, trigger: TriggerExplanation): readonly Applied[] {
  const from = placesShowing(facts, 'filter')
  const applied = new Map(trigger.rows.map((row) => [TRIGGER_ROWS[row][0], TRIGGER_ROWS[row][1]] as const))
  // A timer whose interval was not seen is counted as a short one.
  if (applied.has('trigger/timer-short') && facts.timer?.intervalMilliseconds === undefined)
    applied.set('trigger/timer-short', 'It fires on a timer; how often is not in the evidence')
  return [...applied].map(([id, text]) => ({ id, text, from }))
}

/** How often a fingerprint was seen on the estate, where a baseline tells. */
export interface Rarity {
  readonly firstSeen: boolean
  /** Share of hosts, 0 to 1. */
  readonly prevalence: number
}

const MAX_EDITS = 2
/** Below this length two edits turn any name into any other. */
const MIN_EDIT_LENGTH = 8

function lookalike(name: string, content: JudgementContent): string | undefined {
  const deceptive = deceptiveCharacters(name)
  if (deceptive !== undefined) return `The name "${name}" has ${deceptive}`
  const folded = foldName(name)
  const near = content.knownGood.nearNames.find((candidate) => foldName(candidate) === folded)
  if (near !== undefined) return `The name "${name}" imitates that of a stock subscription`
  const stock = content.knownGood.entries
    .flatMap((entry) => [entry.filter.name, entry.consumer.name])
    .map(foldName)
  for (const candidate of [...stock, ...content.lists.stockNames.map(foldName)]) {
    const limit = Math.min(folded.length, candidate.length) < MIN_EDIT_LENGTH ? 0 : MAX_EDITS
    if (editDistance(folded, candidate, limit) <= limit) {
      return `The name "${name}" is, or nearly is, that of a part of Windows ("${candidate}")`
    }
  }
  return undefined
}

/** Group E: names and rarity. */
export function identityFeatures(
  facts: SubscriptionFacts,
  consumer: ConsumerFacts | undefined,
  match: KnownGoodMatch | undefined,
  rarity: Rarity | undefined,
  content: JudgementContent,
): readonly Applied[] {
  const applied: Applied[] = []
  const names = [...new Set([facts.filter?.name, consumer?.name].filter((name) => name !== undefined))]
  const from = placesShowing(facts, 'filter')
  if (match?.kind === 'differs') {
    applied.push({
      id: 'identity/impersonation',
      text: `It bears the name of ${match.entry.title}, but is not it. What differs: ${match.differences.slice(0, 4).join(', ')}`,
      from,
    })
  } else if (match === undefined) {
    const like = names.map((name) => lookalike(name, content)).find((text) => text !== undefined)
    if (like !== undefined) applied.push({ id: 'identity/lookalike', text: like, from })
  }
  const all = [facts.filter?.name ?? '', consumer?.name ?? '', facts.filter?.query ?? ''].join('\n')
  const marker = content.markers.find(
    ({ pattern, whole }) => names.some((name) => pattern.test(name.trim())) && (whole?.test(all) ?? true),
  )
  if (marker !== undefined) {
    const isTest = marker.tag === 'test-tool'
    applied.push({
      id: isTest ? 'identity/test-tool' : 'identity/tool-default',
      text: isTest
        ? `Its name is that of a validation tool: ${marker.tool}`
        : `Its name is the default of ${marker.tool}`,
      from,
    })
  }
  if (rarity?.firstSeen === true && rarity.prevalence < content.weights.limits.rarePrevalence) {
    applied.push({ id: 'identity/rare', text: 'It is new and on fewer than one in a hundred hosts', from })
  }
  const random = match === undefined && marker === undefined ? names.find(looksRandom) : undefined
  if (random !== undefined)
    applied.push({ id: 'identity/random-name', text: `The name "${random}" looks made at random`, from })
  return applied
}
