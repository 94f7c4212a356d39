import { hostKey, type PackResult, type RuleMatch, type Signal } from '../detections/index.ts'
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
  // An estate has thousands of both: a match is compared with those of its host and consumer only.
  const byConsumer = groupBy(subscriptions, ({ host, consumer }) => consumerKey(host, consumer?.name))
  const byHost = groupBy(subscriptions, ({ host }) => hostKey(host))
  for (const subscription of subscriptions) {
    for (const { evidence, recordId, offset } of subscription.sightings) {
      const key = origin(evidence, recordId, offset)
      byRecord.set(key, [...(byRecord.get(key) ?? []), subscription])
    }
  }
  return (match) => {
    const near =
      lower(match.row.ConsumerName) === ''
        ? byHost.get(hostKey(match.host))
        : byConsumer.get(consumerKey(match.host, match.row.ConsumerName))
    const named = (near ?? []).filter((subscription) => sameNames(subscription, match))
    const seen = match.from.flatMap(
      ({ evidence, recordId, offset }) => byRecord.get(origin(evidence, recordId, offset)) ?? [],
    )
    return (seen.find((subscription) => named.includes(subscription)) ?? named[0] ?? seen[0])?.id
  }
}

const lower = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '')

const consumerKey = (host: string | undefined, name: unknown): string => `${hostKey(host)}\0${lower(name)}`

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}

/** Whether a subscription of the match's host, and of its consumer's name where it has one, is the one it names. */
function sameNames(subscription: ReportSubscription, match: RuleMatch): boolean {
  const consumer = lower(match.row.ConsumerName)
  const filter = lower(match.row.FilterName)
  if (consumer === '' && filter === '') return false
  const className = lower(match.row.ConsumerClass)
  const known = lower(subscription.consumer?.class)
  if (consumer !== '' && className !== '' && known !== '' && className !== known) return false
  return filter === '' || subscription.filter === undefined || filter === lower(subscription.filter.name)
}

/** Signals that show a binding, whichever way it was made: what to wish for where no rule fired. */
const BINDING: readonly Signal[] = ['wmi-activity', 'defender-wmi', 'sysmon-wmi']

/** Rules that would have shown the binding, with what their telemetry asks for, as far as the host lacks it. */
function needed(subscription: ReportSubscription, { rules, signals }: PackResult): string[] {
  // What is known good is silent because it is known, not because it was not seen.
  if (subscription.verdict === 'known-good') return []
  const seen = signals.get(hostKey(subscription.host)) ?? new Set()
  return rules
    .filter((rule) => rule.id.startsWith('wmi-subscription-bound-'))
    .filter((rule) => rule.signals.some((signal) => BINDING.includes(signal)))
    .filter((rule) => !rule.signals.some((signal) => seen.has(signal)))
    .map((rule) => `${rule.id}: ${rule.tables[0]?.enable ?? ''}`)
}

/** By code units, not by locale: the same order on every machine. */
function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
