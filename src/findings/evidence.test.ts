import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../test/shared-evidence.ts'
import type { Diagnostic } from '../diagnostics/index.ts'
import { defaultSelection, readEvidence } from '../records/index.ts'
import { createInvestigation, type InvestigationResult } from './investigation.ts'
import type { SubscriptionFacts } from './model.ts'

/** The parts of a truth file (schema `wmi-subscription-truth/1`) that this test compares. */
interface Truth {
  readonly item: string
  readonly files: readonly { readonly path: string }[]
  readonly subscriptions?: readonly TruthSubscription[]
}

interface TruthSubscription {
  readonly id: string
  readonly verdict: string
  readonly host?: string | null
  readonly hosts?: readonly string[]
  readonly user?: string | null
  readonly namespace: string
  readonly filter: Readonly<Record<string, unknown>>
  readonly consumer: {
    readonly class: string
    readonly name: string
    readonly payload: Readonly<Record<string, unknown>>
  }
  readonly operations: readonly { readonly operation: string }[]
  readonly executions?: readonly unknown[]
  readonly final_state: string
  readonly complete: boolean
}

const evidence = sharedPath('evidence')
const truthFolder = sharedPath('evidence/truth')
const truths: readonly Truth[] =
  truthFolder === undefined
    ? []
    : readdirSync(truthFolder)
        .sort()
        .map((file) => JSON.parse(readFileSync(`${truthFolder}/${file}`, 'utf8')) as Truth)

async function investigatePaths(paths: readonly string[]): Promise<InvestigationResult> {
  const diagnostics: Diagnostic[] = []
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic)
  }
  const investigation = createInvestigation({ report })
  await readEvidence(paths, {
    selection: defaultSelection,
    hash: false,
    report,
    sink: {
      event: (event) => investigation.addEvent(event),
      row: (row) => investigation.addRow(row),
      mof: (text) => investigation.addMof(text),
      repository: (files) => investigation.addRepository(files),
      inventory: (entry) => investigation.addInventory(entry),
      log: (coverage) => investigation.addLog(coverage),
    },
  })
  return investigation.finish()
}

const pathsOf = (truth: Truth): string[] => truth.files.map(({ path }) => `${evidence}/${path}`)
const results = new Map<string, Promise<InvestigationResult>>()
/** Result of one item alone; read once. */
function ofItem(truth: Truth): Promise<InvestigationResult> {
  const known = results.get(truth.item) ?? investigatePaths(pathsOf(truth))
  results.set(truth.item, known)
  return known
}

const hostsOf = (truth: TruthSubscription): readonly (string | undefined)[] =>
  truth.hosts ?? [truth.host ?? undefined]
const sameName = (a: unknown, b: unknown): boolean => String(a).toLowerCase() === String(b).toLowerCase()

function matching(
  found: readonly SubscriptionFacts[],
  truth: TruthSubscription,
  host: string | undefined,
): SubscriptionFacts[] {
  return found.filter(
    (facts) =>
      sameName(facts.filter?.name, truth.filter.name) &&
      sameName(facts.consumer?.class, truth.consumer.class) &&
      sameName(facts.consumer?.name, truth.consumer.name) &&
      sameName(facts.host, host),
  )
}

/** States that the truth's account of an item allows. */
function allowedStates(truth: TruthSubscription): readonly string[] {
  if (truth.final_state === 'deleted') return ['transient', 'removed']
  if (truth.final_state.startsWith('defined in a file')) return ['attempted']
  if (truth.operations.some(({ operation }) => operation === 'modified')) return ['modified']
  return (truth.executions ?? []).length > 0 ? ['executed'] : ['bound']
}

