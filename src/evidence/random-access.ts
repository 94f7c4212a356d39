import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const READ_BYTES = 1 << 20

/** Bytes that can be read at any offset: a file, memory, or a range of either. Reads are synchronous. */
export interface RandomAccess {
  readonly sizeBytes: number
  /** Fills `target` from `offset` as far as there are bytes; returns how many. */
  read(target: Uint8Array, offset: number): number
  close(): void
}

/** A file on disk, opened for reading only. */
export function openFileAccess(path: string | Buffer): RandomAccess {
  const descriptor = openSync(path, 'r')
  const sizeBytes = fstatSync(descriptor).size
  return {
    sizeBytes,
    read(target, offset) {
      let done = 0
      while (done < target.length) {
        const got = readSync(descriptor, target, done, target.length - done, offset + done)
        if (got === 0) break
        done += got
      }
      return done
    },
    close: () => closeSync(descriptor),
  }
}

export function memoryAccess(bytes: Uint8Array): RandomAccess {
  return {
    sizeBytes: bytes.length,
    read(target, offset) {
      const part = bytes.subarray(offset, offset + target.length)
      target.set(part)
      return part.length
    },
    close: () => undefined,
  }
}

/** All bytes from `start` to `end` in order. Each chunk is a buffer of its own: pipelines read ahead. */
export function* accessChunks(
  access: RandomAccess,
  start = 0,
  end: number = access.sizeBytes,
): Generator<Uint8Array> {
  for (let offset = start; offset < end; ) {
    // A small first read: often only the first bytes are wanted, to see what a file is.
    const target = Buffer.allocUnsafe(Math.min(offset === start ? 64 * 1024 : READ_BYTES, end - offset))
    const got = access.read(target, offset)
    if (got === 0) return
    yield target.subarray(0, got)
    offset += got
  }
}

/** Up to `length` bytes at `offset`. */
export function readAt(access: RandomAccess, offset: number, length: number): Uint8Array {
  const target = new Uint8Array(Math.max(0, Math.min(length, access.sizeBytes - offset)))
  return target.subarray(0, access.read(target, offset))
}
