import { InputError } from '../diagnostics/index.ts'

/**
 * A bounded position in bytes of evidence. `take` proves that a structure fits before it is read; fields are then
 * read from `view` at fixed offsets. One view serves a whole evidence window: a view per structure costs tens of
 * times more.
 */
export class Cursor {
  readonly view: DataView
  readonly bytes: Uint8Array
  /** Offset of byte 0 of this window in the file, for diagnostics. */
  readonly base: number
  readonly source: string
  /** Exclusive end inside the window: a cursor never reads at or past it. */
  readonly limit: number
  position: number

  constructor(
    bytes: Uint8Array,
    source: string,
    options: { base?: number; start?: number; end?: number; view?: DataView } = {},
  ) {
    this.bytes = bytes
    this.view = options.view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.source = source
    this.base = options.base ?? 0
    this.position = options.start ?? 0
    this.limit = Math.min(options.end ?? bytes.byteLength, bytes.byteLength)
  }

  get remaining(): number {
    return this.limit - this.position
  }

  /** Moves past `size` bytes and returns where they start. Throws `bytes/out-of-bounds`, naming `what` was cut. */
  take(size: number, what: string): number {
    const at = this.position
    if (!(size >= 0) || size > this.limit - at) throw this.outOfBounds(size, what)
    this.position = at + size
    return at
  }

  u8(what: string): number {
    return this.view.getUint8(this.take(1, what))
  }

  u16(what: string): number {
    return this.view.getUint16(this.take(2, what), true)
  }

  u32(what: string): number {
    return this.view.getUint32(this.take(4, what), true)
  }

  u64(what: string): bigint {
    return this.view.getBigUint64(this.take(8, what), true)
  }

  /** A u32 count of items of `itemSize` bytes each, proved to fit in what remains before anything is allocated. */
  count(itemSize: number, what: string): number {
    const count = this.u32(what)
    if (count * itemSize > this.limit - this.position) throw this.outOfBounds(count * itemSize, what)
    return count
  }

  /** A cursor that cannot leave the next `length` bytes; this one moves past them. */
  region(length: number, what: string): Cursor {
    const start = this.take(length, what)
    return new Cursor(this.bytes, this.source, {
      base: this.base,
      start,
      end: start + length,
      view: this.view,
    })
  }

  /** Moves to an absolute position inside the window. */
  seek(position: number, what: string): void {
    if (!(position >= 0) || position > this.limit) throw this.outOfBounds(position - this.position, what)
    this.position = position
  }

  private outOfBounds(size: number, what: string): InputError {
    return new InputError(
      'bytes/out-of-bounds',
      `${what} needs ${size} bytes, ${Math.max(0, this.limit - this.position)} remain`,
      { in: 'bytes', source: this.source, offset: this.base + this.position },
    )
  }
}
