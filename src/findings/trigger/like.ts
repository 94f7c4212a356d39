/**
 * Whether a text matches a WQL LIKE pattern: `%` any run, `_` one character, `[a-f]` and `[^a-f]` one of a set; without
 * case. Two positions and one way back, so no pattern takes more than length × length steps.
 * Source: Microsoft "LIKE Operator (WQL)".
 */
export function matchesLike(pattern: string, text: string): boolean {
  const parts = splitPattern(pattern.toLowerCase())
  const subject = text.toLowerCase()
  let part = 0
  let at = 0
  let retryPart = -1
  let retryAt = 0
  while (at < subject.length) {
    const current = parts[part]
    if (current?.kind === 'any') {
      retryPart = part
      retryAt = at
      part += 1
    } else if (current !== undefined && accepts(current, subject.charAt(at))) {
      part += 1
      at += 1
    } else if (retryPart >= 0) {
      part = retryPart + 1
      retryAt += 1
      at = retryAt
    } else return false
  }
  while (parts[part]?.kind === 'any') part += 1
  return part === parts.length
}

type Part =
  | { readonly kind: 'any' | 'one' }
  | { readonly kind: 'char'; readonly char: string }
  | {
      readonly kind: 'set'
      readonly negated: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }

function accepts(part: Part, char: string): boolean {
  if (part.kind === 'one') return true
  if (part.kind === 'char') return part.char === char
  if (part.kind === 'set')
    return part.negated !== part.ranges.some(([from, to]) => char >= from && char <= to)
  return false
}

function splitPattern(pattern: string): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at)
    const close = char === '[' ? pattern.indexOf(']', at + 2) : -1
    if (char === '%') {
      if (parts.at(-1)?.kind !== 'any') parts.push({ kind: 'any' })
    } else if (char === '_') parts.push({ kind: 'one' })
    else if (close > 0) {
      parts.push(readSet(pattern.slice(at + 1, close)))
      at = close
    } else parts.push({ kind: 'char', char })
  }
  return parts
}

function readSet(text: string): Part {
  const negated = text.startsWith('^')
  const body = negated ? text.slice(1) : text
  const ranges: [string, string][] = []
  for (let at = 0; at < body.length; at += 1) {
    const from = body.charAt(at)
    if (body.charAt(at + 1) === '-' && at + 2 < body.length) {
      ranges.push([from, body.charAt(at + 2)])
      at += 2
    } else if (body.charAt(at + 1) === '=' && at + 2 < body.length) {
      // `[a=f]` is the older spelling of a range.
      ranges.push([from, body.charAt(at + 2)])
      at += 2
    } else ranges.push([from, from])
  }
  return { kind: 'set', negated, ranges }
}
