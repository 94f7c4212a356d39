import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import { checkRules, loadRules } from './index.ts'
import { prove } from './proof/index.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/github-actions/rules/', import.meta.url))
const page = readFileSync(new URL('../../docs/testing-rules.md', import.meta.url), 'utf8')

function blocks(language: string): string[] {
  return [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? '')
}

test('docs/testing-rules.md shows the files of the example, word for word', () => {
  const file = (name: string): string => readFileSync(`${EXAMPLE}${name}`, 'utf8')
  expect(blocks('yaml').slice(0, 2)).toEqual([
    file('encoded-powershell.yaml'),
    file('encoded-powershell.tests.yaml'),
  ])
  expect(blocks('json')).toEqual([file('evidence/DeviceProcessEvents.jsonl')])
})

test('the example is sound and passes', { timeout: 60_000 }, async () => {
  const found: Diagnostic[] = []
  const rules = loadRules(EXAMPLE, (diagnostic) => found.push(diagnostic))
  await checkRules(
    rules.map((rule) => rule.checked),
    (diagnostic) => found.push(diagnostic),
  )
  const proof = await prove(rules, { report: (diagnostic) => found.push(diagnostic) })
  expect(found).toEqual([])
  expect([proof.passed, proof.tests.length, proof.scenarios.length]).toEqual([true, 2, 0])
})
