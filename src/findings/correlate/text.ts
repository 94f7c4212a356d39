import type { CimValue } from '../../lang/cim-value.ts'

/**
 * A value as it is compared between sources: viewers collapse line ends, forwarders write entities, escapes may be
 * undone once less. Only for comparison: reports show what was read.
 */
export function comparable(value: CimValue | undefined): string {
  if (value === undefined || value === null) return ''
  const text =
    typeof value === 'string'
      ? value
      : JSON.stringify(value, (_key, item) =>
          String(item) === '[object Object]' || Array.isArray(item) ? item : String(item),
        )
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&')
    .replace(/\\+/g, '\\')
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\(?=["'])/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A shorter text must be this long to count as the cut form of a longer one. */
const MIN_CUT = 200

/** Whether two values are the same content; a long text that was cut off is the same as its whole. */
export function sameContent(left: CimValue | undefined, right: CimValue | undefined): boolean {
  const a = comparable(left)
  const b = comparable(right)
  if (a === b) return true
  const shorter = a.length < b.length ? a : b
  const longer = a.length < b.length ? b : a
  return shorter.length >= MIN_CUT && longer.startsWith(shorter.replace(/(?:\.\.\.|…)$/, ''))
}

/** A query as it is compared: blanks and letter case of WQL do not matter, literals' case neither. */
export function comparableQuery(query: string): string {
  return comparable(query)
    .toLowerCase()
    .replace(/\s*([=<>(),])\s*/g, '$1')
}
