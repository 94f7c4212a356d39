import { InputError } from '../../diagnostics/index.ts'
import type { Qualifier } from './types.ts'
import {
  type Heap,
  newBudget,
  readValue,
  referencedText,
  spend,
  textAt,
  typeName,
  typeSize,
  withNewBudget,
} from './value.ts'

/** A property as one class declares or overrides it. */
export interface DeclaredProperty {
  readonly name: string
  /** CIM type code without the bit that says "declared in an ancestor". */
  readonly type: number
  readonly index: number
  /** Offset in the value area of an instance. */
  readonly offset: number
  /** Depth of the class that first declared it: 0 is the topmost ancestor. */
  readonly originDepth: number
  readonly isKey: boolean
  /** Position of its qualifier set in the record. */
  readonly qualifiersAt: number
}

/** The class part of a class definition: only what this class declares or overrides. */
export interface ClassPart {
  readonly name: string
  readonly properties: readonly DeclaredProperty[]
  /** State bits, then the value area, of the class's own defaults. */
  readonly defaultsAt: number
  readonly defaultsSize: number
  readonly qualifiersAt: number
  readonly heap: Heap
  readonly end: number
}

/** A class definition record. */
export interface ClassDefinition extends ClassPart {
  readonly superclass: string
  readonly filetime: bigint
  /** Bytes up to the end of the methods part, or of the class part where the rest is damaged. */
  readonly size: number
}

export interface RecordBytes {
  readonly bytes: Uint8Array
  readonly source: string
  /** Offset of the first byte in the file. */
  readonly base: number
}

const INHERITED = 0x4000
const DICTIONARY_KEY = 0x80000001
const BOOLEAN = 11

/** A heap over all of a record; the text it may yield is bounded by a few times its size. */
export function wholeRecord(record: RecordBytes, embedded: Heap['embedded']): Heap {
  const { bytes, source, base } = record
  return {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    start: 0,
    end: bytes.length,
    source,
    base,
    budget: newBudget(bytes),
    depth: 0,
    embedded,
  }
}

function damaged(heap: Heap, at: number, what: string): InputError {
  return new InputError('cim/class-damaged', `class definition: ${what}`, {
    in: 'bytes',
    source: heap.source,
    offset: heap.base + at,
  })
}

/** A class definition record: superclass name, timestamp, class part, methods part. Throws `cim/class-damaged`. */
export function readClassDefinition(record: RecordBytes, embedded: Heap['embedded']): ClassDefinition {
  const whole = wholeRecord(record, embedded)
  const { view, bytes } = whole
  if (bytes.length < 12) throw damaged(whole, 0, 'too short')
  const nameLength = view.getUint32(0, true)
  const timeAt = 4 + 2 * nameLength
  if (timeAt + 8 > bytes.length) throw damaged(whole, 0, 'the superclass name does not fit')
  let superclass = ''
  for (let at = 4; at < timeAt; at += 2) superclass += String.fromCharCode(view.getUint16(at, true))
  const part = readClassPart(whole, timeAt + 8, bytes.length)
  const methods = part.end + 4 <= bytes.length ? view.getUint32(part.end, true) : 0
  const size = methods >= 4 && part.end + methods <= bytes.length ? part.end + methods : part.end
  return { ...part, superclass, filetime: view.getBigUint64(timeAt, true), size }
}

