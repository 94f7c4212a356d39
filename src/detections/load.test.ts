import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import { loadDetections } from './load.ts'

const RULE = `id: my-rule
guid: 0f06a3a5-6a09-413f-8743-e6cf35561297
title: A rule
description: Finds a thing.
version: 1.0.0
kind: scheduled
severity: high
technique: T1546.003
tactics: [persistence]
tables:
  - name: DeviceEvents
    connectors: [MicrosoftThreatProtection]
    enable: Onboard the device.
schedule: { frequency: 1h, period: 2h }
signals: [defender-wmi]
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-rules-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function load(
  yaml: string,
  query: string | undefined = 'DeviceEvents',
): { ids: string[]; diagnostics: Diagnostic[] } {
  mkdirSync(join(folder, 'my-rule'), { recursive: true })
  writeFileSync(join(folder, 'my-rule', 'detection.yaml'), yaml)
  if (query !== undefined) writeFileSync(join(folder, 'my-rule', 'query.kql'), query)
  const diagnostics: Diagnostic[] = []
  const ids = loadDetections(folder, (diagnostic) => diagnostics.push(diagnostic)).map((rule) => rule.id)
  return { ids, diagnostics }
}

test('a sound rule loads', () => {
  expect(load(RULE)).toEqual({ ids: ['my-rule'], diagnostics: [] })
})

test('every fault of a rule is reported at once, each at its own place', () => {
  const yaml = RULE.replace('severity: high', 'severity: critical')
    .replace('version: 1.0.0', 'version: 1.0')
    .replace('signals:', 'signal:')
  const { ids, diagnostics } = load(yaml)
  expect(ids).toEqual([])
  expect(diagnostics.map((item) => item.message)).toEqual([
    'version must be three numbers, 1.0.0, not 1.0',
    'severity must be one of informational, low, medium, high, not critical',
    'unknown field signal',
  ])
  const at = diagnostics[1]?.at
  expect(at?.in === 'text' && yaml.slice(at.start, at.end)).toBe('critical')
})

test('YAML that does not parse names the place, and a broken rule does not hide a sound one', () => {
  load(RULE)
  mkdirSync(join(folder, 'other'))
  writeFileSync(join(folder, 'other', 'detection.yaml'), 'id: other\n  title: [')
  const diagnostics: Diagnostic[] = []
  expect(loadDetections(folder, (item) => diagnostics.push(item)).map((rule) => rule.id)).toEqual(['my-rule'])
  expect(diagnostics[0]?.code).toBe('detections/bad-yaml')
})

test('a rule whose evidence file is missing is refused', () => {
  const { ids, diagnostics } = load(
    `${RULE}tests:\n  - { name: fires, evidence: [evidence/a.jsonl], at: 2026-01-01T00:00:00Z, rows: 1 }\n`,
  )
  expect(ids).toEqual([])
  expect(diagnostics[0]?.code).toBe('detections/missing-file')
})
