import {
  type DiagnosticCode,
  InputError,
  type LimitedReport,
  limitedReport,
} from '../../diagnostics/index.ts'
import { type Chunk, hasChunkMagic, isAligned, liveEnd, openChunk, wrongChecksums } from './chunk.ts'
import { Coverage } from './coverage.ts'
import { crc32 as crc32InScript } from './crc32.ts'
import { FILE_HEADER_FIELDS_SIZE, readFileHeader } from './file-header.ts'
import { CHUNK_HEADER_SIZE, CHUNK_SIZE, FILE_HEADER_SIZE, MIN_RECORD_SIZE } from './layout.ts'
import { RecordReader } from './record.ts'
import { RetryList } from './retry.ts'
import { Selector } from './select.ts'
import { Recovered } from './slack.ts'
import type { EvtxCounts, EvtxScanner, EvtxScanOptions } from './types.ts'
import { findMagic, findRecord, isTorn, isZero, recordSize } from './walk.ts'

/** A scan of one event log; see {@link EvtxScanner}. */
export function createEvtxScanner(options: EvtxScanOptions): EvtxScanner {
  return new Scanner(options)
}

class Scanner implements EvtxScanner {
  private readonly options: EvtxScanOptions
  private readonly report: LimitedReport
  private readonly selector: Selector
  private readonly recovered: Recovered | undefined
  private readonly crc32: (bytes: Uint8Array) => number
  private readonly scratch = new Uint8Array(CHUNK_HEADER_SIZE)
  private readonly retries = new RetryList()
  private readonly coverage: Coverage | undefined
  private reader: RecordReader | undefined
  /** The part of a header or chunk that earlier windows held. */
  private readonly carry = new Uint8Array(CHUNK_SIZE)
  private carried = 0
  private position = 0
  private chunks = 0
  private hasHeader = false
  /** Chunks that the file header counts; 0 where there is no header, or one that was changed since its checksum. */
  private promisedChunks = 0
  private read = 0
  private relevant = 0
  private damaged = 0
  private slackNotRead = 0

  constructor(options: EvtxScanOptions) {
    this.options = options
    this.report = limitedReport(options.report, {
      code: 'evtx/more-diagnostics',
      source: options.source,
    })
    this.selector = new Selector(options.selection ?? 'all')
    this.recovered = options.recover === false ? undefined : new Recovered(options.sink)
    this.coverage = options.log === undefined ? undefined : new Coverage()
    this.crc32 = options.crc32 ?? crc32InScript
  }

  feed(window: Uint8Array, fileOffset: number): void {
    if (fileOffset !== this.position) {
      const message = `a window at ${fileOffset} was fed where ${this.position} was due`
      throw new InputError('evtx/not-in-order', message, this.at(fileOffset))
    }
    let at = 0
    while (at < window.length) {
      const unit = this.position < FILE_HEADER_SIZE ? FILE_HEADER_SIZE : CHUNK_SIZE
      const rest = window.length - at
      if (this.carried === 0 && rest >= unit && isAligned(window, at)) {
        this.unit(window, at, unit)
        at += unit
        this.position += unit
        continue
      }
      const taken = Math.min(rest, unit - this.carried)
      this.carry.set(window.subarray(at, at + taken), this.carried)
      this.carried += taken
      this.position += taken
      at += taken
      if (this.carried === unit) this.flush(unit)
    }
  }

  end(): EvtxCounts {
    if (this.position === 0 || this.carried > 0) this.flush(this.carried)
    if (this.reader !== undefined) this.retry(this.reader)
    if (this.chunks === 0) {
      this.report.report({
        code: 'evtx/no-chunks',
        severity: this.hasHeader ? 'info' : 'error',
        message: 'no chunk of records in this event log',
        at: { in: 'file', source: this.options.source },
      })
    }
    this.tellCut()
    if (this.slackNotRead > 0) {
      this.report.report({
        code: 'evtx/slack-not-read',
        severity: 'info',
        message: `${this.slackNotRead} old records in slack could not be decoded: their templates were overwritten`,
        at: { in: 'file', source: this.options.source },
      })
    }
    this.recovered?.release()
    if (this.coverage !== undefined) {
      this.options.log?.(this.coverage.finish(this.options.evidence, this.options.source))
    }
    this.report.flush()
    const { read, relevant, damaged } = this
    return { read, relevant, damaged, recovered: this.recovered?.count ?? 0 }
  }

