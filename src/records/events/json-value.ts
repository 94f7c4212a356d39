/** A JSON object whose keys come from evidence: read with these helpers, never copied onto an ordinary object. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The text with U+FFFD for every half of a character. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, '\ufffd')
}

/** Strings, which are kept as they are, and integers of more digits than a double holds. */
const STRING_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{17,}(?=\s*[,\]}])/g

/**
 * JSON text to a value. Integers beyond a double's precision (`long` columns) become strings of their digits. Escapes may spell
 * half a character (`\\ud800`), which no encoding and no engine can hold: it becomes U+FFFD, and the callback is told. Throws `SyntaxError`.
 */
export function parseJson(text: string, loneSurrogate: () => void = () => undefined): unknown {
  // NXLog has such a number in every record, its keywords, which as powers of two are exact.
  const long = !text.includes('"SourceModuleType"') && /[:[,]\s*-?\d{17,}\s*[,\]}]/.test(text)
  const exact = long
    ? text.replace(STRING_OR_LONG, (token) => (token.startsWith('"') ? token : `"${token}"`))
    : text
  if (!text.includes('\\ud') && !text.includes('\\uD')) return JSON.parse(exact)
  let found = false
  const value: unknown = JSON.parse(exact, (_key, part: unknown) => {
    if (typeof part !== 'string') return part
    return part.replace(LONE_SURROGATE, () => {
      found = true
      return '\ufffd'
    })
  })
  if (found) loneSurrogate()
  return value
}

/** True where a value nests deeper than `depth`. */
export function isDeeper(value: object, depth: number): boolean {
  if (depth === 0) return true
  for (const part of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof part === 'object' && part !== null && isDeeper(part, depth - 1)) return true
  }
  return false
}

/** A value as event XML would have it; `undefined` for null. An array of one is that one (Elasticsearch `fields`). */
export function asText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      if (value === null) return undefined
      if (Array.isArray(value) && value.length === 1) return asText(value[0])
      return JSON.stringify(value)
    default:
      return undefined
  }
}

/** Text that is not empty, trimmed. */
export function asWord(value: unknown): string | undefined {
  const text = asText(value)?.trim()
  return text === '' ? undefined : text
}

export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  const text = asWord(value)
  if (text === undefined || !/^(-?\d+(\.\d+)?|0x[0-9a-f]+)$/i.test(text)) return undefined
  return Number(text)
}

/** The value of the first of these keys that the object has with something in it. */
export function pick(object: JsonObject | undefined, ...keys: readonly string[]): unknown {
  if (object === undefined) return undefined
  for (const key of keys) {
    if (Object.hasOwn(object, key)) {
      const value = object[key]
      if (value !== null && value !== undefined && value !== '') return value
    }
  }
  return undefined
}

/** A value by path, whether the keys are nested, dotted, or dotted in part: `winlog.event_data.Image`. */
export function lookUp(object: JsonObject, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    if (!Object.hasOwn(object, head)) continue
    const inner = object[head]
    if (isObject(inner)) {
      const found = lookUp(inner, path.slice(dot + 1))
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The entries below a path, nested or dotted: for `winlog.event_data` the fields of the event. */
export function entriesBelow(object: JsonObject, path: string): [string, unknown][] {
  const nested = lookUp(object, path)
  if (isObject(nested)) return Object.entries(nested)
  const prefix = `${path}.`
  const found: [string, unknown][] = []
  for (const [key, value] of Object.entries(object)) {
    if (key.startsWith(prefix)) found.push([key.slice(prefix.length), value])
  }
  if (found.length > 0) return found
  const dot = path.indexOf('.')
  const inner = dot > 0 ? pick(object, path.slice(0, dot)) : undefined
  return isObject(inner) ? entriesBelow(inner, path.slice(dot + 1)) : []
}

/** Keys of one object; Elasticsearch documents with all their fields have some hundreds. */
const MAX_KEYS = 20_000

/** An object of a million keys is no record, and each shape would look through all of them. */
export function hasTooManyKeys(object: JsonObject): boolean {
  let keys = 0
  for (const _ in object) {
    keys += 1
    if (keys > MAX_KEYS) return true
  }
  return false
}
