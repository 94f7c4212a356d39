import { accessChunks, type RandomAccess } from '../random-access.ts'

/** Outputs without a byte after which the decoder has stopped making progress: it met an error and says nothing. */
const MAX_EMPTY_OUTPUTS = 8

/** The expanded bytes of a zstd stream of one or more frames. Throws where it is damaged or cut. */
export async function* unzstd(access: RandomAccess): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream')
  const decoder = new ZSTDDecoder()
  await decoder.init()
  let empty = 0
  for (const chunk of decoder.decodeStreaming(accessChunks(access))) {
    empty = chunk.length === 0 ? empty + 1 : 0
    if (empty > MAX_EMPTY_OUTPUTS) throw new Error('the zstd stream is damaged')
    if (chunk.length > 0) yield chunk
  }
}
