import { expect, test } from 'vitest'
import { judgeAll } from '../judge/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import { EMPTY_BASELINE, parseBaseline, prevalenceOf, printBaseline, updateBaseline } from './index.ts'

const on = (host: string, template: string): SubscriptionFacts => ({
  id: `${host} ${template}`,
  host,
  namespace: 'root\\subscription',
  filter: {
    name: 'F',
    query: "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_Service'",
  },
  consumer: { class: 'CommandLineEventConsumer', name: 'C', properties: { CommandLineTemplate: template } },
  binding: {},
  complete: true,
  state: 'bound',
  sightings: [],
  observations: [],
  flags: {},
})
const hosts = Array.from({ length: 200 }, (_, at) => `H${at}`)
const COMMON = '"C:\\Program Files\\Agent\\agent.exe" /x'
const monthAgo = '2024-01-01T00:00:00Z'
const now = '2024-03-01T00:00:00Z'

const before = updateBaseline(
  EMPTY_BASELINE,
  hosts,
  judgeAll(hosts.map((host) => on(host, COMMON))).findings.map(({ facts, judgement }) => ({
    fingerprint: judgement.fingerprint ?? '',
    host: facts.host ?? '',
  })),
  monthAgo,
)

test('new and on one host of two hundred weighs more; old and everywhere is low at most', () => {
  const creator = 'S-1-5-18'
  const common = on('H1', COMMON)
  const withCreator = {
    ...common,
    consumer: { ...common.consumer, properties: common.consumer?.properties ?? {}, creatorSid: creator },
  }
  const { findings } = judgeAll([on('H1', 'C:\\Tools\\new.exe'), common, withCreator], {
    baseline: before,
    hosts,
    now,
  })
  expect(findings[0]?.judgement.reasons.map((reason) => reason.id)).toContain('identity/rare')
  expect(findings[1]?.judgement.severity).toBe('low')
  // Another creator is another fingerprint: not the one that is everywhere.
  expect(findings[2]?.judgement.reasons.map((reason) => reason.id)).toContain('identity/rare')
})

test('without a baseline nothing is said about rarity', () => {
  const { findings } = judgeAll([on('H1', 'C:\\Tools\\new.exe')], { now })
  expect(findings[0]?.judgement.reasons.map((reason) => reason.id)).not.toContain('identity/rare')
})

test('first seen stays, last seen and hosts grow', () => {
  const { baseline, findings } = judgeAll([on('X1', COMMON)], { baseline: before, now })
  const entry = prevalenceOf(baseline, findings[0]?.judgement.fingerprint ?? '')
  expect(entry).toEqual({ hosts: 201, ofHosts: 201, firstSeen: monthAgo })
})

test('a baseline file is read back as it was, and anything else is refused', () => {
  expect(printBaseline(parseBaseline(printBaseline(before), 'b'))).toBe(printBaseline(before))
  for (const text of [
    '',
    '{}',
    '[]',
    '{"schema":"triad.baseline/1"}',
    '{"schema":"triad.baseline/1","hosts":{"a":1},"fingerprints":{}}',
  ]) {
    expect(() => parseBaseline(text, 'b')).toThrow()
  }
})

test('a host called __proto__ is a host like any other', () => {
  const text = '{"schema":"triad.baseline/1","hosts":{"__proto__":"2024-01-01T00:00:00Z"},"fingerprints":{}}'
  expect(Object.keys(parseBaseline(text, 'b').hosts)).toEqual(['__proto__'])
})
