import type { CommandParts } from './command-line.ts'

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

/** Words that the features look for; `content/judgement/lists.yaml`. All lower case. */
export interface PayloadLists {
  readonly lolbins: readonly string[]
  readonly lolbinsWithArguments: readonly string[]
  readonly runsItsArgument: readonly string[]
  readonly obeyedFiles: readonly string[]
  readonly securityProcesses: readonly string[]
  readonly logTampering: readonly string[]
  readonly subscriptionClasses: readonly string[]
  readonly schemaHosts: readonly string[]
  readonly unusualFolders: readonly string[]
  readonly wbemPrograms: readonly string[]
  readonly programExtensions: readonly string[]
  readonly logFolders: readonly string[]
  readonly webRoots: readonly string[]
  readonly startupFolders: readonly string[]
  readonly scriptExtensions: readonly string[]
  readonly codeInText: readonly string[]
}

/** One thing that a payload does or is, with the words for a person. */
export interface PayloadFeature {
  /** Feature id of the weights file. */
  readonly id: string
  readonly text: string
}

/** What kind of consumer the payload belongs to. */
export type PayloadKind = 'command' | 'script' | 'log-file' | 'mail' | 'event-log' | 'unknown'

/** A consumer's payload taken apart. */
export interface Payload {
  readonly kind: PayloadKind
  /** The payload as written: command line, script, text. */
  readonly text: string
  readonly command?: CommandParts
  readonly layers: readonly DecodedLayer[]
  readonly features: readonly PayloadFeature[]
  readonly indicators: readonly Indicator[]
  /** Network access or code loaded into memory: what rule 2 of SCORING means. */
  readonly reachesOut: boolean
  /** Code that is unpacked or fetched into memory, or that shows only after decoding. */
  readonly hidesCode: boolean
}
