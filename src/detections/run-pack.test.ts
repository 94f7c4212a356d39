import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Scenario, scenarioRecords, scenarios } from '../simulation/index.ts'
import { PackRun, type RuleMatch, readAllowList } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-pack-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const NOW = new Date('2026-06-01T00:00:00Z')
const TIMEOUT_MS = 120_000

async function matchesOf(scenario: Scenario, allowList?: string): Promise<readonly RuleMatch[]> {
  const run = new PackRun({
    report: (diagnostic) => {
      if (diagnostic.severity !== 'info') throw new Error(diagnostic.message)
    },
    ...(allowList === undefined ? {} : { allowList: readAllowList(allowList) }),
  })
  for (const record of scenarioRecords(scenario)) run.event({ ...record, evidence: 'simulated' })
  return (await run.finish(NOW)).matches
}

/** Consumers that run nothing: told, and rated low. */
const RUNS_NOTHING: readonly string[] = ['mail-and-log']

describe('the pack over every simulated scenario', () => {
  test.each(
    scenarios
      .filter(({ id, kind }) => kind !== 'benign' && !RUNS_NOTHING.includes(id))
      .map((scenario) => [scenario.id, scenario] as const),
  )('fires at medium or above on %s', { timeout: TIMEOUT_MS }, async (_, scenario) => {
    const matches = await matchesOf(scenario)
    expect(matches.some((match) => match.severity === 'medium' || match.severity === 'high')).toBe(true)
    expect(matches.filter((match) => match.from.length === 0)).toEqual([])
  })

  test.each(RUNS_NOTHING)('tells %s', { timeout: TIMEOUT_MS }, async (id) => {
    const scenario = scenarios.find((item) => item.id === id)
    expect(scenario && (await matchesOf(scenario))).not.toEqual([])
  })

  test.each(
    scenarios
      .filter(({ id, kind }) => kind === 'benign' || RUNS_NOTHING.includes(id))
      .map((scenario) => [scenario.id, scenario] as const),
  )('stays at low or silent on %s', { timeout: TIMEOUT_MS }, async (_, scenario) => {
    const matches = await matchesOf(scenario)
    expect(matches.filter((match) => match.severity === 'medium' || match.severity === 'high')).toEqual([])
  })
})

describe('the allow list', () => {
  const scenario = scenarios.find((candidate) => candidate.id === 'other-namespace')
  const list = (fingerprint: string, expires: string): string => {
    const path = join(folder, 'list.csv')
    writeFileSync(
      path,
      `SearchKey,Title,Owner,Reason,Expires\n${fingerprint},Inventory,team,reviewed,${expires}\n`,
    )
    return path
  }

  test('silences exactly one content, until it expires', { timeout: TIMEOUT_MS }, async () => {
    if (scenario === undefined) throw new Error('no scenario')
    const all = await matchesOf(scenario)
    const bound = all.find((match) => match.rule.id === 'wmi-subscription-bound-5861')
    const fingerprint = String(bound?.row.Fingerprint)
    const ids = (matches: readonly RuleMatch[]): string[] => matches.map((match) => match.rule.id)
    expect(ids(all)).toContain('wmi-subscription-bound-5861')
    expect(ids(await matchesOf(scenario, list(fingerprint, '2026-12-31T00:00:00Z')))).toEqual([])
    expect(ids(await matchesOf(scenario, list(fingerprint, '')))).toEqual([])
    expect(ids(await matchesOf(scenario, list(fingerprint, '2026-05-01T00:00:00Z')))).toEqual(ids(all))
    expect(ids(await matchesOf(scenario, list('0'.repeat(64), '')))).toEqual(ids(all))
  })
})

test('evidence without a record that a rule reads opens no database', async () => {
  const run = new PackRun({ report: () => undefined })
  const { matches, signals, rules } = await run.finish(NOW)
  expect([matches, signals.size, rules.length > 10]).toEqual([[], 0, true])
})
