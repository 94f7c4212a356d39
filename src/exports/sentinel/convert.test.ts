import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { InputError } from '../../diagnostics/index.ts'
import { checkSentinelRule } from './check.ts'
import { armToYaml, conversionDirection, yamlToArm } from './convert.ts'
import { applyDifferences, differences, type Json, sameJson } from './delta.ts'
import { toIsoDuration, toYamlDuration, yamlDurationMinutes } from './duration.ts'
import { twentyRules } from './rules.suite.ts'

const FIELDS = [
  'id name description kind version status severity requiredDataConnectors queryFrequency queryPeriod triggerOperator',
  'triggerThreshold tactics relevantTechniques tags query entityMappings sentinelEntitiesMappings customDetails',
  'alertDetailsOverride eventGroupingSettings metadata enabled suppressionEnabled suppressionDuration startTimeUtc',
  'alertRuleTemplateName templateVersion incidentConfiguration',
].flatMap((line) => line.split(' '))

describe('YAML to ARM and back', () => {
  test('the twenty rules are sound and use every field there is', () => {
    const used = new Set<string>()
    for (const text of twentyRules()) {
      const faults: string[] = []
      checkSentinelRule(
        text,
        'rule.yaml',
        ({ severity, message }) => severity === 'error' && faults.push(message),
      )
      expect(faults, text).toEqual([])
      for (const key of Object.keys(parse(text))) used.add(key)
    }
    expect(FIELDS.filter((field) => !used.has(field))).toEqual([])
  })

  test.each(twentyRules().map((text, index) => [index, text] as const))(
    'rule %i comes back the same: values, key order, scalar styles, comments',
    (_, text) => {
      const back = armToYaml(yamlToArm(text, 'rule.yaml'), 'rule.json')
      expect(sameJson(parse(back), parse(text))).toBe(true)
      expect(Object.keys(parse(back))).toEqual(Object.keys(parse(text)))
      // Our writer decides on indentation and where a flow list breaks; everything else is the author's.
      expect(tokens(back)).toEqual(tokens(text))
    },
  )

  test('a second way round changes nothing more', () => {
    for (const text of twentyRules()) {
      const arm = yamlToArm(text, 'rule.yaml')
      expect(yamlToArm(armToYaml(arm, 'rule.json'), 'rule.yaml')).toBe(arm)
    }
  })

  test('ARM gets its own spellings and the defaults it demands', () => {
    const arm = JSON.parse(yamlToArm(twentyRules()[0] ?? '', 'rule.yaml'))
    expect(arm.resources[0]).toMatchObject({
      name: "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/7c1f0d3e-5a2b-4c6d-8e9f-000000000000')]",
      apiVersion: '2024-03-01',
      kind: 'Scheduled',
      properties: {
        displayName: 'Plain name',
        queryFrequency: 'PT1H',
        triggerOperator: 'GreaterThan',
        techniques: ['T1546'],
        subTechniques: ['T1546.003'],
        enabled: true,
        suppressionDuration: 'PT5H',
        suppressionEnabled: false,
      },
    })
  })

  test('a text in brackets does not become a template expression', () => {
    const arm = JSON.parse(yamlToArm(twentyRules()[3] ?? '', 'rule.yaml'))
    expect(arm.resources[0].properties.displayName).toBe('[[looks like an expression]')
  })

  test('an edit in the template wins over what was remembered of the YAML', () => {
    const arm = JSON.parse(yamlToArm(twentyRules()[1] ?? '', 'rule.yaml'))
    arm.resources[0].properties.queryFrequency = 'PT30M'
    arm.resources[0].properties.severity = 'High'
    const rule = parse(armToYaml(JSON.stringify(arm), 'rule.json'))
    expect(rule).toMatchObject({
      queryFrequency: '30m',
      queryPeriod: '120m',
      severity: 'High',
      version: '1.1.0',
    })
  })

  test('unknown fields, numbers as written and several rules in one file survive', () => {
    const text =
      'id: a\nname: A\nkind: Scheduled\nseverity: Low\nversion: 1.0\nx-own: { deep: [1, 0x1f, 1.50] }\nquery: q\n---\nid: h\nname: H\ndescription: d\ntactics: [Persistence]\nquery: |\n  T\n  | take 1\ntags: [x]\n'
    const arm = yamlToArm(text, 'rules.yaml')
    expect(JSON.parse(arm).resources.map(({ type }: { type: string }) => type)).toEqual([
      'Microsoft.OperationalInsights/workspaces/providers/alertRules',
      'Microsoft.OperationalInsights/workspaces/savedSearches',
    ])
    const back = armToYaml(arm, 'rules.json')
    expect(tokens(back)).toEqual(tokens(text))
    expect(parseAllDocuments(back)).toHaveLength(2)
  })
})