  /** A copy that ends at the end of a chunk looks whole, but for the header's count. */
  private tellCut(): void {
    const there = Math.max(0, Math.ceil((this.position - FILE_HEADER_SIZE) / CHUNK_SIZE))
    if (there >= this.promisedChunks) return
    this.report.report({
      code: 'evtx/cut-file',
      severity: 'error',
      message: `the file ends after ${there} of the ${this.promisedChunks} chunks that its header counts`,
      at: this.at(this.position),
    })
  }

  /** Handles what was carried; `position` is already past it. */
  private flush(size: number): void {
    const end = this.position
    this.position = end - size
    this.carried = 0
    this.unit(this.carry.subarray(0, size), 0, size)
    this.position = end
  }

  private unit(window: Uint8Array, at: number, size: number): void {
    if (this.position < FILE_HEADER_SIZE) this.fileHeader(window.subarray(at, at + size))
    else this.chunkSlot(openChunk(window.subarray(at, at + size), 0, this.position, this.options.source))
  }

  private fileHeader(bytes: Uint8Array): void {
    const header = readFileHeader(bytes)
    if (header === undefined) {
      this.report.report({
        code: 'evtx/bad-file-header',
        severity: 'warning',
        message: 'the file does not start with a whole event log header',
        at: this.at(0),
        hint: 'its chunks are read all the same',
      })
      return
    }
    this.hasHeader = true
    this.promisedChunks = header.chunkCount
    if (this.crc32(bytes.subarray(0, FILE_HEADER_FIELDS_SIZE - 8)) !== header.checksum) {
      // A dirty log was open when it was copied; its header is only brought up to date on closing.
      const severity = header.isDirty ? 'info' : 'warning'
      const message = 'the file header does not match its checksum'
      this.promisedChunks = 0
      this.report.report({ code: 'evtx/bad-file-checksum', severity, message, at: this.at(0) })
    }
  }

  private chunkSlot(chunk: Chunk): void {
    const hasMagic = chunk.limit >= CHUNK_HEADER_SIZE && hasChunkMagic(chunk)
    if (!hasMagic && !this.isWorthReading(chunk)) return
    this.chunks += 1
    this.reader ??= new RecordReader(this.options.evidence, chunk)
    let isTrusted = hasMagic
    if (chunk.limit < CHUNK_SIZE) {
      this.warn('evtx/cut-chunk', `the file ends ${chunk.limit} bytes into this chunk`, chunk, 0)
    } else if (hasMagic) {
      isTrusted = this.verify(chunk)
    }
    this.reader.chunkReader.start(chunk, isTrusted)
    const end = hasMagic ? liveEnd(chunk) : chunk.limit
    this.records(chunk, this.reader, end)
    if (this.reader.chunkReader.remembered > 0) {
      const message =
        'templates of this chunk were overwritten; those of the same id elsewhere in the log were used'
      this.warn('evtx/template-by-id', message, chunk, 0)
    }
    if (hasMagic && this.recovered !== undefined) this.slack(chunk, this.reader, end)
  }

  /** A slot without magic: empty in preallocated logs, else perhaps a chunk whose header was wiped. */
  private isWorthReading(chunk: Chunk): boolean {
    if (isZero(chunk, 0, chunk.limit)) return false
    if (findRecord(chunk, 0, chunk.limit) < chunk.limit) {
      this.warn('evtx/bad-chunk-magic', 'a chunk without its magic holds records; they were read', chunk, 0)
      return true
    }
    this.report.report({
      code: 'evtx/unreadable-chunk',
      severity: 'error',
      message: 'neither empty nor a chunk of records',
      at: this.at(chunk.fileOffset),
      hint: 'these 64 KiB were overwritten or encrypted; nothing in them looks like a record',
    })
    return false
  }

  /** Compares both checksums; a wrong one is told, and hides nothing. */
  private verify(chunk: Chunk): boolean {
    const wrong = wrongChecksums(chunk, this.crc32, this.scratch)
    if (wrong.header) {
      this.warn('evtx/bad-header-checksum', 'the chunk header does not match its checksum', chunk, 0)
    }
    if (wrong.records) {
      this.warn('evtx/bad-records-checksum', 'the records of the chunk do not match their checksum', chunk, 0)
    }
    return !wrong.header && !wrong.records
  }

  /** Every live record: by size from one to the next, and by magic where a size is wrong. */
  private records(chunk: Chunk, reader: RecordReader, end: number): void {
    let at = CHUNK_HEADER_SIZE
    let last = -1
    while (at + MIN_RECORD_SIZE <= end) {
      const size = recordSize(chunk, at, end)
      if (size > 0) {
        this.record(chunk, reader, at, at + size - 4)
        this.coverage?.record(chunk, at)
        last = at
        at += size
        continue
      }
      at = this.irregular(chunk, reader, at, end)
    }
    if (this.coverage !== undefined && last >= 0) this.cover(this.coverage, chunk, reader, last)
  }

