import type { Report } from '../diagnostics/index.ts'
import type { EvidenceKind, RecordSink } from './read.ts'
import type { EventSelection } from './selection.ts'

/** What a reader of one file needs to know, and where its results go. */
export interface FileContext {
  /** Id of the evidence file, copied into every record. */
  readonly evidence: string
  /** Evidence path for diagnostics. */
  readonly source: string
  readonly selection: EventSelection
  readonly sink: RecordSink
  readonly report: Report
}

/** What the reading of one file came to. */
export interface FileOutcome {
  readonly kind: EvidenceKind
  readonly read: number
  readonly relevant: number
  readonly damaged: number
  readonly skipped?: string
}

export function unreadOutcome(skipped: string): FileOutcome {
  return { kind: 'unknown', read: 0, relevant: 0, damaged: 0, skipped }
}