describe('a file that nobody touched comes back character by character', () => {
  const [rule = ''] = twentyRules()
  test.each([
    ['Windows line ends', rule.replaceAll('\n', '\r\n')],
    ['a byte order mark, document marks and blank lines at the end', `\uFEFF---\n${rule}...\n\n`],
    [
      'lists at the indentation of their key',
      rule.replace('  - Persistence\n  - PrivilegeEscalation', '- Persistence\n- PrivilegeEscalation'),
    ],
    ['trailing blanks', rule.replace('severity: Informational', 'severity: Informational   ')],
    ['anchors and aliases', rule.replace('name: Plain name', 'name: &n Plain name\nalias: *n')],
    [
      'a folded query',
      rule.replace(/query: \|[\s\S]*?(?=entity)/, 'query: >\n  T\n  | take 1\n\n  | take 2\n'),
    ],
    [
      'escapes in quotes',
      rule.replace(/query: \|[\s\S]*?(?=entity)/, 'query: "\\u2028\\x01\\_\\/ \\ud83d\\ude00"\n'),
    ],
    ['comments behind keys', rule.replace('tactics:', 'tactics: # why')],
  ])('%s', (_, text) => {
    const arm = yamlToArm(text, 'rule.yaml')
    expect(armToYaml(arm, 'rule.json')).toBe(text)
    const edited = JSON.parse(arm)
    edited.resources[0].properties.severity = 'Low'
    expect(parse(armToYaml(JSON.stringify(edited), 'rule.json'))).toMatchObject({ severity: 'Low' })
  })

  test('what old YAML takes for a line end is never written as itself', () => {
    const arm = JSON.parse(yamlToArm('id: a\nkind: NRT\nquery: q\n', 'rule.yaml'))
    arm.resources[0].properties.query = 'a\u2028b\u0085c\u2029\nd'
    const yaml = armToYaml(JSON.stringify(arm), 'rule.json')
    expect(yaml).not.toMatch(/[\u0085\u2028\u2029]/)
    expect(parse(yaml).query).toBe('a\u2028b\u0085c\u2029\nd')
  })
})

