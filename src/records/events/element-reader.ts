import { ExportRowReader, ecsProcess } from '../exports/index.ts'
import type { FileContext, FileOutcome } from '../file-context.ts'
import { inventoryEntry, isWmiAutorun } from '../inventory/index.ts'
import type { EvidenceKind } from '../read.ts'
import { hostOfPath } from '../repository-folders.ts'
import { isSelected } from '../selection.ts'
import { type EventDraft, toEventRecord } from './draft.ts'
import { eventFields, providerOfChannel } from './fields.ts'
import { JsonPlace } from './json-place.ts'
import { hasTooManyKeys, isObject, type JsonObject, pick } from './json-value.ts'
import { isUnwanted, isUnwantedXml, type ShapeMarks, selectedIds } from './prefilter.ts'
import { elasticDefend } from './shapes/elastic-defend.ts'
import { eventSystem } from './shapes/event-system.ts'
import { evtxEcmd } from './shapes/evtxecmd.ts'
import { flat } from './shapes/flat.ts'
import { getWinEvent } from './shapes/get-winevent.ts'
import { hayabusa } from './shapes/hayabusa.ts'
import type { Shape, Wanted } from './shapes/shape.ts'
import { wazuh } from './shapes/wazuh.ts'
import { winlogbeat } from './shapes/winlogbeat.ts'
import { parseSplunkRaw, withSplunkTime } from './splunk-raw.ts'
import {
  KustoFrames,
  keptObject,
  TablePlaces,
  type WrappedTable,
  wrappedElements,
  wrappedTables,
} from './wrappers.ts'
import { eventFromXml } from './xml.ts'

/** From the most telling keys to the least: a flat object could be anything with an event id. */
const SHAPES: readonly Shape[] = [
  eventSystem,
  elasticDefend,
  winlogbeat,
  evtxEcmd,
  hayabusa,
  wazuh,
  getWinEvent,
  flat,
]

/** Shapes whose objects can be passed over by their bytes. */
const MARKS: ReadonlyMap<Shape, ShapeMarks> = new Map([
  [eventSystem, { mark: '"System"', ids: ['"EventID"'] }],
  [flat, { mark: '"SourceModuleType"', ids: ['"EventID"', '"EventId"', '"EventCode"', '"event_id"'] }],
  [winlogbeat, { mark: '"winlog', ids: ['"event_id"', '"winlog.event_id"', '"code"', '"event.code"'] }],
  [wazuh, { mark: '"win"', ids: ['"eventID"'] }],
  [evtxEcmd, { mark: '"EventRecordId"', ids: ['"EventId"'] }],
  [getWinEvent, { mark: '"ProviderName"', ids: ['"Id"'] }],
])

/** Objects of no known shape at the start of a file after which it is given up. */
const GIVE_UP_AFTER = 5000

/** Wrappers in wrappers: OpenTelemetry's logs, the deepest seen, have a raw line nine below the outermost object. */
const MAX_WRAPPING = 12

/** Objects searched for records without finding one, after which the others of a file are not: that takes long. */
const MAX_VAIN_SEARCHES = 10_000

/**
 * Takes the objects of one file, whatever their shape, and gives events, rows and inventory entries to the sink.
 * Counts what it read, what was wanted, and what it knew no shape for.
 */
export class ElementReader {
  readonly #context: FileContext
  readonly #rows: ExportRowReader
  readonly #wanted: Wanted
  readonly #kinds = new Map<EvidenceKind, number>()
  readonly #frames = new KustoFrames()
  readonly #ids: ReadonlySet<number> | undefined
  /** Marks of the shape that the last object was of, itself and not wrapped in another. */
  #marks: ShapeMarks | undefined
  /** Shape that fitted last: files are of one shape, so it is tried first. */
  #lastShape: Shape = flat
  #lastKind: EvidenceKind | undefined
  #read = 0
  #relevant = 0
  #unknown = 0
  #unknownOffset: number | undefined
  #rowNumber = 0
  #timeless = 0
  #zoneless = 0
  #unparsed = 0
  #unparsedOffset: number | undefined
  /** How many unknown keys lie above what is read now. */
  #searching = 0
  #vainSearches = 0
  /** Documents of Elasticsearch: those of other datasets may come first, thousands of them. */
  #mayBeMixed = false
  damaged = 0

