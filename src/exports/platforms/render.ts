import { fieldOf, type PlatformName } from './fields.ts'
import type { Fact, Leaf, Predicate, SingleBody } from './model.ts'

/** How a platform writes conditions; `leaf` gets the platform's own field name. */
export interface Syntax {
  leaf(field: string, leaf: Leaf): string
  readonly and: string
  readonly or: string
  not(text: string): string
}

/** Facts of a rule for which the platform has no field. */
export function missingFacts(platform: PlatformName, body: SingleBody): Fact[] {
  return [...new Set(factsOf(body.where))].filter((fact) => fieldOf(platform, fact) === undefined)
}

function factsOf(predicates: readonly Predicate[]): Fact[] {
  return predicates.flatMap((predicate) =>
    predicate.kind === 'leaf' ? [predicate.fact] : factsOf(predicate.of),
  )
}

/**
 * A rule's conditions without those alternatives that rest on a field the platform lacks: in an `any`, one way of
 * several to see the same. `undefined` when a condition that must hold cannot be written.
 */
export function expressible(
  platform: PlatformName,
  predicates: readonly Predicate[],
): readonly Predicate[] | undefined {
  const result: Predicate[] = []
  for (const predicate of predicates) {
    const kept = keep(platform, predicate)
    if (kept === undefined) return undefined
    result.push(kept)
  }
  return result
}

function keep(platform: PlatformName, predicate: Predicate): Predicate | undefined {
  if (predicate.kind === 'leaf')
    return fieldOf(platform, predicate.fact) === undefined ? undefined : predicate
  if (predicate.kind !== 'any') {
    const of = expressible(platform, predicate.of)
    return of === undefined ? undefined : { kind: predicate.kind, of }
  }
  const of = predicate.of.flatMap((item) => keep(platform, item) ?? [])
  const [only] = of
  return only === undefined ? undefined : of.length === 1 ? only : { kind: 'any', of }
}

/** Conditions as infix text; groups stand in parentheses where more than one item is joined. */
export function infix(platform: PlatformName, predicates: readonly Predicate[], syntax: Syntax): string {
  const texts = predicates.map((predicate) => one(platform, predicate, syntax))
  return texts.join(syntax.and)
}

function one(platform: PlatformName, predicate: Predicate, syntax: Syntax): string {
  if (predicate.kind === 'leaf') return syntax.leaf(fieldOf(platform, predicate.fact) ?? '', predicate)
  const texts = predicate.of.map((item) => one(platform, item, syntax))
  const group = (joined: string): string => (texts.length === 1 ? joined : `(${joined})`)
  if (predicate.kind === 'any') return group(texts.join(syntax.or))
  const all = group(texts.join(syntax.and))
  return predicate.kind === 'all' ? all : syntax.not(texts.length === 1 ? `(${all})` : all)
}

/** One way for a rule to match: all of these hold, and none of those. */
export interface Conjunction {
  readonly holds: readonly Leaf[]
  readonly fails: readonly Leaf[]
}

/** More ways than this, and a rule is too tangled to be written as a list of alternatives. */
const MAX_WAYS = 32

/** The conditions as alternatives of plain conjunctions, for platforms that know no `or` across fields. */
export function alternatives(predicates: readonly Predicate[]): Conjunction[] {
  return normal({ kind: 'all', of: predicates }, false)
}

function normal(predicate: Predicate, negated: boolean): Conjunction[] {
  if (predicate.kind === 'leaf') {
    return [negated ? { holds: [], fails: [predicate] } : { holds: [predicate], fails: [] }]
  }
  const inner = predicate.kind === 'not' ? !negated : negated
  const parts = predicate.of.map((item) => normal(item, inner))
  const joinsAll = predicate.kind === 'any' ? inner : !inner
  if (!joinsAll) return bounded(parts.flat())
  return parts.reduce<Conjunction[]>(
    (ways, part) =>
      bounded(
        ways.flatMap((way) =>
          part.map((other) => ({
            holds: [...way.holds, ...other.holds],
            fails: [...way.fails, ...other.fails],
          })),
        ),
      ),
    [{ holds: [], fails: [] }],
  )
}

function bounded(ways: Conjunction[]): Conjunction[] {
  if (ways.length > MAX_WAYS) throw new Error(`invariant: a rule has more than ${MAX_WAYS} alternatives`)
  return ways
}

/** File name of a path: these facts hold a whole path on platforms that have no field for the name alone. */
export const NAME_FACTS: readonly Fact[] = ['image-name', 'parent-name']

/** A leaf as a regular expression's body, RE2 and PCRE alike; anchors included, without flags. */
export function regexBody(leaf: Leaf, wholePath: boolean): string {
  const values = leaf.values.map((value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  const body = values.length === 1 ? (values[0] ?? '') : `(?:${values.join('|')})`
  if (wholePath && NAME_FACTS.includes(leaf.fact)) return `\\\\${body}$`
  if (leaf.match === 'is') return `^${body}$`
  if (leaf.match === 'starts') return `^${body}`
  return leaf.match === 'ends' ? `${body}$` : body
}
