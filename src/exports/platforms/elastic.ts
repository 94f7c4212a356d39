import { fieldOf } from './fields.ts'
import type { ExportFile, Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, type Syntax } from './render.ts'
import { type TomlTable, tomlText } from './toml.ts'
import { eventOf, fileName, noField, partsOf, RISK_SCORE, seconds, TECHNIQUE_URL } from './words.ts'

const SYSMON_INDEX = ['logs-windows.sysmon_operational-*', 'winlogbeat-*']
const INDICES = {
  'sysmon-wmi-filter': SYSMON_INDEX,
  'sysmon-wmi-consumer': SYSMON_INDEX,
  'sysmon-wmi-binding': SYSMON_INDEX,
  registry: SYSMON_INDEX,
  file: SYSMON_INDEX,
  'wmi-activity-binding': ['logs-windows.forwarded*', 'winlogbeat-*'],
  'wmi-activity-provider': ['logs-windows.forwarded*', 'winlogbeat-*'],
  process: ['logs-endpoint.events.process-*', 'logs-windows.sysmon_operational-*', 'winlogbeat-*'],
  'script-block': ['logs-windows.powershell_operational*', 'winlogbeat-*'],
  pipeline: ['logs-windows.powershell_operational*', 'winlogbeat-*'],
} as const

const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** EQL: `:` compares without case and takes wildcards. Source: PLATFORMS 3. */
const EQL: Syntax = {
  and: ' and ',
  or: ' or ',
  not: (text) => `not ${text}`,
  leaf: (field, leaf) => {
    const values = leaf.values.map((value) => quote(wildcard(leaf, value)))
    return `${field} : ${values.length === 1 ? values[0] : `(${values.join(', ')})`}`
  },
}

/** ES|QL compares with case: both sides are lowered. A pattern's own backslash is doubled, then the string's. */
const ESQL: Syntax = {
  and: ' AND ',
  or: ' OR ',
  not: (text) => `NOT ${text}`,
  leaf: (field, leaf) => {
    const lowered = leaf.values.map((value) => value.toLowerCase())
    if (leaf.match === 'is') return `TO_LOWER(${field}) IN (${lowered.map(quote).join(', ')})`
    const likes = lowered.map(
      (value) => `TO_LOWER(${field}) LIKE ${quote(wildcard(leaf, value.replace(/[\\*?]/g, '\\$&')))}`,
    )
    return likes.length === 1 ? (likes[0] ?? '') : `(${likes.join(' OR ')})`
  },
}

function wildcard(leaf: Leaf, value: string): string {
  const before = leaf.match === 'contains' || leaf.match === 'ends' ? '*' : ''
  const after = leaf.match === 'contains' || leaf.match === 'starts' ? '*' : ''
  return before + value + after
}

const CHECKED = {
  eql: 'EQL parsed by the Python package eql',
  esql: 'ES|QL parsed by the Python package detection-rules-esql-py',
} as const

/** Detection rules for Elastic: TOML for its rule repository, and NDJSON for the import page. */
export function exportElastic(rules: readonly PlatformRule[]): PlatformExport {
  const files: ExportFile[] = []
  const leftOut: LeftOut[] = []
  const imports: string[] = []
  for (const rule of rules) {
    const parts = partsOf(rule, rules)
    const written = parts.every(({ body }) => expressible('elastic', body.where) !== undefined)
    if (!written) {
      leftOut.push(
        noField(
          rule,
          parts.flatMap(({ body }) => missingFacts('elastic', body)),
        ),
      )
      continue
    }
    const query = queryOf(rule, rules)
    const table = ruleTable(rule, query)
    files.push({
      path: `${fileName(rule)}.toml`,
      text: `# ${CHECKED[query.language]}, see docs/exports.md\n${tomlText({ metadata: METADATA, rule: table })}`,
    })
    imports.push(JSON.stringify({ ...table, enabled: false, immutable: false, version: 1 }))
  }
  files.push({ path: 'rules.ndjson', text: `${imports.join('\n')}\n` })
  return { files, leftOut }
}

const METADATA: TomlTable = {
  creation_date: '2026/11/24',
  integration: ['endpoint', 'windows'],
  maturity: 'development',
  min_stack_version: '8.14.0',
  updated_date: '2026/11/24',
}

