import { isoToFiletime } from '../../bytes/index.ts'
import { BinXmlReader, type ContentNode, type Part } from './binxml.ts'
import { type Chunk, chunkError } from './chunk.ts'
import { CHUNK_SIZE, FIELD_WORK, MAX_CHUNK_WORK, TOKEN, VALUE } from './layout.ts'
import type { Parts } from './plan.ts'
import { Substitutions } from './substitutions.ts'
import { definitionSize, type Template, TemplateCache } from './template.ts'
import { renderValue } from './value.ts'

/** Token, one unknown byte, template id, position of the definition. libevtx "Template instance". */
export const INSTANCE_HEADER_SIZE = 10

export interface Instance {
  readonly template: Template
  /** Chunk position of the substitution array. */
  readonly valuesAt: number
}

/**
 * What records are read with: the chunk at hand, the templates of the log and of this chunk, the room for substitution
 * values (one per depth of nesting), and the budget that one chunk may spend.
 */
export class ChunkReader {
  chunk: Chunk
  /** Records of this chunk whose template was taken from elsewhere in the log. */
  remembered = 0
  private readonly cache = new TemplateCache()
  private readonly inChunk = new Map<number, Template>()
  private readonly levels: Substitutions[] = []
  private work = 0
  private definitionWork = 0
  private isTrusted = true

  constructor(chunk: Chunk) {
    this.chunk = chunk
  }

  /**
   * Starts on a chunk, or on its slack. In what is not trusted (slack, no magic, wrong checksum) definitions and names
   * may have been overwritten, so the hashes of names are verified too.
   */
  start(chunk: Chunk, isTrusted: boolean): void {
    this.chunk = chunk
    this.inChunk.clear()
    if (!isTrusted) chunk.names.clear()
    this.isTrusted = isTrusted
    this.work = 0
    this.definitionWork = 0
    this.remembered = 0
  }

  /** The template of the instance token at `position`, and where its values start. */
  instanceAt(position: number, end: number): Instance {
    const { view } = this.chunk
    if (end - position < INSTANCE_HEADER_SIZE) {
      throw chunkError('evtx/bad-template', 'a template instance is cut', this.chunk, position)
    }
    const id = view.getUint32(position + 2, true)
    const definitionAt = view.getUint32(position + 6, true)
    const after = position + INSTANCE_HEADER_SIZE
    const template = this.templateAt(definitionAt, id)
    if (definitionAt !== after) return { template, valuesAt: after }
    return { template, valuesAt: after + definitionSize(this.chunk, definitionAt, id) }
  }

  private templateAt(position: number, id: number): Template {
    const known = this.inChunk.get(position)
    if (known !== undefined && known.id === id) return known
    try {
      this.definitionWork += definitionSize(this.chunk, position, id)
      // Honest definitions do not overlap, so together they are smaller than the chunk.
      if (this.definitionWork > 4 * CHUNK_SIZE) throw this.tooLarge(position)
      const template = this.cache.at(this.chunk, position, id, !this.isTrusted)
      this.inChunk.set(position, template)
      return template
    } catch (error) {
      const remembered = this.cache.byIdOnly(id)
      if (remembered === undefined) throw error
      this.remembered += 1
      return remembered
    }
  }

  /** The room for values at a depth of nesting; 0 is the record itself. */
  level(depth: number): Substitutions {
    const known = this.levels[depth]
    if (known !== undefined) return known
    const created = new Substitutions()
    this.levels[depth] = created
    return created
  }

  skipFragmentHeader(at: number, end: number): number {
    if (at < end && this.chunk.bytes[at] === TOKEN.fragmentHeader) return at + 4
    return at
  }

  /** The tree of a plain fragment, which has no template. */
  fragment(at: number, end: number, stopAfter?: string): ContentNode[] {
    this.spend(end - at, at)
    const reader = new BinXmlReader(
      {
        chunk: this.chunk,
        inTemplate: false,
        verifyNames: !this.isTrusted,
        skipInstance: (position, limit) => this.endOfInstance(position, limit),
        ...(stopAfter === undefined ? {} : { stopAfter }),
      },
      at,
      end,
    )
    return reader.readContent()
  }

  private endOfInstance(position: number, end: number): number {
    const { valuesAt } = this.instanceAt(position, end)
    return new Substitutions().read(this.chunk, valuesAt, end)
  }

  /** Text of parts, filled from values; `undefined` when what they stand for is absent. */
  text(parts: Parts | undefined, values: Substitutions): string | undefined {
    if (parts === undefined) return undefined
    const first = parts[0]
    if (first === undefined) return ''
    if (parts.length === 1) return this.partText(first, values)
    let text = ''
    for (const part of parts) text += this.partText(part, values) ?? ''
    return text
  }

  private partText(part: Part, values: Substitutions): string | undefined {
    let text: string
    if (part.kind === 'text') {
      text = part.text
    } else {
      const type = values.typeOf(part.slot)
      const size = type === VALUE.null ? 0 : (values.sizes[part.slot] ?? 0)
      // An optional substitution without a value takes its element or attribute away; a normal one leaves it empty.
      if (size === 0) return part.optional ? undefined : ''
      text =
        type === VALUE.binXml ? '' : renderValue(this.chunk, type, values.positions[part.slot] ?? 0, size)
    }
    this.spend(text.length, 0)
    return text
  }

  /** A non-negative integer, from its binary form or from text; `undefined` for anything else. */
  integer(parts: Parts | undefined, values: Substitutions): number | undefined {
    const part = parts?.[0]
    if (parts === undefined || part === undefined) return undefined
    if (parts.length === 1 && part.kind === 'slot') {
      const at = values.positions[part.slot] ?? 0
      const type = values.typeOf(part.slot)
      const size = values.sizes[part.slot] ?? 0
      const { view } = this.chunk
      if (type === VALUE.uint8 && size === 1) return view.getUint8(at)
      if (type === VALUE.uint16 && size === 2) return view.getUint16(at, true)
      if (type === VALUE.uint32 && size === 4) return view.getUint32(at, true)
    }
    const text = this.text(parts, values)?.trim()
    if (text === undefined || !/^(?:\d{1,16}|0x[\da-f]{1,13})$/i.test(text)) return undefined
    const value = Number(text)
    return Number.isSafeInteger(value) ? value : undefined
  }

  filetime(parts: Parts | undefined, values: Substitutions): bigint | undefined {
    const part = parts?.[0]
    if (parts?.length === 1 && part?.kind === 'slot' && values.typeOf(part.slot) === VALUE.filetime) {
      if (values.sizes[part.slot] !== 8) return undefined
      return this.chunk.view.getBigUint64(values.positions[part.slot] ?? 0, true)
    }
    const text = this.text(parts, values)
    return text === undefined ? undefined : isoToFiletime(text)
  }

  /** Counts work against the chunk's budget. Throws `evtx/too-large`. */
  spend(characters: number, at: number): void {
    this.work += characters + FIELD_WORK
    if (this.work > MAX_CHUNK_WORK) throw this.tooLarge(at)
  }

  private tooLarge(at: number): Error {
    return chunkError(
      'evtx/too-large',
      'the records of this chunk expand beyond any real log',
      this.chunk,
      at,
    )
  }
}
