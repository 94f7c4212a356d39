import { unreachable } from '../../diagnostics/index.ts'
import type { WqlCondition, WqlConstant, WqlOperand, WqlProperty, WqlQuery } from './ast.ts'

/** Writes a query in one line with keywords in capitals; parsing it gives the same tree. */
export function printWql(query: WqlQuery): string {
  const within = query.within === undefined ? '' : ` WITHIN ${query.within}`
  if (query.kind !== 'select') {
    const where = query.where.map(({ name, value }) =>
      value === undefined ? name : `${name} = ${printName(value)}`,
    )
    const head = `${query.kind.toUpperCase()} OF {${query.of}}${within}`
    return where.length === 0 ? head : `${head} WHERE ${where.join(' ')}`
  }
  const properties = query.properties === '*' ? '*' : query.properties.map(printProperty).join(', ')
  const where = query.where === undefined ? '' : ` WHERE ${printCondition(query.where)}`
  let group = ''
  if (query.group !== undefined) {
    const by = query.group.by.length === 0 ? '' : ` BY ${query.group.by.map(printProperty).join(', ')}`
    const having = query.group.having === undefined ? '' : ` HAVING ${printCondition(query.group.having)}`
    group = ` GROUP WITHIN ${query.group.within}${by}${having}`
  }
  return `SELECT ${properties} FROM ${query.from}${within}${where}${group}`
}

/** Writes a condition; parentheses only where precedence (NOT, AND, OR) asks for them. */
export function printCondition(condition: WqlCondition): string {
  switch (condition.kind) {
    case 'compare':
      return `${printOperand(condition.left)} ${condition.operator} ${printOperand(condition.right)}`
    case 'like':
      return `${printProperty(condition.path)}${condition.negated ? ' NOT' : ''} LIKE ${quote(condition.pattern)}`
    case 'isa':
      return `${printProperty(condition.path)}${condition.negated ? ' NOT' : ''} ISA ${quote(condition.className)}`
    case 'null':
      return `${printProperty(condition.path)} IS ${condition.negated ? 'NOT ' : ''}NULL`
    case 'not':
      return `NOT ${printNested(condition.condition)}`
    case 'and':
    case 'or':
      return condition.conditions.map(printNested).join(` ${condition.kind.toUpperCase()} `)
    default:
      return unreachable(condition)
  }
}

/** A chain inside a chain keeps its parentheses: `(a AND b) AND c` is another tree than `a AND b AND c`. */
function printNested(condition: WqlCondition): string {
  const text = printCondition(condition)
  return condition.kind === 'and' || condition.kind === 'or' ? `(${text})` : text
}

function printProperty(path: WqlProperty): string {
  return path.join('.')
}

function printOperand(operand: WqlOperand): string {
  switch (operand.kind) {
    case 'property':
      return printProperty(operand.path)
    case 'call':
      return `${operand.name}(${printProperty(operand.path)})`
    case 'constant':
      return printConstant(operand.value)
    default:
      return unreachable(operand)
  }
}

function printConstant(value: WqlConstant): string {
  switch (value.kind) {
    case 'string':
      return quote(value.value)
    case 'number':
      return value.text
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE'
    case 'null':
      return 'NULL'
    default:
      return unreachable(value)
  }
}

function printName(value: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(value) ? value : quote(value)
}

function quote(text: string): string {
  return `'${text.replace(/['"\\]/g, '\\$&')}'`
}
