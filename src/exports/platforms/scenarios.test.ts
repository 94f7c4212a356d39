import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { scenarioRecords, scenarios } from '../../simulation/index.ts'
import { createSigmaEvaluator } from '../sigma/index.ts'
import { exportPlatform, loadPlatformRules } from './index.ts'
import { matchesWazuh, wazuhEvent, wazuhRules } from './wazuh.suite.ts'

const rules = loadPlatformRules(
  fileURLToPath(new URL('../../../content/platforms', import.meta.url)),
  () => undefined,
)
const sigma = exportPlatform('sigma', rules).files.map(({ text }) => text)
const wazuh = wazuhRules(exportPlatform('wazuh', rules).files[0]?.text ?? '')
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

describe.each(scenarios.map(({ id }) => id))('%s', (id) => {
  test('Wazuh and Sigma agree on every event', () => {
    const scenario = scenarios.find((candidate) => candidate.id === id)
    for (const record of scenario === undefined ? [] : scenarioRecords(scenario)) {
      // Sigma's process_creation takes 4688 too; the Wazuh rules rest on Sysmon.
      if (record.provider === 'Microsoft-Windows-Security-Auditing') continue
      const evaluator = createSigmaEvaluator(sigma)
      evaluator.event(record)
      const bySigma = [...new Set(evaluator.finish().map(({ rule }) => titleOf(rule)))].sort()
      const event = wazuhEvent(record)
      const byWazuh = wazuh.filter((rule) => matchesWazuh(rule, event)).map(({ description }) => description)
      expect([...new Set(byWazuh)].sort(), `${record.channel} ${record.eventId}`).toEqual(bySigma)
    }
  })
})
