/**
 * The front door for library users: evidence to report in one call, and the report's forms. The parts by themselves
 * have doors of their own (`wmi-triad/evtx`, `/cim`, `/mof`, `/wql`, `/query`, `/detections`, `/findings`, `/reports`).
 *
 *     import { renderJson, scan } from 'wmi-triad'
 *     const { report } = await scan(['evidence/'], { version: '1', now: new Date() })
 */
export {
  type Diagnostic,
  type DiagnosticCode,
  type DiagnosticSeverity,
  diagnosticCodes,
  InputError,
  type Location,
} from './diagnostics/index.ts'
export type { Finding, Reason, Severity, State, Verdict } from './findings/index.ts'
export {
  type ReportSubscription,
  type ReportSummary,
  renderJson,
  renderJsonLines,
  renderTerminal,
  renderTimeline,
  type ScanReport,
  type TerminalOptions,
} from './reports/index.ts'
export { type ScanOptions, type ScanResult, scan } from './scan/index.ts'
