import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { EventRecord } from '../../records/index.ts'
import { scenarioRecords, scenarios } from '../../simulation/index.ts'
import { createSigmaEvaluator } from '../sigma/index.ts'
import { ecsEvent, eqlQuery } from './eql.suite.ts'
import { exportPlatform, loadPlatformRules } from './index.ts'
import { matchesWazuh, wazuhEvent, wazuhRules } from './wazuh.suite.ts'

const rules = loadPlatformRules(
  fileURLToPath(new URL('../../../content/platforms', import.meta.url)),
  () => undefined,
)
const sigma = exportPlatform('sigma', rules).files.map(({ text }) => text)
const wazuh = wazuhRules(exportPlatform('wazuh', rules).files[0]?.text ?? '')
const eql = (exportPlatform('elastic', rules).files.find(({ path }) => path.endsWith('.ndjson'))?.text ?? '')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { name: string; language: string; query: string })
  // Correlations are sequences or ES|QL.
  .filter(({ language, query }) => language === 'eql' && !query.startsWith('sequence'))
  .map(({ name, query }) => ({ name, matches: eqlQuery(query) }))
const titleOf = (name: string): string =>
  rules.find(({ id }) => id.replaceAll('-', '_') === name)?.title ?? name

function sigmaOn(id: string): { rule: string; level: string }[] {
  const evaluator = createSigmaEvaluator(sigma)
  const scenario = scenarios.find((candidate) => candidate.id === id)
  for (const record of scenario === undefined ? [] : scenarioRecords(scenario)) evaluator.event(record)
  return evaluator.finish().map(({ rule, level }) => ({ rule, level }))
}

test('what Sigma says of every simulated technique is the reviewed list', async () => {
  const lines = scenarios.map(({ id, kind }) => {
    const names = [...new Set(sigmaOn(id).map(({ rule }) => rule))].sort()
    return `${kind} ${id}: ${names.join(', ') || 'nothing'}\n`
  })
  await expect(lines.join('')).toMatchFileSnapshot('golden/scenarios.txt')
})

test('each validation technique is a finding, and no benign one is more than low', () => {
  for (const { id, kind } of scenarios) {
    const serious = sigmaOn(id).filter(({ level }) => level === 'medium' || level === 'high')
    if (kind === 'validation') expect(serious, id).not.toEqual([])
    if (kind === 'benign') expect(serious, id).toEqual([])
  }
})

/** Titles of the single rules that match each event; correlations match groups of events. */
function titlesBySigma(records: readonly EventRecord[]): (record: EventRecord) => string[] {
  const evaluator = createSigmaEvaluator(sigma)
  for (const record of records) evaluator.event(record)
  const matches = evaluator.finish().filter(({ events }) => events.length === 1)
  return (record) =>
    matches.flatMap(({ rule, events }) => (events[0] === record ? [titleOf(rule)] : [])).sort()
}

describe.each(scenarios)('$id', (scenario) => {
  test('Wazuh and Sigma agree on every event', () => {
    const records = scenarioRecords(scenario)
    const sigmaTitles = titlesBySigma(records)
    for (const record of records) {
      // Sigma's process_creation takes 4688 too; the Wazuh rules rest on Sysmon.
      if (record.provider === 'Microsoft-Windows-Security-Auditing') continue
      const event = wazuhEvent(record)
      const byWazuh = wazuh.filter((rule) => matchesWazuh(rule, event)).map(({ description }) => description)
      expect([...new Set(byWazuh)].sort(), `${record.channel} ${record.eventId}`).toEqual(sigmaTitles(record))
    }
  })

  test('EQL and Sigma agree on every event', () => {
    const records = scenarioRecords(scenario)
    const sigmaTitles = titlesBySigma(records)
    for (const record of records) {
      const event = ecsEvent(record)
      const byEql = eql.filter(({ matches }) => matches(event)).map(({ name }) => name)
      expect(byEql.sort(), `${record.channel} ${record.eventId}`).toEqual(sigmaTitles(record))
    }
  })
})
