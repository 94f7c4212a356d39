/** Bytes that grow as they are written; all integers little-endian. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  size = 0

  #room(size: number): number {
    const at = this.size
    this.size += size
    if (this.size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.size, 2 * this.#bytes.length))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  u64(value: bigint): this {
    const at = this.#room(8)
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true)
    return this
  }

  f32(value: number): this {
    const at = this.#room(4)
    this.#view.setFloat32(at, value, true)
    return this
  }

  f64(value: number): this {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
    return this
  }

  put(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  fill(size: number, byte: number): this {
    const at = this.#room(size)
    this.#bytes.fill(byte, at, at + size)
    return this
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.size)
  }
}
