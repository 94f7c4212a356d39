import type { CimInstance, CimValue } from '../../../lang/cim-value.ts'
import { type ObjectPath, parseObjectPath } from '../../../lang/mof/index.ts'
import type { RecordPlace } from '../index-key.ts'
import { type Layout, SYSTEM_NAMESPACE } from '../layout.ts'
import { nameHash, utf16 } from '../name-hash.ts'
import { ByteWriter } from './byte-writer.ts'
import { type LaidClass, layClass } from './class-writer.ts'
import type { ClassDescription, RepositoryChange, RepositoryDescription } from './describe.ts'
import { writeError } from './heap-writer.ts'
import { writeIndex } from './index-writer.ts'
import { embeddedInstance, instanceRecord, keyTextOf, valuesOf } from './instance-writer.ts'
import { ObjectPages } from './object-pages.ts'
import { PageFile } from './page-file.ts'

/** File name → bytes. */
export type WrittenRepository = Readonly<Record<string, Uint8Array>>

/** Records and keys that belong to one instance. */
interface StoredInstance {
  readonly places: readonly RecordPlace[]
  readonly keys: readonly string[]
}

const REFERENCE = 102

/**
 * Writes the files of a repository with this history: OBJECTS.DATA, INDEX.BTR and a mapping for each of the last
 * three generations (two on XP, with MAPPING.VER). Old pages stay until they are needed, so what was deleted can be
 * recovered as on Windows. Throws `cim/write` for a description that contradicts itself.
 */
export function writeRepository(description: RepositoryDescription): WrittenRepository {
  const writer = new RepositoryWriter(description)
  for (const changes of description.commits) writer.commit(changes)
  return writer.files()
}

class RepositoryWriter {
  readonly #layout: Layout
  readonly #objectFile = new PageFile()
  readonly #indexFile = new PageFile()
  readonly #objects: ObjectPages
  readonly #classes = new Map<string, LaidClass>()
  readonly #classPlaces = new Map<string, StoredInstance>()
  readonly #instances = new Map<string, StoredInstance>()
  readonly #namespaces = new Set<string>([SYSTEM_NAMESPACE.toLowerCase(), 'root'])
  readonly #keys = new Set<string>()
  readonly #mappings = new Map<string, Uint8Array>()
  readonly #start: bigint
  readonly #usePageZero: boolean
  #writes = 0n
  #random: number

  constructor(description: RepositoryDescription) {
    this.#layout = description.layout ?? 'vista'
    this.#start = description.startFiletime
    this.#usePageZero = description.usePageZero ?? false
    this.#random = description.seed ?? 1
    this.#objects = new ObjectPages(this.#objectFile, () => this.#nextId())
  }

