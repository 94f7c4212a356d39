import { Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflateRaw } from 'node:zlib'

const MAX_CHUNK = 1 << 20

/**
 * The expanded bytes of a deflate or gzip stream. What follows its end is ignored. Throws where it is damaged or
 * cut, after the bytes before: a stream's own iterator would drop those it still holds.
 */
export async function* inflated(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: 'deflate-raw' | 'gzip',
  sizeBytes: number = MAX_CHUNK,
): AsyncGenerator<Uint8Array> {
  const chunkSize = Math.max(16 * 1024, Math.min(MAX_CHUNK, sizeBytes))
  const transform: Transform =
    format === 'gzip' ? createGunzip({ chunkSize }) : createInflateRaw({ chunkSize })
  const ready: Uint8Array[] = []
  let wake: () => void = () => undefined
  let resume: (() => void) | undefined
  let ended = false
  let failure: unknown
  const sink = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      ready.push(chunk)
      // One chunk at a time: the next is made while this one is read.
      resume = done
      wake()
    },
  })
  const source = Readable.from(chunks)
  pipeline(source, transform, sink)
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => {
      ended = true
      wake()
    })
  try {
    for (;;) {
      const chunk = ready.shift()
      if (chunk !== undefined) {
        resume?.()
        yield chunk
      } else if (ended) break
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    if (failure !== undefined) throw failure
  } finally {
    source.destroy()
    transform.destroy()
    sink.destroy()
  }
}
