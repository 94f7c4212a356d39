import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { CHUNK_SIZE, FILE_HEADER_SIZE } from '../layout.ts'
import { createEvtxScanner } from '../scanner.ts'
import type { EvtxCounts, EvtxScanOptions } from '../types.ts'

export interface ScanEvtxFileOptions extends EvtxScanOptions {
  /** Called with every byte of the file, in order, e.g. to hash it. Must not keep the buffer. */
  readonly bytes?: (window: Uint8Array) => void
  /** Called after each window with the bytes read so far and the size of the file. */
  readonly progress?: (bytesRead: number, bytesTotal: number) => void
  /** Checked between windows: a true answer stops the scan after the window at hand. */
  readonly stop?: () => boolean
}

/** 512 KiB of chunks: large enough to make reads cheap, small enough to stay in the second-level cache. */
const WINDOW_SIZE = 8 * CHUNK_SIZE

/** One buffer for all files: touching fresh memory costs more than reading from the page cache. */
let shared: Uint8Array | undefined

/**
 * Scans one event log on disk with synchronous reads into one reused 512 KiB buffer; memory does not grow with the
 * file. `file` is a path or an open descriptor (which stays open). Throws what `openSync`/`readSync` throw.
 */
export function scanEvtxFile(file: string | number, options: ScanEvtxFileOptions): EvtxCounts {
  const descriptor = typeof file === 'number' ? file : openSync(file, 'r')
  // Taken while in use, so that a sink that scans another file gets its own.
  const buffer = shared ?? new Uint8Array(WINDOW_SIZE)
  shared = undefined
  try {
    const scanner = createEvtxScanner({ crc32, ...options })
    const total = fstatSync(descriptor).size
    let position = 0
    while (true) {
      // The header goes alone, so that every later window starts at a chunk and none is copied.
      const wanted = position === 0 ? FILE_HEADER_SIZE : WINDOW_SIZE
      const size = fill(descriptor, buffer, wanted, position)
      if (size > 0) {
        const window = buffer.subarray(0, size)
        options.bytes?.(window)
        scanner.feed(window, position)
        position += size
        options.progress?.(position, total)
      }
      if (size < wanted || options.stop?.() === true) break
    }
    return scanner.end()
  } finally {
    shared = buffer
    if (descriptor !== file) closeSync(descriptor)
  }
}

/** Reads until `wanted` bytes are there or the file ends: a single read may return less. */
function fill(descriptor: number, buffer: Uint8Array, wanted: number, position: number): number {
  let size = 0
  while (size < wanted) {
    const read = readSync(descriptor, buffer, size, wanted - size, position + size)
    if (read === 0) break
    size += read
  }
  return size
}
