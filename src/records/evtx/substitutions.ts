import { type Chunk, chunkError } from './chunk.ts'
import { VALUE } from './layout.ts'

const DESCRIPTOR_SIZE = 4

/**
 * The substitution values of a template instance: position, size and type of each. Reused between records, so that
 * reading a record allocates nothing for what is not shown. Source: [MS-EVEN6] 2.2.12 "TemplateInstanceData".
 */
export class Substitutions {
  count = 0
  positions: Int32Array = new Int32Array(64)
  sizes: Int32Array = new Int32Array(64)
  types: Uint8Array = new Uint8Array(64)

  /**
   * Reads the array at `at`: count, descriptors (size u16, type u8, 0), then the values packed. Returns the position
   * after them. Throws `evtx/value-overrun` when anything reaches past `end`.
   */
  read(chunk: Chunk, at: number, end: number): number {
    const { view } = chunk
    if (end - at < 4) throw overrun(chunk, at)
    const count = view.getUint32(at, true)
    if (count * DESCRIPTOR_SIZE > end - at - 4) throw overrun(chunk, at)
    if (count > this.types.length) this.grow(count)
    const { positions, sizes, types } = this
    let descriptor = at + 4
    let position = descriptor + count * DESCRIPTOR_SIZE
    for (let index = 0; index < count; index += 1) {
      const size = view.getUint16(descriptor, true)
      positions[index] = position
      sizes[index] = size
      // A null value may still take room (2 or 16 bytes, common): the size counts whatever the type.
      types[index] = view.getUint8(descriptor + 2)
      position += size
      descriptor += DESCRIPTOR_SIZE
    }
    if (position > end) throw overrun(chunk, at)
    this.count = count
    return position
  }

  clear(): void {
    this.count = 0
  }

  /** Type of a slot; null for one that does not exist. */
  typeOf(slot: number): number {
    return slot < this.count ? (this.types[slot] ?? VALUE.null) : VALUE.null
  }

  private grow(count: number): void {
    this.positions = new Int32Array(count)
    this.sizes = new Int32Array(count)
    this.types = new Uint8Array(count)
  }
}

function overrun(chunk: Chunk, at: number): Error {
  return chunkError('evtx/value-overrun', 'substitution values reach past the end of the record', chunk, at)
}
