import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sharedPath } from '../../test/shared-evidence.ts'
import { type Detection, loadDetections, RuleDatabase, readAllowList } from '../detections/index.ts'
import type { Diagnostic } from '../diagnostics/index.ts'
import {
  armToYaml,
  checkSentinelHunting,
  checkSentinelRule,
  exportDefender,
  exportSentinel,
  sentinelRuleSchema,
} from './index.ts'
import { sameJson } from './sentinel/delta.ts'

const OPTIONS = { toolVersion: '0.0.0' }
const faults: Diagnostic[] = []
const pack = loadDetections(fileURLToPath(new URL('../../content/detections', import.meta.url)), (item) =>
  faults.push(item),
)

/** A detection that uses every field; the pack changes, this does not. */
const SAMPLE: Detection = {
  id: 'sample-rule',
  guid: '11111111-2222-4333-8444-555555555555',
  title: 'A sample rule',
  description: 'Finds a sample: nothing else.\n\nIts second paragraph.',
  version: '1.2.3',
  kind: 'scheduled',
  severity: 'high',
  status: 'stable',
  technique: 'T1546.003',
  tactics: ['Persistence', 'PrivilegeEscalation'],
  tables: [
    { name: 'DeviceEvents', connectors: ['MicrosoftThreatProtection'], enable: 'Onboard.' },
    { name: 'DeviceProcessEvents', connectors: ['MicrosoftThreatProtection'], enable: 'Onboard.' },
  ],
  schedule: { frequency: '1h', period: '1d', operator: 'gt', threshold: 0 },
  grouping: 'alert-per-result',
  entities: [
    { type: 'Host', fields: { FullName: 'DeviceName' } },
    { type: 'Account', fields: { Sid: 'CreatorSid' } },
    { type: 'Process', fields: { CommandLine: 'Payload' } },
  ],
  customDetails: { Consumer: 'ConsumerName' },
  alert: {
    title: '{{ConsumerName}} on {{DeviceName}}',
    description: 'Payload: {{Payload}}',
    severityColumn: 'AlertSeverity',
  },
  falsePositives: ['None.'],
  blindSpots: ['Everything else.'],
  tuning: [],
  references: [],
  defender: {
    frequency: 'PT1H',
    query:
      "DeviceEvents\n| where ActionType == 'WmiBindEventFilterToConsumer' // it's bound\n| project Timestamp, ReportId, DeviceId, DeviceName, ConsumerName, CreatorSid",
  },
  signals: ['defender-wmi'],
  nrt: { guid: '22222222-2222-4333-8444-555555555555' },
  fires: [],
  tests: [],
  query:
    "DeviceEvents\n| where ActionType == 'WmiBindEventFilterToConsumer'\n| extend Path = @'C:\\Windows', Quote = \"it's\"\n| project TimeGenerated, DeviceName, ConsumerName, CreatorSid, Payload, AlertSeverity",
  folder: '/nowhere',
}

const { defender: _, ...withoutDefender } = SAMPLE
const OVER_SENTINEL: Detection = { ...withoutDefender, id: 'sample-over-sentinel' }

