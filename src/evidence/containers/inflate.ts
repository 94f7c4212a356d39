import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createInflateRaw } from 'node:zlib'

const MAX_CHUNK = 1 << 20

/** How finely the bytes about a damage are given to zlib, one after the other. */
const NEAR_DAMAGE = [1024, 1]

export interface InflateOptions {
  /** About how many bytes come out. */
  readonly sizeBytes?: number
  /**
   * The same bytes once more. zlib keeps back what it has made of a chunk in which it finds a damage, up to a mebibyte:
   * with this they are had all the same.
   */
  readonly again?: () => Iterable<Uint8Array>
}

/**
 * The expanded bytes of a deflate or gzip stream. What follows the end of deflate is ignored. Throws where it is damaged
 * or cut, or where something else follows the end of gzip, after the bytes before.
 */
export async function* inflated(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: 'deflate-raw' | 'gzip',
  { sizeBytes = MAX_CHUNK, again }: InflateOptions = {},
): AsyncGenerator<Uint8Array> {
  const progress = { consumed: 0 }
  let given = 0
  let failure: unknown
  try {
    for await (const chunk of expanded(chunks, format, sizeBytes, progress)) {
      given += chunk.length
      yield chunk
    }
    return
  } catch (error) {
    if (again === undefined || !isDamage(error)) throw error
    failure = error
  }
  for (const size of NEAR_DAMAGE) {
    let known = given
    try {
      for await (const chunk of expanded(
        pieces(again(), progress.consumed, size),
        format,
        sizeBytes,
        progress,
      )) {
        const fresh = chunk.subarray(Math.min(known, chunk.length))
        known -= chunk.length - fresh.length
        given += fresh.length
        if (fresh.length > 0) yield fresh
      }
    } catch (error) {
      // The same damage again, nearer.
      if (!isDamage(error)) throw error
    }
  }
  throw failure
}

const isDamage = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'Z_DATA_ERROR'

/** The same bytes, from `fine` on in pieces of that size. */
function* pieces(chunks: Iterable<Uint8Array>, fine: number, size: number): Generator<Uint8Array> {
  let offset = 0
  for (const chunk of chunks) {
    const coarse = Math.max(0, Math.min(chunk.length, fine - offset))
    if (coarse > 0) yield chunk.subarray(0, coarse)
    for (let at = coarse; at < chunk.length; at += size) yield chunk.subarray(at, at + size)
    offset += chunk.length
  }
}

/**
 * The expanded bytes as zlib gives them, telling how many it was done with. A stream's own iterator would drop, at an
 * error, those it still holds.
 */
async function* expanded(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  format: 'deflate-raw' | 'gzip',
  sizeBytes: number,
  progress: { consumed: number },
): AsyncGenerator<Uint8Array> {
  const chunkSize = Math.max(16 * 1024, Math.min(MAX_CHUNK, sizeBytes))
  const transform = format === 'gzip' ? createGunzip({ chunkSize }) : createInflateRaw({ chunkSize })
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
    progress.consumed = transform.bytesWritten
    source.destroy()
    transform.destroy()
    sink.destroy()
  }
}
