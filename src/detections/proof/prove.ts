import { InputError, type Report } from '../../diagnostics/index.ts'
import type { CompileCache, UserTable } from '../../query/index.ts'
import { repositoryEffect, type Scenario, scenarioRecords, scenarios } from '../../simulation/index.ts'
import { type DetectionTest, SOURCES, type Source, sourceOf } from '../model.ts'
import { openPackCache, withoutWindow } from '../pack.ts'
import { RuleDatabase, type RuleResult, type RuleRow } from '../rule-database.ts'
import type { ProvenRule } from '../team-rules.ts'
import { type Dataset, fillFrom, scenarioOf, testFiles } from './dataset.ts'

/** Outcome of one rule over what one source recorded of one scenario. */
export type CellState =
  /** It fired, as it must. */
  | 'fired'
  /** The source shows what the rule looks for, and there was nothing of it. */
  | 'silent'
  /** The rule reads nothing that this source records. */
  | 'blind'
  /**
   * It had to fire and did not; or it is the published baseline, and the technique passed through the tables it reads
   * unseen.
   */
  | 'missed'
  /** It fired where nothing says that it does. */
  | 'unexpected'
  /** The query could not run. */
  | 'error'

export interface MatrixCell {
  readonly rule: string
  readonly scenario: string
  readonly source: Source
  readonly state: CellState
  /** False where the state is a failure of the run. A miss of the baseline is what it is kept to show, and passes. */
  readonly passed: boolean
  readonly rows: number
  /** The worst severity among the rows, where the query says one. */
  readonly severity?: string
  readonly message?: string
}

export interface TestOutcome {
  readonly rule: string
  readonly name: string
  readonly passed: boolean
  /** What differs, a line each. */
  readonly messages: readonly string[]
  readonly milliseconds: number
}

/** What Windows, Sysmon and Defender recorded of a technique, held against what it is known to record. */
export interface SignalOutcome {
  readonly scenario: string
  readonly what: string
  /** An event channel, or `WMI repository`. */
  readonly channel: string
  /** 0 for the repository, which has no events. */
  readonly eventId: number
  readonly expected: number
  readonly found: number
}

export interface Proof {
  readonly rules: readonly { readonly id: string; readonly title: string; readonly baseline: boolean }[]
  readonly scenarios: readonly { readonly id: string; readonly title: string }[]
  readonly matrix: readonly MatrixCell[]
  readonly signals: readonly SignalOutcome[]
  readonly tests: readonly TestOutcome[]
  /** Rules without a single test: nothing is proved of them. */
  readonly untested: readonly string[]
  readonly passed: boolean
}

export interface ProveOptions {
  readonly watchlists?: readonly UserTable[]
  readonly cache?: CompileCache
  readonly report: Report
  /** Only the tests of the rules, no techniques. Default false. */
  readonly testsOnly?: boolean
  readonly progress?: (what: string) => void
}

const HOUR_MS = 3_600_000

/** Runs every test of the rules, and every rule over the three validation techniques in each source alone. */
export async function prove(rules: readonly ProvenRule[], options: ProveOptions): Promise<Proof> {
  const shared = { ...options, cache: options.cache ?? openPackCache() }
  const tests = await runTests(rules, shared)
  // A rule that names no telemetry has no place in the matrix.
  const inMatrix = options.testsOnly === true ? [] : rules.filter((rule) => rule.signals.length > 0)
  const techniques = inMatrix.length === 0 ? [] : scenarios.filter((item) => item.kind === 'validation')
  const matrix = await runMatrix(
    inMatrix,
    techniques.map((item) => item.id),
    shared,
  )
  const signals = checkSignals(techniques.map((item) => item.id))
  const untested = rules.filter((rule) => rule.tests.length === 0).map((rule) => rule.id)
  return {
    rules: rules.map((rule) => ({ id: rule.id, title: rule.title, baseline: rule.status === 'baseline' })),
    scenarios: techniques.map(({ id, title }) => ({ id, title })),
    matrix,
    signals,
    tests,
    untested,
    passed:
      tests.every((test) => test.passed) &&
      signals.every((signal) => signal.found === signal.expected) &&
      matrix.every((cell) => cell.passed),
  }
}

