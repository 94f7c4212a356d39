import type { Diagnostic, DiagnosticCode, Report } from '../diagnostics/index.ts'

/** Diagnostics of one code in one file that are told one by one; a hostile file could ask for millions. */
const LIMIT = 50

/**
 * The same report, but after {@link LIMIT} diagnostics of a code only counted; `flush` tells how many there were.
 * One for each file.
 */
export function limitedReport(report: Report, source: string): { report: Report; flush: () => void } {
  const seen = new Map<DiagnosticCode, { count: number; last: Diagnostic }>()
  return {
    report(diagnostic) {
      const count = (seen.get(diagnostic.code)?.count ?? 0) + 1
      seen.set(diagnostic.code, { count, last: diagnostic })
      if (count <= LIMIT) report(diagnostic)
    },
    flush() {
      for (const [code, { count, last }] of seen) {
        if (count <= LIMIT) continue
        report({
          code,
          severity: last.severity,
          message: `${count - LIMIT} more of the same in this file; the last: ${last.message}`,
          at: last.at ?? { in: 'file', source },
        })
      }
    },
  }
}
