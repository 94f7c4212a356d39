import type { Json } from '../../plan/expr.ts'
import { type NativeRow, native, text } from './define.ts'
import { parseIpv6 } from './network.ts'

/** Where addresses are: a network and what is known of it (`country`, `state`, `city`, `latitude`, `longitude`). */
export interface GeoNetwork {
  readonly network: string
  readonly location: { readonly [key: string]: Json }
}

interface Range {
  readonly from: bigint
  readonly to: bigint
  readonly location: Json
}

let ranges: readonly Range[] = []

/** Sets the local GeoIP data for `geo_info_from_ip_address`; without any, every address is unknown (an empty bag). */
export function useGeoNetworks(networks: readonly GeoNetwork[]): void {
  ranges = networks
    .flatMap(({ network, location }): Range[] => {
      const address = parseIpv6(network)
      if (address === undefined) return []
      const size = 1n << BigInt(128 - address.bits)
      const from = (address.value / size) * size
      return [{ from, to: from + size - 1n, location }]
    })
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
}

function lookup(source: string): Json | undefined {
  const address = parseIpv6(source)
  if (address === undefined) return undefined
  let [low, high] = [0, ranges.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range === undefined) break
    if (address.value < range.from) high = middle - 1
    else if (address.value > range.to) low = middle + 1
    else return range.location
  }
  return {}
}

export const geoIpRows: readonly NativeRow[] = [
  native('geo_info_from_ip_address', ['string'], 'dynamic', (source) => lookup(text(source))),
]
