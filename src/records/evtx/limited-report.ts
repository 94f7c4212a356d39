import type { Diagnostic, DiagnosticCode, Report } from '../../diagnostics/index.ts'

/** Diagnostics of one code listed per log; a hostile log has one for every eight bytes. */
const MAX_LISTED = 50

/** Passes diagnostics on, at most {@link MAX_LISTED} of a code, and counts the rest. */
export class LimitedReport {
  private readonly counts = new Map<DiagnosticCode, number>()
  private readonly report: Report
  private readonly source: string

  constructor(report: Report, source: string) {
    this.report = report
    this.source = source
  }

  add(diagnostic: Diagnostic): void {
    const count = (this.counts.get(diagnostic.code) ?? 0) + 1
    this.counts.set(diagnostic.code, count)
    if (count <= MAX_LISTED) this.report(diagnostic)
  }

  /** Says how many were not listed. */
  finish(): void {
    for (const [code, count] of this.counts) {
      if (count <= MAX_LISTED) continue
      this.report({
        code: 'evtx/more-diagnostics',
        severity: 'info',
        message: `${count - MAX_LISTED} more of ${code}`,
        at: { in: 'file', source: this.source },
      })
    }
  }
}
