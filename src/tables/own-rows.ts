import { isoToFiletime } from '../bytes/index.ts'
import type { Cell } from './table-buffer.ts'
import type { TableWriter } from './table-writer.ts'

/** What of a report's subscription its rows show. The report's own type has more. */
export interface SubscriptionForRow {
  readonly id: string
  readonly host?: string
  readonly namespace?: string
  readonly filter?: {
    readonly name?: string
    readonly query?: string
    readonly queryLanguage?: string
    readonly eventNamespace?: string
    readonly creatorSid?: string
  }
  readonly consumer?: {
    readonly class?: string
    readonly name?: string
    readonly properties: object
    readonly creatorSid?: string
  }
  readonly binding?: { readonly filter?: string; readonly consumer?: string; readonly creatorSid?: string }
  readonly complete: boolean
  readonly state: string
  readonly user?: string
  readonly firstSeen?: string
  readonly lastSeen?: string
  readonly verdict: string
  readonly severity: string
  readonly confidence: string
  readonly score: number
  readonly reasons: readonly object[]
  readonly explanation: { readonly trigger: string; readonly action: string }
  readonly sightings: readonly SightingForRow[]
}

interface SightingForRow {
  readonly evidence: string
  readonly source: string
  readonly channel?: string
  readonly eventId?: number
  readonly recordId?: number
  readonly offset?: number
  readonly time?: string
  readonly recovered?: true
  readonly shows: readonly string[]
}

const TECHNIQUES = JSON.stringify(['T1546.003'])

/** Fills `WmiSubscriptions`, one row a subscription, and `WmiActivity`, one row a sighting. */
export function writeSubscriptionRows(
  writer: Pick<TableWriter, 'cells'>,
  subscriptions: readonly SubscriptionForRow[],
): void {
  for (const subscription of subscriptions) {
    writer.cells('WmiSubscriptions', subscriptionCells(subscription))
    for (const sighting of subscription.sightings) {
      writer.cells('WmiActivity', sightingCells(subscription, sighting))
    }
  }
}

function subscriptionCells(subscription: SubscriptionForRow): Record<string, Cell> {
  const { filter, consumer, binding, explanation, sightings } = subscription
  return {
    Timestamp: time(subscription.firstSeen),
    SubscriptionId: subscription.id,
    DeviceName: subscription.host,
    Namespace: subscription.namespace,
    FilterName: filter?.name,
    FilterQuery: filter?.query,
    FilterQueryLanguage: filter?.queryLanguage,
    FilterEventNamespace: filter?.eventNamespace,
    FilterCreatorSid: filter?.creatorSid,
    ConsumerClass: consumer?.class,
    ConsumerName: consumer?.name,
    ConsumerProperties: json(consumer?.properties),
    ConsumerCreatorSid: consumer?.creatorSid,
    BindingFilter: binding?.filter,
    BindingConsumer: binding?.consumer,
    BindingCreatorSid: binding?.creatorSid,
    Complete: subscription.complete,
    State: subscription.state,
    User: subscription.user,
    FirstSeen: time(subscription.firstSeen),
    LastSeen: time(subscription.lastSeen),
    Verdict: subscription.verdict,
    Severity: subscription.severity,
    Confidence: subscription.confidence,
    Score: subscription.score,
    Reasons: json(subscription.reasons),
    Trigger: explanation.trigger,
    Action: explanation.action,
    Sightings: json(sightings),
    Techniques: TECHNIQUES,
    ...origin(sightings[0]),
  }
}

function sightingCells(subscription: SubscriptionForRow, sighting: SightingForRow): Record<string, Cell> {
  return {
    Timestamp: time(sighting.time),
    SubscriptionId: subscription.id,
    DeviceName: subscription.host,
    Source: sighting.source,
    Channel: sighting.channel,
    EventID: sighting.eventId,
    RecordId: sighting.recordId,
    Offset: sighting.offset,
    Recovered: sighting.recovered ?? false,
    Shows: json(sighting.shows),
    Namespace: subscription.namespace,
    FilterName: subscription.filter?.name,
    ConsumerClass: subscription.consumer?.class,
    ConsumerName: subscription.consumer?.name,
    ...origin(sighting),
  }
}

const time = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : isoToFiletime(text)

const json = (value: object | undefined): string | undefined =>
  value === undefined
    ? undefined
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))

function origin(sighting: SightingForRow | undefined): Record<string, Cell> {
  return {
    _EvidenceId: sighting?.evidence,
    _RecordId: sighting?.recordId,
    _RecordOffset: sighting?.offset,
    _Recovered: sighting?.recovered,
  }
}
