import type { Diagnostic } from '../diagnostics/index.ts'
import type {
  BlindSpot,
  Confidence,
  Dismissed,
  Explanation,
  Finding,
  Reason,
  Severity,
  Sighting,
  State,
  Verdict,
} from '../findings/model.ts'
import type { CimValue } from '../lang/cim-value.ts'
import type { EvidenceItem } from '../records/read.ts'

export const REPORT_SCHEMA = 'triad.report/1'

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational']
export const VERDICTS: readonly Verdict[] = ['malicious', 'suspicious', 'unknown', 'known-good']

/** A CIM value as JSON can hold it: integers beyond 2^53 as text, embedded instances as objects. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** One subscription in the report. Absent values are left out, never `""`. */
export interface ReportSubscription {
  readonly id: string
  readonly host?: string
  readonly namespace?: string
  readonly filter?: {
    readonly name?: string
    readonly query?: string
    readonly queryLanguage?: string
    readonly eventNamespace?: string
    readonly creatorSid?: string
    readonly eventAccess?: string
  }
  readonly consumer?: {
    readonly class?: string
    readonly name?: string
    readonly properties: Readonly<Record<string, JsonValue>>
    readonly creatorSid?: string
    readonly superclasses?: readonly string[]
  }
  readonly binding?: { readonly filter?: string; readonly consumer?: string; readonly creatorSid?: string }
  readonly timer?: {
    readonly class: string
    readonly timerId: string
    readonly intervalMilliseconds?: number
    readonly eventDateTime?: string
  }
  readonly complete: boolean
  readonly state: State
  readonly user?: string
  readonly firstSeen?: string
  readonly lastSeen?: string
  readonly verdict: Verdict
  readonly severity: Severity
  readonly confidence: Confidence
  readonly score: number
  readonly reasons: readonly Reason[]
  readonly explanation: Explanation
  readonly sightings: readonly Sighting[]
  /** Contents that were overwritten, oldest first. */
  readonly earlier?: readonly JsonValue[]
  readonly fingerprint?: string
  readonly decoded?: readonly { readonly how: string; readonly text: string }[]
  readonly indicators?: readonly { readonly kind: string; readonly value: string }[]
  /** Present when a team's allow list covers it: who answers for that, why, until when. */
  readonly allowed?: { readonly owner?: string; readonly reason?: string; readonly expires?: string }
  /** Rules of the pack that fired on it; and for a silent pack, what would have to be switched on. */
  readonly rules?: { readonly fired: readonly string[]; readonly wouldNeed?: readonly string[] }
  readonly attack: { readonly technique: 'T1546.003'; readonly tactics: readonly string[] }
}

/** One row that a rule of the detection pack returned. */
export interface ReportDetection {
  readonly rule: string
  readonly title: string
  readonly severity: Severity
  readonly table: string
  readonly time?: string
  readonly host?: string
  readonly account?: string
  readonly subscription?: string
  readonly row: Readonly<Record<string, JsonValue>>
  readonly from: readonly {
    readonly evidence: string
    readonly recordId?: number
    readonly offset?: number
  }[]
}

export interface ReportSummary {
  readonly verdicts: Readonly<Record<Verdict, number>>
  readonly severities: Readonly<Record<Severity, number>>
  readonly subscriptions: number
  readonly complete: number
  readonly hosts: number
  readonly evidence: { readonly files: number; readonly skipped: number; readonly bytes: number }
  readonly records: { readonly read: number; readonly relevant: number; readonly damaged: number }
  readonly dismissed: number
  /** Known good by the team's own allow list. */
  readonly suppressed: number
  readonly seconds: number
  readonly megabytesPerSecond: number
}

/** The whole report: `docs/report.schema.json` is its JSON Schema. */
export interface ScanReport {
  readonly schema: typeof REPORT_SCHEMA
  readonly generated: string
  readonly tool: { readonly name: 'triad'; readonly version: string }
  readonly evidence: readonly EvidenceItem[]
  readonly subscriptions: readonly ReportSubscription[]
  readonly detections: readonly ReportDetection[]
  readonly dismissed: readonly Dismissed[]
  readonly blindSpots: readonly BlindSpot[]
  readonly diagnostics: readonly Diagnostic[]
  readonly summary: ReportSummary
  /** True when the run was interrupted: what is here is right, but not all was read. */
  readonly partial?: true
}

export interface ReportInput {
  readonly version: string
  readonly generated: string
  readonly evidence: readonly EvidenceItem[]
  readonly findings: readonly Finding[]
  readonly detections?: readonly ReportDetection[]
  readonly dismissed: readonly Dismissed[]
  readonly blindSpots: readonly BlindSpot[]
  readonly diagnostics: readonly Diagnostic[]
  readonly seconds: number
  readonly partial?: boolean
}