describe('expressions of a template', () => {
  const GUID = '2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11'
  const SCOPE = {
    parameters: {
      workspace: { type: 'String' },
      ruleId: { type: 'string', defaultValue: GUID },
      on: { defaultValue: false },
    },
    variables: { title: "It's", made: "[concat('a','b')]" },
  }
  const arm = (name: string, properties: Json = {}): string =>
    JSON.stringify({
      ...SCOPE,
      resources: [{ type: 'microsoft.securityinsights/ALERTRULES', name, kind: 'NRT', properties }],
    })
  const faults = (text: string): string[] => {
    const found: string[] = []
    armToYaml(text, 't.json', ({ message }) => found.push(message))
    return found
  }

  test.each([
    `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/${GUID}')]`,
    `[format('{0}/{1}/{2}', parameters('workspace'), 'Microsoft.SecurityInsights', '${GUID}')]`,
    "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/', parameters('ruleId'))]",
    "[concat( concat(parameters('WORKSPACE'),'/Microsoft.SecurityInsights/'),parameters('RULEID') )]",
    GUID,
  ])('the id is the end of the name: %s', (name) => {
    expect(parse(armToYaml(arm(name), 't.json')).id).toBe(GUID)
    expect(JSON.parse(yamlToArm(armToYaml(arm(name), 't.json'), 't.yaml'))).toEqual(JSON.parse(arm(name)))
  })

  test.each([
    "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/',guid('a'))]",
    '[guid(resourceGroup().id)]',
    "[concat('a', ]",
  ])('an id that only a deployment knows is left out: %s', (name) => {
    expect(parse(armToYaml(arm(name), 't.json')).id).toBeUndefined()
    expect(JSON.parse(yamlToArm(armToYaml(arm(name), 't.json'), 't.yaml'))).toEqual(JSON.parse(arm(name)))
  })

  test('a property stands for its value where the template says it, and is told where not', () => {
    const properties = {
      displayName: "[variables('title')]",
      enabled: "[parameters('on')]",
      description: "[concat(variables('title'), ' x''y')]",
      query: '[[T] | where x == "[y]"',
      severity: "[variables('made')]",
      tactics: ["[createArray('a')[0]]"],
    }
    const text = arm(GUID, properties)
    expect(parse(armToYaml(text, 't.json'))).toMatchObject({
      name: "It's",
      enabled: false,
      description: "It's x'y",
      query: '[[T] | where x == "[y]"',
      severity: "[variables('made')]",
    })
    expect(faults(text)).toEqual([
      "[variables('made')] is an expression that only a deployment can evaluate: it stands in the YAML as text",
      "[createArray('a')[0]] is an expression that only a deployment can evaluate: it stands in the YAML as text",
    ])
    expect(JSON.parse(yamlToArm(armToYaml(text, 't.json'), 't.yaml'))).toEqual(JSON.parse(text))
  })
})

describe('ARM to YAML and back', () => {
  test('named resources are read, those that exist already are only named', () => {
    const rule = {
      type: 'Microsoft.SecurityInsights/alertRules',
      name: 'a',
      kind: 'NRT',
      properties: { query: 'T' },
    }
    const arm = { resources: { la: { existing: true, type: 'x/y', name: 'w' }, rule } }
    const yaml = armToYaml(JSON.stringify(arm), 't.json')
    expect(parse(yaml)).toMatchObject({ id: 'a', query: 'T' })
    expect(JSON.parse(yamlToArm(yaml, 't.yaml'))).toEqual(arm)
  })

  test('an answer of the service is no rule file: it is refused, not made into an empty rule', () => {
    const answer = { id: '/subscriptions/x', name: 'a', kind: 'Scheduled', properties: { query: 'T' } }
    expect(() => yamlToArm(JSON.stringify(answer), 'x.json')).toThrow('answer of the service')
    expect(() => yamlToArm(JSON.stringify({ value: [answer] }), 'x.json')).toThrow('answer of the service')
  })

  test('a portal export comes back whole: nulls, extra properties, its own version and name', () => {
    const arm = {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
      contentVersion: '1.0.0.0',
      parameters: { workspace: { type: 'String' }, severity: { type: 'string', defaultValue: 'High' } },
      metadata: { author: 'portal' },
      resources: [
        {
          id: "[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/alertRules/2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11')]",
          name: "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11')]",
          type: 'Microsoft.OperationalInsights/workspaces/providers/alertRules',
          kind: 'Scheduled',
          apiVersion: '2022-11-01-preview',
          properties: {
            severity: "[parameters('severity')]",
            displayName: 'A rule',
            queryFrequency: 'P1DT12H',
            queryPeriod: 'PT36H',
            triggerOperator: 'GreaterThan',
            triggerThreshold: 0,
            suppressionDuration: 'PT5H',
            suppressionEnabled: false,
            startTimeUtc: null,
            enabled: false,
            query: 'DeviceEvents',
            techniques: ['T1546', 'T1059'],
            subTechniques: ['T1546.003'],
            somethingNew: { a: [null] },
          },
        },
      ],
      outputs: {},
    }
    const yaml = armToYaml(JSON.stringify(arm), 'rule.json')
    expect(parse(yaml)).toMatchObject({
      id: '2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11',
      enabled: false,
      queryPeriod: '36h',
      relevantTechniques: ['T1546.003', 'T1059'],
    })
    expect(sameJson(JSON.parse(yamlToArm(yaml, 'rule.yaml')), arm)).toBe(true)
  })

  test('a template with something else in it is refused by name, and so is what is no template', () => {
    expect(() => armToYaml('{"resources":[{"type":"Microsoft.Logic/workflows"}]}', 'x.json')).toThrow(
      'Microsoft.Logic/workflows',
    )
    expect(() => armToYaml('{"resources":', 'x.json')).toThrow('no JSON')
    expect(() => armToYaml('{"resources":[]}', 'x.json')).toThrow('no resources')
    expect(() => yamlToArm('a: [', 'x.yaml')).toThrow()
    expect(() => yamlToArm('- 1', 'x.yaml')).toThrow('no rule')
    const bomb =
      'a: &a [x,x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]\n'
    expect(() => yamlToArm(bomb, 'x.yaml')).toThrow(InputError)
  })

  test('the direction follows the content, whatever the name', () => {
    expect(conversionDirection('\n{ "resources": [] }')).toBe('to-yaml')
    expect(conversionDirection('id: x')).toBe('to-arm')
  })
})

