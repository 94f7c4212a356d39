const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A GUID in its usual text form, upper case with braces as Windows renders it: `{1418EF04-B0B4-...}`. [MS-DTYP] 2.3.4. */
export function guidToText(bytes: Uint8Array, at = 0): string {
  const hex = (index: number): string => HEX[bytes[at + index] ?? 0] ?? '00'
  const order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15]
  return `{${order.map((index) => (index < 0 ? '-' : hex(index))).join('')}}`.toUpperCase()
}
