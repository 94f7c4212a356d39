import type { TextLocation } from './diagnostic.ts'

export interface LineAndColumn {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

/** Line and column of a character index. An index past the end is the end. */
export function lineAndColumn(text: string, index: number): LineAndColumn {
  const before = text.slice(0, Math.min(index, text.length)).split(/\r\n|[\n\r]/)
  return { line: before.length, column: (before[before.length - 1] ?? '').length + 1 }
}

/** The line a text location stands in, with a caret line below it; tabs become spaces so the caret lines up. */
export function excerpt(text: string, at: Pick<TextLocation, 'start' | 'end'>): string {
  const { line, column } = lineAndColumn(text, at.start)
  const source = (text.split(/\r\n|[\n\r]/)[line - 1] ?? '').replaceAll('\t', ' ')
  // A 4 MB line must not be printed whole: keep a window around the caret.
  const from = Math.max(0, column - 61)
  const shown = source.slice(from, from + 120)
  const width = Math.max(1, Math.min(at.end - at.start, shown.length - (column - 1 - from)))
  const gutter = `${line} | `
  return `${gutter}${shown}\n${' '.repeat(gutter.length + column - 1 - from)}${'^'.repeat(width)}`
}
