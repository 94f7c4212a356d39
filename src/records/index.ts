/**
 * Evidence of any kind → records of few kinds: Windows events in one shape, rows of exported tables, MOF texts, WMI
 * repositories, and state listings. `readEvidence` reads whatever lies under the given paths; the folders beside it
 * read one format each.
 */
export type { Recovery, RepositoryFiles, RepositoryObject } from './cim/types.ts'
export {
  type EventRecord,
  type ExportRow,
  type LogCoverage,
  payloadValue,
  type RecordIdGap,
} from './event.ts'
export { exportRowToEvent } from './exports/index.ts'
export type {
  EvidenceItem,
  EvidenceKind,
  InventoryEntry,
  ReadOptions,
  ReadProgress,
  RecordSink,
  TextEvidence,
} from './read.ts'
export { readEvidence } from './read-evidence.ts'
export { defaultSelection, type EventSelection, isSelected } from './selection.ts'
