import type { Act } from '../act.ts'
import type { CommandCall } from './arguments.ts'
import { CommandRunner, type Nested } from './commands.ts'
import { ESCAPED_DOLLAR, lexPowerShell, type PsToken } from './lexer.ts'
import { add, cast, Enough, format, indexed, join, MAX_STRING, member, replaceText } from './operations.ts'
import { type PsValue, stringValue, UNKNOWN, wholeText } from './value.ts'

/** Parentheses and blocks of real scripts nest 20 deep at most. */
const MAX_DEPTH = 80
/** Tokens looked at in all; a token may be looked at again where a block belongs to a pipeline. */
const MAX_STEPS = 400_000
/** Functions that call functions. */
const MAX_CALLS = 4

/** Switches of the cmdlets that are read here: the word behind one is not its value. */
const SWITCHES = new Set(
  'list verbose force whatif asjob debug enableallprivileges amended directread keyonly shallow passthru clientonly'.split(
    ' ',
  ),
)

/** Keywords whose block runs in any case. */
const PLAIN_BLOCKS = new Set(['try', 'finally', 'begin', 'process', 'end', 'do'])

const KEYWORDS = new Set(
  'if elseif else while do until for switch try catch finally trap begin process end return throw in exit break continue filter class using dynamicparam'.split(
    ' ',
  ),
)

/**
 * Reads PowerShell source for what it does with WMI objects: variables, tables, joined strings, class accelerators,
 * cmdlets and methods are followed in the order of the text, both branches of a condition alike; nothing is run.
 */
export function evaluatePowerShell(text: string, nested: Nested): readonly Act[] {
  const evaluator = new Evaluator(text, nested)
  return evaluator.run()
}

class Evaluator {
  readonly #text: string
  readonly #tokens: readonly PsToken[]
  #variables = new Map<string, PsValue>()
  /** Block in which a variable got its value; see {@link Evaluator.assign}. */
  #assignedIn = new Map<string, number>()
  /** Numbers of the conditional blocks that are open, innermost last; 0 is code that surely runs. */
  readonly #branches: number[] = [0]
  #branchCount = 0
  /** Functions of this text: where their parameters or body begin. */
  readonly #functions = new Map<string, number>()
  #callDepth = 0
  /** Arguments of the call whose `param` block comes next. */
  #binding: CommandCall | undefined
  #returned: PsValue = UNKNOWN
  /** The next block is no branch: `try`, `begin`, `process`, ... */
  #plainBlock = false
  readonly #commands: CommandRunner
  #at = 0
  #steps = 0
  #depth = 0

  constructor(text: string, nested: Nested) {
    this.#text = text
    this.#tokens = lexPowerShell(text)
    this.#commands = new CommandRunner(nested, (block, input) => this.#runBlock(block, input))
  }

  run(): readonly Act[] {
    try {
      while (this.#peek().kind !== 'end') this.#statement()
    } catch (error) {
      if (!(error instanceof Enough)) throw error
    }
    return this.#commands.acts()
  }

  #peek(ahead = 0): PsToken {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]
    if (token === undefined) throw new Error('invariant: a token list ends with an end token')
    return token
  }

  #next(): PsToken {
    this.#steps += 1
    if (this.#steps > MAX_STEPS) throw new Enough()
    const token = this.#peek()
    if (token.kind !== 'end') this.#at += 1
    return token
  }

