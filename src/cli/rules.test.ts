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
