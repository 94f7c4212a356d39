import { TokenReader } from '../../../lang/token-reader.ts'
import type { CommandRunner } from './commands.ts'
import type { PsToken } from './lexer.ts'
import { add, cast, Enough, format, indexed, join, member, replaceText } from './operations.ts'
import { Scope } from './scope.ts'
import { type PsValue, stringValue, UNKNOWN, wholeText } from './value.ts'

/** Parentheses and blocks of real scripts nest 20 deep at most. */
const MAX_DEPTH = 80
/** Tokens looked at in all; a token may be looked at again where a block belongs to a pipeline. */
const MAX_STEPS = 400_000

/** Reads expressions of PowerShell to their values, as far as the text tells them. Statements are for who extends this. */
export abstract class ExpressionReader extends TokenReader<PsToken> {
  protected scope: Scope = new Scope()
  protected abstract readonly commands: CommandRunner
  #steps = 0
  #depth = 0

  constructor(tokens: readonly PsToken[]) {
    super(tokens, 'punctuation')
  }

  protected abstract statement(): void
  protected abstract pipeline(): PsValue

  protected override next(): PsToken {
    this.#steps += 1
    if (this.#steps > MAX_STEPS) throw new Enough()
    return super.next()
  }

  protected deeper<T>(action: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Enough()
    try {
      return action()
    } finally {
      this.#depth -= 1
    }
  }

  protected newlines(): void {
    while (this.peek().kind === 'newline') this.next()
  }

  /** Passes over a bracketed group without reading it. */
  protected skipGroup(): void {
    let depth = 0
    do {
      const token = this.next()
      if (token.kind === 'end') return
      if (token.kind !== 'punctuation') continue
      if (/^(?:\(|\{|\[|@\{|@\(|\$\()$/.test(token.text)) depth += 1
      if (/^[)}\]]$/.test(token.text)) depth -= 1
    } while (depth > 0)
  }

  protected isArgument(): boolean {
    const { kind, text } = this.peek()
    if (
      kind === 'word' ||
      kind === 'variable' ||
      kind === 'string' ||
      kind === 'expandable' ||
      kind === 'type'
    )
      return true
    return kind === 'punctuation' && /^(?:\(|\$\(|@\(|@\{|\{)$/.test(text)
  }

  protected argument(): PsValue {
    const first = this.argumentItem()
    if (!this.isSign(',')) return first
    const items = [first]
    while (this.accept(',')) {
      this.newlines()
      items.push(this.argumentItem())
    }
    return { kind: 'list', items }
  }

  protected argumentItem(): PsValue {
    const token = this.peek()
    if (token.kind !== 'word') return this.primary()
    this.next()
    let text = token.text
    // `root\subscription` may be glued to a variable or a string: `root\$x`.
    while (!this.peek().spaced && ['word', 'string', 'expandable', 'variable'].includes(this.peek().kind)) {
      const part = this.next()
      text +=
        part.kind === 'variable'
          ? (wholeText(this.scope.get(part.text.toLowerCase())) ?? `$${part.text}`)
          : part.text
    }
    return /^\d+$/.test(text)
      ? { kind: 'number', value: Number(text) }
      : stringValue(text, false, token.split === true)
  }

  protected expression(lists: boolean): PsValue {
    return this.deeper(() => {
      let value = this.unary()
      for (;;) {
        if (this.accept('+')) {
          this.newlines()
          value = add(value, this.unary())
        } else if (this.peek().kind === 'parameter') value = this.operator(value)
        else if (lists && this.isSign(',')) {
          const items = value.kind === 'list' ? [...value.items] : [value]
          while (this.accept(',')) {
            this.newlines()
            items.push(this.unary())
          }
          value = { kind: 'list', items }
        } else return value
      }
    })
  }

  protected operator(left: PsValue): PsValue {
    const operator = this.next().text.toLowerCase()
    this.newlines()
    if (operator === 'f') return format(left, this.listOperand())
    if (operator === 'join' || operator === 'ijoin') return join(left, wholeText(this.unary()) ?? '')
    if (/^[ic]?replace$/.test(operator)) {
      const [from, to] = this.listOperand()
      return replaceText(left, wholeText(from), to === undefined ? '' : wholeText(to))
    }
    this.unary()
    return UNKNOWN
  }

  protected listOperand(): readonly PsValue[] {
    const items = [this.unary()]
    while (this.accept(',')) {
      this.newlines()
      items.push(this.unary())
    }
    const [only] = items
    return items.length === 1 && only?.kind === 'list' ? only.items : items
  }

  protected unary(): PsValue {
    const token = this.peek()
    if (token.kind === 'parameter' && /^i?join$/i.test(token.text)) {
      this.next()
      return join(this.unary(), '')
    }
    if (token.kind === 'parameter' && /^(?:not|bnot|split)$/i.test(token.text)) {
      this.next()
      this.unary()
      return UNKNOWN
    }
    if (token.kind === 'punctuation' && token.text === '!') {
      this.next()
      return this.unary()
    }
    return this.primary()
  }

  protected primary(): PsValue {
    const token = this.peek()
    switch (token.kind) {
      case 'string':
        this.next()
        return this.postfix(stringValue(token.text))
      case 'expandable':
        this.next()
        return this.postfix(this.scope.expand(token.text))
      case 'variable': {
        this.next()
        const name = token.text.toLowerCase().replace(/^(?:script|global|local|private):/, '')
        if (name === 'true' || name === 'false') return { kind: 'boolean', value: name === 'true' }
        return this.postfix(this.scope.get(name) ?? UNKNOWN)
      }
      case 'type':
        return this.typed()
      case 'word': {
        this.next()
        if (/^0x[0-9a-f]+$|^\d+$/i.test(token.text)) return { kind: 'number', value: Number(token.text) }
        return this.postfix(stringValue(token.text))
      }
      case 'punctuation':
        return this.bracketed(token)
      default:
        return UNKNOWN
    }
  }

  protected bracketed(token: PsToken): PsValue {
    if (token.text === '@{') return this.postfix(this.table())
    if (token.text === '{') {
      const start = this.at + 1
      this.skipGroup()
      return { kind: 'block', start, end: this.at - 1 }
    }
    if (token.text === '(' || token.text === '$(') {
      this.next()
      this.newlines()
      const value = this.pipeline()
      while (this.peek().kind !== 'end' && !this.accept(')')) this.statement()
      return this.postfix(value)
    }
    if (token.text === '@(') {
      this.next()
      const items: PsValue[] = []
      for (;;) {
        while (this.peek().kind === 'newline' || this.isSign(';') || this.isSign(',')) this.next()
        if (this.peek().kind === 'end' || this.accept(')')) break
        const before = this.at
        const value = this.pipeline()
        items.push(...(value.kind === 'list' ? value.items : [value]))
        if (this.at === before) this.next()
      }
      return this.postfix({ kind: 'list', items })
    }
    return UNKNOWN
  }

  protected table(): PsValue {
    const entries = new Map<string, { readonly name: string; readonly value: PsValue }>()
    this.next()
    for (;;) {
      while (this.peek().kind === 'newline' || this.isSign(';')) this.next()
      if (this.peek().kind === 'end' || this.accept('}')) return { kind: 'table', entries }
      const token = this.next()
      const name = token.kind === 'expandable' ? (wholeText(this.scope.expand(token.text)) ?? '') : token.text
      this.newlines()
      if (!this.accept('=')) continue
      this.newlines()
      const value = this.isSign('}') ? UNKNOWN : this.pipeline()
      entries.set(name.toLowerCase(), { name, value })
    }
  }

  /** `[wmiclass]"..."`, `[char]65`, `[Type]::Member(...)`. */
  protected typed(): PsValue {
    const type = this.next()
      .text.toLowerCase()
      .replace(/^system\./, '')
    if (this.isSign('::')) {
      this.next()
      const member = this.peek().kind === 'word' ? this.next().text.toLowerCase() : ''
      const args = this.isSign('(') ? this.callArguments() : []
      if (member === 'new') return this.postfix(this.commands.construct(type, args))
      return this.postfix(UNKNOWN)
    }
    if (!this.isArgument() && !this.isSign('(')) return UNKNOWN
    const value = this.primary()
    return this.postfix(cast(type, value))
  }

  protected callArguments(): readonly PsValue[] {
    this.next()
    const args: PsValue[] = []
    while (this.peek().kind !== 'end' && !this.accept(')')) {
      const before = this.at
      if (this.peek().kind === 'newline' || this.isSign(',')) this.next()
      else args.push(this.expression(false))
      if (this.at === before) this.next()
    }
    return args
  }

  protected postfix(start: PsValue): PsValue {
    let value = start
    for (;;) {
      if (this.isSign('.') && !this.peek().spaced) {
        this.next()
        const name = ['word', 'string', 'expandable'].includes(this.peek().kind) ? this.next().text : ''
        if (this.isSign('(') && !this.peek().spaced)
          value = this.commands.method(value, name, this.callArguments())
        else value = member(value, name)
      } else if (this.isSign('[') && !this.peek().spaced) {
        this.next()
        const index = this.expression(true)
        if (!this.accept(']')) return UNKNOWN
        value = indexed(value, index)
      } else return value
    }
  }
}
