/**
 * The detection, everywhere: rules of the pack and of the platform content → the files each platform takes. `sentinel/`
 * holds Microsoft's rule YAML, ARM and the lossless way between them.
 */
export {
  armToYaml,
  checkSentinelHunting,
  checkSentinelRule,
  conversionDirection,
  sentinelRuleSchema,
  yamlToArm,
} from './sentinel/index.ts'
