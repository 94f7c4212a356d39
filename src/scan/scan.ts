import { type PackResult, PackRun, readAllowList } from '../detections/index.ts'
import type { Diagnostic, Report } from '../diagnostics/index.ts'
import {
  type Baseline,
  createInvestigation,
  type Finding,
  fingerprintOf,
  type InvestigationResult,
  type JudgementContext,
  judge,
  rarityFrom,
  updateBaseline,
} from '../findings/index.ts'
import { defaultSelection, type ReadProgress, type RecordSink, readEvidence } from '../records/index.ts'
import { buildReport, type ScanReport } from '../reports/index.ts'
import { withDetections } from './join-detections.ts'

export interface ScanOptions {
  /** Version of the tool for the report's `tool` entry. */
  readonly version: string
  /** SHA-256 of every file. Default true. */
  readonly hash?: boolean
  /** Carve deleted remains. Default true. */
  readonly recover?: boolean
  /** Run the detection pack over the tables of the evidence. Default false: it opens a database. */
  readonly rules?: boolean
  /** What the rules read as their allow list, a CSV in the shape of the watchlist. Default: the shipped one, which is empty. */
  readonly ruleAllowList?: string
  readonly judgement?: JudgementContext
  /** What the estate was seen to hold before: rare and new stands out, everywhere and old does not. */
  readonly baseline?: Baseline
  readonly progress?: (state: ReadProgress) => void
  /**
   * Stops reading and the rules; the report then covers what was read and is marked `partial`.
   */
  readonly signal?: AbortSignal
  /** Time for the report's `generated`; the clock is the caller's. */
  readonly now: Date
}

/** What a scan gives: the report, and the judged subscriptions it was made from, for those who go on with them. */
export interface ScanResult {
  readonly report: ScanReport
  readonly findings: readonly Finding[]
  /** The given baseline with this run added. */
  readonly baseline?: Baseline
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
  const { ruleAllowList } = options
  const allowList = ruleAllowList === undefined ? {} : { allowList: readAllowList(ruleAllowList) }
  const pack = options.rules === true ? new PackRun({ report, ...allowList }) : undefined
  const sink: RecordSink = {
    event: (event) => {
      investigation.addEvent(event)
      pack?.event(event)
    },
    row: (row) => {
      investigation.addRow(row)
      pack?.row(row)
    },
    mof: (text) => investigation.addMof(text),
    repository: (files) => investigation.addRepository(files),
    inventory: (entry) => investigation.addInventory(entry),
    log: (coverage) => investigation.addLog(coverage),
  }
  const evidence = await readEvidence(paths, {
    selection: defaultSelection,
    sink,
    report,
    hash: options.hash ?? true,
    recover: options.recover ?? true,
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch(async (error: unknown) => {
    await pack?.close()
    throw error
  })
  const found = investigation.finish()
  const baseline = options.baseline && addToBaseline(options.baseline, found, options.now)
  const context: JudgementContext = {
    now: options.now.toISOString(),
    ...options.judgement,
    ...(options.baseline && baseline
      ? rarityFrom(options.baseline, baseline, options.now.toISOString())
      : {}),
  }
  const findings = found.subscriptions.map((facts) => ({ facts, judgement: judge(facts, context) }))
  const matched = await runPack(pack, options, report)
  const built = buildReport({
    version: options.version,
    generated: options.now.toISOString(),
    evidence,
    findings,
    dismissed: found.dismissed,
    blindSpots: found.blindSpots,
    // Rules that an interrupt left behind may still report.
    diagnostics: [...diagnostics],
    seconds: (performance.now() - started) / 1000,
    partial: options.signal?.aborted ?? false,
  })
  return {
    findings,
    ...(baseline === undefined ? {} : { baseline }),
    report: matched === undefined ? built : withDetections(built, matched),
  }
}

/** What the rules matched; nothing, and a diagnostic that says so, where they did not run to their end. */
async function runPack(
  pack: PackRun | undefined,
  { now, signal }: ScanOptions,
  report: Report,
): Promise<PackResult | undefined> {
  if (pack === undefined) return undefined
  try {
    // Ending a query and closing a database take their time, which nobody waits for who wants to stop.
    const result =
      signal?.aborted === true
        ? void pack.close().catch(() => undefined)
        : await Promise.race([pack.finish(now, signal), aborted(signal)])
    if (result !== undefined) return result
    report({
      code: 'detections/pack-failed',
      severity: 'warning',
      message: 'interrupted before the detection pack had run: no rule is reported, fired or not',
    })
  } catch (error) {
    // The structured answer stands by itself: a database that does not load must not cost it.
    report({
      code: 'detections/pack-failed',
      severity: 'error',
      message: `the detection pack did not run: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'the subscriptions above are complete; --no-rules leaves the pack out',
    })
  }
  return undefined
}

function aborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/** Every host the evidence names counts, also one without any subscription: prevalence is a share of all. */
function addToBaseline(baseline: Baseline, found: InvestigationResult, now: Date): Baseline {
  const hosts = [...found.subscriptions, ...found.blindSpots].flatMap((item) => item.host ?? [])
  const sightings = found.subscriptions.flatMap((facts) => {
    const fingerprint = fingerprintOf(facts)?.full
    if (fingerprint === undefined) return []
    const title = [facts.filter?.name, facts.consumer?.name].filter((name) => name !== undefined).join(' → ')
    return [
      {
        fingerprint,
        ...(facts.host === undefined ? {} : { host: facts.host }),
        ...(title === '' ? {} : { title }),
      },
    ]
  })
  return updateBaseline(baseline, [...new Set(hosts)], sightings, now.toISOString())
}