function expectTruth(facts: SubscriptionFacts, truth: TruthSubscription): void {
  expect(facts.namespace).toBe(truth.namespace)
  for (const [key, name] of [
    ['query', 'query'],
    ['event_namespace', 'eventNamespace'],
    ['query_language', 'queryLanguage'],
    ['creator_sid', 'creatorSid'],
  ] as const) {
    const value = truth.filter[key]
    if (typeof value === 'string') expect(facts.filter?.[name], name).toBe(value)
  }
  const { payload } = truth.consumer
  const properties = facts.consumer?.properties ?? {}
  for (const [key, name] of [
    ['command_line_template', 'CommandLineTemplate'],
    ['executable_path', 'ExecutablePath'],
    ['script_text', 'ScriptText'],
    ['scripting_engine', 'ScriptingEngine'],
    ['kill_timeout', 'KillTimeout'],
    ['SourceName', 'SourceName'],
  ] as const) {
    const value = payload[key]
    if (value !== null && value !== undefined) expect(properties[name], name).toEqual(value)
  }
  if (typeof payload.script_text_sha256 === 'string') {
    const hash = createHash('sha256').update(String(properties.ScriptText)).digest('hex')
    expect(hash).toBe(payload.script_text_sha256)
  }
  if (typeof truth.user === 'string') expect(facts.user).toBe(truth.user)
  expect(facts.complete).toBe(truth.complete)
  expect(allowedStates(truth)).toContain(facts.state)
  expect(facts.sightings.length).toBeGreaterThan(0)
}

describe.skipIf(evidence === undefined)('truth of every item of evidence', () => {
  for (const truth of truths) {
    test(`${truth.item}: every subscription exactly once, and nothing else`, {
      timeout: 60_000,
    }, async () => {
      const { subscriptions } = await ofItem(truth)
      const expected = (truth.subscriptions ?? []).flatMap((subscription) =>
        hostsOf(subscription).map((host) => ({ subscription, host })),
      )
      for (const { subscription, host } of expected) {
        // A repository alone does not say whose it is.
        const own = truth.item.startsWith('wbem') ? undefined : host
        const found = matching(subscriptions, subscription, own)
        expect(found, `${subscription.id} on ${host}`).toHaveLength(1)
        if (found[0] !== undefined && own !== undefined) expectTruth(found[0], subscription)
      }
      expect(subscriptions).toHaveLength(expected.length)
    })
  }
})

describe.skipIf(evidence === undefined)('all evidence together', () => {
  let whole: InvestigationResult
  beforeAll(async () => {
    whole = await investigatePaths([`${evidence}/data`])
  }, 120_000)

  test('holds every subscription of every truth file once, the repository joined to its host', () => {
    const seen = new Set<string>()
    for (const truth of truths) {
      for (const subscription of truth.subscriptions ?? []) {
        for (const host of hostsOf(subscription)) {
          const own =
            subscription.id === 'scm-event-log' && truth.item.startsWith('wbem') ? 'DESKTOP-TMKU40H' : host
          const found = matching(whole.subscriptions, subscription, own)
          expect(found, `${truth.item}: ${subscription.id} on ${own}`).toHaveLength(1)
          for (const { id } of found) seen.add(id)
        }
      }
    }
    expect(whole.subscriptions.map(({ id }) => id).sort()).toEqual([...seen].sort())
  })

  test('is the same in a second run', { timeout: 60_000 }, async () => {
    for (const truth of truths.filter(({ item }) => /^(?:evtx-folder-w10|wbem|mof)/.test(item))) {
      expect(await investigatePaths(pathsOf(truth))).toEqual(await ofItem(truth))
    }
  })

  test('is the union of its parts, ids and all, but for what is joined across files', {
    timeout: 120_000,
  }, async () => {
    const ids = new Set<string>()
    for (const truth of truths) {
      for (const { id, host } of (await ofItem(truth)).subscriptions) {
        if (host !== undefined || truth.item.startsWith('mof')) ids.add(id)
      }
    }
    expect(whole.subscriptions.map(({ id }) => id).sort()).toEqual([...ids].sort())
  })
})
