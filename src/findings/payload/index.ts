/**
 * What a consumer's payload is: a command template as program and arguments, the layers it hides (decoded without
 * running anything), what it can do (features for scoring), and what to search for elsewhere (indicators).
 */
export { analysePayload, consumerText, isLogPlace, logFileCode, payloadKind } from './analyse.ts'
export { hasEncodedCommand } from './base64.ts'
export { type CommandParts, programName, splitCommand, splitWords } from './command-line.ts'
export { describeAction } from './describe.ts'
export { describeScript } from './describe-script.ts'
export { defang, indicatorsIn, pathsIn as pathsInText } from './indicators.ts'
export { decodeLayers } from './layers.ts'
export { extensionOf, inFolder, isUnqualified, normalPath } from './paths.ts'
export { guessLanguage, type ScriptLanguage } from './tokens.ts'
export type {
  DecodedLayer,
  DecodeOptions,
  Indicator,
  IndicatorKind,
  Payload,
  PayloadFeature,
  PayloadKind,
  PayloadLists,
} from './types.ts'