/** The class part at a position, as [MS-WMIO] 2.2.15 publishes it. `whole` must span the record. */
export function readClassPart(whole: Heap, at: number, limit: number): ClassPart {
  const { view } = whole
  const need = (from: number, size: number, what: string): number => {
    if (from < at || from + size > limit) throw damaged(whole, from, `${what} does not fit`)
    return from
  }
  const length = view.getUint32(need(at, 13, 'the header'), true)
  const end = at + length
  if (length < 13 || end > limit) throw damaged(whole, at, `a class part of ${length} bytes does not fit`)
  const nameReference = view.getUint32(at + 5, true)
  const defaultsSize = view.getUint32(at + 9, true)
  const derivationAt = at + 13
  const qualifiersAt = derivationAt + view.getUint32(need(derivationAt, 4, 'the derivation list'), true)
  const countAt = qualifiersAt + view.getUint32(need(qualifiersAt, 4, 'the qualifier set'), true)
  const count = view.getUint32(need(countAt, 4, 'the property count'), true)
  const listAt = countAt + 4
  const defaultsAt = need(listAt + 8 * count, 0, `a list of ${count} properties`)
  const heapAt = need(defaultsAt + defaultsSize, 4, 'the default table')
  const heapSize = view.getUint32(heapAt, true) & 0x7fffffff
  if (heapAt + 4 + heapSize > end) throw damaged(whole, heapAt, `a heap of ${heapSize} bytes does not fit`)
  const heap: Heap = { ...whole, start: heapAt + 4, end: heapAt + 4 + heapSize }
  const properties: DeclaredProperty[] = []
  for (let index = 0; index < count; index += 1) properties.push(readProperty(heap, listAt + 8 * index))
  const name = referencedText(heap, nameReference)
  return { name, properties, defaultsAt, defaultsSize, qualifiersAt, heap, end }
}

function readProperty(heap: Heap, at: number): DeclaredProperty {
  const { view } = heap
  const description = heap.start + view.getUint32(at + 4, true)
  if (description + 18 > heap.end) throw damaged(heap, at, 'a property description lies outside the heap')
  const qualifiersAt = description + 14
  return {
    name: referencedText(heap, view.getUint32(at, true)),
    type: view.getUint32(description, true) & ~INHERITED & 0x20ff,
    index: view.getUint16(description + 4, true),
    offset: view.getUint32(description + 6, true),
    originDepth: view.getUint32(description + 10, true),
    isKey: hasKeyQualifier(heap, qualifiersAt),
    qualifiersAt,
  }
}

/** Visits the entries of a qualifier set, each proved to lie in it. */
function visitQualifiers(
  heap: Heap,
  at: number,
  visit: (nameReference: number, type: number, valueAt: number) => void,
): void {
  const { view } = heap
  const limit = Math.max(heap.end, heap.start)
  if (at + 4 > limit) throw damaged(heap, at, 'a qualifier set lies outside the record')
  const end = at + view.getUint32(at, true)
  if (end < at + 4 || end > limit) throw damaged(heap, at, 'a qualifier set does not fit')
  spend(heap, end - at, at)
  for (let entry = at + 4; entry < end; ) {
    if (entry + 9 > end) throw damaged(heap, entry, 'a qualifier is cut short')
    const type = view.getUint32(entry + 5, true)
    const size = typeSize(type)
    if (size === undefined || entry + 9 + size > end) throw damaged(heap, entry, 'a qualifier does not fit')
    visit(view.getUint32(entry, true), type, entry + 9)
    entry += 9 + size
  }
}

function hasKeyQualifier(heap: Heap, at: number): boolean {
  let found = false
  visitQualifiers(heap, at, (nameReference, type, valueAt) => {
    if (type !== BOOLEAN || heap.view.getUint16(valueAt, true) === 0) return
    found ||=
      nameReference === DICTIONARY_KEY ||
      (nameReference < 0x80000000 && referencedText(heap, nameReference).toLowerCase() === 'key')
  })
  return found
}

/** All qualifiers of a set, decoded. Throws `cim/class-damaged` or `cim/value-damaged`. */
export function readQualifiers(classHeap: Heap, at: number): Qualifier[] {
  const heap = withNewBudget(classHeap)
  const qualifiers: Qualifier[] = []
  visitQualifiers(heap, at, (nameReference, type, valueAt) => {
    const name = referencedText(heap, nameReference)
    qualifiers.push({ name, type: typeName(type) ?? 'unknown', value: readValue(heap, type, valueAt) })
  })
  return qualifiers
}

/** Two state bits of a property, lowest first. */
export function stateBits(bytes: Uint8Array, tableAt: number, index: number): number {
  return ((bytes[tableAt + (index >> 2)] ?? 0) >> (2 * (index & 3))) & 3
}

/** Text of a decoration of an embedded object: two strings, which are read over. */
export function skipDecoration(heap: Heap, at: number, end: number): number {
  return textAt(heap, textAt(heap, at, end).next, end).next
}