const key = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/^\d+$/.test(text))
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value
const ruleLike = fc
  .tuple(
    fc.dictionary(fc.oneof(fc.constantFrom(...FIELDS), key), json, { noNullPrototype: true }),
    fc.constantFrom('Scheduled', 'NRT'),
  )
  .map(([rule, kind]) => ({ ...rule, id: 'a', kind }))

test('any differences, applied, give the other value', () => {
  fc.assert(
    fc.property(json, json, (a, b) => sameJson(applyDifferences(a, differences(a, b)), b)),
    { numRuns: 500 },
  )
})

test('any mapping comes back from ARM as it was, whatever its fields hold', () => {
  fc.assert(
    fc.property(ruleLike, (rule) => {
      const back = parse(armToYaml(yamlToArm(JSON.stringify(rule), 'r.yaml'), 'r.json'))
      expect(sameJson(back, JSON.parse(JSON.stringify(rule)))).toBe(true)
    }),
    { numRuns: 120 },
  )
})

test('any template of rules comes back from YAML as it was', () => {
  const resource = fc
    .dictionary(key, json, { noNullPrototype: true })
    .map((extra) => ({ ...extra, type: 'Microsoft.SecurityInsights/alertRules' }))
  fc.assert(
    fc.property(fc.array(resource, { minLength: 1, maxLength: 2 }), json, (resources, parameters) => {
      const arm = { parameters, resources }
      const back = JSON.parse(yamlToArm(armToYaml(JSON.stringify(arm), 't.json'), 't.yaml'))
      expect(sameJson(back, JSON.parse(JSON.stringify(arm)))).toBe(true)
    }),
    { numRuns: 80 },
  )
})

test('durations go there and back in every unit', () => {
  expect(['5m', '90m', '1h', '24h', '14d'].map(toIsoDuration)).toEqual([
    'PT5M',
    'PT90M',
    'PT1H',
    'PT24H',
    'P14D',
  ])
  expect(['PT5M', 'PT90M', 'PT24H', 'P14D', 'P1DT12H', 'PT30S', 'x'].map(toYamlDuration)).toEqual([
    '5m',
    '90m',
    '24h',
    '14d',
    '36h',
    'PT30S',
    'x',
  ])
  expect(['1.02:30:00', '00:05:00', '25:00:00', 'PT1H'].map(yamlDurationMinutes)).toEqual([
    1590,
    5,
    undefined,
    undefined,
  ])
})

/** What an author wrote, apart from blanks and line ends. */
function tokens(text: string): string {
  return text.replace(/\s+/g, '')
}
