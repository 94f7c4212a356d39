import type { RecordPlace } from '../index-key.ts'
import { LARGE_RECORD_OFFSET, PAGE_SIZE, TABLE_ENTRY_SIZE } from '../layout.ts'
import type { PageFile } from './page-file.ts'

interface PageRecord {
  readonly id: number
  readonly bytes: Uint8Array
}

/** A logical page of OBJECTS.DATA: records behind a table, or a piece of a large record. */
type LogicalPage =
  | { readonly kind: 'records'; readonly records: PageRecord[] }
  | { readonly kind: 'continuation'; readonly bytes: Uint8Array }

const LARGE_RECORD_ID = 1
const CAPACITY = PAGE_SIZE - LARGE_RECORD_OFFSET

/** The logical pages of OBJECTS.DATA, written to a page file at each commit. */
export class ObjectPages {
  readonly #file: PageFile
  readonly #pages: LogicalPage[] = []
  readonly #dirty = new Set<number>()
  readonly #nextId: () => number

  constructor(file: PageFile, nextId: () => number) {
    this.#file = file
    this.#nextId = nextId
  }

  /** Stores a record on the last page with room, or on pages of its own when it is larger than one. */
  add(bytes: Uint8Array): RecordPlace {
    if (bytes.length > CAPACITY) return this.#addLarge(bytes)
    let page = this.#pages.findLastIndex(
      (candidate) => freeBytes(candidate) >= bytes.length + TABLE_ENTRY_SIZE,
    )
    if (page < 0) page = this.#pages.push({ kind: 'records', records: [] }) - 1
    const id = this.#nextId()
    this.#records(page).push({ id, bytes })
    this.#dirty.add(page)
    return { page, id, size: bytes.length }
  }

  #records(page: number): PageRecord[] {
    const found = this.#pages[page]
    return found?.kind === 'records' ? found.records : []
  }

  #addLarge(bytes: Uint8Array): RecordPlace {
    const page = this.#pages.push({ kind: 'records', records: [{ id: LARGE_RECORD_ID, bytes }] }) - 1
    this.#dirty.add(page)
    for (let at = CAPACITY; at < bytes.length; at += PAGE_SIZE) {
      this.#dirty.add(
        this.#pages.push({ kind: 'continuation', bytes: bytes.subarray(at, at + PAGE_SIZE) }) - 1,
      )
    }
    return { page, id: LARGE_RECORD_ID, size: bytes.length }
  }

  /** Takes a record out of its page. What follows moves up; the rest of the page keeps its old bytes. */
  remove(place: RecordPlace): void {
    const records = this.#records(place.page)
    const at = records.findIndex(({ id }) => id === place.id)
    if (at < 0) return
    records.splice(at, 1)
    this.#dirty.add(place.page)
    for (
      let page = place.page + 1;
      this.#pages[page]?.kind === 'continuation' && place.size > CAPACITY;
      page += 1
    ) {
      this.#pages[page] = { kind: 'records', records: [] }
      this.#dirty.add(page)
    }
  }

  commit(): void {
    for (const page of this.#dirty) {
      const logical = this.#pages[page]
      if (logical === undefined) continue
      this.#file.write(page, (old) => encodePage(logical, old), freeBytes(logical))
    }
    this.#dirty.clear()
  }
}

function freeBytes(page: LogicalPage): number {
  if (page.kind === 'continuation') return 0
  const used = page.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
  return Math.max(0, PAGE_SIZE - TABLE_ENTRY_SIZE * (page.records.length + 1) - used)
}

/** The page over its old bytes, which stay as slack behind the records, as they do on Windows. */
function encodePage(page: LogicalPage, old: Uint8Array): Uint8Array {
  const bytes = old.slice()
  if (page.kind === 'continuation') {
    bytes.set(page.bytes)
    return bytes
  }
  const view = new DataView(bytes.buffer)
  let offset = TABLE_ENTRY_SIZE * (page.records.length + 1)
  for (const [index, record] of page.records.entries()) {
    const at = TABLE_ENTRY_SIZE * index
    for (const [field, value] of [record.id, offset, record.bytes.length, 0].entries())
      view.setUint32(at + 4 * field, value, true)
    bytes.set(record.bytes.subarray(0, PAGE_SIZE - offset), offset)
    offset += record.bytes.length
  }
  const terminator = TABLE_ENTRY_SIZE * page.records.length
  bytes.fill(0, terminator, terminator + TABLE_ENTRY_SIZE)
  return bytes
}
