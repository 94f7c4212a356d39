import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { SENTINEL_ENTITIES } from '../../detections/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { checkSentinelHunting, checkSentinelRule } from './check.ts'
import type { Json, JsonObject } from './delta.ts'
import { yamlText } from './layout.ts'
import { twentyRules } from './rules.suite.ts'
import { sentinelRuleSchema } from './schema.ts'

const BASE: JsonObject = {
  id: '2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11',
  name: 'A rule',
  description: 'What it finds.',
  severity: 'High',
  requiredDataConnectors: [{ connectorId: 'MicrosoftThreatProtection', dataTypes: ['DeviceEvents'] }],
  queryFrequency: '1h',
  queryPeriod: '1h',
  triggerOperator: 'gt',
  triggerThreshold: 0,
  tactics: ['Persistence', 'PrivilegeEscalation'],
  relevantTechniques: ['T1546.003'],
  query: 'DeviceEvents',
  entityMappings: [
    { entityType: 'Host', fieldMappings: [{ identifier: 'FullName', columnName: 'DeviceName' }] },
  ],
  version: '1.0.0',
  kind: 'Scheduled',
}
const NRT = {
  ...without(BASE, 'queryFrequency', 'queryPeriod', 'triggerOperator', 'triggerThreshold'),
  kind: 'NRT',
}

/** `deep`: what no JSON Schema can say, only the checker. */
type Case = readonly [title: string, inside: JsonObject, outside: JsonObject, deep?: 'deep']
const x = (count: number): string => 'x'.repeat(count)
const field = (identifier: string, columnName = 'C'): JsonObject => ({ identifier, columnName })
const mapping = (entityType: string, ...fieldMappings: JsonObject[]): JsonObject => ({
  entityType,
  fieldMappings,
})
const mappings = (...list: JsonObject[]): JsonObject => ({ ...BASE, entityMappings: list })
const details = (count: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`d${i}`, 'C']))
const override = (fields: JsonObject): JsonObject => ({ ...BASE, alertDetailsOverride: fields })
const incident = (grouping: JsonObject): JsonObject => ({
  ...BASE,
  incidentConfiguration: {
    createIncident: true,
    groupingConfiguration: {
      enabled: true,
      reopenClosedIncident: false,
      lookbackDuration: '5h',
      matchingMethod: 'AllEntities',
      ...grouping,
    },
  },
})

