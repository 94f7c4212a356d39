import { lookupTable } from '../../bytes/index.ts'
import type { InputError } from '../../diagnostics/index.ts'
import { type Chunk, chunkError, nameAt } from './chunk.ts'
import { MAX_DEPTH, MORE_DATA, NAME_HEADER_SIZE, TOKEN, VALUE } from './layout.ts'
import { readUtf16 } from './utf16.ts'
import { itemSize, renderValue } from './value.ts'

/** Literal text, or a place for substitution value number `slot`. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'slot'; readonly slot: number; readonly optional: boolean }

export interface AttributeNode {
  readonly name: string
  readonly parts: readonly Part[]
}

export interface ElementNode {
  readonly kind: 'element'
  readonly name: string
  readonly attributes: readonly AttributeNode[]
  readonly content: readonly ContentNode[]
}

/** A template instance that stands in the content of a fragment; its definition is looked up when it is rendered. */
export interface InstanceNode {
  readonly kind: 'instance'
  /** Chunk position of the instance's token. */
  readonly position: number
}

export type ContentNode = Part | ElementNode | InstanceNode

/** Where a definition names something by offset: what must be equal, besides its bytes, for it to mean the same. */
export interface NameReference {
  /** Of the u32 offset, from the start of the definition. */
  readonly position: number
  readonly inline: boolean
  readonly name: string
}

/** How BinXML between two positions of a chunk is to be read. */
export interface BinXmlContext {
  readonly chunk: Chunk
  /** Elements in template definitions have a dependency id, elements in plain fragments have none. */
  readonly inTemplate: boolean
  /** Names must match their hash (slack). */
  readonly verifyNames: boolean
  /** Collects name references relative to this position. */
  readonly references?: { readonly start: number; readonly found: NameReference[] }
  /** Name of an element after which nothing more is wanted: reading stops there as if all were closed. */
  readonly stopAfter?: string
  /** Steps over an instance and returns the position after it; absent where none may stand. */
  readonly skipInstance?: (position: number, end: number) => number
}

/**
 * A recursive-descent reader of BinXML: tokens to a tree. Every step consumes bytes, and depth is bounded. Throws
 * `evtx/bad-binary-xml`. Source: [MS-EVEN6] 2.2.12; libevtx "Binary XML".
 */
export class BinXmlReader {
  position: number
  private readonly end: number
  private readonly context: BinXmlContext
  private stopped = false

  constructor(context: BinXmlContext, position: number, end: number) {
    this.context = context
    this.position = position
    this.end = Math.min(end, context.chunk.limit)
  }

  /** The nodes up to the end of the fragment, or of the enclosing element. */
  readContent(depth = 0): ContentNode[] {
    if (depth > MAX_DEPTH) throw this.bad(`elements nested deeper than ${MAX_DEPTH}`)
    const nodes: ContentNode[] = []
    while (this.position < this.end) {
      const token = this.peek() & ~MORE_DATA
      switch (token) {
        case TOKEN.eof:
          this.position += 1
          if (depth > 0) throw this.bad('the fragment ends inside an element')
          return nodes
        case TOKEN.endElement:
          this.position += 1
          if (depth === 0) throw this.bad('an element ends that was not opened')
          return nodes
        case TOKEN.openStartElement:
          nodes.push(this.readElement(depth))
          if (this.stopped) return nodes
          break
        case TOKEN.fragmentHeader:
          this.take(4, 'fragment header')
          break
        case TOKEN.piTarget:
          this.take(1, 'token')
          this.readName()
          break
        case TOKEN.piData:
          this.take(1, 'token')
          this.readText()
          break
        case TOKEN.templateInstance:
          nodes.push(this.readInstance())
          break
        default:
          nodes.push(this.readPart())
      }
    }
    if (depth > 0) throw this.bad('the bytes end inside an element')
    return nodes
  }

