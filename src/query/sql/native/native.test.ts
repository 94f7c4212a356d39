import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nativeFunctions } from '../functions/natives.ts'
import type { KustoType, NativeValue } from '../types.ts'
import { useGeoNetworks } from './geo-ip.ts'

function run(name: string, ...args: NativeValue[]): NativeValue {
  const found = nativeFunctions.find((candidate) => candidate.name === `kql_${name}`)
  if (found === undefined) throw new Error(`no function ${name}`)
  return found.run(...args)
}

const json = (value: NativeValue): unknown => JSON.parse(String(value))

describe('exact answers', () => {
  test('a command line is cut by the Windows rules: backslashes count only before a quote', () => {
    expect(json(run('parse_command_line', 'a.exe "b c" d\\\\e "f\\"g" h\\\\"i j"', 'windows'))).toEqual([
      'a.exe',
      'b c',
      'd\\\\e',
      'f"g',
      'h\\i j',
    ])
  })

  test('XML attributes, text beside them and repeated elements keep apart', () => {
    const event = '<E x="1&amp;2"><D Name="a">t</D><D Name="b"/><!-- c --><F>f</F></E>'
    expect(json(run('parse_xml', event))).toEqual({
      E: { '@x': '1&2', D: [{ '@Name': 'a', '#text': 't' }, { '@Name': 'b' }], F: 'f' },
    })
    expect(run('parse_xml', '<a><b></a>')).toBeNull()
  })

  test('a bag key called __proto__ is a key like any other', () => {
    expect(run('merge_bags', '[{"__proto__":1},{"b":2}]')).toBe('{"__proto__":1,"b":2}')
  })

  test('xxHash64 is that of the engine', () => {
    expect(run('hash_text', 'World', null)).toBe(1846988464401551951n)
    expect(run('hash_text', 'World', 100n)).toBe(51n)
  })

  test('GeoIP answers from the data given, and knows nothing else', () => {
    useGeoNetworks([{ network: '20.53.203.0/24', location: { country: 'Australia' } }])
    expect(run('geo_info_from_ip_address', '20.53.203.50')).toBe('{"country":"Australia"}')
    expect(run('geo_info_from_ip_address', '20.53.204.50')).toBe('{}')
    expect(run('geo_info_from_ip_address', 'nonsense')).toBeNull()
    useGeoNetworks([])
  })

  test('compressed text that would swell without end is the empty text, not a crash', () => {
    expect(run('gzip_decompress_from_base64_string', 'H4sIAAAAAAAA/wAAAP//')).toBe('')
  })
})

function arbitrary(type: KustoType): fc.Arbitrary<NativeValue> {
  const some: Record<KustoType, fc.Arbitrary<NativeValue>> = {
    bool: fc.boolean(),
    int: fc.integer({ min: -100, max: 100 }),
    long: fc.bigInt({ min: -70n, max: 70n }),
    real: fc.double(),
    decimal: fc.constant('1.5'),
    string: fc.oneof(
      fc.string(),
      fc.constantFrom('10.0.0.1/8', '::1', 'xn--a', 'a=1;b=2', '<a>', 'aGk=', '1.02:03:04'),
      // Names that every plain object answers to.
      fc.constantFrom(
        'constructor',
        'toString',
        '__proto__',
        '1 constructor',
        '&constructor;',
        'CONSTRUCTOR (1)',
      ),
    ),
    datetime: fc.bigInt({ min: -62135596800000000n, max: 253402300799000000n }),
    timespan: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
    guid: fc.uuid(),
    dynamic: fc
      .oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(fc.oneof(fc.integer(), fc.constant({ toString: 0, valueOf: 0 })), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('toString', 'valueOf', 'values', 'weights', 'coordinates', 'type', 'geometries'),
          fc.jsonValue({ maxDepth: 2 }),
        ),
      )
      .map((value) => JSON.stringify(value)),
  }
  return fc.option(some[type], { nil: null })
}

test('no native function throws, whatever evidence holds', () => {
  for (const native of nativeFunctions) {
    const types = [...native.parameters, ...(native.rest === undefined ? [] : [native.rest, native.rest])]
    // parse_kv takes its options from the query's own text, as JSON the translator wrote.
    if (native.name === 'kql_parse_kv') continue
    fc.assert(
      fc.property(fc.tuple(...types.map(arbitrary)), (args) => {
        const value = native.run(...args)
        expect(value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)).toBe(true)
      }),
      { numRuns: 40, seed: 11 },
    )
  }
})

test('parse-kv ends for any text and any delimiters', () => {
  const options = fc.record(
    {
      pair_delimiter: fc.string({ maxLength: 2 }),
      kv_delimiter: fc.string({ maxLength: 2 }),
      quote: fc.string({ maxLength: 2 }),
      escape: fc.string({ maxLength: 1 }),
      greedy: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.string(), options, (text, given) => {
      expect(typeof run('parse_kv', text, JSON.stringify(given))).toBe('string')
    }),
    { numRuns: 200, seed: 3 },
  )
})
