/**
 * One call from evidence to report: reads, reconstructs, judges. What `triad scan`, the web page and library users
 * share; it holds no knowledge of formats or of the technique itself.
 */
export { type ScanOptions, type ScanResult, scan } from './scan.ts'
