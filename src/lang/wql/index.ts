/**
 * WQL text to a syntax tree and back: event queries (intrinsic, extrinsic, timer), data queries, ASSOCIATORS OF and
 * REFERENCES OF. Uses no Node API. A text outside the grammar gives no tree but diagnostics with their spans.
 */
export type {
  WqlCondition,
  WqlConstant,
  WqlGroup,
  WqlOperand,
  WqlOperator,
  WqlProperty,
  WqlQuery,
  WqlRelated,
  WqlSelect,
} from './ast.ts'
export { type ParseWqlOptions, parseWql } from './parser.ts'
export { printCondition, printWql } from './printer.ts'
