/**
 * What was not seen: which telemetry each host's evidence lacks, and what that could have hidden.
 */
export { blindSpotsOf } from './blind-spots.ts'
export { Telemetry } from './telemetry.ts'
