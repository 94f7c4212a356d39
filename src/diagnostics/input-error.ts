import type { DiagnosticCode } from './codes/index.ts'
import type { Diagnostic, DiagnosticSeverity, Location } from './diagnostic.ts'

export interface InputErrorOptions {
  readonly hint?: string
  readonly cause?: unknown
  readonly severity?: DiagnosticSeverity
}

/**
 * The one error class for input that cannot be used: unusable evidence, a wrong call, a query outside what we
 * translate. It carries the same fields as a {@link Diagnostic}. A fault of our own is a plain `Error` (see
 * `invariant`).
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly code: DiagnosticCode
  readonly at: Location | undefined
  readonly hint: string | undefined
  readonly severity: DiagnosticSeverity

  constructor(code: DiagnosticCode, message: string, at?: Location, options: InputErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.at = at
    this.hint = options.hint
    this.severity = options.severity ?? 'error'
  }

  toDiagnostic(severity: DiagnosticSeverity = this.severity): Diagnostic {
    return {
      code: this.code,
      severity,
      message: this.message,
      ...(this.at === undefined ? {} : { at: this.at }),
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    }
  }
}
