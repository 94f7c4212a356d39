import type { LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, regexBody, type Syntax } from './render.ts'
import { fileName, NOT_CHECKED, noField, RISK_SCORE, TECHNIQUE_URL } from './words.ts'

/** YARA-L: a regular expression between back-ticks, without case. */
const YARAL: Syntax = {
  and: '\n    ',
  or: ' or ',
  not: (text) => `not ${text}`,
  // Nothing escapes a back-tick in such a text; the expression can name it by its code.
  leaf: (field, leaf) =>
    `re.regex($e.${field}, \`${regexBody(leaf, true).replaceAll('`', '\\x60')}\`) nocase`,
}
/** Inside parentheses conditions are joined by words. */
const INLINE: Syntax = { ...YARAL, and: ' and ' }

/** YARA-L 2.0. Sysmon's and WMI-Activity's own fields have no documented place in UDM: those rules see event ids only. */
export function exportChronicle(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const files = rules.flatMap((rule) => {
    if (rule.body.kind === 'correlation') {
      leftOut.push({ rule: rule.id, why: 'rests on rules that are left out' })
      return []
    }
    const where = expressible('chronicle', rule.body.where)
    if (where === undefined || rule.body.source !== 'process') {
      leftOut.push(noField(rule, missingFacts('chronicle', rule.body)))
      return []
    }
    return [{ path: `${fileName(rule)}.yaral`, text: ruleText(rule, processEvents(rule.body)) }]
  })
  return { files: [...files, ...EVENT_RULES.map(eventRule)], leftOut }
}

function processEvents(body: SingleBody): string[] {
  const where = expressible('chronicle', body.where) ?? []
  return [
    '$e.metadata.event_type = "PROCESS_LAUNCH"',
    ...where.map((item) => infix('chronicle', [item], INLINE)),
  ]
}

const ASSUMPTIONS =
  'The place of the event fields in UDM is not documented: matched by event id only, so removals match too'
const EVENT_RULES = [
  {
    id: 'wmi-subscription-events',
    guid: '7d8f912a-e506-4728-9330-b5d6e7908935',
    title: 'WMI event subscription registered, changed or removed',
    description: 'Sysmon recorded a change to a permanent WMI event consumer or binding.',
    severity: 'medium',
    events: [
      '$e.metadata.log_type = "WINDOWS_SYSMON"',
      '($e.metadata.product_event_type = "20" or $e.metadata.product_event_type = "21")',
    ],
  },
  {
    id: 'wmi-permanent-binding-event',
    guid: '8e90a23b-f617-4839-8441-c6e7f8a19036',
    title: 'Permanent WMI event subscription bound or armed again',
    description:
      'WMI-Activity 5861. It also comes for the stock subscription at every start of WMI: count hosts.',
    severity: 'informational',
    events: ['$e.metadata.product_event_type = "5861"'],
  },
] as const

type Heading = Pick<PlatformRule, 'id' | 'guid' | 'title' | 'description' | 'severity'>

function eventRule(rule: Heading & { readonly events: readonly string[] }): { path: string; text: string } {
  return {
    path: `${rule.id.replaceAll('-', '_')}.yaral`,
    text: ruleText(rule, rule.events, ASSUMPTIONS),
  }
}

function ruleText(rule: Heading, events: readonly string[], assumptions?: string): string {
  const meta: readonly (readonly [string, string])[] = [
    ['author', 'Triad'],
    ['rule_name', rule.title],
    ['rule_id', `mr_${rule.guid}`],
    ['description', rule.description],
    ['severity', LEVEL[rule.severity]],
    ['priority', LEVEL[rule.severity]],
    ['tactic', 'TA0003'],
    ['technique', 'T1546.003'],
    ['platform', 'Windows'],
    ['data_source', rule.id.startsWith('wmi-permanent') ? 'WMI-Activity' : 'Sysmon'],
    ['reference', TECHNIQUE_URL],
    ...(assumptions === undefined ? [] : [['assumptions', assumptions] as const]),
  ]
  return [
    `// ${NOT_CHECKED}`,
    `rule ${rule.id.replaceAll('-', '_')} {`,
    '  meta:',
    ...meta.map(([key, value]) => `    ${key} = "${value.replace(/[\\"]/g, '\\$&')}"`),
    '',
    '  events:',
    ...events.map((line) => `    ${line}`),
    '    $e.principal.hostname = $host',
    '',
    '  match:',
    '    $host over 10m',
    '',
    '  outcome:',
    `    $risk_score = max(${RISK_SCORE[rule.severity]})`,
    '',
    '  condition:',
    '    $e',
    '}',
    '',
  ].join('\n')
}

const LEVEL = { informational: 'Info', low: 'Low', medium: 'Medium', high: 'High' } as const
