import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizeNamespace, objectPathName, parseObjectPath, printObjectPath } from './object-path.ts'

/** Any UTF-16 unit, lone surrogates and controls too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

describe('object paths', () => {
  test.each([
    ['CommandLineEventConsumer.Name="X"', undefined, undefined, 'CommandLineEventConsumer', 'X'],
    [
      '\\\\.\\ROOT\\subscription:__EventFilter.Name="Y"',
      undefined,
      'root\\subscription',
      '__EventFilter',
      'Y',
    ],
    ['//./root/subscription:__EventFilter.Name="Y"', undefined, 'root\\subscription', '__EventFilter', 'Y'],
    ['\\\\PC04\\root\\Subscription:A.Name="Y"', 'PC04', 'root\\subscription', 'A', 'Y'],
    ['root\\subscription:A.Name="Y"', undefined, 'root\\subscription', 'A', 'Y'],
    [
      'NTEventLogEventConsumer="SCM Event Log Consumer"',
      undefined,
      undefined,
      'NTEventLogEventConsumer',
      'SCM Event Log Consumer',
    ],
    ['__IntervalTimerInstruction.TimerId="t"', undefined, undefined, '__IntervalTimerInstruction', 't'],
    [
      'A.Name="with \\"quotes\\", comma and C:\\\\x"',
      undefined,
      undefined,
      'A',
      'with "quotes", comma and C:\\x',
    ],
    ["A.Name='single'", undefined, undefined, 'A', 'single'],
  ])('%s is taken apart', (text, host, namespace, className, name) => {
    const path = parseObjectPath(text)
    expect(path).toBeDefined()
    expect(path?.host).toBe(host)
    expect(path?.namespace).toBe(namespace)
    expect(path?.class).toBe(className)
    expect(path && objectPathName(path)).toBe(name)
  })

  test('a binding path keeps the references in its keys whole', () => {
    const text =
      '__FilterToConsumerBinding.Consumer="CommandLineEventConsumer.Name=\\"a,b\\"",Filter="__EventFilter.Name=\\"f\\""'
    const keys = parseObjectPath(text)?.keys ?? []
    expect(keys.map(({ name }) => name)).toEqual(['Consumer', 'Filter'])
    expect(parseObjectPath(keys[0]?.value ?? '')?.keys[0]?.value).toBe('a,b')
  })

  test('a singleton and a bare class have no keys', () => {
    expect(parseObjectPath('Win32_X=@')).toEqual({ class: 'Win32_X', keys: [], singleton: true })
    expect(parseObjectPath('\\\\.\\root\\cimv2:Win32_X')?.keys).toEqual([])
  })

  test.each(['', '   ', '= "x"', 'A.Name="open', 'A.Name="x" trailing', 'A.="x"', 'two words'])(
    '%j is no object path',
    (text) => expect(parseObjectPath(text)).toBeUndefined(),
  )

  test('all spellings of a namespace are one', () => {
    for (const text of [
      'root\\subscription',
      '//./ROOT/Subscription',
      '\\\\\\\\.\\\\root\\\\subscription',
      '\\\\.\\root\\subscription',
      '\\\\root\\subscription',
      '/root/subscription/',
    ])
      expect(normalizeNamespace(text)).toBe('root\\subscription')
  })

  test('printing a path and parsing it gives the same path', () => {
    const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)
    const key = fc.record({ name: word, value: fc.string({ unit: 'grapheme' }), quoted: fc.constant(true) })
    const path = fc.record(
      {
        namespace: fc.constantFrom('root\\subscription', 'root\\a\\b'),
        class: word,
        keys: fc.array(key, { maxLength: 4 }),
      },
      { requiredKeys: ['class', 'keys'] },
    )
    fc.assert(
      fc.property(path, (value) => {
        expect(parseObjectPath(printObjectPath(value))).toEqual(value)
      }),
    )
  })

  test('any text gives a path or nothing', () => {
    fc.assert(fc.property(fc.string({ unit: anyUnit, maxLength: 200 }), (text) => void parseObjectPath(text)))
    expect(parseObjectPath(`A.Name="${'\\'.repeat(200_001)}`)).toBeUndefined()
  })
})
