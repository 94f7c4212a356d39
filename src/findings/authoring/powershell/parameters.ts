import type { PsToken } from './lexer.ts'
import { type PsValue, stringValue } from './value.ts'

/** Names of a `param` block in order, with defaults that are literal strings. Attributes and other defaults are passed over. */
export function parameterNames(
  tokens: readonly PsToken[],
): readonly { readonly name: string; readonly fallback?: PsValue }[] {
  const names: { name: string; fallback?: PsValue }[] = []
  let depth = 0
  let fresh = true
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'punctuation') {
      if (/^(?:\(|\{|\[|@\{|@\(|\$\()$/.test(token.text)) depth += 1
      if (/^[)}\]]$/.test(token.text)) depth -= 1
      if (depth === 0 && token.text === ',') fresh = true
    }
    if (depth !== 0 || !fresh || token.kind !== 'variable') continue
    fresh = false
    const [equals, value] = [tokens[index + 1], tokens[index + 2]]
    const literal =
      equals?.text === '=' && value?.kind === 'string' ? { fallback: stringValue(value.text) } : {}
    names.push({ name: token.text.toLowerCase(), ...literal })
  }
  return names
}
