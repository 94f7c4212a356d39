/** Table of the reflected polynomial 0xedb88320 (IEEE 802.3), one row per byte position: eight bytes a step. */
const TABLES: readonly Int32Array[] = (() => {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256))
  const first = tables[0] as Int32Array
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    first[byte] = value
  }
  for (let byte = 0; byte < 256; byte += 1) {
    let value = first[byte] ?? 0
    for (let row = 1; row < 8; row += 1) {
      value = (value >>> 8) ^ (first[value & 0xff] ?? 0)
      ;(tables[row] as Int32Array)[byte] = value
    }
  }
  return tables
})()

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** CRC-32 (IEEE) as zlib computes it; the checksum of EVTX file headers, chunk headers and records. */
export function crc32(bytes: Uint8Array): number {
  const at = (index: number): number => bytes[index] ?? 0
  let crc = -1
  let index = 0
  const whole = bytes.length - (bytes.length % 8)
  for (; index < whole; index += 8) {
    const low = crc ^ (at(index) | (at(index + 1) << 8) | (at(index + 2) << 16) | (at(index + 3) << 24))
    crc =
      (T7[low & 0xff] ?? 0) ^
      (T6[(low >>> 8) & 0xff] ?? 0) ^
      (T5[(low >>> 16) & 0xff] ?? 0) ^
      (T4[low >>> 24] ?? 0) ^
      (T3[at(index + 4)] ?? 0) ^
      (T2[at(index + 5)] ?? 0) ^
      (T1[at(index + 6)] ?? 0) ^
      (T0[at(index + 7)] ?? 0)
  }
  for (; index < bytes.length; index += 1) crc = (crc >>> 8) ^ (T0[(crc ^ at(index)) & 0xff] ?? 0)
  return ~crc >>> 0
}
