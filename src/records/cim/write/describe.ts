import type { CimValue } from '../../../lang/cim-value.ts'
import type { Layout } from '../layout.ts'

/** A property that a class declares, or overrides where an ancestor has one of the same name. */
export interface PropertyDescription {
  readonly name: string
  /** CIM type, e.g. `string`, `uint8[]`, `reference`. */
  readonly type: string
  readonly key?: boolean
  /** Class that a reference is to, e.g. `__EventFilter`. */
  readonly refersTo?: string
  /** Default of this class; none when absent. */
  readonly default?: CimValue
}

export interface ClassDescription {
  readonly name: string
  readonly superclass?: string
  readonly properties: readonly PropertyDescription[]
}

/** One change. Instances are created or, where the key exists, overwritten; `delete` takes the key properties. */
export type RepositoryChange =
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'class'; readonly namespace: string; readonly definition: ClassDescription }
  | {
      readonly kind: 'instance'
      readonly namespace: string
      readonly class: string
      /** Properties that are not named take the default of the class. */
      readonly properties: Readonly<Record<string, CimValue>>
    }
  | {
      readonly kind: 'delete'
      readonly namespace: string
      readonly class: string
      readonly properties: Readonly<Record<string, CimValue>>
    }

/** A repository as a history of commits; the last three generations keep their mapping files. */
export interface RepositoryDescription {
  /** Vista and later by default. */
  readonly layout?: Layout
  /** Start of the service's run, which the write counter counts from. */
  readonly startFiletime: bigint
  /** Seed of the record ids, which look random in real repositories. Default 1. */
  readonly seed?: number
  /** Use logical page 0 of the index, as Windows does. Default false: some readers lose what lies there. */
  readonly usePageZero?: boolean
  readonly commits: readonly (readonly RepositoryChange[])[]
}
