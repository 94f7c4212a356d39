import type { Report } from '../../diagnostics/index.ts'

export interface XmlSplitterOptions {
  readonly source: string
  readonly report: Report
  /** Receives the text of each `<Event>…</Event>` and where it starts in the file. */
  readonly element: (text: string, offset: number) => void
  /** Namespace prefix of the Event elements with its colon, where the writer bound one (`ev:`). */
  readonly prefix?: string
  /** Default 16 MiB. */
  readonly maxElementBytes?: number
}

const MAX_ELEMENT_BYTES = 16 * 2 ** 20
/** After `<Event` of an event, but not of `<EventData>`, `<EventID>` or `<Events>`. */
const AFTER_NAME = new Set([0x20, 0x09, 0x0a, 0x0d, 0x3e])

/**
 * Splits a stream of UTF-8 text into its Event elements: with or without a root (`wevtutil qe /f:xml`), one a line
 * (Splunk), with other text between (syslog headers). An event that is cut does not swallow the next. Feed bytes in
 * order, then call `end`.
 */
export class XmlSplitter {
  readonly #options: XmlSplitterOptions
  readonly #limit: number
  readonly #openTag: Buffer
  readonly #closeTag: Buffer
  #parts: Buffer[] = []
  #heldBytes = 0
  /** The last held bytes: a tag may be split between chunks. */
  #tail: Buffer = Buffer.alloc(0)
  /** Offset in the file of the first held byte. */
  #offset = 0
  /** Whether the held bytes begin with an open event. */
  #inside = false
  damaged = 0

  constructor(options: XmlSplitterOptions) {
    this.#options = options
    this.#limit = options.maxElementBytes ?? MAX_ELEMENT_BYTES
    this.#openTag = Buffer.from(`<${options.prefix ?? ''}Event`)
    this.#closeTag = Buffer.from(`</${options.prefix ?? ''}Event>`)
  }

  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    // Inside a long event nothing happens until its end comes: look for it only where it can be new.
    if (this.#inside && !this.#mayEnd(bytes)) {
      this.#hold(bytes)
      return
    }
    this.#parts.push(bytes)
    const all = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts)
    this.#rest(all, this.#scan(all))
  }

  end(): void {
    if (this.#inside) this.#damage('is cut at the end of the file', this.#offset)
    this.#drop()
    this.#inside = false
  }

  #mayEnd(bytes: Buffer): boolean {
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, this.#closeTag.length)])
    return bytes.includes('Event') || seam.includes('Event')
  }

  #hold(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#heldBytes += bytes.length
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-this.#closeTag.length)]).subarray(
      -this.#closeTag.length,
    )
    if (this.#heldBytes <= this.#limit) return
    this.damaged += 1
    this.#options.report({
      code: 'events/oversized-element',
      severity: 'error',
      message: `an Event element larger than ${this.#limit} bytes; it was left out`,
      at: { in: 'bytes', source: this.#options.source, offset: this.#offset },
    })
    this.#offset += this.#heldBytes
    this.#drop()
    this.#inside = false
  }

  #drop(): void {
    this.#parts = []
    this.#heldBytes = 0
    this.#tail = Buffer.alloc(0)
  }

  /** Gives every whole event; returns where the rest starts that must be kept. */
  #scan(all: Buffer): number {
    let at = this.#inside ? 0 : this.#findOpen(all, 0)
    let close = -2
    while (at >= 0) {
      // Looked for again only once passed: of a million events that never end each would search to the end.
      if (close === -2 || (close >= 0 && close < at)) close = all.indexOf(this.#closeTag, at)
      const next = this.#findOpen(all, at + this.#openTag.length)
      if (next >= 0 && (close < 0 || next < close)) {
        this.#damage('is cut: another begins inside it', this.#offset + at)
        at = next
        continue
      }
      if (close < 0) {
        this.#inside = true
        return at
      }
      const end = close + this.#closeTag.length
      this.#options.element(all.toString('utf8', at, end), this.#offset + at)
      at = next
      if (at < 0) {
        this.#inside = false
        return Math.max(end, all.length - this.#openTag.length)
      }
    }
    this.#inside = false
    return Math.max(0, all.length - this.#openTag.length)
  }

  #rest(all: Buffer, from: number): void {
    this.#offset += from
    this.#drop()
    if (from < all.length) this.#hold(all.subarray(from))
  }

  #damage(what: string, offset: number): void {
    this.damaged += 1
    this.#options.report({
      code: 'events/damaged-xml',
      severity: 'error',
      message: `the Event element ${what}; it was left out`,
      at: { in: 'bytes', source: this.#options.source, offset },
    })
  }

  #findOpen(bytes: Buffer, from: number): number {
    const open = this.#openTag
    let at = bytes.indexOf(open, from)
    while (at >= 0) {
      const after = bytes[at + open.length]
      if (after === undefined) return -1
      if (AFTER_NAME.has(after)) return at
      at = bytes.indexOf(open, at + open.length)
    }
    return -1
  }
}

/** The prefix that a text's Event elements have, with its colon; `''` where even one of them has none. */
export function eventPrefix(head: string): string {
  return /<Event[\s>]/.test(head) ? '' : (/<(\w{1,40}:)Event[\s>]/.exec(head)?.[1] ?? '')
}
