import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { renderJson, scan } from '../src/index.ts'

const ROOT = new URL('../', import.meta.url)
const { exports: doors } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
  exports: Record<string, string>
}

test('every door that package.json names is there and leads somewhere', async () => {
  for (const [name, file] of Object.entries(doors)) {
    if (file === './package.json') continue
    const source = file.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
    const door = (await import(fileURLToPath(new URL(source, ROOT)))) as Record<string, unknown>
    expect(Object.keys(door).length, name).toBeGreaterThan(0)
  }
})

test('the front door scans the samples as the command does', async () => {
  const samples = fileURLToPath(new URL('fixtures/samples/', ROOT))
  const { report, findings } = await scan([samples], { version: '1', now: new Date(0) })
  expect(findings).toHaveLength(report.subscriptions.length)
  expect(report.subscriptions.map(({ verdict }) => verdict)).toContain('malicious')
  expect(JSON.parse(renderJson(report))).toMatchObject({ generated: '1970-01-01T00:00:00.000Z' })
})
