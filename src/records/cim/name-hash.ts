import { hashDigits, type Layout } from './layout.ts'

/**
 * Hash of a name or key text as index keys hold it: of its upper-cased UTF-16LE bytes, SHA-256 (Vista and later) or
 * MD5 (XP), in upper-case hexadecimal. Checked against every key of evidence wbem-w10.
 */
export function nameHash(text: string, layout: Layout): string {
  return layout === 'xp' ? md5(utf16(upperCase(text))) : sha256(utf16(upperCase(text)))
}

/** A hash of every name is 32 or 64 upper-case digits; anything else is no hash. */
export function isNameHash(text: string, layout: Layout): boolean {
  return text.length === hashDigits(layout) && /^[0-9A-F]+$/.test(text)
}

/** Simple upper-casing: a sharp s stays one character, which `toUpperCase` alone would expand. */
function upperCase(text: string): string {
  const upper = text.toUpperCase()
  if (upper.length === text.length) return upper
  return Array.from(text, (char) => {
    const one = char.toUpperCase()
    return one.length === char.length ? one : char
  }).join('')
}

/** UTF-16LE bytes of a text, unpaired surrogates included. */
export function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    bytes[2 * index] = unit & 0xff
    bytes[2 * index + 1] = unit >> 8
  }
  return bytes
}

/** The message with its padding, as big- or little-endian words. FIPS 180-4 5.1.1; RFC 1321 3.1-3.2. */
function padded(message: Uint8Array, littleEndian: boolean): Uint32Array {
  const blocks = Math.ceil((message.length + 9) / 64)
  const bytes = new Uint8Array(blocks * 64)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, littleEndian)
  return Uint32Array.from({ length: blocks * 16 }, (_, index) => view.getUint32(index * 4, littleEndian))
}

const word = (words: Uint32Array, index: number): number => words[index] ?? 0

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

const fractionBits = (value: number): number => Math.floor((value - Math.floor(value)) * 2 ** 32)
const SHA256_ROUND = Uint32Array.from(firstPrimes(64), (prime) => fractionBits(Math.cbrt(prime)))
const SHA256_START = Uint32Array.from(firstPrimes(8), (prime) => fractionBits(Math.sqrt(prime)))

/** SHA-256 in upper-case hexadecimal. Written out because the browser's own is asynchronous. FIPS 180-4. */
export function sha256(message: Uint8Array): string {
  const words = padded(message, false)
  const state = SHA256_START.slice()
  const w = new Uint32Array(64)
  for (let block = 0; block < words.length; block += 16) {
    w.set(words.subarray(block, block + 16))
    for (let t = 16; t < 64; t += 1) {
      const w15 = word(w, t - 15)
      const w2 = word(w, t - 2)
      const s0 = ((w15 >>> 7) | (w15 << 25)) ^ ((w15 >>> 18) | (w15 << 14)) ^ (w15 >>> 3)
      const s1 = ((w2 >>> 17) | (w2 << 15)) ^ ((w2 >>> 19) | (w2 << 13)) ^ (w2 >>> 10)
      w[t] = word(w, t - 16) + s0 + word(w, t - 7) + s1
    }
    sha256Block(state, w)
  }
  return Array.from(state, (value) => value.toString(16).padStart(8, '0'))
    .join('')
    .toUpperCase()
}

function sha256Block(state: Uint32Array, w: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(SHA256_ROUND, t) + word(w, t)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = word(state, index) + value
}

const MD5_SHIFT = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const
const MD5_SINE = Uint32Array.from({ length: 64 }, (_, index) =>
  Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32),
)

/** MD5 in upper-case hexadecimal, for the keys of XP and 2003. RFC 1321. */
export function md5(message: Uint8Array): string {
  const words = padded(message, true)
  let [a0, b0, c0, d0] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d] = [a0, b0, c0, d0]
    for (let i = 0; i < 64; i += 1) {
      const round = i >> 4
      const [f, g] =
        round === 0
          ? [(b & c) | (~b & d), i]
          : round === 1
            ? [(d & b) | (~d & c), (5 * i + 1) % 16]
            : round === 2
              ? [b ^ c ^ d, (3 * i + 5) % 16]
              : [c ^ (b | ~d), (7 * i) % 16]
      const sum = (f + a + word(MD5_SINE, i) + word(words, block + g)) | 0
      const shift = MD5_SHIFT[round]?.[i % 4] ?? 0
      a = d
      d = c
      c = b
      b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
    }
    a0 = (a0 + a) | 0
    b0 = (b0 + b) | 0
    c0 = (c0 + c) | 0
    d0 = (d0 + d) | 0
  }
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of [a0, b0, c0, d0].entries()) view.setInt32(index * 4, value, true)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}
