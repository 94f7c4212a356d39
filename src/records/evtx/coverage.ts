import { type EventRecord, gapWidth, type LogCoverage, type RecordIdGap } from '../event.ts'
import type { Chunk } from './chunk.ts'

/** Gaps listed of one log, the widest of all; the others are in the count of missing records. */
const MAX_GAPS = 100

interface Run {
  readonly first: number
  readonly last: number
  /** When its first and its last record were written. */
  readonly from: bigint
  readonly to: bigint
}

/**
 * What one log covers, gathered from the record headers alone: two reads a record and no decoding. Numbers and times
 * of the headers are those of the log file, which an export renumbers (`EventRecord.recordId` is the event's own).
 * Source: libevtx "Event record".
 */
export class Coverage {
  readonly #runs: Run[] = []
  #firstId = -1
  #firstTime = 0n
  #lastId = -1
  /** Where the last record starts in the chunk being read; -1 between chunks, when `#lastTime` is its time. */
  #lastStart = -1
  #lastTime = 0n
  #records = 0
  #earliest: bigint | undefined
  #latest: bigint | undefined
  #sample: EventRecord | undefined
  #renumbered = false

  /** Whether an event is still wanted that tells the log's channel and computer. */
  get needsSample(): boolean {
    return this.#sample === undefined
  }

  /** The event of the last record that was told. */
  sample(event: EventRecord): void {
    if (event.channel === undefined) return
    this.#sample = event
    this.#renumbered = event.recordId !== undefined && event.recordId !== this.#lastId
  }

  /** A live record whose header starts at `start`. */
  record(chunk: Chunk, start: number): void {
    const { view } = chunk
    const id = view.getUint32(start + 8, true) + view.getUint32(start + 12, true) * 2 ** 32
    this.#records += 1
    if (id === this.#lastId + 1 && this.#firstId >= 0) {
      this.#lastId = id
      this.#lastStart = start
      return
    }
    if (this.#lastStart >= 0) this.#lastTime = view.getBigUint64(this.#lastStart + 16, true)
    this.#close()
    this.#firstId = id
    this.#lastId = id
    this.#lastStart = start
    this.#firstTime = view.getBigUint64(start + 16, true)
    this.#time(this.#firstTime)
  }

  /** The last record of a chunk, whose time the log reaches. */
  chunkEnd(chunk: Chunk, start: number): void {
    this.#lastTime = chunk.view.getBigUint64(start + 16, true)
    this.#lastStart = -1
    this.#time(this.#lastTime)
  }

  #time(filetime: bigint): void {
    if (filetime === 0n) return
    if (this.#earliest === undefined || filetime < this.#earliest) this.#earliest = filetime
    if (this.#latest === undefined || filetime > this.#latest) this.#latest = filetime
  }

  #close(): void {
    if (this.#firstId < 0) return
    this.#runs.push({
      first: this.#firstId,
      last: this.#lastId,
      from: this.#firstTime,
      to: this.#lastTime,
    })
    // A hostile log may have a run for every record.
    if (this.#runs.length > 100_000) this.#merge()
  }

  /** Joins runs that touch or overlap; keeps the widest gaps where there are too many runs. */
  #merge(): void {
    const sorted = this.#runs.splice(0).sort((a, b) => a.first - b.first)
    for (const run of sorted) {
      const before = this.#runs.at(-1)
      if (before === undefined || run.first > before.last + 1) this.#runs.push(run)
      else if (run.last > before.last)
        this.#runs[this.#runs.length - 1] = { ...before, last: run.last, to: run.to }
    }
    if (this.#runs.length > 50_000) this.#runs.splice(50_000)
  }

  finish(evidence: string, path: string): LogCoverage {
    this.#close()
    this.#merge()
    const gaps: RecordIdGap[] = []
    for (const [index, run] of this.#runs.entries()) {
      const before = this.#runs[index - 1]
      if (before !== undefined) gaps.push(gapBetween(before, run))
    }
    const widest = [...gaps].sort((a, b) => gapWidth(b) - gapWidth(a)).slice(0, MAX_GAPS)
    const [first] = this.#runs
    const last = this.#runs.at(-1)
    return {
      evidence,
      path,
      ...(this.#sample?.channel === undefined ? {} : { channel: this.#sample.channel }),
      ...(this.#sample?.computer === undefined ? {} : { computer: this.#sample.computer }),
      records: this.#records,
      ...(this.#earliest === undefined ? {} : { earliestFiletime: this.#earliest }),
      ...(this.#latest === undefined ? {} : { latestFiletime: this.#latest }),
      ...(first === undefined || last === undefined
        ? {}
        : { firstRecordId: first.first, lastRecordId: last.last }),
      missing: gaps.reduce((sum, gap) => sum + gapWidth(gap), 0),
      gaps: widest.sort((a, b) => a.after - b.after),
      ...(this.#renumbered ? { renumbered: true as const } : {}),
    }
  }
}

function gapBetween(before: Run, run: Run): RecordIdGap {
  return {
    after: before.last,
    before: run.first,
    ...(before.to === 0n ? {} : { from: before.to }),
    ...(run.from === 0n ? {} : { to: run.from }),
  }
}
