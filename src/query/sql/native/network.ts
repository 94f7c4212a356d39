import { list, type NativeRow, native, number, text, type Value } from './define.ts'

/** IPv4 and IPv6 (S12). An address may carry a prefix length; a wrong one gives null, never an error. */

interface Address {
  readonly value: bigint
  readonly bits: number
}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/

export function parseIpv4(source: string): Address | undefined {
  const match = V4.exec(source.trim())
  if (match === null) return undefined
  const octets = match.slice(1, 5).map(Number)
  const bits = match[5] === undefined ? 32 : Number(match[5])
  if (octets.some((octet) => octet > 255) || bits > 32) return undefined
  return { value: octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n), bits }
}

/** IPv6, or IPv4 as `::ffff:a.b.c.d`, whose prefix then counts from bit 96. */
export function parseIpv6(source: string): Address | undefined {
  const v4 = parseIpv4(source)
  if (v4 !== undefined) return { value: (0xffffn << 32n) + v4.value, bits: 96 + v4.bits }
  const [body, prefix, extra] = source.trim().split('/')
  if (body === undefined || extra !== undefined) return undefined
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(body)
  const mapped = tail?.[2] === undefined ? undefined : parseIpv4(tail[2])
  if (tail !== null && mapped === undefined) return undefined
  const text =
    mapped === undefined
      ? body
      : `${tail?.[1]}${(mapped.value >> 16n).toString(16)}:${(mapped.value & 0xffffn).toString(16)}`
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = groups.flat()
  if (given.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const missing = 8 - given.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [
    ...(groups[0] ?? []),
    ...Array<string>(halves.length === 2 ? missing : 0).fill('0'),
    ...(groups[1] ?? []),
  ]
  const bits = prefix === undefined ? 128 : number(prefix)
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined
  // A dotted tail counts its prefix in IPv4's 32 bits.
  const shifted = mapped !== undefined && prefix !== undefined && bits <= 32 ? 96 + bits : bits
  if (shifted > 128) return undefined
  return { value: all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n), bits: shifted }
}

function masked(address: Address, bits: number, width: number): bigint {
  const shift = BigInt(width - Math.max(0, Math.min(bits, width)))
  return (address.value >> shift) << shift
}

function compare(
  a: Address | undefined,
  b: Address | undefined,
  prefix: number,
  width: number,
): number | undefined {
  if (a === undefined || b === undefined) return undefined
  const bits = Math.min(a.bits, b.bits, prefix)
  const [x, y] = [masked(a, bits, width), masked(b, bits, width)]
  return x < y ? -1 : x > y ? 1 : 0
}

/** The prefix argument for addresses that both are IPv4 counts in 32 bits. */
/** `::1.2.3.4` is compared as the IPv4 address it spells. */
function comparable6(source: string): Address | undefined {
  return parseIpv6(source.replace(/^::(?=\d+\.\d+\.\d+\.\d+)/, ''))
}

function prefix6(a: string, b: string, prefix: Value): number {
  if (prefix === undefined) return 128
  const bits = number(prefix)
  return parseIpv4(a) !== undefined && parseIpv4(b) !== undefined && bits <= 32 ? 96 + bits : bits
}

function inRange(
  address: Address | undefined,
  range: Address | undefined,
  width: number,
): boolean | undefined {
  if (address === undefined || range === undefined) return undefined
  return masked(address, range.bits, width) === masked(range, range.bits, width)
}

function anyRange(
  address: Address | undefined,
  ranges: readonly Value[],
  parse: (text: string) => Address | undefined,
  width: number,
): boolean | undefined {
  if (address === undefined) return undefined
  const flat = ranges.flatMap((range): readonly Value[] => list(range) ?? [range])
  return flat.some((range) => inRange(address, parse(text(range)), width) === true)
}

function dotted(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
}

function formatIpv4(source: Value, mask: Value, suffix: boolean): string {
  const address =
    typeof source === 'number' || typeof source === 'bigint'
      ? { value: BigInt(source), bits: 32 }
      : numeric(text(source))
  const wanted = mask === undefined ? 32 : number(mask)
  if (address === undefined || wanted < 0 || wanted > 32) return ''
  const bits = Math.min(address.bits, wanted)
  const shown = dotted(masked(address, bits, 32))
  return suffix ? `${shown}/${wanted === 32 ? bits : wanted}` : shown
}

function numeric(source: string): Address | undefined {
  return /^\d{1,10}$/.test(source) ? { value: BigInt(source) & 0xffffffffn, bits: 32 } : parseIpv4(source)
}

function longForm(address: Address | undefined): string {
  if (address === undefined) return ''
  const hex = address.value.toString(16).padStart(32, '0')
  return (hex.match(/.{4}/g) ?? []).join(':')
}

