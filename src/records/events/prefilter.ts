import type { EventSelection } from '../selection.ts'

/** Where an object of one shape has its event id, and bytes that every object of the shape has. */
export interface ShapeMarks {
  readonly mark: string
  /** The keys, in quotes, of which the shape reads the first that is there. */
  readonly ids: readonly string[]
}

/** All event ids of a selection; `undefined` where it does not go by ids alone. */
export function selectedIds(selection: EventSelection): ReadonlySet<number> | undefined {
  if (selection === 'all') return undefined
  const ids = new Set<number>()
  for (const list of selection.values()) {
    if (list === 'all') return undefined
    for (const id of list) ids.add(id)
  }
  return ids
}

/**
 * True where the bytes of a JSON object show, without parsing, that it is an event of an id nobody asked for: every
 * key that may hold the id stands before a plain number that is none of `ids`. In doubt false. The bytes of such a key
 * cannot come from inside a string: there its quotes would be escaped.
 */
export function isUnwanted(bytes: Buffer, marks: ShapeMarks, ids: ReadonlySet<number>): boolean {
  if (!bytes.includes(marks.mark, 0, 'latin1') || spellsLetters(bytes)) return false
  let found = false
  for (const key of marks.ids) {
    for (let at = bytes.indexOf(key, 0, 'latin1'); at >= 0; at = bytes.indexOf(key, at + 1, 'latin1')) {
      const colon = skipSpace(bytes, at + key.length)
      // The word as a value.
      if (bytes[colon] !== COLON) continue
      const id = plainNumber(bytes, skipSpace(bytes, colon + 1))
      if (id === undefined || ids.has(id)) return false
      found = true
    }
  }
  return found
}

const XML_ID = /<EventID(?:\s[^<>]*)?>\s*(\d{1,9})\s*<\//y

/** The same for the text of an Event element: every EventID element in it is a plain number that is none of `ids`. */
export function isUnwantedXml(text: string, ids: ReadonlySet<number>): boolean {
  // With a prefix the element may hide from the search while a comment shows it another.
  if (text.includes(':EventID')) return false
  let found = false
  for (let at = text.indexOf('<EventID'); at >= 0; at = text.indexOf('<EventID', at + 1)) {
    XML_ID.lastIndex = at
    const id = XML_ID.exec(text)?.[1]
    if (id === undefined || ids.has(Number(id))) return false
    found = true
  }
  return found
}

const COLON = 0x3a
const QUOTE = 0x22
const MAX_DIGITS = 9

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1
  return at
}

/** A whole number, in quotes or not, that ends where the value ends. */
function plainNumber(bytes: Uint8Array, from: number): number | undefined {
  const quoted = bytes[from] === QUOTE
  let at = quoted ? from + 1 : from
  const start = at
  let value = 0
  for (let byte = bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[at] ?? 0) {
    value = value * 10 + byte - 0x30
    at += 1
  }
  if (at === start || at - start > MAX_DIGITS) return undefined
  if (quoted && bytes[at] !== QUOTE) return undefined
  const end = bytes[skipSpace(bytes, quoted ? at + 1 : at)]
  return end === 0x2c || end === 0x7d || end === 0x0a || end === 0x0d ? value : undefined
}

/** Escapes like `\u0045` can spell the very key; no tool writes letters so. */
function spellsLetters(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('\\u00', 0, 'latin1'); at >= 0; at = bytes.indexOf('\\u00', at + 4, 'latin1')) {
    const digit = bytes[at + 4] ?? 0
    if (digit >= 0x34 && digit <= 0x37) return true
  }
  return false
}
