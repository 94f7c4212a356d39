export interface PsToken {
  readonly kind:
    | 'word'
    | 'parameter'
    | 'variable'
    | 'splat'
    | 'string'
    | 'expandable'
    | 'type'
    | 'punctuation'
    | 'newline'
    | 'end'
  /** Words without backticks; parameters without dash and colon; variables without sigil; strings without quotes. */
  readonly text: string
  readonly start: number
  readonly end: number
  /** A blank stands before it: `$x .Name` is no member. */
  readonly spaced: boolean
  /** The word was split by backticks. */
  readonly split?: true
}

const BLANK = /(?:[^\S\r\n]|`\r?\n)+/y
const NEWLINE = /\r?\n|\r/y
const LINE_COMMENT = /#[^\r\n]*/y
const VARIABLE = /\$(?:\{([^}]*)\}|((?:[A-Za-z_]\w*:)?\w+|[?$^_]))/y
const SPLAT = /@([A-Za-z_]\w*)/y
const PARAMETER = /[-\u2013\u2014]([A-Za-z_][\w`]*):?/y
const MEMBER = /[A-Za-z_]\w*/y
const WORD = /(?:`[^\r\n]|[^\s`|&;,(){}"'$=@[\]])(?:`[^\r\n]|[^\s`|&;,(){}"'=[\]])*/y
const TYPE = /\[\s*([A-Za-z_][\w.+,` ]*(?:\[\])?)\s*\]/y
const HERE = /@(["'])[^\S\r\n]*\r?\n/y

/** Splits PowerShell source into tokens, comments left out. Never throws; a string without end ends with the text. */
export function lexPowerShell(text: string): readonly PsToken[] {
  const tokens: PsToken[] = []
  let at = 0
  let spaced = true
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text) ?? undefined
  }
  const push = (kind: PsToken['kind'], value: string, end: number, split = false): void => {
    tokens.push({ kind, text: value, start: at, end, spaced, ...(split ? { split: true as const } : {}) })
    at = end
    spaced = false
  }

  while (at < text.length) {
    const blank = match(BLANK)
    if (blank !== undefined) {
      at += blank[0].length
      spaced = true
      continue
    }
    const newline = match(NEWLINE)
    if (newline !== undefined) {
      push('newline', '\n', at + newline[0].length)
      spaced = true
      continue
    }
    const char = text.charAt(at)
    if (text.startsWith('<#', at)) {
      const close = text.indexOf('#>', at + 2)
      at = close < 0 ? text.length : close + 2
      spaced = true
      continue
    }
    if (char === '#' && spaced) {
      at += match(LINE_COMMENT)?.[0].length ?? 1
      continue
    }
    if (readString(char)) continue
    const variable = char === '$' ? match(VARIABLE) : undefined
    if (variable !== undefined) {
      push('variable', variable[1] ?? variable[2] ?? '', at + variable[0].length)
      continue
    }
    const previous = tokens.at(-1)
    const joined = !spaced && previous !== undefined && isValueEnd(previous)
    if (joined && (char === '.' || text.startsWith('::', at))) {
      push('punctuation', char === '.' ? '.' : '::', at + (char === '.' ? 1 : 2))
      const member = match(MEMBER)
      if (member !== undefined) push('word', member[0], at + member[0].length)
      continue
    }
    if (readOther(char, joined)) continue
    push('punctuation', char, at + 1)
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length, spaced: true })
  return tokens

  function isValueEnd(token: PsToken): boolean {
    if (token.kind === 'punctuation') return token.text === ')' || token.text === ']' || token.text === '}'
    return token.kind !== 'newline' && token.kind !== 'parameter' && token.kind !== 'word'
      ? true
      : token.kind === 'word' &&
          tokens.at(-2)?.kind === 'punctuation' &&
          /^(?:\.|::)$/.test(tokens.at(-2)?.text ?? '')
  }

  function readString(char: string): boolean {
    const here = char === '@' ? match(HERE) : undefined
    if (here !== undefined) {
      const quote = here[1] ?? '"'
      const from = at + here[0].length
      const close = text.indexOf(`\n${quote}@`, from - 1)
      const stop = close < 0 ? text.length : close
      const body = text.slice(from, Math.max(from, stop)).replace(/\r$/, '')
      push(
        quote === '"' ? 'expandable' : 'string',
        quote === '"' ? unescapeTicks(body) : body,
        close < 0 ? text.length : close + 3,
      )
      return true
    }
    if (char === "'" || char === '\u2018' || char === '\u2019') {
      let end = at + 1
      while (end < text.length && (text.charAt(end) !== "'" || text.charAt(end + 1) === "'"))
        end += text.charAt(end) === "'" ? 2 : 1
      push('string', text.slice(at + 1, end).replaceAll("''", "'"), Math.min(end + 1, text.length))
      return true
    }
    if (char !== '"' && char !== '\u201c' && char !== '\u201d') return false
    let end = at + 1
    while (end < text.length && (text.charAt(end) !== '"' || text.charAt(end + 1) === '"')) {
      const here = text.charAt(end)
      end += here === '`' || here === '"' ? 2 : 1
    }
    const body = text.slice(at + 1, Math.min(end, text.length)).replaceAll('""', '"')
    push('expandable', unescapeTicks(body), Math.min(end + 1, text.length))
    return true
  }

  function readOther(char: string, joined: boolean): boolean {
    // `%` behind a pipe is ForEach-Object; anywhere else it is an operator.
    if (char === '%' && tokens.at(-1)?.kind === 'punctuation' && tokens.at(-1)?.text === '|') {
      push('word', '%', at + 1)
      return true
    }
    const splat = char === '@' ? match(SPLAT) : undefined
    if (splat !== undefined) {
      push('splat', splat[1] ?? '', at + splat[0].length)
      return true
    }
    for (const opener of ['@{', '@(', '$(', '+=', '&&', '||'] as const) {
      if (text.startsWith(opener, at)) {
        push('punctuation', opener, at + opener.length)
        return true
      }
    }
    const parameter = match(PARAMETER)
    if (parameter !== undefined && !joined) {
      push('parameter', (parameter[1] ?? '').replaceAll('`', ''), at + parameter[0].length)
      return true
    }
    const previous = tokens.at(-1)
    const type = char === '[' && (!joined || previous?.kind === 'type') ? match(TYPE) : undefined
    if (type !== undefined) {
      push('type', (type[1] ?? '').replace(/[\s`]/g, ''), at + type[0].length)
      return true
    }
    const word = match(WORD)
    // `+` between strings is an operator; a path or a name that begins with it does not occur.
    if (word !== undefined && !/^[+*%!<>]/.test(word[0])) {
      const split = word[0].includes('`')
      push('word', word[0].replaceAll('`', ''), at + word[0].length, split)
      return true
    }
    return false
  }
}

const TICKS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
}

/** Backtick escapes; an escaped dollar keeps a mark, so that it is not expanded. */
function unescapeTicks(text: string): string {
  return text.replace(/`([\s\S])/g, (_whole, char: string) =>
    char === '$' ? ESCAPED_DOLLAR : (TICKS[char] ?? char),
  )
}

/** Stands for `` `$ `` until variables were expanded. A private-use character, which scripts do not contain. */
export const ESCAPED_DOLLAR = '\ue024'
