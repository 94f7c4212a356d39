import type { DiagnosticCode } from '../diagnostics/index.ts'

export interface Token {
  readonly kind: string
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Unwinds to the nearest place of a parser that reports and resumes. */
export class SyntaxProblem extends Error {
  readonly code: DiagnosticCode
  readonly token: Token

  constructor(code: DiagnosticCode, message: string, token: Token) {
    super(message)
    this.code = code
    this.token = token
  }
}

/** Walks a list of tokens that ends with one of kind `end`. */
export abstract class TokenReader<T extends Token> {
  protected readonly tokens: readonly T[]
  protected at = 0
  readonly #sign: string

  /** `sign` is what the language calls its signs: `punctuation`, `operator`. */
  constructor(tokens: readonly T[], sign: string) {
    this.tokens = tokens
    this.#sign = sign
  }

  protected peek(ahead = 0): T {
    const token = this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]
    if (token === undefined) throw new Error('invariant: a token list ends with an end token')
    return token
  }

  protected next(): T {
    const token = this.peek()
    if (token.kind !== 'end') this.at += 1
    return token
  }

  /** A word of the language, in any letter case; `word` in lower case. */
  protected isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'word' && token.text.toLowerCase() === word
  }

  protected isSign(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === this.#sign && token.text === text
  }

  protected accept(text: string): boolean {
    if (!this.isSign(text)) return false
    this.next()
    return true
  }

  protected acceptWord(word: string): boolean {
    if (!this.isWord(word)) return false
    this.next()
    return true
  }
}

/** What a language calls its parts: the kind of its signs, the code of its errors, and what a text of it is. */
export interface TokenWords {
  readonly sign: string
  readonly code: DiagnosticCode
  readonly text: string
}

/** A reader that stops where the text breaks a rule of its language: what the parsers of MOF and WQL have in common. */
export abstract class SyntaxReader<T extends Token> extends TokenReader<T> {
  readonly #words: TokenWords

  constructor(tokens: readonly T[], words: TokenWords) {
    super(tokens, words.sign)
    this.#words = words
  }

  /** The next word, whatever it is. */
  protected word(what: string): string {
    if (this.peek().kind === 'word') return this.next().text
    return this.fail(`expected ${what}`)
  }

  protected fail(expectation: string): never {
    const token = this.peek()
    const { code, text } = this.#words
    const found =
      token.kind === 'end' ? `the ${text} ends` : `found ${JSON.stringify(token.text.slice(0, 40))}`
    throw new SyntaxProblem(code, `${expectation}, but ${found}`, token)
  }
}
