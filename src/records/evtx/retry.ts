import { type Chunk, openChunk } from './chunk.ts'

/** Most chunks kept for a second look: 4 MiB. A log that lost more of its templates is told as damaged at once. */
const MAX_CHUNKS = 64

export interface RetryRecord {
  readonly start: number
  readonly end: number
  readonly isLive: boolean
}

interface RetryChunk {
  readonly chunk: Chunk
  readonly records: RetryRecord[]
}

/**
 * Records whose template was overwritten, with a copy of their chunk: a later chunk may still define it. After a clear
 * the oldest chunk is overwritten first, so this is the usual case for what an attacker wanted gone.
 */
export class RetryList {
  private readonly byOffset = new Map<number, RetryChunk>()

  /** False when there is no room: the caller has to give the record up. */
  add(chunk: Chunk, record: RetryRecord): boolean {
    let entry = this.byOffset.get(chunk.fileOffset)
    if (entry === undefined) {
      if (this.byOffset.size >= MAX_CHUNKS) return false
      const copy = openChunk(chunk.bytes.slice(), 0, chunk.fileOffset, chunk.source)
      entry = { chunk: copy, records: [] }
      this.byOffset.set(chunk.fileOffset, entry)
    }
    entry.records.push(record)
    return true
  }

  /** What was kept, in file order; the list is empty afterwards. */
  take(): readonly RetryChunk[] {
    const entries = [...this.byOffset.values()]
    this.byOffset.clear()
    return entries
  }
}
