import type { EventRecord } from '../event.ts'

/** Most live records remembered to tell recovered ones apart: 4 million are 64 MB, more than any log of 1 GB has. */
const MAX_REMEMBERED = 1 << 22
/** Characters of recovered records held back until the log has been read to its end; then the oldest go out early. */
const MAX_HELD_CHARACTERS = 1 << 24

/**
 * Keeps recovered records back until all live ones are known, so that a copy of a live record is not told twice, and
 * gives each recovered record once. Two records are the same when record id, time and event id are.
 */
export class Recovered {
  private readonly live = new KeySet()
  private readonly given = new KeySet()
  private held: { readonly key: number; readonly event: EventRecord }[] = []
  private heldCharacters = 0
  private readonly sink: (event: EventRecord) => void
  count = 0

  constructor(sink: (event: EventRecord) => void) {
    this.sink = sink
  }

  addLive(event: EventRecord): void {
    this.live.add(keyOf(event))
  }

  addRecovered(event: EventRecord): void {
    const key = keyOf(event)
    if (this.live.has(key) || this.given.has(key)) return
    this.given.add(key)
    this.held.push({ key, event: { ...event, recovered: true } })
    for (const value of event.values) this.heldCharacters += 32 + (value?.length ?? 0)
    if (this.heldCharacters > MAX_HELD_CHARACTERS) this.release()
  }

  /** Gives what is held and not live. */
  release(): void {
    for (const { key, event } of this.held) {
      if (this.live.has(key)) continue
      this.count += 1
      this.sink(event)
    }
    this.held = []
    this.heldCharacters = 0
  }
}

/**
 * A 53-bit mix of record id, time and event id, never 0. The time as a double (to 1.6 microseconds): BigInt arithmetic
 * for every record would cost more than reading it.
 */
function keyOf(event: EventRecord): number {
  const time = Number(event.timeFiletime ?? 0n)
  let a = (event.recordId ?? 0) | 0
  let b = Math.imul(event.eventId + 1, 0x9e3779b1)
  a = Math.imul(a ^ (time % 0x1_0000_0000), 0x85ebca6b) ^ (a >>> 13)
  b = Math.imul(b ^ (time / 0x1_0000_0000), 0xc2b2ae35) ^ a
  a = Math.imul(a ^ (b >>> 15), 0x27d4eb2f) ^ (b >>> 16)
  b = Math.imul(b ^ (a >>> 13), 0x165667b1) ^ (a >>> 16)
  return (a >>> 0) * 0x20_0000 + (b >>> 11) + 1
}

/** An open-addressing set of numbers: 8 bytes a place, where a `Set` takes forty. */
class KeySet {
  private slots = new Float64Array(1024)
  private size = 0

  add(key: number): void {
    if (this.size >= MAX_REMEMBERED) return
    if (this.size * 2 >= this.slots.length) this.grow()
    const at = this.find(key)
    if (this.slots[at] === key) return
    this.slots[at] = key
    this.size += 1
  }

  has(key: number): boolean {
    return this.slots[this.find(key)] === key
  }

  private find(key: number): number {
    const mask = this.slots.length - 1
    let at = (key % 0xffff_fffb) & mask
    while (this.slots[at] !== 0 && this.slots[at] !== key) at = (at + 1) & mask
    return at
  }

  private grow(): void {
    const old = this.slots
    this.slots = new Float64Array(old.length * 2)
    for (const key of old) if (key !== 0) this.slots[this.find(key)] = key
  }
}
