import { firstOnly, InputError, type Report } from '../../diagnostics/index.ts'
import { type ClassDefinition, readQualifiers } from './class-definition.ts'
import { defaultValue, type Schema, type SchemaProperty } from './class-schema.ts'
import { NO_PAGE, SYSTEM_NAMESPACE } from './layout.ts'
import { type Mapping, readMappings } from './mapping.ts'
import { type NamespaceRef, Snapshot } from './snapshot.ts'
import { liveSubscriptionInstances } from './subscription-classes.ts'
import type {
  ClassProperty,
  Generation,
  InstanceQuery,
  NamespaceSummary,
  Qualifier,
  Repository,
  RepositoryClass,
  RepositoryFiles,
  RepositoryInstance,
} from './types.ts'
import { typeName } from './value.ts'

/** The snapshots of a repository, the current one first. */
export interface Snapshots {
  readonly current: Snapshot | undefined
  readonly older: readonly Snapshot[]
}

/** Windows keeps two older generations; a folder may hold any number of files that claim to be some. */
const MAX_OLDER = 8

/**
 * Opens every usable mapping. The newest is current unless its index cannot be followed; then the next one is, and a
 * diagnostic says so. What is wrong with older generations is not reported: they share most pages with the current.
 */
export function openSnapshots(files: RepositoryFiles, report: Report): Snapshots {
  const mappings = readMappings(files, report)
  if (files.objects === undefined || files.index === undefined) return { current: undefined, older: [] }
  const position = mappings.findIndex((mapping) => leadsToIndex(files, mapping))
  const mapping = mappings[position]
  if (mapping === undefined) return { current: undefined, older: [] }
  for (const passed of mappings.slice(0, position)) {
    report({
      code: 'cim/mapping-fallback',
      severity: 'warning',
      message: `the index cannot be followed through ${label(passed)}; ${label(mapping)} is read instead`,
      at: { in: 'file', source: `${files.source}/${passed.name}` },
      hint: 'The files may be from different moments. Changes made since are only found as deleted remains.',
    })
  }
  const current = new Snapshot(files, mapping, report)
  current.reportSizes(files)
  const older = mappings
    .slice(position + 1, position + 1 + MAX_OLDER)
    .map((entry) => new Snapshot(files, entry, ignore))
  return { current, older }
}

function ignore(): undefined {
  return undefined
}

function label(mapping: Mapping): string {
  return mapping.generation === undefined
    ? `${mapping.name} (version ${mapping.version})`
    : `${mapping.name} (generation ${mapping.generation})`
}

/** The root and at least half of its children are what they should be. One lost page is no reason to go back in time. */
function leadsToIndex(files: RepositoryFiles, mapping: Mapping): boolean {
  const { tree } = new Snapshot(files, mapping, ignore)
  const root = tree.node(tree.rootPage)
  if (root === undefined) return false
  const children = root.children.filter((child) => child !== NO_PAGE)
  const readable = children.filter((child) => tree.node(child) !== undefined)
  return readable.length * 2 >= children.length
}

/**
 * Opens a repository at its current generation; everything in it is decoded when asked for. Damage is reported and
 * costs what is damaged. Throws `cim/no-mapping` when the index cannot be followed at all (`readSubscriptionObjects`
 * still carves such files).
 */
export function openRepository(files: RepositoryFiles, report: Report): Repository {
  const { current, older } = openSnapshots(files, firstOnly(report, { each: 100, code: 'cim/more' }))
  if (current === undefined) {
    throw new InputError(
      'cim/no-mapping',
      'no mapping file leads to the index of this repository',
      { in: 'file', source: files.source },
      { hint: 'OBJECTS.DATA, INDEX.BTR and at least one MAPPING file of the same moment are needed.' },
    )
  }
  return new SnapshotRepository(
    files.source,
    current,
    older.map((snapshot) => generationOf(snapshot.mapping)),
  )
}

function generationOf(mapping: Mapping): Generation {
  const { name, version, generation } = mapping
  return { mapping: name, version, ...(generation === undefined ? {} : { generation }) }
}

class SnapshotRepository implements Repository {
  readonly source: string
  readonly layout: Repository['layout']
  readonly current: Generation
  readonly older: readonly Generation[]
  readonly #snapshot: Snapshot
  #summaries: readonly NamespaceSummary[] | undefined

  constructor(source: string, snapshot: Snapshot, older: readonly Generation[]) {
    this.source = source
    this.layout = snapshot.layout
    this.current = generationOf(snapshot.mapping)
    this.older = older
    this.#snapshot = snapshot
  }

  namespaces(): readonly NamespaceSummary[] {
    this.#summaries ??= this.#countByNamespace()
    return this.#summaries
  }

