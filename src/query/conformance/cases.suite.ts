import { readFileSync } from 'node:fs'
import type { Answer } from './harness.suite.ts'

/** One case of ../shared/kql/conformance: format in its README. */
export interface Case {
  readonly id: string
  readonly query: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly ordered: boolean
  readonly check: 'rows' | 'shape'
  readonly approx: boolean
  readonly unordered_arrays?: boolean
  readonly order_by?: readonly unknown[]
  readonly tags: readonly string[]
}

export function readCases(path: string): Case[] {
  return JSON.parse(readFileSync(path, 'utf8')) as Case[]
}

/** Undefined when an answer is what a case expects, else what differs first. */
export function difference(expected: Case, actual: Answer): string | undefined {
  const names = (columns: Case['columns']): string =>
    columns.map(({ name, type }) => `${name}:${type}`).join(', ')
  if (names(expected.columns) !== names(actual.columns)) {
    return `columns are (${names(actual.columns)}), not (${names(expected.columns)})`
  }
  if (expected.rows.length !== actual.rows.length) {
    return `${actual.rows.length} rows, not ${expected.rows.length}: ${JSON.stringify(actual.rows).slice(0, 300)}`
  }
  if (expected.check === 'shape') return undefined
  const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    expected.columns.every((column, i) => equal(a[i], b[i], column.type, expected))
  if (expected.ordered && expected.order_by === undefined) {
    const at = expected.rows.findIndex((row, i) => !same(row, actual.rows[i] ?? []))
    if (at < 0) return undefined
    return `row ${at} is ${JSON.stringify(actual.rows[at])}, not ${JSON.stringify(expected.rows[at])}`
  }
  const left = [...actual.rows]
  for (const row of expected.rows) {
    const at = left.findIndex((other) => same(row, other))
    if (at < 0) return `no row ${JSON.stringify(row)} in ${JSON.stringify(left).slice(0, 600)}`
    left.splice(at, 1)
  }
  return undefined
}

function equal(a: unknown, b: unknown, type: string, options: Case): boolean {
  if (type === 'datetime' && typeof a === 'string' && typeof b === 'string') return micros(a) === micros(b)
  if (type === 'timespan' && typeof a === 'string' && typeof b === 'string') return micros(a) === micros(b)
  if (type === 'decimal' && a !== null && b !== null) return close(Number(a), Number(b), options)
  return equalJson(a, b, options)
}

/** Times to microseconds, trailing zeros gone: the target keeps no seventh digit. */
function micros(text: string): string {
  return text.replace(/\.(\d+)(Z?)$/, (_m, digits: string, z: string) => {
    const kept = digits.slice(0, 6).replace(/0+$/, '')
    return kept === '' ? z : `.${kept}${z}`
  })
}

const DATE = /^\d{4}-\d\d-\d\dT[\d:]+\.\d+Z$/

function equalJson(a: unknown, b: unknown, options: Case): boolean {
  if (typeof a === 'number' && typeof b === 'number') return close(a, b, options)
  // Integers beyond 2^53 lose digits in the file of cases, not in the answer.
  if (typeof a === 'number' && typeof b === 'string') return a === Number(b) && /^-?\d{16,}$/.test(b)
  if (typeof a === 'string' && typeof b === 'string') {
    return a === b || (DATE.test(a) && DATE.test(b) && micros(a) === micros(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return false
    if (options.unordered_arrays !== true) return a.every((item, i) => equalJson(item, b[i], options))
    const left = [...b]
    return a.every((item) => {
      const at = left.findIndex((other) => equalJson(item, other, options))
      if (at >= 0) left.splice(at, 1)
      return at >= 0
    })
  }
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
    const keys = Object.keys(x)
    return (
      keys.length === Object.keys(y).length &&
      keys.every((key) => key in y && equalJson(x[key], y[key], options))
    )
  }
  return a === b
}

function close(a: number, b: number, options: Case): boolean {
  const tolerance = options.approx ? 1e-2 : 1e-9
  return (
    a === b || Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)) || Math.abs(a - b) < 1e-12
  )
}
