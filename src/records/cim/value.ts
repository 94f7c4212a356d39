import { InputError } from '../../diagnostics/index.ts'
import type { CimInstance, CimValue } from '../../lang/cim-value.ts'
import { latin1 } from './latin1.ts'

const ARRAY = 0x2000

interface BaseType {
  readonly name: string
  /** Bytes in the value area, also of an element of an array. */
  readonly size: number
}

/** CIM base types by code. Source: [MS-WMIO] 2.2.82 CimType; sizes observed in evidence wbem-w10. */
const BASE_TYPES: ReadonlyMap<number, BaseType> = new Map([
  [2, { name: 'sint16', size: 2 }],
  [3, { name: 'sint32', size: 4 }],
  [4, { name: 'real32', size: 4 }],
  [5, { name: 'real64', size: 8 }],
  [8, { name: 'string', size: 4 }],
  [11, { name: 'boolean', size: 2 }],
  [13, { name: 'object', size: 4 }],
  [16, { name: 'sint8', size: 1 }],
  [17, { name: 'uint8', size: 1 }],
  [18, { name: 'uint16', size: 2 }],
  [19, { name: 'uint32', size: 4 }],
  [20, { name: 'sint64', size: 8 }],
  [21, { name: 'uint64', size: 8 }],
  [101, { name: 'datetime', size: 4 }],
  [102, { name: 'reference', size: 4 }],
  [103, { name: 'char16', size: 2 }],
])

/** Strings that are stored as a number. Source: [MS-WMIO] 2.2.80 DictionaryReference. */
const DICTIONARY: readonly string[] = [
  '"',
  'key',
  '',
  'read',
  'write',
  'volatile',
  'provider',
  'dynamic',
  'cimwin32',
  'DWORD',
  'CIMTYPE',
]

const ARRAY_NAMES = new Map([...BASE_TYPES].map(([code, { name }]) => [code, `${name}[]`]))

/** `string`, `uint8[]`, ...; `undefined` for a code that no specification has. */
export function typeName(code: number): string | undefined {
  return code & ARRAY ? ARRAY_NAMES.get(code & 0xff) : BASE_TYPES.get(code & 0xff)?.name
}

/** The code of a type by its name; the inverse of {@link typeName}. */
export function typeCode(name: string): number | undefined {
  const array = name.endsWith('[]')
  const base = array ? name.slice(0, -2) : name
  for (const [code, type] of BASE_TYPES) if (type.name === base) return array ? code | ARRAY : code
  return undefined
}

/** Bytes that a value takes in the value area; arrays are a heap offset. */
export function typeSize(code: number): number | undefined {
  if (code & ARRAY) return BASE_TYPES.has(code & 0xff) ? 4 : undefined
  return BASE_TYPES.get(code & 0xff)?.size
}

/**
 * One record's bytes with the heap that its references point into. `budget` bounds the text and elements decoded from
 * it: heap references may overlap, so a small record could otherwise claim gigabytes.
 */
export interface Heap {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly start: number
  readonly end: number
  readonly source: string
  /** Offset of byte 0 of `bytes` in the file. */
  readonly base: number
  readonly budget: { left: number }
  /** How deep in embedded objects. */
  readonly depth: number
  readonly embedded: (heap: Heap, at: number, end: number) => CimInstance
}

export function heapError(heap: Heap, at: number, message: string): InputError {
  return new InputError('cim/value-damaged', message, {
    in: 'bytes',
    source: heap.source,
    offset: heap.base + at,
  })
}

/** The same heap with a new budget: a class is read once and its defaults and qualifiers many times. */
export function withNewBudget(heap: Heap): Heap {
  return { ...heap, budget: newBudget(heap.bytes) }
}

export function newBudget(bytes: Uint8Array): { left: number } {
  return { left: 4 * bytes.length + 1024 }
}

/** Takes from the budget what is about to be decoded. Throws `cim/value-damaged` when it is used up. */
export function spend(heap: Heap, amount: number, at: number): void {
  heap.budget.left -= amount
  if (heap.budget.left < 0)
    throw heapError(heap, at, 'values of the record overlap and claim more than it holds')
}

