import { Parser } from 'htmlparser2'
import type { FileContext } from '../file-context.ts'
import { ClixmlObject, type ClixmlTypes, LISTS, primitive } from './clixml-object.ts'

/** Deepest nesting of elements. Export-Clixml of an event has 8, of a CIM instance with its class 12. */
const MAX_DEPTH = 200
/** Characters of one object: a script block of some megabytes and a little more. */
const MAX_OBJECT_CHARACTERS = 128 * 2 ** 20
/** Elements of one object; of an event some hundreds. */
const MAX_OBJECT_ELEMENTS = 1_000_000
/** Lists of type names that are remembered; a file has one for each type of object. */
const MAX_TYPES = 10_000

interface Open {
  readonly tag: string
  readonly name: string | undefined
  readonly refId: string
  readonly offset: number
  /** Set for `Obj`. */
  readonly object: ClixmlObject | undefined
  text: string
}

/**
 * Reads what PowerShell's Export-Clixml writes, object by object: a list at the top is taken apart, so that memory
 * does not grow with the file. `take` receives each object as `ConvertTo-Json` would give it, with its class where it is a
 * CIM instance, and where it starts in the file. Source: [MS-PSRP] 2.2.5, "Serialization".
 */
export class ClixmlReader {
  readonly #context: FileContext
  readonly #take: (value: unknown, offset: number) => void
  readonly #parser: Parser
  readonly #open: Open[] = []
  readonly #types: ClixmlTypes = new Map()
  #characters = 0
  #elements = 0
  #stopped = false
  damaged = 0

  constructor(context: FileContext, take: (value: unknown, offset: number) => void) {
    this.#context = context
    this.#take = take
    // Bytes are fed as Latin-1, so that the parser's indexes are offsets in the file.
    this.#parser = new Parser(
      {
        onopentag: (tag, attributes) => this.#start(tag, attributes),
        ontext: (text) => this.#text(text),
        onclosetag: (tag) => this.#end(tag),
      },
      { xmlMode: true, decodeEntities: false },
    )
  }

  feed(chunk: Uint8Array): void {
    if (this.#stopped) return
    this.#parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1'))
  }

  end(): void {
    if (this.#stopped || this.#open.length === 0) return
    const cut = this.#open.find(({ object }) => object !== undefined) ?? this.#open[0]
    this.#tell('events/damaged-xml', 'the PowerShell object is cut at the end of the file', cut?.offset ?? 0)
  }

  #start(tag: string, attributes: Record<string, string>): void {
    if (this.#stopped) return
    const offset = this.#parser.startIndex
    if (this.#open.length >= MAX_DEPTH) {
      this.#stopped = true
      this.#parser.pause()
      this.#tell('events/too-deep', `PowerShell objects nested deeper than ${MAX_DEPTH}`, offset)
      return
    }
    this.#elements += 1
    const refId = attributes.RefId ?? ''
    if (tag === 'TNRef') this.#object()?.setTypes(this.#types.get(refId))
    this.#open.push({
      tag,
      name: attributes.N === undefined ? undefined : primitive('S', attributes.N),
      refId,
      offset,
      object: tag === 'Obj' ? new ClixmlObject() : undefined,
      text: '',
    })
  }

  #text(text: string): void {
    const current = this.#open[this.#open.length - 1]
    if (this.#stopped || current === undefined) return
    this.#characters += text.length
    if (!this.#oversized) current.text += text
  }

  #end(tag: string): void {
    const closed = this.#open.pop()
    if (this.#stopped || closed === undefined || closed.tag !== tag) return
    switch (tag) {
      case 'Objs':
      case 'TNRef':
      case 'Ref':
      case 'Props':
      case 'MS':
      case 'LST':
      case 'IE':
      case 'QUE':
      case 'STK':
      case 'DCT':
      case 'En':
        this.#object()?.ended(tag)
        return
      case 'T':
        this.#object()?.addType(primitive('S', closed.text))
        return
      case 'TN':
        if (this.#types.size < MAX_TYPES) this.#types.set(closed.refId, this.#object()?.types ?? [])
        return
      case 'ToString':
        this.#object()?.setText(primitive('S', closed.text))
        return
      default:
        this.#give(closed, closed.object === undefined ? primitive(tag, closed.text) : closed.object.value())
    }
  }

  /** Where a finished value goes: to the object it is part of, or out where it stands at the top or in a list there. */
  #give(closed: Open, value: unknown): void {
    const depth = this.#open.length
    const parent = this.#open[depth - 1]
    const atTop = depth <= 1
    const inTopList = depth === 3 && parent !== undefined && LISTS.has(parent.tag)
    if (!atTop && !inTopList) {
      if (!this.#oversized) this.#object()?.add(parent?.tag ?? '', closed.name, value)
      return
    }
    if (this.#oversized) {
      this.#tell('events/oversized-element', 'a PowerShell object that is too large', closed.offset)
    } else if (!(atTop && closed.object?.isEmptyList === true)) this.#take(value, closed.offset)
    this.#characters = 0
    this.#elements = 0
  }

  get #oversized(): boolean {
    return this.#characters > MAX_OBJECT_CHARACTERS || this.#elements > MAX_OBJECT_ELEMENTS
  }

  /** The innermost open object. */
  #object(): ClixmlObject | undefined {
    for (let at = this.#open.length - 1; at >= 0; at -= 1) {
      const object = this.#open[at]?.object
      if (object !== undefined) return object
    }
    return undefined
  }

  #tell(
    code: 'events/damaged-xml' | 'events/too-deep' | 'events/oversized-element',
    message: string,
    offset: number,
  ): void {
    this.damaged += 1
    this.#context.report({
      code,
      severity: 'error',
      message: `${message}; it was left out`,
      at: { in: 'bytes', source: this.#context.source, offset },
    })
  }
}
