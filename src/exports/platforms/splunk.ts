import { fieldOf } from './fields.ts'
import type { EventSource, Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, type Syntax } from './render.ts'
import { escuFiles, MACROS } from './splunk-escu.ts'
import {
  eventOf,
  fileName,
  isPowerShell,
  isSysmon,
  NOT_CHECKED,
  noField,
  partsOf,
  RISK_SCORE,
  seconds,
} from './words.ts'

/** WMI-Activity reaches Splunk as a message; these stand before a value in it. Source: TELEMETRY 2. */
const IN_MESSAGE: Readonly<Record<string, readonly [before: string, after: string]>> = {
  'bound-filter': ['Eventfilter = ', ' (refer'],
  'bound-consumer': ['Consumer = ', ''],
  'possible-cause': ['PossibleCause = *', ''],
  'provider-name': ['', ' provider started'],
}

const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** SPL search terms compare without case; `*` is the wildcard. */
const SPL: Syntax = {
  and: ' ',
  or: ' OR ',
  not: (text) => `NOT ${text}`,
  leaf: (field, leaf) => {
    const terms = leaf.values.map((value) => `${field}=${quote(pattern(leaf, value))}`)
    return terms.length === 1 ? (terms[0] ?? '') : `(${terms.join(' OR ')})`
  },
}

function pattern(leaf: Leaf, value: string): string {
  const place = IN_MESSAGE[leaf.fact]
  if (place !== undefined) {
    const open = leaf.match === 'contains' && leaf.fact !== 'possible-cause' ? `${place[0]}*` : place[0]
    return `*${open}${value}${leaf.match === 'is' ? place[1] : ''}*`
  }
  const before = leaf.match === 'contains' || leaf.match === 'ends' ? '*' : ''
  const after = leaf.match === 'contains' || leaf.match === 'starts' ? '*' : ''
  return before + value + after
}

/** One `savedsearches.conf` with a stanza a rule, the macros it needs, and the same for Splunk's content tool. */
export function exportSplunk(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const stanzas: string[] = []
  const written: PlatformRule[] = []
  for (const rule of rules) {
    const parts = partsOf(rule, rules)
    if (parts.some(({ body }) => expressible('splunk', body.where) === undefined)) {
      leftOut.push(
        noField(
          rule,
          parts.flatMap(({ body }) => missingFacts('splunk', body)),
        ),
      )
      continue
    }
    written.push(rule)
    stanzas.push(stanza(rule, [...search(rule, rules), `| \`${fileName(rule)}_filter\``]))
  }
  return {
    files: [
      { path: 'savedsearches.conf', text: `# ${NOT_CHECKED}\n\n${stanzas.join('\n')}` },
      { path: 'macros.conf', text: macros(written) },
      ...escuFiles(written, rules, (rule) => search(rule, rules)),
    ],
    leftOut,
  }
}

/** The lines of a search, but for the macro of its local tuning. */
function search(rule: PlatformRule, rules: readonly PlatformRule[]): string[] {
  const times = '| `security_content_ctime(firstTime)` | `security_content_ctime(lastTime)`'
  if (rule.body.kind === 'single') return [...singleSearch(rule.body), times]
  const parts = partsOf(rule, rules)
  const by = rule.body.by.map((fact) => fieldOf('splunk', fact) ?? '')
  const conditions = parts.map(({ body }) => `(${terms(body)})`).join(' OR ')
  // Single parts are told apart once more where the statistics are made; `searchmatch` takes the same terms.
  const cases = parts.map(({ rule: part, body }) => `searchmatch(${quote(terms(body))}), ${quote(part.id)}`)
  const order = rule.body.ordered
    ? [
        `| stats min(_time) as firstTime max(_time) as lastTime min(eval(if(part=${quote(parts[0]?.rule.id ?? '')},_time,null()))) as opened max(eval(if(part=${quote(parts.at(-1)?.rule.id ?? '')},_time,null()))) as closed dc(part) as parts by ${by.join(' ')}`,
        `| where parts=${parts.length} AND closed>=opened AND closed-opened<=${seconds(rule.body.within)}`,
      ]
    : [
        `| stats min(_time) as firstTime max(_time) as lastTime values(Query) as Query values(Destination) as Destination values(Consumer) as Consumer values(Filter) as Filter dc(part) as parts by ${by.join(' ')}`,
        `| where parts=${parts.length} AND lastTime-firstTime<=${seconds(rule.body.within)}`,
      ]
  return [
    `\`sysmon\` (${conditions})`,
    `| eval part=case(${cases.join(', ')})`,
    ...order,
    '| rename Computer as dest',
    times,
  ]
}

