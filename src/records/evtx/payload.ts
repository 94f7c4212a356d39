import type { EventRecord } from '../event.ts'
import { chunkError } from './chunk.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { ARRAY, MAX_DEPTH, TOKEN, VALUE } from './layout.ts'
import { type BodyPlan, type FieldPlan, planBody } from './plan.ts'
import type { Substitutions } from './substitutions.ts'
import { renderArray } from './value.ts'

/** Collects the payload of one record at a time: carries out plans and follows BinXML values into their own. */
export class PayloadReader {
  payload: EventRecord['payload'] = 'none'
  element: string | undefined
  message: string | undefined
  names: readonly string[] = []
  values: (string | undefined)[] = []
  private namesAreShared = true
  private readonly reader: ChunkReader

  constructor(reader: ChunkReader) {
    this.reader = reader
  }

  reset(): void {
    this.payload = 'none'
    this.element = undefined
    this.message = undefined
    this.names = []
    this.namesAreShared = true
    this.values = []
  }

  /** Adds the fields of a plan, following BinXML values into their own plans. */
  add(plan: BodyPlan, values: Substitutions, depth: number, end: number): void {
    if (depth > MAX_DEPTH) {
      throw chunkError('evtx/bad-binary-xml', `values nested deeper than ${MAX_DEPTH}`, this.reader.chunk, 0)
    }
    if (plan.payload !== 'none') this.payload = plan.payload
    if (plan.element !== undefined) this.element ??= this.reader.text(plan.element, values)
    if (plan.message !== undefined) this.message ??= this.reader.text(plan.message, values)
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
      texts[index] = this.reader.text((fields[index] as FieldPlan).parts, values)
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
    const name =
      field.nameParts === undefined ? field.name : (this.reader.text(field.nameParts, values) ?? '')
    if (type >= ARRAY && !field.container) {
      const at = values.positions[slot] ?? 0
      // One element per item is how Windows writes an array.
      const items = renderArray(this.reader.chunk, type & ~ARRAY, at, values.sizes[slot] ?? 0)
      for (const item of items) {
        this.reader.spend(item.length, at)
        this.push(name, item)
      }
      return
    }
    const text = this.reader.text(parts, values)
    if (field.container && (text === undefined || text.trim() === '')) return
    this.push(name, text)
  }

  /** A BinXML value: a template instance, with or without a fragment header, or plain elements. */
  private nested(at: number, end: number, level: number, depth: number): void {
    const position = this.reader.skipFragmentHeader(at, end)
    if (position >= end) return
    if (this.reader.chunk.bytes[position] === TOKEN.templateInstance) {
      this.instance(position, end, level, depth)
      return
    }
    const plan = planBody(this.reader.fragment(position, end), level)
    const values = this.reader.level(depth + 1)
    values.clear()
    this.add(plan, values, depth + 1, end)
  }

  private instance(position: number, end: number, level: number, depth: number): void {
    const { template, valuesAt } = this.reader.instanceAt(position, end)
    const values = this.reader.level(depth + 1)
    this.reader.spend(values.read(this.reader.chunk, valuesAt, end) - valuesAt, position)
    this.add(template.bodyPlan(level), values, depth + 1, end)
  }

  private push(name: string, value: string | undefined): void {
    if (this.namesAreShared) {
      this.names = [...this.names]
      this.namesAreShared = false
    }
    ;(this.names as string[]).push(name)
    this.values.push(value)
  }
}
