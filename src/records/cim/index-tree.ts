import type { Report } from '../../diagnostics/index.ts'
import { latin1 } from './latin1.ts'
import {
  INDEX_ACTIVE,
  INDEX_ADMIN,
  INDEX_DELETED,
  type Layout,
  MAX_INDEX_DEPTH,
  NO_PAGE,
  PAGE_SIZE,
} from './layout.ts'
import type { PageMap } from './mapping.ts'

/** One page of INDEX.BTR: sorted keys with a child before, between and after them. */
export interface IndexNode {
  readonly logicalPage: number
  readonly keys: readonly string[]
  /** One more than keys; `NO_PAGE` where there is none. */
  readonly children: readonly number[]
  /** Keys of the page that could not be read. */
  readonly damagedKeys: number
  readonly sorted: boolean
}

/**
 * Reads the node in the page at `start`, or says what is wrong. Counts are proved against the page before they are
 * used. A string ends at its NUL: the string offsets are in no order, so the next one says nothing.
 */
export function readNode(bytes: Uint8Array, start: number, layout: Layout): IndexNode | string {
  const end = Math.min(start + PAGE_SIZE, bytes.length)
  if (end - start < 24) return 'the page is cut short'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const signature = view.getUint32(start, true)
  if (signature !== INDEX_ACTIVE && signature !== INDEX_DELETED)
    return `the signature is 0x${signature.toString(16)}`
  const count = view.getUint32(start + 16, true)
  const childrenAt = start + 20 + 4 * count
  const positionsAt = childrenAt + 4 * (count + 1)
  const wordCountAt = positionsAt + 2 * count
  if (wordCountAt + 2 > end) return `${count} keys do not fit`
  const words = view.getUint16(wordCountAt, true)
  const wordsAt = wordCountAt + 2
  const stringCountAt = wordsAt + 2 * words
  if (stringCountAt + 2 > end) return `${words} words do not fit`
  const strings = view.getUint16(stringCountAt, true)
  const offsetsAt = stringCountAt + 2
  const dataAt = offsetsAt + 2 * (strings + 1)
  if (dataAt > end) return `${strings} strings do not fit`
  const none = layout === 'xp' ? 0 : NO_PAGE
  const children: number[] = []
  for (let index = 0; index <= count; index += 1) {
    const child = view.getUint32(childrenAt + 4 * index, true)
    children.push(child === none ? NO_PAGE : child)
  }
  // One string for the whole data area, so that each part is a slice of it.
  const data = latin1(bytes, dataAt, end)
  // Keys of a page share their parts: each is cut out once.
  const parts: string[] = []
  const part = (number: number): string | undefined => {
    if (number >= strings) return undefined
    const known = parts[number]
    if (known !== undefined) return known
    const from = view.getUint16(offsetsAt + 2 * number, true)
    const to = data.indexOf('\0', from)
    if (from > data.length || to < 0) return undefined
    const text = data.slice(from, to)
    parts[number] = text
    return text
  }
  const keys: string[] = []
  let damagedKeys = 0
  for (let index = 0; index < count; index += 1) {
    const key = readKey(view, wordsAt, words, view.getUint16(positionsAt + 2 * index, true), part)
    if (key === undefined) damagedKeys += 1
    keys.push(key ?? '')
  }
  const sorted =
    damagedKeys === 0 && keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') <= key)
  return { logicalPage: view.getUint32(start + 4, true), keys, children, damagedKeys, sorted }
}

function readKey(
  view: DataView,
  wordsAt: number,
  words: number,
  position: number,
  part: (number: number) => string | undefined,
): string | undefined {
  if (position >= words) return undefined
  const count = view.getUint16(wordsAt + 2 * position, true)
  // Real keys have 2 to 4 parts; a page of 8 KB must not become megabytes of joined text.
  if (count === 0 || count > 8 || position + 1 + count > words) return undefined
  let key = ''
  for (let index = 0; index < count; index += 1) {
    const text = part(view.getUint16(wordsAt + 2 * (position + 1 + index), true))
    if (text === undefined || text.length > 512) return undefined
    key = index === 0 ? text : `${key}\\${text}`
  }
  return key
}

/** The B-tree of one generation, read page by page when asked for, each page once. */
export class IndexTree {
  /** True once a page that the tree leads to could not be read or was reached twice. */
  damaged = false
  readonly rootPage: number
  readonly #bytes: Uint8Array
  readonly #map: PageMap
  readonly #layout: Layout
  readonly #source: string
  readonly #report: Report
  readonly #nodes = new Map<number, IndexNode | undefined>()
  readonly #told = new Set<string>()

  constructor(bytes: Uint8Array, map: PageMap, layout: Layout, source: string, report: Report) {
    this.#bytes = bytes
    this.#map = map
    this.#layout = layout
    this.#source = source
    this.#report = report
    this.rootPage = layout === 'xp' ? this.#adminRoot() : map.userData
  }

