import { fieldOf } from './fields.ts'
import type { EventSource, Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { alternatives, type Conjunction, expressible, missingFacts, regexBody } from './render.ts'
import { eventOf, NOT_CHECKED, noField } from './words.ts'

/** First id of our rules; custom rules have 100000 to 120000. */
const FIRST_ID = 110_500
/** Groups that the ruleset's own rules give to an event. The last three are the general Windows group. */
const GROUPS: Readonly<Record<EventSource, string>> = {
  'sysmon-wmi-filter': 'sysmon_event_19',
  'sysmon-wmi-consumer': 'sysmon_event_20',
  'sysmon-wmi-binding': 'sysmon_event_21',
  process: 'sysmon_event1',
  registry: 'sysmon_event_13',
  file: 'sysmon_event_11',
  'wmi-activity-binding': 'windows',
  'wmi-activity-provider': 'windows',
  'script-block': 'windows',
  pipeline: 'windows',
}
const LEVEL = { informational: 3, low: 5, medium: 10, high: 13 } as const

/** XML text: markup characters become the three entities that Wazuh's own reader knows; what XML cannot hold is dropped. */
export function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r -\ud7ff\ue000-\ufffd]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** One rule file for Wazuh 4.x. Alternatives across fields become rules of their own: XML rules know only "and". */
export function exportWazuh(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const texts: string[] = []
  let id = FIRST_ID
  for (const rule of rules) {
    if (rule.body.kind === 'correlation') {
      leftOut.push({
        rule: rule.id,
        why: 'a rule here counts repeats of one rule; three different ones cannot be joined',
      })
      continue
    }
    const where = expressible('wazuh', rule.body.where)
    if (where === undefined) {
      leftOut.push(noField(rule, missingFacts('wazuh', rule.body)))
      continue
    }
    for (const way of alternatives(where)) {
      texts.push(ruleText(rule, rule.body, id, conditions(way)))
      id += 1
    }
  }
  const text = [
    `<!-- Triad, for Wazuh 4.x. Well-formed XML and every expression compiled; rule semantics: ${NOT_CHECKED}. -->`,
    '<!-- WMI-Activity needs <localfile> with <location>Microsoft-Windows-WMI-Activity/Operational</location> and',
    '     <log_format>eventchannel</log_format> on the agent. -->',
    '<group name="sysmon,wmi_persistence,windows,">',
    ...texts,
    '</group>',
    '',
  ].join('\n')
  return { files: [{ path: 'triad_wmi_rules.xml', text }], leftOut }
}

function ruleText(rule: PlatformRule, body: SingleBody, id: number, own: readonly string[]): string {
  const { channel, eventId } = eventOf(body.source)
  const event =
    GROUPS[body.source] === 'windows'
      ? [
          `<field name="win.system.channel" type="pcre2">^${channel}$</field>`,
          `<field name="win.system.eventID" type="pcre2">^${eventId}$</field>`,
        ]
      : []
  return [
    `  <rule id="${id}" level="${LEVEL[rule.severity]}">`,
    `    <if_group>${GROUPS[body.source]}</if_group>`,
    ...[...event, ...own].map((line) => `    ${line}`),
    '    <options>no_full_log</options>',
    `    <description>${xmlText(rule.title)}</description>`,
    '    <mitre><id>T1546.003</id></mitre>',
    '  </rule>',
  ].join('\n')
}

/**
 * Each field has an element of its own; several elements of one field must all match. Several `regex` elements would be
 * joined to one expression, end to end, so all that is said of the whole line stands in one. Source: Wazuh, "Rules syntax".
 */
function conditions({ holds, fails }: Conjunction): string[] {
  const inLine = (leaf: Leaf): boolean => fieldOf('wazuh', leaf.fact) === ''
  return [
    ...holds.filter((leaf) => !inLine(leaf)).map((leaf) => fieldElement(leaf, '')),
    ...fails.filter((leaf) => !inLine(leaf)).map((leaf) => fieldElement(leaf, ' negate="yes"')),
    ...lineElement(holds.filter(inLine), fails.filter(inLine)),
  ]
}

function fieldElement(leaf: Leaf, attribute: string): string {
  const body = xmlText(anyBackslashes(regexBody(leaf, true)))
  return `<field name="${fieldOf('wazuh', leaf.fact) ?? ''}" type="pcre2"${attribute}>(?i)${body}</field>`
}

/** UserData is flattened by newer agents only: those facts are looked for in the whole line, without anchors. */
function lineElement(holds: readonly Leaf[], fails: readonly Leaf[]): string[] {
  const [first = ''] = [...holds, ...fails].map(lineBody)
  switch (holds.length + fails.length) {
    case 0:
      return []
    case 1:
      return [`<regex type="pcre2"${fails.length === 0 ? '' : ' negate="yes"'}>(?i)${xmlText(first)}</regex>`]
    default: {
      const all = [
        ...holds.map((leaf) => `(?=.*${lineBody(leaf)})`),
        ...fails.map((leaf) => `(?!.*${lineBody(leaf)})`),
      ]
      return [`<regex type="pcre2">(?is)^${xmlText(all.join(''))}</regex>`]
    }
  }
}

/** A quote in the line is escaped, once or twice over. */
function lineBody(leaf: Leaf): string {
  return anyBackslashes(regexBody({ ...leaf, match: 'contains' }, false)).replaceAll('"', '\\\\*"')
}

/**
 * The agent doubles the backslashes of what it reads from the event log, and JSON does so once more in the line: each one
 * of ours stands for one or more. Observed in the ruleset's own expressions, which write four.
 */
function anyBackslashes(expression: string): string {
  return expression.replace(/\\[\s\S]/g, (pair) => (pair === '\\\\' ? '\\\\+' : pair))
}
