import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml'
import type { Report } from '../diagnostics/index.ts'

/**
 * Reads fields of a YAML mapping and reports what is wrong with each at its own place: an author sees all mistakes of
 * a rule at once, each with line and caret. A field that is wrong reads as its fallback; `failed` then says so.
 */
export class FieldReader {
  readonly #map: YAMLMap<Node, Node | null>
  readonly #text: string
  readonly #source: string
  readonly #report: Report
  readonly #read = new Set<string>()
  /** Shared by all readers of one file. */
  readonly #state: { failed: boolean }

  constructor(
    map: YAMLMap<Node, Node | null>,
    text: string,
    source: string,
    report: Report,
    state: { failed: boolean },
  ) {
    this.#map = map
    this.#text = text
    this.#source = source
    this.#report = report
    this.#state = state
  }

  get failed(): boolean {
    return this.#state.failed
  }

  /** Text; with `pattern` it must match, with `choices` be one of them. */
  text(
    name: string,
    rule: { pattern?: RegExp; says?: string; choices?: readonly string[]; most?: number } = {},
  ): string {
    return this.optionalText(name, rule) ?? this.#missing(name, '')
  }

  optionalText(
    name: string,
    rule: { pattern?: RegExp; says?: string; choices?: readonly string[]; most?: number } = {},
  ): string | undefined {
    const node = this.#node(name)
    if (node === undefined) return undefined
    const value = isScalar(node) ? node.value : undefined
    // YAML reads `1.0` and `2026-01-01` as number and text of its own mind; a rule author means text.
    const text = typeof value === 'number' ? (node as { source?: string }).source : value
    if (typeof text !== 'string' || text === '') return this.#wrong(node, `${name} must be text`, '')
    if (rule.choices !== undefined && !rule.choices.includes(text)) {
      return this.#wrong(node, `${name} must be one of ${rule.choices.join(', ')}, not ${text}`, text)
    }
    if (rule.pattern !== undefined && !rule.pattern.test(text)) {
      return this.#wrong(node, `${name} must be ${rule.says ?? String(rule.pattern)}, not ${text}`, text)
    }
    if (rule.most !== undefined && text.length > rule.most) {
      return this.#wrong(
        node,
        `${name} has ${text.length} characters, at most ${rule.most} are allowed`,
        text,
      )
    }
    return text
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const text = fallback === undefined ? this.text(name, { choices }) : this.optionalText(name, { choices })
    return choices.find((choice) => choice === text) ?? fallback ?? (choices[0] as T)
  }

  integer(name: string, fallback?: number): number {
    const node = this.#node(name)
    if (node === undefined) return fallback ?? this.#missing(name, 0)
    const value = isScalar(node) ? node.value : undefined
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#wrong(node, `${name} must be a whole number`, 0)
  }

  /** A list of texts; an absent list is empty. */
  texts(name: string, choices?: readonly string[]): string[] {
    const node = this.#node(name)
    if (node === undefined) return []
    if (!isSeq(node)) return this.#wrong(node, `${name} must be a list`, [])
    return node.items.flatMap((item) => {
      const value = isScalar(item) ? item.value : undefined
      if (typeof value !== 'string') return this.#wrong(item, `${name} must be a list of texts`, [])
      if (choices !== undefined && !choices.includes(value)) {
        return this.#wrong(item, `${name}: ${value} is not one of ${choices.join(', ')}`, [])
      }
      return [value]
    })
  }

  /** A mapping of texts; an absent one is empty. */
  textMap(name: string): Record<string, string> {
    const node = this.#node(name)
    if (node === undefined) return {}
    if (!isMap(node)) return this.#wrong(node, `${name} must be a mapping`, {})
    return Object.fromEntries(
      node.items.flatMap((pair) => {
        const key = isScalar(pair.key) ? String(pair.key.value) : ''
        const value = isScalar(pair.value) ? pair.value.value : undefined
        return typeof value === 'string'
          ? [[key, value]]
          : this.#wrong(pair.value ?? pair.key, `${name}.${key} must be text`, [])
      }),
    )
  }

  /** A mapping read by `read`; absent gives `undefined`. */
  object<T>(name: string, read: (fields: FieldReader) => T): T | undefined {
    const node = this.#node(name)
    if (node === undefined) return undefined
    if (!isMap(node)) return this.#wrong(node, `${name} must be a mapping`, undefined)
    return this.#inner(node, read)
  }

  /** A list of mappings, each read by `read`; absent is empty. */
  objects<T>(name: string, read: (fields: FieldReader) => T): T[] {
    const node = this.#node(name)
    if (node === undefined) return []
    if (!isSeq(node)) return this.#wrong(node, `${name} must be a list`, [])
    return node.items.flatMap((item) =>
      isMap(item) ? [this.#inner(item, read)] : this.#wrong(item, `${name} must be a list of mappings`, []),
    )
  }

  /** Any YAML value as plain data, e.g. the expected cells of a test. */
  plainObjects(name: string): Record<string, unknown>[] {
    const node = this.#node(name)
    if (node === undefined) return []
    const value: unknown = isSeq(node) ? node.toJSON() : undefined
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'object' || item === null)) {
      return this.#wrong(node, `${name} must be a list of mappings`, [])
    }
    return value as Record<string, unknown>[]
  }

  has(name: string): boolean {
    return this.#map.has(name)
  }

  /** Maps a character of a field's text to its place in the file. */
  placeIn(name: string): (offset: number) => number {
    const node = this.#node(name)
    return isScalar(node) ? placeInScalar(this.#text, node) : () => 0
  }

  /** Reports a fault at a field's place. */
  fault(
    name: string,
    message: string,
    code: 'detections/bad-field' | 'detections/missing-file' | 'detections/limit',
  ): void {
    const node: unknown = this.#map.get(name, true)
    this.#say(node, message, code)
  }

  /** Reports every field that was never asked for: a misspelt name must not be lost in silence. */
  finish(): void {
    for (const pair of this.#map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      if (!this.#read.has(key)) this.#say(pair.key, `unknown field ${key}`, 'detections/bad-field')
    }
  }

  #inner<T>(map: YAMLMap, read: (fields: FieldReader) => T): T {
    const fields = new FieldReader(
      map as YAMLMap<Node, Node | null>,
      this.#text,
      this.#source,
      this.#report,
      this.#state,
    )
    const value = read(fields)
    fields.finish()
    return value
  }

  #node(name: string): Node | undefined {
    this.#read.add(name)
    const node: unknown = this.#map.get(name, true)
    return isNode(node) && !(isScalar(node) && node.value === null) ? node : undefined
  }

  #missing<T>(name: string, fallback: T): T {
    this.#say(this.#map, `${name} is missing`, 'detections/bad-field')
    return fallback
  }

  #wrong<T>(node: unknown, message: string, fallback: T): T {
    this.#say(node, message, 'detections/bad-field')
    return fallback
  }

  #say(
    node: unknown,
    message: string,
    code: 'detections/bad-field' | 'detections/missing-file' | 'detections/limit',
  ): void {
    this.#state.failed = true
    const range = isNode(node) ? node.range : undefined
    this.#report({
      code,
      severity: 'error',
      message,
      at: { in: 'text', source: this.#source, start: range?.[0] ?? 0, end: range?.[1] ?? 0 },
    })
  }
}

