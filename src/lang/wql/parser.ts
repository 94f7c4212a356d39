import type { DiagnosticCode, Report } from '../../diagnostics/index.ts'
import { SyntaxProblem, SyntaxReader } from '../token-reader.ts'
import type {
  WqlCondition,
  WqlConstant,
  WqlGroup,
  WqlOperand,
  WqlOperator,
  WqlProperty,
  WqlQuery,
} from './ast.ts'
import { lexWql, type WqlToken } from './lexer.ts'

/** Parentheses and NOT nest; the deepest query of a real subscription seen nests 3. */
const MAX_DEPTH = 60
/** Longer texts are no queries: WMI refuses far shorter ones (quota of its query parser). */
const MAX_LENGTH = 262_144

export interface ParseWqlOptions {
  /** Name of the text in diagnostics. */
  readonly source?: string
  readonly report?: Report
}

/**
 * Parses a WQL data or event query. `undefined` with diagnostics when it does not follow the grammar; never throws.
 * Source: Microsoft "WQL (SQL for WMI)"; TELEMETRY section 16; `WITHIN 5WHERE` observed in Sysmon's own query.
 */
export function parseWql(text: string, options: ParseWqlOptions = {}): WqlQuery | undefined {
  const problem = (code: DiagnosticCode, message: string, start: number, end: number): void =>
    options.report?.({
      code,
      severity: 'error',
      message,
      at: { in: 'text', source: options.source ?? 'wql', start, end },
    })
  if (text.length > MAX_LENGTH) {
    problem('wql/too-long', `a query of ${text.length} characters is not read`, 0, text.length)
    return undefined
  }
  const { tokens, errors } = lexWql(text)
  for (const error of errors.slice(0, 20)) problem(error.code, error.message, error.start, error.end)
  try {
    const query = new Parser(tokens).query()
    return errors.length === 0 ? query : undefined
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    problem(error.code, error.message, error.token.start, error.token.end)
    return undefined
  }
}

const OPERATORS: Readonly<Record<string, WqlOperator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
}

class Parser extends SyntaxReader<WqlToken> {
  constructor(tokens: readonly WqlToken[]) {
    super(tokens, { sign: 'operator', code: 'wql/unexpected-token', text: 'query' })
  }

  query(): WqlQuery {
    const query = this.isWord('select') ? this.#select() : this.#related()
    if (this.peek().kind !== 'end') this.fail('expected the end of the query')
    return query
  }

