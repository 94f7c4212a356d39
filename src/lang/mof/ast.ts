/** Where a node stands in the text: `start` inclusive, `end` exclusive, in UTF-16 units. */
export interface MofSpan {
  readonly start: number
  readonly end: number
}

export type MofValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'char'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'array'; readonly items: readonly MofValue[] }
  /** `$name`: the instance (or class) that was declared `as $name`. The name is kept without the dollar sign. */
  | { readonly kind: 'alias'; readonly name: string }
  /** An embedded instance. */
  | { readonly kind: 'instance'; readonly instance: MofInstanceBody }

export interface MofQualifier extends MofSpan {
  readonly name: string
  readonly value?: MofValue
  /** `ToSubclass`, `DisableOverride`, ... as written. */
  readonly flavors: readonly string[]
}

export interface MofAssignment extends MofSpan {
  readonly qualifiers: readonly MofQualifier[]
  readonly name: string
  readonly value: MofValue
}

/** The part that a top-level and an embedded instance share. */
export interface MofInstanceBody {
  readonly className: string
  readonly qualifiers: readonly MofQualifier[]
  readonly properties: readonly MofAssignment[]
  /** The text ended (or broke) before the closing brace: the last value may be cut. */
  readonly truncated?: true
}

export interface MofInstance extends MofSpan, MofInstanceBody {
  readonly kind: 'instance'
  readonly alias?: string
  /** Namespace in force here: normalised as by `normalizeNamespace`; `root\default` before any pragma. */
  readonly namespace: string
  /** Machine named in the namespace pragma, when it is another one. */
  readonly host?: string
}

export interface MofProperty extends MofSpan {
  readonly kind: 'property'
  readonly qualifiers: readonly MofQualifier[]
  readonly type: string
  /** `Type ref Name`. */
  readonly reference: boolean
  readonly name: string
  /** `[]` is `'unbounded'`. */
  readonly array?: number | 'unbounded'
  readonly value?: MofValue
}

export interface MofParameter extends MofSpan {
  readonly qualifiers: readonly MofQualifier[]
  readonly type: string
  readonly reference: boolean
  readonly name: string
  readonly array?: number | 'unbounded'
}

export interface MofMethod extends MofSpan {
  readonly kind: 'method'
  readonly qualifiers: readonly MofQualifier[]
  readonly returnType: string
  readonly name: string
  readonly parameters: readonly MofParameter[]
}

export interface MofClass extends MofSpan {
  readonly kind: 'class'
  readonly qualifiers: readonly MofQualifier[]
  readonly name: string
  readonly alias?: string
  readonly superclass?: string
  readonly namespace: string
  readonly host?: string
  readonly members: readonly (MofProperty | MofMethod)[]
  readonly truncated?: true
}

/** `#pragma name(parameters)`. Parameters are strings or bare words such as `nofail`. */
export interface MofPragma extends MofSpan {
  readonly kind: 'pragma'
  readonly name: string
  readonly parameters: readonly (
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'word'; readonly value: string }
  )[]
}

/** `Qualifier Key : boolean = false, Scope(property), Flavor(DisableOverride);` */
export interface MofQualifierDeclaration extends MofSpan {
  readonly kind: 'qualifier'
  readonly name: string
  readonly type: string
  readonly array?: number | 'unbounded'
  readonly value?: MofValue
  readonly scopes: readonly string[]
  readonly flavors: readonly string[]
}

export type MofStatement = MofPragma | MofClass | MofInstance | MofQualifierDeclaration

export interface MofComment extends MofSpan {
  /** Text without the comment marks. */
  readonly text: string
}

export interface MofDocument {
  readonly statements: readonly MofStatement[]
  readonly comments: readonly MofComment[]
  /** `#pragma autorecover` stands somewhere in the text: mofcomp adds the file to the auto-recover list. */
  readonly autorecover: boolean
}