  #is(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead)
    return token.kind === 'punctuation' && token.text === text
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false
    this.#next()
    return true
  }

  #deeper<T>(action: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new Enough()
    try {
      return action()
    } finally {
      this.#depth -= 1
    }
  }

  #newlines(): void {
    while (this.#peek().kind === 'newline') this.#next()
  }

  #statement(): void {
    const token = this.#peek()
    const lower = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (
      token.kind === 'newline' ||
      (token.kind === 'punctuation' && /^(?:[;,|&)\]}]|&&|\|\|)$/.test(token.text))
    ) {
      // `& 'name'` calls a command; every other separator is passed over.
      if (token.text === '&' && this.#startsValue(1)) this.#pipeline()
      else this.#next()
    } else if (lower === 'function' || lower === 'filter') this.#function()
    else if (lower === 'foreach' && this.#is('(', 1)) this.#foreach()
    else if (lower === 'param' && this.#is('(', 1)) this.#parameters()
    else if (lower === 'return') {
      this.#next()
      if (this.#startsValue(0)) this.#returned = this.#pipeline()
    } else if (KEYWORDS.has(lower)) {
      this.#next()
      this.#plainBlock = PLAIN_BLOCKS.has(lower)
    } else if (this.#is('{')) this.#branch()
    else {
      const before = this.#at
      this.#pipeline()
      // What is no expression (an operator of its own) must not hold the loop.
      if (this.#at === before) this.#next()
    }
  }

  #startsValue(ahead: number): boolean {
    const { kind, text } = this.#peek(ahead)
    return (
      kind === 'string' ||
      kind === 'expandable' ||
      kind === 'variable' ||
      text === '(' ||
      text === '{' ||
      kind === 'word'
    )
  }

  #block(): void {
    this.#deeper(() => {
      this.#next()
      while (this.#peek().kind !== 'end' && !this.#accept('}')) this.#statement()
    })
  }

  #branch(): void {
    if (this.#plainBlock) {
      this.#plainBlock = false
      this.#block()
      return
    }
    this.#branchCount += 1
    this.#branches.push(this.#branchCount)
    this.#block()
    this.#branches.pop()
  }

  /**
   * Gives a variable its value. In a branch, a value that differs from the one given elsewhere makes it unknown: which of
   * the two holds is not for the text to tell, and the wrong name in a finding is worse than none.
   */
  #assign(name: string, value: PsValue): void {
    const branch = this.#branches.at(-1) ?? 0
    const before = this.#variables.get(name)
    const elsewhere =
      before !== undefined && before.kind !== 'unknown' && this.#assignedIn.get(name) !== branch
    this.#variables.set(name, branch !== 0 && elsewhere ? UNKNOWN : value)
    this.#assignedIn.set(name, branch)
  }

  /**
   * Parameters have the values that a call gives them; while a function is only defined they are unknown, and variables
   * of the same name outside are not meant.
   */
  #parameters(): void {
    this.#next()
    const start = this.#at
    this.#skipGroup()
    const binding = this.#binding
    this.#binding = undefined
    let position = 0
    for (const { name, fallback } of parameterNames(this.#tokens.slice(start + 1, this.#at - 1))) {
      const named = [...(binding?.parameters ?? [])].find(
        ([key]) => key === name || (key.length > 1 && name.startsWith(key)),
      )
      const value =
        named?.[1] ?? (binding === undefined ? undefined : (binding.positionals[position++] ?? fallback))
      if (value === undefined) this.#variables.delete(name)
      else this.#variables.set(name, value)
      this.#assignedIn.set(name, this.#branches.at(-1) ?? 0)
    }
  }

  /** Runs the body of a function of this text with the arguments of one call. */
  #call(start: number, call: CommandCall): PsValue {
    const outer = [this.#variables, this.#assignedIn, this.#at] as const
    this.#variables = new Map(this.#variables)
    this.#assignedIn = new Map(this.#assignedIn)
    this.#variables.set('_', call.input)
    this.#returned = UNKNOWN
    this.#callDepth += 1
    this.#at = start
    this.#binding = call
    if (this.#is('(')) {
      this.#at -= 1
      this.#parameters()
      this.#newlines()
    }
    if (this.#is('{')) this.#block()
    this.#binding = undefined
    this.#callDepth -= 1
    ;[this.#variables, this.#assignedIn, this.#at] = outer
    const returned = this.#returned
    this.#returned = UNKNOWN
    return returned
  }

  #function(): void {
    this.#next()
    const name = this.#peek().kind === 'word' ? this.#next().text : ''
    this.#newlines()
    if (this.#callDepth === 0) this.#functions.set(name.toLowerCase(), this.#at)
    const outer = [this.#variables, this.#assignedIn] as const
    this.#variables = new Map(this.#variables)
    this.#assignedIn = new Map(this.#assignedIn)
    if (this.#is('(')) {
      this.#at -= 1
      this.#parameters()
    }
    this.#newlines()
    if (this.#is('{')) {
      this.#commands.enter(name)
      this.#block()
      this.#commands.leave()
    }
    ;[this.#variables, this.#assignedIn] = outer
  }

  /** `foreach ($x in <pipeline>)`: the variable stands for each object of the pipeline. */
  #foreach(): void {
    this.#next()
    this.#next()
    const variable = this.#peek().kind === 'variable' ? this.#next().text.toLowerCase() : undefined
    if (this.#peek().text.toLowerCase() === 'in') this.#next()
    const value = this.#pipeline()
    this.#accept(')')
    if (variable !== undefined) this.#variables.set(variable, value)
  }

  /** Passes over a bracketed group without reading it. */
  #skipGroup(): void {
    let depth = 0
    do {
      const token = this.#next()
      if (token.kind === 'end') return
      if (token.kind !== 'punctuation') continue
      if (/^(?:\(|\{|\[|@\{|@\(|\$\()$/.test(token.text)) depth += 1
      if (/^[)}\]]$/.test(token.text)) depth -= 1
    } while (depth > 0)
  }

  #runBlock(block: PsValue, input: PsValue): void {
    if (block.kind !== 'block') return
    const back = this.#at
    const outer = this.#variables.get('_')
    this.#variables.set('_', input)
    this.#variables.set('psitem', input)
    this.#at = block.start
    this.#deeper(() => {
      while (this.#at < block.end && this.#peek().kind !== 'end') this.#statement()
    })
    this.#at = back
    if (outer !== undefined) this.#variables.set('_', outer)
  }

  #pipeline(): PsValue {
    return this.#deeper(() => {
      let value = this.#assignment() ?? this.#element(UNKNOWN)
      while (this.#is('|')) {
        this.#next()
        this.#newlines()
        value = this.#element(value)
      }
      return value
    })
  }

  /** `$x = ...`, `[type]$x = ...`, `$x.Name = ...`, `$x['Name'] = ...`, `$x += ...`; `undefined` when it is none. */
  #assignment(): PsValue | undefined {
    const start = this.#at
    while (this.#peek().kind === 'type' && this.#peek(1).kind === 'variable') this.#next()
    if (this.#peek().kind !== 'variable') {
      this.#at = start
      return undefined
    }
    const name = this.#next()
      .text.toLowerCase()
      .replace(/^(?:script|global|local|private):/, '')
    const chain: string[] = []
    for (;;) {
      if (this.#is('.') && this.#peek(1).kind === 'word') {
        this.#next()
        chain.push(this.#next().text)
      } else if (this.#is('[') && !this.#peek().spaced) {
        this.#next()
        const index = this.#expression(false)
        if (!this.#accept(']')) break
        chain.push(wholeText(index) ?? '')
      } else break
    }
    const append = this.#is('+=')
    if (!append && !this.#is('=')) {
      this.#at = start
      return undefined
    }
    this.#next()
    this.#newlines()
    const value = this.#pipeline()
    const key = chain.filter((part) => !/^(?:value|properties_?|psbase|psobject|item)$/i.test(part)).at(-1)
    if (chain.length === 0)
      this.#assign(name, append ? add(this.#variables.get(name) ?? UNKNOWN, value) : value)
    else if (key !== undefined) this.#setMember(this.#variables.get(name), key, value)
    return value
  }

  #setMember(target: PsValue | undefined, key: string, value: PsValue): void {
    if (target?.kind === 'wmi') {
      target.object.properties.set(key, value)
      this.#commands.changed(target.object)
    } else if (target?.kind === 'table') target.entries.set(key.toLowerCase(), { name: key, value })
  }

  #element(input: PsValue): PsValue {
    if (this.#is('&') || (this.#is('.') && this.#peek(1).spaced)) {
      this.#next()
      const start = this.#peek().start
      if (this.#is('{')) {
        this.#block()
        return UNKNOWN
      }
      const bare = this.#peek().kind === 'word'
      const name = bare ? stringValue(this.#next().text) : this.#primary()
      const built = name.kind === 'string' && name.built
      return this.#command(wholeText(name) ?? '', start, input, built)
    }
    const token = this.#peek()
    if (token.kind !== 'word' || /^[-\d.]+$/.test(token.text)) return this.#expression(true)
    this.#next()
    return this.#command(token.text, token.start, input, token.split === true)
  }

  #command(name: string, start: number, input: PsValue, split: boolean): PsValue {
    const parameters = new Map<string, PsValue>()
    const positionals: PsValue[] = []
    let hidden = split
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'end' || token.kind === 'newline') break
      if (token.kind === 'punctuation' && /^(?:[;|)}\]]|&&|\|\|)$/.test(token.text)) break
      if (token.split === true) hidden = true
      if (token.kind === 'parameter') {
        this.#next()
        parameters.set(
          token.text.toLowerCase(),
          this.#isArgument() && !SWITCHES.has(token.text.toLowerCase())
            ? this.#argument()
            : { kind: 'boolean', value: true },
        )
      } else if (token.kind === 'splat') {
        this.#next()
        const table = this.#variables.get(token.text.toLowerCase())
        if (table?.kind !== 'table') continue
        for (const [key, entry] of table.entries) parameters.set(key, entry.value)
      } else if (this.#isArgument()) positionals.push(this.#argument())
      else this.#next()
    }
    const end = this.#tokens[this.#at - 1]?.end ?? start
    const call: CommandCall = {
      name,
      parameters,
      positionals,
      input,
      raw: this.#knownVariables(this.#text.slice(start, end)),
      split: hidden,
    }
    const body = this.#functions.get(name.toLowerCase())
    if (body === undefined || this.#callDepth >= MAX_CALLS || !this.#commands.performs(name))
      return this.#commands.run(call)
    return this.#call(body, call)
  }

  /** Source text with the variables that are known put in: what a program that is called here would be given. */
  #knownVariables(source: string): string {
    if (!source.includes('$') || source.length > 4096) return source
    const expanded = this.#expand(source)
    return expanded.kind === 'string' ? expanded.text : source
  }

  #isArgument(): boolean {
    const { kind, text } = this.#peek()
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

  #argument(): PsValue {
    const first = this.#argumentItem()
    if (!this.#is(',')) return first
    const items = [first]
    while (this.#accept(',')) {
      this.#newlines()
      items.push(this.#argumentItem())
    }
    return { kind: 'list', items }
  }

  #argumentItem(): PsValue {
    const token = this.#peek()
    if (token.kind !== 'word') return this.#primary()
    this.#next()
    let text = token.text
    // `root\subscription` may be glued to a variable or a string: `root\$x`.
    while (!this.#peek().spaced && ['word', 'string', 'expandable', 'variable'].includes(this.#peek().kind)) {
      const part = this.#next()
      text +=
        part.kind === 'variable'
          ? (wholeText(this.#variables.get(part.text.toLowerCase())) ?? `$${part.text}`)
          : part.text
    }
    return /^\d+$/.test(text)
      ? { kind: 'number', value: Number(text) }
      : stringValue(text, false, token.split === true)
  }

  #expression(lists: boolean): PsValue {
    return this.#deeper(() => {
      let value = this.#unary()
      for (;;) {
        if (this.#accept('+')) {
          this.#newlines()
          value = add(value, this.#unary())
        } else if (this.#peek().kind === 'parameter') value = this.#operator(value)
        else if (lists && this.#is(',')) {
          const items = value.kind === 'list' ? [...value.items] : [value]
          while (this.#accept(',')) {
            this.#newlines()
            items.push(this.#unary())
          }
          value = { kind: 'list', items }
        } else return value
      }
    })
  }

  #operator(left: PsValue): PsValue {
    const operator = this.#next().text.toLowerCase()
    this.#newlines()
    if (operator === 'f') return format(left, this.#listOperand())
    if (operator === 'join' || operator === 'ijoin') return join(left, wholeText(this.#unary()) ?? '')
    if (/^[ic]?replace$/.test(operator)) {
      const [from, to] = this.#listOperand()
      return replaceText(left, wholeText(from), to === undefined ? '' : wholeText(to))
    }
    this.#unary()
    return UNKNOWN
  }

  #listOperand(): readonly PsValue[] {
    const items = [this.#unary()]
    while (this.#accept(',')) {
      this.#newlines()
      items.push(this.#unary())
    }
    const [only] = items
    return items.length === 1 && only?.kind === 'list' ? only.items : items
  }

  #unary(): PsValue {
    const token = this.#peek()
    if (token.kind === 'parameter' && /^i?join$/i.test(token.text)) {
      this.#next()
      return join(this.#unary(), '')
    }
    if (token.kind === 'parameter' && /^(?:not|bnot|split)$/i.test(token.text)) {
      this.#next()
      this.#unary()
      return UNKNOWN
    }
    if (token.kind === 'punctuation' && token.text === '!') {
      this.#next()
      return this.#unary()
    }
    return this.#primary()
  }

  #primary(): PsValue {
    const token = this.#peek()
    switch (token.kind) {
      case 'string':
        this.#next()
        return this.#postfix(stringValue(token.text))
      case 'expandable':
        this.#next()
        return this.#postfix(this.#expand(token.text))
      case 'variable': {
        this.#next()
        const name = token.text.toLowerCase().replace(/^(?:script|global|local|private):/, '')
        if (name === 'true' || name === 'false') return { kind: 'boolean', value: name === 'true' }
        return this.#postfix(this.#variables.get(name) ?? UNKNOWN)
      }
      case 'type':
        return this.#typed()
      case 'word': {
        this.#next()
        if (/^0x[0-9a-f]+$|^\d+$/i.test(token.text)) return { kind: 'number', value: Number(token.text) }
        return this.#postfix(stringValue(token.text))
      }
      case 'punctuation':
        return this.#bracketed(token)
      default:
        return UNKNOWN
    }
  }

  #bracketed(token: PsToken): PsValue {
    if (token.text === '@{') return this.#postfix(this.#table())
    if (token.text === '{') {
      const start = this.#at + 1
      this.#skipGroup()
      return { kind: 'block', start, end: this.#at - 1 }
    }
    if (token.text === '(' || token.text === '$(') {
      this.#next()
      this.#newlines()
      const value = this.#pipeline()
      while (this.#peek().kind !== 'end' && !this.#accept(')')) this.#statement()
      return this.#postfix(value)
    }
    if (token.text === '@(') {
      this.#next()
      const items: PsValue[] = []
      for (;;) {
        while (this.#peek().kind === 'newline' || this.#is(';') || this.#is(',')) this.#next()
        if (this.#peek().kind === 'end' || this.#accept(')')) break
        const before = this.#at
        const value = this.#pipeline()
        items.push(...(value.kind === 'list' ? value.items : [value]))
        if (this.#at === before) this.#next()
      }
      return this.#postfix({ kind: 'list', items })
    }
    return UNKNOWN
  }

  #table(): PsValue {
    const entries = new Map<string, { readonly name: string; readonly value: PsValue }>()
    this.#next()
    for (;;) {
      while (this.#peek().kind === 'newline' || this.#is(';')) this.#next()
      if (this.#peek().kind === 'end' || this.#accept('}')) return { kind: 'table', entries }
      const token = this.#next()
      const name = token.kind === 'expandable' ? (wholeText(this.#expand(token.text)) ?? '') : token.text
      this.#newlines()
      if (!this.#accept('=')) continue
      this.#newlines()
      const value = this.#is('}') ? UNKNOWN : this.#pipeline()
      entries.set(name.toLowerCase(), { name, value })
    }
  }

  /** `[wmiclass]"..."`, `[char]65`, `[Type]::Member(...)`. */
  #typed(): PsValue {
    const type = this.#next()
      .text.toLowerCase()
      .replace(/^system\./, '')
    if (this.#is('::')) {
      this.#next()
      const member = this.#peek().kind === 'word' ? this.#next().text.toLowerCase() : ''
      const args = this.#is('(') ? this.#callArguments() : []
      if (member === 'new') return this.#postfix(this.#commands.construct(type, args))
      return this.#postfix(UNKNOWN)
    }
    if (!this.#isArgument() && !this.#is('(')) return UNKNOWN
    const value = this.#primary()
    return this.#postfix(cast(type, value))
  }

  #callArguments(): readonly PsValue[] {
    this.#next()
    const args: PsValue[] = []
    while (this.#peek().kind !== 'end' && !this.#accept(')')) {
      const before = this.#at
      if (this.#peek().kind === 'newline' || this.#is(',')) this.#next()
      else args.push(this.#expression(false))
      if (this.#at === before) this.#next()
    }
    return args
  }

  #postfix(start: PsValue): PsValue {
    let value = start
    for (;;) {
      if (this.#is('.') && !this.#peek().spaced) {
        this.#next()
        const name = ['word', 'string', 'expandable'].includes(this.#peek().kind) ? this.#next().text : ''
        if (this.#is('(') && !this.#peek().spaced)
          value = this.#commands.method(value, name, this.#callArguments())
        else value = member(value, name)
      } else if (this.#is('[') && !this.#peek().spaced) {
        this.#next()
        const index = this.#expression(true)
        if (!this.#accept(']')) return UNKNOWN
        value = indexed(value, index)
      } else return value
    }
  }

  #expand(text: string): PsValue {
    let partial = false
    const expanded = text.replace(
      /\$(?:\{([^}]*)\}|((?:env:)?\w+)|\(\s*\$(\w+)(?:\.(\w+))?\s*\)|\()/gi,
      (
        whole,
        braced: string | undefined,
        plain: string | undefined,
        inner: string | undefined,
        property: string | undefined,
      ) => {
        const name = (braced ?? plain ?? inner ?? '').toLowerCase()
        const value = this.#variables.get(name)
        const known = wholeText(
          property === undefined || value === undefined ? value : member(value, property),
        )
        if (known === undefined) partial = true
        return known ?? whole
      },
    )
    if (expanded.length > MAX_STRING) throw new Enough()
    return stringValue(expanded.replaceAll(ESCAPED_DOLLAR, '$'), partial)
  }
}

/** Names of a `param` block in order, with defaults that are literal strings. Attributes and other defaults are passed over. */
function parameterNames(
  tokens: readonly PsToken[],
): readonly { readonly name: string; readonly fallback?: PsValue }[] {
  const names: { name: string; fallback?: PsValue }[] = []
  let depth = 0
  let fresh = true
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'punctuation') {
      if (/^(?:\(|\{|\[|@\{|@\(|\$\()$/.test(token.text)) depth += 1
      if (/^[)}\]]$/.test(token.text)) depth -= 1
      if (depth === 0 && token.text === ',') fresh = true
    }
    if (depth !== 0 || !fresh || token.kind !== 'variable') continue
    fresh = false
    const [equals, value] = [tokens[index + 1], tokens[index + 2]]
    const literal =
      equals?.text === '=' && value?.kind === 'string' ? { fallback: stringValue(value.text) } : {}
    names.push({ name: token.text.toLowerCase(), ...literal })
  }
  return names
}
