import { isoToFiletime } from '../../bytes/index.ts'
import type { EventRecord } from '../event.ts'
import { BinXmlReader, type ContentNode, type Part } from './binxml.ts'
import { type Chunk, chunkError } from './chunk.ts'
import {
  ARRAY,
  CHUNK_SIZE,
  FIELD_WORK,
  MAX_CHUNK_WORK,
  MAX_DEPTH,
  RECORD_HEADER_SIZE,
  TOKEN,
  VALUE,
} from './layout.ts'
import { type BodyPlan, type EventPlan, type FieldPlan, type Parts, planBody, planEvent } from './plan.ts'
import { Substitutions } from './substitutions.ts'
import { definitionSize, type Template, TemplateCache } from './template.ts'
import { renderArray, renderValue } from './value.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Token, one unknown byte, template id, position of the definition. libevtx "Template instance". */
export const INSTANCE_HEADER_SIZE = 10

export interface Instance {
  readonly template: Template
  /** Chunk position of the substitution array. */
  readonly valuesAt: number
}

/** System/Provider/@Name and System/EventID of a record, which decide whether it is wanted. */
export interface EventIdentity {
  readonly provider: string | undefined
  readonly eventId: number | undefined
}

/**
 * Turns records of a chunk into events. Holds what lasts longer than a record: compiled templates of the log, those
 * found in the chunk, and the room for substitution values, one per depth of nesting.
 */
export class RecordReader {
  private readonly evidence: string
  private readonly cache = new TemplateCache()
  private readonly inChunk = new Map<number, Template>()
  private readonly levels: Substitutions[] = []
  private chunk: Chunk
  private work = 0
  private definitionWork = 0
  private isTrusted = true
  /** Records of this chunk whose template was taken from elsewhere in the log. */
  remembered = 0

  private payload: EventRecord['payload'] = 'none'
  private element: string | undefined
  private message: string | undefined
  private names: readonly string[] = []
  private namesAreShared = true
  private values: (string | undefined)[] = []

