import { pipeline, Readable } from 'node:stream'
import { createGunzip, createInflateRaw } from 'node:zlib'

const MAX_CHUNK = 1 << 20

/** The expanded bytes of a deflate or gzip stream. What follows its end is ignored. Throws where it is damaged or cut. */
export async function* inflated(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: 'deflate-raw' | 'gzip',
  sizeBytes: number = MAX_CHUNK,
): AsyncGenerator<Uint8Array> {
  const chunkSize = Math.max(16 * 1024, Math.min(MAX_CHUNK, sizeBytes))
  const transform = format === 'gzip' ? createGunzip({ chunkSize }) : createInflateRaw({ chunkSize })
  const source = Readable.from(chunks)
  // Errors reach the loop below through the transform, which `pipeline` destroys with them.
  pipeline(source, transform, () => undefined)
  try {
    yield* transform as AsyncIterable<Uint8Array>
  } finally {
    source.destroy()
    transform.destroy()
  }
}
