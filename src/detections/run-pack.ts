import { isoToFiletime } from '../bytes/index.ts'
import type { Report } from '../diagnostics/index.ts'
import { InputError } from '../diagnostics/index.ts'
import type { KustoValue, QueryTable, UserTable } from '../query/index.ts'
import type { EventRecord, ExportRow } from '../records/event.ts'
import { canonicalTableName } from '../tables/index.ts'
import type { Detection, RuleSeverity, Signal } from './model.ts'
import { loadPack, readAllowList, withoutWindow } from './pack.ts'
import { signalOfEvent, signalsOfTable } from './record-signal.ts'
import { RuleDatabase, type RuleRow } from './rule-database.ts'

/** A record that a match was made from. */
export interface MatchOrigin {
  readonly evidence: string
  readonly recordId?: number
  readonly offset?: number
}

/** One row that a rule of the pack returned. */
export interface RuleMatch {
  readonly rule: Detection
  readonly severity: RuleSeverity
  readonly table: string
  readonly time?: string
  readonly host?: string
  readonly account?: string
  readonly row: RuleRow
  readonly from: readonly MatchOrigin[]
}

export interface PackRunOptions {
  readonly report: Report
  /** Allow list in the shape of the watchlist. Default: the shipped one, which is empty. */
  readonly allowList?: UserTable
}

/** A machine under one name, whether a source writes it short or with its domain. */
export function hostKey(host: string | undefined): string {
  return (host ?? '').toLowerCase().split('.')[0] ?? ''
}

export interface PackResult {
  readonly matches: readonly RuleMatch[]
  /** The rules that were loaded, run or not. */
  readonly rules: readonly Detection[]
  /** Telemetry that the evidence held, by host: {@link hostKey}. */
  readonly signals: ReadonlyMap<string, ReadonlySet<Signal>>
}

/**
 * Tables that events fill. Rules read a thing from whichever table an estate has it in; here once is enough, and building the XML
 * text of `Event` for every process start would cost more than all rules.
 */
const TABLES_OF = {
  host: ['DeviceProcessEvents', 'DeviceFileEvents', 'DeviceRegistryEvents'],
  wmi: ['DeviceEvents', 'Event'],
  script: ['Event'],
} as const
type Group = keyof typeof TABLES_OF

function groupOf(signal: Signal): Group {
  if (signal === 'powershell') return 'script'
  return signal === 'wmi-activity' || signal === 'sysmon-wmi' ? 'wmi' : 'host'
}

const TABLES_FROM_EVENTS: ReadonlySet<string> = new Set(Object.values(TABLES_OF).flat())

/** Evidence can be written so that a join of a rule with itself never ends: a rule gets this long. The slowest real one took 4 s. */
const RULE_TIMEOUT_MS = 120_000

/**
 * Runs the pack over evidence that is being read: `event` and `row` are methods of a RecordSink, the database opens beside the
 * reading, and `finish` runs every rule whose telemetry was met. Rules for reading the estate (hunting) and the baseline are not run.
 */
export class PackRun {
  readonly #report: Report
  readonly #rules: readonly Detection[]
  readonly #options: PackRunOptions
  readonly #signals = new Set<Signal>()
  readonly #byHost = new Map<string, Set<Signal>>()
  #database: RuleDatabase | undefined
  readonly #events: Partial<Record<Group, ReturnType<RuleDatabase['sink']>>> = {}
  #rows: ReturnType<RuleDatabase['sink']> | undefined