  constructor(evidence: string, chunk: Chunk) {
    this.evidence = evidence
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

  /** The event of the record at `start` whose BinXML ends at `end`. Throws `InputError` with an `evtx/` code. */
  read(start: number, end: number): EventRecord {
    this.reset()
    const at = start + RECORD_HEADER_SIZE
    const position = this.skipFragmentHeader(at, end)
    const values = this.level(0)
    if (this.chunk.bytes[position] === TOKEN.templateInstance) {
      const { template, valuesAt } = this.instanceAt(position, end)
      const plan = template.eventPlan
      if (plan === undefined) throw this.noEvent(start)
      values.read(this.chunk, valuesAt, end)
      return this.event(plan, values, start, end)
    }
    values.clear()
    const plan = planEvent(this.fragment(position, end))
    if (plan === undefined) throw this.noEvent(start)
    return this.event(plan, values, start, end)
  }

  /** Provider and event id alone, of any form of record, without reading its payload. */
  identify(start: number, end: number): EventIdentity {
    const position = this.skipFragmentHeader(start + RECORD_HEADER_SIZE, end)
    const values = this.level(0)
    let plan: EventPlan | undefined
    if (this.chunk.bytes[position] === TOKEN.templateInstance) {
      const { template, valuesAt } = this.instanceAt(position, end)
      plan = template.eventPlan
      values.read(this.chunk, valuesAt, end)
    } else {
      values.clear()
      plan = planEvent(this.fragment(position, end, 'System'))
    }
    if (plan === undefined) throw this.noEvent(start)
    const { provider, eventSource, eventId } = plan.system
    return {
      provider: this.text(provider, values) ?? this.text(eventSource, values),
      eventId: this.integer(eventId, values),
    }
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

  private reset(): void {
    this.payload = 'none'
    this.element = undefined
    this.message = undefined
    this.names = []
    this.namesAreShared = true
    this.values = []
  }

  private level(depth: number): Substitutions {
    const known = this.levels[depth]
    if (known !== undefined) return known
    const created = new Substitutions()
    this.levels[depth] = created
    return created
  }

  private skipFragmentHeader(at: number, end: number): number {
    if (at < end && this.chunk.bytes[at] === TOKEN.fragmentHeader) return at + 4
    return at
  }

  private fragment(at: number, end: number, stopAfter?: string): ContentNode[] {
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

  private event(plan: EventPlan, values: Substitutions, start: number, end: number): EventRecord {
    const { system } = plan
    const eventId = this.integer(system.eventId, values)
    if (eventId === undefined) throw this.noEvent(start)
    this.body(plan.body, values, 0, end)
    const event: Mutable<EventRecord> = {
      evidence: this.evidence,
      offset: this.chunk.fileOffset + start,
      eventId,
      payload: this.payload,
      names: this.names,
      values: this.values,
    }
    this.addNumbers(event, plan, values)
    this.addTexts(event, plan, values)
    const time = this.filetime(system.timeCreated, values)
    if (time !== undefined) event.timeFiletime = time
    if (this.element !== undefined) event.payloadElement = this.element
    if (this.message !== undefined) event.message = this.message
    return event
  }

  private addNumbers(event: Mutable<EventRecord>, { system }: EventPlan, values: Substitutions): void {
    const recordId = this.integer(system.recordId, values)
    if (recordId !== undefined) event.recordId = recordId
    const version = this.integer(system.version, values)
    if (version !== undefined) event.version = version
    const level = this.integer(system.level, values)
    if (level !== undefined) event.level = level
    const task = this.integer(system.task, values)
    if (task !== undefined) event.task = task
    const opcode = this.integer(system.opcode, values)
    if (opcode !== undefined) event.opcode = opcode
    const processId = this.integer(system.processId, values)
    if (processId !== undefined) event.processId = processId
    const threadId = this.integer(system.threadId, values)
    if (threadId !== undefined) event.threadId = threadId
  }

  private addTexts(event: Mutable<EventRecord>, { system }: EventPlan, values: Substitutions): void {
    const provider = this.text(system.provider, values) ?? this.text(system.eventSource, values)
    if (provider !== undefined) event.provider = provider
    const providerGuid = this.text(system.providerGuid, values)
    if (providerGuid !== undefined) event.providerGuid = providerGuid.toUpperCase()
    const channel = this.text(system.channel, values)
    if (channel !== undefined) event.channel = channel
    const computer = this.text(system.computer, values)
    if (computer !== undefined) event.computer = computer
    const keywords = this.text(system.keywords, values)
    if (keywords !== undefined) event.keywords = keywords
    const userSid = this.text(system.userSid, values)
    if (userSid !== undefined && userSid !== '') event.userSid = userSid
    const activityId = this.text(system.activityId, values)
    if (activityId !== undefined && activityId !== '') event.activityId = activityId.toUpperCase()
    const relatedActivityId = this.text(system.relatedActivityId, values)
    if (relatedActivityId !== undefined && relatedActivityId !== '') {
      event.relatedActivityId = relatedActivityId.toUpperCase()
    }
  }

  /** Adds the fields of a plan, following BinXML values into their own plans. */
  private body(plan: BodyPlan, values: Substitutions, depth: number, end: number): void {
    if (depth > MAX_DEPTH) {
      throw chunkError('evtx/bad-binary-xml', `values nested deeper than ${MAX_DEPTH}`, this.chunk, 0)
    }
    if (plan.payload !== 'none') this.payload = plan.payload
    if (plan.element !== undefined) this.element ??= this.text(plan.element, values)
    if (plan.message !== undefined) this.message ??= this.text(plan.message, values)
    if (plan.isPlain && this.values.length === 0 && this.plainFields(plan, values)) return
    for (const field of plan.fields) this.field(field, values, depth, end)
  }

  /** The common case: every field gives one value, so the names of the plan serve unchanged. False when it does not. */
  private plainFields(plan: BodyPlan, values: Substitutions): boolean {
    const { fields } = plan
    for (const { parts } of fields) {
      const part = parts[0]
      if (part?.kind !== 'slot') continue
      const type = values.typeOf(part.slot)
      if (type === VALUE.binXml || type >= ARRAY) return false
    }
    const texts = new Array<string | undefined>(fields.length)
    for (let index = 0; index < fields.length; index += 1) {
      texts[index] = this.text((fields[index] as FieldPlan).parts, values)
    }
    this.names = plan.names
    this.values = texts
    this.namesAreShared = true
    return true
  }

  private field(field: FieldPlan, values: Substitutions, depth: number, end: number): void {
    const { instance, parts } = field
    if (instance !== undefined) {
      this.instance(instance.position, end, field.level, depth)
      return
    }
    const only = parts.length === 1 ? parts[0] : undefined
    const slot = only?.kind === 'slot' ? only.slot : -1
    const type = slot < 0 ? VALUE.null : values.typeOf(slot)
    if (type === VALUE.binXml) {
      const at = values.positions[slot] ?? 0
      this.nested(at, at + (values.sizes[slot] ?? 0), field.level, depth)
      return
    }
    const name = field.nameParts === undefined ? field.name : (this.text(field.nameParts, values) ?? '')
    if (type >= ARRAY && !field.container) {
      const at = values.positions[slot] ?? 0
      // One element per item is how Windows writes an array.
      const items = renderArray(this.chunk, type & ~ARRAY, at, values.sizes[slot] ?? 0)
      for (const item of items) {
        this.spend(item.length, at)
        this.push(name, item)
      }
      return
    }
    const text = this.text(parts, values)
    if (field.container && (text === undefined || text.trim() === '')) return
    this.push(name, text)
  }

  /** A BinXML value: a template instance, with or without a fragment header, or plain elements. */
  private nested(at: number, end: number, level: number, depth: number): void {
    const position = this.skipFragmentHeader(at, end)
    if (position >= end) return
    if (this.chunk.bytes[position] === TOKEN.templateInstance) {
      this.instance(position, end, level, depth)
      return
    }
    const plan = planBody(this.fragment(position, end), level)
    const values = this.level(depth + 1)
    values.clear()
    this.body(plan, values, depth + 1, end)
  }

  private instance(position: number, end: number, level: number, depth: number): void {
    const { template, valuesAt } = this.instanceAt(position, end)
    const values = this.level(depth + 1)
    this.spend(values.read(this.chunk, valuesAt, end) - valuesAt, position)
    this.body(template.bodyPlan(level), values, depth + 1, end)
  }

  private push(name: string, value: string | undefined): void {
    if (this.namesAreShared) {
      this.names = [...this.names]
      this.namesAreShared = false
    }
    ;(this.names as string[]).push(name)
    this.values.push(value)
  }

  private text(parts: Parts | undefined, values: Substitutions): string | undefined {
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

  private integer(parts: Parts | undefined, values: Substitutions): number | undefined {
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

  private filetime(parts: Parts | undefined, values: Substitutions): bigint | undefined {
    const part = parts?.[0]
    if (parts?.length === 1 && part?.kind === 'slot' && values.typeOf(part.slot) === VALUE.filetime) {
      if (values.sizes[part.slot] !== 8) return undefined
      return this.chunk.view.getBigUint64(values.positions[part.slot] ?? 0, true)
    }
    const text = this.text(parts, values)
    return text === undefined ? undefined : isoToFiletime(text)
  }

  private spend(characters: number, at: number): void {
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

  private noEvent(start: number): Error {
    return chunkError(
      'evtx/no-event',
      'the record holds no Event element with an event id',
      this.chunk,
      start,
    )
  }
}
