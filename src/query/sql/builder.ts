import type { BoundValue, KustoType } from './types.ts'

/** Quotes an identifier for SQL; the one way a name gets into a statement. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""').replaceAll(MARK, '')}"`
}

/** Marks a bound value's place until the statement is finished; no name can hold it. */
const MARK = '\u0001'

/**
 * A text as a SQL constant, for the few places where DuckDB takes nothing else (patterns of several groups). Only text
 * of the query itself may stand here, never evidence.
 */
export function constantText(text: string): string {
  return `'${text.replaceAll("'", "''").replaceAll(MARK, '').replaceAll('\u0000', '')}'`
}

/** Collects common table expressions and bound values of one statement. */
export class SqlBuilder {
  readonly #placeholder: (index: number, type: KustoType) => string
  readonly #materialized: string
  readonly #tables: { name: string; body: string; materialized: boolean }[] = []
  readonly #values: BoundValue[] = []
  readonly #known = new Map<string, string>()
  readonly requiredFunctions: Set<string> = new Set()
  readonly tables: Set<string> = new Set()

  constructor(placeholder: (index: number, type: KustoType) => string, materialized = 'MATERIALIZED ') {
    this.#placeholder = placeholder
    this.#materialized = materialized
  }

  /** Adds one operator as `sN` and gives its name. */
  add(body: string, materialized = false): string {
    const name = `s${this.#tables.length}`
    this.#tables.push({ name, body, materialized })
    return name
  }

  /** Binds a value; equal values share a parameter. */
  bind(value: BoundValue): string {
    const key = JSON.stringify(value)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = `${MARK}${this.#values.push(value) - 1}${MARK}`
    this.#known.set(key, text)
    return text
  }

  text(value: string): string {
    return this.bind({ type: 'string', value })
  }

  integer(value: number | bigint): string {
    return this.bind({ type: 'long', value: String(value) })
  }

  /** The statement and the values it binds, in order; values no part of the text uses fall away. */
  finish(select: string): { sql: string; parameters: BoundValue[] } {
    const parts = this.#tables.map(
      ({ name, body, materialized }) => `${name} AS ${materialized ? this.#materialized : ''}(${body})`,
    )
    const text = parts.length === 0 ? select : `WITH ${parts.join(',\n')}\n${select}`
    const parameters: BoundValue[] = []
    const places = new Map<number, string>()
    const pieces = text.split(MARK)
    const sql = pieces.map((piece, i) =>
      i % 2 === 0 ? piece : this.#place(Number(piece), places, parameters),
    )
    return { sql: sql.join(''), parameters }
  }

  #place(index: number, places: Map<number, string>, parameters: BoundValue[]): string {
    const known = places.get(index)
    if (known !== undefined) return known
    const value = this.#values[index]
    if (value === undefined) throw new Error(`invariant: no bound value ${index}`)
    const type = value.type === 'now' ? 'datetime' : value.type
    const place = this.#placeholder(parameters.push(value), type)
    places.set(index, place)
    return place
  }
}
