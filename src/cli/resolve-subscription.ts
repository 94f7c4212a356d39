import { readFileSync } from 'node:fs'
import { InputError } from '../diagnostics/index.ts'
import type { ReportSubscription } from '../reports/index.ts'
import { packageVersion } from './version.ts'

/** Where a verb finds subscriptions: a report that `triad scan --format json` wrote, or evidence to scan now. */
export interface SubscriptionSource {
  readonly report?: string
  readonly evidence?: readonly string[]
}

/** All subscriptions of a report file or of evidence. `InputError` when neither is given or the file is no report. */
export async function loadSubscriptions(source: SubscriptionSource): Promise<readonly ReportSubscription[]> {
  if (source.report !== undefined) return readReport(source.report)
  if (source.evidence === undefined || source.evidence.length === 0) {
    throw new InputError('cli/usage', 'no report and no evidence was given', undefined, {
      hint: 'add --report FILE (written by triad scan --format json) or --evidence PATH',
    })
  }
  // Loaded when needed: explaining a query must not load readers and a database.
  const { scan } = await import('../scan/index.ts')
  const { report } = await scan(source.evidence, { version: packageVersion(), hash: false, now: new Date() })
  return report.subscriptions
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

function isSubscription(value: unknown): value is ReportSubscription {
  const candidate = value as Partial<ReportSubscription> | null
  return (
    typeof candidate?.id === 'string' &&
    typeof candidate.severity === 'string' &&
    Array.isArray(candidate.reasons) &&
    Array.isArray(candidate.sightings) &&
    typeof candidate.explanation?.trigger === 'string' &&
    typeof candidate.explanation.action === 'string' &&
    (candidate.consumer === undefined || typeof candidate.consumer.properties === 'object')
  )
}

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
