import { InputError } from '../../../diagnostics/index.ts'
import { type Catalog, emptyCatalog, readCatalog, readStrayCatalog } from '../catalog.ts'
import type { Schema } from '../class-schema.ts'
import {
  type DecodedInstance,
  decodeInstance,
  fitsExactly,
  type InstanceHeader,
  keyText,
  readInstanceHeader,
} from '../instance.ts'
import { narrowUtf16 } from '../latin1.ts'
import { hashDigits, LARGE_RECORD_OFFSET, type Layout, PAGE_SIZE } from '../layout.ts'
import { nameHash } from '../name-hash.ts'
import { type ReferencePath, readReferencePath } from '../reference-record.ts'
import { type Snapshot, toInstance } from '../snapshot.ts'
import type { RepositoryFiles, RepositoryInstance } from '../types.ts'
import { type Anchors, findAnchors } from './anchors.ts'
import { ClassRemains } from './class-remains.ts'
import { type Position, Regions } from './regions.ts'

/** Most definitions of one class that a carved record is tried against. */
const MAX_CANDIDATES = 16

/** An instance record found by its class hash, wherever it lies. */
export interface CarvedInstance {
  readonly classHash: string
  readonly header: InstanceHeader
  readonly schema: Schema
  readonly offset: number
  readonly position: Position
  /** Every length agrees. Otherwise the record is a large one, of which only the first page is here. */
  readonly complete: boolean
  readonly decoded: DecodedInstance
  readonly instance: RepositoryInstance
}

interface Candidate {
  readonly schema: Schema
  readonly filetime: bigint | undefined
}

/**
 * Everything that carving knows about one set of files: the live index where there is one, keys left over in unused
 * index pages, anchors, regions and class layouts.
 */
export class Carver {
  readonly layout: Layout
  readonly live: Catalog
  readonly anchors: Anchors
  readonly regions: Regions
  readonly bytes: Uint8Array
  readonly source: string
  readonly #snapshot: Snapshot | undefined
  readonly #candidates = new Map<string, readonly Candidate[]>()
  #remains: ClassRemains | undefined
  #stray: Catalog | undefined
  readonly #index: Uint8Array
  #references: ReadonlyMap<string, readonly ReferencePath[]> | undefined

  constructor(files: RepositoryFiles, snapshot: Snapshot | undefined) {
    this.#snapshot = snapshot
    this.bytes = files.objects ?? new Uint8Array()
    this.source = `${files.source}/OBJECTS.DATA`
    let layout = snapshot?.layout ?? 'vista'
    let anchors = findAnchors(this.bytes, layout)
    if (snapshot === undefined && anchors.instances.length === 0) {
      layout = 'xp'
      anchors = findAnchors(this.bytes, layout)
    }
    this.layout = layout
    this.anchors = anchors
    this.live = snapshot === undefined ? emptyCatalog() : readCatalog(snapshot)
    this.#index = files.index ?? new Uint8Array()
    this.regions = new Regions(this.bytes, snapshot, this.live)
  }

