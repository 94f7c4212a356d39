import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allowCommand } from '../../src/cli/allow.ts'
import { explainCommand } from '../../src/cli/explain.ts'
import { playbookCommand } from '../../src/cli/playbook.ts'
import { parseAllowList } from '../../src/findings/index.ts'
import { scan } from '../../src/scan/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-judgement-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const MOF = `#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
instance of __EventFilter as $F { Name = "Watch"; EventNamespace = "root\\\\cimv2"; QueryLanguage = "WQL";
  Query = "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'"; };
instance of CommandLineEventConsumer as $C { Name = "Watch"; CommandLineTemplate = "C:\\\\Users\\\\Public\\\\w.exe /q"; };
instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };
`
const mof = join(folder, 'watch.mof')
writeFileSync(mof, MOF)

let written = ''
beforeEach(() => {
  written = ''
  process.exitCode = 0
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk, ...rest) => {
    written += String(chunk)
    const done = rest.find((part) => typeof part === 'function')
    if (typeof done === 'function') done()
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

async function triad(...argv: string[]): Promise<{ readonly out: string; readonly status: unknown }> {
  written = ''
  const program = new Command('triad').exitOverride()
  for (const command of [explainCommand(), allowCommand(), playbookCommand()]) program.addCommand(command)
  await program.parseAsync(argv, { from: 'user' })
  return { out: written, status: process.exitCode }
}

async function idOf(): Promise<string> {
  const { out } = await triad('explain', mof, '--format', 'json')
  return (JSON.parse(out) as { id: string }[])[0]?.id ?? ''
}

test('explain tells a query in plain words', async () => {
  const { out } = await triad(
    'explain',
    "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'",
  )
  expect(out).toContain('Process Explorer')
  const { out: json } = await triad('explain', 'SELECT * FROM __TimerEvent', '--format', 'json')
  expect(JSON.parse(json)).toMatchObject({ kind: 'timer' })
})

test('explain tells what a MOF file defines, in one sentence', async () => {
  const { out } = await triad('explain', mof)
  expect(out).toContain('When someone starts Process Explorer')
  expect(out).toContain('it runs C:\\Users\\Public\\w.exe as SYSTEM')
  expect(out).toContain('malicious')
})

test('playbook finds a subscription by the beginning of its id, and a wrong id names the right ones', async () => {
  const id = await idOf()
  const { out } = await triad('playbook', id.slice(0, 6), '--evidence', mof)
  expect(out).toContain("$filterName = 'Watch'")
  const { out: json } = await triad('playbook', id, '--evidence', mof, '--format', 'json')
  expect(JSON.parse(json)).toMatchObject({ schema: 'triad.playbook/1', subscription: id })
  await expect(triad('playbook', 'nothing', '--evidence', mof)).rejects.toMatchObject({
    code: 'cli/not-found',
  })
  await expect(triad('playbook', id)).rejects.toMatchObject({ code: 'cli/usage' })
})

test('allow add writes an entry that list shows and check judges', async () => {
  const list = join(folder, 'allow.yaml')
  const id = await idOf()
  const add = [
    'allow',
    'add',
    id,
    '--evidence',
    mof,
    '--allow',
    list,
    '--owner',
    'IT',
    '--reason',
    'watch',
    '--expires',
  ]
  await triad(...add, '2999-01-31')
  expect(readFileSync(list, 'utf8')).toContain('owner: IT')
  expect((await triad('allow', 'list', '--allow', list)).out).toContain(
    'Watch to CommandLineEventConsumer Watch',
  )
  expect((await triad('allow', 'check', '--allow', list)).status).toBe(0)
  await triad(...add, '2001-01-31')
  const checked = await triad('allow', 'check', '--allow', list)
  expect(checked.status).toBe(1)
  expect(checked.out).toContain('1 entry, 1 expired')
})

test('allow add refuses an end that is no date, and writes nothing', async () => {
  const list = join(folder, 'never.yaml')
  const id = await idOf()
  const add = [
    'allow',
    'add',
    id,
    '--evidence',
    mof,
    '--allow',
    list,
    '--owner',
    'IT',
    '--reason',
    'x',
    '--expires',
    'never',
  ]
  await expect(triad(...add)).rejects.toMatchObject({ code: 'findings/bad-allow-list' })
  expect(existsSync(list)).toBe(false)
})

test('a file that is no report is refused', async () => {
  const path = join(folder, 'not-a-report.json')
  for (const text of ['', '{}', '{"subscriptions":[{}]}', '[]']) {
    writeFileSync(path, text)
    await expect(triad('playbook', 'x', '--report', path)).rejects.toMatchObject({
      code: 'findings/bad-report',
    })
  }
})

test('an entry made from 5861 covers the same subscription in Sysmon, which does not tell the creator', async () => {
  const withSid = join(folder, 'sid.mof')
  writeFileSync(withSid, MOF.replaceAll('{ Name', '{ CreatorSID = {1,1,0,0,0,0,0,5,18,0,0,0}; Name'))
  const { out } = await triad('explain', withSid, '--format', 'json')
  const id = (JSON.parse(out) as { id: string }[])[0]?.id ?? ''
  const list = join(folder, 'content.yaml')
  await triad(
    'allow',
    'add',
    id,
    '--evidence',
    withSid,
    '--allow',
    list,
    '--owner',
    'IT',
    '--reason',
    'x',
    '--expires',
    '2999-01-31',
  )
  const { report } = await scan([mof], {
    version: '0',
    hash: false,
    now: new Date('2024-01-01T00:00:00Z'),
    judgement: { allow: parseAllowList(readFileSync(list, 'utf8'), list) },
  })
  expect(report.subscriptions[0]?.verdict).toBe('known-good')
})
