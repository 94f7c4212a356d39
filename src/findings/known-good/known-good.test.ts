import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgementContent } from '../judge/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import {
  creatorSid,
  deceptiveCharacters,
  editDistance,
  fingerprintOf,
  foldName,
  looksRandom,
  matchKnownGood,
  normalQuery,
} from './index.ts'

const content = judgementContent()

const scm = (change: Partial<SubscriptionFacts> = {}): SubscriptionFacts => ({
  id: 'x',
  namespace: 'root\\subscription',
  filter: {
    name: 'SCM Event Log Filter',
    eventNamespace: 'root\\cimv2',
    query: 'select * from MSFT_SCMEventLogEvent',
    queryLanguage: 'WQL',
    creatorSid: 'S-1-5-32-544',
  },
  consumer: {
    class: 'NTEventLogEventConsumer',
    name: 'SCM Event Log Consumer',
    properties: {
      SourceName: 'Service Control Manager',
      NameOfUserSIDProperty: 'sid',
      Category: 0,
      EventType: 1,
    },
    creatorSid: 'S-1-5-32-544',
  },
  binding: {},
  complete: true,
  state: 'bound',
  sightings: [
    { evidence: 'e', source: 'wmi-activity', eventId: 5861, shows: ['filter', 'consumer', 'binding'] },
  ],
  observations: [],
  flags: {},
  ...change,
})
const kindOf = (facts: SubscriptionFacts): string | undefined =>
  matchKnownGood(facts, content.knownGood)?.kind
const filterWith = (change: object): SubscriptionFacts => scm({ filter: { ...scm().filter, ...change } })
const consumerWith = (
  properties: Record<string, string | number | null | readonly string[]>,
): SubscriptionFacts => {
  const { consumer } = scm()
  return scm({ consumer: { ...consumer, properties: { ...consumer?.properties, ...properties } } })
}

test('the stock subscription is exact, whatever the case and however defaults are written', () => {
  expect(kindOf(scm())).toBe('exact')
  expect(
    kindOf(filterWith({ query: 'SELECT  *  FROM msft_scmeventlogevent', eventNamespace: '//./root/CIMV2' })),
  ).toBe('exact')
  expect(
    kindOf(
      consumerWith({
        EventID: 0,
        NumberOfInsertionStrings: 0,
        InsertionStringTemplates: [''],
        UNCServerName: null,
        MachineName: null,
      }),
    ),
  ).toBe('exact')
  expect(kindOf(scm({ namespace: '//./ROOT/Subscription' }))).toBe('exact')
})

test.each([
  ['another query', filterWith({ query: 'select * from MSFT_SCMEventLogEvent where x = 1' })],
  ['another event namespace', filterWith({ eventNamespace: 'root\\default' })],
  ['a look-alike letter', filterWith({ name: 'SCM \u0415vent Log Filter' })],
  ['a zero-width space', filterWith({ name: 'SCM Event\u200b Log Filter' })],
  ['a no-break space', filterWith({ name: 'SCM\u00a0Event Log Filter' })],
  ['a trailing space', filterWith({ name: 'SCM Event Log Filter ' })],
  ['EventAccess', filterWith({ eventAccess: 'D:(A;;GA;;;WD)' })],
  ['another creator', filterWith({ creatorSid: 'S-1-5-21-1-2-3-1001' })],
  ['an insertion string', consumerWith({ InsertionStringTemplates: ['x'] })],
  ['another source', consumerWith({ SourceName: 'Other' })],
  ['a command beside it', consumerWith({ CommandLineTemplate: 'x' })],
  [
    'another class',
    scm({ consumer: { class: 'CommandLineEventConsumer', name: 'SCM Event Log Consumer', properties: {} } }),
  ],
  ['another namespace', scm({ namespace: 'root\\default' })],
])('%s under the stock name is an impersonation', (_, facts) => {
  expect(kindOf(facts)).toBe('differs')
})

