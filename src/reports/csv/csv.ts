import { inert } from '../terminal/text.ts'

/**
 * A cell as RFC 4180 has it, controls shown as escapes. With `safe`, a text that a spreadsheet would run as a formula gets
 * a leading `'`.
 */
export function csvCell(value: string, safe = true): string {
  const guarded = safe && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  const text = inert(guarded)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A line of cells with CRLF, as RFC 4180 has it. */
export function csvLine(cells: readonly string[], safe = true): string {
  return `${cells.map((cell) => csvCell(cell, safe)).join(',')}\r\n`
}
