import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../test/shared-evidence.ts'
import type { ScanReport } from '../reports/index.ts'
import { scenarios, simulate } from '../simulation/index.ts'
import { scan } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-scan-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const TIMEOUT_MS = 300_000
const NOW = new Date('2026-06-01T00:00:00Z')

async function scanned(paths: readonly string[], rules = true): Promise<ScanReport> {
  const { report } = await scan(paths, { version: '0', hash: false, rules, now: NOW })
  return report
}

function simulated(id: string, part: RegExp): string {
  const scenario = scenarios.find((candidate) => candidate.id === id)
  if (scenario === undefined) throw new Error(`no scenario ${id}`)
  const target = join(folder, `${id}-${part.source.replace(/\W/g, '')}`)
  for (const file of simulate(scenario)) {
    if (!part.test(file.path)) continue
    mkdirSync(dirname(join(target, file.path)), { recursive: true })
    writeFileSync(join(target, file.path), file.bytes)
  }
  return target
}

describe('the pack over simulated evidence', () => {
  test('a match leads to its subscription and to the records it was made from', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const report = await scanned([simulated('wmic-active-script', /^logs\//)])
    const [subscription] = report.subscriptions
    expect(subscription?.rules?.fired).toEqual([
      'wmi-creation-command-line',
      'wmi-subscription-bound-5861',
      'wmi-subscription-bound-defender',
      'wmi-subscription-bound-sysmon',
      'wmi-subscription-correlated',
    ])
    const bound = report.detections.find((item) => item.rule === 'wmi-subscription-bound-5861')
    expect(bound).toMatchObject({
      severity: 'high',
      table: 'Event',
      host: 'WS014.corp.example',
      subscription: subscription?.id,
      row: { ConsumerName: 'TriadScriptConsumer' },
    })
    const sighting = subscription?.sightings.find((item) => item.eventId === 5861)
    expect(bound?.from).toEqual([
      { evidence: sighting?.evidence, recordId: sighting?.recordId, offset: sighting?.offset },
    ])
    const ajv = new Ajv2020({ allErrors: true, strict: false })
    addFormats.default(ajv)
    const schema = JSON.parse(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8'))
    const validate = ajv.compile(schema)
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true)
  })

  test('a subscription that no rule can see says what would have to be switched on', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const report = await scanned([simulated('mofcomp', /^files\//)])
    expect(report.detections).toEqual([])
    const needs = report.subscriptions[0]?.rules?.wouldNeed ?? []
    expect(needs.map((need) => need.split(':')[0])).toEqual([
      'wmi-subscription-bound-5861',
      'wmi-subscription-bound-defender',
      'wmi-subscription-bound-sysmon',
    ])
  })

  test('without rules nothing is said of them', async () => {
    const report = await scanned([simulated('mofcomp', /^files\//)], false)
    expect(report.subscriptions[0]?.rules).toBeUndefined()
  })
})

/** Recorded attacks, by evidence and the host that was attacked. */
const ATTACKS = [
  ['evtx/winpwnage-iewin7', 'IEWIN7'],
  ['evtx/wmighost-pc04', 'PC04.example.corp'],
  ['evtx/powerlurk-powershell-fs01', 'fs01.offsec.lan'],
  ['json/covenant-persistwmi-it001', 'IT001.shire.com'],
  ['evtx-folders/evtx-folder-w10-aptsimulator.zip', 'DESKTOP-TMKU40H'],
] as const
const BENIGN = [
  'evtx-folders/evtx-folder-w11-rathbun.zip',
  'json/runkeys-reboot-workstation5',
  'json/sharpwmi-create',
  'evtx/neg-wmiexec-impacket',
  'evtx/neg-wmi-remote-registry',
  'evtx/neg-wmic-xsl',
  'evtx/neg-wmiexec-4688-5145',
  'edge',
] as const
const absent = sharedPath('evidence/data') === undefined
const data = (path: string): string => sharedPath(`evidence/data/${path}`) ?? ''

describe('the pack over recorded evidence', () => {
  test.skipIf(absent).each(ATTACKS)(
    'fires at medium or above on %s',
    { timeout: TIMEOUT_MS },
    async (path, host) => {
      const { detections } = await scanned([data(path)])
      const loud = detections.filter((item) => item.severity === 'high' || item.severity === 'medium')
      expect([...new Set(loud.map((item) => item.host))]).toEqual([host])
      expect(detections.every((item) => item.from.length > 0)).toBe(true)
      expect(loud.every((item) => item.subscription !== undefined)).toBe(true)
    },
  )

  test.skipIf(absent).each(BENIGN)('stays at low or silent on %s', { timeout: TIMEOUT_MS }, async (path) => {
    const { detections } = await scanned([data(path)])
    expect(detections.filter((item) => item.severity === 'high' || item.severity === 'medium')).toEqual([])
  })
})
