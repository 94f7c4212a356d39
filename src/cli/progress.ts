import { visible, width } from '../reports/index.ts'

/** Shortest time between two updates, so that a fast scan is not slowed by its own progress line. */
const INTERVAL_MILLISECONDS = 100

export interface ProgressLine {
  update(text: string): void
  /** Removes the line, before anything else is printed. */
  clear(): void
}

/** One line on standard error that is rewritten in place; nothing where standard error is not a terminal. */
export function progressLine(stream: NodeJS.WriteStream, quiet: boolean): ProgressLine {
  if (quiet || !stream.isTTY) return { update: () => undefined, clear: () => undefined }
  let shown = false
  let last = 0
  return {
    update(text) {
      const now = Date.now()
      if (now - last < INTERVAL_MILLISECONDS) return
      last = now
      shown = true
      stream.write(`\r\x1b[K${cut(visible(text), (stream.columns ?? 80) - 1)}`)
    },
    clear() {
      if (shown) stream.write('\r\x1b[K')
      shown = false
    },
  }
}

/** The end of a path says more than its beginning. */
function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text
  let rest = text
  while (rest.length > 0 && width(rest) > columns - 1) rest = rest.slice(1)
  return `…${rest}`
}
