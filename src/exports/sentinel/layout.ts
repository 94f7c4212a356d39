import {
  Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json } from './delta.ts'

/** How one node was written, where it differs from how we write it by ourselves. */
export interface NodeLook {
  /** Keys and list positions from the top; a key's own comments are at the path of its value with `#key`. */
  readonly at: readonly string[]
  readonly style?: string
  readonly comment?: string
  readonly commentBefore?: string
  readonly spaceBefore?: boolean
  readonly flow?: boolean
  readonly format?: string
  readonly decimals?: number
}

/** No line is broken by us: a query in quotes stays as its author wrote it. */
const WRITE = {
  indent: 2,
  lineWidth: 0,
  minContentWidth: 0,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const

/** Text that a person reads in several lines becomes a literal block; YAML's own choice would be quotes for some. */
export function rulesDocument(value: Json): Document {
  const document = new Document(value, { aliasDuplicateObjects: false })
  walk(document.contents as Node | null, [], (node) => {
    if (!isScalar(node) || typeof node.value !== 'string') return
    if (OLD_LINE_ENDS.test(node.value)) node.type = Scalar.QUOTE_DOUBLE
    else if (/\n/.test(node.value) && !/[ \t]\n|^\s/.test(node.value)) node.type = Scalar.BLOCK_LITERAL
  })
  return document
}

/** Line ends to readers of YAML 1.1, Sentinel's among them, and plain characters to our writer: escaped in quotes. */
const OLD_LINE_ENDS = /[\u0085\u2028\u2029]/
const ESCAPES: Readonly<Record<string, string>> = { '\u0085': '\\N', '\u2028': '\\L', '\u2029': '\\P' }

export function writeYaml(document: Document): string {
  return document
    .toString(WRITE)
    .replace(new RegExp(OLD_LINE_ENDS, 'g'), (character) => ESCAPES[character] ?? character)
}

/** YAML of plain data in the house form: two blanks, no folding, literal blocks for text of several lines. */
export function yamlText(value: Json): string {
  return writeYaml(rulesDocument(value))
}

/** What of this document's form would be lost if its value were written by us. */
export function readLook(document: Document): NodeLook[] {
  const ours = new Map<string, NodeLook>()
  // Read back from text: only there has every node the style that our writer chose.
  const plainly = parseDocument(writeYaml(rulesDocument(document.toJS({ maxAliasCount: 100 }) as Json)))
  walk(plainly.contents as Node | null, [], (node, at) => ours.set(at.join('\0'), lookOf(node, at)))
  const looks: NodeLook[] = []
  walk(document.contents as Node | null, [], (node, at) => {
    const look = lookOf(node, at)
    const plain = ours.get(at.join('\0')) ?? { at }
    if (JSON.stringify(look) !== JSON.stringify(plain)) looks.push(look)
  })
  const top: NodeLook = {
    at: ['#document'],
    ...(document.commentBefore == null ? {} : { commentBefore: document.commentBefore }),
    ...(document.comment == null ? {} : { comment: document.comment }),
  }
  return Object.keys(top).length > 1 ? [top, ...looks] : looks
}

/** Gives the nodes of a document the form that was remembered for them. */
export function applyLook(document: Document, looks: readonly NodeLook[]): void {
  const byPath = new Map(looks.map((look) => [look.at.join('\0'), look]))
  const top = byPath.get('#document')
  if (top?.commentBefore !== undefined) document.commentBefore = top.commentBefore
  if (top?.comment !== undefined) document.comment = top.comment
  walk(document.contents as Node | null, [], (node, at) => {
    const look = byPath.get(at.join('\0'))
    if (look === undefined) return
    node.comment = look.comment ?? null
    node.commentBefore = look.commentBefore ?? null
    node.spaceBefore = look.spaceBefore ?? false
    if (isMap(node) || isSeq(node)) node.flow = look.flow ?? false
    if (!isScalar(node)) return
    const style = STYLES.find((known) => known === look.style)
    if (style !== undefined && fits(node.value, style)) node.type = style
    if (look.format === 'EXP' || look.format === 'HEX' || look.format === 'OCT') node.format = look.format
    if (look.decimals !== undefined) node.minFractionDigits = look.decimals
  })
}

const STYLES = [
  Scalar.BLOCK_FOLDED,
  Scalar.BLOCK_LITERAL,
  Scalar.PLAIN,
  Scalar.QUOTE_DOUBLE,
  Scalar.QUOTE_SINGLE,
] as const

/** A value edited meanwhile may not go with the old style: a number has no quotes. */
function fits(value: unknown, style: string): boolean {
  if (typeof value !== 'string') return style === Scalar.PLAIN
  return style === Scalar.QUOTE_DOUBLE || !OLD_LINE_ENDS.test(value)
}

function lookOf(node: Node, at: readonly string[]): NodeLook {
  const styled =
    isScalar(node) && node.type !== undefined && node.type !== Scalar.PLAIN ? node.type : undefined
  return {
    at,
    ...(styled === undefined ? {} : { style: styled }),
    ...(node.comment == null ? {} : { comment: node.comment }),
    ...(node.commentBefore == null ? {} : { commentBefore: node.commentBefore }),
    ...(node.spaceBefore === true ? { spaceBefore: true } : {}),
    ...((isMap(node) || isSeq(node)) && node.flow === true ? { flow: true } : {}),
    ...(isScalar(node) && node.format !== undefined && typeof node.value === 'number'
      ? { format: node.format }
      : {}),
    ...(isScalar(node) && node.minFractionDigits !== undefined ? { decimals: node.minFractionDigits } : {}),
  }
}

/** Deepest nesting walked; rules have about six levels. */
const MAX_DEPTH = 64

function walk(
  node: Node | null,
  at: readonly string[],
  visit: (node: Node, at: readonly string[]) => void,
): void {
  if (node === null || at.length > MAX_DEPTH) return
  visit(node, at)
  if (isMap(node)) {
    for (const pair of (node as YAMLMap<Node, Node | null>).items) walkPair(pair, at, visit)
  } else if (isSeq(node)) {
    for (const [index, item] of (node as YAMLSeq<Node>).items.entries()) {
      if (isPair(item)) walkPair(item as Pair<Node, Node | null>, [...at, String(index)], visit)
      else walk(item, [...at, String(index)], visit)
    }
  }
}

function walkPair(
  pair: Pair<Node, Node | null>,
  at: readonly string[],
  visit: (node: Node, at: readonly string[]) => void,
): void {
  const key = isScalar(pair.key) ? String(pair.key.value) : ''
  if (isScalar(pair.key)) visit(pair.key, [...at, key, '#key'])
  walk(pair.value, [...at, key], visit)
}