  private readElement(depth: number): ElementNode {
    const hasAttributes = (this.peek() & MORE_DATA) !== 0
    // Token, dependency id where there is one, and the size of the element, which the tree itself tells.
    this.take(this.context.inTemplate ? 7 : 5, 'start of an element')
    const name = this.readName()
    const attributes: AttributeNode[] = []
    if (hasAttributes) {
      this.take(4, 'attribute list size')
      while ((this.peek() & ~MORE_DATA) === TOKEN.attribute) attributes.push(this.readAttribute())
    }
    const close = this.view.getUint8(this.take(1, 'end of a start tag'))
    if (close === TOKEN.closeEmptyElement) return { kind: 'element', name, attributes, content: [] }
    if (close !== TOKEN.closeStartElement) {
      this.position -= 1
      throw this.bad(`token 0x${close.toString(16)} in a start tag`)
    }
    const content = this.readContent(depth + 1)
    if (name === this.context.stopAfter) this.stopped = true
    return { kind: 'element', name, attributes, content }
  }

  private readAttribute(): AttributeNode {
    this.take(1, 'token')
    const name = this.readName()
    const parts: Part[] = []
    while (this.position < this.end && isPart(this.peek())) parts.push(this.readPart())
    return { name, parts }
  }

  private readPart(): Part {
    const token = this.peek() & ~MORE_DATA
    const { view } = this
    switch (token) {
      case TOKEN.value: {
        const type = view.getUint8(this.take(2, 'value') + 1)
        return { kind: 'text', text: this.readLiteral(type) }
      }
      case TOKEN.cdata:
        this.take(1, 'token')
        return { kind: 'text', text: this.readText() }
      case TOKEN.charRef: {
        const at = this.take(3, 'character reference')
        return { kind: 'text', text: String.fromCharCode(view.getUint16(at + 1, true)) }
      }
      case TOKEN.entityRef:
        this.take(1, 'token')
        return { kind: 'text', text: entityText(this.readName()) }
      case TOKEN.normalSubstitution:
      case TOKEN.optionalSubstitution: {
        const at = this.take(4, 'substitution')
        return {
          kind: 'slot',
          slot: view.getUint16(at + 1, true),
          optional: token === TOKEN.optionalSubstitution,
        }
      }
      default:
        throw this.bad(`token 0x${this.peek().toString(16)} where text or an element can stand`)
    }
  }

  /** A literal is nearly always text; forwarded records may hold other fixed-size types. */
  private readLiteral(type: number): string {
    if (type === VALUE.string) return this.readText()
    const size = itemSize(type)
    if (size === 0 && type !== VALUE.null) throw this.bad(`a literal of value type ${type}`)
    return renderValue(this.context.chunk, type, this.take(size, 'literal value'), size)
  }

  private readText(): string {
    const length = this.view.getUint16(this.take(2, 'length of text'), true)
    const at = this.take(2 * length, 'text')
    return readUtf16(this.context.chunk.bytes, at, length)
  }

  private readName(): string {
    const { chunk, verifyNames, references } = this.context
    const at = this.take(4, 'name offset')
    const offset = this.view.getUint32(at, true)
    const inline = offset === this.position
    if (inline) {
      const start = this.take(NAME_HEADER_SIZE, 'name')
      this.take(2 * this.view.getUint16(start + 6, true) + 2, 'name')
    }
    const name = nameAt(chunk, offset, verifyNames)
    references?.found.push({ position: at - references.start, inline, name })
    return name
  }

  private readInstance(): InstanceNode {
    const { skipInstance } = this.context
    if (skipInstance === undefined) throw this.bad('a template instance inside a template definition')
    const { position } = this
    this.position = skipInstance(position, this.end)
    return { kind: 'instance', position }
  }

  private get view(): DataView {
    return this.context.chunk.view
  }

  private peek(): number {
    if (this.position >= this.end) throw this.bad('a token needs 1 byte, 0 remain')
    return this.view.getUint8(this.position)
  }

  private take(size: number, what: string): number {
    const at = this.position
    if (size > this.end - at) throw this.bad(`${what} needs ${size} bytes, ${this.end - at} remain`)
    this.position = at + size
    return at
  }

  private bad(message: string): InputError {
    return chunkError('evtx/bad-binary-xml', message, this.context.chunk, this.position)
  }
}

function isPart(byte: number): boolean {
  const token = byte & ~MORE_DATA
  return (
    token === TOKEN.value ||
    token === TOKEN.cdata ||
    token === TOKEN.charRef ||
    token === TOKEN.entityRef ||
    token === TOKEN.normalSubstitution ||
    token === TOKEN.optionalSubstitution
  )
}

const ENTITIES = lookupTable({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })

/** Text of an entity reference; one that XML does not define stays as it is written. */
function entityText(name: string): string {
  return ENTITIES[name] ?? `&${name};`
}
