export interface WqlToken {
  readonly kind: 'word' | 'string' | 'number' | 'operator' | 'path' | 'end'
  /** Strings unescaped and without quotes, paths without braces, everything else as written. */
  readonly text: string
  readonly start: number
  readonly end: number
}

export interface WqlLexError {
  readonly code: 'wql/unexpected-character' | 'wql/unterminated-string'
  readonly message: string
  readonly start: number
  readonly end: number
}

const BLANK = /[\s\0\u00a0]+/y
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy
// `WITHIN 5WHERE` occurs (Sysmon's own query), so a number ends where its digits end.
const NUMBER = /[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y
const OPERATOR = /<=|>=|<>|!=|[=<>(),.*[\]]/y

/** Splits a WQL query into tokens. Never throws. */
export function lexWql(text: string): {
  readonly tokens: readonly WqlToken[]
  readonly errors: readonly WqlLexError[]
} {
  const tokens: WqlToken[] = []
  const errors: WqlLexError[] = []
  let at = 0
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  while (at < text.length) {
    const blank = match(BLANK)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const char = text.charAt(at)
    if (char === '"' || char === "'") {
      const end = closingQuote(text, at)
      const stop = end ?? text.length
      if (end === undefined) {
        const message = 'this string has no closing quote'
        errors.push({ code: 'wql/unterminated-string', message, start: at, end: stop })
      }
      tokens.push({
        kind: 'string',
        text: unescapeWql(text.slice(at + 1, stop)),
        start: at,
        end: Math.min(stop + 1, text.length),
      })
      at = stop + 1
      continue
    }
    if (char === '{') {
      const end = closingBrace(text, at)
      const stop = end ?? text.length
      if (end === undefined) {
        const message = 'this object path has no closing brace'
        errors.push({ code: 'wql/unterminated-string', message, start: at, end: stop })
      }
      tokens.push({
        kind: 'path',
        text: text.slice(at + 1, stop),
        start: at,
        end: Math.min(stop + 1, text.length),
      })
      at = stop + 1
      continue
    }
    const number = match(NUMBER)
    const word = number === undefined ? match(WORD) : undefined
    const operator = word === undefined && number === undefined ? match(OPERATOR) : undefined
    const token = number ?? word ?? operator
    if (token === undefined) {
      errors.push({
        code: 'wql/unexpected-character',
        message: `unexpected ${JSON.stringify(char)} in a WQL query`,
        start: at,
        end: at + 1,
      })
      at += 1
      continue
    }
    const kind = number !== undefined ? 'number' : word !== undefined ? 'word' : 'operator'
    tokens.push({ kind, text: token, start: at, end: at + token.length })
    at += token.length
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return { tokens, errors }
}

function closingQuote(text: string, open: number): number | undefined {
  const quote = text.charAt(open)
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') at += 1
    else if (char === quote) return at
  }
  return undefined
}

/** An object path between braces may quote a brace. */
function closingBrace(text: string, open: number): number | undefined {
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '}') return at
    if (char === '"' || char === "'") at = closingQuote(text, at) ?? text.length
  }
  return undefined
}

/**
 * `\\`, `\"` and `\'` are escapes; another backslash stands for itself, because queries with single backslashes in paths
 * are common and WMI's own parser lets them pass.
 */
function unescapeWql(text: string): string {
  return text.replace(/\\(["'\\])/g, '$1')
}
