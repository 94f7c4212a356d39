const DECODER = new TextDecoder('latin1')
/** From here on the decoder is faster than characters, eight at a time. */
const LONG = 48

/**
 * Text of bytes taken one to one as characters (ISO-8859-1). What the web calls `latin1` is a Windows code page, which
 * differs in 0x80-0x9F and shows it by characters beyond 0xFF; such text is taken character by character.
 */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= LONG) {
    const text = DECODER.decode(bytes.subarray(start, end))
    if (!/[^\0-\xff]/.test(text)) return text
  }
  const { fromCharCode } = String
  const b = (at: number): number => bytes[at] ?? 0
  let text = ''
  let at = start
  for (; at + 8 <= end; at += 8)
    text += fromCharCode(b(at), b(at + 1), b(at + 2), b(at + 3), b(at + 4), b(at + 5), b(at + 6), b(at + 7))
  for (; at < end; at += 1) text += fromCharCode(b(at))
  return text
}

/** Text of UTF-16LE bytes of which every second is known to be zero. */
export function narrowUtf16(bytes: Uint8Array, start: number, characters: number): string {
  const { fromCharCode } = String
  const b = (at: number): number => bytes[at] ?? 0
  let text = ''
  let at = start
  for (const end = start + 2 * characters; at + 16 <= end; at += 16)
    text += fromCharCode(
      b(at),
      b(at + 2),
      b(at + 4),
      b(at + 6),
      b(at + 8),
      b(at + 10),
      b(at + 12),
      b(at + 14),
    )
  for (const end = start + 2 * characters; at < end; at += 2) text += fromCharCode(b(at))
  return text
}
