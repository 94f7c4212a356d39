import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CimValue } from '../../../lang/cim-value.ts'
import { openRepository } from '../index.ts'
import {
  asFiles,
  binding,
  bindingPaths,
  commandLine,
  filter,
  put,
  readObjects,
  remove,
  START_FILETIME,
  SUBSCRIPTION,
  summary,
  written,
} from '../sample-repository.suite.ts'
import { type RepositoryChange, writeRepository } from './index.ts'

const TYPES = {
  string: fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', '')),
  boolean: fc.boolean(),
  uint8: fc.nat(255),
  sint8: fc.integer({ min: -128, max: 127 }),
  uint16: fc.nat(65535),
  sint16: fc.integer({ min: -32768, max: 32767 }),
  uint32: fc.nat(0xffffffff),
  sint32: fc.integer(),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(narrow),
  sint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow),
  real32: fc.float({ noNaN: true }),
  real64: fc.double({ noNaN: true }),
  char16: fc.nat(65535),
  datetime: fc.constant('20220310163519.000000+000'),
  reference: fc.constantFrom(
    '__EventFilter.Name="x"',
    '\\\\HOST\\root\\subscription:__EventFilter.Name="x"',
    'nonsense',
  ),
} satisfies Record<string, fc.Arbitrary<CimValue>>

/** Numbers that are exact in a double are read back as such. */
function narrow(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
    ? Number(value)
    : value
}

const typeNames = Object.keys(TYPES) as (keyof typeof TYPES)[]
const property = fc.record({
  base: fc.constantFrom(...typeNames),
  array: fc.boolean(),
  name: fc.stringMatching(/^[A-Za-z_]\w{0,12}$/),
})

function arbitraryValue({
  base,
  array,
}: {
  base: keyof typeof TYPES
  array: boolean
}): fc.Arbitrary<CimValue> {
  const one = TYPES[base] as fc.Arbitrary<CimValue>
  return array ? fc.array(one, { maxLength: 5 }) : one
}

/** A class with inherited and own properties, and rows of it: some values written, some null, some left to defaults. */
const table = fc
  .uniqueArray(property, { selector: ({ name }) => name.toLowerCase(), minLength: 1, maxLength: 14 })
  .filter((properties) => properties.every(({ name }) => name.toLowerCase() !== 'id'))
  .chain((properties) =>
    fc.record({
      properties: fc.constant(properties),
      split: fc.nat(properties.length),
      defaults: fc.tuple(...properties.map((item) => fc.option(arbitraryValue(item), { nil: undefined }))),
      rows: fc.array(
        fc.tuple(...properties.map((item) => fc.option(fc.option(arbitraryValue(item)), { nil: undefined }))),
        {
          maxLength: 12,
        },
      ),
    }),
  )

