import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryAccess, type RandomAccess } from './random-access.ts'

/**
 * A stream made readable at any offset: in memory up to `memoryBytes`, beyond that in a private file in the
 * system's temporary folder (never beside evidence), which `close` removes.
 */
export async function spool(chunks: AsyncIterable<Uint8Array>, memoryBytes: number): Promise<RandomAccess> {
  const parts: Uint8Array[] = []
  let length = 0
  let file: { folder: string; descriptor: number } | undefined
  const remove = (): void => {
    if (file === undefined) return
    closeSync(file.descriptor)
    rmSync(file.folder, { recursive: true, force: true })
    file = undefined
  }
  try {
    for await (const chunk of chunks) {
      parts.push(chunk)
      length += chunk.length
      if (file === undefined && length > memoryBytes) {
        const folder = mkdtempSync(join(tmpdir(), 'triad-'))
        file = { folder, descriptor: openSync(join(folder, 'member'), 'wx+', 0o600) }
      }
      if (file !== undefined) {
        for (const part of parts.splice(0)) writeWhole(file.descriptor, part)
      }
    }
  } catch (error) {
    remove()
    throw error
  }
  if (file === undefined) return memoryAccess(Buffer.concat(parts))
  const { descriptor } = file
  return {
    sizeBytes: length,
    read: (target, offset) => {
      let done = 0
      while (done < target.length) {
        const got = readSync(descriptor, target, done, target.length - done, offset + done)
        if (got === 0) break
        done += got
      }
      return done
    },
    close: remove,
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
}
