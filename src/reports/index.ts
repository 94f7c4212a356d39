/**
 * Findings become something a person or a machine reads: the report object of the outside interface, and its forms
 * for a terminal, JSON, JSON Lines and a Timesketch timeline. Evidence text is escaped here, for each form in its way.
 */
export { csvCell, csvLine } from './csv/csv.ts'
export { renderTimeline, TIMELINE_COLUMNS } from './csv/timeline.ts'
export { jsonText, renderJson, renderJsonLines } from './json/json.ts'
export {
  buildReport,
  type JsonValue,
  jsonValue,
  REPORT_SCHEMA,
  type ReportDetection,
  type ReportInput,
  type ReportSubscription,
  type ReportSummary,
  reportSubscription,
  type ScanReport,
  SEVERITIES,
  VERDICTS,
} from './report.ts'
export { type CardOptions, renderCard } from './terminal/card.ts'
export { type Palette, palette } from './terminal/colour.ts'
export { diagnosticText, renderTerminal, type TerminalOptions } from './terminal/terminal.ts'
export { hanging, inertJson, shorten, visible, width, wrap } from './terminal/text.ts'