  /** Pseudo-random record ids (mulberry32), never 0 or 1. */
  #nextId(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let value = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return Math.max(2, (value ^ (value >>> 14)) >>> 0)
  }

  #nextFiletime(): bigint {
    this.#writes += 1n
    return this.#start + this.#writes
  }

  #hash(text: string): string {
    return nameHash(text, this.#layout)
  }

  commit(changes: readonly RepositoryChange[]): void {
    this.#objectFile.begin()
    this.#indexFile.begin()
    for (const change of changes) this.#apply(change)
    this.#objects.commit()
    const root = writeIndex(this.#indexFile, [...this.#keys], this.#layout, this.#usePageZero)
    this.#objectFile.commit()
    this.#indexFile.commit()
    const { generation } = this.#objectFile
    const version = 3 * generation + 1
    const files = this.#layout === 'xp' ? 2 : 3
    const number = ((generation - 1) % files) + 1
    const mapping = new ByteWriter()
    if (this.#layout === 'xp') {
      mapping.put(this.#objectFile.sectionXp(version)).put(this.#indexFile.sectionXp(version))
      this.#mappings.set('MAPPING.VER', new ByteWriter().u32(number).bytes())
    } else {
      mapping.put(this.#objectFile.section(version, 0)).put(this.#indexFile.section(version, root)).u32(0)
    }
    this.#mappings.set(`MAPPING${number}.MAP`, mapping.bytes())
  }

  files(): WrittenRepository {
    const mappings = [...this.#mappings].sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      'OBJECTS.DATA': this.#objectFile.bytes(),
      'INDEX.BTR': this.#indexFile.bytes(),
      ...Object.fromEntries(mappings),
    }
  }

  #apply(change: RepositoryChange): void {
    switch (change.kind) {
      case 'namespace':
        this.#createNamespace(change.name)
        return
      case 'class':
        this.#putClass(change.namespace, change.definition)
        return
      case 'instance':
        this.#putInstance(change.namespace, change.class, change.properties)
        return
      case 'delete':
        this.#deleteInstance(change.namespace, change.class, change.properties)
    }
  }

  /** A namespace is an instance of `__NAMESPACE` in its parent, which is made first. */
  #createNamespace(name: string): void {
    const lower = name.toLowerCase()
    if (this.#namespaces.has(lower)) return
    const cut = name.lastIndexOf('\\')
    if (cut <= 0 || cut === name.length - 1) throw writeError(`${name} is not below root`)
    const parent = name.slice(0, cut)
    this.#createNamespace(parent)
    this.#namespaces.add(lower)
    this.#putInstance(parent, '__NAMESPACE', { Name: name.slice(cut + 1) })
  }

  #requireNamespace(name: string): string {
    if (!this.#namespaces.has(name.toLowerCase())) throw writeError(`there is no namespace ${name}`)
    return this.#hash(name)
  }

  #class(namespace: string, name: string): LaidClass {
    const found =
      this.#classes.get(`${namespace}:${name}`.toLowerCase()) ??
      this.#classes.get(`${SYSTEM_NAMESPACE}:${name}`.toLowerCase())
    if (found === undefined) throw writeError(`there is no class ${name} in ${namespace}`)
    return found
  }

  #embed(namespace: string): (object: CimInstance) => Uint8Array {
    return (object) =>
      embeddedInstance(this.#class(namespace, object.className), object, this.#embed(namespace))
  }

  #putClass(namespace: string, definition: ClassDescription): void {
    const ns = this.#requireNamespace(namespace)
    const superclass =
      definition.superclass === undefined ? undefined : this.#class(namespace, definition.superclass)
    const laid = layClass(definition, superclass, this.#nextFiletime(), this.#embed(namespace))
    const id = `${namespace}:${definition.name}`.toLowerCase()
    this.#forget(this.#classPlaces.get(id))
    this.#classes.set(id, laid)
    const place = this.#objects.add(laid.record)
    const own = this.#hash(laid.name)
    const references = laid.properties.filter((property) => property.own && property.refersTo !== undefined)
    this.#remember(this.#classPlaces, id, {
      places: [place],
      keys: [
        `NS_${ns}\\CD_${own}${dotted(place)}`,
        `NS_${ns}\\CR_${this.#hash(superclass?.name ?? '')}\\C_${own}`,
        ...references.map(({ refersTo }) => `NS_${ns}\\CR_${this.#hash(refersTo ?? '')}\\R_${own}`),
      ],
    })
  }

  #remember(map: Map<string, StoredInstance>, id: string, stored: StoredInstance): void {
    map.set(id, stored)
    for (const key of stored.keys) this.#keys.add(key)
  }

  #forget(stored: StoredInstance | undefined): void {
    for (const place of stored?.places ?? []) this.#objects.remove(place)
    for (const key of stored?.keys ?? []) this.#keys.delete(key)
  }

  #putInstance(namespace: string, className: string, properties: Readonly<Record<string, CimValue>>): void {
    const ns = this.#requireNamespace(namespace)
    const laid = this.#class(namespace, className)
    const values = valuesOf(laid, Object.entries(properties))
    const key = this.#hash(keyTextOf(laid, values))
    const id = `${ns}:${this.#hash(laid.name)}:${key}`
    this.#forget(this.#instances.get(id))
    const own = this.#hash(laid.name)
    const record = instanceRecord(laid, own, this.#nextFiletime(), values, this.#embed(namespace))
    const place = this.#objects.add(record)
    const keyClass = this.#hash(keyClassOf(laid).name)
    const path = `NS_${ns}\\KI_${keyClass}\\I_${key}`
    const stored = {
      places: [place],
      keys: [`NS_${ns}\\CI_${own}\\IL_${key}${dotted(place)}`, `${path}${dotted(place)}`],
    }
    for (const property of laid.properties) {
      const value = property.type === REFERENCE ? values.get(property.name.toLowerCase()) : undefined
      if (typeof value === 'string')
        this.#addReference({ namespace, laid, path }, property.name, value, stored)
    }
    this.#remember(this.#instances, id, stored)
  }

  /** The record that a reference leaves under its target. A path that names no known class leaves none. */
  #addReference(
    from: { readonly namespace: string; readonly laid: LaidClass; readonly path: string },
    property: string,
    value: string,
    stored: { readonly places: RecordPlace[]; readonly keys: string[] },
  ): void {
    const target = parseObjectPath(value)
    if (target === undefined) return
    const namespace = target.namespace ?? from.namespace
    if (!this.#namespaces.has(namespace.toLowerCase())) return
    const laid =
      this.#classes.get(`${namespace}:${target.class}`.toLowerCase()) ??
      this.#classes.get(`${SYSTEM_NAMESPACE}:${target.class}`.toLowerCase())
    if (laid === undefined) return
    const record = new ByteWriter()
    for (const text of [from.namespace, from.laid.name, property, from.path])
      record.u32(text.length).put(utf16(text))
    record.u64(0n)
    const place = this.#objects.add(record.bytes())
    const ns = this.#hash(namespace)
    const key = this.#hash(keyTextOf(laid, targetValues(laid, target)))
    stored.places.push(place)
    stored.keys.push(
      `NS_${ns}\\KI_${this.#hash(keyClassOf(laid).name)}\\IR_${key}\\R_${this.#hash(from.path)}${dotted(place)}`,
    )
  }

  #deleteInstance(
    namespace: string,
    className: string,
    properties: Readonly<Record<string, CimValue>>,
  ): void {
    const ns = this.#requireNamespace(namespace)
    const laid = this.#class(namespace, className)
    const key = this.#hash(keyTextOf(laid, valuesOf(laid, Object.entries(properties))))
    const id = `${ns}:${this.#hash(laid.name)}:${key}`
    const stored = this.#instances.get(id)
    if (stored === undefined) throw writeError(`there is no such ${className} in ${namespace}`)
    this.#forget(stored)
    this.#instances.delete(id)
  }
}

function dotted({ page, id, size }: RecordPlace): string {
  return `.${page}.${id}.${size}`
}

/** The topmost class that declares the key, under which an instance is listed a second time. */
function keyClassOf(laid: LaidClass): LaidClass {
  let found = laid
  for (let level: LaidClass | undefined = laid; level !== undefined; level = level.superclass)
    if (level.properties.some(({ key }) => key)) found = level
  return found
}

/** Key values of an object path; a single key may be written without its name. */
function targetValues(laid: LaidClass, target: ObjectPath): Map<string, CimValue> {
  const only = laid.properties.find(({ key }) => key)?.name ?? ''
  return new Map(target.keys.map(({ name, value }) => [(name === '' ? only : name).toLowerCase(), value]))
}