interface Loaded {
  readonly database: RuleDatabase
  readonly lastMs: number
}

async function load(dataset: Dataset, options: ProveOptions): Promise<Loaded> {
  const database = new RuleDatabase({
    ...(options.watchlists === undefined ? {} : { watchlists: options.watchlists }),
    ...(options.cache === undefined ? {} : { cache: options.cache }),
  })
  try {
    const sink = database.sink({ report: options.report })
    const lastMs = await fillFrom(dataset, sink, options.report)
    await sink.finish()
    return { database, lastMs }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Tests of one dataset share its database: opening one costs more than most queries. */
async function runTests(rules: readonly ProvenRule[], options: ProveOptions): Promise<TestOutcome[]> {
  const groups = new Map<string, { dataset: Dataset; members: { rule: ProvenRule; test: DetectionTest }[] }>()
  for (const rule of rules) {
    for (const test of rule.tests) {
      const dataset: Dataset = {
        ...(test.scenario === undefined ? {} : { scenario: test.scenario }),
        ...(test.sources === undefined ? {} : { sources: test.sources }),
        files: testFiles(rule.folder, test.evidence),
      }
      const key = JSON.stringify(dataset)
      const group = groups.get(key) ?? { dataset, members: [] }
      group.members.push({ rule, test })
      groups.set(key, group)
    }
  }
  const outcomes = new Map<DetectionTest, TestOutcome>()
  for (const { dataset, members } of groups.values()) {
    options.progress?.(members.map(({ rule }) => rule.id).join(', '))
    const outcome = (rule: ProvenRule, test: DetectionTest, messages: string[], started: number): void => {
      outcomes.set(test, {
        rule: rule.id,
        name: test.name,
        passed: messages.length === 0,
        messages,
        milliseconds: Math.round(performance.now() - started),
      })
    }
    let loaded: Loaded
    try {
      loaded = await load(dataset, options)
    } catch (error) {
      for (const { rule, test } of members) outcome(rule, test, [faultText(error)], performance.now())
      continue
    }
    for (const { rule, test } of members) {
      const started = performance.now()
      try {
        outcome(rule, test, judgeTest(test, await runRule(rule, test.at, loaded)), started)
      } catch (error) {
        outcome(rule, test, [faultText(error)], started)
      }
    }
    await loaded.database.close()
  }
  return rules.flatMap((rule) => rule.tests.flatMap((test) => outcomes.get(test) ?? []))
}

function runRule(rule: ProvenRule, at: string | undefined, loaded: Loaded): Promise<RuleResult> {
  const source = rule.checked.source
  return at === undefined
    ? loaded.database.run(withoutWindow(rule.query), { atMs: loaded.lastMs + HOUR_MS, source })
    : loaded.database.run(rule.query, { atMs: Date.parse(at), source })
}

/** Lines that say how the rows differ from what the test wants; none when it passes. */
export function judgeTest(test: DetectionTest, result: RuleResult): string[] {
  const messages: string[] = []
  if (result.rows.length !== test.rows) {
    messages.push(`${test.rows} rows expected, ${result.rows.length} returned`)
  }
  const left = [...result.rows]
  const names = new Set(result.columns.map((column) => column.name))
  for (const wanted of test.expect) {
    const unknown = Object.keys(wanted).filter((name) => !names.has(name))
    if (unknown.length > 0) {
      messages.push(`the query does not return ${unknown.join(', ')}`)
      continue
    }
    const at = left.findIndex((row) => differences(wanted, row).length === 0)
    if (at >= 0) left.splice(at, 1)
    else messages.push(`no row has ${JSON.stringify(wanted)}${nearest(wanted, left)}`)
  }
  return messages
}

function differences(wanted: Readonly<Record<string, unknown>>, row: RuleRow): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => JSON.stringify(row[name] ?? null) !== JSON.stringify(value ?? null))
    .map(([name]) => `${name} = ${JSON.stringify(row[name] ?? null)}`)
}

function nearest(wanted: Readonly<Record<string, unknown>>, rows: readonly RuleRow[]): string {
  const found = rows.map((row) => differences(wanted, row)).sort((a, b) => a.length - b.length)[0]
  return found === undefined ? '' : `; the nearest has ${found.join(', ')}`
}