const CASES: readonly Case[] = [
  ['id is a GUID', { ...BASE, id: 'ABCDEF01-0000-4000-8000-000000000000' }, { ...BASE, id: 'abc' }],
  ['id is there', BASE, without(BASE, 'id')],
  ['name is there', BASE, without(BASE, 'name')],
  ['description is there', BASE, without(BASE, 'description')],
  ['severity is there', BASE, without(BASE, 'severity')],
  ['kind is there', BASE, without(BASE, 'kind')],
  ['query is there', BASE, without(BASE, 'query')],
  ['name up to 256', { ...BASE, name: x(256) }, { ...BASE, name: x(257) }],
  ['name not empty', { ...BASE, name: 'x' }, { ...BASE, name: '' }],
  ['description up to 5000', { ...BASE, description: x(5000) }, { ...BASE, description: x(5001) }],
  ['kind in its exact case', NRT, { ...NRT, kind: 'nrt' }],
  ['version of three numbers', { ...BASE, version: '10.20.30' }, { ...BASE, version: '1.0' }],
  [
    'version up to 20',
    { ...BASE, version: '1.0.1234567890123456' },
    { ...BASE, version: '1.0.12345678901234567' },
  ],
  ['severity knows no critical', { ...BASE, severity: 'Informational' }, { ...BASE, severity: 'Critical' }],
  [
    'a scheduled rule names its connectors',
    { ...BASE, requiredDataConnectors: [] },
    without(BASE, 'requiredDataConnectors'),
  ],
  [
    'a connector has data types',
    { ...BASE, requiredDataConnectors: [{ dataTypes: [] }] },
    { ...BASE, requiredDataConnectors: [{ connectorId: 'x' }] },
  ],
  ['frequency from 5m', { ...BASE, queryFrequency: '5m' }, { ...BASE, queryFrequency: '4m' }, 'deep'],
  [
    'frequency up to 14d',
    { ...BASE, queryFrequency: '14d', queryPeriod: '14d' },
    { ...BASE, queryFrequency: '15d', queryPeriod: '15d' },
    'deep',
  ],
  ['frequency is no ISO 8601', { ...BASE, queryFrequency: '30m' }, { ...BASE, queryFrequency: 'PT30M' }],
  [
    'period is not shorter than frequency',
    { ...BASE, queryPeriod: '60m' },
    { ...BASE, queryPeriod: '59m' },
    'deep',
  ],
  [
    'a period of 2d needs a frequency of 1h',
    { ...BASE, queryPeriod: '2d' },
    { ...BASE, queryFrequency: '59m', queryPeriod: '2d' },
    'deep',
  ],
  [
    'a period below 2d does not',
    { ...BASE, queryFrequency: '5m', queryPeriod: '47h' },
    { ...BASE, queryFrequency: '5m', queryPeriod: '48h' },
    'deep',
  ],
  ['operator words', { ...BASE, triggerOperator: 'NotEqual' }, { ...BASE, triggerOperator: '>' }],
  ['threshold from 0', { ...BASE, triggerThreshold: 0 }, { ...BASE, triggerThreshold: -1 }],
  ['threshold up to 10000', { ...BASE, triggerThreshold: 10_000 }, { ...BASE, triggerThreshold: 10_001 }],
  ['threshold is whole', { ...BASE, triggerThreshold: 1 }, { ...BASE, triggerThreshold: 1.5 }],
  [
    'tactics without blanks',
    { ...BASE, tactics: ['Persistence', 'PrivilegeEscalation', 'PreAttack'] },
    { ...BASE, tactics: ['Persistence', 'Privilege Escalation'] },
  ],
  ['T1546 needs both tactics', BASE, { ...BASE, tactics: ['Persistence'] }, 'deep'],
  ['techniques need tactics', BASE, without(BASE, 'tactics')],
  [
    'technique form',
    { ...BASE, relevantTechniques: ['T1546'] },
    { ...BASE, relevantTechniques: ['T1546.3'] },
  ],
  ['query up to 10000', { ...BASE, query: x(10_000) }, { ...BASE, query: x(10_001) }],
  ['query not empty', BASE, { ...BASE, query: '' }],
  [
    '1 to 10 mappings, upper',
    mappings(...Array(10).fill(mapping('IP', field('Address')))),
    mappings(...Array(11).fill(mapping('IP', field('Address')))),
  ],
  ['1 to 10 mappings, lower', mappings(mapping('IP', field('Address'))), mappings()],
  [
    '1 to 3 fields, upper',
    mappings(mapping('Account', field('Name'), field('NTDomain'), field('Sid'))),
    mappings(mapping('Account', field('Name'), field('NTDomain'), field('Sid'), field('DnsDomain'))),
  ],
  ['1 to 3 fields, lower', mappings(mapping('URL', field('Url'))), mappings(mapping('URL'))],
  [
    'entity types that exist',
    mappings(mapping('DNS', field('DomainName'))),
    mappings(mapping('Machine', field('Name'))),
  ],
  [
    'identifiers of the type',
    mappings(mapping('Host', field('NetBiosName'))),
    mappings(mapping('Host', field('HostName'), field('Name'))),
  ],
  [
    'an identifier that tells apart',
    mappings(mapping('Account', field('Sid'))),
    mappings(mapping('Account', field('NTDomain'))),
  ],
  [
    'a hash needs algorithm and value',
    mappings(mapping('FileHash', field('Algorithm'), field('Value'))),
    mappings(mapping('FileHash', field('Value'))),
  ],
  [
    'an identifier once',
    mappings(mapping('Host', field('HostName'), field('DnsDomain'))),
    mappings(mapping('Host', field('HostName'), field('HostName', 'D'))),
    'deep',
  ],
  [
    'column names',
    mappings(mapping('IP', field('Address', '_a1'))),
    mappings(mapping('IP', field('Address', '1a'))),
  ],
  [
    'column names up to 500',
    mappings(mapping('IP', field('Address', x(500)))),
    mappings(mapping('IP', field('Address', x(501)))),
  ],
  ['20 custom details', { ...BASE, customDetails: details(20) }, { ...BASE, customDetails: details(21) }],
  [
    'detail name up to 20',
    { ...BASE, customDetails: { [x(20)]: 'C' } },
    { ...BASE, customDetails: { [x(21)]: 'C' } },
  ],
  [
    'detail name begins with a letter',
    { ...BASE, customDetails: { a1_: 'C' } },
    { ...BASE, customDetails: { _a: 'C' } },
  ],
  ['detail column', { ...BASE, customDetails: { a: '_C' } }, { ...BASE, customDetails: { a: 'C d' } }],
  [
    'detail column up to 500',
    { ...BASE, customDetails: { a: x(500) } },
    { ...BASE, customDetails: { a: x(501) } },
  ],
  [
    'alert name up to 256',
    override({ alertDisplayNameFormat: x(256) }),
    override({ alertDisplayNameFormat: x(257) }),
  ],
  [
    'alert name not empty',
    override({ alertDisplayNameFormat: 'x' }),
    override({ alertDisplayNameFormat: '' }),
  ],
  [
    'alert description up to 5000',
    override({ alertDescriptionFormat: x(5000) }),
    override({ alertDescriptionFormat: x(5001) }),
  ],
  [
    '3 placeholders in the name',
    override({ alertDisplayNameFormat: '{{A}}{{B}}{{C}}' }),
    override({ alertDisplayNameFormat: '{{A}}{{B}}{{C}}{{D}}' }),
    'deep',
  ],
  [
    '3 placeholders in the description',
    override({ alertDescriptionFormat: '{{A}}{{B}}{{C}}' }),
    override({ alertDescriptionFormat: '{{A}} {{B}} {{C}} {{D}}' }),
    'deep',
  ],
  ['tactics column', override({ alertTacticsColumnName: 'T' }), override({ alertTacticsColumnName: 'T T' })],
  [
    'severity column',
    override({ alertSeverityColumnName: 'S' }),
    override({ alertSeverityColumnName: 'S-1' }),
  ],
  [
    'dynamic properties',
    override({ alertDynamicProperties: [{ alertProperty: 'AlertLink', value: 'L' }] }),
    override({ alertDynamicProperties: [{ alertProperty: 'Link', value: 'L' }] }),
  ],
  [
    'grouping words',
    { ...BASE, eventGroupingSettings: { aggregationKind: 'SingleAlert' } },
    { ...BASE, eventGroupingSettings: { aggregationKind: 'PerResult' } },
  ],
  [
    'entities of alerts',
    { ...BASE, sentinelEntitiesMappings: [{ columnName: 'Entities' }] },
    { ...BASE, sentinelEntitiesMappings: [{ column: 'Entities' }] },
  ],
  ['NRT has no schedule', NRT, { ...NRT, queryFrequency: '5m' }],
  ['a scheduled rule has one', BASE, without(BASE, 'queryPeriod')],
  ['a scheduled rule has a threshold', BASE, without(BASE, 'triggerThreshold')],
  [
    'old entity columns are mapped',
    mappings(mapping('Host', field('FullName', 'HostCustomEntity'))),
    { ...BASE, query: 'T | extend HostCustomEntity = A' },
    'deep',
  ],
  [
    'suppression in either form',
    { ...BASE, suppressionDuration: 'PT5H' },
    { ...BASE, suppressionDuration: '5 hours' },
  ],
  ['enabled is true or false', { ...BASE, enabled: false }, { ...BASE, enabled: 'no' }],
  ['matching method', incident({ matchingMethod: 'Selected' }), incident({ matchingMethod: 'Some' })],
  ['lookback', incident({ lookbackDuration: 'PT1H' }), incident({ lookbackDuration: '1 h' })],
  ['group by entities', incident({ groupByEntities: ['Host'] }), incident({ groupByEntities: ['Machine'] })],
  [
    'group by details',
    incident({ groupByAlertDetails: ['Severity'] }),
    incident({ groupByAlertDetails: ['Tactic'] }),
  ],
  ['no field of another name', { ...BASE, status: 'Available' }, { ...BASE, querry: 'x' }],
]

