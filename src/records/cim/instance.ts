import { InputError } from '../../diagnostics/index.ts'
import type { CimInstance, CimValue } from '../../lang/cim-value.ts'
import {
  type RecordBytes,
  readClassPart,
  skipDecoration,
  stateBits,
  wholeRecord,
} from './class-definition.ts'
import { defaultValue, layOver, type Schema, type SchemaProperty } from './class-schema.ts'
import { latin1 } from './latin1.ts'
import { hashDigits, type Layout, MAX_EMBEDDED_DEPTH } from './layout.ts'
import type { InstanceProperty, PropertyState } from './types.ts'
import { type Heap, heapError, readValue, typeName } from './value.ts'

/** The fields in front of the instance part. */
export interface InstanceHeader {
  readonly writeFiletime: bigint
  readonly classFiletime: bigint
  /** Where the instance part, with its length, begins. */
  readonly partAt: number
  /** Bytes of the whole record by its own word; not proved. */
  readonly size: number
}

/** An instance record decoded against a schema. */
export interface DecodedInstance {
  readonly header: InstanceHeader
  readonly properties: readonly InstanceProperty[]
  /** One for each value that could not be read, and one where the structure had to be guessed. */
  readonly problems: readonly InputError[]
}

/** Reads the header at the start of a record. Throws `cim/record-damaged`. */
export function readInstanceHeader(record: RecordBytes, layout: Layout): InstanceHeader {
  const digits = hashDigits(layout)
  const partAt = 2 * digits + 16
  const { bytes, source, base } = record
  const at = { in: 'bytes', source, offset: base } as const
  if (bytes.length < partAt + 18) throw new InputError('cim/record-damaged', 'an instance is cut short', at)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    writeFiletime: view.getBigUint64(2 * digits, true),
    classFiletime: view.getBigUint64(2 * digits + 8, true),
    partAt,
    size: partAt + view.getUint32(partAt, true),
  }
}

interface PartShape {
  readonly dataAt: number
  readonly heapStart: number
  readonly heapEnd: number
  /** Every length agrees, and the heap ends where the part ends. */
  readonly exact: boolean
}

/**
 * Measures an instance part: length, flags, class name, state bits and values, qualifiers, heap. `undefined` when
 * not even the values fit. Where qualifiers or heap length are damaged, the heap is looked for behind the values: its
 * length field says exactly what remains.
 */
function measurePart(whole: Heap, at: number, limit: number, schema: Schema): PartShape | undefined {
  const { view } = whole
  if (at + 9 > limit) return undefined
  const length = view.getUint32(at, true)
  const fits = length >= 9 && at + length <= limit
  const end = fits ? at + length : limit
  const dataAt = at + 9
  const qualifiersAt = dataAt + schema.dataSize
  if (qualifiersAt + 9 > end) return undefined
  const heapAt = heapLengthPosition(whole, qualifiersAt, end)
  if (heapAt !== undefined) {
    const heapSize = view.getUint32(heapAt, true) & 0x7fffffff
    const heapEnd = heapAt + 4 + heapSize
    if (heapEnd <= end) return { dataAt, heapStart: heapAt + 4, heapEnd, exact: fits && heapEnd === end }
  }
  for (let guess = qualifiersAt + 5; guess + 4 <= end; guess += 1) {
    const value = view.getUint32(guess, true)
    if (value >= 0x80000000 && (value & 0x7fffffff) === end - guess - 4)
      return { dataAt, heapStart: guess + 4, heapEnd: end, exact: false }
  }
  return heapAt === undefined ? undefined : { dataAt, heapStart: heapAt + 4, heapEnd: end, exact: false }
}

/** Where the heap's length stands behind the qualifier sets; `undefined` when those do not fit. */
function heapLengthPosition(whole: Heap, qualifiersAt: number, end: number): number | undefined {
  const { view } = whole
  const size = view.getUint32(qualifiersAt, true)
  if (size < 4 || qualifiersAt + size + 5 > end) return undefined
  let at = qualifiersAt + size
  const kind = whole.bytes[at]
  at += 1
  if (kind === 1) return at
  if (kind !== 2 || at + 4 > end) return undefined
  const sets = view.getUint32(at, true)
  at += 4
  // Each set takes at least its own length field.
  if (sets > (end - at) / 4) return undefined
  for (let set = 0; set < sets; set += 1) {
    if (at + 4 > end) return undefined
    const length = view.getUint32(at, true)
    if (length < 4 || at + length > end) return undefined
    at += length
  }
  return at + 4 <= end ? at : undefined
}

/** True when a record at `record` fits the schema with every length exact: the proof that a carved hit is one. */
export function fitsExactly(record: RecordBytes, header: InstanceHeader, schema: Schema): boolean {
  if (schema.problem !== undefined || header.size > record.bytes.length) return false
  const whole = wholeRecord(record, readEmbeddedObject)
  const shape = measurePart(whole, header.partAt, header.size, schema)
  if (shape === undefined || !shape.exact) return false
  if (schema.name.length + 2 > shape.heapEnd - shape.heapStart) return false
  const name = latin1(record.bytes, shape.heapStart + 1, shape.heapStart + 1 + schema.name.length)
  // A name with characters above 0xFF is stored in another encoding; its hash has matched already.
  return record.bytes[shape.heapStart] !== 0 || name.toLowerCase() === schema.name.toLowerCase()
}

