import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-playbook-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const TIMEOUT_MS = 60_000

interface Held {
  readonly id: string
  readonly [field: string]: unknown
}

async function reportOf(scenario: string): Promise<{ path: string; subscriptions: Held[] }> {
  const path = join(folder, `${scenario}.json`)
  await runCli('simulate', scenario, '-o', join(folder, scenario))
  await runCli('scan', join(folder, scenario), '--no-rules', '--no-hash', '--format', 'json', '-o', path)
  return { path, subscriptions: JSON.parse(readFileSync(path, 'utf8')).subscriptions }
}

test.each(['stock-impersonation', 'remote-transient', 'clean-up', 'half-triad'])(
  'every subscription of %s has a playbook, as text and as data',
  { timeout: TIMEOUT_MS },
  async (scenario) => {
    const { path, subscriptions } = await reportOf(scenario)
    expect(subscriptions.length).toBeGreaterThan(0)
    for (const { id } of subscriptions) {
      const text = await runCli('playbook', id, '--report', path)
      expect([text.status, text.stdout.startsWith('# Response: ')]).toEqual([0, true])
      const data = JSON.parse((await runCli('playbook', id, '--report', path, '--format', 'json')).stdout)
      expect(data).toMatchObject({ schema: 'triad.playbook/1', subscription: id })
      for (const { steps } of data.sections) {
        for (const step of steps) expect(text.stdout).toContain(step.text)
      }
    }
  },
)

test.each([
  ['a name that is no text', { filter: { name: 5 } }],
  ['a part that is null', { consumer: null }],
  ['a reason that is null', { reasons: [null] }],
  ['a timer without an id', { timer: { class: 'x' } }],
  ['a namespace that is a number', { namespace: 3 }],
])('an edited report is no report: %s', { timeout: TIMEOUT_MS }, async (_, change) => {
  const { subscriptions } = await reportOf('half-triad')
  const path = join(folder, 'edited.json')
  writeFileSync(path, JSON.stringify({ subscriptions: [{ ...subscriptions[0], ...change }] }))
  const { status, stderr } = await runCli('playbook', subscriptions[0]?.id ?? '', '--report', path)
  expect([status, stderr.includes('findings/bad-report')]).toEqual([2, true])
})
