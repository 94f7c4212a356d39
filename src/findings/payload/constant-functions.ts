import { isMark, isName, type ScriptLanguage, type Token } from './tokens.ts'

/** Items of a list that are looked at. */
export const MAX_ITEMS = 20_000

/** Character with this code; `''` for what is none. */
export const charOf = (value: string): string => {
  const code = Number(value)
  return Number.isInteger(code) && code >= 0 && code <= 0xffff ? String.fromCharCode(code) : ''
}

function percentDecoded(text: string): string {
  return text
    .replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** A regular expression that is only literal text, as that text; `undefined` when it means more. */
export function literalPattern(pattern: string): string | undefined {
  let plain = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at)
    if (char === '\\' && /[^\w]/.test(pattern.charAt(at + 1))) {
      at += 1
      plain += pattern.charAt(at)
    } else if ('.*+?^$()[]{}|\\'.includes(char)) return undefined
    else plain += char
  }
  return plain
}

/** `text` with every `from` as `to`. */
export function replaced(text: string, from: string, to: string, ignoreCase: boolean): string {
  if (from === '') return text
  if (!ignoreCase) return text.split(from).join(to)
  const escaped = from.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&')
  return text.replace(new RegExp(escaped, 'gi'), () => to)
}

/** Calls by bare name with constant arguments: `Chr(65)`, `Replace(a, b, c)`, `unescape("%41")`. */
export function call(name: string, args: readonly Token[]): string | readonly string[] | undefined {
  const [first, second, third] = args
  const text = first?.value ?? ''
  switch (name) {
    case 'chr':
    case 'chrw':
    case 'chrb':
      return args.length === 1 ? charOf(text) : undefined
    case 'strreverse':
      return [...text].reverse().join('')
    case 'replace':
      return second !== undefined && third !== undefined
        ? replaced(text, second.value, third.value, false)
        : undefined
    case 'unescape':
    case 'decodeuricomponent':
    case 'decodeuri':
      return args.length === 1 ? percentDecoded(text) : undefined
    case 'fromcharcode':
      return args.map((token) => charOf(token.value)).join('')
    case 'lcase':
      return text.toLowerCase()
    case 'ucase':
      return text.toUpperCase()
    case 'array':
      return args.map((token) => token.value)
    default:
      return undefined
  }
}

/** Methods of a constant text or list: `'a'.replace('b','c')`, `.split('')`, `.reverse()`, `.join('')`. */
export function method(
  on: Token,
  name: string,
  args: readonly Token[],
  language: ScriptLanguage,
): string | readonly string[] | undefined {
  const [first, second] = args
  if (on.kind === 'list') {
    const items = on.items ?? []
    if (name === 'join') return items.join(first?.value ?? ',')
    if (name === 'reverse') return [...items].reverse()
    return undefined
  }
  switch (name) {
    case 'replace':
      return first !== undefined && second !== undefined
        ? replaced(on.value, first.value, second.value, false)
        : undefined
    case 'split':
      return first === undefined ? undefined : on.value.split(first.value).slice(0, MAX_ITEMS)
    case 'tochararray':
      return [...on.value]
    case 'tolower':
    case 'tolowercase':
      return on.value.toLowerCase()
    case 'tostring':
      return on.value
    case 'trim':
    case 'trimstart':
    case 'trimend':
      return trimmed(on.value, name, first?.value)
    case 'substring':
    case 'substr':
      return part(on.value, name, args, language === 'jscript')
    case 'insert':
      return first?.kind === 'number' && second !== undefined && Number(first.value) <= on.value.length
        ? on.value.slice(0, Number(first.value)) + second.value + on.value.slice(Number(first.value))
        : undefined
    case 'remove':
      return first?.kind === 'number'
        ? on.value.slice(0, Number(first.value)) +
            (second === undefined ? '' : on.value.slice(Number(first.value) + Number(second.value)))
        : undefined
    case 'toupper':
    case 'touppercase':
      return on.value.toUpperCase()
    default:
      return undefined
  }
}

/** .NET's Trim takes the characters to drop; without them, blanks. */
function trimmed(text: string, name: string, characters = ' \t\r\n'): string {
  let [from, to] = [0, text.length]
  while (name !== 'trimend' && from < to && characters.includes(text.charAt(from))) from += 1
  while (name !== 'trimstart' && to > from && characters.includes(text.charAt(to - 1))) to -= 1
  return text.slice(from, to)
}

/** `.Substring(2, 29)` of .NET counts characters; `.substring(2, 31)` of JScript names the end. */
function part(text: string, name: string, args: readonly Token[], isScript: boolean): string | undefined {
  const [from, count] = args.map(({ kind, value }) => (kind === 'number' ? Number(value) : Number.NaN))
  if (from === undefined || Number.isNaN(from)) return undefined
  if (count === undefined) return text.slice(from)
  if (Number.isNaN(count)) return undefined
  return text.slice(from, isScript && name === 'substring' ? count : from + count)
}

/** Two whole numbers with an operator between them; `undefined` when it is none that is known. */
export function arithmetic(left: number, operator: Token | undefined, right: number): number | undefined {
  if (isMark(operator, '+')) return left + right
  if (isMark(operator, '-')) return left - right
  if (isMark(operator, '*')) return left * right
  if (isMark(operator, '/')) return right !== 0 && left % right === 0 ? left / right : undefined
  if (isMark(operator, '^') || isName(operator, 'xor')) return left ^ right
  if (operator?.kind === 'operator' && operator.value === 'bxor') return left ^ right
  return undefined
}
