import type { CimInstance } from '../../lang/cim-value.ts'

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
}
