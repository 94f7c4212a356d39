import type { Appender, DataChunk, LogicalType, Vector } from '@duckdb/node-bindings'
import { UNIX_EPOCH_FILETIME } from '../../bytes/index.ts'
import type { Cell, ColumnType } from '../../tables/index.ts'
import type { DuckDbBinding } from './duckdb-library.ts'
import { StringVectorWriter } from './string-vector.ts'
import { wellFormedJson } from './well-formed-json.ts'
import { decimalParts, guidParts } from './wide-values.ts'

/** Years 1 to 9999 as FILETIME: what a KQL datetime can be. 0 means "no time" in every Windows format. */
const MIN_TICKS = -504_911_232_000_000_000n
const MAX_TICKS = 2_650_467_743_999_999_999n

export interface ChunkColumn {
  readonly type: ColumnType
  /** Absent: every row holds the empty value. */
  readonly values: readonly Cell[] | undefined
}

/** Writes batches into a table through an appender, a data chunk at a time, with typed arrays instead of values. */
export class ChunkWriter {
  private readonly binding: DuckDbBinding
  private readonly capacity: number
  private readonly strings: StringVectorWriter
  private readonly validity: Uint8Array<ArrayBuffer>
  private readonly wide: BigInt64Array<ArrayBuffer>
  private readonly halves: Uint32Array
  private readonly ints: Int32Array<ArrayBuffer>
  private readonly reals: Float64Array<ArrayBuffer>
  private readonly bools: Uint8Array<ArrayBuffer>
  private readonly pairs: BigInt64Array<ArrayBuffer>

  constructor(binding: DuckDbBinding) {
    this.binding = binding
    this.capacity = binding.vector_size()
    this.strings = new StringVectorWriter(binding, this.capacity)
    this.validity = new Uint8Array(this.capacity / 8)
    this.wide = new BigInt64Array(this.capacity)
    this.halves = new Uint32Array(this.wide.buffer)
    this.ints = new Int32Array(this.capacity)
    this.reals = new Float64Array(this.capacity)
    this.bools = new Uint8Array(this.capacity)
    this.pairs = new BigInt64Array(this.capacity * 2)
  }

  createChunk(types: readonly LogicalType[]): DataChunk {
    return this.binding.create_data_chunk(types)
  }

  append(appender: Appender, chunk: DataChunk, columns: readonly ChunkColumn[], rowCount: number): void {
    const { binding } = this
    if (rowCount > this.capacity) throw new Error('invariant: a batch is larger than a data chunk')
    binding.data_chunk_reset(chunk)
    columns.forEach((column, index) => {
      this.writeColumn(binding.data_chunk_get_vector(chunk, index), column, rowCount)
    })
    binding.data_chunk_set_size(chunk, rowCount)
    binding.append_data_chunk(appender, chunk)
  }

  private writeColumn(vector: Vector, column: ChunkColumn, rowCount: number): void {
    const { type, values } = column
    if (type === 'string') {
      this.strings.write(vector, values ?? [], rowCount)
      return
    }
    this.validity.fill(0)
    if (values !== undefined) this.writeNullable(vector, type, values, rowCount)
    this.writeValidity(vector, rowCount)
  }

  private writeNullable(vector: Vector, type: ColumnType, values: readonly Cell[], rowCount: number): void {
    switch (type) {
      case 'dynamic': {
        const texts = values.map((value) => (typeof value === 'string' ? wellFormedJson(value) : undefined))
        this.each(texts, rowCount, (value) => typeof value === 'string')
        this.strings.write(vector, texts, rowCount)
        break
      }
      case 'datetime':
        this.each(values, rowCount, (value, row) => this.setTime(value, row))
        this.copy(vector, this.wide.buffer, rowCount * 8)
        break
      case 'long':
      case 'timespan':
        this.each(values, rowCount, (value, row) => this.setLong(value, row))
        this.copy(vector, this.wide.buffer, rowCount * 8)
        break
      case 'int':
        this.each(values, rowCount, (value, row) => {
          const number = typeof value === 'bigint' ? Number(value) : value
          if (typeof number !== 'number' || !Number.isInteger(number) || (number | 0) !== number) return false
          this.ints[row] = number
          return true
        })
        this.copy(vector, this.ints.buffer, rowCount * 4)
        break
      case 'real':
        this.each(values, rowCount, (value, row) => {
          if (typeof value !== 'number') return false
          this.reals[row] = value
          return true
        })
        this.copy(vector, this.reals.buffer, rowCount * 8)
        break
      case 'bool':
        this.each(values, rowCount, (value, row) => {
          if (typeof value !== 'boolean') return false
          this.bools[row] = value ? 1 : 0
          return true
        })
        this.copy(vector, this.bools.buffer, rowCount)
        break
      case 'guid':
      case 'decimal': {
        const partsOf = type === 'guid' ? guidParts : decimalParts
        this.each(values, rowCount, (value, row) => {
          const parts = typeof value === 'string' ? partsOf(value) : undefined
          if (parts === undefined) return false
          this.pairs[row * 2] = parts.low
          this.pairs[row * 2 + 1] = parts.high
          return true
        })
        this.copy(vector, this.pairs.buffer, rowCount * 16)
        break
      }
      case 'string':
        throw new Error('invariant: strings are written apart')
    }
  }

  /** Runs `set` on every value and marks as present those it took. */
  private each(values: readonly Cell[], rowCount: number, set: (value: Cell, row: number) => boolean): void {
    for (let row = 0; row < rowCount; row += 1) {
      const value = values[row]
      if (value !== undefined && set(value, row)) {
        const at = row >> 3
        this.validity[at] = (this.validity[at] ?? 0) | (1 << (row & 7))
      }
    }
  }

  private setTime(value: Cell, row: number): boolean {
    if (typeof value !== 'bigint' || value < MIN_TICKS || value > MAX_TICKS || value === 0n) return false
    const ticks = value - UNIX_EPOCH_FILETIME
    // Cut, never rounded: BigInt division goes towards zero, which would round up before 1970.
    this.wide[row] = (ticks < 0n ? ticks - 9n : ticks) / 10n
    return true
  }

  private setLong(value: Cell, row: number): boolean {
    if (typeof value === 'bigint') {
      this.wide[row] = value
      return true
    }
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return false
    const high = Math.floor(value / 0x1_0000_0000)
    this.halves[row * 2] = value - high * 0x1_0000_0000
    this.halves[row * 2 + 1] = high
    return true
  }

  private copy(vector: Vector, source: ArrayBuffer, byteCount: number): void {
    this.binding.copy_data_to_vector(vector, 0, source, 0, byteCount)
  }

  private writeValidity(vector: Vector, rowCount: number): void {
    const bytes = Math.ceil(rowCount / 64) * 8
    this.binding.vector_ensure_validity_writable(vector)
    this.binding.copy_data_to_vector_validity(vector, 0, this.validity.buffer, 0, bytes)
  }
}