function faultText(error: unknown): string {
  if (error instanceof InputError) return `${error.message} [${error.code}]`
  throw error
}

async function runMatrix(
  rules: readonly ProvenRule[],
  techniques: readonly string[],
  options: ProveOptions,
): Promise<MatrixCell[]> {
  const cells: MatrixCell[] = []
  for (const scenario of techniques) {
    for (const source of SOURCES) {
      options.progress?.(`${scenario}, ${source} only`)
      const loaded = await load({ scenario, sources: [source], files: [] }, options)
      for (const rule of rules) cells.push(await matrixCell(rule, scenario, source, loaded))
      await loaded.database.close()
    }
  }
  return cells
}

async function matrixCell(
  rule: ProvenRule,
  scenario: string,
  source: Source,
  loaded: Loaded,
): Promise<MatrixCell> {
  const place = { rule: rule.id, scenario, source }
  const mustFire = rule.fires.some(
    (firing) => firing.scenario === scenario && firing.sources.includes(source),
  )
  try {
    const { rows } = await runRule(rule, undefined, loaded)
    const sees = rule.signals.some((signal) => sourceOf(signal) === source)
    const severity = worst(rows)
    const state = stateOf(rows.length, { mustFire, sees, isBaseline: rule.status === 'baseline' })
    const passed = state !== 'unexpected' && !(state === 'missed' && mustFire)
    return { ...place, state, passed, rows: rows.length, ...(severity === undefined ? {} : { severity }) }
  } catch (error) {
    return { ...place, state: 'error', passed: false, rows: 0, message: faultText(error) }
  }
}

function stateOf(
  rows: number,
  { mustFire, sees, isBaseline }: { mustFire: boolean; sees: boolean; isBaseline: boolean },
): CellState {
  if (rows > 0) return mustFire ? 'fired' : 'unexpected'
  if (mustFire) return 'missed'
  if (!sees) return 'blind'
  return isBaseline ? 'missed' : 'silent'
}

const ORDER = ['Informational', 'Low', 'Medium', 'High']

function worst(rows: readonly RuleRow[]): string | undefined {
  const found = rows.map((row) => ORDER.indexOf(String(row.AlertSeverity ?? '')))
  return ORDER[Math.max(-1, ...found)]
}

/** Counts in the simulated records what each technique is known to leave. */
function checkSignals(ids: readonly string[]): SignalOutcome[] {
  return ids.flatMap((id) => {
    const scenario = scenarioOf(id)
    const records = scenarioRecords(scenario)
    const recorded = scenario.signals.map((signal) => {
      const found = records.filter((record) => {
        if (record.channel !== signal.channel || record.eventId !== signal.eventId) return false
        if (signal.field === undefined) return true
        const [name, contains] = signal.field
        return (record.values[record.names.indexOf(name)] ?? '').includes(contains)
      })
      return {
        scenario: id,
        what: signal.what,
        channel: signal.channel,
        eventId: signal.eventId,
        expected: signal.count,
        found: found.length,
      }
    })
    return [...recorded, ...repositorySignals(scenario)]
  })
}

/** The repository's files change, and the filter, the consumer and the binding of each subscription stand in them. */
function repositorySignals(scenario: Scenario): SignalOutcome[] {
  const stored = scenario.stored ?? []
  if (stored.length === 0) return []
  const { changed, objects } = repositoryEffect(scenario)
  const kinds = new Set(changed.map((name) => name.replace(/\d/, '')))
  const names = stored.flatMap(({ filter, consumer }) => [
    `__EventFilter.Name="${filter.name}"`,
    `${consumer.class}.Name="${consumer.name}"`,
  ])
  const bindings = objects.filter(({ className }) => className === '__FilterToConsumerBinding')
  const place = { scenario: scenario.id, channel: 'WMI repository', eventId: 0 }
  return [
    { ...place, what: 'OBJECTS.DATA, INDEX.BTR and MAPPING change', expected: 3, found: kinds.size },
    {
      ...place,
      what: 'filter, consumer and binding are stored',
      expected: 3 * stored.length,
      found: names.filter((name) => objects.some(({ path }) => path === name)).length + bindings.length,
    },
  ]
}
