import type { FileContext } from '../file-context.ts'

/** Bytes of one record: the largest script block and a little more. */
const MAX_RECORD_BYTES = 16 * 2 ** 20
const LINE_FEED = 0x0a

interface Dialect {
  /** True where a record may begin with this line, the `index`th of the file from 0, and the line after it. */
  begins(line: string, next: string, index: number): boolean
  /** The record as an object of a shape that is known; `undefined` where its text is none. */
  parse(text: string): Record<string, string> | undefined
}

/** `wevtutil qe … /f:text`: newer ones write no colon after the number. */
const WEVTUTIL: Dialect = {
  begins(line, next, index) {
    const number = /^Event\[(\d{1,9})\]:?\s*$/.exec(line)?.[1]
    // The message is the attacker's text and may hold such a line; files put together begin at 0 again.
    return number !== undefined && /^\s+Log Name:/.test(next) && [0, index].includes(Number(number))
  },
  parse(text) {
    const description = /^[ \t]+Description:[ \t]*/m.exec(text)
    const head = description === null ? text : text.slice(0, description.index)
    const fields = new Map(
      [...head.matchAll(/^[ \t]+([A-Z][A-Za-z ]{1,20}):[ \t]*([^\r\n]*)/gm)].map((match) => [
        match[1] ?? '',
        (match[2] ?? '').trim(),
      ]),
    )
    const [provider, channel, id] = ['Source', 'Log Name', 'Event ID'].map((name) => fields.get(name))
    if (provider === undefined || channel === undefined || id === undefined) return undefined
    const user = fields.get('User') ?? ''
    const message =
      description === null ? '' : text.slice(description.index + description[0].length).replace(/^\r?\n/, '')
    return {
      ProviderName: provider,
      LogName: channel,
      Id: id,
      TimeCreated: fields.get('Date') ?? '',
      MachineName: fields.get('Computer') ?? '',
      ...(user.startsWith('S-1-') ? { UserId: user } : {}),
      Message: message.trimEnd(),
    }
  },
}

/** Splunk's classic WinEventLog, exported as the raw events. */
const SPLUNK: Dialect = {
  begins: (line, next) => /^\d{2}\/\d{2}\/\d{4} \d{2}:\d{2}:\d{2}/.test(line) && next.startsWith('LogName='),
  parse: (text) => ({ _raw: text.trimEnd() }),
}

/**
 * Splits text in which each event is some lines of fields and a message, and gives the events as objects. One event at a
 * time is in memory. Feed bytes in order, then call `end`.
 */
export class EventTextReader {
  readonly #context: FileContext
  readonly #take: (value: Record<string, string>, offset: number) => void
  #rest: Buffer = Buffer.alloc(0)
  #restOffset = 0
  #dialect: Dialect | undefined
  #record: string[] = []
  #recordBytes = 0
  #recordOffset = 0
  /** The last line, which begins a record or goes on with one: the line after it tells. */
  #held: { readonly text: string; readonly offset: number } | undefined
  #index = 0
  #undecodable = 0
  damaged = 0

  constructor(context: FileContext, take: (value: Record<string, string>, offset: number) => void) {
    this.#context = context
    this.#take = take
  }

  feed(chunk: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk])
    let from = 0
    for (let feed = bytes.indexOf(LINE_FEED); feed >= 0; feed = bytes.indexOf(LINE_FEED, from)) {
      this.#line(bytes.toString('utf8', from, feed + 1), this.#restOffset + from)
      from = feed + 1
    }
    this.#rest = bytes.subarray(from)
    this.#restOffset += from
    // A line without end would be put together anew with every chunk.
    if (this.#rest.length > MAX_RECORD_BYTES) {
      this.#line(this.#rest.toString('utf8'), this.#restOffset)
      this.#restOffset += this.#rest.length
      this.#rest = Buffer.alloc(0)
    }
  }

  end(): void {
    if (this.#rest.length > 0) this.#line(this.#rest.toString('utf8'), this.#restOffset)
    if (this.#held !== undefined) this.#append(this.#held.text)
    this.#finish()
    if (this.#undecodable === 0) return
    this.#context.report({
      code: 'evidence/undecodable-text',
      severity: 'warning',
      message: `${this.#undecodable} lines have bytes that are no characters in utf-8 (a console's code page)`,
      at: { in: 'file', source: this.#context.source },
    })
  }

  #line(line: string, offset: number): void {
    const text = offset === 0 ? line.replace(/^\ufeff/, '') : line
    if (text.includes('\ufffd')) this.#undecodable += 1
    const held = this.#held
    this.#held = { text, offset }
    if (held === undefined) return
    this.#dialect ??= [WEVTUTIL, SPLUNK].find((dialect) => dialect.begins(held.text.trimEnd(), text, 0))
    if (this.#dialect?.begins(held.text.trimEnd(), text, this.#index) === true) {
      this.#finish()
      this.#index = WEVTUTIL.begins(held.text.trimEnd(), text, 0) ? 1 : this.#index + 1
      this.#recordOffset = held.offset
    }
    this.#append(held.text)
  }

  #append(text: string): void {
    this.#recordBytes += text.length
    if (this.#recordBytes <= MAX_RECORD_BYTES) this.#record.push(text)
  }

  #finish(): void {
    const [record, bytes] = [this.#record, this.#recordBytes]
    this.#record = []
    this.#recordBytes = 0
    if (this.#index === 0 || bytes === 0) return
    if (bytes > MAX_RECORD_BYTES) {
      this.#tell('events/oversized-element', `an event of more than ${MAX_RECORD_BYTES} characters`)
      return
    }
    const object = this.#dialect?.parse(record.join(''))
    if (object === undefined) this.#tell('events/damaged-element', 'the event has no provider, log or id')
    else this.#take(object, this.#recordOffset)
  }

  #tell(code: 'events/oversized-element' | 'events/damaged-element', message: string): void {
    this.damaged += 1
    this.#context.report({
      code,
      severity: 'error',
      message: `${message}; it was left out`,
      at: { in: 'bytes', source: this.#context.source, offset: this.#recordOffset },
    })
  }
}
