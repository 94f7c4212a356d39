import { type Catalog, placeNumber } from '../catalog.ts'
import { LARGE_RECORD_OFFSET, NO_PAGE, PAGE_SIZE } from '../layout.ts'
import { readRecordTable, type TableEntry } from '../object-store.ts'
import type { Snapshot } from '../snapshot.ts'

/**
 * What a position in OBJECTS.DATA is under one generation: in a live record, in one that the table of a live page
 * lists and no index key names, inside another record, in the slack behind the records of a live page, on a page that
 * no logical page names, or (without a mapping) on a page of which nothing is known.
 */
export type Region = 'live' | 'unindexed' | 'inside' | 'page-slack' | 'free-page' | 'unknown'

export interface Position {
  readonly region: Region
  /** The entry of the page's own record table that begins here. */
  readonly entry: TableEntry | undefined
  readonly logicalPage: number | undefined
  readonly physicalPage: number
}

/** Answers what lies where. Built once for a snapshot; without one every page is unknown. */
export class Regions {
  readonly #bytes: Uint8Array
  readonly #snapshot: Snapshot | undefined
  readonly #catalog: Catalog
  readonly #logical = new Map<number, number>()
  /** Logical continuation pages → bytes of a large record on them. */
  readonly #continued = new Map<number, number>()
  readonly #tables = new Map<number, readonly TableEntry[]>()

  constructor(bytes: Uint8Array, snapshot: Snapshot | undefined, catalog: Catalog) {
    this.#bytes = bytes
    this.#snapshot = snapshot
    this.#catalog = catalog
    if (snapshot === undefined) return
    for (const [logical, physical] of snapshot.mapping.objects.physical.entries())
      if (physical !== NO_PAGE) this.#logical.set(physical, logical)
    for (const [page, size] of catalog.large) this.#continue(page, size - (PAGE_SIZE - LARGE_RECORD_OFFSET))
  }

  #continue(page: number, size: number): void {
    const pages = this.#snapshot?.mapping.objects.physical.length ?? 0
    let left = size
    for (let next = page + 1; left > 0 && next < pages && !this.#continued.has(next); next += 1) {
      this.#continued.set(next, Math.min(left, PAGE_SIZE))
      left -= PAGE_SIZE
    }
  }

  /** True for a page that a large record runs on over. */
  isContinuation(logicalPage: number | undefined): boolean {
    return logicalPage !== undefined && this.#continued.has(logicalPage)
  }

  table(physicalPage: number): readonly TableEntry[] {
    const known = this.#tables.get(physicalPage)
    if (known !== undefined) return known
    const table = readRecordTable(this.#bytes, physicalPage * PAGE_SIZE)
    this.#tables.set(physicalPage, table)
    return table
  }

  at(offset: number): Position {
    const physicalPage = Math.floor(offset / PAGE_SIZE)
    const inPage = offset - physicalPage * PAGE_SIZE
    const logicalPage = this.#logical.get(physicalPage)
    const continued = logicalPage === undefined ? undefined : this.#continued.get(logicalPage)
    if (continued !== undefined) {
      const region = inPage < continued ? 'inside' : 'page-slack'
      return { region, entry: undefined, logicalPage, physicalPage }
    }
    const table = this.table(physicalPage)
    const entry = table.find((candidate) => candidate.offset === inPage)
    if (this.#snapshot === undefined) return { region: 'unknown', entry, logicalPage, physicalPage }
    if (logicalPage === undefined) return { region: 'free-page', entry, logicalPage, physicalPage }
    if (entry !== undefined) {
      const region = this.#catalog.places.has(placeNumber(logicalPage, entry.id)) ? 'live' : 'unindexed'
      return { region, entry, logicalPage, physicalPage }
    }
    const inside = table.some(({ offset: start, size }) => inPage > start && inPage < start + size)
    return { region: inside ? 'inside' : 'page-slack', entry, logicalPage, physicalPage }
  }
}
