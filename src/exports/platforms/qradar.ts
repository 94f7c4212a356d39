import { fieldOf } from './fields.ts'
import type { Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, NAME_FACTS, type Syntax } from './render.ts'
import { eventOf, fileName, isPowerShell, isSysmon, NOT_CHECKED, noField, partsOf } from './words.ts'

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/**
 * AQL: `ILIKE` compares without case; `%` is any text, `_` any one character. A backslash and a
 * percent sign are written as `_`: whether anything escapes in a pattern is not documented, and that is right either way.
 */
const AQL: Syntax = {
  and: ' AND ',
  or: ' OR ',
  not: (text) => `NOT ${text}`,
  leaf: (field, leaf) => {
    const name = field.includes('(') ? field : `"${field}"`
    const terms = leaf.values.map(
      (value) => `${name} ILIKE ${literal(pattern(field, leaf, value.replace(/[\\%]/g, '_')))}`,
    )
    return terms.length === 1 ? (terms[0] ?? '') : `(${terms.join(' OR ')})`
  },
}

function pattern(field: string, leaf: Leaf, value: string): string {
  if (field.includes('(')) return `%${value}%`
  if (NAME_FACTS.includes(leaf.fact)) return `%_${value}`
  const before = leaf.match === 'contains' || leaf.match === 'ends' ? '%' : ''
  const after = leaf.match === 'contains' || leaf.match === 'starts' ? '%' : ''
  return before + value + after
}

/** AQL searches, and the properties and rule steps that a person sets up: QRadar has no portable rule file. */
export function exportQradar(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const searches = rules.flatMap((rule) => {
    if (rule.body.kind === 'correlation') return []
    if (expressible('qradar', rule.body.where) === undefined) {
      leftOut.push(noField(rule, missingFacts('qradar', rule.body)))
      return []
    }
    return [{ path: `${fileName(rule)}.aql`, text: aql(rule, rule.body) }]
  })
  return { files: [...searches, { path: 'README.md', text: recipe(rules) }], leftOut }
}

function aql(rule: PlatformRule, body: SingleBody): string {
  const { eventId } = eventOf(body.source)
  const provider = isSysmon(body.source)
    ? 'Microsoft-Windows-Sysmon'
    : isPowerShell(body.source)
      ? 'Microsoft-Windows-PowerShell'
      : 'Microsoft-Windows-WMI-Activity'
  const where = infix('qradar', expressible('qradar', body.where) ?? [], AQL)
  return [
    `/* ${rule.title.replaceAll('*/', '* /')}. ${NOT_CHECKED} */`,
    `SELECT DATEFORMAT(devicetime,'yyyy-MM-dd HH:mm:ss') AS t, "Computer", username, "EventID", UTF8(payload) AS payload`,
    'FROM events',
    `WHERE LOGSOURCETYPENAME(devicetype) = 'Microsoft Windows Security Event Log'`,
    `  AND "EventID" = '${eventId}' AND UTF8(payload) ILIKE '%${provider}%'`,
    `  AND ${where}`,
    'LAST 24 HOURS',
    '',
  ].join('\n')
}

const PROPERTIES = [
  'Operation',
  'Type',
  'Destination',
  'Query',
  'Consumer',
  'Filter',
  'Image',
  'OriginalFileName',
  'ParentImage',
  'CommandLine',
  'TargetObject',
  'Details',
  'TargetFilename',
  'ScriptBlockText',
  'Payload',
]

function recipe(rules: readonly PlatformRule[]): string {
  const correlations = rules.filter(({ body }) => body.kind === 'correlation')
  return [
    '# QRadar: what to set up by hand',
    '',
    `QRadar takes rules only from its own appliance. The searches beside this file are AQL (${NOT_CHECKED}).`,
    '',
    '## Custom event properties',
    '',
    'Define each as an extraction from the payload of Windows events, with this regular expression and capture group 1:',
    '',
    // A list, not a table: there a `|` of an expression would have to be escaped, and be copied with its backslash.
    ...PROPERTIES.map((name) => `- ${name}: \`(?:^|\\s)${name}:\\s*(.*?)(?:\\s+\\w+:\\s|$)\``),
    '',
    '## Rules',
    '',
    ...rules
      .filter(({ body }) => body.kind === 'single')
      .map(
        (rule) =>
          `- **${rule.title}** (${rule.severity}): an event rule over the conditions of \`${fileName(rule)}.aql\`.`,
      ),
    ...correlations.map((rule) => {
      if (rule.body.kind !== 'correlation') return ''
      const order = rule.body.ordered ? 'in this order' : 'in any order'
      const by = rule.body.by.map((fact) => fieldOf('qradar', fact) ?? '').join(' and ')
      const parts = partsOf(rule, rules).map(({ rule: part }) => `"${part.title}"`)
      return `- **${rule.title}** (${rule.severity}): when ${parts.join(', ')} match ${order} with the same ${by} within ${rule.body.within}.`
    }),
    '',
  ].join('\n')
}
