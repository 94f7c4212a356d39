import type { DiagnosticCode, Report } from '../../diagnostics/index.ts'
import { splitNamespace } from '../object-path.ts'
import { SyntaxProblem, SyntaxReader } from '../token-reader.ts'
import type {
  MofAssignment,
  MofClass,
  MofDocument,
  MofInstance,
  MofInstanceBody,
  MofMethod,
  MofParameter,
  MofPragma,
  MofProperty,
  MofQualifier,
  MofQualifierDeclaration,
  MofStatement,
  MofValue,
} from './ast.ts'
import { lexMof, type MofLexOptions, type MofToken } from './lexer.ts'

/** Nested arrays and embedded instances. The deepest in Windows' own MOF files seen is 3. */
const MAX_DEPTH = 40
const MAX_REPORTED = 100

/** The namespace that mofcomp uses when neither `-N:` nor a pragma names one. Source: TELEMETRY section 1. */
export const DEFAULT_NAMESPACE = 'root\\default'

export interface ParseMofOptions extends MofLexOptions {
  /** Name of the text in diagnostics. */
  readonly source?: string
  readonly report?: Report
  /** Namespace in force before the first pragma: what `mofcomp -N:` was given. */
  readonly namespace?: string
}

/**
 * Parses MOF text: pragmas, classes, instances, qualifier declarations. Never throws: each error is reported with its
 * span, and reading goes on at the next statement, so one broken object costs only itself.
 * Source: [DMTF DSP0004] annex A; Microsoft "Managed Object Format" for aliases and pragmas.
 */
export function parseMof(text: string, options: ParseMofOptions = {}): MofDocument {
  const lexed = lexMof(text, options)
  const problems = new Problems(options.source ?? 'mof', options.report)
  for (const error of lexed.errors) problems.add(error.code, error.message, error)
  const statements = new Parser(lexed.tokens, problems, options.namespace ?? DEFAULT_NAMESPACE).parse()
  problems.close()
  return {
    statements,
    comments: lexed.comments,
    autorecover: statements.some(
      (statement) => statement.kind === 'pragma' && statement.name.toLowerCase() === 'autorecover',
    ),
  }
}

class Problems {
  readonly #source: string
  readonly #report: Report | undefined
  #count = 0

  constructor(source: string, report: Report | undefined) {
    this.#source = source
    this.#report = report
  }

  add(code: DiagnosticCode, message: string, span: { readonly start: number; readonly end: number }): void {
    this.#count += 1
    if (this.#count > MAX_REPORTED) return
    const at = { in: 'text', source: this.#source, start: span.start, end: span.end } as const
    this.#report?.({ code, severity: 'error', message, at })
  }

  close(): void {
    if (this.#count <= MAX_REPORTED) return
    const message = `${this.#count - MAX_REPORTED} further errors in this text are not listed`
    this.#report?.({ code: 'mof/too-many-errors', severity: 'warning', message })
  }
}

class Parser extends SyntaxReader<MofToken> {
  readonly #problems: Problems
  #namespace: string
  #host: string | undefined

  constructor(tokens: readonly MofToken[], problems: Problems, namespace: string) {
    super(tokens, { sign: 'punctuation', code: 'mof/unexpected-token', text: 'text' })
    this.#problems = problems
    const split = splitNamespace(namespace)
    this.#namespace = split.namespace
    this.#host = split.host
  }

  parse(): MofStatement[] {
    const statements: MofStatement[] = []
    while (this.peek().kind !== 'end') {
      const before = this.at
      try {
        const statement = this.#statement()
        if (statement !== undefined) statements.push(statement)
      } catch (error) {
        if (!(error instanceof SyntaxProblem)) throw error
        this.#problems.add(error.code, error.message, error.token)
        this.#skipStatement(before)
      }
    }
    return statements
  }

  #expect(text: string, where: string): MofToken {
    if (this.isSign(text)) return this.next()
    return this.fail(`expected ${text} ${where}`)
  }

  #previousEnd(): number {
    return this.tokens[this.at - 1]?.end ?? 0
  }

  #statement(): MofStatement | undefined {
    const { start, kind } = this.peek()
    if (kind === 'pragma') return this.#pragma(start)
    if (this.accept(';')) return undefined
    if (this.isWord('qualifier')) return this.#qualifierDeclaration(start)
    const qualifiers = this.#qualifiers()
    if (this.isWord('instance')) return this.#instance(start, qualifiers)
    if (this.isWord('class')) return this.#class(start, qualifiers)
    return this.fail('expected a class, an instance, a qualifier declaration or a pragma')
  }