/** Puts the report together: worst first, then by host, name and id, so that two runs give the same order. */
export function buildReport(input: ReportInput): ScanReport {
  const subscriptions = input.findings.map(reportSubscription).sort(bySeverity)
  return {
    schema: REPORT_SCHEMA,
    generated: input.generated,
    tool: { name: 'triad', version: input.version },
    evidence: input.evidence,
    subscriptions,
    detections: input.detections ?? [],
    dismissed: input.dismissed,
    blindSpots: input.blindSpots,
    diagnostics: input.diagnostics,
    summary: summarise(input, subscriptions),
    ...(input.partial ? { partial: true as const } : {}),
  }
}

/** A finding with everything absent left out. */
export function reportSubscription({ facts, judgement }: Finding): ReportSubscription {
  return {
    id: facts.id,
    ...optional('host', facts.host),
    ...optional('namespace', facts.namespace),
    ...optional('filter', facts.filter && withoutEmpty(facts.filter)),
    ...optional(
      'consumer',
      facts.consumer && {
        ...withoutEmpty(facts.consumer),
        properties: Object.fromEntries(
          Object.entries(facts.consumer.properties).map(([name, value]) => [name, jsonValue(value)]),
        ),
      },
    ),
    ...optional('binding', facts.binding && withoutEmpty(facts.binding)),
    ...optional('timer', facts.timer && withoutEmpty(facts.timer)),
    complete: facts.complete,
    state: facts.state,
    ...optional('user', facts.user),
    ...optional('firstSeen', facts.firstSeen),
    ...optional('lastSeen', facts.lastSeen),
    verdict: judgement.verdict,
    severity: judgement.severity,
    confidence: judgement.confidence,
    score: judgement.score,
    reasons: judgement.reasons,
    explanation: judgement.explanation,
    sightings: facts.sightings,
    ...(facts.earlier && facts.earlier.length > 0
      ? { earlier: facts.earlier.map((entry) => jsonValue(entry as unknown as CimValue)) }
      : {}),
    ...optional('fingerprint', judgement.fingerprint),
    ...optional('allowed', judgement.allowed),
    ...(judgement.decoded && judgement.decoded.length > 0 ? { decoded: judgement.decoded } : {}),
    ...(judgement.indicators && judgement.indicators.length > 0 ? { indicators: judgement.indicators } : {}),
    attack: { technique: 'T1546.003', tactics: ['privilege-escalation', 'persistence'] },
  }
}

/** JSON form of a CIM value: `bigint` beyond 2^53 becomes text, embedded instances become objects with `__CLASS`. */
export function jsonValue(value: CimValue | undefined): JsonValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') {
    return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
      ? Number(value)
      : value.toString()
  }
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => jsonValue(item as CimValue))
  if ('className' in value && 'properties' in value && Array.isArray(value.properties)) {
    return {
      __CLASS: value.className,
      ...Object.fromEntries(value.properties.map((property) => [property.name, jsonValue(property.value)])),
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item as CimValue)]))
}

function bySeverity(a: ReportSubscription, b: ReportSubscription): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    b.score - a.score ||
    compare(a.host, b.host) ||
    compare(a.consumer?.name, b.consumer?.name) ||
    compare(a.filter?.name, b.filter?.name) ||
    compare(a.id, b.id)
  )
}

/** By code units, not by locale: the same order on every machine. */
function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function summarise(input: ReportInput, subscriptions: readonly ReportSubscription[]): ReportSummary {
  const count = <K extends string>(
    keys: readonly K[],
    of: (item: ReportSubscription) => K,
  ): Record<K, number> =>
    Object.fromEntries(
      keys.map((key) => [key, subscriptions.filter((item) => of(item) === key).length]),
    ) as Record<K, number>
  // Members of an archive are listed beside it: count their bytes, not the container's again.
  const files = input.evidence.filter((item) => item.kind !== 'archive')
  const total = (of: (item: EvidenceItem) => number): number =>
    input.evidence.reduce((sum, item) => sum + of(item), 0)
  const bytes = files.reduce((sum, item) => sum + item.sizeBytes, 0)
  return {
    verdicts: count(VERDICTS, (item) => item.verdict),
    severities: count(SEVERITIES, (item) => item.severity),
    subscriptions: subscriptions.length,
    complete: subscriptions.filter((item) => item.complete).length,
    hosts: new Set(
      subscriptions.flatMap((item) => (item.host === undefined ? [] : [item.host.toLowerCase()])),
    ).size,
    evidence: {
      files: files.length,
      skipped: files.filter((item) => item.skipped !== undefined).length,
      bytes,
    },
    records: {
      read: total((item) => item.records.read),
      relevant: total((item) => item.records.relevant),
      damaged: total((item) => item.records.damaged),
    },
    dismissed: input.dismissed.length,
    suppressed: subscriptions.filter((item) => item.allowed !== undefined).length,
    seconds: Math.round(input.seconds * 1000) / 1000,
    megabytesPerSecond: input.seconds > 0 ? Math.round(bytes / 1e5 / input.seconds) / 10 : 0,
  }
}

function optional<K extends string, V>(key: K, value: V | undefined | ''): { [P in K]?: V } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [P in K]: V })
}

function withoutEmpty<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined && item !== ''),
  ) as T
}
