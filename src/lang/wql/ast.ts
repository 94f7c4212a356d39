export type WqlConstant =
  | { readonly kind: 'string'; readonly value: string }
  /** Kept as written, so that 64-bit integers and `1.50` survive printing. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }

/** `TargetInstance.Name` is `['TargetInstance', 'Name']`. */
export type WqlProperty = readonly string[]

export type WqlOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

export type WqlOperand =
  | { readonly kind: 'property'; readonly path: WqlProperty }
  | { readonly kind: 'constant'; readonly value: WqlConstant }
  /** `UPPER(x)`, `LOWER(x)`: accepted by WMI for data queries. */
  | { readonly kind: 'call'; readonly name: string; readonly path: WqlProperty }

export type WqlCondition =
  | {
      readonly kind: 'compare'
      readonly left: WqlOperand
      readonly operator: WqlOperator
      readonly right: WqlOperand
    }
  | { readonly kind: 'like'; readonly path: WqlProperty; readonly negated: boolean; readonly pattern: string }
  /** `TargetInstance ISA 'Win32_Process'`. */
  | {
      readonly kind: 'isa'
      readonly path: WqlProperty
      readonly negated: boolean
      readonly className: string
    }
  | { readonly kind: 'null'; readonly path: WqlProperty; readonly negated: boolean }
  | { readonly kind: 'not'; readonly condition: WqlCondition }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly WqlCondition[] }

export interface WqlGroup {
  /** Seconds, as written. */
  readonly within: string
  readonly by: readonly WqlProperty[]
  readonly having?: WqlCondition
}

export interface WqlSelect {
  readonly kind: 'select'
  /** `'*'` or the properties that are asked for. */
  readonly properties: '*' | readonly WqlProperty[]
  readonly from: string
  /** Polling interval in seconds, as written (`5`, `0.5`). */
  readonly within?: string
  readonly where?: WqlCondition
  readonly group?: WqlGroup
}

/** `ASSOCIATORS OF {path} WHERE ...` and `REFERENCES OF {path} WHERE ...`. */
export interface WqlRelated {
  readonly kind: 'associators' | 'references'
  /** Object path between the braces, as written. */
  readonly of: string
  readonly within?: string
  /** `AssocClass = X`, `ClassDefsOnly`, ... in order. */
  readonly where: readonly { readonly name: string; readonly value?: string }[]
}

export type WqlQuery = WqlSelect | WqlRelated
