import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { InputError } from '../../diagnostics/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import { judge, judgementContent, withWeights } from './index.ts'

const content = judgementContent()
const features = Object.values(content.weights.groups).flatMap((group) => Object.keys(group.features))

const facts: SubscriptionFacts = {
  id: 'x',
  filter: { name: 'F', query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'a.exe'" },
  consumer: {
    class: 'CommandLineEventConsumer',
    name: 'C',
    properties: { CommandLineTemplate: 'C:\\Tools\\a.exe' },
  },
  binding: {},
  complete: true,
  state: 'bound',
  sightings: [],
  observations: [],
  flags: {},
}

test('every feature that the code can give has its weight in the file, and every weight is given by the code', () => {
  const folders = ['../payload/', './'].map((name) => new URL(name, import.meta.url))
  const source = folders
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => readFileSync(new URL(name, folder), 'utf8')),
    )
    .join('\n')
  const groups = Object.keys(content.weights.groups).join('|')
  const named = new Set(
    [...source.matchAll(new RegExp(`'((?:${groups})/[a-z-]+)'`, 'g'))].map((match) => match[1] ?? ''),
  )
  expect([...named].filter((id) => !features.includes(id))).toEqual([])
  // Group A builds its ids from their last part.
  expect(
    features.filter((id) => !named.has(id) && !source.includes(`'${id.replace('consumer/', '')}'`)),
  ).toEqual([])
})

test('every list has entries, and what is looked for in lower case is lower case', () => {
  for (const [name, list] of Object.entries(content.lists)) {
    expect(list.length, name).toBeGreaterThan(0)
    for (const item of list) expect(item, name).toBe(item.toLowerCase())
  }
  expect(content.knownGood.entries.map((entry) => entry.id)).toEqual(['KG-1', 'KG-2'])
  expect(content.markers.length).toBeGreaterThan(5)
})

test("a team's weight takes the place of ours, everything else stays", () => {
  const own = withWeights('groups:\n  consumer:\n    features:\n      consumer/command-line: 1\n', 'own.yaml')
  const before = judge(facts)
  const after = judge(facts, { content: own })
  expect(before.score - after.score).toBe(27)
})

test.each([
  ['[]', 'mapping'],
  ['groups: { nothing: {} }', 'no group'],
  ['groups: { consumer: { features: { consumer/typo: 1 } } }', 'no feature'],
  ['groups: { consumer: { cap: many } }', 'not a number'],
  ['bands: { low: 99 }', 'do not rise'],
  ['a: [', 'YAML'],
])('weights that would silently do nothing are refused: %s', (text, words) => {
  expect(() => withWeights(text, 'own.yaml')).toThrow(InputError)
  expect(() => withWeights(text, 'own.yaml')).toThrow(words)
})

test('the same facts give the same judgement', () => {
  expect(judge(facts)).toEqual(judge(structuredClone(facts)))
})
