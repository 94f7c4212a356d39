import { type EventSelection, isSelected } from '../selection.ts'
import type { Chunk } from './chunk.ts'
import { INSTANCE_HEADER_SIZE } from './chunk-reader.ts'
import { RECORD_HEADER_SIZE, TOKEN, VALUE } from './layout.ts'
import type { Parts } from './plan.ts'
import type { RecordReader } from './record.ts'
import type { Template } from './template.ts'
import { readUtf16 } from './utf16.ts'

/** One flag for each event id, or one answer for all. */
type Ids = Uint8Array | 'all' | 'none'

/**
 * What an outer template alone says about its records. In most logs one template serves every event of a machine and
 * the provider is a value too; in the others the provider is literal and settles nearly everything.
 */
type Verdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** The provider is literal: the event id in `eventIdSlot` decides. */
  | { readonly kind: 'ids'; readonly ids: Uint8Array; readonly eventIdSlot: number }
  /** Event id first, which is cheap and rules out most; then the provider's text. */
  | { readonly kind: 'both'; readonly eventIdSlot: number; readonly providerSlot: number }
  /** Unusual: both fields have to be rendered. */
  | { readonly kind: 'look' }

const EVENT_IDS = 65536

/** Decides from the binary record whether it is wanted, before any text is made of it. */
export class Selector {
  private readonly selection: EventSelection
  private readonly byProvider = new Map<string, Ids>()
  private readonly anyProvider: Uint8Array = new Uint8Array(EVENT_IDS)
  private lastChunk: Chunk | undefined
  private lastDefinition = 0
  private lastId = 0
  private lastVerdict: Verdict = { kind: 'look' }
  private valuesAt = 0

  constructor(selection: EventSelection) {
    this.selection = selection
    if (selection === 'all') return
    for (const ids of selection.values()) {
      if (ids === 'all') this.anyProvider.fill(1)
      else for (const id of ids) this.anyProvider[id] = 1
    }
  }

  /** True when the record at `start` is selected. Throws `InputError` where it cannot be read. */
  wants(reader: RecordReader, chunk: Chunk, start: number, end: number): boolean {
    if (this.selection === 'all') return true
    const at = start + RECORD_HEADER_SIZE
    // Fragment header and instance token stand in fixed places in all but forwarded records.
    const isTemplated =
      chunk.bytes[at] === TOKEN.fragmentHeader && chunk.bytes[at + 4] === TOKEN.templateInstance
    if (!isTemplated) return this.looksWanted(reader, start, end)
    const verdict = this.verdictAt(reader, chunk, at + 4, end)
    const { valuesAt } = this
    switch (verdict.kind) {
      case 'none':
        return false
      case 'all':
        return true
      case 'ids': {
        const eventId = eventIdAt(chunk, valuesAt, end, verdict.eventIdSlot)
        return eventId < 0 ? this.looksWanted(reader, start, end) : verdict.ids[eventId] === 1
      }
      case 'both': {
        const eventId = eventIdAt(chunk, valuesAt, end, verdict.eventIdSlot)
        if (eventId < 0) return this.looksWanted(reader, start, end)
        if (this.anyProvider[eventId] !== 1) return false
        const provider = textAt(chunk, valuesAt, end, verdict.providerSlot)
        if (provider === undefined) return this.looksWanted(reader, start, end)
        const ids = this.idsOf(provider)
        return ids === 'all' || (ids !== 'none' && ids[eventId] === 1)
      }
      default:
        return this.looksWanted(reader, start, end)
    }
  }

  /**
   * The verdict of the instance at `position`; `valuesAt` is set to where its values start. Most records of a chunk
   * share one outer template and refer to it, so the last answer is tried first.
   */
  private verdictAt(reader: RecordReader, chunk: Chunk, position: number, end: number): Verdict {
    const { view } = chunk
    const after = position + INSTANCE_HEADER_SIZE
    if (
      chunk === this.lastChunk &&
      after <= end &&
      this.lastDefinition !== after &&
      view.getUint32(position + 6, true) === this.lastDefinition &&
      view.getUint32(position + 2, true) === this.lastId
    ) {
      this.valuesAt = after
      return this.lastVerdict
    }
    const { template, valuesAt } = reader.chunkReader.instanceAt(position, end)
    template.verdict ??= this.judge(template)
    const verdict = template.verdict as Verdict
    this.lastChunk = chunk
    this.lastDefinition = view.getUint32(position + 6, true)
    this.lastId = template.id
    this.lastVerdict = verdict
    this.valuesAt = valuesAt
    return verdict
  }

