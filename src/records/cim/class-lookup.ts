import type { Report } from '../../diagnostics/index.ts'
import { type ClassDefinition, readClassDefinition } from './class-definition.ts'
import { layOver, type Schema } from './class-schema.ts'
import type { IndexKey, RecordPlace } from './index-key.ts'
import { readEmbeddedObject } from './instance.ts'
import { knownSchemas, withKnownNames } from './known-schemas.ts'
import { type Layout, MAX_CLASS_DEPTH, SYSTEM_NAMESPACE } from './layout.ts'
import type { ObjectStore, StoredRecord } from './object-store.ts'

/** What the lookup needs of a snapshot. */
interface ClassSource {
  readonly layout: Layout
  readonly store: ObjectStore
  readonly report: Report
  hash(name: string): string
  keys(prefix: string): Iterable<IndexKey>
  recordBytes(record: StoredRecord): { bytes: Uint8Array; source: string; base: number }
  reportDamage(error: unknown): void
}

/** A map for each namespace: cheaper than one whose keys join two hashes. */
class ByNamespace<T> {
  readonly #maps = new Map<string, Map<string, T>>()

  of(namespace: string): Map<string, T> {
    let map = this.#maps.get(namespace)
    if (map === undefined) {
      map = new Map()
      this.#maps.set(namespace, map)
    }
    return map
  }

  delete(namespace: string): void {
    this.#maps.delete(namespace)
  }
}

/** Class definitions of one snapshot, and the layouts that they and their ancestors give; each is read once. */
export class ClassLookup {
  readonly #definitions = new ByNamespace<ClassDefinition | undefined>()
  readonly #schemas = new ByNamespace<Schema | undefined>()
  readonly #snapshot: ClassSource

  constructor(snapshot: ClassSource) {
    this.#snapshot = snapshot
  }

  /** A class's own definition, in the namespace or else among the system classes. */
  definition(namespace: string, classHash: string): ClassDefinition | undefined {
    const known = this.#definitions.of(namespace)
    if (known.has(classHash)) return known.get(classHash)
    const system = this.#snapshot.hash(SYSTEM_NAMESPACE)
    const definition =
      this.#readClass(namespace, classHash) ??
      (namespace === system ? undefined : this.definition(system, classHash))
    known.set(classHash, definition)
    return definition
  }

  /** Drops what is kept of a namespace's classes, to give back memory. */
  forget(namespace: string): void {
    if (namespace === this.#snapshot.hash(SYSTEM_NAMESPACE)) return
    this.#definitions.delete(namespace)
    this.#schemas.delete(namespace)
  }

  #readClass(namespace: string, classHash: string): ClassDefinition | undefined {
    for (const key of this.#snapshot.keys(`NS_${namespace}\\CD_${classHash}.`)) {
      if (key.kind !== 'class') continue
      try {
        return this.#readAt(key.place)
      } catch (error) {
        this.#snapshot.reportDamage(error)
      }
    }
    return undefined
  }

  /** Throws `cim/record-missing`, `cim/class-damaged` and the like. */
  #readAt(place: RecordPlace): ClassDefinition {
    const record = this.#snapshot.store.read(place)
    return readClassDefinition(this.#snapshot.recordBytes(record), readEmbeddedObject)
  }

  /** Layout of a class's instances, from its definition and its ancestors', else from the known ones. */
  schema(namespace: string, classHash: string): Schema | undefined {
    const schemas = this.#schemas.of(namespace)
    if (schemas.has(classHash)) return schemas.get(classHash)
    const resolved = this.#resolve(namespace, classHash)
    const known = knownSchemas(this.#snapshot.layout).get(classHash)
    let schema = resolved
    if (known !== undefined && (resolved === undefined || resolved.problem !== undefined)) schema = known
    else if (known !== undefined && resolved !== undefined) {
      schema = withKnownNames(resolved, known)
      if (schema !== resolved) this.#reportRenamed(known.name)
    }
    schemas.set(classHash, schema)
    return schema
  }

  #reportRenamed(name: string): void {
    this.#snapshot.report({
      code: 'cim/class-damaged',
      severity: 'warning',
      message: `the definition of ${name} names its properties otherwise than Windows does; the usual names are used`,
      at: { in: 'file', source: this.#snapshot.store.source },
    })
  }

  #resolve(namespace: string, classHash: string): Schema | undefined {
    const chain: ClassDefinition[] = []
    const seen = new Set<string>()
    let next: string | undefined = classHash
    let schema: Schema | undefined
    while (next !== undefined) {
      const cached: Schema | undefined = this.#schemas.of(namespace).get(next)
      if (cached?.part !== undefined) {
        schema = cached
        break
      }
      const definition = this.definition(namespace, next)
      if (definition === undefined || seen.has(next) || chain.length >= MAX_CLASS_DEPTH) {
        const child = chain[chain.length - 1]
        const why = definition === undefined ? 'is not defined' : 'is its own ancestor, or too far down'
        this.#snapshot.report({
          code: definition === undefined ? 'cim/class-missing' : 'cim/class-damaged',
          severity: 'warning',
          message: `class ${child?.superclass ?? next} ${why}${child === undefined ? '' : ` (superclass of ${child.name})`}`,
          at: { in: 'file', source: this.#snapshot.store.source },
          hint: 'Instances of it are read only where their layout is known otherwise.',
        })
        return undefined
      }
      seen.add(next)
      chain.push(definition)
      next = definition.superclass === '' ? undefined : this.#snapshot.hash(definition.superclass)
    }
    for (const definition of chain.reverse()) schema = layOver(definition, schema)
    return schema
  }
}
