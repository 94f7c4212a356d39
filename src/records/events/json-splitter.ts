import type { Report } from '../../diagnostics/index.ts'

export interface JsonSplitterOptions {
  /** Path for diagnostics. */
  readonly source: string
  readonly report: Report
  /** Receives each object, and each string of a list or line, as its text and where it starts in the file. */
  readonly element: (text: string, offset: number) => void
  /**
   * Receives a line that looks like one whole object, before it is looked through. False where it is none after all:
   * then it is looked through. Must not keep the bytes.
   */
  readonly line?: (bytes: Buffer, offset: number) => boolean
  /** Default 128 MiB. */
  readonly maxElementBytes?: number
}

/** Deepest nesting of an element. Elasticsearch hits of ECS documents, the deepest seen, have 9. */
export const MAX_JSON_DEPTH = 256
const MAX_ELEMENT_BYTES = 128 * 2 ** 20
/** Longer than evtx_dump's `Record` with any number. */
const MAX_LABEL = 32
/** Bytes before the object of a line that are taken for its header: syslog's with structured data has some hundred. */
const MAX_HEADER = 1024

/** As it is kept, without the white space. */
const LABEL = /^Record\d+$/

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
const COLON = 0x3a
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Splits a stream of UTF-8 JSON into its outermost objects, whatever joins them: an array, lines (each with a header of
 * syslog's or another's before its object, or none), nothing at all.
 * One object at a time is in memory. An object that is cut (JSON Lines written by a tool that died) does not swallow
 * what follows: a `{` where the grammar allows none, or a line end inside a string, starts anew. Feed bytes in
 * order, then call `end`.
 */
export class JsonSplitter {
  readonly #options: JsonSplitterOptions
  readonly #limit: number
  /** For each open bracket 1 when it is an object, 0 when it is an array. */
  readonly #stack = new Uint8Array(MAX_JSON_DEPTH + 1)
  #depth = 0
  #inString = false
  #escaped = false
  /** The string is one of a list or line, and no part of an object. */
  #inLiteral = false
  /** Last byte outside strings that is no white space. */
  #last = 0
  #parts: Uint8Array[] = []
  #partsBytes = 0
  #elementOffset = 0
  #dropped: 'size' | 'depth' | undefined
  #position = 0
  #strayBytes = 0
  #strayOffset = 0
  /** What stands outside since the last object, without white space: its beginning, length and place. */
  #between = ''
  #betweenBytes = 0
  #betweenOffset = 0
  /** Nothing but white space has been seen of this line. */
  #freshLine = true
  /** What stands between may be the header of a line: it begins with the line, and no object of it was cut. */
  #isHeader = false
  /** This line began with `[`: of an array, or of a header like `[12:00:00]`. */
  #beganWithBracket = false
  #outerBrackets = 0
  /** Elements that were left out: cut, too large, too deep. */
  damaged = 0

  constructor(options: JsonSplitterOptions) {
    this.#options = options
    this.#limit = options.maxElementBytes ?? MAX_ELEMENT_BYTES
  }

