/** A small seeded generator (mulberry32): simulated evidence must be the same bytes for the same seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 32 random bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let value = this.#state
    value = Math.imul(value ^ (value >>> 15), value | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return (value ^ (value >>> 14)) >>> 0
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + (this.next() % (most - least + 1))
  }

  /** A process id as Windows gives them: a multiple of four. */
  processId(): number {
    return this.integer(300, 4000) * 4
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, digits).toUpperCase()
  }

  /** A GUID in braces, upper case. */
  guid(): string {
    const hex = this.hex(32)
    return `{${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}}`
  }
}
