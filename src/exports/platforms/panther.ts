import type { Json, JsonObject } from '../sentinel/delta.ts'
import { yamlText } from '../sentinel/layout.ts'
import { fieldOf } from './fields.ts'
import type { Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { alternatives, expressible, infix, missingFacts, NAME_FACTS, type Syntax } from './render.ts'
import { eventOf, fileName, noField, TECHNIQUE_URL } from './words.ts'

const SEVERITIES = { informational: 'Info', low: 'Low', medium: 'Medium', high: 'High' } as const

/** What stands before and behind a value in the message of WMI-Activity. Source: TELEMETRY 2. */
const IN_MESSAGE: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'bound-filter': ['Eventfilter = ', ' (refer'],
  'bound-consumer': ['Consumer = ', ''],
  'possible-cause': ['PossibleCause = ', ''],
  'provider-name': ['', ' provider started'],
}

/** A JSON string is a Python string; a list of them a tuple, which needs its comma. */
const tuple = (values: readonly string[]): string =>
  `(${values.map((value) => `${JSON.stringify(value)},`).join(' ')})`

/** Python: both sides are lowered. */
const PYTHON: Syntax = {
  and: ' and ',
  or: ' or ',
  not: (text) => `not ${text}`,
  leaf: (field, leaf) => {
    const place = IN_MESSAGE[leaf.fact]
    return place === undefined
      ? comparison(`data(event, ${JSON.stringify(field)})`, leaf)
      : inMessage(leaf, place)
  },
}

function comparison(text: string, leaf: Leaf): string {
  const lowered = leaf.values.map((value) => value.toLowerCase())
  if (NAME_FACTS.includes(leaf.fact))
    return `${text}.endswith(${tuple(lowered.map((value) => `\\${value}`))})`
  switch (leaf.match) {
    case 'is':
      return `${text} in ${tuple(lowered)}`
    case 'starts':
      return `${text}.startswith(${tuple(lowered)})`
    case 'ends':
      return `${text}.endswith(${tuple(lowered)})`
    case 'contains':
      return `any(value in ${text} for value in ${tuple(lowered)})`
  }
}

/** Where the values of UserData are is not documented: they are looked for behind their names in the message. */
function inMessage(leaf: Leaf, [before, after]: readonly [string, string]): string {
  const lowered = leaf.values.map((value) => value.toLowerCase())
  if (leaf.match === 'contains') {
    return `any(value in message(event).partition(${JSON.stringify(before.toLowerCase())})[2] for value in ${tuple(lowered)})`
  }
  const whole = lowered.map((value) => `${before}${value}${leaf.match === 'is' ? after : ''}`.toLowerCase())
  return `any(value in message(event) for value in ${tuple(whole)})`
}

/** Rules for Panther: YAML with tests of their own, and the Python that they call. Source: PLATFORMS 8. */
export function exportPanther(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const files = rules.flatMap((rule) => {
    if (rule.body.kind === 'correlation') {
      leftOut.push({
        rule: rule.id,
        why: 'a rule here sees one event; the form of a correlation rule is not documented here',
      })
      return []
    }
    if (expressible('panther', rule.body.where) === undefined) {
      leftOut.push(noField(rule, missingFacts('panther', rule.body)))
      return []
    }
    const name = fileName(rule)
    return [
      { path: `rules/${name}.yml`, text: `# ${CHECKED}\n${yamlText(metadata(rule, rule.body))}` },
      { path: `rules/${name}.py`, text: `# ${CHECKED}\n${python(rule, rule.body)}` },
    ]
  })
  return { files, leftOut }
}

const CHECKED = 'Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md'

function metadata(rule: PlatformRule, body: SingleBody): JsonObject {
  const matching = exampleOf(body)
  return {
    AnalysisType: 'rule',
    RuleID: `Triad.${fileName(rule)}`,
    DisplayName: rule.title,
    Enabled: false,
    Filename: `${fileName(rule)}.py`,
    LogTypes: ['Windows.EventLogs'],
    Severity: SEVERITIES[rule.severity],
    Description: rule.description,
    Runbook: `Find the whole subscription before anything is changed. Harmless causes: ${rule.falsePositives.join(' ')} Not seen: ${rule.blindSpots.join(' ')}`,
    Reference: TECHNIQUE_URL,
    Tags: ['Windows', 'WMI', 'Persistence'],
    Reports: { 'MITRE ATT&CK': ['TA0003:T1546.003', 'TA0004:T1546.003'] },
    DedupPeriodMinutes: 60,
    Threshold: 1,
    SummaryAttributes: ['Computer'],
    Tests: [
      { Name: 'an event with all that the rule asks for', ExpectedResult: true, Log: matching },
      {
        Name: 'the same fields in another event',
        ExpectedResult: false,
        Log: { ...matching, EventID: '1102' },
      },
      { Name: 'the event without them', ExpectedResult: false, Log: emptyOf(body) },
    ],
  }
}

function python(rule: PlatformRule, body: SingleBody): string {
  const { channel, eventId } = eventOf(body.source)
  const where = infix('panther', expressible('panther', body.where) ?? [], PYTHON)
  return [
    'def data(event, name):',
    '    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()',
    '',
    '',
    'def message(event):',
    '    return str(event.get("Message") or "").lower()',
    '',
    '',
    'def rule(event):',
    `    if event.get("Channel") != ${JSON.stringify(channel)} or str(event.get("EventID")) != "${eventId}":`,
    '        return False',
    `    return ${where}`,
    '',
    '',
    'def title(event):',
    `    return ${JSON.stringify(`${rule.title} on `)} + str(event.get("Computer"))`,
    '',
  ].join('\n')
}

/** An event of the kind that says nothing. A rule that asks only for absences matches that too: then it is of another log. */
function emptyOf(body: SingleBody): JsonObject {
  const { channel, eventId } = eventOf(body.source)
  const asks = alternatives(body.where).every(({ holds }) => holds.length > 0)
  return {
    EventID: String(eventId),
    Channel: asks ? channel : 'Application',
    Computer: 'pc1',
    ExtraEventData: {},
    Message: '',
  }
}

/** An event that fulfils the first way in which the rule can match. */
function exampleOf(body: SingleBody): JsonObject {
  const { channel, eventId } = eventOf(body.source)
  const [way] = alternatives(expressible('panther', body.where) ?? [])
  const data: Record<string, Json> = {}
  const said: string[] = []
  for (const leaf of way?.holds ?? []) {
    const [value = ''] = leaf.values
    const place = IN_MESSAGE[leaf.fact]
    const field = fieldOf('panther', leaf.fact) ?? ''
    if (place !== undefined) said.push(`${place[0]}${value}${place[1]};`)
    else if (NAME_FACTS.includes(leaf.fact)) data[field] = `C:\\Windows\\${value}`
    else if (leaf.match === 'ends') data[field] = `x${value}`
    else data[field] = data[field] === undefined ? value : `${String(data[field])} ${value}`
  }
  return {
    EventID: String(eventId),
    Channel: channel,
    Computer: 'pc1',
    ExtraEventData: data,
    Message: said.join(' '),
  }
}
