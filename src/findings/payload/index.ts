/**
 * What a consumer's payload is: a command template as program and arguments, the layers it hides (decoded without
 * running anything), what it can do (features for scoring), and what to search for elsewhere (indicators).
 */
export { hasEncodedCommand } from './base64.ts'
export { type CommandParts, programName, splitCommand, splitWords } from './command-line.ts'
export { decodeLayers } from './layers.ts'
export { guessLanguage, type ScriptLanguage } from './tokens.ts'
export type { DecodedLayer, DecodeOptions, Indicator, IndicatorKind } from './types.ts'
