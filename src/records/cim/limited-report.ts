import type { DiagnosticCode, Report } from '../../diagnostics/index.ts'

/** Most diagnostics of one code that a repository may add to a report. */
const LIMIT = 100

/** Passes on the first diagnostics of each code, and says once that there are more: hostile files can cause millions. */
export function limited(report: Report): Report {
  const counts = new Map<DiagnosticCode, number>()
  return (diagnostic) => {
    const count = (counts.get(diagnostic.code) ?? 0) + 1
    counts.set(diagnostic.code, count)
    if (count <= LIMIT) report(diagnostic)
    if (count !== LIMIT + 1) return
    report({
      code: 'cim/more',
      severity: diagnostic.severity,
      message: `there are more than ${LIMIT} of ${diagnostic.code}; further ones are left out`,
      ...(diagnostic.at === undefined ? {} : { at: diagnostic.at }),
    })
  }
}
