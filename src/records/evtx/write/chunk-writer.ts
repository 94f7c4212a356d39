import { InputError } from '../../../diagnostics/index.ts'
import { nameHash } from '../chunk.ts'
import { crc32 } from '../crc32.ts'
import {
  CHUNK_HEADER,
  CHUNK_HEADER_SIZE,
  CHUNK_MAGIC,
  CHUNK_SIZE,
  NAME_BUCKETS,
  RECORD_HEADER_SIZE,
  RECORD_MAGIC,
  TEMPLATE_BUCKETS,
  TEMPLATE_HEADER_SIZE,
  TOKEN,
  VALUE,
} from '../layout.ts'
import { type EncodedValue, filetimeOf, utf16Bytes } from './encode.ts'
import { templateGuid } from './template-guid.ts'
import {
  type Filled,
  literalTree,
  payloadOf,
  systemTree,
  systemValues,
  type WriteElement,
  type WritePart,
} from './tree.ts'
import type { EvtxEventInput } from './types.ts'

const ATTRIBUTE_MORE = TOKEN.attribute | 0x40
const ELEMENT_WITH_ATTRIBUTES = TOKEN.openStartElement | 0x40
/** Dependency id of an element that is always shown. */
const NO_DEPENDENCY = 0xffff
/** Thrown inside, when a record does not fit in what is left of the chunk. */
class ChunkFull extends Error {}

/**
 * Writes records into one chunk: names stand inline where first used and are found by hash afterwards, template
 * definitions likewise by id, as the event log service does. Source: libevtx "Chunk"; checked with evtxexport.
 */
export class ChunkWriter {
  readonly bytes: Uint8Array
  count = 0
  private readonly old: Uint8Array
  private readonly view: DataView
  private position: number = CHUNK_HEADER_SIZE
  private readonly names = new Map<string, number>()
  private readonly templates = new Map<string, number>()
  private added: { readonly map: Map<string, number>; readonly key: string }[] = []
  private firstId = 0
  private lastId = 0
  private lastRecord: number = CHUNK_HEADER_SIZE

