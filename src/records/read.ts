import type { Report } from '../diagnostics/index.ts'
import type { EvidenceLimits } from '../evidence/index.ts'
import type { RepositoryFiles } from './cim/types.ts'
import type { EventRecord, ExportRow, LogCoverage } from './event.ts'
import type { EventSelection } from './selection.ts'

/** One file of evidence, as the report lists it. */
export interface EvidenceItem {
  /** Stable over runs and moves: derived from name, size, and the first and last 64 KiB. */
  readonly id: string
  /** As the user would recognise it: the given path, then members of archives after `/`. */
  readonly path: string
  readonly kind: EvidenceKind
  readonly sizeBytes: number
  readonly sha256?: string
  readonly records: { readonly read: number; readonly relevant: number; readonly damaged: number }
  /** Why a file was not read; present exactly when kind is `unknown` or reading was refused. */
  readonly skipped?: string
}

export type EvidenceKind =
  | 'evtx'
  | 'event-json'
  | 'event-xml'
  | 'table-export'
  | 'mof'
  | 'repository'
  | 'inventory'
  | 'archive'
  | 'unknown'

/** A MOF or other text that is evidence as a whole. */
export interface TextEvidence {
  readonly evidence: string
  readonly path: string
  readonly text: string
}

/** State listings of subscriptions (Get-CimInstance JSON, Velociraptor, osquery, autoruns), one object each. */
export interface InventoryEntry {
  readonly evidence: string
  readonly offset?: number
  readonly shape: 'cim-json' | 'velociraptor' | 'osquery' | 'autoruns'
  /** The computer that the collection's name tells, for listings that do not. */
  readonly host?: string
  readonly value: Readonly<Record<string, unknown>>
}

/** Receives what the readers find, in evidence order. Calls are synchronous and must not keep buffers. */
export interface RecordSink {
  event?(event: EventRecord): void
  row?(row: ExportRow): void
  mof?(text: TextEvidence): void
  repository?(files: RepositoryFiles): void
  inventory?(entry: InventoryEntry): void
  /** After the events of each event log: what it covers. Costs a few per cent of the scan when it is there. */
  log?(coverage: LogCoverage): void
}

export interface ReadOptions {
  readonly selection: EventSelection
  readonly sink: RecordSink
  readonly report: Report
  /** SHA-256 of every file; false leaves it out. */
  readonly hash?: boolean
  /** Carve EVTX slack for recovered records. Default true. */
  readonly recover?: boolean
  readonly progress?: (state: ReadProgress) => void
  /** What archives may ask for, where it differs from the defaults. */
  readonly limits?: Partial<EvidenceLimits>
  readonly signal?: AbortSignal
}

export interface ReadProgress {
  readonly path: string
  readonly bytesRead: number
  readonly bytesTotal?: number
}
