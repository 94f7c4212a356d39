/** One layer that was decoded from a text, without running anything. */
export interface DecodedLayer {
  /** In plain words, e.g. `PowerShell -EncodedCommand (base64, UTF-16)`. */
  readonly how: string
  readonly text: string
}

export interface DecodeOptions {
  /** How many layers may lie inside each other. Default 8. */
  readonly maxDepth?: number
  /** How many layers are returned at most. Default 32. */
  readonly maxLayers?: number
  /** Characters of one text that are looked at, and kept of a layer. Default 262,144. */
  readonly maxLength?: number
}

/** A step that may find layers in a text. It must be linear in the text's length and must not throw. */
export type Unwrap = (text: string) => readonly DecodedLayer[]

export type IndicatorKind = 'url' | 'domain' | 'ip' | 'path' | 'hash'

/** Something to search for elsewhere. `value` is exact, for machines; see `defang` for people. */
export interface Indicator {
  readonly kind: IndicatorKind
  readonly value: string
}
