import type { DiagnosticCode } from './codes/index.ts'

/** A place in a file's bytes. `offset` counts from the start of the (decompressed) file, never of a chunk. */
export interface BytesLocation {
  readonly in: 'bytes'
  /** Evidence path as the user would recognise it, e.g. `logs.zip/Security.evtx`. */
  readonly source: string
  readonly offset: number
  /** EventRecordID or row number, where there is one. */
  readonly record?: number
}

/** A span of characters in a text: KQL, WQL, MOF, YAML. `start` inclusive, `end` exclusive, in UTF-16 units. */
export interface TextLocation {
  readonly in: 'text'
  readonly source: string
  readonly start: number
  readonly end: number
}

/** A row of a table, which leads back to the evidence it came from. */
export interface RowLocation {
  readonly in: 'row'
  readonly table: string
  readonly evidence: string
  readonly offset?: number
  readonly record?: number
}

/** A file as a whole. */
export interface FileLocation {
  readonly in: 'file'
  readonly source: string
}

export type Location = BytesLocation | TextLocation | RowLocation | FileLocation

export type DiagnosticSeverity = 'error' | 'warning' | 'info'

/**
 * One thing that is wrong, or that the reader of the report must know: plain data, safe to serialise.
 * `error` means something could not be read (exit status 3); `warning` means it was read but with doubt;
 * `info` is worth knowing.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode
  readonly severity: DiagnosticSeverity
  readonly message: string
  readonly at?: Location
  /** What the user can do about it. */
  readonly hint?: string
}

/** Receives diagnostics as they arise; readers take one and go on at the next unit of evidence. */
export type Report = (diagnostic: Diagnostic) => void
