/** Sentinel's own forms: repository YAML, ARM resources and templates, the way between them, and the checks. */
export { checkSentinelHunting, checkSentinelRule } from './check.ts'
export { armToYaml, conversionDirection, yamlToArm } from './convert.ts'
export { sentinelRuleSchema } from './schema.ts'
