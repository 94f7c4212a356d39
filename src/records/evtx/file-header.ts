import { FILE_FLAG_DIRTY, FILE_FLAG_FULL, FILE_HEADER, FILE_MAGIC } from './layout.ts'

/** The file header. Only told, never trusted: a quarter of real logs hold live chunks past its count. */
export interface EvtxFileHeader {
  readonly firstChunk: bigint
  readonly lastChunk: bigint
  readonly nextRecordId: bigint
  readonly majorVersion: number
  readonly minorVersion: number
  readonly chunkCount: number
  readonly isDirty: boolean
  readonly isFull: boolean
  /** CRC-32 of bytes 0..119 as stored. */
  readonly checksum: number
}

/** Bytes of the header that carry fields and checksum. */
export const FILE_HEADER_FIELDS_SIZE = 128

/** The header in the first 128 bytes of a file, `undefined` when there are fewer or the magic is another. */
export function readFileHeader(bytes: Uint8Array): EvtxFileHeader | undefined {
  if (bytes.length < FILE_HEADER_FIELDS_SIZE) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== FILE_MAGIC[0] || view.getUint32(4, true) !== FILE_MAGIC[1]) return undefined
  const flags = view.getUint32(FILE_HEADER.flags, true)
  return {
    firstChunk: view.getBigUint64(FILE_HEADER.firstChunk, true),
    lastChunk: view.getBigUint64(FILE_HEADER.lastChunk, true),
    nextRecordId: view.getBigUint64(FILE_HEADER.nextRecordId, true),
    minorVersion: view.getUint16(FILE_HEADER.minorVersion, true),
    majorVersion: view.getUint16(FILE_HEADER.majorVersion, true),
    chunkCount: view.getUint16(FILE_HEADER.chunkCount, true),
    isDirty: (flags & FILE_FLAG_DIRTY) !== 0,
    isFull: (flags & FILE_FLAG_FULL) !== 0,
    checksum: view.getUint32(FILE_HEADER.checksum, true),
  }
}
