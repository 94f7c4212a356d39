import type { InputError } from '../../diagnostics/index.ts'
import { BinXmlReader, type ContentNode, type NameReference } from './binxml.ts'
import { type Chunk, chunkError } from './chunk.ts'
import { NAME_HEADER_SIZE, TEMPLATE_HEADER_SIZE } from './layout.ts'
import { type BodyPlan, type EventPlan, planBody, planEvent } from './plan.ts'
import { equalsUtf16 } from './utf16.ts'

/** A compiled template definition. Equal definitions of different chunks share one. */
export class Template {
  /** First four bytes of the GUID, by which records name it. */
  readonly id: number
  /** The tree of the definition. */
  readonly content: readonly ContentNode[]
  /** Bytes of the definition with its header, as they were where it was compiled. */
  private readonly view: DataView
  private readonly references: readonly NameReference[]
  private event: EventPlan | undefined | 'none'
  private readonly bodies: (BodyPlan | undefined)[] = []
  /** Place for what a selection derives from this template, so that it is derived once. */
  verdict: unknown

  constructor(
    id: number,
    content: readonly ContentNode[],
    bytes: Uint8Array,
    references: readonly NameReference[],
  ) {
    this.id = id
    this.content = content
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.references = references
  }

  /** The plan for an outer template: where the System fields and the payload are. `undefined` without an Event element. */
  get eventPlan(): EventPlan | undefined {
    if (this.event === undefined) this.event = planEvent(this.content) ?? 'none'
    return this.event === 'none' ? undefined : this.event
  }

  /** The plan for a nested template at a level of the payload (0 = child of Event). */
  bodyPlan(level: number): BodyPlan {
    const known = this.bodies[level]
    if (known !== undefined) return known
    const plan = planBody(this.content, level)
    this.bodies[level] = plan
    return plan
  }

  /**
   * True when the definition at `at` means exactly this template. Bytes alone do not tell: names are inline only where
   * a chunk first uses them, and offsets and bucket links differ between chunks. The GUID alone is not proof, since
   * evidence may lie.
   */
  isAt(chunk: Chunk, at: number, size: number): boolean {
    if (size !== this.view.byteLength) return false
    let done = 4
    for (const reference of this.references) {
      const { position, inline, name } = reference
      if (!this.equals(chunk, at, done, position)) return false
      const nameOffset = chunk.view.getUint32(at + position, true)
      if ((nameOffset === at + position + 4) !== inline) return false
      if (!inline && !this.isName(chunk, nameOffset, name)) return false
      // Past the offset, and past the inline name's own link in the bucket list.
      done = position + (inline ? 8 : 4)
    }
    return this.equals(chunk, at, done, size)
  }

  private isName(chunk: Chunk, offset: number, name: string): boolean {
    const { view, limit } = chunk
    if (offset + NAME_HEADER_SIZE + 2 * name.length > limit) return false
    return (
      view.getUint16(offset + 6, true) === name.length &&
      equalsUtf16(chunk.bytes, offset + NAME_HEADER_SIZE, name)
    )
  }

  /** Four bytes a step: this runs over every definition of every chunk. */
  private equals(chunk: Chunk, at: number, from: number, to: number): boolean {
    const theirs = chunk.view
    const ours = this.view
    let index = from
    for (; index + 4 <= to; index += 4) {
      if (theirs.getInt32(at + index, true) !== ours.getInt32(index, true)) return false
    }
    for (; index < to; index += 1) if (theirs.getUint8(at + index) !== ours.getUint8(index)) return false
    return true
  }
}

/** More than any machine has (a folder of 110 logs has some 700); past it the cache starts anew. */
const MAX_TEMPLATES = 8192
/** Variants of one id: names inline in different places. */
const MAX_VARIANTS = 64

interface Variants {
  readonly list: Template[]
  /** All say the same but for where their names stand. */
  oneMeaning: boolean
}

/** Compiled templates of one log, found again in later chunks by id and content. */
export class TemplateCache {
  private readonly byId = new Map<number, Variants>()
  private count = 0

  /**
   * The template defined at a position of a chunk. Throws `evtx/bad-template`, or
   * `evtx/bad-binary-xml` for what is inside.
   */
  at(chunk: Chunk, position: number, id: number, verifyNames: boolean): Template {
    const size = definitionSize(chunk, position, id)
    const variants = this.byId.get(id)
    if (variants !== undefined) {
      for (const variant of variants.list) if (variant.isAt(chunk, position, size)) return variant
    }
    const template = compile(chunk, position, size, id, verifyNames)
    this.add(template, variants)
    return template
  }

  /** The one template seen so far with this id, for slack whose definition was overwritten; not when there are several meanings. */
  byIdOnly(id: number): Template | undefined {
    const variants = this.byId.get(id)
    return variants?.oneMeaning === true ? variants.list[0] : undefined
  }

  private add(template: Template, variants: Variants | undefined): void {
    if (this.count >= MAX_TEMPLATES) {
      this.byId.clear()
      this.count = 0
    }
    this.count += 1
    const first = variants?.list[0]
    if (variants === undefined || first === undefined) {
      this.byId.set(template.id, { list: [template], oneMeaning: true })
    } else if (variants.list.length < MAX_VARIANTS) {
      variants.list.push(template)
      variants.oneMeaning &&= JSON.stringify(template.content) === JSON.stringify(first.content)
    }
  }
}

/** Size of the definition at `position` with its header, proved to lie in the chunk and to have the id looked for. */
export function definitionSize(chunk: Chunk, position: number, id: number): number {
  const { view, limit } = chunk
  if (position < 128 || position + TEMPLATE_HEADER_SIZE > limit) throw badTemplate(chunk, position)
  if (view.getUint32(position + 4, true) !== id) throw badTemplate(chunk, position)
  const size = TEMPLATE_HEADER_SIZE + view.getUint32(position + 20, true)
  if (size > limit - position) throw badTemplate(chunk, position)
  return size
}

function compile(chunk: Chunk, at: number, size: number, id: number, verifyNames: boolean): Template {
  const found: NameReference[] = []
  const reader = new BinXmlReader(
    { chunk, inTemplate: true, verifyNames, references: { start: at, found } },
    at + TEMPLATE_HEADER_SIZE,
    at + size,
  )
  const content = reader.readContent()
  return new Template(id, content, chunk.bytes.slice(at, at + size), found)
}

function badTemplate(chunk: Chunk, position: number): InputError {
  return chunkError(
    'evtx/bad-template',
    `no definition of the record's template at chunk position ${position}`,
    chunk,
    0,
  )
}
