import { InputError, type Report } from '../../diagnostics/index.ts'
import type { ClassDefinition } from './class-definition.ts'
import { ClassLookup } from './class-lookup.ts'
import type { Schema } from './class-schema.ts'
import { type IndexKey, parseIndexKey, type RecordPlace } from './index-key.ts'
import { IndexTree } from './index-tree.ts'
import {
  decodeInstance,
  fitsExactly,
  type InstanceHeader,
  keyText,
  readInstanceHeader,
  relativePath,
} from './instance.ts'
import { type Layout, MAX_NAMESPACE_DEPTH, PAGE_SIZE, SYSTEM_NAMESPACE } from './layout.ts'
import { type Mapping, mapProblems } from './mapping.ts'
import { nameHash } from './name-hash.ts'
import { ObjectStore, type StoredRecord } from './object-store.ts'
import type { RepositoryFiles, RepositoryInstance } from './types.ts'

/** Most records that are looked for on their pages: real damage loses dozens, a hostile index would lose all. */
const MAX_PAGE_SEARCHES = 1000

/** An instance that an index key names. Hashes are hexadecimal text. */
export interface InstancePlace {
  readonly namespace: string
  readonly class: string
  readonly key: string
  readonly place: RecordPlace
}

/** A namespace by its hash; the name is unknown when no parent lists it. */
export interface NamespaceRef {
  readonly hash: string
  readonly name: string | undefined
}

/** The repository at the generation of one mapping; pages, classes and namespaces are read when asked for. */
export class Snapshot {
  readonly mapping: Mapping
  readonly layout: Layout
  readonly tree: IndexTree
  readonly store: ObjectStore
  readonly report: Report
  readonly #hashes = new Map<string, string>()
  readonly #classes: ClassLookup
  readonly #unread = new Set<string>()
  #pageSearches = 0
  #namespaces: readonly NamespaceRef[] | undefined

  constructor(files: RepositoryFiles, mapping: Mapping, report: Report) {
    const objects = files.objects ?? new Uint8Array()
    const index = files.index ?? new Uint8Array()
    this.mapping = mapping
    this.layout = mapping.layout
    this.report = report
    this.tree = new IndexTree(index, mapping.index, mapping.layout, files.source, report)
    this.store = new ObjectStore(objects, mapping.objects, files.source)
    this.#classes = new ClassLookup(this)
  }

  /** Says where the mapping does not fit the files, which is so for a file cut short or copied while in use. */
  reportSizes(files: RepositoryFiles): void {
    for (const [name, map, bytes] of [
      ['OBJECTS.DATA', this.mapping.objects, files.objects],
      ['INDEX.BTR', this.mapping.index, files.index],
    ] as const) {
      const problem = mapProblems(map, bytes?.length ?? 0, PAGE_SIZE)
      if (problem === undefined) continue
      this.report({
        code: 'cim/size-mismatch',
        severity: 'warning',
        message: `${this.mapping.name} does not fit ${name}: ${problem}`,
        at: { in: 'file', source: `${files.source}/${name}` },
        hint: 'The files may be from different moments or cut short; what is left is read.',
      })
    }
  }

  hash(name: string): string {
    let hash = this.#hashes.get(name)
    if (hash === undefined) {
      hash = nameHash(name, this.layout)
      this.#hashes.set(name, hash)
    }
    return hash
  }

  /** Index keys with this prefix that have a known shape; others are reported. */
  *keys(prefix: string): Generator<IndexKey> {
    for (const text of this.tree.scan(prefix)) {
      const key = parseIndexKey(text)
      if (key !== undefined) yield key
      else
        this.report({
          code: 'cim/index-key',
          severity: 'warning',
          message: `an index key has no known shape: ${text.slice(0, 200)}`,
        })
    }
  }

  /** Every namespace that is reached from `root`, and the one of the system classes; names as parents spell them. */
  namespaces(): readonly NamespaceRef[] {
    this.#namespaces ??= this.#findNamespaces()
    return this.#namespaces
  }

