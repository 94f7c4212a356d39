import { hanging, width, wrap } from '../reports/index.ts'

/** Columns of the terminal; `undefined` where output is none: nothing is wrapped or cut there. */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/**
 * Rows in aligned columns, the last as wide as it is. On a terminal too narrow for that each row is its first cell, and
 * the others below it. Gives text that ends with a newline.
 */
export function alignedRows(
  rows: readonly (readonly string[])[],
  columns: number | undefined = terminalColumns(),
): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => width(row[at] ?? ''))),
  )
  const aligned = rows.map((row) =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  )
  const fits = columns === undefined || aligned.every((line) => width(line) <= columns)
  const lines = fits
    ? aligned
    : rows.flatMap(([first = '', ...rest]) => [
        ...wrap(first, columns),
        ...rest.flatMap((cell) => (cell === '' ? [] : hanging('    ', cell, columns))),
      ])
  return lines.map((line) => `${line}\n`).join('')
}

/** Lines of prose; on a terminal each is wrapped, and its further lines begin where its own text began. */
export function wrappedLines(
  lines: readonly string[],
  columns: number | undefined = terminalColumns(),
): string {
  const shown =
    columns === undefined
      ? lines
      : lines.flatMap((line) => {
          const [indent = ''] = /^\s*(?:[+-]\d+\s+)?/.exec(line) ?? []
          return hanging(indent, line.slice(indent.length), columns)
        })
  return shown.map((line) => `${line}\n`).join('')
}
