import { defang } from '../payload/index.ts'

/** Text from evidence inside a Markdown sentence: as code, control characters visible, never able to end the span. */
export function code(text: string, limit = 300): string {
  const shown = visibleText(text.length > limit ? `${text.slice(0, limit - 1)}…` : text)
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = longest > 0 || shown.startsWith(' ') || shown.endsWith(' ') ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}

/** Control, bidirectional and invisible characters as `\u{…}`, so that what is read is what is there. */
export function visibleText(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/**
 * Text from evidence as part of a Markdown sentence: one line, controls visible, no mark-up of its own, and no address that
 * a viewer would make a link of.
 */
export function plain(text: string): string {
  return visibleText(defang(text.replace(/\s+/g, ' ')))
    .replace(/[\\`*_{}[\]<>|#~@]/g, '\\$&')
    .replace(/:\/\//g, '\\://')
    .replace(/\bwww\./gi, (prefix) => prefix.replace('.', '\\.'))
}
