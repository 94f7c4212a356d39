import type { Act } from '../act.ts'
import type { CommandCall } from './arguments.ts'
import { CommandRunner, type Nested } from './commands.ts'
import { ExpressionReader } from './expressions.ts'
import { lexPowerShell } from './lexer.ts'
import { add, Enough } from './operations.ts'
import { parameterNames } from './parameters.ts'
import { Scope } from './scope.ts'
import { type PsValue, stringValue, UNKNOWN, wholeText } from './value.ts'

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

class Evaluator extends ExpressionReader {
  readonly #text: string
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
  protected override readonly commands: CommandRunner

  constructor(text: string, nested: Nested) {
    super(lexPowerShell(text))
    this.#text = text
    this.commands = new CommandRunner(nested, (block, input) => this.#runBlock(block, input))
  }

  run(): readonly Act[] {
    try {
      while (this.peek().kind !== 'end') this.statement()
    } catch (error) {
      if (!(error instanceof Enough)) throw error
    }
    return this.commands.acts()
  }

  protected override statement(): void {
    const token = this.peek()
    const lower = token.kind === 'word' ? token.text.toLowerCase() : ''
    if (
      token.kind === 'newline' ||
      (token.kind === 'punctuation' && /^(?:[;,|&)\]}]|&&|\|\|)$/.test(token.text))
    ) {
      // `& 'name'` calls a command; every other separator is passed over.
      if (token.text === '&' && this.#startsValue(1)) this.pipeline()
      else this.next()
    } else if (lower === 'function' || lower === 'filter') this.#function()
    else if (lower === 'foreach' && this.isSign('(', 1)) this.#foreach()
    else if (lower === 'param' && this.isSign('(', 1)) this.#parameters()
    else if (lower === 'return') {
      this.next()
      if (this.#startsValue(0)) this.#returned = this.pipeline()
    } else if (KEYWORDS.has(lower)) {
      this.next()
      this.#plainBlock = PLAIN_BLOCKS.has(lower)
    } else if (this.isSign('{')) this.#branch()
    else {
      const before = this.at
      this.pipeline()
      // What is no expression (an operator of its own) must not hold the loop.
      if (this.at === before) this.next()
    }
  }

  #startsValue(ahead: number): boolean {
    const { kind, text } = this.peek(ahead)
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
    this.deeper(() => {
      this.next()
      while (this.peek().kind !== 'end' && !this.accept('}')) this.statement()
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
   * Parameters have the values that a call gives them; while a function is only defined they are unknown, and variables
   * of the same name outside are not meant.
   */
  #parameters(): void {
    this.next()
    const start = this.at
    this.skipGroup()
    const binding = this.#binding
    this.#binding = undefined
    let position = 0
    for (const { name, fallback } of parameterNames(this.tokens.slice(start + 1, this.at - 1))) {
      const named = [...(binding?.parameters ?? [])].find(
        ([key]) => key === name || (key.length > 1 && name.startsWith(key)),
      )
      const value =
        named?.[1] ?? (binding === undefined ? undefined : (binding.positionals[position++] ?? fallback))
      this.scope.declare(name, value, this.#branches.at(-1) ?? 0)
    }
  }

  /** Runs the body of a function of this text with the arguments of one call. */
  #call(start: number, call: CommandCall): PsValue {
    const outer = [this.scope, this.at] as const
    this.scope = new Scope(this.scope)
    this.scope.set('_', call.input)
    this.#returned = UNKNOWN
    this.#callDepth += 1
    this.at = start
    this.#binding = call
    if (this.isSign('(')) {
      this.at -= 1
      this.#parameters()
      this.newlines()
    }
    if (this.isSign('{')) this.#block()
    this.#binding = undefined
    this.#callDepth -= 1
    ;[this.scope, this.at] = outer
    const returned = this.#returned
    this.#returned = UNKNOWN
    return returned
  }

  #function(): void {
    this.next()
    const name = this.peek().kind === 'word' ? this.next().text : ''
    this.newlines()
    if (this.#callDepth === 0) this.#functions.set(name.toLowerCase(), this.at)
    const outer = this.scope
    this.scope = new Scope(outer)
    if (this.isSign('(')) {
      this.at -= 1
      this.#parameters()
    }
    this.newlines()
    if (this.isSign('{')) {
      this.commands.enter(name)
      this.#block()
      this.commands.leave()
    }
    this.scope = outer
  }

  /** `foreach ($x in <pipeline>)`: the variable stands for each object of the pipeline. */
  #foreach(): void {
    this.next()
    this.next()
    const variable = this.peek().kind === 'variable' ? this.next().text.toLowerCase() : undefined
    if (this.peek().text.toLowerCase() === 'in') this.next()
    const value = this.pipeline()
    this.accept(')')
    if (variable !== undefined) this.scope.set(variable, value)
  }

  #runBlock(block: PsValue, input: PsValue): void {
    if (block.kind !== 'block') return
    const back = this.at
    const outer = this.scope.get('_')
    this.scope.set('_', input)
    this.scope.set('psitem', input)
    this.at = block.start
    this.deeper(() => {
      while (this.at < block.end && this.peek().kind !== 'end') this.statement()
    })
    this.at = back
    if (outer !== undefined) this.scope.set('_', outer)
  }

  protected override pipeline(): PsValue {
    return this.deeper(() => {
      let value = this.#assignment() ?? this.#element(UNKNOWN)
      while (this.isSign('|')) {
        this.next()
        this.newlines()
        value = this.#element(value)
      }
      return value
    })
  }

  /** `$x = ...`, `[type]$x = ...`, `$x.Name = ...`, `$x['Name'] = ...`, `$x += ...`; `undefined` when it is none. */
  #assignment(): PsValue | undefined {
    const start = this.at
    while (this.peek().kind === 'type' && this.peek(1).kind === 'variable') this.next()
    if (this.peek().kind !== 'variable') {
      this.at = start
      return undefined
    }
    const name = this.next()
      .text.toLowerCase()
      .replace(/^(?:script|global|local|private):/, '')
    const chain: string[] = []
    for (;;) {
      if (this.isSign('.') && this.peek(1).kind === 'word') {
        this.next()
        chain.push(this.next().text)
      } else if (this.isSign('[') && !this.peek().spaced) {
        this.next()
        const index = this.expression(false)
        if (!this.accept(']')) break
        chain.push(wholeText(index) ?? '')
      } else break
    }
    const append = this.isSign('+=')
    if (!append && !this.isSign('=')) {
      this.at = start
      return undefined
    }
    this.next()
    this.newlines()
    const value = this.pipeline()
    const key = chain.filter((part) => !/^(?:value|properties_?|psbase|psobject|item)$/i.test(part)).at(-1)
    if (chain.length === 0)
      this.scope.assign(
        name,
        append ? add(this.scope.get(name) ?? UNKNOWN, value) : value,
        this.#branches.at(-1) ?? 0,
      )
    else if (key !== undefined) this.#setMember(this.scope.get(name), key, value)
    return value
  }

  #setMember(target: PsValue | undefined, key: string, value: PsValue): void {
    if (target?.kind === 'wmi') {
      target.object.properties.set(key, value)
      this.commands.changed(target.object)
    } else if (target?.kind === 'table') target.entries.set(key.toLowerCase(), { name: key, value })
  }

  #element(input: PsValue): PsValue {
    if (this.isSign('&') || (this.isSign('.') && this.peek(1).spaced)) {
      this.next()
      const start = this.peek().start
      if (this.isSign('{')) {
        this.#block()
        return UNKNOWN
      }
      const bare = this.peek().kind === 'word'
      const name = bare ? stringValue(this.next().text) : this.primary()
      const built = name.kind === 'string' && name.built
      return this.#command(wholeText(name) ?? '', start, input, built)
    }
    const token = this.peek()
    if (token.kind !== 'word' || /^[-\d.]+$/.test(token.text)) return this.expression(true)
    this.next()
    return this.#command(token.text, token.start, input, token.split === true)
  }

  #command(name: string, start: number, input: PsValue, split: boolean): PsValue {
    const parameters = new Map<string, PsValue>()
    const positionals: PsValue[] = []
    let hidden = split
    for (;;) {
      const token = this.peek()
      if (token.kind === 'end' || token.kind === 'newline') break
      if (token.kind === 'punctuation' && /^(?:[;|)}\]]|&&|\|\|)$/.test(token.text)) break
      if (token.split === true) hidden = true
      if (token.kind === 'parameter') {
        this.next()
        parameters.set(
          token.text.toLowerCase(),
          this.isArgument() && !SWITCHES.has(token.text.toLowerCase())
            ? this.argument()
            : { kind: 'boolean', value: true },
        )
      } else if (token.kind === 'splat') {
        this.next()
        const table = this.scope.get(token.text.toLowerCase())
        if (table?.kind !== 'table') continue
        for (const [key, entry] of table.entries) parameters.set(key, entry.value)
      } else if (this.isArgument()) positionals.push(this.argument())
      else this.next()
    }
    const end = this.tokens[this.at - 1]?.end ?? start
    const call: CommandCall = {
      name,
      parameters,
      positionals,
      input,
      raw: this.scope.expandSource(this.#text.slice(start, end)),
      split: hidden,
    }
    const body = this.#functions.get(name.toLowerCase())
    if (body === undefined || this.#callDepth >= MAX_CALLS || !this.commands.performs(name))
      return this.commands.run(call)
    return this.#call(body, call)
  }
}