describe('what the writer writes is read back the same', () => {
  test('classes with inheritance and defaults, and instances of every type', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom('vista' as const, 'xp' as const),
        ({ properties, split, defaults, rows }, layout) => {
          const described = properties.map(({ name, base, array }, index) => ({
            name,
            type: array ? `${base}[]` : base,
            ...(defaults[index] === undefined ? {} : { default: defaults[index] }),
          }))
          const namespace = 'root\\Deep\\Er'
          const changes: RepositoryChange[] = [
            { kind: 'namespace', name: namespace },
            {
              kind: 'class',
              namespace,
              definition: {
                name: 'Base',
                properties: [{ name: 'Id', type: 'uint32', key: true }, ...described.slice(0, split)],
              },
            },
            {
              kind: 'class',
              namespace,
              definition: { name: 'Derived', superclass: 'Base', properties: described.slice(split) },
            },
            ...rows.map((row, id) => {
              const given = properties.flatMap(({ name }, index) =>
                row[index] === undefined ? [] : [[name, row[index]] as const],
              )
              return put('Derived', { Id: id, ...Object.fromEntries(given) }, namespace)
            }),
          ]
          const repository = openRepository(asFiles(written([changes], { layout })), unexpected)
          const found = [...repository.instances({ namespace, class: 'Base', subclasses: true })]
          expect(found.length).toBe(rows.length)
          for (const instance of found) {
            const values = Object.fromEntries(instance.properties.map(({ name, value }) => [name, value]))
            const row = rows[Number(values.Id)] ?? []
            const expected = properties.map(({ name }, index) => {
              const given = row[index]
              return [name, given === undefined ? (defaults[index] ?? null) : given]
            })
            expect(values).toEqual({ Id: values.Id, ...Object.fromEntries(expected) })
            expect(instance).toMatchObject({
              className: 'Derived',
              superclasses: ['Base'],
              keyProperties: ['Id'],
            })
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('any history of subscriptions ends with what was put last, and nothing deleted is live', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const step = fc.record({ name, query: fc.string({ maxLength: 30 }), gone: fc.boolean() })
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), (history) => {
        const state = new Map<string, string>()
        const commits = history.map((steps) =>
          steps.flatMap(({ name: filterName, query, gone }) => {
            const text = query.replaceAll('\0', '')
            if (gone && !state.has(filterName)) return []
            if (gone) state.delete(filterName)
            else state.set(filterName, text)
            return gone ? [remove('__EventFilter', { Name: filterName })] : [filter(filterName, text)]
          }),
        )
        const { objects, diagnostics } = readObjects(asFiles(written(commits)))
        expect(diagnostics).toEqual([])
        const live = objects.filter((object) => object.state === 'live')
        const queries = live.map(({ instance }) => {
          const value = (wanted: string): unknown =>
            instance.properties.find((item) => item.name === wanted)?.value
          return [value('Name'), value('Query')]
        })
        expect(queries.sort()).toEqual([...state].sort())
        for (const object of objects) expect(object.state === 'live').toBe(object.recovered === undefined)
      }),
      { numRuns: 60 },
    )
  })

  test('hundreds of instances make an index of several levels, and each is found', () => {
    const many = Array.from({ length: 700 }, (_, index) => filter(`filter ${index}`))
    const repository = openRepository(asFiles(written([many])), unexpected)
    expect([...repository.instances({ namespace: SUBSCRIPTION, class: '__EventFilter' })].length).toBe(700)
    expect(repository.namespaces().find(({ name }) => name === SUBSCRIPTION)?.instances).toBe(700)
  })

  test('embedded objects, nested and in arrays', () => {
    const entry = (text: string, inner?: string): CimValue => ({
      className: 'Entry',
      properties: [
        { name: 'Text', value: text },
        ...(inner === undefined
          ? []
          : [{ name: 'Inner', value: { className: 'Entry', properties: [{ name: 'Text', value: inner }] } }]),
      ],
    })
    const properties = [
      { name: 'Text', type: 'string', default: 'none' },
      { name: 'Inner', type: 'object' },
    ]
    const files = written([
      [
        { kind: 'class', namespace: 'root', definition: { name: 'Entry', properties } },
        {
          kind: 'class',
          namespace: 'root',
          definition: {
            name: 'Table',
            properties: [
              { name: 'Id', type: 'string', key: true },
              { name: 'Rows', type: 'object[]' },
            ],
          },
        },
        put('Table', { Id: 'x', Rows: [entry('one'), entry('two', 'three')] }, 'root'),
      ],
    ])
    const [found] = openRepository(asFiles(files), unexpected).instances({
      namespace: 'root',
      class: 'Table',
    })
    const plain = { name: 'Inner', type: 'object', state: 'null-default', value: null }
    expect(found?.properties[1]?.value).toMatchObject([
      { className: 'Entry', properties: [{ name: 'Text', value: 'one' }, plain] },
      {
        className: 'Entry',
        properties: [
          { name: 'Text', value: 'two' },
          { name: 'Inner', value: { className: 'Entry', properties: [{ value: 'three' }, plain] } },
        ],
      },
    ])
  })

  test('records larger than a page, in both encodings', () => {
    for (const letter of ['x', '漢']) {
      const template = letter.repeat(30000)
      const { objects, diagnostics } = readObjects(asFiles(written([[commandLine('big', template)]])))
      expect(objects[0]?.instance.properties.find(({ name }) => name === 'CommandLineTemplate')?.value).toBe(
        template,
      )
      expect(diagnostics).toEqual([])
    }
  })

  test('a description that contradicts itself is refused', () => {
    const commit = (change: RepositoryChange) => () => written([[change]])
    expect(commit(put('Nothing', {}))).toThrow(/no class Nothing/)
    expect(commit(put('__EventFilter', { Nam: 'x' }))).toThrow(/no property Nam/)
    expect(commit(remove('__EventFilter', { Name: 'x' }))).toThrow(/no such __EventFilter/)
    expect(commit(filter('x', 'a\0b'))).toThrow(/zero character/)
    expect(commit(filter('x', 'q', 'root\\nowhere'))).toThrow(/no namespace/)
    expect(() => writeRepository({ startFiletime: 0n, commits: [[put('X', {}, 'root')]] })).toThrow(
      /no class X/,
    )
  })
})

