import { readFileSync } from 'node:fs'
import { InputError } from '../diagnostics/index.ts'
import type { ReportSubscription } from '../reports/index.ts'
import { isUnreadable, requireEvidence } from './evidence-paths.ts'
import { EXIT } from './exit-status.ts'
import { sayDiagnostic } from './say.ts'
import { packageVersion } from './version.ts'

/** Of evidence that could not be read, this much is told: the answer itself is short. */
const MAX_TOLD = 12

/** Where a verb finds subscriptions: a report that `triad scan --format json` wrote, or evidence to scan now. */
export interface SubscriptionSource {
  readonly report?: string
  readonly evidence?: readonly string[]
}

export interface LoadedSubscriptions {
  readonly subscriptions: readonly ReportSubscription[]
  /** `EXIT.unreadable` when some of the evidence could not be read, which was told on standard error. */
  readonly status: typeof EXIT.done | typeof EXIT.unreadable
}

/** All subscriptions of a report file or of evidence. `InputError` when neither is given or the file is no report. */
export async function loadSubscriptions(source: SubscriptionSource): Promise<LoadedSubscriptions> {
  if (source.report !== undefined) return { subscriptions: readReport(source.report), status: EXIT.done }
  if (source.evidence === undefined || source.evidence.length === 0) {
    throw new InputError('cli/usage', 'no report and no evidence was given', undefined, {
      hint: 'add --report FILE (written by triad scan --format json) or --evidence PATH',
    })
  }
  requireEvidence(source.evidence)
  // Loaded when needed: explaining a query must not load readers and a database.
  const { scan } = await import('../scan/index.ts')
  const { report } = await scan(source.evidence, { version: packageVersion(), hash: false, now: new Date() })
  const unread = report.diagnostics.filter(isUnreadable)
  for (const diagnostic of unread.slice(0, MAX_TOLD)) sayDiagnostic(diagnostic)
  if (unread.length > MAX_TOLD) {
    process.stderr.write(`triad: and ${unread.length - MAX_TOLD} more (triad scan lists them)\n`)
  }
  return {
    subscriptions: report.subscriptions,
    status: unread.length === 0 ? EXIT.done : EXIT.unreadable,
  }
}

function readReport(path: string): readonly ReportSubscription[] {
  const at = { in: 'file', source: path } as const
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new InputError('findings/bad-report', `the report cannot be read: ${why}`, at, { cause })
  }
  const subscriptions = (value as { subscriptions?: unknown } | null)?.subscriptions
  if (!Array.isArray(subscriptions) || !subscriptions.every(isSubscription)) {
    throw new InputError('findings/bad-report', 'the file is not a report of triad', at, {
      hint: 'write one with: triad scan PATH --format json -o report.json',
    })
  }
  return subscriptions
}

/** What the verbs read of a subscription: a report may have been edited, or cut short. */
function isSubscription(value: unknown): value is ReportSubscription {
  if (!isRecord(value) || !texts(value, ['id', 'severity', 'state', 'verdict', 'confidence'], 'needed'))
    return false
  const { explanation, reasons, sightings, consumer, indicators, score } = value
  return (
    texts(value, ['host', 'namespace', 'user', 'firstSeen', 'lastSeen', 'fingerprint']) &&
    typeof score === 'number' &&
    isRecord(explanation) &&
    texts(explanation, ['trigger', 'action'], 'needed') &&
    listOf(reasons, (item) => texts(item, ['id', 'text'], 'needed') && typeof item.weight === 'number') &&
    listOf(sightings, () => true) &&
    (indicators === undefined || listOf(indicators, (item) => texts(item, ['kind', 'value'], 'needed'))) &&
    part(value.filter, ['name', 'query', 'queryLanguage', 'eventNamespace', 'creatorSid']) &&
    part(value.binding, ['filter', 'consumer', 'creatorSid']) &&
    part(consumer, ['class', 'name', 'creatorSid']) &&
    (consumer === undefined || (isRecord(consumer) && isRecord(consumer.properties))) &&
    (value.timer === undefined ||
      (isRecord(value.timer) && texts(value.timer, ['class', 'timerId'], 'needed')))
  )
}

type Held = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Held =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const texts = (value: Held, names: readonly string[], needed?: 'needed'): boolean =>
  names.every(
    (name) => typeof value[name] === 'string' || (needed === undefined && value[name] === undefined),
  )

const part = (value: unknown, names: readonly string[]): boolean =>
  value === undefined || (isRecord(value) && texts(value, names))

const listOf = (value: unknown, check: (item: Held) => boolean): boolean =>
  Array.isArray(value) && value.every((item) => isRecord(item) && check(item))

/** The subscription with this id, or the only one whose id begins so. `InputError` cli/not-found. */
export function findSubscription(
  subscriptions: readonly ReportSubscription[],
  id: string,
): ReportSubscription {
  const exact = subscriptions.find((item) => item.id === id)
  if (exact !== undefined) return exact
  const beginning = subscriptions.filter((item) => item.id.startsWith(id))
  if (beginning[0] !== undefined && beginning.length === 1) return beginning[0]
  const ids = subscriptions.slice(0, 12).map((item) => item.id)
  throw new InputError(
    'cli/not-found',
    beginning.length > 1
      ? `${beginning.length} subscriptions have ids that begin with ${id}`
      : `there is no subscription ${id}`,
    undefined,
    { hint: ids.length === 0 ? 'the source has no subscription at all' : `there are: ${ids.join(', ')}` },
  )
}
