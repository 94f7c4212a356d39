import type { ScanReport } from '../report.ts'

/** The report as one JSON object with two-space indentation, newline at the end. Lone surrogates are escaped. */
export function renderJson(report: ScanReport): string {
  return `${JSON.stringify(report, null, 2)}\n`
}

/** One subscription or detection a line, each with its `kind`; then dismissed and blind spots; last the summary. */
export function renderJsonLines(report: ScanReport): string {
  const lines = [
    ...report.subscriptions.map((item) => ({ kind: 'subscription', ...item })),
    ...report.detections.map((item) => ({ kind: 'detection', ...item })),
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
