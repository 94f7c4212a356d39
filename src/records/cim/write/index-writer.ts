import { INDEX_ACTIVE, INDEX_ADMIN, type Layout, NO_PAGE, PAGE_SIZE } from '../layout.ts'
import { ByteWriter } from './byte-writer.ts'
import type { PageFile } from './page-file.ts'

/** A node is closed when it is this full, so that the last key of a level always finds room. */
const FULL = 6000

interface DraftNode {
  readonly keys: string[]
  /** Drafts of the level below; empty in a leaf. */
  readonly children: DraftNode[]
  size: number
  strings: Set<string>
}

/**
 * Writes the keys as a B-tree and returns the logical page of its root. Only pages whose bytes changed are written.
 * With `usePageZero` the right-most leaf is logical page 0, as on Windows; without it that page stays unmapped, because
 * some readers take a child of 0 for none. On XP it is the admin page.
 */
export function writeIndex(
  file: PageFile,
  keys: readonly string[],
  layout: Layout,
  usePageZero: boolean = false,
): number {
  let level = leaves([...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
  while (level.separators.length > 0) level = parents(level)
  const root = level.nodes[0] ?? emptyNode()
  const first = layout === 'xp' || !usePageZero ? 1 : 0
  const numbered: DraftNode[] = []
  collect(root, numbered)
  // The right-most leaf comes first, the root last.
  const numbers = new Map(numbered.reverse().map((node, index) => [node, index + first]))
  const rootPage = numbers.get(root) ?? first
  if (layout === 'xp') writeIfChanged(file, 0, adminPage(rootPage))
  for (const [node, number] of numbers)
    writeIfChanged(file, number, encodeNode(node, number, numbers, layout))
  file.shrink(numbers.size + first)
  return rootPage
}

function writeIfChanged(file: PageFile, logical: number, bytes: Uint8Array): void {
  const old = file.read(logical)
  if (old?.every((byte, index) => byte === bytes[index])) return
  file.write(logical, () => bytes, 0)
}

interface Level {
  readonly nodes: readonly DraftNode[]
  /** One fewer than nodes. */
  readonly separators: readonly string[]
}

function emptyNode(): DraftNode {
  return { keys: [], children: [], size: 32, strings: new Set() }
}

/** Bytes that a key adds to a node. */
function cost(node: DraftNode, key: string): number {
  let size = 4 + 4 + 2 + 2
  for (const part of key.split('\\')) size += 2 + (node.strings.has(part) ? 0 : 2 + part.length + 1)
  return size
}

function addKey(node: DraftNode, key: string): void {
  node.size += cost(node, key)
  node.keys.push(key)
  for (const part of key.split('\\')) node.strings.add(part)
}

function leaves(keys: readonly string[]): Level {
  let node = emptyNode()
  const nodes = [node]
  const separators: string[] = []
  for (const [index, key] of keys.entries()) {
    if (node.size + cost(node, key) > FULL && index < keys.length - 1) {
      separators.push(key)
      node = emptyNode()
      nodes.push(node)
    } else addKey(node, key)
  }
  return { nodes, separators }
}

function parents(level: Level): Level {
  let node = emptyNode()
  const nodes = [node]
  const separators: string[] = []
  for (const [index, child] of level.nodes.entries()) {
    node.children.push(child)
    const key = level.separators[index]
    if (key === undefined) break
    if (node.size + cost(node, key) > FULL && index < level.separators.length - 1) {
      separators.push(key)
      node = emptyNode()
      nodes.push(node)
    } else addKey(node, key)
  }
  return { nodes, separators }
}

function collect(node: DraftNode, into: DraftNode[]): void {
  into.push(node)
  for (const child of node.children) collect(child, into)
}

function adminPage(rootPage: number): Uint8Array {
  const page = new ByteWriter().u32(INDEX_ADMIN).u32(0).u32(0).u32(rootPage)
  return page.fill(PAGE_SIZE - page.size, 0).bytes()
}

function encodeNode(
  node: DraftNode,
  number: number,
  numbers: ReadonlyMap<DraftNode, number>,
  layout: Layout,
): Uint8Array {
  const none = layout === 'xp' ? 0 : NO_PAGE
  const page = new ByteWriter().u32(INDEX_ACTIVE).u32(number).u32(0).u32(0).u32(node.keys.length)
  for (const _ of node.keys) page.u32(0)
  for (let index = 0; index <= node.keys.length; index += 1) {
    const child = node.children[index]
    page.u32((child && numbers.get(child)) ?? none)
  }
  const strings = [...node.strings]
  const numberOf = new Map(strings.map((text, index) => [text, index]))
  const words: number[] = []
  for (const key of node.keys) {
    page.u16(words.length)
    const parts = key.split('\\')
    words.push(parts.length, ...parts.map((part) => numberOf.get(part) ?? 0))
  }
  page.u16(words.length)
  for (const word of words) page.u16(word)
  page.u16(strings.length)
  let offset = 0
  for (const text of strings) {
    page.u16(offset)
    offset += text.length + 1
  }
  page.u16(offset)
  for (const text of strings) {
    for (const char of text) page.u8(char.charCodeAt(0))
    page.u8(0)
  }
  return page.fill(PAGE_SIZE - page.size, 0).bytes()
}
