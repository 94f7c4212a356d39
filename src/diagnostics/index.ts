/**
 * How "wrong" is said: diagnostics as plain data, the one error class for unusable input, error codes with their
 * meaning, and source excerpts with a caret. A leaf: imports nothing of the other rooms.
 */
export { type DiagnosticCode, diagnosticCodes } from './codes/index.ts'
export type {
  BytesLocation,
  Diagnostic,
  DiagnosticSeverity,
  FileLocation,
  Location,
  Report,
  RowLocation,
  TextLocation,
} from './diagnostic.ts'
export { excerpt, type LineAndColumn, lineAndColumn } from './excerpt.ts'
export { InputError, type InputErrorOptions } from './input-error.ts'
export { invariant, unreachable } from './invariant.ts'
export { firstOnly, type LimitedReport, limitedReport, type ReportLimits } from './limited-report.ts'
export { didYouMean, nearest, someOf } from './nearest.ts'