describe('deleted objects of a written repository', () => {
  const whole = [filter('F', 'SELECT 1'), commandLine('C'), binding('F', 'C')]
  const gone = [
    remove('__FilterToConsumerBinding', bindingPaths('F', 'C')),
    remove('CommandLineEventConsumer', { Name: 'C' }),
    remove('__EventFilter', { Name: 'F' }),
  ]
  const removed = [
    'removed root\\subscription CommandLineEventConsumer.Name="C"',
    'removed root\\subscription __EventFilter.Name="F"',
    'removed root\\subscription __FilterToConsumerBinding.Consumer="CommandLineEventConsumer.Name=\\"C\\"",Filter="__EventFilter.Name=\\"F\\""',
  ]

  test('the generation before still has a mapping: read through its index', () => {
    const { objects } = readObjects(asFiles(written([whole, gone])))
    expect(summary(objects).sort()).toEqual(removed)
    for (const { recovered } of objects)
      expect(recovered).toMatchObject({ from: 'older-mapping', confidence: 'high' })
    expect(objects[0]?.generation).toBe(2)
  })

  test('no mapping of that generation is left: found in free pages, the namespace by old index keys', () => {
    const files = written([whole, gone, [filter('other')]])
    const { objects } = readObjects(asFiles(files, ['MAPPING2.MAP']))
    const recovered = objects.filter(({ state }) => state !== 'live')
    expect(summary(recovered).sort()).toEqual(removed)
    for (const object of recovered) expect(object.recovered?.from).toMatch(/^(free-page|page-slack)$/)
  })

  test('an overwritten filter is listed with both contents, under one name', () => {
    const { objects } = readObjects(asFiles(written([[filter('F', 'SELECT 1')], [filter('F', 'SELECT 2')]])))
    const queries = objects.map(({ state, instance }) => [
      state,
      instance.properties.find(({ name }) => name === 'Query')?.value,
    ])
    expect(queries).toEqual([
      ['live', 'SELECT 2'],
      ['overwritten', 'SELECT 1'],
    ])
  })

  test('a filter that was only moved to another page is not called removed', () => {
    const { objects } = readObjects(
      asFiles(written([[filter('F')], [filter('A')], [filter('B')], [filter('F')]])),
    )
    expect(objects.filter(({ path }) => path?.includes('"F"')).map(({ state }) => state)).toEqual(['live'])
  })
})

function unexpected(diagnostic: unknown): never {
  throw new Error(`unexpected: ${JSON.stringify(diagnostic)}`)
}

test('times count on from the start of the run', () => {
  const { objects } = readObjects(asFiles(written([[filter('A'), filter('B')]])))
  const [a, b] = objects.map(({ recordFiletimes }) => recordFiletimes?.[0] ?? 0n)
  expect((b ?? 0n) - (a ?? 0n)).toBe(1n)
  expect((a ?? 0n) > START_FILETIME).toBe(true)
})
