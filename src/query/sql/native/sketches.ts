import type { Json } from '../../plan/expr.ts'
import { bag, list, makeBag, type NativeRow, native, number, text, type Value } from './define.ts'

/**
 * Digests and schemas of values. Kusto's tdigest is an approximation whose inner form is not documented; ours holds every
 * value with its weight, so that what is asked of it is exact.
 */

interface Digest {
  readonly values: readonly Json[]
  readonly weights: readonly number[]
}

function digest(value: Value): Digest | undefined {
  const values = list(bag(value)?.values)
  const weights = list(bag(value)?.weights)
  return values === undefined
    ? undefined
    : { values, weights: values.map((_v, i) => number(weights?.[i] ?? 1)) }
}

function merged(digests: readonly Value[]): Json | undefined {
  const known = digests.flatMap((value) => digest(value) ?? [])
  if (known.length === 0) return undefined
  return {
    values: known.flatMap(({ values }) => values),
    weights: known.flatMap(({ weights }) => weights),
  }
}

/** Numbers by size, text (which dates and spans are inside JSON) by its code units. */
function less(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [text(a), text(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** The smallest value at which the weight reaches the share: percentiles are values of the data (S5). */
function percentile({ values, weights }: Digest, percent: number): Json {
  const order = values.map((_value, i) => i).sort((i, k) => less(values[i] ?? null, values[k] ?? null))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let seen = 0
  for (const i of order) {
    seen += weights[i] ?? 0
    if (seen >= (total * percent) / 100 - 1e-9) return values[i] ?? null
  }
  return values[order[order.length - 1] ?? 0] ?? null
}

/** The weight of the values up to this one. */
function rank({ values, weights }: Digest, value: Json): number {
  return values.reduce<number>((sum, item, i) => (less(item, value) <= 0 ? sum + (weights[i] ?? 0) : sum), 0)
}

const INDEXER = '`indexer`'

/** Schemas seen at one place: names of simple types, and at most one container that has every property seen. */
interface Schema {
  readonly names: Set<string>
  properties?: Map<string, Schema>
}

function add(schema: Schema, value: Json): void {
  if (value === null) return
  if (typeof value !== 'object') {
    schema.names.add(
      typeof value === 'number' ? (Number.isInteger(value) ? 'long' : 'double') : nameOf(value),
    )
    return
  }
  schema.properties ??= new Map()
  const entries: readonly (readonly [string, Json])[] = Array.isArray(value)
    ? value.map((item: Json) => [INDEXER, item] as const)
    : Object.entries(value)
  for (const [name, item] of entries) {
    const inner = schema.properties.get(name) ?? { names: new Set<string>() }
    schema.properties.set(name, inner)
    add(inner, item)
  }
}

function nameOf(value: string | boolean): string {
  return typeof value === 'string' ? 'string' : 'bool'
}

function shown(schema: Schema): Json {
  const container =
    schema.properties === undefined
      ? []
      : [makeBag([...schema.properties].map(([name, inner]) => [name, shown(inner)] as const))]
  const parts: Json[] = [...schema.names, ...container]
  return parts.length === 1 ? (parts[0] ?? null) : parts
}

export const sketchRows: readonly NativeRow[] = [
  native('digest_merge', ['dynamic'], 'dynamic', (digests) => merged(list(digests) ?? [])),
  native('digest_percentile', ['dynamic', 'real'], 'dynamic', (value, percent) => {
    const known = digest(value)
    return known === undefined ? undefined : percentile(known, number(percent))
  }),
  native('digest_rank', ['dynamic', 'dynamic', 'bool'], 'real', (value, item, share) => {
    const known = digest(value)
    if (known === undefined) return undefined
    const total = known.weights.reduce((sum, weight) => sum + weight, 0)
    const found = rank(known, (item as Json | undefined) ?? null)
    return share === true ? (100 * found) / total : found
  }),
  native('build_schema', ['dynamic'], 'dynamic', (values) => {
    const schema: Schema = { names: new Set() }
    for (const value of list(values) ?? []) add(schema, value)
    return schema.names.size === 0 && schema.properties === undefined ? undefined : shown(schema)
  }),
]
