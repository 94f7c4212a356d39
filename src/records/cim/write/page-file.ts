import { MAPPING_FOOTER, MAPPING_SIGNATURE, NO_PAGE, PAGE_SIZE } from '../layout.ts'
import { ByteWriter } from './byte-writer.ts'

interface Entry {
  readonly physical: number
  readonly free: number
  readonly written: number
}

/** Generations whose pages must stay as they are: each has its own mapping file. */
const KEPT_GENERATIONS = 3

/**
 * A file of pages, written copy on write: a changed logical page goes to a physical page that no kept generation
 * names, and the old one stays as it was until then.
 */
export class PageFile {
  readonly #pages: Uint8Array[] = []
  #entries: Entry[] = []
  /** Physical pages of the last generations, newest last. */
  readonly #kept: ReadonlySet<number>[] = []
  generation = 0

  /** Starts the next generation. */
  begin(): void {
    this.generation += 1
  }

  /** Writes a logical page; `encode` is given the bytes of its former physical page. */
  write(logical: number, encode: (old: Uint8Array) => Uint8Array, free: number): void {
    const former = this.#entries[logical]?.physical
    const old = former === undefined || former === NO_PAGE ? undefined : this.#pages[former]
    const physical = this.#freePage()
    this.#pages[physical] = encode(old ?? new Uint8Array(PAGE_SIZE))
    while (this.#entries.length < logical)
      this.#entries.push({ physical: NO_PAGE, free: 0, written: this.generation })
    this.#entries[logical] = { physical, free, written: this.generation }
  }

  /** Bytes of a logical page as they are now. */
  read(logical: number): Uint8Array | undefined {
    const physical = this.#entries[logical]?.physical
    return physical === undefined ? undefined : this.#pages[physical]
  }

  /** Gives up logical pages from `count` on. */
  shrink(count: number): void {
    for (let logical = count; logical < this.#entries.length; logical += 1)
      this.#entries[logical] = { physical: NO_PAGE, free: 0, written: this.generation }
  }

  #freePage(): number {
    const used = new Set(this.#entries.map(({ physical }) => physical))
    for (let page = 0; page < this.#pages.length; page += 1)
      if (!used.has(page) && !this.#kept.some((kept) => kept.has(page))) return page
    return this.#pages.length
  }

  /** Ends the generation: its pages are kept until it has no mapping file any more. */
  commit(): void {
    this.#kept.push(new Set(this.#entries.map(({ physical }) => physical)))
    if (this.#kept.length >= KEPT_GENERATIONS) this.#kept.shift()
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#pages.length * PAGE_SIZE)
    for (const [page, content] of this.#pages.entries()) bytes.set(content, page * PAGE_SIZE)
    return bytes
  }

  /** One section of a mapping file (Vista and later). */
  section(version: number, rootPage: number): Uint8Array {
    const out = new ByteWriter().u32(MAPPING_SIGNATURE).u32(version).u32(this.generation)
    out
      .u32(this.generation - 1)
      .u32(this.#pages.length)
      .u32(this.#entries.length)
    for (const [logical, { physical, free, written }] of this.#entries.entries()) {
      // The check value's algorithm is not known; readers cannot use it.
      out.u32(physical).u32(0).u32(free)
      out
        .u32(logical === 0 ? rootPage : 0)
        .u32(this.generation)
        .u32(written)
    }
    return this.#freeList(out)
  }

  /** One section of a mapping file on XP. */
  sectionXp(version: number): Uint8Array {
    const out = new ByteWriter().u32(MAPPING_SIGNATURE).u32(version)
    out.u32(this.#pages.length).u32(this.#entries.length)
    for (const { physical } of this.#entries) out.u32(physical)
    return this.#freeList(out)
  }

  #freeList(out: ByteWriter): Uint8Array {
    const used = new Set(this.#entries.map(({ physical }) => physical))
    const free = this.#pages.flatMap((_, page) => (used.has(page) ? [] : [page]))
    out.u32(free.length)
    for (const page of free) out.u32(page)
    return out.u32(MAPPING_FOOTER).bytes()
  }
}
