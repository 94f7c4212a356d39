import type { CimInstance, CimValue } from '../../lang/cim-value.ts'

/** The files of one WMI repository, in memory. `objects` alone can be carved; the index needs at least one mapping. */
export interface RepositoryFiles {
  /** How diagnostics name the folder, e.g. `wbem.zip/Repository`. */
  readonly source: string
  /** Evidence ids by role, so that a finding leads back to the right file. */
  readonly evidence: {
    readonly objects?: string
    readonly index?: string
    readonly mappings?: readonly string[]
  }
  readonly objects?: Uint8Array
  readonly index?: Uint8Array
  /** MAPPING1-3.MAP (or XP's OBJECTS.MAP and INDEX.MAP), in name order. */
  readonly mappings: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** Computer name where the collection tree or a log of the same host tells it. */
  readonly host?: string
}

/** Where deleted remains were found, and how sure the reading is. */
export interface Recovery {
  readonly from: 'older-mapping' | 'page-slack' | 'free-page' | 'unmapped-index' | 'carved'
  readonly confidence: 'high' | 'medium' | 'low'
  /** One sentence for a person. */
  readonly why: string
}

/** One instance that matters to subscriptions: filter, consumer, binding, timer, provider or its registration. */
export interface RepositoryObject {
  /** Namespace in lower case with backslashes, e.g. `root\\subscription`; absent when a carved record does not tell. */
  readonly namespace?: string
  readonly className: string
  /** Nearest first, e.g. `['__EventConsumer', '__IndicationRelated', '__SystemClass']`; empty when the class is unknown. */
  readonly superclasses: readonly string[]
  readonly instance: CimInstance
  /** Physical byte offset of the instance record in OBJECTS.DATA. */
  readonly offset: number
  /** `live`: in the newest generation. `removed`/`overwritten`: in an older mapping only, or remains. */
  readonly state: 'live' | 'removed' | 'overwritten'
  readonly recovered?: Recovery
  /** Generation of the mapping that holds it, where known. */
  readonly generation?: number
  /** FILETIMEs of the instance record under the meaning FORMAT.md gives them. NOT a creation time. */
  readonly recordFiletimes?: readonly bigint[]
  /** Object path relative to the namespace, e.g. `__EventFilter.Name=\"X\"`; keys sorted by name. */
  readonly path?: string
  /** Size of the record in bytes. */
  readonly size?: number
  /** Generation in which the object's page was last written: the write lies between this and the one before. */
  readonly writtenGeneration?: number
  /** Of a live object: the newest older generation, still readable, that does not have it. It was added after that. */
  readonly addedAfterGeneration?: number
  /** Physical offsets of further remains with the same content. */
  readonly copies?: readonly number[]
}

/**
 * How a property got its value: written in the instance (`value`, `null`), or from the class (`class-default`,
 * `null-default`).
 */
export type PropertyState = 'value' | 'null' | 'class-default' | 'null-default'

/** A property of a decoded instance with its CIM type, e.g. `string`, `uint8[]`, `reference`. */
export interface InstanceProperty {
  readonly name: string
  readonly type: string
  readonly state: PropertyState
  readonly value: CimValue
}

/** An instance record, decoded against its class. Offsets are physical bytes in OBJECTS.DATA. */
export interface RepositoryInstance extends CimInstance {
  /** As the parent namespaces spell it, e.g. `root\\CIMV2`; absent when a carved record does not tell. */
  readonly namespace?: string
  readonly superclasses: readonly string[]
  readonly properties: readonly InstanceProperty[]
  readonly keyProperties: readonly string[]
  /** Object path relative to the namespace. */
  readonly path: string
  readonly offset: number
  readonly size: number
  readonly logicalPage?: number
  readonly recordId?: number
  /** Generation in which the page was last written. */
  readonly writtenGeneration?: number
  /** Counter of writes on top of the start time of that run of the service: an order, not a time of creation. */
  readonly writeFiletime: bigint
  /** Timestamp of the class definition that the instance was stored under. */
  readonly classFiletime: bigint
}

/** An instance record that is not live, or of which it is not known. */
export interface RecoveredInstance {
  readonly instance: RepositoryInstance
  readonly region: 'free-page' | 'page-slack' | 'unindexed' | 'unknown'
  /** In the slack of a page that a large record runs on over. */
  readonly continuation: boolean
  /** False for a large record of which only the first page is left. */
  readonly complete: boolean
  /** A live record has the same bytes: an old copy. */
  readonly identicalToLive: boolean
}

/** One line of a repository's timeline. */
export interface TimelineEntry {
  /** `used` is a program that `CCM_RecentlyUsedApps` recorded; its `time` is when it was last used. */
  readonly what: 'stored' | 'removed' | 'overwritten' | 'recovered' | 'used'
  readonly namespace?: string
  readonly className: string
  readonly path: string
  /** Number of the run of the service that wrote the record, oldest first. */
  readonly run?: number
  /** Start of that run by its own clock, ISO 8601 UTC: the record was written after it. */
  readonly notBefore?: string
  /** Writes since the start of the run. */
  readonly order?: number
  readonly writtenGeneration?: number
  /** Of a live instance: the newest older generation, still readable, that does not have it. */
  readonly addedAfterGeneration?: number
  readonly writeFiletime: bigint
  /** ISO 8601 UTC. */
  readonly time?: string
  /** Of `used` entries. */
  readonly properties?: Readonly<Record<string, CimValue>>
  readonly offset: number
}

/** A qualifier of a class or property, e.g. `key`, `CIMTYPE`. */
export interface Qualifier {
  readonly name: string
  readonly type: string
  readonly value: CimValue
}

/** A property as a class and its ancestors define it. */
export interface ClassProperty {
  readonly name: string
  readonly type: string
  readonly isKey: boolean
  /** Class that first declared it. */
  readonly origin: string
  /** `undefined` when no class gives a default; `null` when the default is NULL. */
  readonly defaultValue: CimValue | undefined
  readonly qualifiers: readonly Qualifier[]
}

/** A class definition with what it inherits. */
export interface RepositoryClass {
  readonly namespace: string
  readonly name: string
  /** Nearest first. */
  readonly superclasses: readonly string[]
  readonly properties: readonly ClassProperty[]
  readonly qualifiers: readonly Qualifier[]
  readonly classFiletime: bigint
  readonly offset: number
  readonly size: number
}

export interface NamespaceSummary {
  readonly name: string
  readonly classDefinitions: number
  readonly instances: number
}

export interface InstanceQuery {
  /** Without case; all namespaces when absent. */
  readonly namespace?: string
  /** Without case; all classes when absent. */
  readonly class?: string
  /** Also instances of classes derived from `class`. Default false. */
  readonly subclasses?: boolean
}

/** One generation that a mapping file describes. */
export interface Generation {
  readonly mapping: string
  /** Absent on XP, where `version` orders the mappings. */
  readonly generation?: number
  readonly version: number
}

/** A repository opened at one generation. Everything is decoded when asked for. */
export interface Repository {
  readonly source: string
  /** `xp`: MD5 keys and 16-byte mapping headers; `vista`: Vista and later. */
  readonly layout: 'xp' | 'vista'
  readonly current: Generation
  /** Other readable mappings, newest first. */
  readonly older: readonly Generation[]
  namespaces(): readonly NamespaceSummary[]
  classes(namespace: string): Generator<RepositoryClass>
  class(namespace: string, name: string): RepositoryClass | undefined
  instances(query?: InstanceQuery): Generator<RepositoryInstance>
  /** Live objects of subscriptions in every namespace, found by key ranges of the index alone. */
  subscriptions(): Generator<RepositoryInstance>
}
