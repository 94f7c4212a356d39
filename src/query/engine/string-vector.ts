import type { Vector } from '@duckdb/node-bindings'
import type { DuckDbBinding } from './duckdb-library.ts'

/**
 * Writes the strings of a column into a DuckDB vector with three native calls instead of one a string (0.8 µs each):
 * the distinct texts go in as one long string, and the 16-byte `duckdb_string_t` of every row is written by us, pointing
 * into it. Layout (duckdb.h): uint32 length, then up to 12 bytes inline, or 4 bytes of prefix and a pointer.
 *
 * Every offset is computed from the bytes encoded here, never from evidence, so no row can point outside the long
 * string, which lives as long as the chunk. `selfTest` proves the layout before the first use.
 */
const STRING_SIZE = 16
const INLINE_LIMIT = 12

export class StringVectorWriter {
  private readonly binding: DuckDbBinding
  private readonly encoder = new TextEncoder()
  private heap = new Uint8Array(1 << 20)
  private readonly words: Uint32Array
  private readonly bytes: Uint8Array<ArrayBuffer>
  private readonly parts: string[] = []

  constructor(binding: DuckDbBinding, capacity: number) {
    this.binding = binding
    const buffer = new ArrayBuffer(capacity * STRING_SIZE)
    this.words = new Uint32Array(buffer)
    this.bytes = new Uint8Array(buffer)
  }

  /** Writes `rowCount` values; a value that is no string is left as the empty string (its row is null). */
  write(vector: Vector, values: readonly unknown[], rowCount: number): void {
    const allAscii = this.encode(values, rowCount)
    const [low, high] = this.place(vector)
    const { words, bytes, heap } = this
    let offset = 0
    let previous: unknown
    let at = 0
    for (let row = 0; row < rowCount; row += 1, at += 4) {
      const value = values[row]
      if (value === previous && row > 0) {
        words[at] = words[at - 4] ?? 0
        words[at + 1] = words[at - 3] ?? 0
        words[at + 2] = words[at - 2] ?? 0
        words[at + 3] = words[at - 1] ?? 0
        continue
      }
      previous = value
      const length = typeof value !== 'string' ? 0 : allAscii ? value.length : Buffer.byteLength(value)
      const inline = at * 4 + 4
      words[at] = length
      words[at + 1] = 0
      words[at + 2] = 0
      words[at + 3] = 0
      if (length <= INLINE_LIMIT) {
        for (let index = 0; index < length; index += 1) bytes[inline + index] = heap[offset + index] ?? 0
      } else {
        for (let index = 0; index < 4; index += 1) bytes[inline + index] = heap[offset + index] ?? 0
        const pointer = low + offset
        words[at + 2] = pointer
        words[at + 3] = pointer >= 0x1_0000_0000 ? high + 1 : high
      }
      offset += length
    }
    this.binding.copy_data_to_vector(vector, 0, bytes.buffer, 0, rowCount * STRING_SIZE)
  }

  /** Encodes all texts that differ from the one before; true when each takes as many bytes as it has characters. */
  private encode(values: readonly unknown[], rowCount: number): boolean {
    const { parts } = this
    parts.length = 0
    let previous: unknown
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row]
      if (value === previous && row > 0) continue
      previous = value
      if (typeof value === 'string') parts.push(value)
    }
    const joined = parts.join('')
    if (this.heap.length < joined.length * 3 + STRING_SIZE) {
      this.heap = new Uint8Array(joined.length * 3 + (1 << 16))
    }
    this.used = this.encoder.encodeInto(joined, this.heap).written
    // A surrogate pair split over two texts would be joined into one character: then sizes do not add up.
    if (this.used !== joined.length) this.encodeApart()
    return this.used === joined.length
  }

  private used = 0

  private encodeApart(): void {
    let offset = 0
    for (const part of this.parts) offset += this.encoder.encodeInto(part, this.heap.subarray(offset)).written
    this.used = offset
  }

  /** Puts the long string into the vector's own memory and says where that is. */
  private place(vector: Vector): [low: number, high: number] {
    const size = Math.max(this.used, INLINE_LIMIT + 1)
    this.binding.vector_assign_string_element_len(vector, 0, this.heap.subarray(0, size))
    const slot = this.binding.vector_get_data(vector, STRING_SIZE)
    const view = new DataView(slot.buffer, slot.byteOffset, STRING_SIZE)
    if (view.getUint32(0, true) !== size)
      throw new Error('invariant: duckdb_string_t is not laid out as expected')
    return [view.getUint32(8, true), view.getUint32(12, true)]
  }
}
