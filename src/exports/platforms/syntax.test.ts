import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fieldOf, PLATFORMS, type PlatformName } from './fields.ts'
import { exportPlatform, loadPlatformRules, type PlatformRule } from './index.ts'
import { FACTS, type Leaf, type Match } from './model.ts'
import { alternatives, regexBody } from './render.ts'
import { tomlString, tomlText } from './toml.ts'

const rules = loadPlatformRules(
  fileURLToPath(new URL('../../../content/platforms', import.meta.url)),
  () => undefined,
)
const textsOf = (platform: PlatformName, list: readonly PlatformRule[] = rules): string[] =>
  exportPlatform(platform, list).files.map(({ text }) => text)

/** A rule over one fact with hostile values, in every way of matching. */
function hostile(values: readonly string[]): PlatformRule[] {
  const matches: readonly Match[] = ['is', 'contains', 'starts', 'ends']
  const leaf = (match: Match): Leaf => ({ kind: 'leaf', fact: 'command-line', match, values })
  return [
    {
      id: 'hostile',
      guid: '11111111-2222-4333-8444-555555555555',
      title: 'T',
      description: 'D',
      severity: 'low',
      signal: 'sysmon-process',
      body: {
        kind: 'single',
        source: 'process',
        where: [...matches.map(leaf), { kind: 'not', of: [{ kind: 'any', of: matches.map(leaf) }] }],
      },
      falsePositives: [],
      blindSpots: [],
      implements: [],
    },
  ]
}
/** No control characters: the loader refuses them. */
const printable = fc.string({
  unit: fc.constantFrom(...'ab"\'`\\/*?%_$[](){}<>&|;:#=. \u00e9'),
  minLength: 1,
  maxLength: 10,
})
const hostileValues = fc.array(printable, { minLength: 1, maxLength: 3 })

describe('fields', () => {
  const known = (platform: PlatformName): Set<string> =>
    new Set(FACTS.flatMap((fact) => fieldOf(platform, fact) ?? []))

  test('EQL, CQL, Wazuh and Sigma use fields of their own table only', () => {
    const patterns: readonly (readonly [PlatformName, RegExp, readonly string[]])[] = [
      [
        'elastic',
        /\b((?:winlog|process|event|host)\.[\w.]+)/g,
        ['winlog.channel', 'event.code', 'event.type', 'event.ingested'],
      ],
      ['crowdstrike', /\b(windows\.[\w.]+)/g, ['windows.Channel', 'windows.EventID']],
      ['wazuh', /<field name="([^"]+)"/g, ['win.system.channel', 'win.system.eventID']],
    ]
    for (const [platform, pattern, system] of patterns) {
      const allowed = new Set([...known(platform), ...system])
      const used = textsOf(platform).flatMap((text) =>
        [...text.matchAll(pattern)].map((match) => match[1] ?? ''),
      )
      expect(used.length).toBeGreaterThan(10)
      expect(
        [...new Set(used)].filter((name) => !allowed.has(name)),
        platform,
      ).toEqual([])
    }
    for (const text of textsOf('sigma')) {
      const { detection } = parse(text) as { detection?: Record<string, unknown> }
      const fields = Object.values(detection ?? {}).flatMap((selection) =>
        (Array.isArray(selection) ? selection : [selection])
          .filter((item) => typeof item === 'object')
          .flatMap((item) => Object.keys(item as object).map((key) => key.split('|')[0] ?? '')),
      )
      expect(fields.filter((name) => name !== 'EventID' && !known('sigma').has(name))).toEqual([])
    }
  })
})

