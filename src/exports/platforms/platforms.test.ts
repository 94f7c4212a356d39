import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { exportPlatform, loadPlatformRules, PLATFORMS } from './index.ts'

const CONTENT = fileURLToPath(new URL('../../../content/platforms', import.meta.url))
const faults: string[] = []
const rules = loadPlatformRules(CONTENT, ({ message }) => faults.push(message))

test('the platform content is sound', () => {
  expect(faults).toEqual([])
  expect(rules.length).toBeGreaterThan(10)
  expect(new Set(rules.map(({ guid }) => guid)).size).toBe(rules.length)
  // YARA-L wants a UUID of version 4.
  const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  expect(rules.filter(({ guid }) => !v4.test(guid))).toEqual([])
})

describe.each(PLATFORMS)('%s', (platform) => {
  const { files, leftOut, narrowed } = exportPlatform(platform, rules)
  test('its files are the reviewed ones', async () => {
    for (const file of files) await expect(file.text).toMatchFileSnapshot(`golden/${platform}/${file.path}`)
    await expect(
      `${[...leftOut, ...narrowed].map(({ rule, why }) => `${rule}: ${why}`).join('\n')}\n`,
    ).toMatchFileSnapshot(`golden/${platform}/left-out.txt`)
  })
})
