import type { Sighting } from '../../findings/model.ts'
import type { ReportSubscription, ScanReport } from '../report.ts'
import { csvLine } from './csv.ts'

/** Timesketch wants the first three; the rest is free. */
export const TIMELINE_COLUMNS: readonly string[] = [
  'datetime',
  'timestamp_desc',
  'message',
  'level',
  'host',
  'user',
  'namespace',
  'filter_name',
  'filter_query',
  'consumer_name',
  'consumer_type',
  'consumer_action',
  'binding',
  'subscription_id',
  'rule_ids',
  'techniques',
  'source_type',
  'source_file',
  'record_id',
  'offset',
  'sha256',
]

/**
 * A Timesketch-ready timeline: one row a sighting that has a time, in time order. A sighting without a time (a
 * repository record, a MOF file) takes the subscription's first seen time where there is one, and says so in
 * `timestamp_desc`; Timesketch refuses rows without a time, so the others are left to the JSON report.
 */
export function renderTimeline(report: ScanReport, options: { safe?: boolean } = {}): string {
  const evidence = new Map(report.evidence.map((item) => [item.id, item]))
  const rows = report.subscriptions.flatMap((subscription) =>
    subscription.sightings.flatMap((sighting) => {
      const time = sighting.time ?? subscription.firstSeen
      if (time === undefined) return []
      const item = evidence.get(sighting.evidence)
      return [{ time, cells: cells(subscription, sighting, time, item?.path, item?.sha256) }]
    }),
  )
  rows.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  return (
    csvLine(TIMELINE_COLUMNS, false) + rows.map((row) => csvLine(row.cells, options.safe ?? true)).join('')
  )
}

function cells(
  subscription: ReportSubscription,
  sighting: Sighting,
  time: string,
  path: string | undefined,
  sha256: string | undefined,
): string[] {
  const { filter, consumer, binding } = subscription
  return [
    offsetTime(time),
    sighting.time === undefined ? 'First Seen Of Subscription' : description(sighting),
    `${subscription.severity} ${subscription.verdict}: ${subscription.explanation.trigger} → ${subscription.explanation.action}`,
    subscription.severity,
    subscription.host ?? '',
    subscription.user ?? '',
    subscription.namespace ?? '',
    filter?.name ?? '',
    filter?.query ?? '',
    consumer?.name ?? '',
    consumer?.class ?? '',
    subscription.explanation.action,
    binding === undefined ? '' : `${binding.filter ?? ''} → ${binding.consumer ?? ''}`,
    subscription.id,
    (subscription.rules?.fired ?? []).join(' '),
    subscription.attack.technique,
    sighting.source,
    path ?? sighting.evidence,
    sighting.recordId === undefined ? '' : String(sighting.recordId),
    sighting.offset === undefined ? '' : String(sighting.offset),
    sha256 ?? '',
  ]
}

function description(sighting: Sighting): string {
  return `WMI ${sighting.shows.join('+')} (${sighting.source}${sighting.eventId === undefined ? '' : ` ${sighting.eventId}`})`
}

/** Timesketch asks for an offset; our times are UTC. */
function offsetTime(time: string): string {
  return time.replace(/Z$/, '+00:00')
}
