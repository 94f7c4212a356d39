import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import {
  type CheckedRule,
  checkRules,
  type Detection,
  loadPack,
  provenRule,
  SENTINEL_LIMITS,
} from './index.ts'

const pack: Detection[] = loadPack((diagnostic) => {
  throw new Error(diagnostic.message)
})
const TIMEOUT_MS = 120_000

const RULE: CheckedRule = {
  id: 'r',
  source: 'r.yaml',
  query: 'DeviceEvents | project TimeGenerated, DeviceName, AccountName',
  kind: 'scheduled',
  technique: 'T1546.003',
  tactics: ['Persistence', 'PrivilegeEscalation'],
  schedule: { frequency: '1h', period: '1d', operator: 'gt', threshold: 0 },
  entities: [{ type: 'Host', fields: { FullName: 'DeviceName' } }],
  customDetails: {},
}

async function faults(change: Partial<CheckedRule>): Promise<string[]> {
  const found: Diagnostic[] = []
  await checkRules([{ ...RULE, ...change }], (diagnostic) => found.push(diagnostic))
  return found.map((item) => item.message)
}

test('the whole pack binds against the full schemas and keeps the limits of Sentinel and Defender', {
  timeout: TIMEOUT_MS,
}, async () => {
  const found: Diagnostic[] = []
  const sound = await checkRules(
    pack.map((rule) => provenRule(rule).checked),
    (diagnostic) => found.push(diagnostic),
  )
  expect(found).toEqual([])
  expect(sound).toHaveLength(pack.length)
})

test('ids, GUIDs and titles of the pack are unique, and each rule has evidence of both kinds', () => {
  for (const values of [
    pack.map((rule) => rule.guid),
    pack.map((rule) => rule.title),
    pack.flatMap((rule) => rule.nrt?.guid ?? []),
  ]) {
    expect(new Set(values).size).toBe(values.length)
  }
  const stable = pack.filter((rule) => rule.kind !== 'hunting' && rule.status !== 'baseline')
  for (const rule of stable) {
    expect([rule.id, rule.tests.some((item) => item.rows > 0)]).toEqual([rule.id, true])
    expect([rule.id, rule.tests.some((item) => item.rows === 0)]).toEqual([rule.id, true])
    expect([rule.id, rule.query.includes("_GetWatchlist('TriadWmiAllowList')")]).toEqual([rule.id, true])
    expect(existsSync(join(rule.folder, 'query.kql'))).toBe(true)
  }
})

test('a sound rule has no fault', async () => {
  expect(await faults({})).toEqual([])
})

test('what Microsoft’s binder refuses is reported with its code', async () => {
  const [message] = await faults({ query: 'DeviceEvents | project Nope' })
  expect(message).toMatch(/KS142.*Nope/)
})

test('a mapped column that the query does not return is named, with the one that was meant', async () => {
  const found: Diagnostic[] = []
  await checkRules([{ ...RULE, customDetails: { Who: 'accountname' } }], (item) => found.push(item))
  expect(found[0]?.message).toContain('accountname')
  expect(found[0]?.hint).toBe('it returns AccountName')
})

test('limits of the service are told before the service does', async () => {
  const long = `${RULE.query} | where AccountName != '${'x'.repeat(SENTINEL_LIMITS.query)}'`
  expect((await faults({ query: long })).join()).toContain('10000')
  expect(
    await faults({ schedule: { frequency: '2h', period: '1h', operator: 'gt', threshold: 0 } }),
  ).toHaveLength(1)
  expect(await faults({ entities: [{ type: 'Host', fields: { Sid: 'DeviceName' } }] })).toHaveLength(2)
  expect(await faults({ alert: { title: '{{DeviceName}} {{Nope}}' } })).toHaveLength(1)
  expect(await faults({ tactics: ['Persistence'] })).toHaveLength(1)
  expect(await faults({ query: `${RULE.query} | where AccountName != 'é'` })).toHaveLength(1)
})

test('a Defender form without ReportId or with a watchlist cannot be deployed', async () => {
  const query = "DeviceEvents | where DeviceId in (_GetWatchlist('x')) | project Timestamp, DeviceId"
  const found = await faults({ defender: { frequency: 'PT1H', query } })
  expect(found.join()).toContain('ReportId')
  expect(found.join()).toContain('_GetWatchlist')
})
