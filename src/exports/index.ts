/**
 * The detection, everywhere: rules of the pack and of the platform content → the files each platform takes. `sentinel/`
 * and `defender/` rearrange the pack's own KQL rules; `platforms/` writes rules without a platform's words in the
 * language of each; `sigma/` runs Sigma over evidence; `convert` turns Sentinel YAML into ARM and back.
 */
export {
  defenderRules,
  exportDefender,
  exportSentinel,
  type PackOptions,
  type SentinelRule,
  sentinelRules,
} from './pack.ts'
export {
  type CheckedExport,
  type ExportFile,
  exportPlatform,
  type LeftOut,
  loadPlatformRules,
  PLATFORMS,
  type PlatformName,
  type PlatformRule,
} from './platforms/index.ts'
export {
  armToYaml,
  checkSentinelHunting,
  checkSentinelRule,
  conversionDirection,
  HUNTING_API_VERSION,
  huntingProperties,
  isObject,
  type Json,
  type JsonObject,
  RULE_API_VERSION,
  ruleProperties,
  sentinelRuleSchema,
  yamlToArm,
} from './sentinel/index.ts'
export { createSigmaEvaluator, type SigmaEvaluator, type SigmaMatch } from './sigma/index.ts'
