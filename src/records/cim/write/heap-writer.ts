import { InputError } from '../../../diagnostics/index.ts'
import type { CimInstance, CimValue } from '../../../lang/cim-value.ts'
import { utf16 } from '../name-hash.ts'
import { typeCode, typeName, typeSize } from '../value.ts'
import { ByteWriter } from './byte-writer.ts'

const ARRAY = 0x2000

/** Bytes of an embedded object without its length. */
export type EmbedObject = (object: CimInstance) => Uint8Array

export function writeError(message: string): InputError {
  return new InputError('cim/write', message)
}

/** The heap of a class or instance: texts, arrays and objects, referred to by offset. */
export class HeapWriter {
  readonly #bytes = new ByteWriter()
  readonly #embed: EmbedObject

  constructor(embed: EmbedObject) {
    this.#embed = embed
  }

  bytes(): Uint8Array {
    return this.#bytes.bytes()
  }

  get size(): number {
    return this.#bytes.size
  }

  /** Appends a text and returns its offset: one byte a character where all fit, else UTF-16LE. */
  text(text: string): number {
    const at = this.#bytes.size
    this.#bytes.put(heapText(text))
    return at
  }

  put(bytes: Uint8Array): number {
    const at = this.#bytes.size
    this.#bytes.put(bytes)
    return at
  }

  /** The bytes that a value takes in the value area; what does not fit there goes to the heap. */
  slot(type: number, value: CimValue): Uint8Array {
    const slot = new ByteWriter()
    if (type & ARRAY) slot.u32(this.#array(type & 0xff, value))
    else this.#scalar(slot, type & 0xff, value)
    return slot.bytes()
  }

  #array(base: number, value: CimValue): number {
    if (!Array.isArray(value)) throw writeError(`an array of ${typeName(base)} cannot be ${String(value)}`)
    const elements = new ByteWriter().u32(value.length)
    for (const item of value as readonly CimValue[]) this.#scalar(elements, base, item)
    return this.put(elements.bytes())
  }

  #scalar(slot: ByteWriter, base: number, value: CimValue): void {
    const name = typeName(base) ?? ''
    if (/^(string|datetime|reference)$/.test(name) && typeof value === 'string') {
      slot.u32(this.text(value))
    } else if (name === 'boolean' && typeof value === 'boolean') {
      slot.u16(value ? 0xffff : 0)
    } else if (name === 'object' && typeof value === 'object' && value !== null && 'className' in value) {
      const object = this.#embed(value)
      slot.u32(this.put(new ByteWriter().u32(object.length).put(object).bytes()))
    } else if (name === 'real32' && typeof value === 'number') slot.f32(value)
    else if (name === 'real64' && typeof value === 'number') slot.f64(value)
    else if (/int|char16/.test(name) && (typeof value === 'number' || typeof value === 'bigint')) {
      integer(slot, name, typeSize(base) ?? 4, BigInt(value))
    } else throw writeError(`a value of type ${name} cannot be ${String(value)}`)
  }
}

function integer(slot: ByteWriter, name: string, size: number, value: bigint): void {
  const bits = 8 * size
  const exact = name.startsWith('sint') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
  if (exact !== value) throw writeError(`${value} does not fit ${name}`)
  for (let byte = 0; byte < size; byte += 1)
    slot.u8(Number(BigInt.asUintN(8, BigInt.asUintN(bits, value) >> BigInt(8 * byte))))
}

/** A text with its flag and terminator. */
export function heapText(text: string): Uint8Array {
  if (text.includes('\0')) throw writeError('a text with a zero character ends there and cannot be kept')
  const wide = [...text].some((char) => char.charCodeAt(0) > 0xff || char.length > 1)
  const out = new ByteWriter().u8(wide ? 1 : 0)
  if (wide) return out.put(utf16(text)).u16(0).bytes()
  for (const char of text) out.u8(char.charCodeAt(0))
  return out.u8(0).bytes()
}

/** The code of a CIM type by name. Throws `cim/write` for one that is none. */
export function knownTypeCode(name: string): number {
  const code = typeCode(name)
  if (code === undefined) throw writeError(`there is no CIM type ${name}`)
  return code
}
