import type { Diagnostic } from '../diagnostics/index.ts'
import {
  createInvestigation,
  type Finding,
  type JudgementContext,
  judge,
  type SubscriptionFacts,
} from '../findings/index.ts'
import { defaultSelection, type ReadProgress, type RecordSink, readEvidence } from '../records/index.ts'
import { buildReport, type ScanReport } from '../reports/index.ts'

export interface ScanOptions {
  /** Version of the tool for the report's `tool` entry. */
  readonly version: string
  /** SHA-256 of every file. Default true. */
  readonly hash?: boolean
  /** Carve deleted remains. Default true. */
  readonly recover?: boolean
  readonly judgement?: JudgementContext
  readonly progress?: (state: ReadProgress) => void
  /** Stops reading; the report then covers what was read and is marked `partial`. */
  readonly signal?: AbortSignal
  /** Time for the report's `generated`; the clock is the caller's. */
  readonly now: Date
}

/** What a scan gives: the report, and the judged subscriptions it was made from, for those who go on with them. */
export interface ScanResult {
  readonly report: ScanReport
  readonly findings: readonly Finding[]
}

/**
 * Evidence to report in one call: reads everything under the paths once, reconstructs every subscription, judges each.
 * Throws `InputError` only when a path itself cannot be used; everything else becomes a diagnostic in the report.
 */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<ScanResult> {
  const started = performance.now()
  const diagnostics: Diagnostic[] = []
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic)
  }
  const investigation = createInvestigation({ report })
  const sink: RecordSink = {
    event: (event) => investigation.addEvent(event),
    row: (row) => investigation.addRow(row),
    mof: (text) => investigation.addMof(text),
    repository: (files) => investigation.addRepository(files),
    inventory: (entry) => investigation.addInventory(entry),
  }
  const evidence = await readEvidence(paths, {
    selection: defaultSelection,
    sink,
    report,
    hash: options.hash ?? true,
    recover: options.recover ?? true,
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const { subscriptions, dismissed, blindSpots } = investigation.finish()
  const findings = subscriptions.map((facts: SubscriptionFacts) => ({
    facts,
    judgement: judge(facts, options.judgement),
  }))
  return {
    findings,
    report: buildReport({
      version: options.version,
      generated: options.now.toISOString(),
      evidence,
      findings,
      dismissed,
      blindSpots,
      diagnostics,
      seconds: (performance.now() - started) / 1000,
      partial: options.signal?.aborted ?? false,
    }),
  }
}