  #expectWord(word: string): void {
    if (!this.acceptWord(word)) this.fail(`expected ${word.toUpperCase()}`)
  }

  #number(what: string): string {
    if (this.peek().kind === 'number') return this.next().text
    return this.fail(`expected ${what}`)
  }

  #property(): WqlProperty {
    const path = [this.#propertyPart()]
    while (this.accept('.')) path.push(this.accept('*') ? '*' : this.#propertyPart())
    return path
  }

  /** `Name` or `InsertionStrings[1]`. */
  #propertyPart(): string {
    const name = this.word('a property')
    if (!this.accept('[')) return name
    const index = this.#number('the index of an array')
    if (!this.accept(']')) this.fail('expected ]')
    return `${name}[${index}]`
  }

  #properties(): '*' | WqlProperty[] {
    if (this.accept('*')) return '*'
    const properties = [this.#property()]
    while (this.accept(',')) properties.push(this.#property())
    return properties
  }

  #select(): WqlQuery {
    this.next()
    const properties = this.#properties()
    this.#expectWord('from')
    const from = this.word('a class')
    let within = this.#within()
    const where = this.acceptWord('where') ? this.#or(0) : undefined
    within ??= this.#within()
    const group = this.isWord('group') ? this.#group() : undefined
    return {
      kind: 'select',
      properties,
      from,
      ...(within === undefined ? {} : { within }),
      ...(where === undefined ? {} : { where }),
      ...(group === undefined ? {} : { group }),
    }
  }

  #within(): string | undefined {
    return this.acceptWord('within') ? this.#number('seconds after WITHIN') : undefined
  }

  #group(): WqlGroup {
    this.next()
    this.#expectWord('within')
    const within = this.#number('seconds after GROUP WITHIN')
    const by: WqlProperty[] = []
    if (this.acceptWord('by')) {
      by.push(this.#property())
      while (this.accept(',')) by.push(this.#property())
    }
    const having = this.acceptWord('having') ? this.#or(0) : undefined
    return { within, by, ...(having === undefined ? {} : { having }) }
  }

  #related(): WqlQuery {
    const kind = this.isWord('associators') ? 'associators' : 'references'
    if (!this.acceptWord('associators') && !this.acceptWord('references'))
      this.fail('expected SELECT, ASSOCIATORS OF or REFERENCES OF')
    this.#expectWord('of')
    if (this.peek().kind !== 'path') this.fail('expected an object path in braces')
    const of = this.next().text
    const within = this.#within()
    const where: { name: string; value?: string }[] = []
    if (this.acceptWord('where')) {
      while (this.peek().kind === 'word') {
        const name = this.next().text
        if (!this.accept('=')) where.push({ name })
        else {
          const value = this.peek()
          if (value.kind !== 'word' && value.kind !== 'string')
            this.fail(`expected a class or role after ${name} =`)
          where.push({ name, value: this.next().text })
        }
        this.acceptWord('and')
      }
    }
    return { kind, of, ...(within === undefined ? {} : { within }), where }
  }

  #or(depth: number): WqlCondition {
    return this.#chain('or', () => this.#chain('and', () => this.#not(depth)))
  }

  #chain(kind: 'and' | 'or', operand: () => WqlCondition): WqlCondition {
    const first = operand()
    if (!this.isWord(kind)) return first
    const conditions = [first]
    while (this.acceptWord(kind)) conditions.push(operand())
    return { kind, conditions }
  }

  #not(depth: number): WqlCondition {
    if (depth > MAX_DEPTH) throw new SyntaxProblem('wql/too-deep', 'conditions nest too deep', this.peek())
    if (this.isWord('not')) {
      this.next()
      return { kind: 'not', condition: this.#not(depth + 1) }
    }
    if (this.accept('(')) {
      const condition = this.#or(depth + 1)
      if (!this.accept(')')) this.fail('expected )')
      return condition
    }
    return this.#condition()
  }

  #condition(): WqlCondition {
    const left = this.#operand()
    if (left.kind === 'property') {
      const negated = this.isWord('not') && (this.isWord('like', 1) || this.isWord('isa', 1))
      if (negated) this.next()
      if (this.acceptWord('like'))
        return { kind: 'like', path: left.path, negated, pattern: this.#string('LIKE') }
      if (this.acceptWord('isa'))
        return { kind: 'isa', path: left.path, negated, className: this.#string('ISA') }
      if (this.acceptWord('is')) {
        const not = this.acceptWord('not')
        this.#expectWord('null')
        return { kind: 'null', path: left.path, negated: not }
      }
    }
    const operator = this.peek().kind === 'operator' ? OPERATORS[this.peek().text] : undefined
    if (operator === undefined) return this.fail('expected a comparison')
    this.next()
    return { kind: 'compare', left, operator, right: this.#operand() }
  }

  #string(after: string): string {
    const token = this.peek()
    // ISA takes a bare class name too.
    if (token.kind === 'string' || (after === 'ISA' && token.kind === 'word')) return this.next().text
    return this.fail(`expected a string after ${after}`)
  }

  #operand(): WqlOperand {
    const token = this.peek()
    if (token.kind === 'string') return constant({ kind: 'string', value: this.next().text })
    if (token.kind === 'number') return constant({ kind: 'number', text: this.next().text })
    if (token.kind !== 'word') return this.fail('expected a property or a value')
    const word = token.text.toLowerCase()
    if (word === 'true' || word === 'false') {
      this.next()
      return constant({ kind: 'boolean', value: word === 'true' })
    }
    if (word === 'null') {
      this.next()
      return constant({ kind: 'null' })
    }
    if (RESERVED.has(word)) return this.fail('expected a property or a value')
    const path = this.#property()
    const [name] = path
    if (path.length > 1 || name === undefined || !this.accept('(')) return { kind: 'property', path }
    const inner = this.#property()
    if (!this.accept(')')) this.fail('expected )')
    return { kind: 'call', name, path: inner }
  }
}

const RESERVED = new Set(['and', 'or', 'where', 'from', 'select', 'group', 'having', 'within'])

function constant(value: WqlConstant): WqlOperand {
  return { kind: 'constant', value }
}
