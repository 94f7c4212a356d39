import { type NativeRow, native, text } from './define.ts'

/** Punycode. Source: RFC 3492 section 6; parameters of section 5. */

const BASE = 36
const T_MIN = 1
const T_MAX = 26

function adapt(delta: number, length: number, first: boolean): number {
  let value = first ? Math.floor(delta / 700) : Math.floor(delta / 2)
  value += Math.floor(value / length)
  let k = 0
  while (value > 455) {
    value = Math.floor(value / (BASE - T_MIN))
    k += BASE
  }
  return k + Math.floor((36 * value) / (value + 38))
}

const threshold = (k: number, bias: number): number => Math.min(Math.max(k - bias, T_MIN), T_MAX)
const digit = (value: number): string => String.fromCharCode(value < 26 ? 97 + value : 22 + value)

export function toPunycode(source: string): string {
  const input = [...source].map((char) => char.codePointAt(0) ?? 0)
  const basic = input.filter((code) => code < 128)
  let output = basic.map((code) => String.fromCharCode(code)).join('')
  let handled = basic.length
  if (handled > 0) output += '-'
  let [n, delta, bias] = [128, 0, 72]
  while (handled < input.length) {
    const next = Math.min(...input.filter((code) => code >= n))
    delta += (next - n) * (handled + 1)
    n = next
    for (const code of input) {
      if (code < n) delta += 1
      if (code !== n) continue
      let q = delta
      for (let k = BASE; ; k += BASE) {
        const t = threshold(k, bias)
        if (q < t) break
        output += digit(t + ((q - t) % (BASE - t)))
        q = Math.floor((q - t) / (BASE - t))
      }
      output += digit(q)
      bias = adapt(delta, handled + 1, handled === basic.length)
      delta = 0
      handled += 1
    }
    delta += 1
    n += 1
  }
  return output
}

export function fromPunycode(source: string): string | undefined {
  const cut = source.lastIndexOf('-')
  const output = [...source.slice(0, Math.max(cut, 0))]
  let [n, i, bias] = [128, 0, 72]
  let at = cut < 0 ? 0 : cut + 1
  while (at < source.length) {
    const old = i
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const code = source.charCodeAt(at)
      at += 1
      const value =
        code >= 48 && code <= 57
          ? code - 22
          : code >= 65 && code <= 90
            ? code - 65
            : code >= 97 && code <= 122
              ? code - 97
              : BASE
      if (value >= BASE || Number.isNaN(code)) return undefined
      i += value * weight
      const t = threshold(k, bias)
      if (value < t) break
      weight *= BASE - t
      if (weight > Number.MAX_SAFE_INTEGER) return undefined
    }
    bias = adapt(i - old, output.length + 1, old === 0)
    n += Math.floor(i / (output.length + 1))
    i %= output.length + 1
    if (n > 0x10ffff) return undefined
    output.splice(i, 0, String.fromCodePoint(n))
    i += 1
  }
  return output.join('')
}

function domain(source: string): string {
  return source
    .split('.')
    .map((label) => (/^xn--/i.test(label) ? (fromPunycode(label.slice(4)) ?? label) : label))
    .join('.')
}

export const punycodeRows: readonly NativeRow[] = [
  native('punycode_from_string', ['string'], 'string', (source) => toPunycode(text(source))),
  native('punycode_to_string', ['string'], 'string', (source) => fromPunycode(text(source))),
  native('punycode_domain_from_string', ['string'], 'string', (source) => domain(text(source))),
]
