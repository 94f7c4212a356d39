import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { ScanReport } from '../src/reports/index.ts'
import { sampleFiles } from '../src/simulation/index.ts'
import { runCli } from './run-cli.ts'

const SAMPLES = fileURLToPath(new URL('../fixtures/samples/', import.meta.url))

test('the committed samples are what the simulator makes (npm run samples rewrites them)', () => {
  const made = new Map(sampleFiles().map((file) => [file.path, Buffer.from(file.bytes)]))
  const committed = readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(SAMPLES.length).replaceAll('\\\\', '/'))
  expect(committed.sort()).toEqual([...made.keys()].sort())
  for (const [path, bytes] of made) {
    expect(readFileSync(join(SAMPLES, path)).equals(bytes), path).toBe(true)
  }
})

test('the scan of the samples finds the three attacks and accuses neither stock subscription', async () => {
  const run = await runCli('scan', SAMPLES, '--format', 'json', '--no-rules')
  const report = JSON.parse(run.stdout) as ScanReport
  const seen = report.subscriptions.map(
    (item) => `${item.host?.split('.')[0]} ${item.consumer?.name} ${item.verdict} ${item.state}`,
  )
  expect(seen).toEqual([
    'SRV02 WSUS_R41TZ malicious transient',
    'WS014 TriadScriptConsumer malicious bound',
    'SRV05 SCM Event Log Consumer malicious bound',
    'undefined TriadMofConsumer suspicious attempted',
    'SRV05 SCM Event Log Consumer known-good bound',
    'WS021 SCM Event Log Consumer known-good bound',
  ])
  expect(run.status).toBe(0)
})

test('the README shows what the demo prints, line after line but for what it leaves out', async () => {
  const readme = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8')
  const shown = /```\n(\d+ WMI event [\s\S]*?)\n```/.exec(readme)?.[1]?.split('\n') ?? []
  const { stdout } = await runCli('scan', 'fixtures/samples', '--no-rules')
  const printed = stdout.split('\n')
  let at = 0
  for (const line of shown.filter((text) => text.trim() !== '...')) {
    const found = printed.indexOf(line, at)
    expect(found, `"${line}" is not printed, or not there`).toBeGreaterThanOrEqual(0)
    at = found + 1
  }
  expect(shown.length).toBeGreaterThan(10)
})
