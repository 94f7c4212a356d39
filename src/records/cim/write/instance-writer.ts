import type { CimInstance, CimValue } from '../../../lang/cim-value.ts'
import { utf16 } from '../name-hash.ts'
import { typeSize } from '../value.ts'
import { ByteWriter } from './byte-writer.ts'
import { classPart, type LaidClass, type LaidProperty } from './class-writer.ts'
import { type EmbedObject, HeapWriter, writeError } from './heap-writer.ts'

const HEAP_FLAG = 0x80000000

/** Values by lower-cased property name. Throws `cim/write` for a property that the class does not have. */
export function valuesOf(
  laid: LaidClass,
  properties: Iterable<readonly [string, CimValue]>,
): Map<string, CimValue> {
  const values = new Map<string, CimValue>()
  for (const [name, value] of properties) {
    const lower = name.toLowerCase()
    if (!laid.properties.some((property) => property.name.toLowerCase() === lower))
      throw writeError(`${laid.name} has no property ${name}`)
    values.set(lower, value)
  }
  return values
}

/** The instance record: class hash, timestamps, instance part. */
export function instanceRecord(
  laid: LaidClass,
  classHash: string,
  filetime: bigint,
  values: ReadonlyMap<string, CimValue>,
  embed: EmbedObject,
): Uint8Array {
  return new ByteWriter()
    .put(utf16(classHash))
    .u64(filetime)
    .u64(laid.filetime)
    .put(instancePart(laid.name, laid.properties, values, embed))
    .bytes()
}

function instancePart(
  name: string,
  properties: readonly LaidProperty[],
  values: ReadonlyMap<string, CimValue>,
  embed: EmbedObject,
): Uint8Array {
  const heap = new HeapWriter(embed)
  heap.text(name)
  const bits = new Uint8Array(Math.ceil(properties.length / 4))
  const slots = new ByteWriter()
  for (const property of properties) {
    const given = values.get(property.name.toLowerCase())
    const noDefault = property.default === undefined || property.default === null
    const state = given === undefined ? (noDefault ? 3 : 2) : given === null ? 1 : 0
    const at = property.index >> 2
    bits[at] = (bits[at] ?? 0) | (state << (2 * (property.index & 3)))
    if (given === undefined || given === null) slots.fill(typeSize(property.type) ?? 0, 0)
    else slots.put(heap.slot(property.type, given))
  }
  const body = new ByteWriter().u8(0).u32(0).put(bits).put(slots.bytes())
  body.u32(4).u8(1)
  body.u32(HEAP_FLAG + heap.size).put(heap.bytes())
  return new ByteWriter()
    .u32(body.size + 4)
    .put(body.bytes())
    .bytes()
}

/** An instance as an embedded object: flags, a class part that lists all properties, the instance part. */
export function embeddedInstance(laid: LaidClass, object: CimInstance, embed: EmbedObject): Uint8Array {
  const values = valuesOf(
    laid,
    object.properties.map(({ name, value }) => [name, value] as const),
  )
  const heap = new HeapWriter(embed)
  heap.text(laid.name)
  const properties = laid.properties.map((property): LaidProperty => {
    const none = property.default === undefined || property.default === null
    const slot = none ? property.slot : heap.slot(property.type, property.default ?? null)
    return { ...property, own: true, inherited: false, overrides: false, slot }
  })
  return new ByteWriter()
    .u8(2)
    .put(classPart(laid.superclass?.name, properties, heap))
    .put(instancePart(laid.name, properties, values, embed))
    .bytes()
}

/** What the key properties say, as the key hash wants it. */
export function keyTextOf(laid: LaidClass, values: ReadonlyMap<string, CimValue>): string {
  const keys = laid.properties
    .filter(({ key }) => key)
    .sort((a, b) => (a.name.toUpperCase() < b.name.toUpperCase() ? -1 : 1))
  if (keys.length === 0) return '@'
  return keys
    .map(({ name, default: fallback }) => {
      const value = values.get(name.toLowerCase()) ?? fallback ?? ''
      return typeof value === 'boolean' ? String(value).toUpperCase() : String(value)
    })
    .join('\uffff')
}
