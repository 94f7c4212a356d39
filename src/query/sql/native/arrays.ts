import type { Json } from '../../plan/expr.ts'
import { bag, list, makeBag, type NativeRow, native, number, text, type Value } from './define.ts'

/** Arrays, sets and bags whose result SQL cannot build exactly. */

const key = (value: Json): string => JSON.stringify(value)

function slice(items: readonly Json[], start: number, end: number): Json[] {
  const from = start < 0 ? Math.max(items.length + start, 0) : start
  const to = end < 0 ? items.length + end : Math.min(end, items.length - 1)
  return items.slice(from, to + 1)
}

function rotate(items: readonly Json[] | undefined, by: number): Json[] | undefined {
  if (items === undefined || items.length === 0) return items === undefined ? undefined : []
  const shift = ((by % items.length) + items.length) % items.length
  return [...items.slice(shift), ...items.slice(0, shift)]
}

function shift(items: readonly Json[] | undefined, by: number, fill: Json): Json[] | undefined {
  return items?.map((_item, i) => items[i + by] ?? fill)
}

/** Numbers and texts in their own order, nulls last or first by request; other kinds keep their place at the end. */
function order(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [x, y] = [text(a), text(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

function sorted(args: readonly Value[], direction: 1 | -1): Json[] | undefined {
  const first = list(args[0])
  if (first === undefined) return undefined
  const flag = args[args.length - 1]
  const nullsLast = typeof flag !== 'boolean' || flag
  const arrays = args.filter((arg) => list(arg) !== undefined).map((arg) => list(arg) ?? [])
  const positions = first
    .map((_item, i) => i)
    .sort((i, k) => {
      const [a, b] = [first[i] ?? null, first[k] ?? null]
      if (a === null || b === null) return a === b ? 0 : (a === null) === nullsLast ? 1 : -1
      return direction * order(a, b)
    })
  return arrays.map((items) =>
    items.length === first.length ? positions.map((at) => items[at] ?? null) : null,
  ) as Json[]
}

/** The arrays of a sort call, all in the order of the first. */
function sortTuple(direction: 1 | -1): (...args: Value[]) => Value {
  return (...args) => sorted(args, direction)
}

function split(items: readonly Json[], at: readonly number[]): Json[] {
  const cuts = at.map((cut) => (cut < 0 ? Math.max(items.length + cut, 0) : Math.min(cut, items.length)))
  const parts: Json[] = []
  let from = 0
  for (const cut of cuts) {
    parts.push(items.slice(from, cut))
    from = Math.max(from, cut)
  }
  parts.push(items.slice(from))
  return parts
}

function distinct(items: readonly Json[]): Json[] {
  return [...new Map(items.map((item) => [key(item), item])).values()]
}

function sets(args: readonly Value[]): (readonly Json[])[] {
  return args.map((arg) => list(arg) ?? [])
}

function zip(args: readonly Value[]): Json[] {
  const arrays = args.map((arg): readonly Json[] => list(arg) ?? [(arg as Json | undefined) ?? null])
  const length = Math.max(0, ...arrays.map((items) => items.length))
  return Array.from({ length }, (_x, i) => arrays.map((items) => items[i] ?? null))
}

/** Bags merged key by key, the first to have a key wins. */
function merge(bags: readonly Value[]): Json {
  const entries = new Map<string, Json>()
  for (const item of bags) {
    for (const [name, value] of Object.entries(bag(item) ?? {}))
      if (!entries.has(name)) entries.set(name, value)
  }
  return makeBag(entries)
}

function bagZip(keys: Value, values: Value): Json | undefined {
  const names = list(keys)
  if (names === undefined) return undefined
  const cells = list(values)
  return makeBag(
    names.flatMap((name, i) => (typeof name === 'string' ? [[name, cells?.[i] ?? null] as const] : [])),
  )
}

function indexOf(
  items: readonly Json[],
  value: Value,
  start: number,
  length: number,
  occurrence: number,
): number {
  const from = start < 0 ? Math.max(items.length + start, 0) : start
  const to = length < 0 ? items.length : Math.min(from + length, items.length)
  const wanted = typeof value === 'bigint' ? Number(value) : value
  let seen = 0
  for (let i = from; i < to; i++) {
    const item = items[i]
    if (
      item === wanted ||
      (typeof item === 'object' && key(item ?? null) === key((wanted as Json) ?? null))
    ) {
      seen += 1
      if (seen === occurrence) return i
    }
  }
  return -1
}

function pick(condition: Value, whenTrue: Value, whenFalse: Value): Json | undefined {
  const tests = list(condition)
  if (tests === undefined) return undefined
  const at = (source: Value, i: number): Json => {
    const items = list(source)
    return items === undefined ? ((source as Json | undefined) ?? null) : (items[i] ?? null)
  }
  return tests.map((test, i) => {
    if (typeof test !== 'boolean' && typeof test !== 'number') return null
    return test === true || (typeof test === 'number' && test !== 0) ? at(whenTrue, i) : at(whenFalse, i)
  })
}

/** Keys to remove may be paths such as `$.a.b`. */
function removeKeys(source: Value, keys: readonly Json[]): Json | undefined {
  const copy = bag(source)
  if (copy === undefined) return undefined
  const result = structuredClone(copy) as Record<string, Json>
  for (const name of keys.map(text)) {
    const path = name.startsWith('$.') ? name.slice(2).split('.') : [name]
    let at: Record<string, Json> | undefined = result
    for (const step of path.slice(0, -1)) at = bag(at?.[step]) as Record<string, Json> | undefined
    const last = path[path.length - 1]
    if (at !== undefined && last !== undefined) delete at[last]
  }
  return result
}

function jaccard(a: readonly Json[], b: readonly Json[]): number {
  const [x, y] = [new Set(a.map(key)), new Set(b.map(key))]
  const both = [...x].filter((item) => y.has(item)).length
  return x.size + y.size - both === 0 ? Number.NaN : both / (x.size + y.size - both)
}

export const arrayRows: readonly NativeRow[] = [
  native('array_slice', ['dynamic', 'long', 'long'], 'dynamic', (a, b, c) => {
    const items = list(a)
    return items === undefined ? undefined : slice(items, number(b), number(c))
  }),
  native('array_split', ['dynamic', 'dynamic'], 'dynamic', (a, b) => {
    const items = list(a)
    return items === undefined ? undefined : split(items, (list(b) ?? [b as Json]).map(Number))
  }),
  native('array_rotate_left', ['dynamic', 'long'], 'dynamic', (a, b) => rotate(list(a), number(b))),
  native('array_rotate_right', ['dynamic', 'long'], 'dynamic', (a, b) => rotate(list(a), -number(b))),
  native('array_shift_left', ['dynamic', 'long', 'dynamic'], 'dynamic', (a, b, c) =>
    shift(list(a), number(b), (c as Json | undefined) ?? null),
  ),
  native('array_shift_right', ['dynamic', 'long', 'dynamic'], 'dynamic', (a, b, c) =>
    shift(list(a), -number(b), (c as Json | undefined) ?? null),
  ),
  native('array_sort_asc$tuple', [], 'dynamic', sortTuple(1), { rest: 'dynamic' }),
  native('array_sort_desc$tuple', [], 'dynamic', sortTuple(-1), { rest: 'dynamic' }),
  native('array_sort_asc', [], 'dynamic', (...args) => sorted(args, 1)?.[0], { rest: 'dynamic' }),
  native('array_sort_desc', [], 'dynamic', (...args) => sorted(args, -1)?.[0], { rest: 'dynamic' }),
  native('array_iff', ['dynamic', 'dynamic', 'dynamic'], 'dynamic', pick, { aliases: ['array_iif'] }),
  native('array_sum', ['dynamic'], 'real', (a) =>
    list(a)?.every((item) => typeof item === 'number')
      ? list(a)?.reduce<number>((sum, item) => sum + Number(item), 0)
      : undefined,
  ),
  native('array_find', ['dynamic', 'dynamic', 'long', 'long', 'long'], 'long', (a, b, c, d, e) =>
    list(a) === undefined ? undefined : indexOf(list(a) ?? [], b, number(c), number(d), number(e)),
  ),
  native('set_union', [], 'dynamic', (...args) => distinct(sets(args).flat()), { rest: 'dynamic' }),
  native(
    'set_intersect',
    [],
    'dynamic',
    (...args) => {
      const [first, ...others] = sets(args)
      const known = others.map((items) => new Set(items.map(key)))
      return distinct((first ?? []).filter((item) => known.every((set) => set.has(key(item)))))
    },
    { rest: 'dynamic' },
  ),
  native(
    'set_difference',
    [],
    'dynamic',
    (...args) => {
      const [first, ...others] = sets(args)
      const known = new Set(others.flat().map(key))
      return distinct((first ?? []).filter((item) => !known.has(key(item))))
    },
    { rest: 'dynamic' },
  ),
  native('set_equals', ['dynamic', 'dynamic'], 'bool', (a, b) => {
    const [x, y] = sets([a, b]).map((items) => new Set(items.map(key)))
    return x !== undefined && y !== undefined && x.size === y.size && [...x].every((item) => y.has(item))
  }),
  native('jaccard_index', ['dynamic', 'dynamic'], 'real', (a, b) => jaccard(list(a) ?? [], list(b) ?? [])),
  native('zip', [], 'dynamic', (...args) => zip(args), { rest: 'dynamic' }),
  native('repeat', ['dynamic', 'long'], 'dynamic', (value, count) => {
    const length = number(count)
    return length >= 0 && length <= MAX_REPEATS
      ? Array.from({ length }, () => (value as Json | undefined) ?? null)
      : undefined
  }),
  native('bag_merge', [], 'dynamic', (...args) => merge(args), { rest: 'dynamic' }),
  native('merge_bags', ['dynamic'], 'dynamic', (bags) => merge(list(bags) ?? [])),
  native('bag_zip', ['dynamic', 'dynamic'], 'dynamic', bagZip),
  native('bag_remove_keys', ['dynamic', 'dynamic'], 'dynamic', (a, b) => removeKeys(a, list(b) ?? [])),
  native('bag_set_key', ['dynamic', 'string', 'dynamic'], 'dynamic', (a, b, c) => {
    const source = bag(a)
    return source === undefined
      ? undefined
      : makeBag([...Object.entries(source), [text(b), (c as Json | undefined) ?? null]])
  }),
  native('treepath', ['dynamic'], 'dynamic', (a) => [...new Set(paths(a as Json, '', 0))]),
]

/** Longest array `repeat` makes: Kusto's own limit of an array in a cell. */
const MAX_REPEATS = 65_536

/** Deepest JSON that is walked; the deepest in the shared evidence is 6. */
const MAX_DEPTH = 64

function paths(value: Json, at: string, depth: number): string[] {
  if (depth > MAX_DEPTH) return []
  const own = depth === 0 ? [] : [at]
  const items = list(value)
  if (items !== undefined) return [...own, ...items.flatMap((item) => paths(item, `${at}[0]`, depth + 1))]
  const steps = Object.entries(bag(value) ?? {})
  return [...own, ...steps.flatMap(([name, item]) => paths(item, `${at}['${name}']`, depth + 1))]
}