/** Parses YAML and gives its top mapping as a reader; `undefined`, with all faults reported, where it is none. */
export function readYamlFields(text: string, source: string, report: Report): FieldReader | undefined {
  const document: Document = parseDocument(text, { prettyErrors: false, uniqueKeys: true })
  for (const error of document.errors) {
    report({
      code: 'detections/bad-yaml',
      severity: 'error',
      message: error.message,
      at: { in: 'text', source, start: error.pos[0], end: error.pos[1] },
    })
  }
  if (document.errors.length > 0) return undefined
  if (!isMap(document.contents)) {
    report({
      code: 'detections/bad-yaml',
      severity: 'error',
      message: 'the file must hold a mapping',
      at: { in: 'text', source, start: 0, end: text.length },
    })
    return undefined
  }
  return new FieldReader(document.contents as YAMLMap<Node, Node | null>, text, source, report, {
    failed: false,
  })
}

/**
 * Where in the file a character of a scalar's value stands. Line by line in a literal block; in other styles, where escapes
 * and folding move characters, exact as long as the file holds the value as it is, and else the beginning.
 */
function placeInScalar(text: string, node: Scalar): (offset: number) => number {
  const [start = 0, end = start] = node.range ?? []
  const value = String(node.value)
  if (node.type !== Scalar.BLOCK_LITERAL) {
    const at = text.slice(start, end).indexOf(value)
    return (offset) => (at < 0 ? start : start + at + Math.min(offset, value.length))
  }
  const body = text.indexOf('\n', start) + 1
  const lines = text.slice(body, end).split('\n')
  return (offset) => {
    const before = value.slice(0, offset).split('\n')
    const row = before.length - 1
    const skipped = lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0)
    const written = lines[row]?.replace(/\r$/, '') ?? ''
    const indent = Math.max(0, written.length - (value.split('\n')[row]?.length ?? 0))
    return body + skipped + indent + (before[row]?.length ?? 0)
  }
}