interface ElasticQuery {
  readonly language: 'eql' | 'esql'
  readonly query: string
  readonly index?: readonly string[]
}

function queryOf(rule: PlatformRule, rules: readonly PlatformRule[]): ElasticQuery {
  const parts = partsOf(rule, rules)
  const [first] = parts
  if (rule.body.kind === 'single' && first !== undefined) {
    return { language: 'eql', query: eql(first.body), index: INDICES[first.body.source] }
  }
  if (rule.body.kind !== 'correlation') return { language: 'eql', query: '' }
  const by = rule.body.by.map((fact) => fieldOf('elastic', fact) ?? '')
  if (rule.body.ordered) {
    const steps = parts.map(({ body }) => `  [${eql(body)}]`)
    return {
      language: 'eql',
      query: `sequence by ${by.join(', ')} with maxspan=${rule.body.within}\n${steps.join('\n')}`,
      index: SYSMON_INDEX,
    }
  }
  const cases = parts.map(
    ({ rule: part, body }) =>
      `    event.code == "${eventOf(body.source).eventId}" AND ${esql(body)}, ${quote(part.id)}`,
  )
  return {
    language: 'esql',
    query: [
      `FROM ${SYSMON_INDEX.join(', ')}`,
      `| WHERE winlog.channel == "Microsoft-Windows-Sysmon/Operational"`,
      `| EVAL part = CASE(\n${cases.join(',\n')})`,
      '| WHERE part IS NOT NULL',
      `| STATS parts = COUNT_DISTINCT(part), first_seen = MIN(@timestamp), last_seen = MAX(@timestamp) BY ${by.join(', ')}`,
      `| WHERE parts == ${parts.length} AND DATE_DIFF("seconds", first_seen, last_seen) <= ${seconds(rule.body.within)}`,
      `| KEEP ${by.join(', ')}, parts, first_seen, last_seen`,
    ].join('\n'),
  }
}

function eql(body: SingleBody): string {
  const where = infix('elastic', expressible('elastic', body.where) ?? [], EQL)
  const { channel, eventId } = eventOf(body.source)
  return body.source === 'process'
    ? `process where event.type == "start" and ${where}`
    : `any where winlog.channel : ${quote(channel)} and event.code == "${eventId}" and ${where}`
}

const esql = (body: SingleBody): string => infix('elastic', expressible('elastic', body.where) ?? [], ESQL)

function ruleTable(rule: PlatformRule, { language, query, index }: ElasticQuery): TomlTable {
  return {
    author: ['Triad'],
    description: rule.description,
    false_positives: rule.falsePositives,
    from: rule.body.kind === 'correlation' ? 'now-35m' : 'now-9m',
    ...(index === undefined ? {} : { index }),
    interval: '5m',
    language,
    license: 'Apache-2.0',
    name: rule.title,
    note: `What it cannot see:\n${rule.blindSpots.map((text) => `- ${text}`).join('\n')}`,
    references: [TECHNIQUE_URL],
    risk_score: RISK_SCORE[rule.severity],
    rule_id: rule.guid,
    severity: rule.severity === 'informational' ? 'low' : rule.severity,
    tags: [
      'Domain: Endpoint',
      'OS: Windows',
      'Use Case: Threat Detection',
      'Tactic: Persistence',
      'Tactic: Privilege Escalation',
      ...(rule.signal.startsWith('sysmon') ? ['Data Source: Sysmon'] : []),
    ],
    // A sequence goes by the time of the events, not by that of their arrival.
    ...(query.startsWith('sequence') ? {} : { timestamp_override: 'event.ingested' }),
    type: language,
    query,
    threat: [threat('TA0003', 'Persistence'), threat('TA0004', 'Privilege Escalation')],
  }
}

function threat(id: string, name: string): TomlTable {
  const site = 'https://attack.mitre.org/'
  return {
    framework: 'MITRE ATT&CK',
    tactic: { id, name, reference: `${site}tactics/${id}/` },
    technique: [
      {
        id: 'T1546',
        name: 'Event Triggered Execution',
        reference: `${site}techniques/T1546/`,
        subtechnique: [
          {
            id: 'T1546.003',
            name: 'Windows Management Instrumentation Event Subscription',
            reference: TECHNIQUE_URL,
          },
        ],
      },
    ],
  }
}
