import { sidToText } from '../../bytes/index.ts'
import { ARRAY, VALUE } from './layout.ts'
import { readUtf16 } from './utf16.ts'

/** Bytes of a chunk with a view over the same memory. */
export interface Memory {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/**
 * A value as Windows renders it in event XML: hex integers `0x1f`, FILETIME as ISO with seven decimals, GUIDs in
 * braces, `true`/`false`, binary as upper-case hex; trailing NULs of text dropped (36 % of real values have one).
 * Source: [MS-EVEN6] 2.2.12; compared with evtxexport over all shared evidence.
 */
export function renderValue(memory: Memory, type: number, at: number, size: number): string {
  const { view } = memory
  switch (type) {
    case VALUE.null:
      return ''
    case VALUE.string:
    case VALUE.evtXml:
      return renderUtf16(memory.bytes, at, size)
    case VALUE.ansiString:
      return renderAnsi(memory.bytes, at, size)
    case VALUE.int8:
    case VALUE.int16:
    case VALUE.int32:
    case VALUE.int64:
      return renderSigned(view, at, size) ?? renderBinary(memory.bytes, at, size)
    case VALUE.uint8:
    case VALUE.uint16:
    case VALUE.uint32:
    case VALUE.uint64:
      return renderUnsigned(view, at, size) ?? renderBinary(memory.bytes, at, size)
    case VALUE.real32:
    case VALUE.real64:
      if (size === 4) return String(Math.fround(view.getFloat32(at, true)))
      return size === 8 ? String(view.getFloat64(at, true)) : renderBinary(memory.bytes, at, size)
    case VALUE.bool:
      return renderBool(view, at, size)
    case VALUE.guid:
      return size === 16 ? guidText(memory.bytes, at) : renderBinary(memory.bytes, at, size)
    case VALUE.filetime:
      return size === 8 ? renderFiletime(view, at) : renderBinary(memory.bytes, at, size)
    case VALUE.systemTime:
      return size === 16 ? renderSystemTime(view, at) : renderBinary(memory.bytes, at, size)
    case VALUE.sid:
      return sidToText(memory.bytes.subarray(at, at + size)) ?? renderBinary(memory.bytes, at, size)
    case VALUE.sizeT:
    case VALUE.hexInt32:
    case VALUE.hexInt64:
    case VALUE.evtHandle:
      return renderHex(view, at, size) ?? renderBinary(memory.bytes, at, size)
    default:
      if ((type & ARRAY) !== 0) return renderArray(memory, type & ~ARRAY, at, size).join(',')
      return renderBinary(memory.bytes, at, size)
  }
}

/** The items of an array value, each rendered; a text array is NUL-separated, with or without a NUL at its end. */
export function renderArray(memory: Memory, type: number, at: number, size: number): string[] {
  if (type === VALUE.string) return splitUtf16(memory.bytes, at, size)
  if (type === VALUE.ansiString) {
    const text = latin1(memory.bytes, at, size)
    return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
  }
  const items: string[] = []
  for (let done = 0; done < size; ) {
    const width = type === VALUE.sid ? 8 + 4 * (memory.bytes[at + done + 1] ?? 0) : itemSize(type)
    if (width === 0 || width > size - done) {
      items.push(renderBinary(memory.bytes, at + done, size - done))
      break
    }
    items.push(renderValue(memory, type, at + done, width))
    done += width
  }
  return items
}

/** Size of one value of a fixed-size type, 0 for the others. `sizeT` in arrays is taken as 8 bytes. */
export function itemSize(type: number): number {
  switch (type) {
    case VALUE.int8:
    case VALUE.uint8:
      return 1
    case VALUE.int16:
    case VALUE.uint16:
      return 2
    case VALUE.int32:
    case VALUE.uint32:
    case VALUE.real32:
    case VALUE.bool:
    case VALUE.hexInt32:
      return 4
    case VALUE.int64:
    case VALUE.uint64:
    case VALUE.real64:
    case VALUE.sizeT:
    case VALUE.filetime:
    case VALUE.hexInt64:
      return 8
    case VALUE.guid:
    case VALUE.systemTime:
      return 16
    default:
      return 0
  }
}

function renderUtf16(bytes: Uint8Array, at: number, size: number): string {
  let length = size >> 1
  while (length > 0 && bytes[at + 2 * length - 1] === 0 && bytes[at + 2 * length - 2] === 0) length -= 1
  return length === 0 ? '' : readUtf16(bytes, at, length)
}

function splitUtf16(bytes: Uint8Array, at: number, size: number): string[] {
  const text = readUtf16(bytes, at, size >> 1)
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0')
}

/** Latin-1: the code page of the machine that wrote the log is not recorded in it. */
function renderAnsi(bytes: Uint8Array, at: number, size: number): string {
  let end = size
  while (end > 0 && bytes[at + end - 1] === 0) end -= 1
  return latin1(bytes, at, end)
}

function latin1(bytes: Uint8Array, at: number, size: number): string {
  let text = ''
  for (let index = at; index < at + size; index += 1) text += String.fromCharCode(bytes[index] ?? 0)
  return text
}

function renderUnsigned(view: DataView, at: number, size: number): string | undefined {
  switch (size) {
    case 1:
      return String(view.getUint8(at))
    case 2:
      return String(view.getUint16(at, true))
    case 4:
      return String(view.getUint32(at, true))
    case 8: {
      const high = view.getUint32(at + 4, true)
      // Up to 2^53 a double is exact, and cheaper than a BigInt.
      if (high < 0x20_0000) return String(high * 2 ** 32 + view.getUint32(at, true))
      return view.getBigUint64(at, true).toString()
    }
    default:
      return undefined
  }
}

function renderSigned(view: DataView, at: number, size: number): string | undefined {
  switch (size) {
    case 1:
      return String(view.getInt8(at))
    case 2:
      return String(view.getInt16(at, true))
    case 4:
      return String(view.getInt32(at, true))
    case 8:
      return view.getBigInt64(at, true).toString()
    default:
      return undefined
  }
}

function renderHex(view: DataView, at: number, size: number): string | undefined {
  if (size === 4) return `0x${view.getUint32(at, true).toString(16)}`
  if (size !== 8) return undefined
  const low = view.getUint32(at, true).toString(16)
  const high = view.getUint32(at + 4, true)
  return high === 0 ? `0x${low}` : `0x${high.toString(16)}${low.padStart(8, '0')}`
}

function renderBool(view: DataView, at: number, size: number): string {
  for (let index = 0; index < size; index += 1) if (view.getUint8(at + index) !== 0) return 'true'
  return 'false'
}

const HEX_BYTES: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
)
const byteText = (byte: number | undefined): string => HEX_BYTES[byte ?? 0] ?? ''

