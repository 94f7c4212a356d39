import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { main } from './main.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-rules-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const TIMEOUT_MS = 60_000

interface Printed {
  readonly out: string
  readonly err: string
  readonly status: number
}

/** Runs the command line as the shell would, with what it prints kept. */
async function triad(...argv: string[]): Promise<Printed> {
  let out = ''
  let err = ''
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(((text: unknown, done?: () => void) => {
    out += String(text)
    done?.()
    return true
  }) as typeof process.stdout.write)
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text)
    return true
  })
  process.exitCode = 0
  try {
    return { status: await main(argv), out, err }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
    process.exitCode = 0
  }
}

writeFileSync(join(folder, 'good.kql'), 'DeviceEvents | project TimeGenerated, DeviceName')
writeFileSync(
  join(folder, 'good.tests.yaml'),
  'tests:\n  - { name: silent, scenario: benign-boot, sources: [security], rows: 0 }\n',
)

test('rules list and show give the pack as data', async () => {
  const { out, status } = await triad('rules', 'list', '--format', 'json')
  const listed = JSON.parse(out) as { id: string; tables: string[] }[]
  expect([status, listed.length]).toEqual([0, 16])
  const shown = JSON.parse((await triad('rules', 'show', 'mofcomp-compilation', '--format', 'json')).out)
  expect(shown).toMatchObject({ id: 'mofcomp-compilation', technique: 'T1546.003' })
  expect((await triad('rules', 'show', 'mofcomp-compilation')).out).toContain('Cannot see')
})

test('an unknown rule and a folder that is not there are wrong calls', async () => {
  expect((await triad('rules', 'show', 'nope')).status).toBe(2)
  expect((await triad('rules', 'check', join(folder, 'nope'))).status).toBe(2)
  expect((await triad('test', join(folder, 'nope'))).status).toBe(2)
})

test('a sound folder of rules ends with 0, a faulty one with 1 and Microsoft’s code', {
  timeout: TIMEOUT_MS,
}, async () => {
  expect(await triad('rules', 'check', folder)).toMatchObject({ status: 0, out: '1 of 1 rules are sound\n' })
  writeFileSync(join(folder, 'bad.kql'), 'DeviceEvents | where Nope == 1')
  const { status, err } = await triad('rules', 'check', folder)
  expect(status).toBe(1)
  expect(err).toContain('KS142')
  rmSync(join(folder, 'bad.kql'))
})

test('test ends with 0 or 1, and writes what CI reads', { timeout: TIMEOUT_MS }, async () => {
  const output = join(folder, 'results.xml')
  const passing = await triad('test', folder, '--quiet', '--format', 'junit', '--output', output)
  expect(passing.status).toBe(0)
  expect(readFileSync(output, 'utf8')).toContain('<testcase classname="good" name="silent"')
  expect((await triad('test', folder, '--quiet', '--output', output)).status).toBe(2)
  writeFileSync(
    join(folder, 'good.tests.yaml'),
    'tests:\n  - { name: silent, scenario: benign-boot, sources: [security], rows: 3 }\n',
  )
  const failing = await triad('test', folder, '--quiet')
  expect([failing.status, failing.out.includes('3 rows expected, 0 returned')]).toEqual([1, true])
})

const SENTINEL_RULE = `id: 2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11
name: Bound
description: d
severity: High
requiredDataConnectors:
  - connectorId: MicrosoftThreatProtection
    dataTypes: [DeviceEvents]
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Persistence, PrivilegeEscalation]
relevantTechniques: [T1546.003]
query: |
  DeviceEvents
  | where ActionType == "WmiBindEventFilterToConsumer"
  | extend Consumer = "c", Level = "High", Link = "l", Tactic = "Persistence"
entityMappings:
  - entityType: Host
    fieldMappings:
      - { identifier: FullName, columnName: DeviceName }
customDetails:
  Consumer: Consumer
alertDetailsOverride:
  alertDisplayNameFormat: "{{Consumer}} on {{DeviceName}}"
  alertTacticsColumnName: Tactic
  alertSeverityColumnName: Level
  alertDynamicProperties:
    - { alertProperty: AlertLink, value: Link }
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    reopenClosedIncident: false
    lookbackDuration: 5h
    matchingMethod: Selected
    groupByEntities: [Host]
    groupByCustomDetails: [Consumer]
version: 1.0.0
kind: Scheduled
`

test('a Sentinel rule with every field is sound, and each fault in one is told with file, line, field and what to do', {
  timeout: TIMEOUT_MS,
}, async () => {
  const rules = mkdtempSync(join(tmpdir(), 'triad-sentinel-'))
  const write = (name: string, ...changes: readonly (readonly [from: string, to: string])[]): void =>
    writeFileSync(
      join(rules, name),
      changes.reduce((text, [from, to]) => text.replace(from, to), SENTINEL_RULE),
    )
  write('good.yaml')
  expect(await triad('rules', 'check', rules)).toEqual({
    status: 0,
    err: '',
    out: '1 of 1 rules are sound\n',
  })
  const other = ['2f6f3f0e', '3f6f3f0e'] as const
  write(
    'bad.yaml',
    other,
    ['severity: High', 'severity: Critical'],
    ['Threshold: 0', 'Threshold: 10001'],
    ['kind: S', 'kind: s'],
    ['customDetails', 'customDetail'],
    ['columnName: DeviceName', 'columnName: DeviceNam'],
    ['value: Link', 'value: Nope'],
    ['Entities: [Host]', 'Entities: [Account]'],
  )
  write('query.yaml', ['2f6f3f0e', '4f6f3f0e'], ['| where ActionType', '| where Action'])
  write('same.yaml')
  const { err, status, out } = await triad('rules', 'check', rules)
  expect([status, out]).toEqual([1, '1 of 4 rules are sound\n'])
  for (const words of [
    'bad.yaml:4:11: severity must be one of Informational, Low, Medium, High, not Critical',
    'bad.yaml:11:19: triggerThreshold must be 0 to 10000, not 10001',
    'bad.yaml:40:7: kind must be one of Scheduled, NRT, not scheduled (did you mean Scheduled?)',
    'unknown field customDetail (did you mean customDetails?)',
    'bad.yaml:21:45: entityMappings[0].fieldMappings[0].columnName: the query does not return DeviceNam (did you mean DeviceName?)',
    'alertDynamicProperties[0].value: the query does not return Nope (it returns ',
    'groupByEntities: Account is not in entityMappings (add it to entityMappings',
    // Inside a literal block: line 16 of the file, after the indentation.
    "query.yaml:16:11: query: KS142: The name 'Action'",
    'same.yaml: same: the id 2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11 is that of',
  ])
    expect(err).toContain(words)
  const { found } = JSON.parse((await triad('rules', 'check', rules, '--format', 'json')).out)
  expect(found).toContainEqual(
    expect.objectContaining({ at: expect.objectContaining({ line: 11, column: 19 }) }),
  )
  rmSync(rules, { recursive: true })
})
