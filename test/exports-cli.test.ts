import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const RULE = `# ours
id: 2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11
name: A rule
description: |
  What it finds.
severity: High
requiredDataConnectors: []
queryFrequency: 60m
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
tactics:
  - Persistence
  - PrivilegeEscalation
relevantTechniques:
  - T1546.003
query: |
  DeviceEvents
  | take 1
version: 1.0.0
kind: Scheduled
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-exports-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('triad convert', () => {
  test('YAML to ARM and back is the same file', async () => {
    const [yaml, arm, back] = ['rule.yaml', 'rule.json', 'back.yaml'].map((name) => join(folder, name))
    writeFileSync(yaml ?? '', RULE)
    expect(await runCli('convert', yaml ?? '', '-o', arm ?? '')).toMatchObject({ status: 0, stderr: '' })
    expect(await runCli('convert', arm ?? '', '-o', back ?? '')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(back ?? '', 'utf8')).toBe(RULE)
  })

  test('an existing file is refused, and nothing is half written', async () => {
    const yaml = join(folder, 'rule.yaml')
    writeFileSync(yaml, RULE)
    expect((await runCli('convert', yaml, '-o', yaml)).status).toBe(2)
    expect(readFileSync(yaml, 'utf8')).toBe(RULE)
    writeFileSync(join(folder, 'bad.yaml'), 'a: [')
    expect((await runCli('convert', join(folder, 'bad.yaml'), '-o', join(folder, 'out.json'))).status).toBe(2)
    expect(readdirSync(folder).sort()).toEqual(['bad.yaml', 'rule.yaml'])
  })

  test('--check tells every fault with its line, and status 1', async () => {
    const yaml = join(folder, 'rule.yaml')
    writeFileSync(yaml, RULE.replace('High', 'Critical').replace('1d', '5m'))
    const run = await runCli('convert', yaml, '--check')
    expect(run.status).toBe(1)
    expect(run.stderr).toContain('not Critical')
    expect(run.stderr).toContain('shorter than queryFrequency')
    writeFileSync(yaml, RULE)
    expect(await runCli('convert', yaml, '--check')).toMatchObject({ status: 0, stderr: '' })
  })

  test('a call without a target is wrong, and so is a file that does not exist', async () => {
    expect((await runCli('convert', join(folder, 'none.yaml'), '--check')).status).toBe(2)
    expect((await runCli('convert', join(folder, 'none.yaml'))).status).toBe(2)
  })
})

describe('triad export', () => {
  test('writes every platform, refuses to overwrite, and overwrites with --force', async () => {
    const out = join(folder, 'out')
    const first = await runCli('export', 'all', '-o', out)
    expect(first.status).toBe(0)
    expect(readdirSync(out).sort()).toEqual([
      'chronicle',
      'crowdstrike',
      'defender',
      'elastic',
      'panther',
      'qradar',
      'sentinel',
      'sigma',
      'splunk',
      'sumologic',
      'wazuh',
    ])
    expect(existsSync(join(out, 'sentinel', 'Watchlists', 'TriadWmiAllowList.csv'))).toBe(true)
    expect((await runCli('export', 'all', '-o', out)).status).toBe(2)
    expect((await runCli('export', 'all', '-o', out, '--force')).status).toBe(0)
  })

  test('one rule goes to standard output, a correlation with the rules it joins', async () => {
    const run = await runCli('export', 'sigma', '--rule', 'wmi-transient-subscription')
    expect(run.stdout.match(/^==> .* <==$/gm)).toEqual([
      '==> wmi_binding_registered.yml <==',
      '==> wmi_binding_removed.yml <==',
      '==> wmi_transient_subscription.yml <==',
    ])
  })

  test('an unknown platform, rule or folder is a wrong call', async () => {
    expect((await runCli('export', 'arcsight')).status).toBe(2)
    expect((await runCli('export', 'sentinel', '--rule', 'nothing')).status).toBe(2)
    expect((await runCli('export', 'sigma', '-o', join(folder, 'a', 'b'))).status).toBe(2)
    expect(existsSync(join(folder, 'a'))).toBe(false)
  })
})
