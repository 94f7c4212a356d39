const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING = new Set([0x7b, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])

/**
 * Where a value stands in a file. Of the records in one list each has a place of its own, looked for in the text only where
 * there are several: records without a number are told apart by nothing else.
 */
export class JsonPlace {
  /** Of the innermost element of a list that the value is, or is in: bytes from the start of the file. */
  readonly offset: number
  readonly #text: string
  /** Where that element starts in the text. */
  readonly #start: number
  /** From there to the value. */
  readonly #path: readonly (string | number)[]

  /** The place of the value that the text is; the text is valid JSON, or empty where there is none. */
  constructor(text: string, offset: number, start = 0, path: readonly (string | number)[] = []) {
    this.#text = text
    this.offset = offset
    this.#start = start
    this.#path = path
  }

  /** The place of a value inside, by keys and indexes. */
  inside(path: readonly (string | number)[]): JsonPlace {
    return new JsonPlace(this.#text, this.offset, this.#start, [...this.#path, ...path])
  }

  /** The places of a list's items in order; none where the list is not found. */
  *items(): Generator<JsonPlace, undefined> {
    const list = this.#find()
    if (list === undefined) return
    const placeAt = this.#places()
    for (const start of itemsOf(this.#text, list)) yield placeAt(start)
  }

  /** The places of an object's values with their keys in order; a key may come twice. */
  *members(): Generator<[string, JsonPlace], undefined> {
    const object = this.#find()
    if (object === undefined) return
    const placeAt = this.#places()
    for (const { key, start } of membersOf(this.#text, object)) yield [key, placeAt(start)]
  }

  /** Where the value starts in the text. */
  #find(): number | undefined {
    let at: number | undefined = this.#start
    for (const part of this.#path) {
      at = typeof part === 'string' ? memberOf(this.#text, at, part) : itemOf(this.#text, at, part)
      if (at === undefined) return undefined
    }
    return at
  }

  /** Places at one index after the other, so that each stretch of the text is measured once. */
  #places(): (start: number) => JsonPlace {
    let { offset } = this
    let measured = this.#start
    return (start) => {
      offset += Buffer.byteLength(this.#text.slice(measured, start))
      measured = start
      return new JsonPlace(this.#text, offset, start)
    }
  }
}

/** Where the value of this key starts; of several the last, which is the one that JSON.parse takes. */
function memberOf(text: string, start: number, key: string): number | undefined {
  let found: number | undefined
  for (const member of membersOf(text, start)) if (member.key === key) found = member.start
  return found
}

function* membersOf(
  text: string,
  start: number,
): Generator<{ readonly key: string; readonly start: number }> {
  if (text[start] !== '{') return
  for (let at = skipSpace(text, start + 1); text.charCodeAt(at) === QUOTE; ) {
    const keyEnd = skipString(text, at)
    const value = skipSpace(text, skipSpace(text, keyEnd) + 1)
    yield { key: JSON.parse(text.slice(at, keyEnd)), start: value }
    const end = skipSpace(text, skipValue(text, value))
    if (text[end] !== ',') return
    at = skipSpace(text, end + 1)
  }
}

function itemOf(text: string, start: number, index: number): number | undefined {
  let number = 0
  for (const item of itemsOf(text, start)) {
    if (number === index) return item
    number += 1
  }
  return undefined
}

function* itemsOf(text: string, start: number): Generator<number> {
  if (text[start] !== '[') return
  let at = skipSpace(text, start + 1)
  while (at < text.length && text[at] !== ']') {
    yield at
    const end = skipSpace(text, skipValue(text, at))
    if (text[end] !== ',') return
    at = skipSpace(text, end + 1)
  }
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (let code = text.charCodeAt(at); code === 0x20 || (code >= 0x09 && code <= 0x0d); ) {
    at += 1
    code = text.charCodeAt(at)
  }
  return at
}

/** After the value that starts here: a string, a container, or letters and digits. */
function skipValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = skipString(text, at) - 1
      if (depth === 0) return at + 1
    } else if (OPENING.has(code)) depth += 1
    else if (CLOSING.has(code)) {
      depth -= 1
      // The end of the container that a number stands in is not its own.
      if (depth <= 0) return depth < 0 ? at : at + 1
    } else if (depth === 0 && code === 0x2c) return at
  }
  return text.length
}

function skipString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    if ((at - before) % 2 === 1) return at + 1
  }
  return text.length
}
