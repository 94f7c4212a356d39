import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../test/run-cli.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-explain-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a query that can be read is explained with status 0, also one that never fires', async () => {
  const good = await runCli('explain', "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'a.exe'")
  expect(good).toMatchObject({ status: 0, stderr: '' })
  expect(good.stdout).toContain('a.exe')
  expect(await runCli('explain', 'ASSOCIATORS OF {Win32_Foo=1}')).toMatchObject({ status: 0, stderr: '' })
})

test('a broken query is not taken for an explained one: status 3, and a caret where it breaks', async () => {
  const query = "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'a.exe' AND ("
  for (const format of ['text', 'json']) {
    const { status, stdout, stderr } = await runCli('explain', query, '--format', format)
    expect(status).toBe(3)
    expect(stdout).toContain('the query cannot be read')
    expect(stderr).toMatch(/error: query at character \d+: .* \[wql\/.*\]\n1 \| .*'a\.exe' AND \(\n +\^/)
  }
})

test('a MOF file is explained subscription by subscription, and status 3 says that part of it was broken', async () => {
  const mof = join(folder, 'x.mof')
  const filter = `#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
instance of __EventFilter as $f { Name = "Tick"; Query = "SELECT * FROM __TimerEvent"; QueryLanguage = "WQL"; };
instance of CommandLineEventConsumer as $c { Name = "Run"; CommandLineTemplate = "calc.exe"; };
instance of __FilterToConsumerBinding { Filter = $f; Consumer = $c; };
`
  writeFileSync(mof, filter)
  const good = await runCli('explain', mof)
  expect(good).toMatchObject({ status: 0, stderr: '' })
  expect(good.stdout).toContain('"Tick" to "Run"')
  writeFileSync(mof, `${filter}\ninstance of { Name = ;;;\n`)
  const broken = await runCli('explain', mof)
  expect(broken.status).toBe(3)
  expect(broken.stdout).toContain('"Tick" to "Run"')
  expect(broken.stderr).toContain('x.mof')
})