  #findNamespaces(): NamespaceRef[] {
    const found = new Map<string, NamespaceRef & { name: string }>()
    const add = (name: string): void => {
      const hash = this.hash(name)
      if (!found.has(hash)) found.set(hash, { hash, name })
    }
    add(SYSTEM_NAMESPACE)
    add('root')
    // A Map goes on over what is added while it is walked; each hash is entered once, so this ends.
    for (const { hash, name } of found.values()) {
      if (name === SYSTEM_NAMESPACE) continue
      const depth = name.split('\\').length
      for (const instance of this.decodeAll(this.placesOf(hash, this.hash('__NAMESPACE')), name)) {
        const child = instance.properties.find((property) => property.name === 'Name')?.value
        if (typeof child !== 'string' || child === '' || depth >= MAX_NAMESPACE_DEPTH) {
          this.report({
            code: 'cim/namespace',
            severity: 'warning',
            message: `${name} has a child namespace ${depth >= MAX_NAMESPACE_DEPTH ? 'too deep to follow' : 'without a name'}`,
            at: { in: 'bytes', source: this.store.source, offset: instance.offset },
          })
        } else add(`${name}\\${child}`)
      }
    }
    return [...found.values()]
  }

  /** Where the instances of exactly this class lie. */
  *placesOf(namespace: string, classHash: string): Generator<InstancePlace> {
    for (const key of this.keys(`NS_${namespace}\\CI_${classHash}\\IL_`))
      if (key.kind === 'instance') yield key
  }

  /** Hashes of all classes below this one, by the index; nearest first. */
  subclasses(namespace: string, classHash: string): string[] {
    const found = new Set([classHash])
    for (const parent of found)
      for (const key of this.keys(`NS_${namespace}\\CR_${parent}\\C_`))
        if (key.kind === 'subclass') found.add(key.subclass)
    found.delete(classHash)
    return [...found]
  }

  /** A class's own definition, in the namespace or else among the system classes. */
  classDefinition(namespace: string, classHash: string): ClassDefinition | undefined {
    return this.#classes.definition(namespace, classHash)
  }

  /** Layout of a class's instances, from its definition and its ancestors', else from the known ones. */
  schema(namespace: string, classHash: string): Schema | undefined {
    return this.#classes.schema(namespace, classHash)
  }

  /** Drops what is kept of a namespace's classes, to give back memory. */
  forgetClasses(namespace: string): void {
    this.#classes.forget(namespace)
  }

  recordBytes(record: StoredRecord): { bytes: Uint8Array; source: string; base: number } {
    return { bytes: record.bytes, source: this.store.source, base: record.offset }
  }

  /** Decodes the named instances; one that cannot be decoded is reported and left out. */
  *decodeAll(places: Iterable<InstancePlace>, namespace: string | undefined): Generator<RepositoryInstance> {
    const seen = new Set<number>()
    for (const place of places) {
      // A key may be repeated by a damaged or hostile index; a record is read once.
      const id = place.place.page * 2 ** 32 + place.place.id
      if (seen.has(id)) continue
      seen.add(id)
      const instance = this.decode(place, namespace)
      if (instance !== undefined) yield instance
    }
  }

  /** Physical offset of a record; `undefined` when the page or its table does not have it. */
  offsetOf(place: RecordPlace): number | undefined {
    const start = this.store.pageOffset(place.page)
    const entry = start === undefined ? undefined : this.store.table(start).find(({ id }) => id === place.id)
    return start === undefined || entry === undefined ? undefined : start + entry.offset
  }

  /** True when this generation has a record at that physical offset of that logical page. */
  holdsAt(logicalPage: number | undefined, offset: number): boolean {
    const start = logicalPage === undefined ? undefined : this.store.pageOffset(logicalPage)
    return start !== undefined && this.store.table(start).some((entry) => start + entry.offset === offset)
  }

  /**
   * The instance that a key names. A record that the page's table lost, or that has another key, is looked for on the page
   * by its class and key. Reported and `undefined` when there is none.
   */
  decode(place: InstancePlace, namespace: string | undefined): RepositoryInstance | undefined {
    let instance: RepositoryInstance | undefined
    let problem: InputError | undefined
    try {
      const record = this.store.read(place.place)
      const header = readInstanceHeader(this.recordBytes(record), this.layout)
      instance = this.#instance(record, header, this.#schemaFor(place, record.offset), namespace)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problem = error
    }
    if (instance !== undefined && this.#hasKey(instance, place.key)) return instance
    const found = this.#findOnPage(place, namespace)
    problem ??= new InputError(
      'cim/key-mismatch',
      `${instance?.path ?? place.class}: the index has another key for it, so its name or the index was changed`,
      { in: 'bytes', source: this.store.source, offset: instance?.offset ?? 0 },
    )
    const read = found ?? instance
    if (read === undefined) this.#unread.add(unreadId(place))
    this.report(read === undefined ? problem.toDiagnostic() : problem.toDiagnostic('warning'))
    return read
  }

  /** True when the index lists an instance of this class with these keys, and its record could not be read. */
  isUnread(instance: RepositoryInstance, namespace: string | undefined): boolean {
    if (this.#unread.size === 0) return false
    const key = keyText(instance, instance.properties)
    if (key === undefined) return false
    const id = { class: this.hash(instance.className), key: nameHash(key, this.layout) }
    const namespaces =
      namespace === undefined ? this.namespaces() : [{ hash: this.hash(namespace.replaceAll('/', '\\')) }]
    return namespaces.some(({ hash }) => this.#unread.has(unreadId({ ...id, namespace: hash })))
  }

  #schemaFor(place: InstancePlace, offset: number): Schema {
    const schema = this.schema(place.namespace, place.class)
    if (schema !== undefined) return schema
    throw new InputError('cim/class-missing', `the class of an instance is not known: ${place.class}`, {
      in: 'bytes',
      source: this.store.source,
      offset,
    })
  }

  /** Booleans and reals may be written otherwise in a key; what cannot be compared passes. */
  #hasKey(instance: RepositoryInstance, key: string): boolean {
    const keys = instance.properties.filter(({ name }) => instance.keyProperties.includes(name))
    const text = keyText(instance, instance.properties)
    if (text === undefined || keys.some(({ type }) => !/^(?:string|reference|[su]int\d+)$/.test(type)))
      return true
    return nameHash(text, this.layout) === key
  }

  /** The one record on the key's page that has its class, its size and its key. */
  #findOnPage(place: InstancePlace, namespace: string | undefined): RepositoryInstance | undefined {
    const start = this.store.pageOffset(place.place.page)
    const schema = this.schema(place.namespace, place.class)
    if (start === undefined || schema === undefined || this.#pageSearches >= MAX_PAGE_SEARCHES)
      return undefined
    this.#pageSearches += 1
    const page = this.store.bytes.subarray(start, start + PAGE_SIZE)
    const found: RepositoryInstance[] = []
    for (const at of textPositions(page, place.class)) {
      const { size } = place.place
      const bytes = page.subarray(at, at + size)
      if (bytes.length < size) continue
      const record = { bytes, offset: start + at, place: place.place, writtenGeneration: undefined }
      const header = readInstanceHeader(this.recordBytes(record), this.layout)
      if (header.size !== size || !fitsExactly(this.recordBytes(record), header, schema)) continue
      const instance = this.#instance(record, header, schema, namespace)
      if (this.#hasKey(instance, place.key)) found.push(instance)
    }
    return found.length === 1 ? found[0] : undefined
  }

  #instance(
    record: StoredRecord,
    header: InstanceHeader,
    schema: Schema,
    namespace: string | undefined,
  ): RepositoryInstance {
    const decoded = decodeInstance(this.recordBytes(record), header, schema)
    for (const problem of decoded.problems) this.report(problem.toDiagnostic())
    return toInstance(schema, decoded, {
      ...(namespace === undefined ? {} : { namespace }),
      offset: record.offset,
      size: Math.min(header.size, record.bytes.length),
      logicalPage: record.place.page,
      recordId: record.place.id,
      ...(record.writtenGeneration === undefined ? {} : { writtenGeneration: record.writtenGeneration }),
    })
  }

  /** Reports what cost a record; anything but damage of the input is thrown on. */
  reportDamage(error: unknown): void {
    if (!(error instanceof InputError)) throw error
    this.report(error.toDiagnostic())
  }
}

