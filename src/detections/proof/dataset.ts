import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { InputError, type Report } from '../../diagnostics/index.ts'
import { loadUserRows, type TableSink } from '../../query/index.ts'
import type { EventRecord } from '../../records/event.ts'
import { readEvidence } from '../../records/index.ts'
import { type Scenario, scenarioRecords, scenarios, tableRows, WORKSTATION } from '../../simulation/index.ts'
import { canonicalTableName } from '../../tables/index.ts'
import type { Source } from '../model.ts'

/** What one run of the rules is fed with. Two of the same content are the same run. */
export interface Dataset {
  readonly scenario?: string
  /** Only what these sources recorded of the scenario. Absent: all of them. */
  readonly sources?: readonly Source[]
  /** Absolute paths of evidence files. */
  readonly files: readonly string[]
}

/** The scenario of an id. Throws `InputError` (`detections/scenario`) where there is none. */
export function scenarioOf(id: string): Scenario {
  const found = scenarios.find((scenario) => scenario.id === id)
  if (found !== undefined) return found
  throw new InputError('detections/scenario', `there is no scenario ${id}`, undefined, {
    hint: `there are ${scenarios.map((scenario) => scenario.id).join(', ')}`,
  })
}

const PROVIDERS: Readonly<Record<Exclude<Source, 'defender'>, RegExp>> = {
  sysmon: /^microsoft-windows-sysmon$/i,
  'wmi-activity': /^microsoft-windows-wmi-activity$/i,
  security: /^microsoft-windows-security-auditing$/i,
  powershell: /^(?:microsoft-windows-powershell|powershell|powershellcore)$/i,
}

/** Milliseconds between 1601 and 1970. */
const EPOCH_MS = 11_644_473_600_000
const TICKS_PER_MS = 10_000n

/** Fills the sink; returns the time of the last record in milliseconds since 1970, 0 where none has a time. */
export async function fillFrom(dataset: Dataset, sink: TableSink, report: Report): Promise<number> {
  let last = 0
  const note = (ticks: bigint | undefined): void => {
    if (ticks !== undefined) last = Math.max(last, Number(ticks / TICKS_PER_MS) - EPOCH_MS)
  }
  const event = (record: EventRecord): void => {
    note(record.timeFiletime)
    sink.event(record)
  }
  if (dataset.scenario !== undefined) fillFromScenario(dataset.scenario, dataset.sources, sink, event, note)
  for (const path of dataset.files) last = Math.max(last, await fillFromFile(path, sink, event, report))
  return last
}

function fillFromScenario(
  id: string,
  sources: readonly Source[] | undefined,
  sink: TableSink,
  event: (record: EventRecord) => void,
  note: (ticks: bigint | undefined) => void,
): void {
  const records = scenarioRecords(scenarioOf(id))
  for (const record of records) note(record.timeFiletime)
  const wanted = sources ?? (['sysmon', 'wmi-activity', 'security', 'powershell'] as const)
  for (const source of wanted) {
    if (source === 'defender') fillFromDefender(records, sink)
    else records.filter((record) => PROVIDERS[source].test(record.provider ?? '')).forEach(event)
  }
}

function fillFromDefender(records: readonly EventRecord[], sink: TableSink): void {
  for (const [table, rows] of tableRows(records, WORKSTATION)) {
    if (!table.startsWith('Device')) continue
    rows.forEach((row, index) => {
      sink.row({
        evidence: 'simulated',
        rowNumber: index + 1,
        table,
        columns: Object.keys(row),
        values: Object.values(row),
      })
    })
  }
}

async function fillFromFile(
  path: string,
  sink: TableSink,
  event: (record: EventRecord) => void,
  report: Report,
): Promise<number> {
  if (!existsSync(path)) {
    throw new InputError('detections/missing-file', 'the evidence of a test does not exist', {
      in: 'file',
      source: path,
    })
  }
  const table = canonicalTableName(basename(path).split('.')[0] ?? '')
  if (table !== undefined && /\.(?:jsonl?|csv|tsv)$/i.test(path)) {
    loadUserRows(sink, table, path)
    return 0
  }
  let last = 0
  await readEvidence([path], {
    selection: 'all',
    hash: false,
    report,
    sink: {
      event,
      row(row) {
        const at = row.columns.findIndex((column) => /^(?:TimeGenerated|Timestamp)\b/i.test(column))
        const time = Date.parse(String(row.values[at] ?? ''))
        if (Number.isFinite(time)) last = Math.max(last, time)
        sink.row(row)
      },
    },
  })
  return last
}

/** The files of a test, absolute. */
export function testFiles(folder: string, files: readonly string[]): string[] {
  return files.map((file) => join(folder, file))
}