  /** On XP the admin page, logical 0, names the root at offset 12. */
  #adminRoot(): number {
    const at = (this.#map.physical[0] ?? NO_PAGE) * PAGE_SIZE
    if (at + 16 > this.#bytes.length) return NO_PAGE
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    return view.getUint32(at, true) === INDEX_ADMIN ? view.getUint32(at + 12, true) : NO_PAGE
  }

  /** The root and its children can be read: the quick check that a mapping belongs to this index. */
  get looksSound(): boolean {
    const root = this.node(this.rootPage)
    if (root === undefined) return false
    return root.children.every((child) => child === NO_PAGE || this.node(child) !== undefined)
  }

  node(logicalPage: number): IndexNode | undefined {
    if (this.#nodes.has(logicalPage)) return this.#nodes.get(logicalPage)
    const node = this.#read(logicalPage)
    this.#nodes.set(logicalPage, node)
    return node
  }

  #read(logicalPage: number): IndexNode | undefined {
    const physical = this.#map.physical[logicalPage] ?? NO_PAGE
    if (physical === NO_PAGE) return this.#lost(logicalPage, undefined, 'it is not in the mapping')
    const start = physical * PAGE_SIZE
    if (start >= this.#bytes.length)
      return this.#lost(logicalPage, start, 'it lies beyond the end of the file')
    const node = readNode(this.#bytes, start, this.#layout)
    if (typeof node === 'string') return this.#lost(logicalPage, start, node)
    if (node.logicalPage !== logicalPage)
      return this.#lost(logicalPage, start, `the page calls itself logical page ${node.logicalPage}`)
    if (node.damagedKeys > 0) {
      this.damaged = true
      this.#tell('cim/index-page', logicalPage, start, `${node.damagedKeys} keys cannot be read`)
    } else if (!node.sorted) {
      this.damaged = true
      this.#tell('cim/index-order', logicalPage, start, 'its keys are out of order')
    }
    return node
  }

  #lost(logicalPage: number, offset: number | undefined, why: string): undefined {
    this.damaged = true
    this.#tell('cim/index-page', logicalPage, offset, why)
    return undefined
  }

  #tell(
    code: 'cim/index-page' | 'cim/index-cycle' | 'cim/index-order',
    logicalPage: number,
    offset: number | undefined,
    why: string,
  ): void {
    const told = `${code} ${logicalPage}`
    if (this.#told.has(told)) return
    this.#told.add(told)
    const source = `${this.#source}/INDEX.BTR`
    this.#report({
      code,
      severity: code === 'cim/index-order' ? 'warning' : 'error',
      message: `logical page ${logicalPage} of the index: ${why}`,
      at: offset === undefined ? { in: 'file', source } : { in: 'bytes', source, offset },
      hint: 'Objects that the index no longer leads to are looked for by carving.',
    })
  }

  /** All keys that start with `prefix`, in order. End the prefix at a part's boundary. */
  *scan(prefix: string): Generator<string> {
    yield* this.#scan(this.rootPage, prefix, new Set(), 0)
  }

  /** Every key of the tree, in order. */
  all(): Generator<string> {
    return this.scan('')
  }

  *#scan(logicalPage: number, prefix: string, visited: Set<number>, depth: number): Generator<string> {
    if (logicalPage === NO_PAGE) return
    if (visited.has(logicalPage) || depth > MAX_INDEX_DEPTH) {
      this.damaged = true
      const why = depth > MAX_INDEX_DEPTH ? 'the tree is too deep' : 'it is reached a second time'
      this.#tell('cim/index-cycle', logicalPage, undefined, why)
      return
    }
    visited.add(logicalPage)
    const node = this.node(logicalPage)
    if (node === undefined) return
    const first = node.sorted ? lowerBound(node.keys, prefix) : 0
    for (let index = first; index <= node.keys.length; index += 1) {
      yield* this.#scan(node.children[index] ?? NO_PAGE, prefix, visited, depth + 1)
      const key = node.keys[index]
      if (key === undefined) return
      if (key.startsWith(prefix) && key !== '') yield key
      else if (node.sorted && key > prefix) return
    }
  }

  /** Readable nodes of pages that no logical page of this generation names: what is left of former nodes. */
  *unmappedNodes(): Generator<IndexNode> {
    const mapped = new Set(this.#map.physical)
    yield* strayNodes(this.#bytes, this.#layout, mapped)
  }
}

/** Every page of INDEX.BTR that parses as a node and is not in `mapped`. */
export function* strayNodes(
  bytes: Uint8Array,
  layout: Layout,
  mapped: ReadonlySet<number>,
): Generator<IndexNode> {
  for (let page = 0; page * PAGE_SIZE < bytes.length; page += 1) {
    if (mapped.has(page)) continue
    const node = readNode(bytes, page * PAGE_SIZE, layout)
    if (typeof node !== 'string') yield node
  }
}

function lowerBound(keys: readonly string[], prefix: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < prefix) low = middle + 1
    else high = middle
  }
  return low
}
