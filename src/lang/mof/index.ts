/**
 * MOF text to a syntax tree and back: pragmas, classes, instances, qualifiers; and the MOF that events carry
 * (`PossibleCause` of 5861 and of Defender). Uses no Node API. Every error is a diagnostic with its span.
 */
export type { CimInstance, CimProperty, CimValue } from '../cim-value.ts'
export { cimProperty } from '../cim-value.ts'
export {
  normalizeNamespace,
  type ObjectPath,
  type ObjectPathKey,
  objectPathName,
  parseObjectPath,
  printObjectPath,
  splitNamespace,
} from '../object-path.ts'
export { unquoteSysmon } from '../sysmon-value.ts'
export type {
  MofAssignment,
  MofClass,
  MofComment,
  MofDocument,
  MofInstance,
  MofInstanceBody,
  MofMethod,
  MofParameter,
  MofPragma,
  MofProperty,
  MofQualifier,
  MofQualifierDeclaration,
  MofSpan,
  MofStatement,
  MofValue,
} from './ast.ts'
export { mofAlias, mofInstancePath, mofInstanceToCim } from './instance.ts'
export { DEFAULT_NAMESPACE, type ParseMofOptions, parseMof } from './parser.ts'
export { type PossibleCause, parsePossibleCause } from './possible-cause.ts'
export { printMof, printMofValue } from './printer.ts'
export { quoteMofString, unescapeMofString } from './string.ts'