  /** `old` is what the chunk held before: it stays where the new records do not reach. */
  constructor(old: Uint8Array = new Uint8Array(CHUNK_SIZE)) {
    this.old = old
    this.bytes = old.slice()
    this.bytes.fill(0, 0, CHUNK_HEADER_SIZE)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Appends a record. False, with nothing changed, when it does not fit any more. */
  append(event: EvtxEventInput, recordId: number): boolean {
    const start = this.position
    const tables = this.bytes.slice(CHUNK_HEADER.nameTable, CHUNK_HEADER_SIZE)
    this.added = []
    try {
      this.record(event, recordId)
    } catch (error) {
      if (!(error instanceof ChunkFull)) throw error
      this.bytes.set(this.old.subarray(start), start)
      this.bytes.set(tables, CHUNK_HEADER.nameTable)
      for (const { map, key } of this.added) map.delete(key)
      this.position = start
      if (this.count === 0) throw new InputError('evtx/cannot-write', 'an event is larger than a chunk')
      return false
    }
    if (this.count === 0) this.firstId = recordId
    this.lastId = recordId
    this.lastRecord = start
    this.count += 1
    return true
  }

  /** Fills in the chunk header with its checksums; `firstNumber` is the number of its first record in the log. */
  finish(firstNumber: number): Uint8Array {
    const { view, bytes } = this
    view.setUint32(0, CHUNK_MAGIC[0], true)
    view.setUint32(4, CHUNK_MAGIC[1], true)
    view.setBigUint64(CHUNK_HEADER.firstRecordNumber, BigInt(firstNumber), true)
    view.setBigUint64(CHUNK_HEADER.lastRecordNumber, BigInt(firstNumber + this.count - 1), true)
    view.setBigUint64(CHUNK_HEADER.firstRecordId, BigInt(this.firstId), true)
    view.setBigUint64(CHUNK_HEADER.lastRecordId, BigInt(this.lastId), true)
    view.setUint32(CHUNK_HEADER.headerSize, 128, true)
    view.setUint32(CHUNK_HEADER.lastRecordOffset, this.lastRecord, true)
    view.setUint32(CHUNK_HEADER.freeSpaceOffset, this.position, true)
    sealChunk(bytes)
    return bytes
  }

  private record(event: EvtxEventInput, recordId: number): void {
    const start = this.take(RECORD_HEADER_SIZE)
    const { view } = this
    view.setUint32(start, RECORD_MAGIC, true)
    view.setBigUint64(start + 8, BigInt(recordId), true)
    view.setBigUint64(start + 16, filetimeOf(event.time), true)
    this.fragmentHeader()
    const payload = payloadOf(event)
    const outer: Filled = {
      tree: systemTree(event.computer, payload !== undefined),
      values: systemValues(event, recordId),
    }
    if (event.form === 'text') {
      this.element(literalTree(outer, payload && literalTree(payload, undefined)), false)
    } else {
      this.instance(outer, payload)
    }
    this.u8(TOKEN.eof)
    const size = (this.position - start + 4 + 7) & ~7
    this.bytes.fill(0, this.position, Math.min(start + size, CHUNK_SIZE))
    this.take(start + size - this.position)
    view.setUint32(start + 4, size, true)
    view.setUint32(start + size - 4, size, true)
  }

  /** A template instance; `payload` becomes one more value, a BinXML fragment of its own. */
  private instance({ tree, values }: Filled, payload?: Filled): void {
    this.u8(TOKEN.templateInstance)
    this.u8(1)
    const guid = templateGuid(tree)
    this.bytes.set(guid.bytes.subarray(0, 4), this.take(4))
    const known = this.templates.get(guid.text)
    this.u32(known ?? this.position + 4)
    if (known === undefined) this.definition(tree, guid.text, guid.bytes)
    this.values(values, payload)
  }

  private values(values: readonly EncodedValue[], payload: Filled | undefined): void {
    const count = values.length + (payload === undefined ? 0 : 1)
    this.u32(count)
    const descriptors = this.take(4 * count)
    for (const [slot, value] of values.entries()) {
      if (value.bytes.length > 0xffff) throw new InputError('evtx/cannot-write', 'a value is over 64 KiB')
      this.view.setUint32(descriptors + 4 * slot, value.bytes.length | (value.type << 16), true)
      const at = this.take(value.bytes.length)
      this.bytes.set(value.bytes, at)
    }
    if (payload === undefined) return
    const start = this.position
    this.fragmentHeader()
    this.instance(payload)
    this.u8(TOKEN.eof)
    const size = this.position - start
    this.view.setUint32(descriptors + 4 * values.length, size | (VALUE.binXml << 16), true)
  }

  private definition(tree: WriteElement, key: string, guid: Uint8Array): void {
    const start = this.take(TEMPLATE_HEADER_SIZE)
    this.bytes.set(guid, start + 4)
    const id = this.view.getUint32(start + 4, true)
    this.link(start, CHUNK_HEADER.templateTable + 4 * (id % TEMPLATE_BUCKETS))
    this.templates.set(key, start)
    this.added.push({ map: this.templates, key })
    this.fragmentHeader()
    this.element(tree, true)
    this.u8(TOKEN.eof)
    this.view.setUint32(start + 20, this.position - start - TEMPLATE_HEADER_SIZE, true)
  }

  private element(element: WriteElement, inTemplate: boolean): void {
    const hasAttributes = element.attributes.length > 0
    this.u8(hasAttributes ? ELEMENT_WITH_ATTRIBUTES : TOKEN.openStartElement)
    if (inTemplate) this.u16(dependencyOf(element))
    const size = this.take(4)
    this.name(element.name)
    if (hasAttributes) {
      const listSize = this.take(4)
      for (const [index, [name, part]] of element.attributes.entries()) {
        this.u8(index + 1 < element.attributes.length ? ATTRIBUTE_MORE : TOKEN.attribute)
        this.name(name)
        this.part(part)
      }
      this.view.setUint32(listSize, this.position - listSize - 4, true)
    }
    if (element.content.length === 0) {
      this.u8(TOKEN.closeEmptyElement)
    } else {
      this.u8(TOKEN.closeStartElement)
      for (const child of element.content) {
        if ('name' in child) this.element(child, inTemplate)
        else this.part(child)
      }
      this.u8(TOKEN.endElement)
    }
    this.view.setUint32(size, this.position - size - 4, true)
  }

  private part(part: WritePart): void {
    if ('text' in part) {
      this.u8(TOKEN.value)
      this.u8(VALUE.string)
      const bytes = utf16Bytes(part.text)
      if (part.text.length > 0xffff)
        throw new InputError('evtx/cannot-write', 'a text is over 65,535 characters')
      this.u16(part.text.length)
      this.bytes.set(bytes, this.take(bytes.length))
    } else {
      this.u8(part.optional ? TOKEN.optionalSubstitution : TOKEN.normalSubstitution)
      this.u16(part.slot)
      this.u8(part.type)
    }
  }

  private name(name: string): void {
    const known = this.names.get(name)
    this.u32(known ?? this.position + 4)
    if (known !== undefined) return
    const hash = nameHash(name)
    const text = utf16Bytes(name)
    const start = this.take(8 + text.length + 2)
    this.link(start, CHUNK_HEADER.nameTable + 4 * (hash % NAME_BUCKETS))
    this.view.setUint16(start + 4, hash, true)
    this.view.setUint16(start + 6, name.length, true)
    this.bytes.set(text, start + 8)
    this.view.setUint16(start + 8 + text.length, 0, true)
    this.names.set(name, start)
    this.added.push({ map: this.names, key: name })
  }

  /** Puts an entry at the head of its bucket's list. */
  private link(entry: number, bucket: number): void {
    this.view.setUint32(entry, this.view.getUint32(bucket, true), true)
    this.view.setUint32(bucket, entry, true)
  }

  private fragmentHeader(): void {
    this.u32(0x0001_010f)
  }

  private u8(value: number): void {
    this.view.setUint8(this.take(1), value)
  }

  private u16(value: number): void {
    this.view.setUint16(this.take(2), value, true)
  }

  private u32(value: number): void {
    this.view.setUint32(this.take(4), value, true)
  }

  private take(size: number): number {
    const at = this.position
    if (size > CHUNK_SIZE - at) throw new ChunkFull()
    this.position = at + size
    return at
  }
}

/** Computes both checksums of a chunk anew. */
function sealChunk(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const free = view.getUint32(CHUNK_HEADER.freeSpaceOffset, true)
  view.setUint32(CHUNK_HEADER.recordsChecksum, crc32(bytes.subarray(CHUNK_HEADER_SIZE, free)), true)
  sealChunkHeader(bytes)
}

/** Computes the checksum of a chunk's header anew; the records' checksum is part of what it covers. */
export function sealChunkHeader(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = new Uint8Array(504)
  header.set(bytes.subarray(0, 120))
  header.set(bytes.subarray(128, CHUNK_HEADER_SIZE), 120)
  view.setUint32(CHUNK_HEADER.checksum, crc32(header), true)
}

/** An element that only holds an optional substitution depends on its slot. */
function dependencyOf(element: WriteElement): number {
  const [only] = element.content
  if (element.content.length !== 1 || only === undefined || !('slot' in only) || !only.optional)
    return NO_DEPENDENCY
  return only.slot
}
