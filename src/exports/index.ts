/**
 * The detection, everywhere: rules of the pack and of the platform content → the files each platform takes. `sentinel/`
 * and `defender/` rearrange the pack's own KQL rules; `platforms/` writes rules without a platform's words in eight
 * languages; `sigma/` runs Sigma over evidence; `convert` turns Sentinel YAML into ARM and back.
 */
export { exportDefender, exportSentinel, type PackOptions } from './pack.ts'
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
  sentinelRuleSchema,
  yamlToArm,
} from './sentinel/index.ts'
export { createSigmaEvaluator, type SigmaEvaluator, type SigmaMatch } from './sigma/index.ts'
