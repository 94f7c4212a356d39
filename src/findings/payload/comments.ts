import { guessLanguage } from './tokens.ts'

/**
 * A VBScript without its comments: what nobody runs must not speak for or against it. A comment begins at `'` outside a
 * string or at `Rem` where a statement begins, and ends with the line; strings never cross lines. Other languages stay
 * as they are: there the end of a string cannot be told without running the whole grammar.
 */
export function withoutComments(text: string, engine: string | undefined): string {
  const isVbs = engine === undefined ? guessLanguage(text) === 'vbscript' : /^\s*vbs/i.test(engine)
  if (!isVbs || !/'|\brem\b/i.test(text)) return text
  return text.split('\n').map(withoutComment).join('\n')
}

function withoutComment(line: string): string {
  if (/^\s*rem(?:\s|$)/i.test(line)) return ''
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at)
    if (char === '"') isQuoted = !isQuoted
    else if (char === "'" && !isQuoted) return line.slice(0, at)
    else if (char === ':' && !isQuoted && /^:\s*rem(?:\s|$)/i.test(line.slice(at, at + 32)))
      return line.slice(0, at)
  }
  return line
}
