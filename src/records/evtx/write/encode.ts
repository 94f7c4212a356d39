import { isoToFiletime } from '../../../bytes/index.ts'
import { InputError } from '../../../diagnostics/index.ts'
import { ARRAY, VALUE } from '../layout.ts'
import type { EvtxFieldValue, EvtxScalar, EvtxValueType } from './types.ts'

/** A value as it stands in a substitution array. */
export interface EncodedValue {
  readonly type: number
  readonly bytes: Uint8Array
}

const EMPTY: EncodedValue = { type: VALUE.null, bytes: new Uint8Array(0) }

/** Bytes and type of a field value. Throws `evtx/cannot-write` for what the type cannot hold. */
export function encodeValue(value: EvtxFieldValue | undefined): EncodedValue {
  if (value === null || value === undefined) return EMPTY
  if (typeof value === 'string') return encodeScalar('string', value)
  if (typeof value === 'number') return encodeScalar('uint32', value)
  if (typeof value === 'boolean') return encodeScalar('bool', value)
  if ('values' in value) return encodeArray(value.type, value.values)
  return encodeScalar(value.type, value.value)
}

export function encodeScalar(type: EvtxValueType, value: EvtxScalar): EncodedValue {
  return { type: VALUE[type], bytes: scalarBytes(type, value) }
}

function encodeArray(type: EvtxValueType, values: readonly EvtxScalar[]): EncodedValue {
  const isText = type === 'string' || type === 'ansiString'
  const items = values.map((value) => scalarBytes(type, isText ? `${String(value)}\0` : value))
  return { type: VALUE[type] | ARRAY, bytes: concat(items) }
}

const INTEGER_SIZES: Readonly<Partial<Record<EvtxValueType, number>>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  bool: 4,
  hexInt32: 4,
  int64: 8,
  uint64: 8,
  sizeT: 8,
  filetime: 8,
  hexInt64: 8,
}

function scalarBytes(type: EvtxValueType, value: EvtxScalar): Uint8Array {
  const size = INTEGER_SIZES[type]
  if (size !== undefined) return integerBytes(type, size, value)
  switch (type) {
    case 'string':
      return utf16Bytes(String(value))
    case 'ansiString':
      return Uint8Array.from(String(value), (character) => character.charCodeAt(0) & 0xff)
    case 'real32':
      return new Uint8Array(Float32Array.of(Number(value)).buffer)
    case 'real64':
      return new Uint8Array(Float64Array.of(Number(value)).buffer)
    case 'guid':
      return guidBytes(String(value))
    case 'sid':
      return sidBytes(String(value))
    default:
      return value instanceof Uint8Array ? value : hexBytes(String(value))
  }
}

function integerBytes(type: EvtxValueType, size: number, value: EvtxScalar): Uint8Array {
  let integer: bigint
  if (type === 'filetime' && typeof value === 'string') {
    integer = filetimeOf(value)
  } else {
    try {
      integer = BigInt(value instanceof Uint8Array ? Number.NaN : value)
    } catch (cause) {
      throw new InputError('evtx/cannot-write', `${String(value)} is no ${type}`, undefined, { cause })
    }
  }
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, integer), true)
  const kept = BigInt.asUintN(size * 8, integer)
  if (kept !== integer && BigInt.asIntN(size * 8, integer) !== integer) {
    throw new InputError('evtx/cannot-write', `${integer} does not fit in ${type}`)
  }
  return bytes.subarray(0, size)
}

/** FILETIME ticks of ticks or of an ISO time. */
export function filetimeOf(time: bigint | string): bigint {
  const ticks = typeof time === 'bigint' ? time : isoToFiletime(time)
  if (ticks === undefined) throw new InputError('evtx/cannot-write', `${String(time)} is no time`)
  return ticks
}

export function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length)
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    bytes[2 * index] = unit & 0xff
    bytes[2 * index + 1] = unit >> 8
  }
  return bytes
}

export function guidBytes(text: string): Uint8Array {
  const hex = text.replace(/[{}-]/g, '')
  if (!/^[\da-f]{32}$/i.test(hex)) throw new InputError('evtx/cannot-write', `${text} is no GUID`)
  const b = hexBytes(hex)
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (index) => b[index] ?? 0)
}

export function sidBytes(text: string): Uint8Array {
  const match = /^S-1-(\d+)((?:-\d+)*)$/.exec(text)
  if (match === null) throw new InputError('evtx/cannot-write', `${text} is no SID`)
  const parts = (match[2] ?? '').split('-').slice(1).map(Number)
  const bytes = new Uint8Array(8 + 4 * parts.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = 1
  bytes[1] = parts.length
  view.setUint32(4, Number(match[1]))
  for (const [index, part] of parts.entries()) view.setUint32(8 + 4 * index, part, true)
  return bytes
}

function hexBytes(text: string): Uint8Array {
  if (!/^(?:[\da-f]{2})*$/i.test(text)) throw new InputError('evtx/cannot-write', `${text} is no hex text`)
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  )
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
