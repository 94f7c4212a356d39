import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import { type DiagnosticSeverity, didYouMean, type Report } from '../../diagnostics/index.ts'

type Code = 'platforms/bad-field' | 'platforms/limit' | 'platforms/advice'

/** The file that a node belongs to. */
export interface RuleFile {
  readonly document: Document
  readonly source: string
  readonly report: Report
}

/** A mapping of a rule file under check: gives values by name and reports faults at their place in the text. */
export class RuleNode {
  readonly #map: YAMLMap<Node, Node | null>
  readonly #file: RuleFile
  readonly #path: string

  constructor(map: YAMLMap<Node, Node | null>, file: RuleFile, path = '') {
    this.#map = map
    this.#file = file
    this.#path = path
  }

  has(name: string): boolean {
    return this.#map.has(name)
  }

  keys(): string[] {
    return this.#map.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''))
  }

  /** The value of a key as plain data; `undefined` where the key is absent. */
  value(name: string): unknown {
    const node = this.#node(name)
    return node === undefined ? undefined : node.toJS(this.#file.document, { maxAliasCount: 100 })
  }

  text(name: string, says?: string): string | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (typeof value === 'string') return value
    // YAML reads `1.0` as a number, and `no` of old as false: the author meant text.
    this.fault(name, `${this.label(name)} must be text${says === undefined ? '' : `: ${says}`}`)
    return undefined
  }

  /** Text of 1 to `most` characters, matching `pattern` and among `choices` where given. */
  checkText(
    name: string,
    rule: { most?: number; pattern?: string; says?: string; choices?: readonly string[] },
  ): string | undefined {
    const text = this.text(name, rule.says)
    if (text === undefined) return undefined
    if (text === '') this.fault(name, `${this.label(name)} must not be empty`)
    else if (rule.choices !== undefined && !rule.choices.includes(text)) {
      this.fault(
        name,
        `${this.label(name)} must be one of ${rule.choices.join(', ')}, not ${text}`,
        didYouMean(text, rule.choices),
      )
    } else if (rule.pattern !== undefined && !new RegExp(rule.pattern).test(text)) {
      this.fault(name, `${this.label(name)} must be ${rule.says ?? rule.pattern}, not ${text}`)
    }
    if (rule.most !== undefined && text.length > rule.most) {
      this.limit(name, `${this.label(name)} has ${text.length} characters, at most ${rule.most} are allowed`)
    }
    return text
  }

  boolean(name: string): void {
    const value = this.value(name)
    if (value !== undefined && typeof value !== 'boolean') {
      this.fault(name, `${this.label(name)} must be true or false`)
    }
  }

  integer(name: string, least: number, most: number): void {
    const value = this.value(name)
    if (value === undefined) return
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.fault(name, `${this.label(name)} must be a whole number`)
    } else if (value < least || value > most) {
      this.limit(name, `${this.label(name)} must be ${least} to ${most}, not ${value}`)
    }
  }

  /** A list of texts, each among `choices` or matching `pattern`, none twice where `unique`. */
  texts(
    name: string,
    rule: { choices?: readonly string[]; pattern?: string; says?: string; unique?: boolean } = {},
  ): string[] | undefined {
    const value = this.value(name)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
      this.fault(name, `${this.label(name)} must be a list of texts`)
      return undefined
    }
    const list = value as string[]
    for (const item of list) {
      if (rule.choices !== undefined && !rule.choices.includes(item)) {
        this.fault(
          name,
          `${this.label(name)}: ${item} is not one of ${rule.choices.join(', ')}`,
          didYouMean(item, rule.choices),
        )
      } else if (rule.pattern !== undefined && !new RegExp(rule.pattern).test(item)) {
        this.fault(name, `${this.label(name)}: ${item} is not ${rule.says ?? `of the form ${rule.pattern}`}`)
      }
    }
    if (rule.unique === true && new Set(list).size < list.length) {
      this.fault(name, `${this.label(name)} names something twice`)
    }
    return list
  }

  object(name: string): RuleNode | undefined {
    const node = this.#node(name)
    if (node === undefined) return undefined
    if (isMap(node)) return this.#inner(node, name)
    this.fault(name, `${this.label(name)} must be a mapping`)
    return undefined
  }

  objects(name: string): RuleNode[] | undefined {
    const node = this.#node(name)
    if (node === undefined) return undefined
    const items = isSeq(node) ? node.items.map((item) => this.#resolved(item)) : undefined
    if (items === undefined || items.some((item) => !isMap(item))) {
      this.fault(name, `${this.label(name)} must be a list of mappings`)
      return undefined
    }
    return items.filter(isMap).map((item, index) => this.#inner(item, `${name}[${index}]`))
  }

  require(...names: readonly string[]): void {
    for (const name of names) {
      if (this.#node(name) === undefined)
        this.#say('error', 'platforms/bad-field', `${this.label(name)} is missing`)
    }
  }

  /** Reports every key that is not among these: a misspelt name must not be lost in silence. */
  checkFields(names: readonly string[]): void {
    for (const key of this.keys()) {
      if (!names.includes(key)) this.fault(key, `unknown field ${this.label(key)}`, didYouMean(key, names))
    }
  }

  fault(name: string, message: string, hint?: string): void {
    this.#say('error', 'platforms/bad-field', message, name, hint)
  }

  limit(name: string, message: string): void {
    this.#say('error', 'platforms/limit', message, name)
  }

  advise(name: string, message: string, hint?: string): void {
    this.#say('warning', 'platforms/advice', message, name, hint)
  }

  label(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  #inner(map: YAMLMap, name: string): RuleNode {
    return new RuleNode(map as YAMLMap<Node, Node | null>, this.#file, this.label(name))
  }

  /** `key:` with nothing behind it counts as absent. */
  #node(name: string): Node | undefined {
    const node = this.#resolved(this.#map.get(name, true))
    return node === undefined || (isScalar(node) && node.value === null) ? undefined : node
  }

  /** `*anchor` stands for what the anchor holds. */
  #resolved(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#file.document)
    return isNode(node) ? node : undefined
  }

  #say(severity: DiagnosticSeverity, code: Code, message: string, name?: string, hint?: string): void {
    const held: unknown = name === undefined ? undefined : this.#map.get(name, true)
    const key = this.#map.items.find((pair) => isScalar(pair.key) && pair.key.value === name)?.key
    const range = isNode(held) ? held.range : isNode(key) ? key.range : this.#map.range
    this.#file.report({
      code,
      severity,
      message,
      at: { in: 'text', source: this.#file.source, start: range?.[0] ?? 0, end: range?.[1] ?? 0 },
      ...(hint === undefined ? {} : { hint }),
    })
  }
}