describe('files', () => {
  test('every file says where nothing has checked its syntax', () => {
    for (const platform of ['splunk', 'qradar', 'crowdstrike', 'chronicle', 'sumologic', 'wazuh'] as const) {
      for (const text of textsOf(platform)) expect(text, platform).toContain('syntax not machine-checked')
    }
  })

  test('Wazuh rules are well-formed, in the custom range, once each, and their expressions compile', () => {
    const [text = ''] = textsOf('wazuh')
    expect(xmlFault(text)).toBeUndefined()
    const ids = [...text.matchAll(/<rule id="(\d+)"/g)].map((match) => Number(match[1]))
    expect(ids.length).toBeGreaterThan(15)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => id >= 100_000 && id <= 120_000)).toBe(true)
    for (const match of text.matchAll(/type="pcre2"[^>]*>([^<]*)</g)) {
      expect(() => new RegExp(xmlUnescape(match[1] ?? '').replace(/^\(\?is?\)/, ''), 'i')).not.toThrow()
    }
    // Wazuh joins several to one expression, end to end.
    for (const [rule] of text.matchAll(/<rule id[\s\S]*?<\/rule>/g))
      expect(rule.match(/<regex/g)?.length ?? 0, rule).toBeLessThan(2)
  })

  test('each Panther rule has its Python beside it, and tests of both kinds', () => {
    const { files } = exportPlatform('panther', rules)
    const yaml = files.filter(({ path }) => path.endsWith('.yml')).map(({ text }) => parse(text))
    expect(files).toHaveLength(2 * yaml.length)
    for (const rule of yaml) {
      const python = files.find(({ path }) => path === `rules/${rule.Filename}`)?.text ?? ''
      expect(python).toMatch(/^def rule\(event\):$/m)
      expect(rule.Tests.map(({ ExpectedResult }: { ExpectedResult: boolean }) => ExpectedResult)).toEqual([
        true,
        false,
        false,
      ])
    }
  })

  test("files for Splunk's content tool are named as it names them, and end in the macro that it makes", () => {
    const { files } = exportPlatform('splunk', rules)
    const macros = new Set(
      files.flatMap(({ path }) => /^contentctl\/macros\/(.*)\.yml$/.exec(path)?.[1] ?? []),
    )
    const sources = files.filter(({ path }) => path.startsWith('contentctl/data_sources/'))
    const known = sources.map(({ text }) => (parse(text) as { name: string }).name)
    const detections = files.filter(({ path }) => path.startsWith('contentctl/detections/'))
    expect(detections.length).toBe(rules.length)
    for (const { path, text } of detections) {
      const rule = parse(text)
      const name = path.replace(/^.*\/|\.yml$/g, '')
      expect(name).toBe(
        rule.name
          .toLowerCase()
          .replace(/[^a-z0-9]/g, '_')
          .replace(/_+/g, '_'),
      )
      const called = [...rule.search.matchAll(/`(\w+)(?:\(\w+\))?`/g)].map((match) => match[1])
      expect(called.at(-1)).toBe(`${name}_filter`)
      for (const macro of called.slice(0, -1))
        expect(macros.has(macro) || macro === 'security_content_ctime', `${name}: ${macro}`).toBe(true)
      for (const source of rule.data_source) expect(known).toContain(source)
      // Risk and drilldowns stand in every kind but hunting, and nowhere else.
      expect(rule.rba !== undefined).toBe(rule.type !== 'Hunting')
      expect(rule.drilldown_searches !== undefined).toBe(rule.type !== 'Hunting')
    }
  })

  test('NDJSON has one rule a line, and YARA-L neither tabs nor blanks at line ends', () => {
    const ndjson =
      exportPlatform('elastic', rules).files.find(({ path }) => path.endsWith('.ndjson'))?.text ?? ''
    for (const line of ndjson.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ enabled: false, immutable: false })
    for (const text of textsOf('chronicle')) expect(text).not.toMatch(/\t| \n/)
  })
})

