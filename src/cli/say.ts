import { existsSync, readFileSync, statSync } from 'node:fs'
import { type Diagnostic, lineAndColumn } from '../diagnostics/index.ts'
import { diagnosticText } from '../reports/index.ts'

/** Larger than any rule or query file by far: not read again for the sake of a line number. */
const MAX_BYTES = 8 * 1024 * 1024

/** Writes a diagnostic to standard error; a place in a text is told as `FILE:LINE:COLUMN`, which editors open. */
export function sayDiagnostic(diagnostic: Diagnostic, text?: string): void {
  const { at } = diagnostic
  const place = placeOf(diagnostic, text)
  const shown: Diagnostic =
    at?.in !== 'text' || place === undefined
      ? diagnostic
      : { ...diagnostic, at: { in: 'file', source: `${at.source}:${place.line}:${place.column}` } }
  process.stderr.write(`triad: ${diagnosticText(shown)}\n`)
}

/** Line and column of a diagnostic in a text; the file is read where the text is not given. */
export function placeOf(diagnostic: Diagnostic, text?: string): { line: number; column: number } | undefined {
  const { at } = diagnostic
  if (at?.in !== 'text') return undefined
  const held = text ?? textOf(at.source)
  return held === undefined ? undefined : lineAndColumn(held, at.start)
}

function textOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  const found = statSync(file)
  return found.isFile() && found.size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined
}