function renderBinary(bytes: Uint8Array, at: number, size: number): string {
  let text = ''
  for (let index = at; index < at + size; index += 1) text += byteText(bytes[index])
  return text
}

/** As `guidToText`, but over the upper-case byte table: GUIDs are in every record, and this is several times faster. */
function guidText(bytes: Uint8Array, at: number): string {
  const hex = (index: number): string => byteText(bytes[at + index])
  return `{${hex(3)}${hex(2)}${hex(1)}${hex(0)}-${hex(5)}${hex(4)}-${hex(7)}${hex(6)}-${hex(8)}${hex(9)}-${hex(10)}${hex(11)}${hex(12)}${hex(13)}${hex(14)}${hex(15)}}`
}

const TICKS_PER_SECOND = 10_000_000
/** Seconds from 1601 to 1970. */
const EPOCH_SECONDS = 11_644_473_600
/** 9999-12-31T23:59:59 in seconds since 1601. */
const MAX_SECONDS = 265_046_774_399

/**
 * ISO text with seven decimals. The 64-bit ticks are divided in 16-bit steps, which is exact in doubles; a value past
 * the year 9999 stays a number of ticks.
 */
function renderFiletime(view: DataView, at: number): string {
  let seconds = 0
  let rest = 0
  for (let index = 6; index >= 0; index -= 2) {
    const value = rest * 65536 + view.getUint16(at + index, true)
    const digit = Math.floor(value / TICKS_PER_SECOND)
    seconds = seconds * 65536 + digit
    rest = value - digit * TICKS_PER_SECOND
  }
  if (seconds > MAX_SECONDS) return view.getBigUint64(at, true).toString()
  const text = new Date((seconds - EPOCH_SECONDS) * 1000).toISOString()
  return `${text.slice(0, 19)}.${String(rest).padStart(7, '0')}Z`
}

/** SYSTEMTIME: eight u16 (year, month, weekday, day, hour, minute, second, millisecond). [MS-DTYP] 2.3.13. */
function renderSystemTime(view: DataView, at: number): string {
  const field = (index: number, width: number): string =>
    String(view.getUint16(at + 2 * index, true)).padStart(width, '0')
  return `${field(0, 4)}-${field(1, 2)}-${field(3, 2)}T${field(4, 2)}:${field(5, 2)}:${field(6, 2)}.${field(7, 3)}Z`
}
