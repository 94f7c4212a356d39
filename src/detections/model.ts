/**
 * A detection as this project keeps it: one folder with `detection.yaml`, `query.kql` and `evidence/`. Everything a
 * platform's rule file needs is here once; exports only rearrange it.
 */
export interface Detection {
  /** Folder name, stable: `wmi-subscription-bound`. */
  readonly id: string
  /** GUID of the rule on platforms that want one; never changes between versions. */
  readonly guid: string
  readonly title: string
  readonly description: string
  /** `major.minor.patch`; raised with every change of content. */
  readonly version: string
  readonly kind: DetectionKind
  readonly severity: RuleSeverity
  readonly status: 'stable' | 'experimental' | 'baseline'
  readonly technique: string
  readonly tactics: readonly string[]
  /** Tables the query reads, with what fills them. */
  readonly tables: readonly RequiredTable[]
  readonly schedule?: Schedule
  readonly grouping: 'alert-per-result' | 'single-alert'
  readonly entities: readonly EntityMapping[]
  /** Detail name → output column. */
  readonly customDetails: Readonly<Record<string, string>>
  readonly alert?: AlertOverride
  readonly falsePositives: readonly string[]
  /** What the rule cannot see, for a person who relies on it. */
  readonly blindSpots: readonly string[]
  readonly tuning: readonly TuningKnob[]
  readonly references: readonly string[]
  /** Ways the query can be shipped beside Sentinel: absent where it cannot. */
  readonly defender?: DefenderForm
  /** Telemetry that can trigger it, for the coverage matrix. */
  readonly signals: readonly Signal[]
  /** Present when the same query also ships as a near-real-time rule, under an id of its own. */
  readonly nrt?: { readonly guid: string }
  /** Simulated scenarios that must fire it, with every source that alone suffices; in all other sources it is silent. */
  readonly fires: readonly ExpectedFiring[]
  readonly tests: readonly DetectionTest[]
  readonly notes?: string
  /** Text of `query.kql`, trailing white space removed. */
  readonly query: string
  /** Absolute path of the folder. */
  readonly folder: string
}

export type DetectionKind = 'scheduled' | 'nrt' | 'hunting'
/** Sentinel and Defender know no `critical`. */
export type RuleSeverity = 'informational' | 'low' | 'medium' | 'high'

/** The telemetry that a row of evidence can come from: the columns of the coverage matrix. */
export const SIGNALS = [
  'sysmon-process',
  'sysmon-file',
  'sysmon-registry',
  'sysmon-wmi',
  'wmi-activity',
  'security-process',
  'security-file',
  'security-registry',
  'powershell',
  'defender-process',
  'defender-file',
  'defender-registry',
  'defender-wmi',
] as const
export type Signal = (typeof SIGNALS)[number]

/** Telemetry as an estate has it or has not: the columns of the proof's matrix. */
export const SOURCES = ['sysmon', 'wmi-activity', 'security', 'powershell', 'defender'] as const
export type Source = (typeof SOURCES)[number]

/** The source that a signal is part of. */
export function sourceOf(signal: Signal): Source {
  return SOURCES.find((source) => signal === source || signal.startsWith(`${source}-`)) ?? 'defender'
}

export interface ExpectedFiring {
  /** Id of the scenario. */
  readonly scenario: string
  readonly sources: readonly Source[]
}

export interface RequiredTable {
  readonly name: string
  /** Sentinel data connector ids that fill it. */
  readonly connectors: readonly string[]
  /** How to turn the telemetry on. */
  readonly enable: string
}

/** Durations as Sentinel's YAML writes them: `5m`, `1h`, `14d`. */
export interface Schedule {
  readonly frequency: string
  readonly period: string
  readonly operator: 'gt' | 'lt' | 'eq' | 'ne'
  readonly threshold: number
}

export interface EntityMapping {
  readonly type: string
  /** Identifier → output column. */
  readonly fields: Readonly<Record<string, string>>
}

export interface AlertOverride {
  readonly title?: string
  readonly description?: string
  /** Output column that holds the severity of this row. */
  readonly severityColumn?: string
}

export interface TuningKnob {
  readonly name: string
  readonly default: string
  readonly effect: string
}

export interface DefenderForm {
  /** ISO 8601: `PT1H`, `PT0S` for continuous. */
  readonly frequency: string
  /** Another query file where Defender needs different text; relative to the folder. */
  readonly queryFile?: string
  /** Text of that file; the detection's own query where there is none. */
  readonly query: string
}

/** One proof: the rule over one piece of evidence gives so many rows, and among them these. */
export interface DetectionTest {
  readonly name: string
  /** Evidence files, relative to the folder; a file named as a table (`DeviceEvents.jsonl`) holds rows of that table. */
  readonly evidence: readonly string[]
  /** A simulated scenario, beside or instead of files. */
  readonly scenario?: string
  /** Only what these sources recorded of the scenario; absent: all. */
  readonly sources?: readonly Source[]
  /**
   * `now()` of the run, ISO 8601; the query then runs as written. Absent: now is an hour after the last record, and the
   * look-back of the pack's rules (`let LookBack = …;`) covers all evidence.
   */
  readonly at?: string
  readonly rows: number
  /** Each must be found in a row of its own: output column → value as JSON has it. */
  readonly expect: readonly Readonly<Record<string, unknown>>[]
}
