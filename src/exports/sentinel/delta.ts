/**
 * What a conversion cannot say: the difference between a value and what comes back when it is converted there and back
 * again. It is kept beside the converted form and applied on the way back, so nothing is lost; an entry whose `from` no
 * longer holds was edited meanwhile, and the edit wins.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export type DeltaEntry =
  /** At this path stands `to` in place of `from`; an absent side stands for an absent key. */
  | { readonly at: readonly string[]; readonly from?: Json; readonly to?: Json }
  /** The keys of the mapping at this path come in this order. */
  | { readonly at: readonly string[]; readonly order: readonly string[] }

/** The entries that turn `have` into `want`, key order included. */
export function differences(have: Json, want: Json, at: readonly string[] = []): DeltaEntry[] {
  if (Array.isArray(have) && Array.isArray(want) && have.length === want.length) {
    return have.flatMap((item, index) => differences(item, want[index] as Json, [...at, String(index)]))
  }
  if (!isObject(have) || !isObject(want)) {
    return sameJson(have, want) ? [] : [{ at, from: have, to: want }]
  }
  const entries: DeltaEntry[] = []
  for (const key of Object.keys(have)) {
    if (!Object.hasOwn(want, key)) entries.push({ at: [...at, key], from: value(have, key) })
    else entries.push(...differences(value(have, key), value(want, key), [...at, key]))
  }
  const added = Object.keys(want).filter((key) => !Object.hasOwn(have, key))
  for (const key of added) entries.push({ at: [...at, key], to: value(want, key) })
  const order = [...Object.keys(have).filter((key) => Object.hasOwn(want, key)), ...added]
  if (order.join('\0') !== Object.keys(want).join('\0')) entries.push({ at, order: Object.keys(want) })
  return entries
}

/** `base` with the entries applied that still hold; what was edited meanwhile stays as it is. */
export function applyDifferences(base: Json, entries: readonly DeltaEntry[]): Json {
  return entries.reduce<Json>((current, entry) => applyAt(current, entry, entry.at), base)
}

function applyAt(current: Json, entry: DeltaEntry, path: readonly string[]): Json {
  const [key, ...rest] = path
  if (key === undefined) {
    if ('order' in entry) return isObject(current) ? ordered(current, entry.order) : current
    return entry.from !== undefined && entry.to !== undefined && sameJson(current, entry.from)
      ? entry.to
      : current
  }
  if (Array.isArray(current)) {
    return current.map((item, index) => (String(index) === key ? applyAt(item, entry, rest) : item))
  }
  if (!isObject(current)) return current
  const held = Object.hasOwn(current, key) ? value(current, key) : undefined
  if (rest.length > 0 || 'order' in entry) {
    return held === undefined ? current : withKey(current, key, applyAt(held, entry, rest))
  }
  const stillHolds =
    entry.from === undefined ? held === undefined : held !== undefined && sameJson(held, entry.from)
  if (!stillHolds) return current
  return entry.to === undefined ? withoutKey(current, key) : withKey(current, key, entry.to)
}

/** Deep equality with key order: two rules whose keys come in another order are not the same file. */
export function sameJson(a: Json, b: Json): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index] as Json))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.join('\0') === Object.keys(b).join('\0') &&
    keys.every((key) => sameJson(value(a, key), value(b, key)))
  )
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const value = (object: JsonObject, key: string): Json => object[key] as Json

function withKey(object: JsonObject, key: string, to: Json): JsonObject {
  const entries = Object.entries(object)
  const at = entries.findIndex(([name]) => name === key)
  if (at < 0) entries.push([key, to])
  else entries[at] = [key, to]
  return Object.fromEntries(entries)
}

function withoutKey(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}

function ordered(object: JsonObject, order: readonly string[]): JsonObject {
  const rank = new Map(order.map((key, index) => [key, index]))
  const known = Object.entries(object)
    .filter(([key]) => rank.has(key))
    .sort(([a], [b]) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
  // A key added meanwhile stays behind the key it stood behind.
  const result: [string, Json][] = [...known]
  let before: string | undefined
  for (const [key, held] of Object.entries(object)) {
    if (!rank.has(key)) {
      const at = before === undefined ? -1 : result.findIndex(([name]) => name === before)
      result.splice(before === undefined ? result.length : at + 1, 0, [key, held])
    }
    before = key
  }
  return Object.fromEntries(result)
}

/** Plain data of a YAML or JSON value: dates, big integers and undefined become what JSON can hold. */
export function asJson(input: unknown): Json {
  if (input === null || typeof input === 'boolean' || typeof input === 'string') return input
  if (typeof input === 'number') return Number.isFinite(input) ? input : String(input)
  if (typeof input === 'bigint') return String(input)
  if (input instanceof Date) return input.toISOString()
  if (Array.isArray(input)) return input.map(asJson)
  if (typeof input === 'object') {
    return Object.fromEntries(
      Object.entries(input).flatMap(([key, held]) => (held === undefined ? [] : [[key, asJson(held)]])),
    )
  }
  return String(input)
}
