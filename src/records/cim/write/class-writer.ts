import type { CimValue } from '../../../lang/cim-value.ts'
import { utf16 } from '../name-hash.ts'
import { typeName, typeSize } from '../value.ts'
import { ByteWriter } from './byte-writer.ts'
import type { ClassDescription } from './describe.ts'
import { type EmbedObject, HeapWriter, heapText, knownTypeCode, writeError } from './heap-writer.ts'

const INHERITED = 0x4000
const HEAP_FLAG = 0x80000000
const KEY = 0x80000001
const CIMTYPE = 0x8000000a
const STRING = 8
const BOOLEAN = 11
/** "To instance, to subclass". Source: [MS-WMIO] 2.2.62 QualifierFlavor. */
const PROPAGATED = 3

/** A property of a class with its place in instances. */
export interface LaidProperty {
  readonly name: string
  readonly type: number
  readonly key: boolean
  readonly refersTo: string | undefined
  readonly index: number
  readonly offset: number
  readonly originDepth: number
  /** `undefined`: no class gives a default. */
  readonly default: CimValue | undefined
  /** What the default table holds in its slot, in the heap of the class that owns the default. */
  readonly slot: Uint8Array
  /** Declared or overridden by this class. */
  readonly own: boolean
  /** The default is an ancestor's. */
  readonly inherited: boolean
  /** Declared by an ancestor first. */
  readonly overrides: boolean
}

/** A class laid out over its ancestors, and its record. */
export interface LaidClass {
  readonly name: string
  readonly superclass: LaidClass | undefined
  readonly depth: number
  /** By index. */
  readonly properties: readonly LaidProperty[]
  readonly filetime: bigint
  readonly record: Uint8Array
}

/** Lays out a class and writes its definition record. */
export function layClass(
  description: ClassDescription,
  superclass: LaidClass | undefined,
  filetime: bigint,
  embed: EmbedObject,
): LaidClass {
  const heap = new HeapWriter(embed)
  heap.text(description.name)
  const properties = layProperties(description, superclass, heap)
  const depth = superclass === undefined ? 0 : superclass.depth + 1
  const part = classPart(superclass?.name, properties, heap)
  const superName = superclass?.name ?? ''
  const record = new ByteWriter().u32(superName.length).put(utf16(superName)).u64(filetime).put(part)
  // Methods part without methods: length, count, padding, an empty heap.
  record.u32(12).u32(0).u32(HEAP_FLAG)
  return { name: description.name, superclass, depth, properties, filetime, record: record.bytes() }
}

function layProperties(
  description: ClassDescription,
  superclass: LaidClass | undefined,
  heap: HeapWriter,
): LaidProperty[] {
  const laid: LaidProperty[] = (superclass?.properties ?? []).map((property) => ({
    ...property,
    own: false,
    inherited: true,
    overrides: true,
  }))
  const last = laid.reduce((end, { offset, type }) => Math.max(end, offset + (typeSize(type) ?? 0)), 0)
  let offset = last
  const depth = superclass === undefined ? 0 : superclass.depth + 1
  for (const property of description.properties) {
    const type = knownTypeCode(property.type)
    const size = typeSize(type) ?? 0
    const at = laid.findIndex(({ name }) => name.toLowerCase() === property.name.toLowerCase())
    const overridden = laid[at]
    const own = { name: property.name, type, refersTo: property.refersTo, own: true }
    const given = property.default
    const slot =
      given === undefined || given === null ? new Uint8Array(size).fill(0xff) : heap.slot(type, given)
    if (overridden === undefined) {
      const place = { index: laid.length, offset, originDepth: depth, inherited: false, overrides: false }
      laid.push({ ...own, ...place, key: property.key ?? false, default: given, slot })
      offset += size
      continue
    }
    if (overridden.type !== type) throw writeError(`${description.name}.${property.name} changes its type`)
    const value =
      given === undefined ? { default: overridden.default, slot: overridden.slot } : { default: given, slot }
    // An override without a default keeps the inherited one, whose slot belongs to the ancestor's heap.
    laid[at] = {
      ...overridden,
      ...own,
      ...value,
      key: property.key ?? overridden.key,
      inherited: given === undefined,
    }
  }
  return laid
}

/**
 * The class part. For an embedded object it lists every property, since nobody looks up ancestors there; then all are
 * declared by the class itself. The heap begins with the name of the class.
 */
export function classPart(
  superclass: string | undefined,
  properties: readonly LaidProperty[],
  heap: HeapWriter,
): Uint8Array {
  const derivation = new ByteWriter()
  if (superclass !== undefined) {
    const text = heapText(superclass)
    derivation.put(text).u32(text.length)
  }
  const listed = properties
    .filter(({ own }) => own)
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const list = new ByteWriter()
  for (const property of listed) {
    const nameAt = heap.text(property.name)
    list.u32(nameAt).u32(describeProperty(property, heap))
  }
  const defaults = defaultTable(properties)
  const body = new ByteWriter()
  body.u8(0).u32(0).u32(defaults.length)
  body.u32(4 + derivation.size).put(derivation.bytes())
  body.u32(4)
  body.u32(listed.length).put(list.bytes()).put(defaults)
  body.u32(HEAP_FLAG + heap.size).put(heap.bytes())
  return new ByteWriter()
    .u32(body.size + 4)
    .put(body.bytes())
    .bytes()
}

function describeProperty(property: LaidProperty, heap: HeapWriter): number {
  const qualifiers = new ByteWriter()
  const typeText = property.refersTo === undefined ? undefined : `ref:${property.refersTo}`
  qualifiers
    .u32(CIMTYPE)
    .u8(PROPAGATED)
    .u32(STRING)
    .u32(heap.text(typeText ?? (typeName(property.type) ?? '').replace('[]', '')))
  if (property.key) qualifiers.u32(KEY).u8(PROPAGATED).u32(BOOLEAN).u16(0xffff)
  return heap.put(
    new ByteWriter()
      .u32(property.type | (property.overrides ? INHERITED : 0))
      .u16(property.index)
      .u32(property.offset)
      .u32(property.originDepth)
      .u32(qualifiers.size + 4)
      .put(qualifiers.bytes())
      .bytes(),
  )
}

function defaultTable(properties: readonly LaidProperty[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(properties.length / 4))
  const values = new ByteWriter()
  for (const property of properties) {
    const none = property.default === undefined || property.default === null
    const state = (property.inherited ? 2 : 0) + (none ? 1 : 0)
    const at = property.index >> 2
    bits[at] = (bits[at] ?? 0) | (state << (2 * (property.index & 3)))
    values.put(property.slot)
  }
  return new ByteWriter().put(bits).put(values.bytes()).bytes()
}
