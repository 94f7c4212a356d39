/**
 * Evidence as Windows, Sysmon and Defender would have recorded it for a technique, without running anything: event logs,
 * table rows, MOF files and a WMI repository, field by field as in real recordings, seeded and deterministic.
 */
export { SIMULATED_TABLES, type SimulatedRow, tableRows } from './defender.ts'
export { WORKSTATION } from './hosts.ts'
export type {
  ExpectedSignal,
  Scenario,
  SimulatedFile,
  SimulatedHost,
  SimulatedSubscription,
} from './model.ts'
export { mofFile, possibleCause } from './possible-cause.ts'
export { sampleFiles } from './samples.ts'
export { NOT_SIMULATED, scenarios } from './scenarios/index.ts'
export {
  DEFAULT_START,
  repositoryEffect,
  type SimulateOptions,
  scenarioEvents,
  scenarioRecords,
  simulate,
} from './simulate.ts'
