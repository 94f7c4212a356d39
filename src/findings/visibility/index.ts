/**
 * What was not seen: which telemetry each host's evidence lacks, and what that could have hidden.
 */
export { blindSpotsOf, hostViews } from './blind-spots.ts'
export { Telemetry } from './telemetry.ts'
export { markUnseenMaking } from './unseen-making.ts'