test('what was only partly seen is neither exact nor an impersonation', () => {
  const { filter } = scm()
  const alone = {
    filter,
    complete: false,
    state: 'partial',
    id: 'x',
    sightings: [],
    observations: [],
    flags: {},
  } as const
  expect(kindOf(filter === undefined ? scm() : { ...alone, filter })).toBe('partly')
})

test('a subscription of another name is not compared', () => {
  const { consumer } = scm()
  expect(
    kindOf(
      scm({
        filter: { ...scm().filter, name: 'Mine' },
        consumer: { ...consumer, name: 'Mine', properties: {} },
      }),
    ),
  ).toBeUndefined()
})

test('the fingerprint is the same on every host and from every source, and changes with any content', () => {
  const base = fingerprintOf(scm())
  expect(fingerprintOf(scm({ host: 'OTHER', id: 'y', firstSeen: '2020-01-01T00:00:00Z' }))).toEqual(base)
  expect(fingerprintOf(consumerWith({ EventID: 0, MachineName: null }))).toEqual(base)
  expect(fingerprintOf(consumerWith({ SourceName: 'x' }))?.content).not.toBe(base?.content)
  expect(fingerprintOf(filterWith({ query: 'select * from X' }))?.content).not.toBe(base?.content)
  const other = fingerprintOf(scm({ filter: { ...scm().filter, creatorSid: 'S-1-5-18' } }))
  expect(other?.content).toBe(base?.content)
  expect(other?.full).not.toBe(base?.full)
})

test('a query is compared without case and spacing, its literals as they are', () => {
  expect(normalQuery("SELECT *  FROM X WHERE A='b C'")).toBe(normalQuery('select * from x where a = "b C"'))
  expect(normalQuery("select * from X where a='b c'")).not.toBe(normalQuery("select * from X where a='B C'"))
})

test.each([
  'WSUS_QQTJ7',
  'WSUS_RP5ZB',
  'kx9vqzt2',
  '{3f2504e0-4f89-11d3-9a0c-0305e82c3301}',
  'a8f3e29b77c01d',
])('%s looks random', (name) => {
  expect(looksRandom(name)).toBe(true)
})

test.each([
  'SCM Event Log Filter',
  'Updater',
  'HPHealthConsumer',
  'Win32Watcher',
  'PrintJobs2024',
  'DellCommandPowerManagerAlertEventFilter',
  'DiskSpace_C',
  'SQL2019',
  'BotFilter82',
  'KB5001330',
])('%s does not look random', (name) => {
  expect(looksRandom(name)).toBe(false)
})

test('names are folded to one form, and what deceives in them is named', () => {
  expect(foldName('SCM \u0415vent  Log\u200b Filter ')).toBe('scm event log filter')
  expect(deceptiveCharacters('SCM \u0415vent')).toContain('alphabet')
  expect(deceptiveCharacters('SCM Event')).toBeUndefined()
  // A name that is Cyrillic as a whole deceives nobody.
  expect(deceptiveCharacters('\u041f\u0440\u0438\u043d\u0442\u0435\u0440')).toBeUndefined()
})

test('edit distance is symmetric, zero for equal names only, and stops at its limit', () => {
  expect(editDistance('bvtfilter', 'bvtfitler', 2)).toBe(1)
  expect(editDistance('abcdefgh', 'xyz', 2)).toBe(3)
  const name = fc.string({ maxLength: 20 })
  fc.assert(
    fc.property(name, name, (left, right) => {
      expect(editDistance(left, right, 2)).toBe(editDistance(right, left, 2))
      expect(editDistance(left, right, 2) === 0).toBe(left === right)
    }),
  )
})

test.each([
  ['NT-AUTORITÄT\\SYSTEM', 'S-1-5-18'],
  ['AUTORITE NT\\Système', 'S-1-5-18'],
  ['NT AUTHORITY\\СИСТЕМА', 'S-1-5-18'],
  ['VORDEFINIERT\\Administratoren', 'S-1-5-32-544'],
  ['BUILTIN\\Administrateurs', 'S-1-5-32-544'],
  ['PLANT\\system', undefined],
  ['ACME\\bob', undefined],
])('%s is one account in every language', (name, sid) => {
  expect(creatorSid(name)).toBe(sid)
})
