/** Sentinel's own forms: repository YAML, ARM resources and templates, the way between them, and the checks. */
export { HUNTING_API_VERSION, huntingProperties, RULE_API_VERSION, ruleProperties } from './arm.ts'
export { checkSentinelHunting, checkSentinelRule } from './check.ts'
export { armToYaml, conversionDirection, yamlToArm } from './convert.ts'
export { isObject, type Json, type JsonObject } from './delta.ts'
export { sentinelRuleSchema } from './schema.ts'
