import { type DiagnosticCode, InputError, type InputErrorOptions } from '../../diagnostics/index.ts'
import { CHUNK_HEADER, CHUNK_HEADER_SIZE, CHUNK_MAGIC, CHUNK_SIZE, NAME_HEADER_SIZE } from './layout.ts'
import { readUtf16 } from './utf16.ts'
import type { Memory } from './value.ts'

/** One chunk in memory; all positions are relative to it. Views are over the window it was fed in. */
export interface Chunk extends Memory {
  /** The first words, for record magics and sizes, which stand 4-aligned. */
  readonly words: Int32Array
  /** Bytes present: 65,536 but for a cut last chunk. */
  readonly limit: number
  readonly fileOffset: number
  readonly source: string
  /** Names read so far, by position. */
  readonly names: Map<number, string>
}

/** A chunk over `window[at..]`. The memory must be 4-aligned there (see `isAligned`). */
export function openChunk(window: Uint8Array, at: number, fileOffset: number, source: string): Chunk {
  const limit = Math.min(CHUNK_SIZE, window.length - at)
  const start = window.byteOffset + at
  return {
    bytes: new Uint8Array(window.buffer, start, limit),
    view: new DataView(window.buffer, start, limit),
    words: new Int32Array(window.buffer, start, limit >> 2),
    limit,
    fileOffset,
    source,
    names: new Map(),
  }
}

export const isAligned = (window: Uint8Array, at: number): boolean => (window.byteOffset + at) % 4 === 0

export function hasChunkMagic(chunk: Chunk): boolean {
  return chunk.words[0] === CHUNK_MAGIC[0] && chunk.words[1] === CHUNK_MAGIC[1]
}

/** Where live records end: the header's free-space offset, or the end of what is there when that is impossible. */
export function liveEnd(chunk: Chunk): number {
  if (chunk.limit < CHUNK_HEADER_SIZE) return chunk.limit
  const free = chunk.view.getUint32(CHUNK_HEADER.freeSpaceOffset, true)
  return free < CHUNK_HEADER_SIZE || free > chunk.limit ? chunk.limit : free
}

/** Which of the two checksums of a whole chunk do not match: header (over 0..119 and 128..511), records (512..free). */
export function wrongChecksums(
  chunk: Chunk,
  crc32: (bytes: Uint8Array) => number,
  scratch: Uint8Array,
): { readonly header: boolean; readonly records: boolean } {
  const { bytes, view } = chunk
  scratch.set(bytes.subarray(0, 120), 0)
  scratch.set(bytes.subarray(128, CHUNK_HEADER_SIZE), 120)
  const header = crc32(scratch.subarray(0, 504)) !== view.getUint32(CHUNK_HEADER.checksum, true)
  const free = view.getUint32(CHUNK_HEADER.freeSpaceOffset, true)
  if (free < CHUNK_HEADER_SIZE || free > chunk.limit) return { header, records: true }
  const records =
    crc32(bytes.subarray(CHUNK_HEADER_SIZE, free)) !== view.getUint32(CHUNK_HEADER.recordsChecksum, true)
  return { header, records }
}

/** An `InputError` at a position of a chunk, told as an offset in the file. */
export function chunkError(
  code: DiagnosticCode,
  message: string,
  chunk: Chunk,
  position: number,
  options?: InputErrorOptions,
): InputError {
  return new InputError(
    code,
    message,
    { in: 'bytes', source: chunk.source, offset: chunk.fileOffset + position },
    options,
  )
}

/**
 * The name at a position of the chunk. With `verify`, its hash must match its text: in slack the name may have been
 * overwritten by newer records. Throws `evtx/bad-binary-xml`.
 */
export function nameAt(chunk: Chunk, position: number, verify: boolean): string {
  const known = chunk.names.get(position)
  if (known !== undefined) return known
  const { view, limit } = chunk
  if (position < 128 || position + NAME_HEADER_SIZE > limit) throw badName(chunk, position)
  const length = view.getUint16(position + 6, true)
  if (length === 0 || position + NAME_HEADER_SIZE + 2 * length > limit) throw badName(chunk, position)
  const name = readUtf16(chunk.bytes, position + NAME_HEADER_SIZE, length)
  if (verify && nameHash(name) !== view.getUint16(position + 4, true)) throw badName(chunk, position)
  chunk.names.set(position, name)
  return name
}

function badName(chunk: Chunk, position: number): InputError {
  return chunkError('evtx/bad-binary-xml', `no name at chunk position ${position}`, chunk, 0)
}

/** Hash of a name as the chunk's name table has it: h = h * 65599 + unit, low 16 bits. libevtx "Name". */
export function nameHash(name: string): number {
  let hash = 0
  for (let index = 0; index < name.length; index += 1) {
    hash = (Math.imul(hash, 65599) + name.charCodeAt(index)) | 0
  }
  return hash & 0xffff
}