  constructor(context: FileContext) {
    this.#context = context
    this.#rows = new ExportRowReader(context.evidence)
    this.#ids = selectedIds(context.selection)
    this.#wanted = (provider, channel, eventId) =>
      isSelected(context.selection, provider ?? providerOfChannel(channel, eventId), eventId)
  }

  /** True once so many objects were of no known shape, and none of one, that the file is taken for something else. */
  get hopeless(): boolean {
    return this.#read === 0 && this.#unknown >= GIVE_UP_AFTER && !this.#mayBeMixed
  }

  /** Events, rows and entries read so far. */
  get read(): number {
    return this.#read
  }

  get rows(): ExportRowReader {
    return this.#rows
  }

  /** Takes a value, with the text that it was parsed from where it was JSON. */
  take(value: unknown, offset: number, text = ''): void {
    const read = this.#read
    this.#marks = undefined
    this.#take(value, new JsonPlace(text, offset), MAX_WRAPPING)
    if (this.#read !== read + 1) this.#marks = undefined
  }

  /** Counts an object that is, by its bytes alone, an event nobody asked for. False where it must be read. */
  passOver(bytes: Buffer): boolean {
    if (this.#marks === undefined || this.#ids === undefined) return false
    if (!isUnwanted(bytes, this.#marks, this.#ids)) return false
    this.#count('event-json')
    return true
  }

  /** A raw event XML text. */
  takeXml(text: string, offset: number): void {
    if (this.#ids !== undefined && isUnwantedXml(text, this.#ids)) {
      this.#count('event-xml')
      return
    }
    const draft = eventFromXml(text)
    if (draft === undefined) {
      this.damaged += 1
      this.#context.report({
        code: 'events/damaged-xml',
        severity: 'error',
        message: 'the Event element is not well formed or has no System; it was left out',
        at: { in: 'bytes', source: this.#context.source, offset },
      })
      return
    }
    this.#count('event-xml')
    if (this.#wanted(draft.provider, draft.channel, draft.eventId)) this.#give(draft, offset)
  }

  /** A row of a table, its columns already recognised. False where its table is none that is known. */
  takeRow(columns: readonly string[], values: readonly unknown[], offset: number | undefined): boolean {
    const map = this.#rows.columns(columns)
    if (map === undefined) return false
    this.#rowNumber += 1
    const row = this.#rows.row(map, values, offset, this.#rowNumber)
    if (row === undefined) return false
    this.#count('table-export')
    if (row === 'unwanted') return true
    this.#relevant += 1
    if (map.localTimes) this.#zoneless += 1
    this.#context.sink.row?.(row)
    return true
  }

  /** What the file came to; kind is `unknown` where nothing in it was known. */
  outcome(what: string, damaged: number): FileOutcome {
    const total = damaged + this.damaged
    const [kind] = [...this.#kinds].sort((a, b) => b[1] - a[1])[0] ?? []
    const counts = { read: this.#read, relevant: this.#relevant, damaged: total }
    if (kind === undefined) return { kind: 'unknown', ...counts, skipped: `${what} of no known shape` }
    this.#tellLeftOut()
    return { kind, ...counts }
  }

  #tellLeftOut(): void {
    const { source, report } = this.#context
    if (this.#unknown > 0) {
      report({
        code: 'events/unknown-shape',
        severity: 'warning',
        message: `${this.#unknown} records of this file have no known shape and were left out, the first here`,
        at: { in: 'bytes', source, offset: this.#unknownOffset ?? 0 },
      })
    }
    if (this.#zoneless > 0) {
      report({
        code: 'events/time-zone-unknown',
        severity: 'warning',
        message: `the times of ${this.#zoneless} records are local, nothing tells their zone, and they were taken as UTC`,
        at: { in: 'file', source },
      })
    }
    if (this.#unparsed > 0) {
      report({
        code: 'events/message-not-parsed',
        severity: 'warning',
        message: `${this.#unparsed} events have no fields, nor a message in the form of their template, the first here`,
        at: { in: 'bytes', source, offset: this.#unparsedOffset ?? 0 },
        hint: 'Forward the events with their fields (XML or EventData), or in English.',
      })
    }
    if (this.#timeless > 0) {
      report({
        code: 'events/no-time',
        severity: 'warning',
        message: `${this.#timeless} events of this file have no time that could be read`,
        at: { in: 'file', source },
      })
    }
  }

  #take(value: unknown, place: JsonPlace, depth: number): void {
    const { offset } = place
    if (Array.isArray(value)) {
      this.#takeAll(value, place, depth)
      return
    }
    if (typeof value === 'string') {
      this.#takeString(value, offset, depth)
      return
    }
    if (!isObject(value)) return
    if (hasTooManyKeys(value)) {
      this.#miss(offset)
      return
    }
    if (this.#takeObject(value, offset)) {
      if (depth === MAX_WRAPPING && this.#lastKind === 'event-json') this.#marks = MARKS.get(this.#lastShape)
      return
    }
    const tables = this.#frames.tables(value) ?? (depth > 0 ? wrappedTables(value) : undefined)
    if (tables !== undefined) {
      this.#takeTables(tables, place)
      return
    }
    const inner = depth > 0 ? wrappedElements(value) : undefined
    if (inner === undefined) this.#search(value, place, depth)
    else if ('list' in inner) this.#takeAll(inner.list, place.inside(inner.path), depth)
    else if (inner.text === undefined) this.#take(inner.one, place.inside(inner.path), depth - 1)
    else this.#takeKept(inner.one, inner.text, offset, depth)
  }

  /** A text kept as a string: places in it are counted from the wrapper's, for escapes hide the true ones. */
  #takeKept(element: unknown, text: string, offset: number, depth: number): void {
    if (typeof element !== 'string') this.#take(element, new JsonPlace(text, offset), depth - 1)
    else if (!this.#takeText(element, offset)) this.#miss(offset)
  }

  /**
   * Looks for records under keys of wrappers that nobody has told of. Where an object has a record both as it was and
   * taken apart, only the latter is taken. An entry of a listing is known by few and common keys (a query and its
   * language), which reports of other programs have too: under such keys it is no evidence of what a computer has.
   */
  #search(object: JsonObject, place: JsonPlace, depth: number): void {
    const read = this.#read
    if (Object.hasOwn(object, '@timestamp')) this.#mayBeMixed = true
    const isOurs = typeof object.schema === 'string' && object.schema.startsWith('triad.')
    if (depth > 0 && this.#vainSearches < MAX_VAIN_SEARCHES && !isOurs) {
      this.#searching += 1
      const parts = Object.entries(object)
      const places = parts.length > 1 ? new Map(place.members()) : undefined
      const take = (key: string, part: unknown): void =>
        this.#takePart(part, places?.get(key) ?? place.inside([key]), depth)
      for (const [key, part] of parts) if (typeof part === 'object') take(key, part)
      for (const [key, part] of this.#read === read ? parts : [])
        if (typeof part === 'string') take(key, part)
      this.#searching -= 1
    }
    if (this.#read > read) this.#vainSearches = 0
    else {
      this.#vainSearches += 1
      this.#miss(place.offset)
    }
  }

  /** What is no record beside records is told of; what is none among none is only the rest of a wrapper. */
  #takePart(part: unknown, place: JsonPlace, depth: number): void {
    const [read, unknown, unknownOffset] = [this.#read, this.#unknown, this.#unknownOffset]
    this.#take(part, place, depth - 1)
    if (this.#read > read) return
    this.#unknown = unknown
    this.#unknownOffset = unknownOffset
  }

  #takeAll(list: readonly unknown[], place: JsonPlace, depth: number): void {
    if (depth === 0) return
    const places = list.length > 1 ? place.items() : undefined
    for (const element of list) this.#take(element, places?.next().value ?? place.inside([0]), depth - 1)
  }

  /** Beside the rows asked for, answers have tables about the query: only where none is known is that told. */
  #takeTables(tables: readonly WrappedTable[], place: JsonPlace): void {
    const known = tables.filter((table) => this.#rows.columns(table.columns) !== undefined)
    const found = new TablePlaces(place)
    for (const table of known.length > 0 ? known : tables) {
      const { columns } = table
      const places = found.rows(table)
      for (const row of table.rows) {
        const { offset } = places.next().value ?? place
        const isWhole = Array.isArray(row) && row.length === columns.length
        if (!isWhole || !this.takeRow(columns, row, offset)) this.#miss(offset)
      }
    }
  }

  /** A line as it was kept: an object, event XML, several events; other strings are values, no records. */
  #takeString(text: string, offset: number, depth: number): void {
    const kept = depth > 0 ? keptObject(text) : undefined
    if (kept === undefined) this.#takeText(text, offset)
    else this.#takeKept(kept.element, kept.text, offset, depth)
  }

  /** False where the text holds no event XML. */
  #takeText(text: string, offset: number): boolean {
    let from = text.search(/<Event[\s>]/)
    if (from < 0) return false
    const events = text.slice(from).split(/(?<=<\/Event>)[^<]*(?=<Event[\s>])/)
    for (const event of events) {
      const at = text.indexOf(event, from)
      this.takeXml(event, events.length === 1 ? offset : offset + at)
      from = at + event.length
    }
    return true
  }

  #takeObject(object: JsonObject, offset: number): boolean {
    const raw = pick(object, '_raw')
    if (typeof raw === 'string' && /<Event[\s>]/.test(raw)) {
      this.#takeText(raw, offset)
      return true
    }
    const classic = typeof raw === 'string' ? parseSplunkRaw(raw) : undefined
    if (classic !== undefined) return this.#takeEvent(withSplunkTime(classic, object), offset, flat)
    // A flat object may also be a row of a table, unless it has what only NXLog writes.
    const tried = this.#lastShape !== flat || Object.hasOwn(object, 'SourceModuleType')
    if (tried && this.#takeEvent(object, offset, this.#lastShape)) return true
    if (this.takeRow(Object.keys(object), Object.values(object), offset)) return true
    const entry = this.#searching > 0 ? undefined : inventoryEntry(object)
    if (entry !== undefined) {
      this.#count('inventory')
      if (entry.shape !== 'autoruns' || isWmiAutorun(object)) {
        this.#relevant += 1
        const host = hostOfPath(this.#context.source)
        const { evidence, sink } = this.#context
        sink.inventory?.({ evidence, offset, ...entry, ...(host === undefined ? {} : { host }) })
      }
      return true
    }
    if (SHAPES.some((candidate) => this.#takeEvent(object, offset, candidate))) return true
    return this.#takeProcess(object, offset)
  }

  /** An event of the Elastic Common Schema alone, with no Windows event in it. */
  #takeProcess(object: JsonObject, offset: number): boolean {
    const process = ecsProcess(object)
    if (process === undefined) return false
    this.#count('event-json')
    this.#rowNumber += 1
    if (process === 'other') return true
    this.#relevant += 1
    this.#context.sink.row?.(this.#rows.processRow(process, offset, this.#rowNumber))
    return true
  }

  #takeEvent(object: JsonObject, offset: number, shape: Shape): boolean {
    const draft = shape(object, this.#wanted)
    if (draft === undefined) return false
    this.#lastShape = shape
    this.#count('event-json')
    if (draft !== 'unwanted') this.#give(draft, offset)
    return true
  }

  #give(draft: EventDraft, offset: number): void {
    this.#relevant += 1
    const record = toEventRecord(draft, this.#context.evidence, offset)
    if (record.timeFiletime === undefined) this.#timeless += 1
    if (draft.zoneUnknown === true) this.#zoneless += 1
    if (record.names.length === 0 && eventFields(record.provider, record.eventId) !== undefined) {
      this.#unparsed += 1
      this.#unparsedOffset ??= offset
    }
    this.#context.sink.event?.(record)
  }

  #count(kind: EvidenceKind): void {
    this.#read += 1
    this.#lastKind = kind
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
  }

  #miss(offset: number): void {
    this.#unknown += 1
    this.#unknownOffset ??= offset
  }
}