/** Text at a position: a flag byte, then ISO-8859-1 (0) or UTF-16LE (1), ended by a zero unit. */
export function textAt(heap: Heap, at: number, end: number): { text: string; next: number } {
  if (at < 0 || at >= end) throw heapError(heap, at, 'a string lies outside the heap')
  const flag = heap.bytes[at]
  const start = at + 1
  if (flag === 0) {
    const stop = heap.bytes.indexOf(0, start)
    if (stop < 0 || stop >= end) throw heapError(heap, at, 'a string does not end')
    spend(heap, stop - start, at)
    return { text: latin1(heap.bytes, start, stop), next: stop + 1 }
  }
  if (flag !== 1) throw heapError(heap, at, `a string has the unknown encoding ${flag}`)
  let text = ''
  for (let unit = start; unit + 2 <= end; unit += 2) {
    const code = heap.view.getUint16(unit, true)
    if (code === 0) return { text, next: unit + 2 }
    spend(heap, 2, at)
    text += String.fromCharCode(code)
  }
  throw heapError(heap, at, 'a string does not end')
}

/** Text of a heap reference: an offset into the heap, or with the top bit a number in the dictionary. */
export function referencedText(heap: Heap, reference: number): string {
  if (reference >= 0x80000000) {
    const text = DICTIONARY[reference - 0x80000000]
    if (text === undefined)
      throw heapError(heap, heap.start, `the dictionary has no string ${reference - 0x80000000}`)
    return text
  }
  return textAt(heap, heap.start + reference, heap.end).text
}

/** The value at a position that is proved to lie inside the record. */
export function readValue(heap: Heap, type: number, at: number): CimValue {
  if (type & ARRAY) return readArray(heap, type & 0xff, heap.view.getUint32(at, true))
  return readScalar(heap, type & 0xff, at)
}

function readArray(heap: Heap, base: number, offset: number): CimValue {
  const size = BASE_TYPES.get(base)?.size
  const at = heap.start + offset
  if (size === undefined) throw heapError(heap, at, `unknown CIM type ${base}`)
  if (at + 4 > heap.end) throw heapError(heap, at, 'an array lies outside the heap')
  const count = heap.view.getUint32(at, true)
  if (count * size > heap.end - at - 4)
    throw heapError(heap, at, `an array of ${count} elements does not fit`)
  spend(heap, count * size, at)
  const values: CimValue[] = []
  for (let index = 0; index < count; index += 1) values.push(readScalar(heap, base, at + 4 + index * size))
  return values
}

function readScalar(heap: Heap, base: number, at: number): CimValue {
  const { view } = heap
  switch (base) {
    case 2:
      return view.getInt16(at, true)
    case 3:
      return view.getInt32(at, true)
    case 4:
      return view.getFloat32(at, true)
    case 5:
      return view.getFloat64(at, true)
    case 11:
      return view.getUint16(at, true) !== 0
    case 13:
      return readEmbedded(heap, view.getUint32(at, true))
    case 16:
      return view.getInt8(at)
    case 17:
      return view.getUint8(at)
    case 18:
    case 103:
      return view.getUint16(at, true)
    case 19:
      return view.getUint32(at, true)
    case 20:
      return narrow(view.getBigInt64(at, true))
    case 21:
      return narrow(view.getBigUint64(at, true))
    case 8:
    case 101:
    case 102:
      return referencedText(heap, view.getUint32(at, true))
    default:
      throw heapError(heap, at, `unknown CIM type ${base}`)
  }
}

/** A plain number where it is exact, as `CimValue` has it. */
function narrow(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value
}

function readEmbedded(heap: Heap, offset: number): CimValue {
  const at = heap.start + offset
  if (at + 4 > heap.end) throw heapError(heap, at, 'an embedded object lies outside the heap')
  const length = heap.view.getUint32(at, true)
  if (length > heap.end - at - 4)
    throw heapError(heap, at, `an embedded object of ${length} bytes does not fit`)
  spend(heap, length, at)
  return heap.embedded(heap, at + 4, at + 4 + length)
}
