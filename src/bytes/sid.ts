/** Most sub-authorities a SID may have. [MS-DTYP] 2.4.2. */
const MAX_SUB_AUTHORITIES = 15

/**
 * A binary SID as text: revision, sub-authority count, 6-byte big-endian authority, little-endian u32s
 * ([MS-DTYP] 2.4.2.2). `undefined` when the bytes are not one (wrong revision, count or too short).
 */
export function sidToText(bytes: ArrayLike<number>, at = 0): string | undefined {
  const count = bytes[at + 1] ?? 0
  if (bytes[at] !== 1 || count > MAX_SUB_AUTHORITIES || bytes.length < at + 8 + 4 * count) return undefined
  let authority = 0
  for (let index = 2; index < 8; index += 1) authority = authority * 256 + (bytes[at + index] ?? 0)
  const parts = [authority < 2 ** 32 ? String(authority) : `0x${authority.toString(16).padStart(12, '0')}`]
  for (let index = 0; index < count; index += 1) {
    const start = at + 8 + 4 * index
    const value =
      (bytes[start] ?? 0) +
      (bytes[start + 1] ?? 0) * 2 ** 8 +
      (bytes[start + 2] ?? 0) * 2 ** 16 +
      (bytes[start + 3] ?? 0) * 2 ** 24
    parts.push(String(value))
  }
  return `S-1-${parts.join('-')}`
}
