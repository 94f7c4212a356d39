import { InputError } from '../../../diagnostics/index.ts'
import { CHUNK_HEADER, CHUNK_HEADER_SIZE, CHUNK_SIZE, FILE_HEADER_SIZE, RECORD_MAGIC } from '../layout.ts'
import { sealChunkHeader } from './chunk-writer.ts'

/** One thing wrong with an event log, each met in real files. `chunk` and `record` count from 0. */
export type EvtxDamage =
  /** The whole chunk overwritten with zeros. */
  | { readonly kind: 'zero-chunk'; readonly chunk: number }
  | { readonly kind: 'bad-chunk-magic'; readonly chunk: number }
  | { readonly kind: 'bad-header-checksum'; readonly chunk: number }
  | { readonly kind: 'bad-records-checksum'; readonly chunk: number }
  /** The size field of a record (of the whole log) set to zero. */
  | { readonly kind: 'zero-size-record'; readonly record: number }
  /** A record's second half overwritten with zeros, its repeated size too: a torn write. */
  | { readonly kind: 'torn-record'; readonly record: number }
  | { readonly kind: 'cut'; readonly sizeBytes: number }

/** A copy of an event log with this damage. Throws `evtx/cannot-write` for a record or chunk that is not there. */
export function damageEvtx(log: Uint8Array, ...damages: readonly EvtxDamage[]): Uint8Array {
  let bytes: Uint8Array = log.slice()
  for (const damage of damages) bytes = apply(bytes, damage)
  return bytes
}

function apply(bytes: Uint8Array, damage: EvtxDamage): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  switch (damage.kind) {
    case 'cut':
      return bytes.slice(0, damage.sizeBytes)
    case 'zero-size-record':
      view.setUint32(recordAt(bytes, damage.record) + 4, 0, true)
      return bytes
    case 'torn-record': {
      const at = recordAt(bytes, damage.record)
      const size = view.getUint32(at + 4, true)
      bytes.fill(0, at + (size >> 1), at + size)
      return bytes
    }
    default:
      return damageChunk(bytes, view, damage)
  }
}

function damageChunk(
  bytes: Uint8Array,
  view: DataView,
  damage: Extract<EvtxDamage, { readonly chunk: number }>,
): Uint8Array {
  const at = FILE_HEADER_SIZE + damage.chunk * CHUNK_SIZE
  if (at + CHUNK_SIZE > bytes.length) throw new InputError('evtx/cannot-write', `no chunk ${damage.chunk}`)
  switch (damage.kind) {
    case 'zero-chunk':
      bytes.fill(0, at, at + CHUNK_SIZE)
      break
    case 'bad-chunk-magic':
      bytes.fill(0, at, at + CHUNK_HEADER_SIZE)
      break
    case 'bad-header-checksum':
      view.setUint32(at + CHUNK_HEADER.checksum, 0x0bad0bad, true)
      break
    default:
      view.setUint32(at + CHUNK_HEADER.recordsChecksum, 0x0bad0bad, true)
      sealChunkHeader(bytes.subarray(at, at + CHUNK_SIZE))
  }
  return bytes
}

function recordAt(bytes: Uint8Array, index: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let seen = 0
  for (let chunk = FILE_HEADER_SIZE; chunk + CHUNK_SIZE <= bytes.length; chunk += CHUNK_SIZE) {
    const free = view.getUint32(chunk + CHUNK_HEADER.freeSpaceOffset, true)
    for (let at = CHUNK_HEADER_SIZE; at < free && view.getUint32(chunk + at, true) === RECORD_MAGIC; ) {
      if (seen === index) return chunk + at
      seen += 1
      at += Math.max(8, view.getUint32(chunk + at + 4, true))
    }
  }
  throw new InputError('evtx/cannot-write', `no record ${index}`)
}
