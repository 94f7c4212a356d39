import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventRecord } from '../../records/index.ts'
import { exportPlatform, loadPlatformRules } from '../platforms/index.ts'
import { escapeSigma } from '../platforms/sigma.ts'
import { holds, parseCondition } from './condition.ts'
import { createSigmaEvaluator } from './index.ts'
import { fieldMatcher, parseWildcards } from './pattern.ts'

const rules = loadPlatformRules(
  fileURLToPath(new URL('../../../content/platforms', import.meta.url)),
  () => undefined,
)
const texts = exportPlatform('sigma', rules).files.map(({ text }) => text)

let clock = 133_000_000_000_000_000n
function event(
  eventId: number,
  fields: Readonly<Record<string, string>>,
  more: Partial<EventRecord> = {},
): EventRecord {
  clock += 10_000_000n
  return {
    evidence: 'e',
    provider: eventId > 5000 ? 'Microsoft-Windows-WMI-Activity' : 'Microsoft-Windows-Sysmon',
    channel:
      eventId > 5000 ? 'Microsoft-Windows-WMI-Activity/Operational' : 'Microsoft-Windows-Sysmon/Operational',
    eventId,
    computer: 'WS01',
    timeFiletime: clock,
    payload: 'EventData',
    names: Object.keys(fields),
    values: Object.values(fields),
    ...more,
  }
}

function fired(...events: EventRecord[]): string[] {
  const evaluator = createSigmaEvaluator(texts)
  for (const item of events) evaluator.event(item)
  return evaluator.finish().map(({ rule }) => rule)
}

const filter = (operation = 'Created'): EventRecord =>
  event(19, { Operation: operation, Name: ' "F"', Query: ' "q"' })
const consumer = (destination = ' "notepad.exe"', type = 'Command Line'): EventRecord =>
  event(20, { Operation: 'Created', Name: ' "C"', Type: type, Destination: destination })
const binding = (operation = 'Created', more: Partial<EventRecord> = {}): EventRecord =>
  event(
    21,
    { Operation: operation, Consumer: ' "CommandLineEventConsumer.Name=\\"C\\""', Filter: ' "F"' },
    more,
  )
const bound = (fields: Readonly<Record<string, string>>): EventRecord =>
  event(5861, fields, { payload: 'UserData' })

describe('the exported Sigma rules', () => {
  test('three parts in any order complete a subscription, two do not', () => {
    expect(fired(binding(), consumer(), filter())).toContain('wmi_subscription_complete')
    expect(fired(binding(), consumer())).not.toContain('wmi_subscription_complete')
  })

  test('parts on two hosts or eleven minutes apart are no subscription', () => {
    const elsewhere = binding('Created', { computer: 'WS02' })
    expect(fired(filter(), consumer(), elsewhere)).not.toContain('wmi_subscription_complete')
    const first = filter()
    clock += 11n * 60n * 10_000_000n
    expect(fired(first, consumer(), binding())).not.toContain('wmi_subscription_complete')
  })

  test('a deletion is no registration, and after one it tells that the subscription was short-lived', () => {
    expect(fired(filter('Deleted'), binding('Deleted'))).toEqual(['wmi_binding_removed'])
    expect(fired(binding(), binding('Deleted'))).toContain('wmi_transient_subscription')
    expect(fired(binding('Deleted'), binding())).not.toContain('wmi_transient_subscription')
  })

  test('a payload is judged by its words', () => {
    expect(fired(consumer(' "powershell -enc AAAA"'))).toContain('wmi_consumer_payload')
    expect(fired(consumer())).toEqual(['wmi_consumer_registered'])
    expect(fired(consumer(' "x"', 'Log File'))).toEqual([])
  })

  test('the stock subscription is silent only as a whole', () => {
    const stock = {
      Namespace: '//./root/subscription',
      ESS: 'SCM Event Log Filter',
      CONSUMER: 'NTEventLogEventConsumer="SCM Event Log Consumer"',
      PossibleCause: 'instance of NTEventLogEventConsumer Query = "select * from MSFT_SCMEventLogEvent"',
    }
    expect(fired(bound(stock))).toEqual([])
    const named = { ...stock, CONSUMER: 'CommandLineEventConsumer="SCM Event Log Consumer"' }
    expect(fired(bound(named))).toEqual(['wmi_permanent_binding_5861', 'wmi_stock_object_impersonated'])
    const hidden = { ...stock, PossibleCause: `${stock.PossibleCause} instance of ActiveScriptEventConsumer` }
    expect(fired(bound(hidden))).toContain('wmi_stock_object_impersonated')
  })

  test('listing and removing on a command line stay silent, creating does not', () => {
    const line = (CommandLine: string): string[] => fired(event(1, { Image: 'C:\\x\\WMIC.exe', CommandLine }))
    expect(line('wmic /namespace:\\\\root\\subscription PATH __EventFilter CREATE Name="x"')).toEqual([
      'wmi_creation_command_line',
    ])
    expect(line('wmic /namespace:\\\\root\\subscription PATH __EventFilter GET Name')).toEqual([])
    expect(line('wmic PATH __EventFilter WHERE Name="x" DELETE')).toEqual([])
  })

  test('mofcomp on a Windows folder is left out, but not when the path climbs out of it', () => {
    const run = (CommandLine: string): string[] =>
      fired(event(1, { Image: 'C:\\Windows\\System32\\wbem\\mofcomp.exe', CommandLine }))
    expect(run('mofcomp C:\\Windows\\System32\\wbem\\scm.mof')).toEqual([])
    expect(run('mofcomp C:\\Users\\a\\x.mof')).toEqual(['mofcomp_compilation'])
    expect(run('mofcomp C:\\Windows\\System32\\wbem\\..\\..\\Temp\\x.mof')).toEqual(['mofcomp_compilation'])
  })

  test('4688 is a process start under its own field names', () => {
    const started = event(
      4688,
      {
        NewProcessName: 'C:\\Windows\\System32\\cmd.exe',
        ParentProcessName: 'C:\\Windows\\System32\\wbem\\scrcons.exe',
      },
      { provider: 'Microsoft-Windows-Security-Auditing', channel: 'Security' },
    )
    expect(fired(started)).toEqual(['wmi_consumer_executed'])
  })
})

