import type { Call, FunctionRow, SqlOf } from '../function-row.ts'
import { escapeRegex } from '../regex.ts'

/**
 * `has`, `contains` and their families (S2). A term is a maximal run of ASCII letters and digits; a needle needs a
 * boundary only at a side where it has a letter or digit. Case-insensitive forms fold the needle here, once.
 */

/** Which sides of the needle must be a term's edge. */
export interface Edges {
  readonly before: boolean
  readonly after: boolean
}

const BOTH: Edges = { before: true, after: true }
const isTermChar = (char: string): boolean => /^[A-Za-z0-9]$/.test(char)

/** The regex of one needle, without flags. */
export function termRegex(needle: string, edges: Edges): string {
  const before = edges.before && isTermChar(needle.charAt(0)) ? '(?:^|[^A-Za-z0-9])' : ''
  const after = edges.after && isTermChar(needle.charAt(needle.length - 1)) ? '(?:$|[^A-Za-z0-9])' : ''
  return `${before}${escapeRegex(needle)}${after}`
}

/** One alternation for many needles, grouped by the edges they need: one pass over the text (S2, measured). */
export function termsRegex(needles: readonly string[], edges: Edges): string {
  const groups = new Map<string, string[]>()
  for (const needle of needles) {
    const before = edges.before && isTermChar(needle.charAt(0))
    const after = edges.after && isTermChar(needle.charAt(needle.length - 1))
    const key = `${before ? '(?:^|[^A-Za-z0-9])' : ''}\u0000${after ? '(?:$|[^A-Za-z0-9])' : ''}`
    groups.set(key, [...(groups.get(key) ?? []), escapeRegex(needle)])
  }
  const parts = [...groups].map(([key, list]) => {
    const [before, after] = key.split('\u0000')
    return `${before}(?:${list.join('|')})${after}`
  })
  return parts.length === 1 ? (parts[0] ?? '') : `(?:${parts.join('|')})`
}

/** SQL of one term test. The cheap substring test runs first inside CASE, which DuckDB does not reorder. */
export function hasSql(call: Call, text: string, needle: string, edges: Edges, fold: boolean): string {
  const { builder } = call
  if (needle === '') return 'true'
  const shown = fold ? needle.toLowerCase() : needle
  const regex = builder.text(`${fold ? '(?i)' : ''}${termRegex(shown, edges)}`)
  const quick = `contains(${fold ? `lower(${text})` : text}, ${builder.text(shown)})`
  return `CASE WHEN ${quick} THEN regexp_matches(${text}, ${regex}) ELSE false END`
}

/** The same for a needle that differs from row to row. */
export function hasComputedSql(text: string, needle: string, edges: Edges, fold: boolean): string {
  return `regexp_matches(${text}, kql_term_re(${needle}, ${edges.before}, ${edges.after}, '${fold ? '(?i)' : ''}'))`
}

function term(edges: Edges, fold: boolean): SqlOf {
  return ([text, needle], call) => {
    const constant = call.constant(1)
    return typeof constant === 'string'
      ? hasSql(call, text ?? '', constant, edges, fold)
      : hasComputedSql(text ?? '', needle ?? '', edges, fold)
  }
}

function folded(test: (text: string, needle: string) => string): SqlOf {
  return ([text, needle], call) => {
    const constant = call.constant(1)
    const small =
      typeof constant === 'string' ? call.builder.text(constant.toLowerCase()) : `lower(${needle})`
    return test(`lower(${text})`, small)
  }
}

function exact(test: (text: string, needle: string) => string): SqlOf {
  return ([text, needle]) => test(text ?? '', needle ?? '')
}

function pair(name: string, sql: SqlOf): FunctionRow[] {
  const negated: SqlOf = (args, call) => `(NOT ${sql(args, call)})`
  const shape = { params: ['string'], rules: ['S2'] } as const
  return [
    { name, ...shape, sql: { duckdb: sql } },
    { name: `!${name}`, ...shape, sql: { duckdb: negated } },
  ]
}

const contains = (text: string, needle: string): string => `contains(${text}, ${needle})`
const starts = (text: string, needle: string): string => `starts_with(${text}, ${needle})`
const ends = (text: string, needle: string): string => `ends_with(${text}, ${needle})`

export const textOperatorRows: readonly FunctionRow[] = [
  ...pair('has', term(BOTH, true)),
  ...pair('has_cs', term(BOTH, false)),
  ...pair('hasprefix', term({ before: true, after: false }, true)),
  ...pair('hasprefix_cs', term({ before: true, after: false }, false)),
  ...pair('hassuffix', term({ before: false, after: true }, true)),
  ...pair('hassuffix_cs', term({ before: false, after: true }, false)),
  ...pair('contains', folded(contains)),
  ...pair('contains_cs', exact(contains)),
  ...pair('startswith', folded(starts)),
  ...pair('startswith_cs', exact(starts)),
  ...pair('endswith', folded(ends)),
  ...pair('endswith_cs', exact(ends)),
  {
    name: '=~',
    params: ['string'],
    rules: ['S2'],
    sql: { duckdb: folded((a, b) => `(${a} = ${b})`) },
  },
  {
    name: '!~',
    params: ['string'],
    rules: ['S2'],
    sql: { duckdb: folded((a, b) => `(${a} <> ${b})`) },
  },
  {
    name: 'matches regex',
    params: ['string'],
    rules: ['S2'],
    sql: { duckdb: ([text, regex]) => `regexp_matches(${text}, ${regex})` },
  },
]
