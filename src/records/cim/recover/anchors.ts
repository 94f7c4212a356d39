import { hashDigits, type Layout } from '../layout.ts'

/** Places in OBJECTS.DATA that look like the start of something, found without any table or index. */
export interface Anchors {
  /** Offsets of class hashes that two timestamps and a length follow. */
  readonly instances: readonly number[]
  /** Offsets of the text `NS_..\KI_..\I_..`, as reference records end with. */
  readonly references: readonly number[]
}

const IS_HEX = Uint8Array.from({ length: 256 }, (_, byte) =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) ? 1 : 0,
)

/**
 * Finds runs of upper-case hexadecimal digits in UTF-16LE. A run as long as a hash cannot be missed when every second
 * byte less than its length is looked at; a run is walked once, so the work is linear whatever the bytes are.
 */
export function findAnchors(bytes: Uint8Array, layout: Layout): Anchors {
  const instances: number[] = []
  const references: number[] = []
  const hashSize = 2 * hashDigits(layout)
  const step = hashSize - 2
  const last = bytes.length - 2
  let walked = 0
  for (let at = 0; at <= last; at += step) {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]]
    let start: number
    if (second === 0 && IS_HEX[first] === 1) start = at
    else if (first === 0 && IS_HEX[second] === 1) start = at + 1
    else continue
    let end = start
    while (start - 2 >= walked && IS_HEX[bytes[start - 2] ?? 0] === 1 && bytes[start - 1] === 0) start -= 2
    while (end + 1 < bytes.length && IS_HEX[bytes[end] ?? 0] === 1 && bytes[end + 1] === 0) end += 2
    if (end > walked) walked = end
    if (end - start < hashSize) continue
    if (precededByNs(bytes, start)) references.push(start - 6)
    // Bytes before or after the hash may look like digits too: it ends where the timestamps begin.
    for (let stop = start + hashSize; stop <= end; stop += 2)
      if (looksLikeHeader(bytes, stop)) instances.push(stop - hashSize)
    if (end > at + step) at = end - step
  }
  return { instances, references }
}

function precededByNs(bytes: Uint8Array, at: number): boolean {
  return at >= 6 && bytes[at - 6] === 0x4e && bytes[at - 4] === 0x53 && bytes[at - 2] === 0x5f
}

/** Two FILETIMEs between 2000 and 2050, or zero, and a length that is not absurd. */
function looksLikeHeader(bytes: Uint8Array, at: number): boolean {
  if (at + 34 > bytes.length || !looksLikeFiletime(bytes, at) || !looksLikeFiletime(bytes, at + 8))
    return false
  // Little-endian; below 256 MB and not below the fixed fields.
  return (
    bytes[at + 19] === 0 &&
    (bytes[at + 18] ?? 0) < 0x10 &&
    ((bytes[at + 16] ?? 0) >= 18 || bytes[at + 17] !== 0 || bytes[at + 18] !== 0)
  )
}

function looksLikeFiletime(bytes: Uint8Array, at: number): boolean {
  const top = bytes[at + 7]
  const next = bytes[at + 6] ?? 0
  if (top === 1 && next >= 0xc0 && next <= 0xea) return true
  if (top !== 0) return false
  for (let index = at; index < at + 7; index += 1) if (bytes[index] !== 0) return false
  return true
}
