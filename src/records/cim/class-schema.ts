import type { CimValue } from '../../lang/cim-value.ts'
import { type ClassPart, type DeclaredProperty, stateBits } from './class-definition.ts'
import { type Heap, readValue, typeSize, withNewBudget } from './value.ts'

/** A property as instances of a class store it. */
export interface SchemaProperty {
  readonly name: string
  readonly type: number
  readonly index: number
  readonly offset: number
  readonly isKey: boolean
  readonly origin: string
}

/** The layout of a class's instances: its own declarations laid over those of its ancestors. */
export interface Schema {
  readonly name: string
  /** Nearest first. */
  readonly superclasses: readonly string[]
  /** By index. */
  readonly properties: readonly SchemaProperty[]
  /** Sorted by name without case, as the key hash wants them. */
  readonly keyProperties: readonly SchemaProperty[]
  /** Bytes of state bits in front of the value area. */
  readonly stateSize: number
  /** State bits and value area together. */
  readonly dataSize: number
  readonly part: ClassPart | undefined
  readonly parent: Schema | undefined
  /** Why instances cannot be decoded with it, where that is so. */
  readonly problem: string | undefined
}

/**
 * Lays a class part over the schema of its superclass: a declaration of the same name replaces the earlier one and
 * keeps its index and offset. Sound when indexes run from 0 without gaps and offsets tile the value area, which holds
 * for all 6605 classes of evidence wbem-w10.
 */
export function layOver(part: ClassPart, parent: Schema | undefined): Schema {
  const byName = new Map<string, SchemaProperty>()
  for (const property of parent?.properties ?? []) byName.set(property.name.toLowerCase(), property)
  for (const declared of part.properties) {
    const lower = declared.name.toLowerCase()
    byName.set(lower, merged(declared, byName.get(lower), part.name))
  }
  const properties = [...byName.values()].sort((a, b) => a.index - b.index)
  return finished({
    name: part.name,
    superclasses: parent === undefined ? [] : [parent.name, ...parent.superclasses],
    properties,
    dataSize: part.defaultsSize,
    part,
    parent,
  })
}

function merged(
  declared: DeclaredProperty,
  inherited: SchemaProperty | undefined,
  origin: string,
): SchemaProperty {
  return {
    name: declared.name,
    type: declared.type,
    index: inherited?.index ?? declared.index,
    offset: inherited?.offset ?? declared.offset,
    isKey: declared.isKey || (inherited?.isKey ?? false),
    origin: inherited?.origin ?? origin,
  }
}

export function finished(
  schema: Pick<Schema, 'name' | 'superclasses' | 'properties' | 'dataSize' | 'part' | 'parent'>,
): Schema {
  const { properties } = schema
  const stateSize = Math.ceil(properties.length / 4)
  const keyProperties = properties
    .filter((property) => property.isKey)
    .sort((a, b) => compareNames(a.name, b.name))
  return {
    ...schema,
    stateSize,
    keyProperties,
    problem: layoutProblem(properties, schema.dataSize - stateSize),
  }
}

/** Compares names without case, by code unit, as the key hash sorts them. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()]
  return left < right ? -1 : left > right ? 1 : 0
}

function layoutProblem(properties: readonly SchemaProperty[], valueSize: number): string | undefined {
  let end = 0
  for (const property of [...properties].sort((a, b) => a.offset - b.offset)) {
    const size = typeSize(property.type)
    if (size === undefined) return `${property.name} has an unknown type`
    if (property.offset !== end) return `${property.name} is not where the value area goes on`
    end += size
  }
  if (end !== valueSize) return `properties take ${end} bytes of a value area of ${valueSize}`
  const gap = properties.findIndex((property, index) => property.index !== index)
  return gap < 0 ? undefined : `no property has the index ${gap}`
}

/**
 * The default of a property: that of the nearest class whose state bits say it has its own. The slot of an inherited
 * default is an offset into the ancestor's heap, so each is read from the class that owns it. `undefined`: none known. Embedded objects pass the
 * budget of the record they are in.
 */
export function defaultValue(
  schema: Schema,
  property: SchemaProperty,
  budget?: Heap['budget'],
): CimValue | undefined {
  for (let level: Schema | undefined = schema; level !== undefined; level = level.parent) {
    const { part } = level
    if (part === undefined || property.index >= level.properties.length) return undefined
    const bits = stateBits(part.heap.bytes, part.defaultsAt, property.index)
    if (bits === 1) return null
    if (bits !== 0) continue
    const size = typeSize(property.type) ?? 0
    if (level.stateSize + property.offset + size > part.defaultsSize) return undefined
    const heap = budget === undefined ? withNewBudget(part.heap) : { ...part.heap, budget }
    return readValue(heap, property.type, part.defaultsAt + level.stateSize + property.offset)
  }
  return null
}