describe('hostile values', () => {
  test('no value leaves its quotes on any platform', () => {
    fc.assert(
      fc.property(hostileValues, (values) => {
        const list = hostile(values)
        const query = (platform: PlatformName): string => textsOf(platform, list)[0] ?? ''
        const rule = JSON.parse(textsOf('elastic', list).at(-1)?.trim() ?? '').query as string
        expect(rule.replace(/"(?:[^"\\]|\\.)*"/g, 'S')).toMatch(
          /^process where event\.type == S and process\.command_line : (S|\(S(, S)*\)) and [\w.:()S, ]+$/,
        )
        const spl = query('splunk').match(/^search = (.*?) by Processes/m)?.[1] ?? ''
        expect(spl.replace(/"(?:[^"\\]|\\.)*"/g, 'S')).toMatch(/^\| tstats [\w().= |*-]+$/)
        const aql =
          query('qradar')
            .split('\n')
            .find(
              (line) => line.startsWith('  AND ("CommandLine"') || line.startsWith('  AND "CommandLine"'),
            ) ?? ''
        expect(aql.replace(/'(?:[^']|'')*'/g, 'S')).toMatch(/^ {2}AND [\w"() ]+$/)
        const cse = JSON.parse(query('sumologic')).fields.expression as string
        expect(cse.replace(/'(?:[^'\\]|\\.)*'/g, 'S')).toMatch(/^[\w()=, ]+$/)
        const cql = (parse(query('crowdstrike')) as { queryString: string }).queryString
        expect(cql.replace(/\/(?:[^/\\]|\\.)*\/i/g, 'R')).toMatch(
          /^#event_simpleName=ProcessRollup2 [\w=() ]+$/,
        )
        const python = /return False\n {4}return (.*)$/m.exec(textsOf('panther', list)[1] ?? '')?.[1] ?? ''
        expect(python.replace(/"(?:[^"\\]|\\.)*"/g, 'S')).toMatch(/^data\(event, S\)[\w(), .]+$/)
        const yaral = query('chronicle')
          .split('\n')
          .filter((line) => line.includes('re.regex'))
        for (const line of yaral) expect(line.replace(/`[^`]*`/g, 'R')).toMatch(/^ {4}[\w.$(), ]+$/)
        expect(xmlFault(query('wazuh'))).toBeUndefined()
      }),
      { numRuns: 150 },
    )
  })

  test('a regular expression of a value finds the value, wherever it is asked to', () => {
    fc.assert(
      fc.property(printable, printable, (value, other) => {
        const body = (match: Match): RegExp =>
          new RegExp(regexBody({ kind: 'leaf', fact: 'command-line', match, values: [value] }, false))
        expect(body('is').test(value)).toBe(true)
        expect(body('contains').test(other + value + other)).toBe(true)
        expect(body('starts').test(value + other)).toBe(true)
        expect(body('ends').test(other + value)).toBe(true)
      }),
    )
  })

  test('TOML strings are read back as they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a"\\\t\r\n\u0000\u001b\u00e9') }), (text) => {
        // A basic string of TOML without line ends has the escapes of JSON, and no other.
        expect(JSON.parse(tomlString(text))).toBe(text)
        const block = /^a = """\n([\s\S]*)\n"""\n$/.exec(tomlText({ a: `${text}\nx` }))?.[1] ?? ''
        expect(block).not.toMatch(/(?<!\\)"""/)
        expect(
          JSON.parse(`"${block.replace(/(?<!\\)((?:\\\\)*)"/g, '$1\\"').replaceAll('\n', '\\n')}"`),
        ).toBe(`${text}\nx`)
      }),
    )
  })
})

test('alternatives mean the same as the conditions they come from', () => {
  const leaf = (value: string): Leaf => ({ kind: 'leaf', fact: 'operation', match: 'is', values: [value] })
  type Tree = Parameters<typeof alternatives>[0][number]
  const tree = fc.letrec<{ node: Tree }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 2 },
      fc.constantFrom('a', 'b', 'c').map(leaf),
      fc.record({
        kind: fc.constantFrom('any' as const, 'all' as const, 'not' as const),
        of: fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
      }),
    ),
  })).node
  const evaluate = (node: Tree, set: ReadonlySet<string>): boolean => {
    if (node.kind === 'leaf') return set.has(node.values[0] ?? '')
    if (node.kind === 'any') return node.of.some((item) => evaluate(item, set))
    const all = node.of.every((item) => evaluate(item, set))
    return node.kind === 'all' ? all : !all
  }
  fc.assert(
    fc.property(tree, fc.subarray(['a', 'b', 'c']), (node, present) => {
      const set = new Set(present)
      const ways = alternatives([node])
      const holds = ways.some(
        (way) =>
          way.holds.every((item) => set.has(item.values[0] ?? '')) &&
          way.fails.every((item) => !set.has(item.values[0] ?? '')),
      )
      expect(holds).toBe(evaluate(node, set))
    }),
    { numRuns: 500 },
  )
})

test('all platforms are exported', () => {
  for (const platform of PLATFORMS) expect(textsOf(platform).length).toBeGreaterThan(0)
})

/** The first thing that is wrong with an XML text: a tag not closed, a character that must be an entity. */
function xmlFault(text: string): string | undefined {
  const open: string[] = []
  for (const part of text
    .replace(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(\/?)([a-z_]+)((?: [a-z_]+="[^"<&]*")*)>|([^<]+)|(<)/g)) {
    const [whole, closing, name = '', , content, bare] = part
    if (bare !== undefined) return `a bare < before ${text.slice(part.index, part.index + 20)}`
    if (content !== undefined) {
      if (/&(?!(?:amp|lt|gt);)|>/.test(content)) return `a bare character in ${content}`
    } else if (closing === '') open.push(name)
    else if (open.pop() !== name) return `${whole} closes another tag`
  }
  return open.length === 0 ? undefined : `${open.join(', ')} is not closed`
}

function xmlUnescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
