/** A key of an object path. Numbers stay text, because `1` and `"1"` name the same key of a uint32 property. */
export interface ObjectPathKey {
  /** As written; `''` where the path gives the value alone (`Class="X"`, as CONSUMER of event 5861 does). */
  readonly name: string
  /** Unescaped text. A reference is the text of its own object path. */
  readonly value: string
  /** Whether the value stood in quotes. */
  readonly quoted: boolean
}

/** A WMI object path taken apart. Comparison of host, namespace, class and key names is without case. */
export interface ObjectPath {
  /** Machine name; absent for `.`, `localhost` and relative paths. */
  readonly host?: string
  /** Lower case, single backslashes, e.g. `root\subscription`; absent in relative paths. */
  readonly namespace?: string
  readonly class: string
  readonly keys: readonly ObjectPathKey[]
  /** `Class=@`: the one instance of a class without keys. */
  readonly singleton?: true
}

const LOCAL_HOSTS = new Set(['.', '?', 'localhost', '127.0.0.1', '::1'])

/**
 * A namespace in the one form used for comparison: lower case, single backslashes, without host and without
 * separators at the ends. `//./ROOT/Subscription`, `\\\\.\\root\\subscription` and `root/subscription` are the same.
 * Source: TELEMETRY 15.2.
 */
export function normalizeNamespace(text: string): string {
  return splitNamespace(text).namespace
}

/** Host (absent when it is this machine) and normalised namespace of a namespace text. */
export function splitNamespace(text: string): { readonly host?: string; readonly namespace: string } {
  const parts = text.trim().replaceAll('/', '\\').split(/\\+/)
  const absolute = /^\s*[\\/]{2}/.test(text)
  if (parts[0] === '') parts.shift()
  // `\\root\subscription` is a namespace with a slash too many (WMIC takes it so), not a machine named root.
  const host = absolute && parts[0]?.toLowerCase() !== 'root' ? parts.shift() : undefined
  const namespace = parts
    .filter((part) => part !== '')
    .join('\\')
    .toLowerCase()
  if (host === undefined || LOCAL_HOSTS.has(host.toLowerCase())) return { namespace }
  return { host, namespace }
}

/**
 * Parses an object path in every form seen in events: relative (`__EventFilter.Name="X"`), absolute
 * (`\\.\ROOT\subscription:__EventFilter.Name="X"`, `//HOST/root/subscription:...`), without the key's name
 * (`ActiveScriptEventConsumer="X"`), singleton (`Class=@`), compound keys, references as keys. `undefined` when the
 * text is none of them. Source: TELEMETRY sections 4 and 15; [DMTF DSP0004] 8.2 "Object path".
 */
export function parseObjectPath(text: string): ObjectPath | undefined {
  const trimmed = text.trim()
  const head = /^(?:([\\/]{2}[^:"]*|[^:."=\\/]+[\\/][^:"]*):)?\s*([\p{L}_][\p{L}\p{N}_]*)\s*/u.exec(trimmed)
  if (head === null) return undefined
  const location = head[1] === undefined ? undefined : splitNamespace(head[1])
  const base = { ...location, class: head[2] ?? '' }
  const rest = trimmed.slice(head[0].length)
  if (rest === '') return { ...base, keys: [] }
  if (/^=\s*@$/.test(rest)) return { ...base, keys: [], singleton: true }
  if (rest.startsWith('=')) {
    const value = readKeyValue(rest, 1)
    if (value === undefined || rest.slice(value.end).trim() !== '') return undefined
    return { ...base, keys: [{ name: '', value: value.value, quoted: value.quoted }] }
  }
  if (!rest.startsWith('.')) return undefined
  const keys = readKeys(rest)
  return keys === undefined ? undefined : { ...base, keys }
}

function readKeys(rest: string): ObjectPathKey[] | undefined {
  const keys: ObjectPathKey[] = []
  let position = 1
  const name = /\s*([\p{L}_][\p{L}\p{N}_]*)\s*=/uy
  for (;;) {
    name.lastIndex = position
    const match = name.exec(rest)
    if (match === null) return undefined
    const value = readKeyValue(rest, name.lastIndex)
    if (value === undefined) return undefined
    keys.push({ name: match[1] ?? '', value: value.value, quoted: value.quoted })
    const separator = /\s*(,|$)/y
    separator.lastIndex = value.end
    const next = separator.exec(rest)
    if (next === null) return undefined
    if (next[1] === '') return keys
    position = separator.lastIndex
  }
}

interface KeyValue {
  readonly value: string
  readonly quoted: boolean
  readonly end: number
}

function readKeyValue(text: string, from: number): KeyValue | undefined {
  let at = from
  while (text[at] === ' ') at += 1
  const quote = text[at]
  if (quote === '"' || quote === "'") {
    const end = closingQuote(text, at)
    return end === undefined
      ? undefined
      : { value: unescapeKey(text.slice(at + 1, end)), quoted: true, end: end + 1 }
  }
  // Unquoted: a number, a boolean, or a reference whose own keys are quoted and may hold commas.
  let end = at
  while (end < text.length && text[end] !== ',') {
    if (text[end] === '"') {
      const closing = closingQuote(text, end)
      if (closing === undefined) return undefined
      end = closing
    }
    end += 1
  }
  const value = text.slice(at, end).trim()
  return value === '' ? undefined : { value, quoted: false, end }
}

function closingQuote(text: string, open: number): number | undefined {
  const quote = text[open]
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === quote) return at
  }
  return undefined
}

/** In a key only quote and backslash are escaped; `\n` in a path is a backslash and an n. */
function unescapeKey(text: string): string {
  return text.replace(/\\(["'\\])/g, '$1')
}

/** Writes an object path so that {@link parseObjectPath} gives it back. */
export function printObjectPath(path: ObjectPath): string {
  const location = path.namespace === undefined ? '' : `\\\\${path.host ?? '.'}\\${path.namespace}:`
  if (path.singleton === true) return `${location}${path.class}=@`
  const keys = path.keys.map((key) => {
    const value = key.quoted ? `"${key.value.replace(/["\\]/g, '\\$&')}"` : key.value
    return key.name === '' ? value : `${key.name}=${value}`
  })
  if (keys.length === 0) return `${location}${path.class}`
  return `${location}${path.class}${path.keys[0]?.name === '' ? '=' : '.'}${keys.join(',')}`
}

/** The value of the key that names a filter or consumer: `Name`, or the only key of another name. */
export function objectPathName(path: ObjectPath): string | undefined {
  const named = path.keys.find((key) => key.name.toLowerCase() === 'name')
  return named?.value ?? (path.keys.length === 1 ? path.keys[0]?.value : undefined)
}
