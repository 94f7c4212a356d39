import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import { loadRules } from './index.ts'
import { prove } from './proof/index.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-team-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

const RULE = `id: 2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11
name: Encoded PowerShell
kind: Scheduled
severity: Medium
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Execution]
relevantTechniques: [T1059.001]
query: |
  DeviceProcessEvents
  | where FileName =~ "powershell.exe" and ProcessCommandLine has "-enc"
  | project TimeGenerated, DeviceName, ProcessCommandLine
entityMappings:
  - entityType: Host
    fieldMappings:
      - identifier: FullName
        columnName: DeviceName
`
const ROWS = `{"TimeGenerated":"2026-01-01T10:00:00Z","DeviceName":"pc1","FileName":"powershell.exe","ProcessCommandLine":"powershell -enc SQBFAFgA"}
{"TimeGenerated":"2026-01-01T10:01:00Z","DeviceName":"pc2","FileName":"powershell.exe","ProcessCommandLine":"powershell -File a.ps1"}
`

async function proved(): Promise<{ passed: boolean; messages: readonly string[]; faults: Diagnostic[] }> {
  const faults: Diagnostic[] = []
  const rules = loadRules(folder, (diagnostic) => faults.push(diagnostic))
  const { passed, tests } = await prove(rules, { report: () => undefined, testsOnly: true })
  return { passed, messages: tests.flatMap((item) => item.messages), faults }
}

const TIMEOUT_MS = 60_000

test('a Sentinel rule with rows in a file named as their table passes, and fails when it should', {
  timeout: TIMEOUT_MS,
}, async () => {
  write('rules/encoded.yaml', RULE)
  write('rules/evidence/DeviceProcessEvents.jsonl', ROWS)
  const tests = (rows: number): string =>
    `tests:\n  - name: the encoded command alone\n    evidence: [evidence/DeviceProcessEvents.jsonl]\n    rows: ${rows}\n    expect: [{ DeviceName: pc1 }]\n`
  write('rules/encoded.tests.yaml', tests(1))
  expect(await proved()).toEqual({ passed: true, messages: [], faults: [] })
  write('rules/encoded.tests.yaml', tests(2))
  expect(await proved()).toEqual({ passed: false, messages: ['2 rows expected, 1 returned'], faults: [] })
})

test('a plain .kql runs over a simulated technique; an unknown one fails by name', {
  timeout: TIMEOUT_MS,
}, async () => {
  write('wmic.kql', 'DeviceProcessEvents | where FileName =~ "wmic.exe"')
  write(
    'wmic.tests.yaml',
    'tests:\n  - { name: wmic, scenario: wmic-active-script, sources: [defender], rows: 3 }\n  - { name: none, scenario: nope, rows: 0 }\n',
  )
  const { passed, messages } = await proved()
  expect(passed).toBe(false)
  expect(messages).toHaveLength(1)
  expect(messages[0]).toContain('there is no scenario nope')
})

test('a rule without tests is named as unproved, YAML that is no rule is left alone, a broken one is reported', async () => {
  write('a.kql', 'print 1')
  write('workflow.yaml', 'on: push\n')
  write('b.yaml', 'name: [\nquery: x\n')
  const faults: Diagnostic[] = []
  const rules = loadRules(folder, (diagnostic) => faults.push(diagnostic))
  expect(rules.map((rule) => rule.id)).toEqual(['a'])
  expect(faults.map((fault) => fault.code)).toEqual(['detections/bad-yaml'])
})
