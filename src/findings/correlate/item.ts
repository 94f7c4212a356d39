import { objectPathName, parseObjectPath } from '../../lang/mof/index.ts'
import type { Observation } from '../model.ts'
import { consumerOfPath } from '../observe/index.ts'
import type { Hosts } from './hosts.ts'

/** An observation with the keys that correlation joins by; keys are lower case, `''` where the source does not tell. */
export interface Item {
  readonly observation: Observation
  host: string
  namespace: string
  readonly filter: string
  consumerClass: string
  readonly consumer: string
  /** Observations of one record belong together: a script that names several objects is one act. */
  readonly unit: string
  readonly attempt: boolean
}

/** Keys of an observation. */
export function itemOf(observation: Observation, hosts: Hosts): Item {
  const { binding, sighting } = observation
  // An act aimed at another machine of the evidence belongs to that machine.
  const target = observation.context?.remoteHost
  const path = binding?.consumer === undefined ? undefined : consumerOfPath(binding.consumer)
  const filter = observation.filter?.name ?? filterOfPath(binding?.filter)
  return {
    observation,
    host: (target === undefined ? undefined : hosts.find(target)) ?? hosts.key(observation.host),
    namespace: observation.namespace?.toLowerCase() ?? '',
    filter: filter?.toLowerCase() ?? '',
    consumerClass: (observation.consumer?.class ?? path?.class ?? '').toLowerCase(),
    consumer: (observation.consumer?.name ?? path?.name ?? '').toLowerCase(),
    unit: [sighting.evidence, sighting.source, sighting.recordId ?? '', sighting.offset ?? ''].join('\0'),
    attempt: observation.operation === 'attempted',
  }
}

function filterOfPath(path: string | undefined): string | undefined {
  const parsed = path === undefined ? undefined : parseObjectPath(path)
  return parsed?.class.toLowerCase() === '__eventfilter' ? objectPathName(parsed) : undefined
}

/** Total order of observations that does not depend on the order of evidence. */
export function compareItems(a: Item, b: Item): number {
  const left = a.observation.timeFiletime ?? 0n
  const right = b.observation.timeFiletime ?? 0n
  if (left !== right) return left < right ? -1 : 1
  const one = a.observation.sighting
  const two = b.observation.sighting
  return (
    compareText(one.evidence, two.evidence) ||
    (one.recordId ?? 0) - (two.recordId ?? 0) ||
    (one.offset ?? 0) - (two.offset ?? 0) ||
    compareText(contentKey(a), contentKey(b))
  )
}

function contentKey({ observation }: Item): string {
  return JSON.stringify(observation, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

/** Code unit order; `localeCompare` depends on the machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether the record shows an object itself and not only a path that names it. */
export function showsPart(item: Item, part: 'filter' | 'consumer' | 'binding'): boolean {
  return item.observation.sighting.shows.includes(part)
}
