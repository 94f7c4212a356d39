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
  'powershell',
  'defender-process',
  'defender-file',
  'defender-registry',
  'defender-wmi',
] as const
export type Signal = (typeof SIGNALS)[number]

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
  /** Evidence files, relative to the folder. */
  readonly evidence: readonly string[]
  /** `now()` of the run, ISO 8601. */
  readonly at: string
  readonly rows: number
  /** Each must be found in a row of its own: output column → value as JSON has it. */
  readonly expect: readonly Readonly<Record<string, unknown>>[]
}