  private looksWanted(reader: RecordReader, start: number, end: number): boolean {
    const { provider, eventId } = reader.identify(start, end)
    // Without an id it is no event; reading it in full says so.
    return eventId === undefined || isSelected(this.selection, provider, eventId)
  }

  private judge(template: Template): Verdict {
    const system = template.eventPlan?.system
    const eventIdSlot = slotOf(system?.eventId)
    if (system === undefined || eventIdSlot === undefined) return { kind: 'look' }
    const providerSlot = slotOf(system.provider)
    if (providerSlot !== undefined) return { kind: 'both', eventIdSlot, providerSlot }
    const provider = literalOf(system.provider)
    if (provider === undefined) return { kind: 'look' }
    const ids = this.idsOf(provider)
    return ids === 'all' || ids === 'none' ? { kind: ids } : { kind: 'ids', ids, eventIdSlot }
  }

  private idsOf(provider: string): Ids {
    const known = this.byProvider.get(provider)
    if (known !== undefined) return known
    const ids = this.selection === 'all' ? 'all' : this.selection.get(provider.toLowerCase())
    const flags = ids === undefined ? 'none' : ids === 'all' ? 'all' : flagsOf(ids)
    // Hostile logs may name a provider in every record.
    if (this.byProvider.size < EVENT_IDS) this.byProvider.set(provider, flags)
    return flags
  }
}

function flagsOf(ids: ReadonlySet<number>): Uint8Array {
  const flags = new Uint8Array(EVENT_IDS)
  for (const id of ids) flags[id] = 1
  return flags
}

/** The u16 event id in a slot of the substitution array at `at`, or -1 when it is anything else. */
function eventIdAt(chunk: Chunk, at: number, end: number, slot: number): number {
  const position = valueAt(chunk, at, end, slot)
  const descriptor = at + 4 + 4 * slot
  if (position < 0 || position + 2 > end) return -1
  const { view } = chunk
  if (view.getUint16(descriptor, true) !== 2 || view.getUint8(descriptor + 2) !== VALUE.uint16) return -1
  return view.getUint16(position, true)
}

function textAt(chunk: Chunk, at: number, end: number, slot: number): string | undefined {
  const position = valueAt(chunk, at, end, slot)
  const descriptor = at + 4 + 4 * slot
  if (position < 0 || chunk.view.getUint8(descriptor + 2) !== VALUE.string) return undefined
  let length = chunk.view.getUint16(descriptor, true) >> 1
  if (length === 0 || position + 2 * length > end) return undefined
  while (length > 0 && chunk.view.getUint16(position + 2 * length - 2, true) === 0) length -= 1
  return readUtf16(chunk.bytes, position, length)
}

/** A value's position is the sum of the sizes before it; -1 when the slot does not exist. */
function valueAt(chunk: Chunk, at: number, end: number, slot: number): number {
  const { view } = chunk
  if (end - at < 4) return -1
  const count = view.getUint32(at, true)
  if (slot >= count || 4 * count > end - at - 4) return -1
  let position = at + 4 + 4 * count
  for (let index = 0; index < slot; index += 1) position += view.getUint16(at + 4 + 4 * index, true)
  return position
}

function slotOf(parts: Parts | undefined): number | undefined {
  const part = parts?.[0]
  return parts?.length === 1 && part?.kind === 'slot' ? part.slot : undefined
}

function literalOf(parts: Parts | undefined): string | undefined {
  if (parts === undefined || parts.length === 0) return undefined
  let text = ''
  for (const part of parts) {
    if (part.kind !== 'text') return undefined
    text += part.text
  }
  return text
}
