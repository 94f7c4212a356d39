/**
 * Detection content: loads the pack (one folder a rule), checks it against Microsoft's parser and limits, and runs it over
 * tables with the KQL engine. `proof/` holds each rule against its own evidence and near misses.
 */
export { type CheckedRule, checkRules, type FormCheck } from './check.ts'
export { loadDetection, loadDetections } from './load.ts'
export {
  type AlertOverride,
  type DefenderForm,
  type Detection,
  type DetectionKind,
  type DetectionTest,
  type EntityMapping,
  type ExpectedFiring,
  type RequiredTable,
  type RuleSeverity,
  type Schedule,
  SIGNALS,
  type Signal,
  SOURCES,
  type Source,
  sourceOf,
  type TuningKnob,
} from './model.ts'
export { ALLOW_LIST, loadPack, openPackCache, packFolder, readAllowList, withoutWindow } from './pack.ts'
export { RuleDatabase, type RuleDatabaseOptions, type RuleResult, type RuleRow } from './rule-database.ts'
export {
  hostKey,
  type MatchOrigin,
  type PackResult,
  PackRun,
  type PackRunOptions,
  type RuleMatch,
} from './run-pack.ts'
export { type EntityRule, SENTINEL_ENTITIES } from './sentinel/entities.ts'
export { SENTINEL_LIMITS } from './sentinel/limits.ts'
export { loadRules, type ProvenRule, provenRule } from './team-rules.ts'
export { FieldReader, readYamlFields } from './yaml-reader.ts'