const ajv = new Ajv2020({ strict: false, formats: { uuid: true } })
const ours = ajv.compile(sentinelRuleSchema())
const sharedSchema = sharedPath('ecosystem/sentinel-analytics-rule.schema.json')
const shared =
  sharedSchema === undefined ? undefined : ajv.compile(JSON.parse(readFileSync(sharedSchema, 'utf8')))

describe.each(CASES)('%s', (_, inside, outside, deep) => {
  test('on this side it passes', () => {
    expect(errors(inside)).toEqual([])
    expect(ours(inside), JSON.stringify(ours.errors)).toBe(true)
    if (shared !== undefined) expect(shared(inside), JSON.stringify(shared.errors)).toBe(true)
  })
  test('on the other side it is refused', () => {
    expect(errors(outside)).not.toEqual([])
    if (deep === undefined) {
      expect(ours(outside)).toBe(false)
      if (shared !== undefined) expect(shared(outside)).toBe(false)
    }
  })
})

test('every entity type takes each of its identifiers, and none without one that tells it apart', () => {
  for (const [type, { identifiers, needs }] of Object.entries(SENTINEL_ENTITIES)) {
    for (const identifier of identifiers) {
      const group = needs[0] ?? []
      const fields = [...new Set([...group, identifier])].map((name) => field(name))
      expect(errors(mappings(mapping(type, ...fields))), `${type} ${identifier}`).toEqual([])
      const alone = mappings(mapping(type, field(identifier)))
      const enough = needs.some((names) => names.length === 1 && names[0] === identifier)
      expect(errors(alone).length === 0, `${type} ${identifier} alone`).toBe(enough)
      if (shared !== undefined) expect(shared(alone)).toBe(enough)
    }
  }
  for (const text of twentyRules()) expect(ours(parse(text)), JSON.stringify(ours.errors)).toBe(true)
})

