import type { ScanReport } from '../report.ts'
import { inertJson } from '../terminal/text.ts'

/**
 * A value as JSON that may also be printed on a terminal: controls and marks that reorder text are `\u` escapes, which
 * `JSON.stringify` writes only for the controls below U+0020. Lone surrogates are escaped.
 */
export function jsonText(value: unknown, indent = 0): string {
  return inertJson(JSON.stringify(value, undefined, indent))
}

/** The report as one JSON object with two-space indentation, newline at the end. */
export function renderJson(report: ScanReport): string {
  return `${jsonText(report, 2)}\n`
}

/** One subscription or detection a line, each with its `kind`; then dismissed and blind spots; last the summary. */
export function renderJsonLines(report: ScanReport): string {
  const lines = [
    ...report.subscriptions.map((item) => ({ kind: 'subscription', ...item })),
    ...report.detections.map((item) => ({ kind: 'detection', ...item })),
  ]
  return lines.map((line) => `${jsonText(line)}\n`).join('')
}
