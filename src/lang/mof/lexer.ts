import type { MofComment } from './ast.ts'
import { unescapeMofString } from './string.ts'

export interface MofToken {
  readonly kind: 'word' | 'string' | 'char' | 'integer' | 'real' | 'alias' | 'pragma' | 'punctuation' | 'end'
  /** Words and punctuation as written; strings and characters unescaped; numbers as written; aliases without `$`. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** A string whose closing quote is missing. */
  readonly unterminated?: true
}

export interface MofLexError {
  readonly code: 'mof/unexpected-character' | 'mof/unterminated-string' | 'mof/unterminated-comment'
  readonly message: string
  readonly start: number
  readonly end: number
}

export interface MofLexed {
  readonly tokens: readonly MofToken[]
  readonly comments: readonly MofComment[]
  readonly errors: readonly MofLexError[]
}

export interface MofLexOptions {
  /**
   * Where a string without closing quote ends: at its line's end, so that the following lines can still be read (files),
   * or at the end of the text, because the text was cut there (events).
   */
  readonly unterminated?: 'line' | 'text'
}

const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy
const REAL = /[+-]?\d*\.\d+(?:[eE][+-]?\d+)?|[+-]?\d+[eE][+-]?\d+/y
const INTEGER = /[+-]?(?:0[xX][0-9a-fA-F]+|[01]+[bB](?![0-9a-zA-Z_])|\d+)/y
// NUL and the byte order mark count as blanks: both occur in MOF files that were written by tools.
const BLANK = /[\s\0\ufeff]+/y
const LINE_COMMENT = /\/\/[^\r\n]*/y
const PRAGMA = /#\s*pragma\b/iy
const PUNCTUATION = new Set('{}[]();:,=.')
const UNEXPECTED = /[^\s\0\ufeff\p{L}\p{N}_"'{}[\]();:,=.$#/+-]+/uy

/** Splits MOF text into tokens and comments. Never throws; what is no token is an error and is passed over. */
export function lexMof(text: string, options: MofLexOptions = {}): MofLexed {
  const tokens: MofToken[] = []
  const comments: MofComment[] = []
  const errors: MofLexError[] = []
  let at = 0
  // Once one string ran to the end of the text, looking that far again would make the time quadratic.
  let closingQuotesEnd = false

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  const push = (kind: MofToken['kind'], value: string, length: number): void => {
    tokens.push({ kind, text: value, start: at, end: at + length })
    at += length
  }

  while (at < text.length) {
    const blank = match(BLANK)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const char = text.charAt(at)
    if (char === '/' && readComment()) continue
    if (char === '"' || char === "'") {
      readString(char)
      continue
    }
    if (char === '#') {
      const pragma = match(PRAGMA)
      if (pragma !== undefined) {
        push('pragma', pragma, pragma.length)
        continue
      }
    }
    if (char === '$') {
      at += 1
      const name = match(WORD)
      at -= 1
      if (name !== undefined) {
        push('alias', name, name.length + 1)
        continue
      }
    }
    const real = match(REAL)
    const integer = match(INTEGER)
    if (real !== undefined && real.length > (integer?.length ?? 0)) push('real', real, real.length)
    else if (integer !== undefined) push('integer', integer, integer.length)
    else {
      const word = match(WORD)
      if (word !== undefined) push('word', word, word.length)
      else if (PUNCTUATION.has(char)) push('punctuation', char, 1)
      else {
        const run = match(UNEXPECTED) ?? char
        errors.push({
          code: 'mof/unexpected-character',
          message: `unexpected ${JSON.stringify(run.slice(0, 20))} in MOF text`,
          start: at,
          end: at + run.length,
        })
        at += run.length
      }
    }
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return { tokens, comments, errors }

  function readComment(): boolean {
    const line = match(LINE_COMMENT)
    if (line !== undefined) {
      comments.push({ text: line.slice(2), start: at, end: at + line.length })
      at += line.length
      return true
    }
    if (!text.startsWith('/*', at)) return false
    const close = text.indexOf('*/', at + 2)
    const end = close < 0 ? text.length : close + 2
    if (close < 0) {
      errors.push({ code: 'mof/unterminated-comment', message: 'this comment is not closed', start: at, end })
    }
    comments.push({ text: text.slice(at + 2, close < 0 ? end : close), start: at, end })
    at = end
    return true
  }

  function readString(quote: string): void {
    const stop = closingQuotesEnd ? lineEnd(at) : text.length
    let end = at + 1
    while (end < stop && text.charAt(end) !== quote) end += text.charAt(end) === '\\' ? 2 : 1
    const kind = quote === '"' ? 'string' : 'char'
    if (end < stop) {
      tokens.push({ kind, text: unescapeMofString(text.slice(at + 1, end)), start: at, end: end + 1 })
      at = end + 1
      return
    }
    closingQuotesEnd = true
    const cut = options.unterminated === 'text' ? text.length : lineEnd(at)
    errors.push({
      code: 'mof/unterminated-string',
      message: 'this string has no closing quote',
      start: at,
      end: cut,
    })
    const value = unescapeMofString(text.slice(at + 1, cut))
    tokens.push({ kind, text: value, start: at, end: cut, unterminated: true })
    at = cut
  }

  function lineEnd(from: number): number {
    const pattern = /[\r\n]/g
    pattern.lastIndex = from
    return pattern.exec(text)?.index ?? text.length
  }
}
