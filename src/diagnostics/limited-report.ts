import type { DiagnosticCode } from './codes/index.ts'
import type { Diagnostic, Report } from './diagnostic.ts'

export interface ReportLimits {
  /** Diagnostics of one code that are told one by one. Default 50. */
  readonly each?: number
  /** Code of the diagnostic that tells of the others. Default: their own. */
  readonly code?: DiagnosticCode
  /** The path that a diagnostic about the others names where they name none. */
  readonly source?: string
}

export interface LimitedReport {
  readonly report: Report
  /** Tells how many there were of each code that was not told in full. */
  flush(): void
}

/**
 * The same report, but only the first diagnostics of each code are passed on and the others counted: a hostile file
 * has millions of faults. Where nobody can say when it is over, leave `flush` out and take {@link firstOnly}.
 */
export function limitedReport(report: Report, limits: ReportLimits = {}): LimitedReport {
  const each = limits.each ?? 50
  const seen = new Map<DiagnosticCode, { count: number; last: Diagnostic }>()
  return {
    report(diagnostic) {
      const count = (seen.get(diagnostic.code)?.count ?? 0) + 1
      seen.set(diagnostic.code, { count, last: diagnostic })
      if (count <= each) report(diagnostic)
    },
    flush() {
      for (const [code, { count, last }] of seen) {
        if (count <= each) continue
        const message = `${count - each} more of ${code} that are not listed; the last: ${last.message}`
        report(about(last, message, limits))
      }
      seen.clear()
    },
  }
}

/** Like {@link limitedReport}, for readers without an end: says as soon as it is so that there are more. */
export function firstOnly(report: Report, limits: ReportLimits = {}): Report {
  const each = limits.each ?? 50
  const counts = new Map<DiagnosticCode, number>()
  return (diagnostic) => {
    const count = (counts.get(diagnostic.code) ?? 0) + 1
    counts.set(diagnostic.code, count)
    if (count <= each) report(diagnostic)
    if (count !== each + 1) return
    const message = `there are more than ${each} of ${diagnostic.code}; further ones are left out`
    report(about(diagnostic, message, limits))
  }
}

function about(diagnostic: Diagnostic, message: string, limits: ReportLimits): Diagnostic {
  const at =
    diagnostic.at ?? (limits.source === undefined ? undefined : { in: 'file', source: limits.source })
  return {
    code: limits.code ?? diagnostic.code,
    severity: limits.code === undefined ? diagnostic.severity : 'info',
    message,
    ...(at === undefined ? {} : { at }),
  }
}
