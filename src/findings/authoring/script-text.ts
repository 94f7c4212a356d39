export type Language = 'vbscript' | 'jscript'

/** Text that an expression is known to be; `built` when it was put together from parts. */
export interface TextValue {
  readonly kind: 'text'
  readonly text: string
  readonly built: boolean
}

export interface CodeStatement {
  /** The statement with comments left out and each string replaced by its number in quotes: `GetObject("0")`. */
  readonly code: string
  readonly strings: readonly string[]
  /** Outermost function or sub it stands in, lower case. */
  readonly within: string | undefined
}

const MAX_STATEMENTS = 20_000
/** Only the end of a statement tells whether it goes on; looking at all of it again and again would take too long. */
const MAX_TAIL = 200
const FUNCTION_HEAD = /function\s+([A-Za-z_$][\w$]*)\s*\([^)]*\)\s*$/

/** Splits script source into statements whose strings and comments can no longer be mistaken for code. */
export function codeStatements(text: string, language: Language): readonly CodeStatement[] {
  const statements: CodeStatement[] = []
  let code = ''
  let strings: string[] = []
  let within: string | undefined
  let depth = 0
  const flush = (): void => {
    if (code.trim() !== '' && statements.length < MAX_STATEMENTS) {
      const start = /^\s*(?:(?:public|private)\s+)?(?:function|sub)\s+([A-Za-z_]\w*)/i.exec(code)
      if (language === 'vbscript') {
        if (start !== null) within = start[1]?.toLowerCase()
        else if (/^\s*end\s+(?:function|sub)\b/i.test(code)) within = undefined
        else statements.push({ code, strings, within })
      } else statements.push({ code, strings, within })
    }
    code = ''
    strings = []
  }
  const string = (value: string): void => {
    code += `"${strings.length}"`
    strings.push(value)
  }
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (language === 'vbscript') {
      if (char === '"') {
        const end = closeVb(text, at)
        string(text.slice(at + 1, end).replaceAll('""', '"'))
        at = end + 1
      } else if (char === "'" || (/^rem\s/i.test(text.slice(at, at + 4)) && code.trim() === ''))
        at = lineEnd(text, at)
      else if (/^ _[ \t]*\r?\n/.test(text.slice(at, at + 12))) at = lineEnd(text, at) + 1
      else if (char === '\n' || char === '\r' || char === ':') {
        flush()
        at += 1
      } else {
        code += char
        at += 1
      }
      continue
    }
    if (char === '"' || char === "'") {
      const end = closeJs(text, at)
      string(unescapeJs(text.slice(at + 1, end)))
      at = end + 1
    } else if (text.startsWith('//', at)) at = lineEnd(text, at)
    else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      at = end < 0 ? text.length : end + 2
    } else if (char === '{' || char === '}' || char === ';' || char === '\n') {
      if (char === '{') {
        const start = FUNCTION_HEAD.exec(code.slice(-MAX_TAIL))
        if (depth === 0 && start !== null) within = start[1]?.toLowerCase()
        depth += 1
      }
      const head = char === '{' && FUNCTION_HEAD.test(code.slice(-MAX_TAIL))
      if (head) {
        code = ''
        strings = []
      } else if (char !== '\n' || !/[=+(,.]$/.test(code.slice(-MAX_TAIL).trimEnd())) flush()
      if (char === '}') {
        depth = Math.max(0, depth - 1)
        if (depth === 0) within = undefined
      }
      at += 1
    } else {
      code += char
      at += 1
    }
  }
  flush()
  return statements
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at < 0 ? text.length : at
}

function closeVb(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\n') return at - 1
    if (char !== '"') continue
    if (text.charAt(at + 1) !== '"') return at
    at += 1
  }
  return text.length
}

function closeJs(text: string, open: number): number {
  const quote = text.charAt(open)
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') at += 1
    else if (char === quote) return at
  }
  return text.length
}

const JS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' }

function unescapeJs(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([\s\S]))/g,
    (_whole, x: string, u: string, char: string) =>
      char === undefined ? String.fromCharCode(Number.parseInt(x ?? u, 16)) : (JS[char] ?? char),
  )
}

const PART =
  /\s*(?:"(\d+)"|(?:chr|chrw|String\.fromCharCode)\s*\(\s*(&h[0-9a-f]+|0x[0-9a-f]+|\d+(?:\s*,\s*\d+)*)\s*\)|(vbCrLf|vbNewLine|vbTab|vbLf)\b|(\d+(?:\.\d+)?)|([A-Za-z_$][\w$]*))\s*/iy

/**
 * Joined strings, Chr() and known variables as one text; `undefined` when anything else stands in the expression.
 * `lookup` gives the text of a variable.
 */
export function evaluateText(
  expression: string,
  strings: readonly string[],
  language: Language,
  lookup: (name: string) => TextValue | undefined,
): TextValue | undefined {
  let text = ''
  let parts = 0
  let built = false
  let at = 0
  for (;;) {
    PART.lastIndex = at
    const match = PART.exec(expression)
    if (match === null) return undefined
    const [, index, codes, constant, number, name] = match
    if (index !== undefined) text += strings[Number(index)] ?? ''
    else if (codes !== undefined) {
      text += String.fromCharCode(
        ...codes.split(',').map((code) => Number(code.trim().replace(/^&h/i, '0x'))),
      )
      built = true
    } else if (constant !== undefined) text += { vbtab: '\t', vblf: '\n' }[constant.toLowerCase()] ?? '\r\n'
    else if (number !== undefined) text += number
    else {
      const known = lookup(name ?? '')
      if (known === undefined) return undefined
      text += known.text
      built ||= known.built
    }
    parts += 1
    at = PART.lastIndex
    if (text.length > 200_000 || parts > 20_000) return undefined
    if (at >= expression.length) return { kind: 'text', text, built: built || parts > 1 }
    const operator = expression.charAt(at)
    if (operator !== '+' && !(operator === '&' && language === 'vbscript')) return undefined
    at += 1
  }
}