/** Decodes an instance record. Damage to one value costs that value. Throws `cim/record-damaged`. */
export function decodeInstance(record: RecordBytes, header: InstanceHeader, schema: Schema): DecodedInstance {
  const whole = wholeRecord(record, readEmbeddedObject)
  const damaged = (message: string): InputError =>
    new InputError('cim/record-damaged', `instance of ${schema.name}: ${message}`, {
      in: 'bytes',
      source: record.source,
      offset: record.base,
    })
  if (schema.problem !== undefined) throw damaged(`its class cannot be used (${schema.problem})`)
  const shape = measurePart(whole, header.partAt, record.bytes.length, schema)
  if (shape === undefined) throw damaged('its length does not fit its class')
  const heap: Heap = { ...whole, start: shape.heapStart, end: shape.heapEnd }
  const { properties, problems } = readProperties(heap, shape.dataAt, schema)
  if (!shape.exact)
    problems.push(damaged('its lengths do not agree; the values that could be placed are read'))
  return { header, properties, problems }
}

function readProperties(
  heap: Heap,
  dataAt: number,
  schema: Schema,
): { properties: InstanceProperty[]; problems: InputError[] } {
  const properties: InstanceProperty[] = []
  const problems: InputError[] = []
  for (const property of schema.properties) {
    try {
      const read = readProperty(heap, dataAt, schema, property)
      if (read !== undefined) properties.push(read)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(
        new InputError('cim/value-damaged', `${schema.name}.${property.name}: ${error.message}`, error.at),
      )
    }
  }
  return { properties, problems }
}

const STATES: readonly PropertyState[] = ['value', 'null', 'class-default', 'null-default']

function readProperty(
  heap: Heap,
  dataAt: number,
  schema: Schema,
  property: SchemaProperty,
): InstanceProperty | undefined {
  const bits = stateBits(heap.bytes, dataAt, property.index)
  const state = STATES[bits] ?? 'value'
  let value: CimValue | undefined = null
  if (state === 'value') {
    value = readValue(heap, property.type, dataAt + schema.stateSize + property.offset)
  } else if (state === 'class-default') {
    value = defaultValue(schema, property, heap.depth > 0 ? heap.budget : undefined)
    if (value === undefined) return undefined
  }
  return { name: property.name, type: typeName(property.type) ?? 'unknown', state, value }
}

/** Embedded object: flags, perhaps a decoration, a class part, and for an instance an instance part. */
export function readEmbeddedObject(outer: Heap, at: number, end: number): CimInstance {
  if (outer.depth >= MAX_EMBEDDED_DEPTH) throw heapError(outer, at, 'objects are embedded too deeply')
  if (at >= end) throw heapError(outer, at, 'an embedded object is empty')
  const flags = outer.bytes[at] ?? 0
  const whole: Heap = { ...outer, start: 0, end: outer.bytes.length, depth: outer.depth + 1 }
  const partAt = flags & 4 ? skipDecoration(whole, at + 1, end) : at + 1
  const part = readClassPart(whole, partAt, end)
  const schema = layOver(part, undefined)
  if (schema.problem !== undefined) throw heapError(outer, at, `embedded ${part.name}: ${schema.problem}`)
  if ((flags & 2) === 0) return { className: part.name, properties: classDefaults(schema, outer.budget) }
  const shape = measurePart(whole, part.end, end, schema)
  if (shape === undefined) throw heapError(outer, at, `embedded ${part.name}: its lengths do not agree`)
  const heap: Heap = { ...whole, start: shape.heapStart, end: shape.heapEnd }
  const { properties, problems } = readProperties(heap, shape.dataAt, schema)
  if (problems[0] !== undefined) throw problems[0]
  return { className: part.name, properties }
}

function classDefaults(schema: Schema, budget: Heap['budget']): CimInstance['properties'] {
  return schema.properties.map((property) => ({
    name: property.name,
    value: defaultValue(schema, property, budget) ?? null,
  }))
}

/** What the key properties say, joined as the key hash wants it; `@` for a class without keys. */
export function keyText(
  { keyProperties }: { readonly keyProperties: readonly (string | { readonly name: string })[] },
  properties: readonly InstanceProperty[],
): string | undefined {
  if (keyProperties.length === 0) return '@'
  const parts: string[] = []
  for (const key of keyProperties) {
    const name = typeof key === 'string' ? key : key.name
    const property = properties.find((candidate) => candidate.name === name)
    if (property === undefined) return undefined
    parts.push(keyPart(property.value))
  }
  return parts.join('\uffff')
}

function keyPart(value: CimValue): string {
  if (value === null) return ''
  return typeof value === 'boolean' ? String(value).toUpperCase() : String(value)
}

/** Object path relative to the namespace, e.g. `__EventFilter.Name="X"`; keys sorted by name; `Class=@`. */
export function relativePath(schema: Schema, properties: readonly InstanceProperty[]): string {
  if (schema.keyProperties.length === 0) return `${schema.name}=@`
  const keys = schema.keyProperties.map((key) => {
    const property = properties.find((candidate) => candidate.name === key.name)
    return `${key.name}=${property === undefined ? '?' : pathValue(property)}`
  })
  return `${schema.name}.${keys.join(',')}`
}

function pathValue({ value, type }: InstanceProperty): string {
  if (value === null) return '""'
  if (typeof value === 'string' || type === 'reference')
    return `"${String(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
  return keyPart(value)
}
