import { unreachable } from '../../diagnostics/index.ts'
import type { CimInstance, CimValue } from '../cim-value.ts'
import { printObjectPath } from '../object-path.ts'
import type { MofDocument, MofInstance, MofInstanceBody, MofValue } from './ast.ts'

/** Keys by which an instance is named, in the order they are looked for. Source: TELEMETRY section 1. */
const KEYS = ['name', 'timerid', 'id']

/**
 * An instance as plain CIM values. A reference by alias becomes the relative object path of the instance that it names
 * (`__EventFilter.Name="X"`), or stays `$Alias` text where the document does not define it.
 */
export function mofInstanceToCim(
  instance: MofInstanceBody,
  document?: Pick<MofDocument, 'statements'>,
): CimInstance {
  return {
    className: instance.className,
    properties: instance.properties.map(({ name, value }) => ({ name, value: toCimValue(value, document) })),
  }
}

/** The instance that was declared `as $name`; alias names are compared without case. */
export function mofAlias(document: Pick<MofDocument, 'statements'>, name: string): MofInstance | undefined {
  const lower = name.toLowerCase()
  for (const statement of document.statements) {
    if (statement.kind === 'instance' && statement.alias?.toLowerCase() === lower) return statement
  }
  return undefined
}

function toCimValue(value: MofValue, document: Pick<MofDocument, 'statements'> | undefined): CimValue {
  switch (value.kind) {
    case 'string':
    case 'char':
    case 'boolean':
    case 'real':
      return value.value
    case 'integer': {
      const { value: integer } = value
      return integer >= BigInt(Number.MIN_SAFE_INTEGER) && integer <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(integer)
        : integer
    }
    case 'null':
      return null
    case 'array':
      return value.items.map((item) => toCimValue(item, document))
    case 'alias': {
      const target = document === undefined ? undefined : mofAlias(document, value.name)
      return target === undefined ? `$${value.name}` : mofInstancePath(target)
    }
    case 'instance':
      return mofInstanceToCim(value.instance, document)
    default:
      return unreachable(value)
  }
}

/** Relative object path of an instance by its `Name`, `TimerId` or `Id`; the class alone where it has none of them. */
export function mofInstancePath(instance: MofInstanceBody): string {
  for (const key of KEYS) {
    const property = instance.properties.find(({ name }) => name.toLowerCase() === key)
    if (property?.value.kind === 'string') {
      const keys = [{ name: property.name, value: property.value.value, quoted: true }]
      return printObjectPath({ class: instance.className, keys })
    }
  }
  return instance.className
}