/** Whole IPv4 addresses in a text: not part of a longer word or dotted run. */
function addressesIn(source: string): string[] {
  const found = source.match(/(?<![A-Za-z0-9.])\d{1,3}(?:\.\d{1,3}){3}(?![A-Za-z0-9]|\.\d)/g) ?? []
  return found.filter((candidate) => parseIpv4(candidate) !== undefined)
}

function hasAddress(
  source: string,
  wanted: readonly Value[],
  test: (found: string, wanted: string) => boolean,
): boolean {
  const flat = wanted.flatMap((item): readonly Value[] => list(item) ?? [item]).map(text)
  return addressesIn(source).some((found) => flat.some((item) => item !== '' && test(found, item)))
}

const exact = (found: string, wanted: string): boolean => found === wanted
/** A prefix ends at a dot, or is a whole address. */
const prefixed = (found: string, wanted: string): boolean =>
  wanted.endsWith('.') ? found.startsWith(wanted) : found === wanted

/** Fewest networks that cover an address range exactly: at each step the largest that starts there and fits. */
function cidrList(from: Address | undefined, to: Address | undefined): string[] | undefined {
  if (from === undefined || to === undefined || from.value > to.value) return undefined
  const list: string[] = []
  for (let at = from.value; at <= to.value; ) {
    let bits = 32
    while (
      bits > 0 &&
      at % (1n << BigInt(33 - bits)) === 0n &&
      at + (1n << BigInt(33 - bits)) - 1n <= to.value
    )
      bits -= 1
    list.push(`${dotted(at)}/${bits}`)
    at += 1n << BigInt(32 - bits)
  }
  return list
}

export const networkRows: readonly NativeRow[] = [
  native('ipv4_range_to_cidr_list', ['string', 'string'], 'dynamic', (a, b) =>
    cidrList(parseIpv4(text(a)), parseIpv4(text(b))),
  ),
  native('ipv4_compare', ['string', 'string', 'long'], 'long', (a, b, p) =>
    compare(parseIpv4(text(a)), parseIpv4(text(b)), p === undefined ? 32 : number(p), 32),
  ),
  native(
    'ipv4_is_in_any_range',
    ['string'],
    'bool',
    (a, ...ranges) => anyRange(parseIpv4(text(a)), ranges, parseIpv4, 32),
    {
      rest: 'dynamic',
    },
  ),
  native('ipv4_netmask_suffix', ['string'], 'long', (a) => parseIpv4(text(a))?.bits),
  native('parse_ipv4', ['string'], 'long', (a) => {
    const address = parseIpv4(text(a))
    return address === undefined ? undefined : masked(address, address.bits, 32)
  }),
  native('parse_ipv4_mask', ['string', 'long'], 'long', (a, p) => {
    const address = parseIpv4(text(a))
    return address === undefined ? undefined : masked(address, Math.min(address.bits, number(p)), 32)
  }),
  native('format_ipv4', ['string', 'long'], 'string', (a, mask) => formatIpv4(a, mask, false)),
  native('format_ipv4_mask', ['string', 'long'], 'string', (a, mask) => formatIpv4(a, mask, true)),
  native('ipv6_compare', ['string', 'string', 'long'], 'long', (a, b, p) =>
    compare(comparable6(text(a)), comparable6(text(b)), prefix6(text(a), text(b), p), 128),
  ),
  native('ipv6_is_match', ['string', 'string', 'long'], 'bool', (a, b, p) => {
    const order = compare(comparable6(text(a)), comparable6(text(b)), prefix6(text(a), text(b), p), 128)
    return order === undefined ? undefined : order === 0
  }),
  native('ipv6_is_in_range', ['string', 'string'], 'bool', (a, b) =>
    inRange(parseIpv6(text(a)), parseIpv6(text(b)), 128),
  ),
  native(
    'ipv6_is_in_any_range',
    ['string'],
    'bool',
    (a, ...ranges) => anyRange(parseIpv6(text(a)), ranges, parseIpv6, 128),
    {
      rest: 'dynamic',
    },
  ),
  native('parse_ipv6', ['string'], 'string', (a) => {
    const address = parseIpv6(text(a))
    return longForm(
      address === undefined ? undefined : { value: masked(address, address.bits, 128), bits: 128 },
    )
  }),
  native('parse_ipv6_mask', ['string', 'long'], 'string', (a, p) => {
    const address = parseIpv6(text(a))
    if (address === undefined) return ''
    return longForm({ value: masked(address, Math.min(address.bits, number(p)), 128), bits: 128 })
  }),
  native('has_ipv4', ['string', 'string'], 'bool', (a, b) => hasAddress(text(a), [b], exact)),
  native('has_any_ipv4', ['string'], 'bool', (a, ...b) => hasAddress(text(a), b, exact), { rest: 'dynamic' }),
  native('has_ipv4_prefix', ['string', 'string'], 'bool', (a, b) => hasAddress(text(a), [b], prefixed)),
  native('has_any_ipv4_prefix', ['string'], 'bool', (a, ...b) => hasAddress(text(a), b, prefixed), {
    rest: 'dynamic',
  }),
]