  private cover(coverage: Coverage, chunk: Chunk, reader: RecordReader, last: number): void {
    coverage.chunkEnd(chunk, last)
    if (!coverage.needsSample) return
    try {
      coverage.sample(reader.read(last, last + recordSize(chunk, last, chunk.limit) - 4))
    } catch (error) {
      // The record itself was told of where it was read; the next chunk has another.
      if (!(error instanceof InputError)) throw error
    }
  }

  /** Bytes at `at` that are no whole record: reads what can be read and returns where to go on. */
  private irregular(chunk: Chunk, reader: RecordReader, at: number, end: number): number {
    // The end of a torn record is the next magic of any kind, which keeps this linear on hostile chunks.
    const next = findMagic(chunk, at + 8, end)
    if (findMagic(chunk, at, at + 4) === at) {
      if (isTorn(chunk, at, next)) {
        this.bad('evtx/bad-record', 'a torn record: its end was never written', chunk, at)
      } else {
        this.warn('evtx/bad-record-size', 'the size of this record is wrong or not repeated', chunk, at)
        this.record(chunk, reader, at, next)
      }
    } else if (!isZero(chunk, at, next)) {
      this.warn('evtx/lost-bytes', `${next - at} bytes belong to no record`, chunk, at)
    }
    return next
  }

  private record(chunk: Chunk, reader: RecordReader, start: number, end: number): void {
    try {
      this.liveRecord(chunk, reader, start, end)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      if (error.code === 'evtx/bad-template' && this.retries.add(chunk, { start, end, isLive: true })) return
      this.bad(error.code, error.message, chunk, start)
    }
  }

  private liveRecord(chunk: Chunk, reader: RecordReader, start: number, end: number): void {
    if (this.selector.wants(reader, chunk, start, end)) {
      const event = reader.read(start, end)
      this.recovered?.addLive(event)
      this.relevant += 1
      this.options.sink(event)
    }
    this.read += 1
  }

  private slackRecord(chunk: Chunk, reader: RecordReader, start: number, end: number): void {
    if (this.selector.wants(reader, chunk, start, end)) this.recovered?.addRecovered(reader.read(start, end))
  }

  /** The second look at records whose template was overwritten, now that every template of the log is known. */
  private retry(reader: RecordReader): void {
    for (const { chunk, records } of this.retries.take()) {
      reader.chunkReader.start(chunk, false)
      for (const { start, end, isLive } of records) {
        try {
          if (isLive) this.liveRecord(chunk, reader, start, end)
          else this.slackRecord(chunk, reader, start, end)
        } catch (error) {
          if (!(error instanceof InputError)) throw error
          if (isLive) this.bad(error.code, error.message, chunk, start)
          else this.slackNotRead += 1
        }
      }
      if (records.some(({ isLive }) => isLive)) this.tellRemembered(chunk, reader)
    }
  }

  private tellRemembered(chunk: Chunk, reader: RecordReader): void {
    if (reader.chunkReader.remembered === 0) return
    const message =
      'templates of this chunk were overwritten; those of the same id elsewhere in the log were used'
    this.warn('evtx/template-by-id', message, chunk, 0)
  }

  private bad(code: DiagnosticCode, message: string, chunk: Chunk, start: number): void {
    this.damaged += 1
    this.report.report({
      code,
      severity: 'error',
      message,
      at: this.at(chunk.fileOffset + start),
      hint: 'only this record could not be read; the records around it were',
    })
  }

  /** Old records past the live end: from before the log wrapped or was cleared. */
  private slack(chunk: Chunk, reader: RecordReader, end: number): void {
    let at = findRecord(chunk, end, chunk.limit)
    if (at < chunk.limit) reader.chunkReader.start(chunk, false)
    while (at < chunk.limit) {
      const size = recordSize(chunk, at, chunk.limit)
      const record = { start: at, end: at + size - 4, isLive: false }
      try {
        this.slackRecord(chunk, reader, record.start, record.end)
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        if (error.code !== 'evtx/bad-template' || !this.retries.add(chunk, record)) this.slackNotRead += 1
      }
      at = findRecord(chunk, at + size, chunk.limit)
    }
  }

  private warn(code: DiagnosticCode, message: string, chunk: Chunk, position: number): void {
    this.report.report({ code, severity: 'warning', message, at: this.at(chunk.fileOffset + position) })
  }

  private at(offset: number): { in: 'bytes'; source: string; offset: number } {
    return { in: 'bytes', source: this.options.source, offset }
  }
}
