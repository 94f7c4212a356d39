import { unreachable } from '../../diagnostics/index.ts'
import type {
  MofClass,
  MofDocument,
  MofInstanceBody,
  MofMethod,
  MofParameter,
  MofPragma,
  MofProperty,
  MofQualifier,
  MofQualifierDeclaration,
  MofStatement,
  MofValue,
} from './ast.ts'
import { quoteMofString } from './string.ts'

/** Writes a document as MOF text; parsing it gives the same statements. Comments are not written. */
export function printMof(document: Pick<MofDocument, 'statements'>): string {
  return document.statements.map((statement) => `${printStatement(statement)}\n`).join('\n')
}

/** Writes one value as MOF text. */
export function printMofValue(value: MofValue, indent = ''): string {
  switch (value.kind) {
    case 'string':
      return quoteMofString(value.value)
    case 'char':
      return `'${quoteMofString(value.value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
    case 'integer':
      return value.value.toString()
    case 'real':
      return printReal(value.value)
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE'
    case 'null':
      return 'NULL'
    case 'array':
      return `{${value.items.map((item) => printMofValue(item, indent)).join(', ')}}`
    case 'alias':
      return `$${value.name}`
    case 'instance':
      return `instance of ${value.instance.className} ${printBody(value.instance, indent)}`
    default:
      return unreachable(value)
  }
}

function printReal(value: number): string {
  const text = value.toString()
  return /[.eE]/.test(text) ? text : `${text}.0`
}

function printStatement(statement: MofStatement): string {
  switch (statement.kind) {
    case 'pragma':
      return printPragma(statement)
    case 'class':
      return printClass(statement)
    case 'instance': {
      const alias = statement.alias === undefined ? '' : ` as $${statement.alias}`
      const head = `${printQualifiers(statement.qualifiers)}instance of ${statement.className}${alias}`
      return `${head} ${printBody(statement, '')};`
    }
    case 'qualifier':
      return printQualifierDeclaration(statement)
    default:
      return unreachable(statement)
  }
}

function printPragma(pragma: MofPragma): string {
  if (pragma.parameters.length === 0) return `#pragma ${pragma.name}`
  const parameters = pragma.parameters.map(({ kind, value }) =>
    kind === 'string' ? quoteMofString(value) : value,
  )
  return `#pragma ${pragma.name}(${parameters.join(', ')})`
}

function printBody(instance: MofInstanceBody, indent: string): string {
  const inner = `${indent}  `
  const lines = instance.properties.map(
    ({ qualifiers, name, value }) =>
      `${inner}${printQualifiers(qualifiers)}${name} = ${printMofValue(value, inner)};\n`,
  )
  return `{\n${lines.join('')}${indent}}`
}

function printQualifiers(qualifiers: readonly MofQualifier[]): string {
  if (qualifiers.length === 0) return ''
  const parts = qualifiers.map(({ name, value, flavors }) => {
    const printed =
      value === undefined ? '' : value.kind === 'array' ? printMofValue(value) : `(${printMofValue(value)})`
    return `${name}${printed}${flavors.length === 0 ? '' : `: ${flavors.join(' ')}`}`
  })
  return `[${parts.join(', ')}] `
}

function printArray(array: number | 'unbounded' | undefined): string {
  if (array === undefined) return ''
  return array === 'unbounded' ? '[]' : `[${array}]`
}

function printTyped({ qualifiers, type, reference, name, array }: MofParameter | MofProperty): string {
  return `${printQualifiers(qualifiers)}${type} ${reference ? 'ref ' : ''}${name}${printArray(array)}`
}

function printMember(member: MofProperty | MofMethod): string {
  if (member.kind === 'method') {
    const head = `${printQualifiers(member.qualifiers)}${member.returnType} ${member.name}`
    return `${head}(${member.parameters.map(printTyped).join(', ')});`
  }
  return `${printTyped(member)}${member.value === undefined ? '' : ` = ${printMofValue(member.value, '  ')}`};`
}

function printClass(declaration: MofClass): string {
  const alias = declaration.alias === undefined ? '' : ` as $${declaration.alias}`
  const superclass = declaration.superclass === undefined ? '' : ` : ${declaration.superclass}`
  const head = `${printQualifiers(declaration.qualifiers)}class ${declaration.name}${alias}${superclass}`
  return `${head} {\n${declaration.members.map((member) => `  ${printMember(member)}\n`).join('')}};`
}

function printQualifierDeclaration(declaration: MofQualifierDeclaration): string {
  const value = declaration.value === undefined ? '' : ` = ${printMofValue(declaration.value)}`
  const scopes = declaration.scopes.length === 0 ? '' : `, Scope(${declaration.scopes.join(', ')})`
  const flavors = declaration.flavors.length === 0 ? '' : `, Flavor(${declaration.flavors.join(', ')})`
  return `Qualifier ${declaration.name} : ${declaration.type}${printArray(declaration.array)}${value}${scopes}${flavors};`
}
