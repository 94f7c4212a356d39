import { InputError } from '../../diagnostics/index.ts'
import type { RecordPlace } from './index-key.ts'
import { LARGE_RECORD_OFFSET, NO_PAGE, PAGE_SIZE, TABLE_ENTRY_SIZE } from './layout.ts'
import type { PageMap } from './mapping.ts'

/** An entry of a page's record table; `offset` counts from the start of the page. */
export interface TableEntry {
  readonly id: number
  readonly offset: number
  readonly size: number
}

/** The bytes of one record. Those of a large record are joined, so only its first page has file offsets. */
export interface StoredRecord {
  readonly bytes: Uint8Array
  /** Physical offset of the first byte in OBJECTS.DATA. */
  readonly offset: number
  readonly place: RecordPlace
  readonly writtenGeneration: number | undefined
}

/**
 * The record table at the start of a page: entries up to an all-zero one. Entries that leave the page (but for a
 * large record alone on its page) or point into the table are left out; so are entries past the first 511, which
 * cannot have bytes of their own.
 */
export function readRecordTable(bytes: Uint8Array, start: number): TableEntry[] {
  const entries: TableEntry[] = []
  const end = Math.min(start + PAGE_SIZE, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = start; at + TABLE_ENTRY_SIZE <= end; at += TABLE_ENTRY_SIZE) {
    const id = view.getUint32(at, true)
    const offset = view.getUint32(at + 4, true)
    const size = view.getUint32(at + 8, true)
    if (id === 0 && offset === 0 && size === 0) break
    const large = offset === LARGE_RECORD_OFFSET && at === start
    if (offset < TABLE_ENTRY_SIZE || offset >= PAGE_SIZE || size === 0) continue
    if (offset + size > PAGE_SIZE && !large) continue
    entries.push({ id, offset, size })
  }
  return entries
}

/** OBJECTS.DATA under one generation's mapping. */
export class ObjectStore {
  readonly bytes: Uint8Array
  readonly map: PageMap
  readonly source: string
  readonly #tables = new Map<number, readonly TableEntry[]>()
  /** Which large record's page each continuation page was read for: none may serve two. */
  readonly #claimed = new Map<number, number>()

  constructor(bytes: Uint8Array, map: PageMap, source: string) {
    this.bytes = bytes
    this.map = map
    this.source = `${source}/OBJECTS.DATA`
  }

  /** Physical offset of a logical page; `undefined` when it is unmapped or wholly beyond the file. */
  pageOffset(logicalPage: number): number | undefined {
    const physical = this.map.physical[logicalPage] ?? NO_PAGE
    if (physical === NO_PAGE || physical * PAGE_SIZE >= this.bytes.length) return undefined
    return physical * PAGE_SIZE
  }

  table(pageOffset: number): readonly TableEntry[] {
    const known = this.#tables.get(pageOffset)
    if (known !== undefined) return known
    const table = readRecordTable(this.bytes, pageOffset)
    this.#tables.set(pageOffset, table)
    return table
  }

  /** The record that an index key names. Throws `cim/record-missing` or `cim/record-damaged`. */
  read(place: RecordPlace): StoredRecord {
    const start = this.pageOffset(place.page)
    const name = `record ${place.id} of logical page ${place.page}`
    if (start === undefined) {
      throw new InputError('cim/record-missing', `${name}: the page is not in the mapping or the file`, {
        in: 'file',
        source: this.source,
      })
    }
    const at = { in: 'bytes', source: this.source, offset: start } as const
    const named = this.table(start).filter((candidate) => candidate.id === place.id)
    const entry = named.find((candidate) => candidate.size === place.size) ?? named[0]
    if (entry === undefined)
      throw new InputError('cim/record-missing', `${name} is not in the page's table`, at)
    const offset = start + entry.offset
    const writtenGeneration = this.map.written?.[place.page]
    const inPage = PAGE_SIZE - entry.offset
    if (entry.size <= inPage) {
      // The key's size is a second witness when the table's was changed; the record itself has the last word.
      const size = place.size <= inPage ? Math.max(entry.size, place.size) : entry.size
      if (offset + size > this.bytes.length)
        throw new InputError('cim/record-damaged', `${name} is cut off by the end of the file`, at)
      return { bytes: this.bytes.subarray(offset, offset + size), offset, place, writtenGeneration }
    }
    return { bytes: this.#joined(entry, place, start), offset, place, writtenGeneration }
  }

  /** Bytes of a record that runs on over the following logical pages, each taken whole. */
  #joined(entry: TableEntry, place: RecordPlace, start: number): Uint8Array {
    const fail = (why: string): InputError =>
      new InputError('cim/record-damaged', `large record of logical page ${place.page}: ${why}`, {
        in: 'bytes',
        source: this.source,
        offset: start + entry.offset,
      })
    const pages = Math.ceil((entry.size - (PAGE_SIZE - entry.offset)) / PAGE_SIZE)
    if (entry.size !== place.size) throw fail(`its size is ${entry.size}, the index says ${place.size}`)
    if (pages > this.map.physical.length - place.page - 1 || entry.size > this.bytes.length)
      throw fail(`its size of ${entry.size} bytes runs past the last page`)
    const offsets: number[] = []
    for (let index = 1; index <= pages; index += 1) {
      const offset = this.pageOffset(place.page + index)
      const owner = this.#claimed.get(place.page + index) ?? place.page
      if (offset === undefined) throw fail(`logical page ${place.page + index} is not there`)
      if (owner !== place.page)
        throw fail(`logical page ${place.page + index} belongs to that of page ${owner}`)
      offsets.push(offset)
    }
    for (let index = 1; index <= pages; index += 1) this.#claimed.set(place.page + index, place.page)
    const from = start + entry.offset
    const isInOnePiece = offsets.every((offset, index) => offset === start + (index + 1) * PAGE_SIZE)
    if (isInOnePiece && from + entry.size <= this.bytes.length)
      return this.bytes.subarray(from, from + entry.size)
    const joined = new Uint8Array(entry.size)
    joined.set(this.bytes.subarray(start + entry.offset, start + PAGE_SIZE))
    let filled = PAGE_SIZE - entry.offset
    for (const offset of offsets) {
      const length = Math.min(PAGE_SIZE, entry.size - filled)
      if (offset + length > this.bytes.length) throw fail('it is cut off by the end of the file')
      joined.set(this.bytes.subarray(offset, offset + length), filled)
      filled += length
    }
    return joined
  }
}