describe('the pack as it ships', () => {
  const { files } = exportSentinel(pack, OPTIONS)
  const yaml = files.filter(({ path }) => path.endsWith('.yaml'))
  const ajv = new Ajv2020({ strict: false, formats: { uuid: true } })
  const shared = sharedPath('ecosystem/sentinel-analytics-rule.schema.json')
  const schemas = [
    ajv.compile(sentinelRuleSchema()),
    ...(shared === undefined ? [] : [ajv.compile(JSON.parse(readFileSync(shared, 'utf8')))]),
  ]

  test('it loads, and its baseline is not exported', () => {
    expect(faults).toEqual([])
    expect(yaml.length).toBeGreaterThan(5)
    expect(files.some(({ path }) => path.includes('baseline'))).toBe(false)
  })

  test.each(yaml.map(({ path, text }) => [path, text] as const))('%s passes every check', (path, text) => {
    const found: string[] = []
    const hunting = path.startsWith('Hunting')
    const check = hunting ? checkSentinelHunting : checkSentinelRule
    check(text, path, ({ message, severity }) => severity === 'error' && found.push(message))
    expect(found).toEqual([])
    if (!hunting)
      for (const schema of schemas) expect(schema(parse(text)), JSON.stringify(schema.errors)).toBe(true)
  })

  test.each(yaml.map(({ path, text }) => [path, text] as const))(
    '%s comes back from its ARM template',
    (path, text) => {
      const arm = files.find((file) => file.path === `ARM/${path.replace(/yaml$/, 'json')}`)
      expect(armToYaml(arm?.text ?? '', path)).toBe(text)
    },
  )

  test('ARM carries every field of the YAML', () => {
    for (const { path, text } of yaml.filter((file) => file.path.startsWith('Detections'))) {
      const rule = parse(text)
      const arm = files.find((file) => file.path === `ARM/${path.replace(/yaml$/, 'json')}`)
      const { properties } = JSON.parse(arm?.text ?? '').resources[0]
      expect(properties).toMatchObject({
        displayName: rule.name,
        query: rule.query,
        tactics: rule.tactics,
        subTechniques: rule.relevantTechniques,
      })
      for (const key of [
        'customDetails',
        'entityMappings',
        'alertDetailsOverride',
        'eventGroupingSettings',
      ]) {
        expect(sameJson(properties[key] ?? null, rule[key] ?? null), `${path} ${key}`).toBe(true)
      }
    }
  })

  test('a custom detection has the columns, the entity and the one tactic that the service demands', async () => {
    const { files: defender } = exportDefender(pack, OPTIONS)
    const rules = defender
      .filter(({ path }) => /(?:^|\/)Graph\//.test(path))
      .map(({ text }) => JSON.parse(text))
    expect(rules).toHaveLength(
      pack.filter(({ status, kind }) => status !== 'baseline' && kind !== 'hunting').length,
    )
    const database = new RuleDatabase({ watchlists: [readAllowList()] })
    for (const rule of rules) {
      const { columns } = await database.compile(rule.queryCondition.queryText)
      const names = columns.map(({ name }) => name)
      expect(names, rule.id).toEqual(expect.arrayContaining(['Timestamp', 'ReportId']))
      const { tactics, entityMappings, customDetails, title, description } =
        rule.detectionAction.alertTemplate
      expect(names, rule.id).toEqual(expect.arrayContaining(Object.values(customDetails ?? {})))
      expect(tactics).toHaveLength(1)
      expect(Object.keys(entityMappings)).toContain('hosts')
      for (const mapping of Object.values<Record<string, string>[]>(entityMappings).flat()) {
        expect(names, rule.id).toEqual(expect.arrayContaining(Object.values(mapping)))
      }
      expect(title.length).toBeLessThanOrEqual(120)
      expect(description.length).toBeLessThanOrEqual(600)
      expect(rule.status).toBe('disabled')
      expect(rule.schedule.frequency).toMatch(/^P(T0S|T1H|T3H|T12H|1D)$/)
    }
    await database.close()
  })
})

test('a detection that uses every field gives the reviewed files', async () => {
  for (const [platform, { files, narrowed }] of [
    ['sentinel', exportSentinel([SAMPLE, { ...SAMPLE, id: 'sample-hunt', kind: 'hunting' }], OPTIONS)],
    ['defender', exportDefender([SAMPLE, OVER_SENTINEL], OPTIONS)],
  ] as const) {
    for (const { path, text } of files) await expect(text).toMatchFileSnapshot(`golden/${platform}/${path}`)
    await expect(`${narrowed.map(({ why }) => why).join('\n')}\n`).toMatchFileSnapshot(
      `golden/${platform}/lost.txt`,
    )
  }
})

test('a text with triple quotes, dollars and backslashes stays one Bicep string', async () => {
  const dollar = '$'
  const query = `print '''a'''\n| extend b = '${dollar}{c}\\d'`
  const { files } = exportDefender([{ ...SAMPLE, defender: { frequency: 'PT1H', query } }], OPTIONS)
  const bicep = files.find(({ path }) => path.endsWith('.bicep'))?.text ?? ''
  expect(bicep).toContain(`'print \\'\\'\\'a\\'\\'\\'\\n| extend b = \\'\\${dollar}{c}\\\\d\\''`)
})
