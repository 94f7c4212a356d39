import type { ColumnType } from './table-schema.ts'

interface OwnTable {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
}

const columns = (text: string): OwnTable['columns'] =>
  text.split(/\s+/).map((pair) => {
    const [name = '', type = 'string'] = pair.split(':')
    return { name, type: type as ColumnType }
  })

/**
 * Triad's own tables: `WmiSubscriptions`, one row a subscription (the report's fields flattened), and `WmiActivity`,
 * one row a sighting. `Timestamp` and `TimeGenerated` hold the same value: first seen, and time of the sighting.
 */
export const ownTables: readonly OwnTable[] = [
  {
    name: 'WmiSubscriptions',
    columns: columns(
      `Timestamp:datetime TimeGenerated:datetime SubscriptionId DeviceName Namespace FilterName FilterQuery
      FilterQueryLanguage FilterEventNamespace FilterCreatorSid ConsumerClass ConsumerName
      ConsumerProperties:dynamic ConsumerCreatorSid BindingFilter BindingConsumer BindingCreatorSid Complete:bool
      State User FirstSeen:datetime LastSeen:datetime Verdict Severity Confidence Score:real Reasons:dynamic Trigger
      Action Sightings:dynamic Techniques:dynamic Type`,
    ),
  },
  {
    name: 'WmiActivity',
    columns: columns(
      `Timestamp:datetime TimeGenerated:datetime SubscriptionId DeviceName Source Channel EventID:int RecordId:long
      Offset:long Recovered:bool Shows:dynamic Namespace FilterName ConsumerClass ConsumerName Type`,
    ),
  },
]