function unreadId({ namespace, class: name, key }: Omit<InstancePlace, 'place'>): string {
  return `${namespace}\\${name}\\${key}`
}

/** Where a text of ASCII letters stands as UTF-16LE, at any byte. */
function* textPositions(bytes: Uint8Array, text: string): Generator<number> {
  for (let at = 0; at + 2 * text.length <= bytes.length; at += 1) {
    let index = 0
    while (
      index < text.length &&
      bytes[at + 2 * index] === text.charCodeAt(index) &&
      bytes[at + 2 * index + 1] === 0
    )
      index += 1
    if (index === text.length) yield at
  }
}

/** The public shape of a decoded instance. */
export function toInstance(
  schema: Schema,
  decoded: ReturnType<typeof decodeInstance>,
  where: Pick<
    RepositoryInstance,
    'namespace' | 'offset' | 'size' | 'logicalPage' | 'recordId' | 'writtenGeneration'
  >,
): RepositoryInstance {
  return {
    className: schema.name,
    superclasses: schema.superclasses,
    properties: decoded.properties,
    keyProperties: schema.keyProperties.map((property) => property.name),
    path: relativePath(schema, decoded.properties),
    writeFiletime: decoded.header.writeFiletime,
    classFiletime: decoded.header.classFiletime,
    ...where,
  }
}