test('the published schema is the one made from the tables', async () => {
  await expect(`${JSON.stringify(sentinelRuleSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/sentinel-rule.schema.json',
  )
})

test('each fault stands at its own place, and all are told at once', () => {
  const text = yamlText({ ...BASE, severity: 'Critical', triggerThreshold: 20_000, querry: 'x' })
  const found = diagnose(text).map(({ at }) => (at?.in === 'text' ? text.slice(at.start, at.end) : ''))
  expect(found).toEqual(['querry', 'Critical', '20000'].map((word) => (word === 'querry' ? 'x' : word)))
})

test('unknown connectors, a missing version and characters beyond ASCII are advice, not errors', () => {
  const text = yamlText({
    ...without(BASE, 'version'),
    requiredDataConnectors: [{ connectorId: 'Unheard', dataTypes: [] }],
    name: 'Caf\u00e9',
  })
  const found = diagnose(text)
  expect(found.map(({ code }) => code)).toEqual(Array(3).fill('platforms/advice'))
  expect(checkSentinelRule(text, 'r', () => undefined)).toBe(true)
})

test('a hunting query has neither schedule nor severity', () => {
  const hunting = without(NRT as JsonObject, 'severity', 'kind')
  expect(checkSentinelHunting(yamlText(hunting), 'h', () => undefined)).toBe(true)
  expect(checkSentinelHunting(yamlText({ ...hunting, severity: 'High' }), 'h', () => undefined)).toBe(false)
})

test('any text gives faults or none, never a crash', () => {
  const base = yamlText(BASE)
  fc.assert(
    fc.property(fc.nat(base.length), fc.nat(30), fc.string({ maxLength: 12 }), (at, cut, insert) => {
      checkSentinelRule(base.slice(0, at) + insert + base.slice(at + cut), 'r', () => undefined)
    }),
    { numRuns: 200 },
  )
})

function without(rule: JsonObject, ...names: string[]): JsonObject {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => !names.includes(name)))
}

function diagnose(text: string): Diagnostic[] {
  const found: Diagnostic[] = []
  checkSentinelRule(text, 'rule.yaml', (diagnostic) => found.push(diagnostic))
  return found
}

function errors(rule: Json | undefined): string[] {
  return diagnose(yamlText(rule ?? null)).flatMap(({ severity, message }) =>
    severity === 'error' ? [message] : [],
  )
}

test('what an alias stands for is checked like the text itself', () => {
  const found: Diagnostic[] = []
  const text = yamlText(BASE)
    .replace('name: A rule', 'name: &n A rule')
    .replace('description: What it finds.', 'description: *n')
  expect([checkSentinelRule(text, 'r.yaml', (item) => found.push(item)), found]).toEqual([true, []])
})
