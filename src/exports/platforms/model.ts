import type { Signal } from '../../detections/index.ts'

/**
 * A detection of the technique without a platform's words: which event, which conditions on its facts, what is
 * correlated. The emitters write it in each platform's language. Source of the design: PLATFORMS 0.
 */
export interface PlatformRule {
  readonly id: string
  readonly guid: string
  readonly title: string
  readonly description: string
  readonly severity: 'informational' | 'low' | 'medium' | 'high'
  /** The telemetry that it rests on. */
  readonly signal: Signal
  readonly body: SingleBody | CorrelationBody
  readonly falsePositives: readonly string[]
  readonly blindSpots: readonly string[]
  /** Rules of the KQL pack that say the same of the same telemetry, in part or in whole. */
  readonly implements: readonly string[]
}

export interface SingleBody {
  readonly kind: 'single'
  readonly source: EventSource
  /** All must hold. */
  readonly where: readonly Predicate[]
}

export interface CorrelationBody {
  readonly kind: 'correlation'
  /** Ids of single rules; each must match once. */
  readonly rules: readonly string[]
  readonly by: readonly Fact[]
  /** `10m`, `1h`. */
  readonly within: string
  /** In the order in which `rules` lists them. */
  readonly ordered: boolean
}

export const SOURCES = [
  'sysmon-wmi-filter',
  'sysmon-wmi-consumer',
  'sysmon-wmi-binding',
  'wmi-activity-binding',
  'wmi-activity-provider',
  'process',
  'registry',
  'file',
  'script-block',
  'pipeline',
] as const
export type EventSource = (typeof SOURCES)[number]

export const FACTS = [
  'host',
  'operation',
  'consumer-type',
  'consumer-destination',
  'binding-consumer',
  'bound-filter',
  'bound-consumer',
  'possible-cause',
  'provider-name',
  'image-name',
  'original-name',
  'parent-name',
  'command-line',
  'registry-path',
  'registry-data',
  'file-path',
  'acting-image',
  'script-text',
  'pipeline-text',
] as const
export type Fact = (typeof FACTS)[number]

export type Match = 'is' | 'contains' | 'starts' | 'ends'

/** Every comparison is without case: Windows, WMI and PowerShell do not know any. */
export interface Leaf {
  readonly kind: 'leaf'
  readonly fact: Fact
  readonly match: Match
  /** One of these. */
  readonly values: readonly string[]
}

export type Predicate =
  | Leaf
  /** `not`: not all of them hold. */
  | { readonly kind: 'any' | 'all' | 'not'; readonly of: readonly Predicate[] }

/** One file that an export writes; `path` is relative, with `/`. */
export interface ExportFile {
  readonly path: string
  readonly text: string
}

/** A rule that a platform cannot take, with the reason for a person. */
export interface LeftOut {
  readonly rule: string
  readonly why: string
}

export interface PlatformExport {
  readonly files: readonly ExportFile[]
  readonly leftOut: readonly LeftOut[]
}

/** What a platform gives, with the rules of which it sees only some of the ways to match. */
export interface CheckedExport extends PlatformExport {
  readonly narrowed: readonly LeftOut[]
}
