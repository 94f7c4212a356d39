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
  /** Where it is declared next; `undefined` in layouts that come from no definition. */
  readonly part: ClassPart | undefined
  /** Position of that declaration's qualifier set in the class record. */
  readonly qualifiersAt: number
  /** What that declaration overrides. */
  readonly overrides: SchemaProperty | undefined
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
  const properties = parent === undefined ? [] : parent.properties.slice()
  const names = part.properties.length === 0 ? undefined : lowerNames(parent)
  for (const declared of part.properties) {
    const inherited = names?.get(declared.name.toLowerCase())
    const property = merged(declared, inherited, part)
    const at = inherited === undefined ? -1 : properties.indexOf(inherited)
    if (at < 0) properties.push(property)
    else properties[at] = property
  }
  // The record lists properties by name.
  if (part.properties.length > 0) properties.sort((a, b) => a.index - b.index)
  return finished({
    name: part.name,
    superclasses: parent === undefined ? [] : [parent.name, ...parent.superclasses],
    properties,
    dataSize: part.defaultsSize,
    part,
    parent,
  })
}

const namesOf = new WeakMap<Schema, ReadonlyMap<string, SchemaProperty>>()

/** Properties by lower-cased name; made once for each class that has subclasses. */
function lowerNames(schema: Schema | undefined): ReadonlyMap<string, SchemaProperty> | undefined {
  if (schema === undefined) return undefined
  const known = namesOf.get(schema)
  if (known !== undefined) return known
  const names = new Map(schema.properties.map((property) => [property.name.toLowerCase(), property]))
  namesOf.set(schema, names)
  return names
}

function merged(
  declared: DeclaredProperty,
  inherited: SchemaProperty | undefined,
  part: ClassPart,
): SchemaProperty {
  return {
    name: declared.name,
    type: declared.type,
    index: inherited?.index ?? declared.index,
    offset: inherited?.offset ?? declared.offset,
    isKey: declared.isKey || (inherited?.isKey ?? false),
    origin: inherited?.origin ?? part.name,
    part,
    qualifiersAt: declared.qualifiersAt,
    overrides: inherited,
  }
}

export function finished(
  schema: Pick<Schema, 'name' | 'superclasses' | 'properties' | 'dataSize' | 'part' | 'parent'>,
): Schema {
  const { name, superclasses, properties, dataSize, part, parent } = schema
  const stateSize = Math.ceil(properties.length / 4)
  const keyProperties = properties.filter((property) => property.isKey)
  if (keyProperties.length > 1) keyProperties.sort((a, b) => compareNames(a.name, b.name))
  const problem = layoutProblem(properties, dataSize - stateSize)
  return { name, superclasses, properties, keyProperties, stateSize, dataSize, part, parent, problem }
}

/** Compares names without case, by code unit, as the key hash sorts them. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [a.toUpperCase(), b.toUpperCase()]
  return left < right ? -1 : left > right ? 1 : 0
}

function layoutProblem(properties: readonly SchemaProperty[], valueSize: number): string | undefined {
  let end = 0
  // Offsets mostly grow with the index; only where they do not is there anything to sort.
  const grows = properties.every((property, index) => property.offset >= (properties[index - 1]?.offset ?? 0))
  for (const property of grows ? properties : [...properties].sort((a, b) => a.offset - b.offset)) {
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