describe('Sigma values', () => {
  test('wildcards, escapes and case follow the specification', () => {
    const matches = (pattern: string, text: string, ...modifiers: string[]): boolean =>
      fieldMatcher(modifiers, [pattern])(text)
    expect(matches('a*c', 'ABBC')).toBe(true)
    expect(matches('a?c', 'ac')).toBe(false)
    expect(matches('a\\*c', 'abc')).toBe(false)
    expect(matches('a\\*c', 'a*c')).toBe(true)
    expect(matches('C:\\x', 'c:\\X')).toBe(true)
    expect(matches('\\\\\\\\srv', '\\\\srv', 'startswith')).toBe(true)
    expect(matches('ABC', 'abc', 'cased')).toBe(false)
    expect(matches('^a.c$', 'abc', 're')).toBe(true)
    expect(() => fieldMatcher(['base64offset'], ['x'])).toThrow('base64offset')
    expect(parseWildcards('a\\b')).toEqual(['a\\b'])
  })

  test('any text, escaped, matches itself and is found inside another', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (text, before, after) => {
        expect(fieldMatcher(['cased'], [escapeSigma(text)])(text)).toBe(true)
        expect(fieldMatcher(['cased', 'contains'], [escapeSigma(text)])(before + text + after)).toBe(true)
      }),
    )
  })

  test('any pattern agrees with a regular expression of the same meaning', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
    const texts = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 })
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(fieldMatcher(['cased'], [pattern])(text)).toBe(expression.test(text))
      }),
      { numRuns: 500 },
    )
  })
})

describe('Sigma conditions', () => {
  const evaluate = (text: string, ...set: string[]): boolean =>
    holds(parseCondition(text, ['a', 'b1', 'b2']), (name) => set.includes(name))
  test('not binds before and, and before or', () => {
    expect(evaluate('a or b1 and not b2', 'b1', 'b2')).toBe(false)
    expect(evaluate('not a and b1', 'b1')).toBe(true)
    expect(evaluate('(a or b1) and b2', 'a')).toBe(false)
    expect(evaluate('1 of b*', 'b2')).toBe(true)
    expect(evaluate('all of b*', 'b2')).toBe(false)
    expect(evaluate('all of them', 'a', 'b1', 'b2')).toBe(true)
  })
  test('what it cannot read is refused', () => {
    for (const text of ['a and', 'c', '(a', 'a b1', '2 of b*', '1 of c*', `${'('.repeat(200)}a`]) {
      expect(() => parseCondition(text, ['a', 'b1'])).toThrow('condition')
    }
  })
})
