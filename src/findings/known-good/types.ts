import type { CimValue } from '../../lang/cim-value.ts'
import type { Severity } from '../model.ts'

/** A legitimate subscription by its whole content. `content/judgement/known-good.yaml`. */
export interface KnownGoodEntry {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly note?: string
  readonly namespace: string
  readonly filter: {
    readonly name: string
    readonly eventNamespace: string
    readonly query: string
    readonly queryLanguage: string
  }
  readonly consumer: {
    readonly class: string
    readonly name: string
    /** Must be there with just this value. */
    readonly properties: Readonly<Record<string, CimValue>>
    /** May be absent, or there with the value that absence means. */
    readonly defaults: Readonly<Record<string, CimValue>>
  }
  /** SIDs that may have created it, or the last part of a local account's. */
  readonly creator: { readonly exactly?: readonly string[]; readonly rid?: number }
}

/** A vendor's subscription as far as it is published. */
export interface VendorEntry {
  readonly id: string
  readonly vendor: string
  readonly classes: readonly string[]
  readonly filters: readonly string[]
  readonly consumers: readonly string[]
  readonly folders: readonly string[]
}

export interface KnownGoodContent {
  readonly entries: readonly KnownGoodEntry[]
  readonly nearNames: readonly string[]
  readonly vendors: readonly VendorEntry[]
}
