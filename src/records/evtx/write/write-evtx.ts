import { crc32 } from '../crc32.ts'
import { CHUNK_SIZE, FILE_FLAG_DIRTY, FILE_HEADER, FILE_HEADER_SIZE, FILE_MAGIC } from '../layout.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { EvtxEventInput, WriteEvtxOptions } from './types.ts'

/**
 * An event log (version 3.1) with these events, as the event log service would have written it: templates shared
 * within a chunk, name and template tables, checksums. The same events give the same bytes. Throws
 * `evtx/cannot-write` for what no event log can hold.
 */
export function writeEvtx(events: readonly EvtxEventInput[], options: WriteEvtxOptions = {}): Uint8Array {
  const { clearedEvents = [], emptyChunks = 0 } = options
  const cleared = clearedEvents.length === 0 ? [] : writeChunks(clearedEvents, options, []).chunks
  const { chunks, nextRecordId } = writeChunks(events, options, cleared)
  const bytes = new Uint8Array(FILE_HEADER_SIZE + CHUNK_SIZE * (chunks.length + emptyChunks))
  bytes.set(fileHeader(chunks.length, nextRecordId, options))
  for (const [index, chunk] of chunks.entries()) bytes.set(chunk, FILE_HEADER_SIZE + index * CHUNK_SIZE)
  return bytes
}

interface Written {
  readonly chunks: readonly Uint8Array[]
  readonly nextRecordId: number
}

function writeChunks(
  events: readonly EvtxEventInput[],
  { recordsPerChunk = Number.POSITIVE_INFINITY }: WriteEvtxOptions,
  old: readonly Uint8Array[],
): Written {
  const chunks: Uint8Array[] = []
  let writer = new ChunkWriter(old[0])
  let recordId = 1
  let number = 1
  const finish = (): void => {
    chunks.push(writer.finish(number))
    number += writer.count
    writer = new ChunkWriter(old[chunks.length])
  }
  for (const event of events) {
    recordId = event.recordId ?? recordId
    if (writer.count >= recordsPerChunk) finish()
    if (!writer.append(event, recordId)) {
      finish()
      writer.append(event, recordId)
    }
    recordId += 1
  }
  if (writer.count > 0) finish()
  return { chunks, nextRecordId: recordId }
}

function fileHeader(chunkCount: number, nextRecordId: number, options: WriteEvtxOptions): Uint8Array {
  const bytes = new Uint8Array(FILE_HEADER_SIZE)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, FILE_MAGIC[0], true)
  view.setUint32(4, FILE_MAGIC[1], true)
  const count = options.headerChunkCount ?? chunkCount
  view.setBigUint64(FILE_HEADER.lastChunk, BigInt(Math.max(0, count - 1)), true)
  view.setBigUint64(FILE_HEADER.nextRecordId, BigInt(nextRecordId), true)
  view.setUint32(FILE_HEADER.headerSize, 128, true)
  view.setUint16(FILE_HEADER.minorVersion, 1, true)
  view.setUint16(FILE_HEADER.majorVersion, 3, true)
  view.setUint16(FILE_HEADER.headerBlockSize, FILE_HEADER_SIZE, true)
  view.setUint16(FILE_HEADER.chunkCount, count, true)
  view.setUint32(FILE_HEADER.flags, options.dirty === true ? FILE_FLAG_DIRTY : 0, true)
  view.setUint32(FILE_HEADER.checksum, crc32(bytes.subarray(0, FILE_HEADER.flags)), true)
  return bytes
}