  feed(chunk: Uint8Array): void {
    const length = chunk.length
    let start = this.#depth > 0 ? 0 : -1
    let index = 0
    while (index < length) {
      const byte = chunk[index] ?? 0
      if (this.#inString) {
        const from = index
        index = this.#string(chunk, index)
        if (this.#depth === 0) {
          start = -1
          this.#literal(chunk.subarray(from, index), this.#position + from)
        }
        continue
      }
      if (this.#depth === 0) {
        if (byte === OPEN_OBJECT) {
          const end = this.#line(chunk, index)
          if (end > index) {
            index = end
            continue
          }
          this.#open(this.#position + index)
          start = index
        } else this.#outside(byte, this.#position + index)
        index += 1
        continue
      }
      switch (byte) {
        case 0x20:
        case 0x09:
        case CARRIAGE_RETURN:
          break
        case LINE_FEED:
          // Brackets that only open would take all lines after them along.
          if (this.#dropped === 'depth') {
            this.#abandon('', this.#position + index)
            this.#freshLine = true
            start = -1
          }
          break
        case QUOTE:
          this.#inString = true
          this.#last = byte
          break
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          if (!this.#mayOpen()) {
            // The element before was cut; this bracket belongs to the next one.
            this.#abandon('is cut', this.#position + index)
            start = -1
            continue
          }
          this.#push(byte === OPEN_OBJECT)
          this.#last = byte
          break
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (!this.#pop(byte === CLOSE_OBJECT)) {
            this.#abandon('has brackets that do not match', this.#position + index)
            start = -1
          } else if (this.#depth === 0) {
            this.#finish(chunk, start, index + 1)
            start = -1
          }
          this.#last = byte
          break
        default:
          this.#last = byte
      }
      index += 1
    }
    if (start >= 0 && this.#depth > 0) this.#keep(chunk.subarray(start))
    this.#position += length
  }

  end(): void {
    if (this.#betweenBytes > 0) this.#stray()
    if (this.#inLiteral) this.#abandon('is cut at the end of the file', this.#position)
    if (this.#depth > 0) this.#abandon('is cut at the end of the file', this.#position)
    if (this.#outerBrackets > MAX_JSON_DEPTH) {
      this.#tell('events/too-deep', `${this.#outerBrackets} brackets are open outside any object`, 0)
    }
    if (this.#strayBytes > 0) {
      this.#options.report({
        code: 'events/stray-bytes',
        severity: 'warning',
        message: `${this.#strayBytes} bytes between the JSON objects belong to none, the first here`,
        at: { in: 'bytes', source: this.#options.source, offset: this.#strayOffset },
      })
    }
  }

  /** Tries the line that starts here as one object. Returns where it ends, or `start` where it is none. */
  #line(chunk: Uint8Array, start: number): number {
    const { line } = this.#options
    if (line === undefined) return start
    const feed = chunk.indexOf(LINE_FEED, start)
    let end = feed
    for (let byte = chunk[end - 1]; byte === CARRIAGE_RETURN || byte === COMMA || byte === 0x20; ) {
      end -= 1
      byte = chunk[end - 1]
    }
    if (feed < 0 || chunk[end - 1] !== CLOSE_OBJECT || end - start > this.#limit) return start
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset + start, end - start)
    if (!line(bytes, this.#position + start)) return start
    this.#settle()
    this.#freshLine = false
    return end
  }

  /** Inside a string from `index`: returns the first index after it, or after the chunk. */
  #string(chunk: Uint8Array, from: number): number {
    const length = chunk.length
    let index = from
    if (this.#escaped) {
      this.#escaped = false
      index += 1
    }
    for (; index < length; index += 1) {
      const byte = chunk[index] ?? 0
      if (byte === QUOTE) {
        this.#inString = false
        return index + 1
      }
      if (byte === BACKSLASH) {
        index += 1
        if (index === length) this.#escaped = true
      } else if (byte === LINE_FEED) {
        // JSON has no raw line ends in strings: this line was cut.
        this.#inString = false
        if (this.#depth > 0) this.#abandon('is cut inside a string', this.#position + index)
        this.#freshLine = true
        return index + 1
      }
    }
    return length
  }

  /** Goes on with a string outside any object, of which the quote at its start is kept already. */
  #literal(part: Uint8Array, offset: number): void {
    if (!this.#inLiteral) return
    if (offset === this.#elementOffset + 1) this.#keep(Buffer.of(QUOTE))
    const isWhole = !this.#inString && part.at(-1) === QUOTE
    if (this.#inString || isWhole) this.#keep(part)
    if (this.#inString) return
    this.#inLiteral = false
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    if (isWhole && this.#dropped === undefined) {
      this.#options.element(bytes.toString('utf8'), this.#elementOffset)
      return
    }
    if (this.#strayBytes === 0) this.#strayOffset = this.#elementOffset
    this.#strayBytes += offset + part.length - this.#elementOffset
  }

  #outside(byte: number, offset: number): void {
    switch (byte) {
      case LINE_FEED:
        // A header is of the line its object is on; evtx_dump's label stands on the line before.
        if (this.#isHeader && !LABEL.test(this.#between)) this.#stray()
        this.#freshLine = true
        this.#beganWithBracket = false
        return
      case 0x20:
      case 0x09:
      case CARRIAGE_RETURN:
      case COMMA:
      case 0x1e:
        return
      case OPEN_ARRAY:
        if (this.#freshLine && this.#outerBrackets === 0) this.#beganWithBracket = true
        this.#outerBrackets += 1
        return
      case CLOSE_ARRAY:
        this.#outerBrackets = Math.max(0, this.#outerBrackets - 1)
        if (this.#beganWithBracket && this.#outerBrackets === 0) this.#isHeader = this.#betweenBytes > 0
        return
      case QUOTE:
        // The quotes in a header need not be in pairs.
        if (this.#isHeader) break
        this.#inString = true
        if (this.#betweenBytes > 0 || (!this.#freshLine && this.#outerBrackets === 0)) break
        this.#inLiteral = true
        this.#freshLine = false
        this.#begin(offset)
        return
      case CLOSE_OBJECT:
        this.#isHeader = false
        break
    }
    // The byte order mark of UTF-8.
    if (offset < 3 && byte === [0xef, 0xbb, 0xbf][offset]) return
    if (this.#betweenBytes === 0) {
      this.#betweenOffset = offset
      this.#isHeader = this.#freshLine && this.#outerBrackets === 0 && byte !== QUOTE && byte !== CLOSE_OBJECT
    }
    this.#freshLine = false
    if (this.#betweenBytes < MAX_LABEL) this.#between += String.fromCharCode(byte)
    this.#betweenBytes += 1
  }

  /** Counts what stood before an object, unless it is evtx_dump's `Record 1` or the header of the object's line. */
  #settle(): void {
    if (this.#betweenBytes === 0) return
    const isHeader = this.#isHeader && this.#betweenBytes <= MAX_HEADER
    if (isHeader || LABEL.test(this.#between)) this.#forget()
    else this.#stray()
  }

  #stray(): void {
    if (this.#strayBytes === 0) this.#strayOffset = this.#betweenOffset
    this.#strayBytes += this.#betweenBytes
    this.#forget()
  }

  #forget(): void {
    this.#between = ''
    this.#betweenBytes = 0
    this.#isHeader = false
  }

  #open(offset: number): void {
    this.#settle()
    this.#freshLine = false
    this.#depth = 1
    this.#stack[0] = 1
    this.#last = OPEN_OBJECT
    this.#begin(offset)
  }

  #begin(offset: number): void {
    this.#elementOffset = offset
    this.#parts = []
    this.#partsBytes = 0
    this.#dropped = undefined
  }

  #mayOpen(): boolean {
    if (this.#depth > MAX_JSON_DEPTH) return true
    const inObject = this.#stack[this.#depth - 1] === 1
    return inObject ? this.#last === COLON : this.#last === OPEN_ARRAY || this.#last === COMMA
  }

  #push(isObject: boolean): void {
    if (this.#depth < MAX_JSON_DEPTH) this.#stack[this.#depth] = isObject ? 1 : 0
    else this.#drop('depth')
    this.#depth += 1
  }

  /** False when the bracket closes another kind than is open. */
  #pop(isObject: boolean): boolean {
    this.#depth -= 1
    return this.#depth >= MAX_JSON_DEPTH || (this.#stack[this.#depth] === 1) === isObject
  }

  #keep(part: Uint8Array): void {
    if (this.#dropped !== undefined) return
    this.#partsBytes += part.length
    if (this.#partsBytes > this.#limit) this.#drop('size')
    else this.#parts.push(part)
  }

  /** From here on the element is only followed to its end. */
  #drop(why: 'size' | 'depth'): void {
    this.#dropped ??= why
    this.#parts = []
  }

  #finish(chunk: Uint8Array, start: number, end: number): void {
    this.#keep(chunk.subarray(start, end))
    const parts = this.#parts
    this.#parts = []
    if (this.#dropped !== undefined) {
      this.damaged += 1
      if (this.#dropped === 'size') {
        this.#tell(
          'events/oversized-element',
          `a JSON object larger than ${this.#limit} bytes`,
          this.#elementOffset,
        )
      } else {
        this.#tell(
          'events/too-deep',
          `a JSON object nested deeper than ${MAX_JSON_DEPTH}`,
          this.#elementOffset,
        )
      }
      return
    }
    const [only] = parts
    const bytes =
      parts.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.length)
        : Buffer.concat(parts)
    this.#options.element(bytes.toString('utf8'), this.#elementOffset)
  }

  #abandon(what: string, offset: number): void {
    this.damaged += 1
    this.#depth = 0
    this.#inString = false
    this.#parts = []
    if (this.#dropped === 'depth') {
      this.#tell('events/too-deep', `a JSON object nested deeper than ${MAX_JSON_DEPTH}`, this.#elementOffset)
      return
    }
    this.#tell(
      'events/damaged-element',
      `the JSON object ${what} (noticed at byte ${offset})`,
      this.#elementOffset,
    )
  }

  #tell(
    code: 'events/oversized-element' | 'events/too-deep' | 'events/damaged-element',
    message: string,
    offset: number,
  ): void {
    this.#options.report({
      code,
      severity: 'error',
      message: `${message}; it was left out`,
      at: { in: 'bytes', source: this.#options.source, offset },
    })
  }
}