  constructor(options: PackRunOptions) {
    this.#options = options
    this.#report = options.report
    this.#rules = loadPack(options.report).filter(
      (rule) => rule.kind !== 'hunting' && rule.status !== 'baseline',
    )
  }

  event(event: EventRecord): void {
    const signal = signalOfEvent(event.provider, event.eventId)
    if (signal === undefined) return
    this.#note(event.computer, signal)
    const group = groupOf(signal)
    this.#events[group] ??= this.#open().sink({ tables: TABLES_OF[group], report: this.#report })
    this.#events[group].event(event)
  }

  row(row: ExportRow): void {
    const table = canonicalTableName(row.table)
    const signals = table === undefined ? [] : signalsOfTable(table)
    if (signals.length === 0) return
    const host = row.columns.findIndex((column) => /^(?:Computer|DeviceName)$/i.test(column))
    const named = row.values[host]
    for (const signal of signals) this.#note(typeof named === 'string' ? named : undefined, signal)
    this.#rows ??= this.#open().sink({ report: this.#report })
    this.#rows.row(row)
  }

  /**
   * Runs the rules. A rule that fails is reported and stops none of the others; an aborted `signal` stops all, and is
   * thrown.
   */
  async finish(now: Date, signal?: AbortSignal): Promise<PackResult> {
    const result = { rules: this.#rules, signals: this.#byHost }
    if (this.#database === undefined) return { ...result, matches: [] }
    const database = this.#database
    try {
      for (const sink of Object.values(this.#events)) await sink.finish()
      await this.#rows?.finish()
      signal?.throwIfAborted()
      const found: Found[] = []
      for (const rule of this.#rules) {
        if (rule.signals.some((signal) => this.#signals.has(signal))) {
          found.push(...(await this.#run(database, rule, now.getTime(), signal)))
        }
      }
      return { ...result, matches: await withOrigins(database, found, this.#rows !== undefined) }
    } catch (error) {
      // Without a database the subscriptions are still reported; that no rule ran must not pass for silence.
      this.#tell(error, 'the rules did not run')
      return { ...result, matches: [] }
    } finally {
      await database.close().catch(() => undefined)
    }
  }

  /** Ends the run without a result. */
  async close(): Promise<void> {
    await this.#database?.close()
  }

  #note(host: string | undefined, signal: Signal): void {
    this.#signals.add(signal)
    const key = hostKey(host)
    const known = this.#byHost.get(key)
    if (known === undefined) this.#byHost.set(key, new Set([signal]))
    else known.add(signal)
  }

  #open(): RuleDatabase {
    this.#database ??= new RuleDatabase({ watchlists: [this.#options.allowList ?? readAllowList()] })
    return this.#database
  }

  async #run(
    database: RuleDatabase,
    rule: Detection,
    atMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Found[]> {
    try {
      const { rows } = await database.run(withoutWindow(rule.query), {
        atMs,
        source: rule.id,
        timeoutMs: RULE_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      })
      return rows.map((row) => ({ rule, row }))
    } catch (error) {
      this.#tell(error, `rule ${rule.id}`)
      return []
    }
  }

  /** An error of a query or the database as a warning; anything else is a fault of ours. */
  #tell(error: unknown, what: string): void {
    if (!(error instanceof InputError)) throw error
    const { at: _, ...diagnostic } = error.toDiagnostic()
    this.#report({ ...diagnostic, severity: 'warning', message: `${what}: ${diagnostic.message}` })
  }
}

interface Found {
  readonly rule: Detection
  readonly row: RuleRow
}

/** A match of thousands of records of one moment is flooding; the first of them lead back far enough. */
const MAX_ORIGINS = 100

const text = (value: KustoValue | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** What a look-up of origins is given, in the way of a watchlist: the number of the match, its time, its host in lower case. */
export const MATCH_KEYS: QueryTable = {
  name: 'RuleMatchKeys',
  sqlName: '$watchlist_RuleMatchKeys',
  columns: [
    { name: 'Match', type: 'long' },
    { name: 'Time', type: 'datetime' },
    { name: 'Host', type: 'string' },
  ],
}

interface OriginTable {
  readonly name: string
  readonly time: 'Timestamp' | 'TimeGenerated'
  readonly host: 'DeviceName' | 'Computer'
  /** Expression for the provider and event id, of tables of Windows events. */
  readonly kind: string
}

const device = (name: string): OriginTable => ({ name, time: 'Timestamp', host: 'DeviceName', kind: "''" })

/** Tables that matches are looked up in, the plainest record of a thing first. */
export const ORIGIN_TABLES: readonly OriginTable[] = [
  { name: 'Event', time: 'TimeGenerated', host: 'Computer', kind: "strcat(Source, ' ', EventID)" },
  { name: 'WindowsEvent', time: 'TimeGenerated', host: 'Computer', kind: "strcat(Provider, ' ', EventID)" },
  {
    name: 'SecurityEvent',
    time: 'TimeGenerated',
    host: 'Computer',
    kind: "strcat('Microsoft-Windows-Security-Auditing ', EventID)",
  },
  device('DeviceEvents'),
  device('DeviceProcessEvents'),
  device('DeviceFileEvents'),
  device('DeviceRegistryEvents'),
]

/** The look-up of one table: rows of the same time and host, and the record each came from. */
export function originQuery({ name, time, host, kind }: OriginTable): string {
  return `_GetWatchlist('RuleMatchKeys')
| join kind=inner (${name} | project Time = ${time}, Host = tolower(${host}), Kind = ${kind}, Evidence = _EvidenceId, RecordId = _RecordId, Offset = _RecordOffset) on Time, Host
| project Match, Kind, Evidence, RecordId, Offset
| sort by Match asc, Evidence asc, RecordId asc`
}

/** Rules name no record, since the cloud has none: the records of a match are those of its time and host that the rule reads. */
async function withOrigins(
  database: RuleDatabase,
  found: readonly Found[],
  hasRows: boolean,
): Promise<RuleMatch[]> {
  const keys = found.flatMap(({ row }, index) => {
    const host = text(row.Computer) ?? text(row.DeviceName)
    const times = new Set([text(row.TimeGenerated) ?? text(row.Timestamp), text(row.LastSeen)])
    return [...times].flatMap((time) => {
      const ticks = time === undefined ? undefined : isoToFiletime(time)
      return ticks === undefined || host === undefined ? [] : [[BigInt(index), ticks, host.toLowerCase()]]
    })
  })
  const origins = new Map<number, { table: string; origin: MatchOrigin }[]>()
  if (keys.length > 0) {
    for (const table of ORIGIN_TABLES) {
      const filled = hasRows || TABLES_FROM_EVENTS.has(table.name)
      const wanted = found.some(({ rule }) => rule.tables.some((read) => read.name === table.name))
      if (!filled || !wanted) continue
      const { rows } = await database.runWith(originQuery(table), MATCH_KEYS, keys, { atMs: 0 })
      for (const row of rows) addOrigin(origins, found, table.name, row)
    }
  }
  return found.map(({ rule, row }, index) => matchOf(rule, row, origins.get(index) ?? []))
}

function addOrigin(
  origins: Map<number, { table: string; origin: MatchOrigin }[]>,
  found: readonly Found[],
  table: string,
  row: RuleRow,
): void {
  const index = Number(row.Match)
  const rule = found[index]?.rule
  const evidence = text(row.Evidence)
  if (rule === undefined || evidence === undefined) return
  if (!rule.tables.some((read) => read.name === table)) return
  const kind = /^(.*) (\d+)$/.exec(text(row.Kind) ?? '')
  if (kind !== null) {
    // Another record of the same moment is none of this rule's.
    const signal = signalOfEvent(kind[1], Number(kind[2]))
    if (signal === undefined || !rule.signals.includes(signal)) return
  }
  const origin: MatchOrigin = {
    evidence,
    ...(typeof row.RecordId === 'number' ? { recordId: row.RecordId } : {}),
    ...(typeof row.Offset === 'number' ? { offset: row.Offset } : {}),
  }
  const known = origins.get(index) ?? []
  const same = known.some(
    (other) =>
      other.origin.evidence === evidence &&
      other.origin.recordId === origin.recordId &&
      other.origin.offset === origin.offset,
  )
  if (!same && known.length < MAX_ORIGINS) origins.set(index, [...known, { table, origin }])
}

const SEVERITIES: readonly RuleSeverity[] = ['informational', 'low', 'medium', 'high']

function matchOf(
  rule: Detection,
  row: RuleRow,
  origins: readonly { table: string; origin: MatchOrigin }[],
): RuleMatch {
  const said = text(row.AlertSeverity)?.toLowerCase()
  const time = text(row.TimeGenerated) ?? text(row.Timestamp)
  const host = text(row.Computer) ?? text(row.DeviceName)
  const account = text(row.User)
  return {
    rule,
    severity: SEVERITIES.find((severity) => severity === said) ?? rule.severity,
    table: origins[0]?.table ?? rule.tables[0]?.name ?? '',
    ...(time === undefined ? {} : { time }),
    ...(host === undefined ? {} : { host }),
    ...(account === undefined ? {} : { account }),
    row,
    from: origins.map(({ origin }) => origin),
  }
}