function terms(body: SingleBody): string {
  const { eventId } = eventOf(body.source)
  return `EventCode=${eventId} ${infix('splunk', expressible('splunk', body.where) ?? [], SPL)}`
}

/** Fields that tell one finding from another. */
const COLUMNS: Readonly<Record<EventSource, string>> = {
  'sysmon-wmi-filter': 'User Name Query',
  'sysmon-wmi-consumer': 'User Name Type Destination',
  'sysmon-wmi-binding': 'User Consumer Filter',
  'wmi-activity-binding': 'Message',
  'wmi-activity-provider': 'Message',
  process: '',
  registry: 'User Image TargetObject Details',
  file: 'User Image TargetFilename',
  'script-block': 'ScriptBlockText',
  pipeline: 'Payload',
}

function singleSearch(body: SingleBody): string[] {
  if (body.source === 'process') {
    return [
      `| tstats count min(_time) as firstTime max(_time) as lastTime from datamodel=Endpoint.Processes where ${infix('splunk', expressible('splunk', body.where) ?? [], { ...SPL, and: ' AND ' })} by Processes.dest Processes.user Processes.process_name Processes.process Processes.parent_process_name`,
      '| rename Processes.* as *',
    ]
  }
  const macro = isSysmon(body.source) ? 'sysmon' : isPowerShell(body.source) ? 'powershell' : 'wmi'
  const columns = COLUMNS[body.source]
  return [
    `\`${macro}\` ${terms(body)}`,
    `| fillnull value="-" ${columns}`,
    `| stats count min(_time) as firstTime max(_time) as lastTime by Computer ${columns}`,
    '| rename Computer as dest',
  ]
}

function stanza(rule: PlatformRule, lines: readonly string[]): string {
  const values: readonly (readonly [string, string])[] = [
    ['description', rule.description],
    ['search', lines.join(' \\\n')],
    ...schedule(rule),
    ['enableSched', '1'],
    ['disabled', '1'],
    ['action.correlationsearch.enabled', '1'],
    ['action.correlationsearch.label', rule.title],
    ['action.correlationsearch.annotations', JSON.stringify({ mitre_attack: ['T1546.003'] })],
    ['action.notable', rule.severity === 'informational' ? '0' : '1'],
    ['action.notable.param.severity', rule.severity],
    ['action.risk', '1'],
    [
      'action.risk.param._risk',
      JSON.stringify([
        { risk_object_field: 'dest', risk_object_type: 'system', risk_score: RISK_SCORE[rule.severity] },
      ]),
    ],
  ]
  return `[Triad - ${rule.title}]\n${values.map(([key, value]) => `${key} = ${value}`).join('\n')}\n`
}

/** Minutes between two runs, and minutes that late events have to arrive. */
const EVERY = 10
const LATE = 10

/**
 * Each run reads what came since the one before, so an event is found once. A correlation reads back by its own span as
 * well, and holds back the same finding in the runs that see it again.
 */
function schedule({ body }: PlatformRule): readonly (readonly [string, string])[] {
  const span = body.kind === 'correlation' ? seconds(body.within) / 60 : 0
  return [
    ['cron_schedule', `*/${EVERY} * * * *`],
    ['dispatch.earliest_time', `-${span + EVERY + LATE}m@m`],
    ['dispatch.latest_time', `-${LATE}m@m`],
    ...(span === 0
      ? []
      : ([
          ['alert.suppress', '1'],
          ['alert.suppress.fields', 'dest'],
          ['alert.suppress.period', `${span + EVERY}m`],
        ] as const)),
  ]
}

function macros(rules: readonly PlatformRule[]): string {
  const own = rules.map((rule) => `[${fileName(rule)}_filter]\ndefinition = search *\n`)
  return [
    `# ${NOT_CHECKED}`,
    '# Local tuning goes into the _filter macros. sysmon, wmi, powershell and security_content_ctime come with the',
    '# Enterprise Security content; these definitions stand in where it is not installed.',
    '',
    ...Object.entries(MACROS).map(([name, definition]) => `[${name}]\ndefinition = ${definition}\n`),
    '[security_content_ctime(1)]\nargs = field\ndefinition = convert timeformat="%Y-%m-%dT%H:%M:%S" ctime($field$)\n',
    ...own,
  ].join('\n')
}
