/** A cell as RFC 4180 has it. With `safe`, a text that a spreadsheet would run as a formula gets a leading `'`. */
export function csvCell(value: string, safe = true): string {
  const guarded = safe && /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** A line of cells with CRLF, as RFC 4180 has it. */
export function csvLine(cells: readonly string[], safe = true): string {
  return `${cells.map((cell) => csvCell(cell, safe)).join(',')}\r\n`
}
