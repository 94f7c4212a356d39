import type { CimValue } from '../lang/cim-value.ts'
import { quoteMofString } from '../lang/mof/index.ts'
import type { SimulatedSubscription } from './model.ts'

/**
 * The text of 5861's PossibleCause: both objects as MOF, properties in alphabetical order, those at their default left
 * out, as recorded on Windows 10.
 */
export function possibleCause(subscription: SimulatedSubscription): string {
  return `Binding EventFilter: \n${filterMof(subscription)};\nPerm. Consumer: \n${consumerMof(subscription)};\n`
}

/** A `.mof` file that creates the three objects when it is compiled. */
export function mofFile(subscription: SimulatedSubscription): string {
  const namespace = `\\\\.\\${subscription.namespace}`
  return [
    `#pragma namespace(${quoteMofString(namespace)})`,
    '',
    withAlias(consumerMof(subscription, { creator: false }), '$Consumer'),
    '',
    withAlias(filterMof(subscription, { creator: false }), '$Filter'),
    '',
    'instance of __FilterToConsumerBinding',
    '{',
    '\tFilter = $Filter;',
    '\tConsumer = $Consumer;',
    '};',
    '',
  ].join('\r\n')
}

function filterMof(subscription: SimulatedSubscription, options: { creator?: boolean } = {}): string {
  const { filter } = subscription
  return instance('__EventFilter', {
    ...creator(subscription, options),
    ...(filter.eventAccess === undefined ? {} : { EventAccess: filter.eventAccess }),
    EventNamespace: filter.eventNamespace,
    Name: filter.name,
    Query: filter.query,
    QueryLanguage: 'WQL',
  })
}

function consumerMof(subscription: SimulatedSubscription, options: { creator?: boolean } = {}): string {
  const { consumer } = subscription
  return instance(consumer.class, {
    ...creator(subscription, options),
    ...consumer.properties,
    Name: consumer.name,
  })
}

function creator(
  subscription: SimulatedSubscription,
  options: { creator?: boolean },
): Record<string, CimValue> {
  return options.creator === false ? {} : { CreatorSID: sidBytes(subscription.creatorSid) }
}

function instance(className: string, properties: Readonly<Record<string, CimValue>>): string {
  const lines = Object.entries(properties)
    .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map(([name, value]) => `\t${name} = ${mofValue(value)};\n`)
  return `instance of ${className}\n{\n${lines.join('')}}`
}

function withAlias(text: string, alias: string): string {
  return `${text.replace('\n', ` as ${alias}\n`).replaceAll('\n', '\r\n')};`
}

function mofValue(value: CimValue): string {
  if (typeof value === 'string') return quoteMofString(value)
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (Array.isArray(value)) return `{${value.map((item) => mofValue(item as CimValue)).join(', ')}}`
  return String(value)
}

/** A SID as WMI stores it: an array of bytes ([MS-DTYP] 2.4.2.2). */
export function sidBytes(sid: string): number[] {
  const [, , authority = '5', ...parts] = sid.split('-')
  const bytes = [1, parts.length, 0, 0, 0, 0, 0, Number(authority)]
  for (const part of parts) {
    const value = Number(part)
    bytes.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255)
  }
  return bytes
}
