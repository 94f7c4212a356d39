/**
 * Detection content: loads the pack (one folder a rule), checks it, runs it over tables with the KQL engine, and holds
 * each rule against its own evidence and near misses.
 */
export { loadDetection, loadDetections } from './load.ts'
export {
  type AlertOverride,
  type DefenderForm,
  type Detection,
  type DetectionKind,
  type DetectionTest,
  type EntityMapping,
  type RequiredTable,
  type RuleSeverity,
  type Schedule,
  SIGNALS,
  type Signal,
  type TuningKnob,
} from './model.ts'
export { FieldReader, readYamlFields } from './yaml-reader.ts'
