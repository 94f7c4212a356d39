import { InputError } from '../../diagnostics/index.ts'

/** Says whether a field's text matches. */
export type ValueMatcher = (text: string) => boolean

const KNOWN = ['contains', 'startswith', 'endswith', 'all', 'cased', 're', 'i', 'm', 's']

/**
 * One field's condition, `Field|modifier: values` → a matcher. Values match any of the list, with `all` each of them;
 * without case unless `cased`. Source: Sigma specification 2.1, "String wildcards" and "Value modifiers". Throws
 * `platforms/bad-rule` for a modifier that is not evaluated here, and for a value that is a list or a mapping.
 */
export function fieldMatcher(
  modifiers: readonly string[],
  values: readonly unknown[],
): (text: string | undefined) => boolean {
  const unknown = modifiers.find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) {
    throw new InputError('platforms/bad-rule', `the modifier ${unknown} is not evaluated here`)
  }
  const matchers = values.map((value) => valueMatcher(modifiers, value))
  return (text) =>
    text === undefined
      ? values.includes(null)
      : modifiers.includes('all')
        ? matchers.every((matches) => matches(text))
        : matchers.some((matches) => matches(text))
}

function valueMatcher(modifiers: readonly string[], value: unknown): ValueMatcher {
  if (value === null) return (text) => text === ''
  if (typeof value === 'object') {
    throw new InputError(
      'platforms/bad-rule',
      'a value of a condition is text, a number, true, false or null',
    )
  }
  const pattern = String(value)
  if (modifiers.includes('re')) {
    const flags = ['i', 'm', 's'].filter((flag) => modifiers.includes(flag)).join('')
    const expression = new RegExp(pattern, flags)
    return (text) => expression.test(text)
  }
  const cased = modifiers.includes('cased')
  const open = modifiers.includes('contains') || modifiers.includes('endswith')
  const openEnd = modifiers.includes('contains') || modifiers.includes('startswith')
  const parts = parseWildcards(cased ? pattern : pattern.toLowerCase())
  const whole: Part[] = [...(open ? [ANY] : []), ...parts, ...(openEnd ? [ANY] : [])]
  return (text) => matchParts(whole, cased ? text : text.toLowerCase())
}

/** A literal text, any one character, or any text. */
type Part = string | { readonly wild: 'one' | 'any' }
const ANY: Part = { wild: 'any' }
const ONE: Part = { wild: 'one' }

/** `*` and `?` are wildcards; a backslash before them or before a backslash makes the next character plain. */
export function parseWildcards(pattern: string): Part[] {
  const parts: Part[] = []
  let literal = ''
  const flush = (): void => {
    if (literal !== '') parts.push(literal)
    literal = ''
  }
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at)
    const next = pattern.charAt(at + 1)
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next
      at += 1
    } else if (character === '*' || character === '?') {
      flush()
      parts.push(character === '*' ? ANY : ONE)
    } else literal += character
  }
  flush()
  return parts
}

/** Glob matching with one point to fall back to, so that no text takes more than text × pattern steps. */
function matchParts(parts: readonly Part[], text: string): boolean {
  let part = 0
  let at = 0
  let star = -1
  let retry = 0
  while (at < text.length || part < parts.length) {
    const current = parts[part]
    if (current !== undefined && typeof current !== 'string' && current.wild === 'any') {
      star = part
      retry = at
      part += 1
    } else if (typeof current === 'string' && text.startsWith(current, at)) {
      at += current.length
      part += 1
    } else if (current === ONE && at < text.length) {
      at += 1
      part += 1
    } else if (star >= 0 && retry < text.length) {
      retry = nextTry(parts[star + 1], text, retry + 1)
      at = retry
      part = star + 1
    } else return false
  }
  return true
}

/** Where it is worth trying again: the next place of the literal behind the wildcard. */
function nextTry(after: Part | undefined, text: string, from: number): number {
  if (typeof after !== 'string') return from
  const found = text.indexOf(after, from)
  return found < 0 ? text.length : found
}