  /** Keys left over in index pages that are not in use; read when they are first asked for. */
  get stray(): Catalog {
    const mapped = new Set<number>(this.#snapshot?.mapping.index.physical)
    this.#stray ??= readStrayCatalog(this.#index, this.layout, mapped)
    return this.#stray
  }

  classHashAt(offset: number): string {
    return narrowUtf16(this.bytes, offset, hashDigits(this.layout))
  }

  /** Layouts that instances of this class may have: by the live index, else by what is left of definitions. */
  candidates(classHash: string): readonly Candidate[] {
    const known = this.#candidates.get(classHash)
    if (known !== undefined) return known
    const found = this.#liveCandidates(classHash)
    if (found.length === 0) {
      this.#remains ??= new ClassRemains(this.bytes, this.source, this.layout)
      found.push(...this.#remains.schemas(classHash).slice(0, MAX_CANDIDATES))
    }
    this.#candidates.set(classHash, found)
    return found
  }

  #liveCandidates(classHash: string): Candidate[] {
    const found: Candidate[] = []
    const snapshot = this.#snapshot
    if (snapshot === undefined) return found
    for (const namespace of (this.live.classes.get(classHash) ?? []).slice(0, MAX_CANDIDATES)) {
      const schema = snapshot.schema(namespace, classHash)
      const filetime = snapshot.classDefinition(namespace, classHash)?.filetime
      if (schema !== undefined && schema.problem === undefined) found.push({ schema, filetime })
    }
    return found
  }

  /** Hash of the key properties, where they can be read. */
  keyOf({ schema, decoded }: CarvedInstance): string | undefined {
    const text = keyText(schema, decoded.properties)
    return text === undefined ? undefined : nameHash(text, this.layout)
  }

  /** Paths that reference records end with, by `class\key` hashes of the referring instance. */
  references(): ReadonlyMap<string, readonly ReferencePath[]> {
    if (this.#references !== undefined) return this.#references
    const references = new Map<string, ReferencePath[]>()
    for (const offset of this.anchors.references) {
      const path = readReferencePath(this.bytes, offset, this.layout)
      if (path === undefined) continue
      const id = `${path.class}\\${path.key}`
      const list = references.get(id)
      if (list === undefined) references.set(id, [path])
      else list.push(path)
    }
    this.#references = references
    return references
  }

  /**
   * Instance records at anchors whose position and class pass `wanted`. A record is accepted when its lengths agree
   * exactly with a layout of its class; a large record, of which one page is here, is read as far as it goes.
   * `rejected` is told where a wanted class was anchored and nothing fitted.
   */
  *instances(
    wanted: (classHash: string, position: Position) => boolean,
    rejected?: (offset: number, classHash: string, position: Position) => void,
  ): Generator<CarvedInstance> {
    for (const offset of this.anchors.instances) {
      const classHash = this.classHashAt(offset)
      const position = this.regions.at(offset)
      if (position.region === 'inside' || !wanted(classHash, position)) continue
      const carved = this.#carve(offset, classHash, position)
      if (carved !== undefined) yield carved
      else rejected?.(offset, classHash, position)
    }
  }

  #carve(offset: number, classHash: string, position: Position): CarvedInstance | undefined {
    const pageEnd = Math.min((position.physicalPage + 1) * PAGE_SIZE, this.bytes.length)
    const record = { bytes: this.bytes.subarray(offset, pageEnd), source: this.source, base: offset }
    try {
      const header = readInstanceHeader(record, this.layout)
      const candidates = this.candidates(classHash)
      const fitting = candidates.filter(({ schema }) => fitsExactly(record, header, schema))
      const exact = fitting.find(({ filetime }) => filetime === header.classFiletime) ?? fitting[0]
      const whole = exact === undefined ? record : { ...record, bytes: record.bytes.subarray(0, header.size) }
      const chosen = exact ?? (isLargeRecord(position, header) ? candidates[0] : undefined)
      if (chosen === undefined) return undefined
      const decoded = decodeInstance(whole, header, chosen.schema)
      return {
        classHash,
        header,
        schema: chosen.schema,
        offset,
        position,
        complete: exact !== undefined,
        decoded,
        instance: toInstance(chosen.schema, decoded, {
          offset,
          size: header.size,
          ...(position.logicalPage === undefined ? {} : { logicalPage: position.logicalPage }),
          ...(position.entry === undefined ? {} : { recordId: position.entry.id }),
        }),
      }
    } catch (error) {
      // At an anchor anything may lie; what does not decode is told to `rejected`.
      if (!(error instanceof InputError)) throw error
      return undefined
    }
  }
}

/** A record that does not fit on its page: alone on it, behind its one entry, and as long as the entry says. */
function isLargeRecord(position: Position, header: InstanceHeader): boolean {
  const { entry } = position
  return (
    entry?.offset === LARGE_RECORD_OFFSET &&
    entry.size === header.size &&
    entry.size > PAGE_SIZE - entry.offset
  )
}
