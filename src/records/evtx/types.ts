import type { Report } from '../../diagnostics/index.ts'
import type { EventRecord, LogCoverage } from '../event.ts'
import type { EventSelection } from '../selection.ts'

/** What a scan of one event log needs to know and where its results go. */
export interface EvtxScanOptions {
  /** Id of the evidence file, copied into every record. */
  readonly evidence: string
  /** Evidence path for diagnostics, e.g. `logs.zip/Security.evtx`. */
  readonly source: string
  /** Which records become {@link EventRecord}s; the others are only counted. Default `all`. */
  readonly selection?: EventSelection
  /** Receives selected live records in file order and, at `end`, the recovered ones. */
  readonly sink: (event: EventRecord) => void
  readonly report: Report
  /** Recover records from chunk slack. Default true. */
  readonly recover?: boolean
  /** Receives, at `end`, what the log covers. */
  readonly log?: (coverage: LogCoverage) => void
  /** CRC-32 (IEEE) of bytes; default is a table in JavaScript. `scanEvtxFile` passes the platform's own. */
  readonly crc32?: (bytes: Uint8Array) => number
}

export interface EvtxCounts {
  /** Live records found and understood, selected or not. */
  readonly read: number
  /** Live records that were selected and given to the sink. */
  readonly relevant: number
  /** Live records of which the event could not be read; each is a diagnostic. */
  readonly damaged: number
  /** Selected records from slack that are in no live part, given to the sink marked `recovered`. */
  readonly recovered: number
}

/**
 * A push-style scan of one event log. Feed it the file's bytes from the start, in order, in windows of any size; a
 * window may be reused after `feed` returns. Never throws on any input.
 */
export interface EvtxScanner {
  /** The next bytes of the file; `fileOffset` is where they start and must be where the last window ended. */
  feed(window: Uint8Array, fileOffset: number): void
  /** Reads what remains (a cut last chunk), gives the recovered records, and returns the counts. */
  end(): EvtxCounts
}
