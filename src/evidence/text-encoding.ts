export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/**
 * The encoding of a text from its first bytes: byte order mark, else the zero bytes that UTF-16 puts beside ASCII.
 * `undefined` where the bytes are no text (many zero bytes in no such pattern, or many control characters).
 */
export function sniffTextEncoding(head: Uint8Array): TextEncoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  const sample = head.subarray(0, 4096)
  let evenZeros = 0
  let oddZeros = 0
  let controls = 0
  for (let index = 0; index < sample.length; index += 1) {
    const byte = sample[index] ?? 0
    if (byte === 0) {
      if (index % 2 === 0) evenZeros += 1
      else oddZeros += 1
    } else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12 && byte !== 0x1e)
      controls += 1
  }
  if (controls > sample.length / 50) return undefined
  // A few zero bytes are values that end in one, as some tools write event data, or lines a crash left behind.
  if (controls + evenZeros + oddZeros <= sample.length / 50) return 'utf-8'
  const half = sample.length / 2
  if (oddZeros > half * 0.7 && evenZeros < half * 0.05) return 'utf-16le'
  if (evenZeros > half * 0.7 && oddZeros < half * 0.05) return 'utf-16be'
  return undefined
}

/** Text of whole bytes in that encoding, without its byte order mark. Bad sequences become U+FFFD. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string {
  return new TextDecoder(encoding, { ignoreBOM: false }).decode(bytes)
}

/**
 * The same text as UTF-8 bytes, chunk by chunk. UTF-8 passes through untouched, byte order mark included, so that
 * offsets stay those of the file; of UTF-16 they are offsets in the UTF-8 form.
 */
export async function* toUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): AsyncGenerator<Uint8Array> {
  if (encoding === 'utf-8') {
    yield* chunks
    return
  }
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield Buffer.from(text, 'utf8')
  }
  const rest = decoder.decode()
  if (rest !== '') yield Buffer.from(rest, 'utf8')
}
