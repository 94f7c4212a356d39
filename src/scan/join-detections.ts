import type { Detection, PackResult, RuleMatch, Signal } from '../detections/index.ts'
import type { JsonValue, ReportDetection, ReportSubscription, ScanReport } from '../reports/index.ts'

/**
 * Puts what the rules returned beside the subscriptions: each match with the subscription it is about, and for each subscription the
 * rules that fired, or where none did, what would have to be switched on for one to see it.
 */
export function withDetections(report: ScanReport, result: PackResult): ScanReport {
  const finder = subscriptionFinder(report.subscriptions)
  const detections = result.matches
    .map((match) => reportDetection(match, finder(match)))
    .sort((a, b) => compare(a.rule, b.rule) || compare(a.time, b.time) || compare(a.host, b.host))
  const fired = new Map<string, Set<string>>()
  for (const { subscription, rule } of detections) {
    if (subscription !== undefined) fired.set(subscription, (fired.get(subscription) ?? new Set()).add(rule))
  }
  return {
    ...report,
    detections,
    subscriptions: report.subscriptions.map((subscription) => {
      const rules = [...(fired.get(subscription.id) ?? [])].sort()
      const wouldNeed = rules.length > 0 ? [] : needed(subscription, result)
      return {
        ...subscription,
        rules: { fired: rules, ...(wouldNeed.length === 0 ? {} : { wouldNeed }) },
      }
    }),
  }
}

function reportDetection(match: RuleMatch, subscription: string | undefined): ReportDetection {
  const { rule, severity, table, time, host, account, row, from } = match
  return {
    rule: rule.id,
    title: rule.title,
    severity,
    table,
    ...(time === undefined ? {} : { time }),
    ...(host === undefined ? {} : { host }),
    ...(account === undefined ? {} : { account }),
    ...(subscription === undefined ? {} : { subscription }),
    // Absent values are left out, as everywhere in the report.
    row: Object.fromEntries(
      Object.entries(row).filter(([, value]) => value !== null && value !== ''),
    ) as Readonly<Record<string, JsonValue>>,
    from,
  }
}

const origin = (evidence: string, recordId: number | undefined, offset: number | undefined): string =>
  `${evidence} ${recordId ?? `@${offset}`}`

/** A match is about the subscription whose names and host its row gives, else about the one a record of its own was a sighting of. */
function subscriptionFinder(
  subscriptions: readonly ReportSubscription[],
): (match: RuleMatch) => string | undefined {
  const byRecord = new Map<string, ReportSubscription[]>()
  for (const subscription of subscriptions) {
    for (const { evidence, recordId, offset } of subscription.sightings) {
      const key = origin(evidence, recordId, offset)
      byRecord.set(key, [...(byRecord.get(key) ?? []), subscription])
    }
  }
  return (match) => {
    const named = subscriptions.filter((subscription) => sameNames(subscription, match))
    const seen = match.from.flatMap(
      ({ evidence, recordId, offset }) => byRecord.get(origin(evidence, recordId, offset)) ?? [],
    )
    return (seen.find((subscription) => named.includes(subscription)) ?? named[0] ?? seen[0])?.id
  }
}

const lower = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '')

/** `WS014` and `ws014.corp.example` are one machine to sources that write the short name. */
function sameHost(a: string | undefined, b: string | undefined): boolean {
  const [left, right] = [lower(a), lower(b)]
  return left === right || left.split('.')[0] === right.split('.')[0]
}

function sameNames(subscription: ReportSubscription, match: RuleMatch): boolean {
  const consumer = lower(match.row.ConsumerName)
  const filter = lower(match.row.FilterName)
  if (consumer === '' && filter === '') return false
  if (!sameHost(subscription.host, match.host)) return false
  if (consumer !== '' && consumer !== lower(subscription.consumer?.name)) return false
  const className = lower(match.row.ConsumerClass)
  const known = lower(subscription.consumer?.class)
  if (consumer !== '' && className !== '' && known !== '' && className !== known) return false
  return filter === '' || subscription.filter === undefined || filter === lower(subscription.filter.name)
}

/** Rules that see a whole subscription wherever it came from: the ones to wish for when none fired. */
const BINDING_SIGNALS: readonly Signal[] = ['wmi-activity', 'defender-wmi', 'sysmon-wmi']

function needed(subscription: ReportSubscription, { rules, signals }: PackResult): string[] {
  // The stock subscription and other known good is silent because it is known, not because it was not seen.
  if (subscription.verdict === 'known-good') return []
  const wanted = rules.filter(
    (rule) =>
      rule.id.startsWith('wmi-subscription-bound') &&
      rule.signals.some((signal) => BINDING_SIGNALS.includes(signal)) &&
      !rule.signals.some((signal) => signals.has(signal)),
  )
  return wanted.map((rule) => `${rule.id}: ${turnOn(rule)}`)
}

function turnOn(rule: Detection): string {
  return rule.tables[0]?.enable ?? ''
}

/** By code units, not by locale: the same order on every machine. */
function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
