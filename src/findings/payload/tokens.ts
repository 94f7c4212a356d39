export type ScriptLanguage = 'powershell' | 'vbscript' | 'jscript'

/** A token of a script, as far as constant text needs it. `made`: its value was worked out, not read. */
export interface Token {
  readonly kind: 'text' | 'number' | 'list' | 'name' | 'variable' | 'operator' | 'mark' | 'line'
  /** Text of a literal, name in lower case, or the mark itself. */
  readonly value: string
  readonly items?: readonly string[]
  readonly start: number
  readonly end: number
  readonly made?: true
  /** Put in place of a variable: nothing was hidden there. */
  readonly copied?: true
  /** A PowerShell string in double quotes, in which variables are replaced. */
  readonly expands?: true
}

/** Which language a text most likely is, judged by words that only one of them has. */
export function guessLanguage(text: string): ScriptLanguage {
  const head = text.slice(0, 65_536)
  const count = (pattern: RegExp): number => head.match(pattern)?.length ?? 0
  const vbs = count(
    /\b(?:dim|set\s{1,9}\w{1,40}\s{0,9}=|end\s{1,9}(?:sub|function|if|with)|chrw?\s{0,9}\(|executeglobal|on\s{1,9}error\s{1,9}resume|createobject\s{0,9}\(\s{0,9}"|wscript\.|then\b)/gi,
  )
  const jscript = count(
    /\b(?:var\s{1,9}\w|function\s{0,9}\w{0,40}\s{0,9}\(|new\s{1,9}ActiveXObject|fromCharCode|unescape\s{0,9}\(|===|new\s{1,9}Function|typeof\b)/g,
  )
  const powershell = count(
    /(?:\$[A-Za-z_{(]|\b(?:New-Object|Invoke-\w{1,40}|iex\b|Write-\w{1,40}|Get-\w{1,40}|Set-\w{1,40}|powershell|pwsh|param\s{0,9}\()|\[[\w.]+(?:\[\])?\]|-(?:f|join|replace|bxor|split)\b|\|\s{0,9}%)/gi,
  )
  if (vbs > jscript && vbs > powershell) return 'vbscript'
  if (jscript > powershell) return 'jscript'
  return 'powershell'
}

const MAX_TOKENS = 100_000
const NAME = /[A-Za-z_][\w]*/y
const NUMBER = /(?:0x[0-9a-f]+|&h[0-9a-f]+&?|\d+)/iy
const VARIABLE = /\$(?:\{[^}\n]{1,128}\}|[A-Za-z_][\w:]*)/y
const OPERATOR = /-(?:f|join|replace|creplace|ireplace|split|bxor)\b/iy

const POWERSHELL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' }
const JSCRIPT_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', v: '\v' }

interface Literal {
  readonly value: string
  readonly end: number
}

/** A quoted literal that begins at `at`; an unclosed one ends at the end of the text. */
function readLiteral(text: string, at: number, language: ScriptLanguage): Literal {
  const quote = text.charAt(at)
  let value = ''
  let pos = at + 1
  while (pos < text.length) {
    const char = text.charAt(pos)
    if (char === quote) {
      if (language !== 'jscript' && text.charAt(pos + 1) === quote) {
        value += quote
        pos += 2
        continue
      }
      return { value, end: pos + 1 }
    }
    if (language === 'vbscript' && char === '\n') return { value, end: pos }
    if (language === 'powershell' && quote === '"' && char === '`') {
      const next = text.charAt(pos + 1)
      value += POWERSHELL_ESCAPES[next] ?? next
      pos += 2
      continue
    }
    if (language === 'jscript' && char === '\\') {
      const hex = /^(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(pos + 1, pos + 6))
      if (hex !== null) {
        value += String.fromCharCode(Number.parseInt(hex[1] ?? hex[2] ?? '0', 16))
        pos += 1 + hex[0].length
      } else {
        const next = text.charAt(pos + 1)
        value += JSCRIPT_ESCAPES[next] ?? next
        pos += 2
      }
      continue
    }
    value += char
    pos += 1
  }
  return { value, end: text.length }
}

function numberOf(text: string): string {
  const hex = /^(?:0x|&h)([0-9a-f]+)/i.exec(text)
  return String(hex === null ? Number(text) : Number.parseInt(hex[1] ?? '0', 16))
}

/** Tokens of a script. Comments are left out; anything unknown is a `mark`. Linear in the text's length. */
export function tokenize(text: string, language: ScriptLanguage): Token[] {
  const tokens: Token[] = []
  const sticky = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  let at = 0
  while (at < text.length && tokens.length < MAX_TOKENS) {
    const char = text.charAt(at)
    const push = (kind: Token['kind'], value: string, end: number, more: Partial<Token> = {}): void => {
      tokens.push({ kind, value, start: at, end, ...more })
      at = end
    }
    if (char === '\n') push('line', char, at + 1)
    else if (char === ' ' || char === '\t' || char === '\r') at += 1
    else if (char === '_' && language === 'vbscript' && /^_[ \t]*\r?\n/.test(text.slice(at, at + 16))) {
      at = text.indexOf('\n', at) + 1
    } else if (
      (char === "'" && language === 'vbscript') ||
      (char === '#' && language === 'powershell' && text.charAt(at - 1) !== '<') ||
      (language === 'jscript' && char === '/' && text.charAt(at + 1) === '/')
    ) {
      const end = text.indexOf('\n', at)
      at = end === -1 ? text.length : end
    } else if (language === 'jscript' && char === '/' && isMark(tokens.at(-1), '(')) {
      // `.replace(/x/g, "y")`: a pattern without signs of its own is the text that it finds.
      const pattern = /^\/((?:[^\\/[\](){}.*+?^$|\r\n]|\\[^A-Za-z0-9\r\n]){1,200})\/(?:g|gi|ig)(?=\s*,)/.exec(
        text.slice(at, at + 256),
      )
      if (pattern === null) push('mark', char, at + 1)
      else push('text', (pattern[1] ?? '').replace(/\\(.)/g, '$1'), at + pattern[0].length)
    } else if (char === '"' || (char === "'" && language !== 'vbscript')) {
      const literal = readLiteral(text, at, language)
      const expands = language === 'powershell' && char === '"' && literal.value.includes('$')
      // `"\\x57\\x53"` hides a word as well as joining does.
      const isEscaped = language === 'jscript' && /\\[xu][0-9a-f]{2}/i.test(text.slice(at, literal.end))
      push('text', literal.value, literal.end, {
        ...(expands ? { expands: true } : {}),
        ...(isEscaped ? { made: true } : {}),
      })
    } else if (char === '$' && sticky(VARIABLE, at) !== undefined) {
      const name = sticky(VARIABLE, at) ?? ''
      push('variable', name.replace(/[${}]/g, '').toLowerCase(), at + name.length)
    } else if (char === '-' && language === 'powershell' && sticky(OPERATOR, at) !== undefined) {
      const name = sticky(OPERATOR, at) ?? ''
      push('operator', name.slice(1).toLowerCase(), at + name.length)
    } else {
      const number = sticky(NUMBER, at)
      const name = number === undefined ? sticky(NAME, at) : undefined
      if (number !== undefined) push('number', numberOf(number), at + number.length)
      else if (name !== undefined) push('name', name.toLowerCase(), at + name.length)
      else push('mark', char, at + 1)
    }
  }
  return tokens
}

/** True for this very mark, e.g. `(`. */
export const isMark = (token: Token | undefined, value: string): boolean =>
  token?.kind === 'mark' && token.value === value
/** True for one of these names, in lower case. */
export const isName = (token: Token | undefined, ...names: readonly string[]): boolean =>
  token?.kind === 'name' && names.includes(token.value)