  #countByNamespace(): NamespaceSummary[] {
    const counts = new Map<string, { classDefinitions: number; instances: number }>()
    for (const key of this.#snapshot.keys('')) {
      const count = counts.get(key.namespace) ?? { classDefinitions: 0, instances: 0 }
      counts.set(key.namespace, count)
      if (key.kind === 'class') count.classDefinitions += 1
      if (key.kind === 'instance') count.instances += 1
    }
    const known = this.#snapshot.namespaces()
    const names = new Map(known.map(({ hash, name }) => [hash, name]))
    for (const hash of counts.keys()) {
      if (names.has(hash)) continue
      names.set(hash, undefined)
      this.#snapshot.report({
        code: 'cim/namespace',
        severity: 'warning',
        message: `the index has a namespace that no parent lists: NS_${hash}`,
      })
    }
    return [...names]
      .map(([hash, name]) => ({
        name: name ?? `NS_${hash}`,
        ...(counts.get(hash) ?? { classDefinitions: 0, instances: 0 }),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  *classes(namespace: string): Generator<RepositoryClass> {
    const ref = this.#namespace(namespace)
    for (const key of this.#snapshot.keys(`NS_${ref.hash}\\CD_`)) {
      if (key.kind !== 'class') continue
      const found = this.#class(ref, key.class)
      if (found !== undefined) yield found
    }
    // Thousands of classes are rarely asked for again, and are soon read again.
    this.#snapshot.forgetClasses(ref.hash)
  }

  class(namespace: string, name: string): RepositoryClass | undefined {
    return this.#class(this.#namespace(namespace), this.#snapshot.hash(name))
  }

  #class(namespace: NamespaceRef, classHash: string): RepositoryClass | undefined {
    const definition = this.#snapshot.classDefinition(namespace.hash, classHash)
    const schema = definition && this.#snapshot.schema(namespace.hash, classHash)
    if (definition === undefined || schema?.part === undefined) return undefined
    try {
      return describeClass(namespace.name ?? `NS_${namespace.hash}`, definition, schema)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.#snapshot.report(error.toDiagnostic())
      return undefined
    }
  }

  *instances(query: InstanceQuery = {}): Generator<RepositoryInstance> {
    const names =
      query.namespace === undefined ? this.namespaces().map(({ name }) => name) : [query.namespace]
    for (const namespace of names.map((name) => this.#namespace(name))) {
      for (const classHash of this.#classHashes(namespace.hash, query)) {
        const places = this.#snapshot.placesOf(namespace.hash, classHash)
        yield* this.#snapshot.decodeAll(places, namespace.name)
      }
    }
  }

  *#classHashes(namespace: string, query: InstanceQuery): Generator<string> {
    if (query.class !== undefined) {
      const hash = this.#snapshot.hash(query.class)
      yield hash
      if (query.subclasses === true) yield* this.#snapshot.subclasses(namespace, hash)
      return
    }
    const seen = new Set<string>()
    for (const key of this.#snapshot.keys(`NS_${namespace}\\CI_`)) {
      if (key.kind !== 'instance' || seen.has(key.class)) continue
      seen.add(key.class)
      yield key.class
    }
  }

  subscriptions(): Generator<RepositoryInstance> {
    return liveSubscriptionInstances(this.#snapshot)
  }

  #namespace(name: string): NamespaceRef {
    const text = name.replaceAll('/', '\\')
    const unexplained = /^NS_([0-9A-F]{32,64})$/.exec(text)?.[1]
    if (unexplained !== undefined) return { hash: unexplained, name: undefined }
    const hash = this.#snapshot.hash(text)
    const known = this.#snapshot.namespaces().find((namespace) => namespace.hash === hash)
    return known ?? { hash, name: text === SYSTEM_NAMESPACE ? text : name }
  }
}

function describeClass(
  namespace: string,
  definition: ClassDefinition & { readonly offset?: number },
  schema: Schema,
): RepositoryClass {
  return {
    namespace,
    name: schema.name,
    superclasses: schema.superclasses,
    properties: schema.properties.map((property) => describeProperty(schema, property)),
    qualifiers: readQualifiers(definition.heap, definition.qualifiersAt),
    classFiletime: definition.filetime,
    offset: definition.heap.base,
    size: definition.size,
  }
}

function describeProperty(schema: Schema, property: SchemaProperty): ClassProperty {
  return {
    name: property.name,
    type: typeName(property.type) ?? 'unknown',
    isKey: property.isKey,
    origin: property.origin,
    defaultValue: defaultValue(schema, property),
    qualifiers: qualifiersOf(property),
  }
}

/** Qualifiers of the nearest declaration, then those that it inherits from the ones it overrides. */
function qualifiersOf({ part, qualifiersAt, overrides }: SchemaProperty): readonly Qualifier[] {
  const own = part === undefined ? [] : readQualifiers(part.heap, qualifiersAt)
  if (overrides === undefined) return own
  const names = new Set(own.map(({ name }) => name.toLowerCase()))
  return [...own, ...qualifiersOf(overrides).filter(({ name }) => !names.has(name.toLowerCase()))]
}