  /** To behind the next `;` at this level, or to before what certainly begins a statement. */
  #skipStatement(before: number): void {
    if (this.at === before) this.at += 1
    let depth = 0
    for (;;) {
      const token = this.peek()
      if (token.kind === 'end' || token.kind === 'pragma') return
      if (this.isWord('instance') && this.isWord('of', 1) && this.peek(2).kind === 'word') return
      if (depth <= 0 && this.isWord('class') && this.peek(1).kind === 'word') return
      this.at += 1
      if (token.kind !== 'punctuation') continue
      if (token.text === '{') depth += 1
      if (token.text === '}') depth -= 1
      if (token.text === ';' && depth <= 0) return
    }
  }

  #pragma(start: number): MofPragma {
    this.next()
    const name = this.word('the name of a pragma')
    const parameters: MofPragma['parameters'][number][] = []
    if (this.accept('(')) {
      while (!this.accept(')')) {
        const token = this.next()
        if (token.kind === 'string') parameters.push({ kind: 'string', value: this.#strings(token) })
        else if (token.kind === 'word' || token.kind === 'integer')
          parameters.push({ kind: 'word', value: token.text })
        else if (!(token.kind === 'punctuation' && token.text === ',')) {
          this.at = Math.max(0, this.at - (token.kind === 'end' ? 0 : 1))
          this.fail(`expected ) after the parameters of #pragma ${name}`)
        }
      }
    }
    const value = parameters[0]
    if (name.toLowerCase() === 'namespace' && value?.kind === 'string') {
      const split = splitNamespace(value.value)
      this.#namespace = split.namespace
      this.#host = split.host
    }
    return { kind: 'pragma', name, parameters, start, end: this.#previousEnd() }
  }

  #qualifiers(): MofQualifier[] {
    const qualifiers: MofQualifier[] = []
    if (!this.accept('[')) return qualifiers
    while (!this.accept(']')) {
      const { start } = this.peek()
      const name = this.word('the name of a qualifier')
      let value: MofValue | undefined
      if (this.accept('(')) {
        value = this.#value(1)
        this.#expect(')', 'after the value of a qualifier')
      } else if (this.isSign('{')) value = this.#value(1)
      const flavors: string[] = []
      if (this.accept(':')) {
        while (this.peek().kind === 'word') {
          flavors.push(this.next().text)
          // `key: ToSubclass, read`: a comma ends the flavors, unless mofcomp's list form is meant; both read alike here.
        }
      }
      qualifiers.push({
        name,
        ...(value === undefined ? {} : { value }),
        flavors,
        start,
        end: this.#previousEnd(),
      })
      if (!this.isSign(']')) this.#expect(',', 'between qualifiers')
    }
    return qualifiers
  }

  #instance(start: number, qualifiers: readonly MofQualifier[]): MofInstance {
    this.next()
    if (!this.acceptWord('of')) this.fail('expected of after instance')
    const className = this.word('the class of the instance')
    const alias = this.#alias()
    const body = this.#instanceBody(className, qualifiers, 0)
    const place = { namespace: this.#namespace, ...(this.#host === undefined ? {} : { host: this.#host }) }
    if (body.truncated !== true && !this.accept(';') && this.peek().kind !== 'end') {
      this.#problems.add('mof/unexpected-token', 'expected ; after an instance', this.peek())
    }
    const end = this.#previousEnd()
    return { kind: 'instance', ...body, ...(alias === undefined ? {} : { alias }), ...place, start, end }
  }

  #alias(): string | undefined {
    if (!this.acceptWord('as')) return undefined
    if (this.peek().kind === 'alias') return this.next().text
    return this.fail('expected an alias such as $Name after as')
  }

  #instanceBody(className: string, qualifiers: readonly MofQualifier[], depth: number): MofInstanceBody {
    if (depth > MAX_DEPTH)
      throw new SyntaxProblem('mof/too-deep', 'embedded instances nest too deep', this.peek())
    this.#expect('{', `after instance of ${className}`)
    const properties: MofAssignment[] = []
    for (;;) {
      if (this.accept('}')) return { className, qualifiers, properties }
      if (this.peek().kind === 'end' || this.#beginsStatement()) {
        this.#problems.add('mof/truncated', `instance of ${className} is not closed`, this.peek())
        return { className, qualifiers, properties, truncated: true }
      }
      if (this.accept(';')) continue
      const before = this.at
      try {
        properties.push(this.#assignment(depth))
      } catch (error) {
        if (!(error instanceof SyntaxProblem) || error.code === 'mof/too-deep') throw error
        this.#problems.add(error.code, error.message, error.token)
        this.#skipMember(before)
      }
    }
  }

  /** Inside braces a pragma or `instance of X {` without `=` before it means that a closing brace is missing. */
  #beginsStatement(): boolean {
    return (
      this.peek().kind === 'pragma' ||
      (this.isWord('instance') && this.isWord('of', 1) && !this.isSign('=', 1))
    )
  }

  #skipMember(before: number): void {
    if (this.at === before) this.at += 1
    let depth = 0
    for (;;) {
      if (this.peek().kind === 'end' || this.#beginsStatement()) return
      if (depth === 0 && this.isSign('}')) return
      const token = this.next()
      if (token.kind !== 'punctuation') continue
      if (token.text === '{') depth += 1
      if (token.text === '}') depth -= 1
      if (token.text === ';' && depth === 0) return
    }
  }

  #assignment(depth: number): MofAssignment {
    const { start } = this.peek()
    const qualifiers = this.#qualifiers()
    const name = this.word('the name of a property')
    this.#expect('=', `after the property ${name}`)
    const value = this.#value(depth + 1)
    const assignment = { qualifiers, name, value, start, end: this.#previousEnd() }
    if (!this.accept(';') && !this.isSign('}') && this.peek().kind !== 'end') {
      this.#problems.add('mof/unexpected-token', `expected ; after the value of ${name}`, this.peek())
      if (this.peek().kind !== 'word') this.#skipMember(this.at)
    }
    return assignment
  }

  /** Adjacent strings are one. */
  #strings(first: MofToken): string {
    if (this.peek().kind !== 'string') return first.text
    const parts = [first.text]
    while (this.peek().kind === 'string') parts.push(this.next().text)
    return parts.join('')
  }

  #value(depth: number): MofValue {
    const token = this.peek()
    if (depth > MAX_DEPTH) throw new SyntaxProblem('mof/too-deep', 'values nest too deep', token)
    switch (token.kind) {
      case 'string':
        return { kind: 'string', value: this.#strings(this.next()) }
      case 'char':
        return { kind: 'char', value: this.next().text }
      case 'integer':
        return { kind: 'integer', value: parseInteger(this.next().text) }
      case 'real':
        return { kind: 'real', value: Number(this.next().text) }
      case 'alias':
        return { kind: 'alias', name: this.next().text }
      case 'punctuation':
        if (token.text === '{') return this.#array(depth)
        break
      case 'word':
        return this.#wordValue(token, depth)
      default:
    }
    return this.fail('expected a value')
  }

  #wordValue(token: MofToken, depth: number): MofValue {
    const word = token.text.toLowerCase()
    if (word === 'instance' && this.isWord('of', 1)) {
      this.at += 2
      const className = this.word('the class of the embedded instance')
      return { kind: 'instance', instance: this.#instanceBody(className, [], depth) }
    }
    if (word === 'true' || word === 'false') {
      this.next()
      return { kind: 'boolean', value: word === 'true' }
    }
    if (word === 'null') {
      this.next()
      return { kind: 'null' }
    }
    return this.fail('expected a value')
  }

  #array(depth: number): MofValue {
    this.next()
    const items: MofValue[] = []
    while (!this.accept('}')) {
      items.push(this.#value(depth + 1))
      if (!this.isSign('}')) this.#expect(',', 'between the values of an array')
    }
    return { kind: 'array', items }
  }

  #class(start: number, qualifiers: readonly MofQualifier[]): MofClass {
    this.next()
    const name = this.word('the name of a class')
    let alias = this.#alias()
    const superclass = this.accept(':') ? this.word('the name of the superclass') : undefined
    alias ??= this.#alias()
    const base = {
      kind: 'class',
      qualifiers,
      name,
      ...(alias === undefined ? {} : { alias }),
      ...(superclass === undefined ? {} : { superclass }),
      namespace: this.#namespace,
      ...(this.#host === undefined ? {} : { host: this.#host }),
    } as const
    const members: (MofProperty | MofMethod)[] = []
    if (this.accept(';')) return { ...base, members, start, end: this.#previousEnd() }
    this.#expect('{', `after class ${name}`)
    while (!this.accept('}')) {
      if (this.peek().kind === 'end' || this.#beginsStatement()) {
        this.#problems.add('mof/truncated', `class ${name} is not closed`, this.peek())
        return { ...base, members, truncated: true, start, end: this.#previousEnd() }
      }
      if (this.accept(';')) continue
      const before = this.at
      try {
        members.push(this.#member())
      } catch (error) {
        if (!(error instanceof SyntaxProblem)) throw error
        this.#problems.add(error.code, error.message, error.token)
        this.#skipMember(before)
      }
    }
    if (!this.accept(';') && this.peek().kind !== 'end') {
      this.#problems.add('mof/unexpected-token', 'expected ; after a class', this.peek())
    }
    return { ...base, members, start, end: this.#previousEnd() }
  }

  #typedName(): Omit<MofParameter, 'start' | 'end'> {
    const qualifiers = this.#qualifiers()
    const type = this.word('a type')
    const reference = this.isWord('ref') && this.peek(1).kind === 'word'
    if (reference) this.next()
    const name = this.word('a name')
    const array = this.#arraySize()
    return { qualifiers, type, reference, name, ...(array === undefined ? {} : { array }) }
  }

  #arraySize(): number | 'unbounded' | undefined {
    if (!this.accept('[')) return undefined
    if (this.accept(']')) return 'unbounded'
    const token = this.next()
    if (token.kind !== 'integer') this.fail('expected the size of an array')
    this.#expect(']', 'after the size of an array')
    return Number(parseInteger(token.text))
  }

  #member(): MofProperty | MofMethod {
    const { start } = this.peek()
    const { type, reference, name, qualifiers, array } = this.#typedName()
    if (this.accept('(')) {
      const parameters: MofParameter[] = []
      while (!this.accept(')')) {
        const from = this.peek().start
        parameters.push({ ...this.#typedName(), start: from, end: this.#previousEnd() })
        if (!this.isSign(')')) this.#expect(',', 'between the parameters of a method')
      }
      this.#expect(';', `after the method ${name}`)
      return {
        kind: 'method',
        qualifiers,
        returnType: type,
        name,
        parameters,
        start,
        end: this.#previousEnd(),
      }
    }
    const value = this.accept('=') ? this.#value(1) : undefined
    this.#expect(';', `after the property ${name}`)
    return {
      kind: 'property',
      qualifiers,
      type,
      reference,
      name,
      ...(array === undefined ? {} : { array }),
      ...(value === undefined ? {} : { value }),
      start,
      end: this.#previousEnd(),
    }
  }

  #qualifierDeclaration(start: number): MofQualifierDeclaration {
    this.next()
    const name = this.word('the name of a qualifier')
    this.#expect(':', `after the qualifier ${name}`)
    const type = this.word('the type of the qualifier')
    const array = this.#arraySize()
    const value = this.accept('=') ? this.#value(1) : undefined
    const scopes: string[] = []
    const flavors: string[] = []
    while (this.accept(',')) {
      const into = this.word('Scope or Flavor').toLowerCase() === 'scope' ? scopes : flavors
      this.#expect('(', 'after Scope or Flavor')
      while (!this.accept(')')) {
        into.push(this.word('the name of a scope or flavor'))
        if (!this.isSign(')')) this.#expect(',', 'between scopes or flavors')
      }
    }
    this.#expect(';', `after the qualifier ${name}`)
    return {
      kind: 'qualifier',
      name,
      type,
      ...(array === undefined ? {} : { array }),
      ...(value === undefined ? {} : { value }),
      scopes,
      flavors,
      start,
      end: this.#previousEnd(),
    }
  }
}

/** Decimal, `0x` hexadecimal, `0` octal, `b` binary. BigInt knows only the prefixes, and refuses a sign before them. */
function parseInteger(text: string): bigint {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[+-]/, '')
  const magnitude =
    /b$/i.test(digits) && !/^0x/i.test(digits) ? BigInt(`0b${digits.slice(0, -1)}`) : magnitudeOf(digits)
  return negative ? -magnitude : magnitude
}

function magnitudeOf(digits: string): bigint {
  // `089` is no octal number; mofcomp reads it as decimal.
  return /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits)
}
