import {
  type Diagnostic,
  InputError,
  nearest,
  type Report,
  someOf,
  type TextLocation,
} from '../diagnostics/index.ts'
import type { ResultColumn } from '../query/index.ts'
import type { Detection } from './model.ts'
import { readAllowList } from './pack.ts'
import { RuleDatabase } from './rule-database.ts'
import { SENTINEL_ENTITIES } from './sentinel/entities.ts'
import { SENTINEL_LIMITS } from './sentinel/limits.ts'

/** Where a character of a query stands in the file that holds it. */
export type QueryPlace = (offset: number) => { readonly source: string; readonly offset: number }

/** What of a rule is checked: a detection of the pack has it all, a team's own rule what its file says. */
export type CheckedRule = Pick<
  Detection,
  | 'id'
  | 'query'
  | 'kind'
  | 'technique'
  | 'tactics'
  | 'schedule'
  | 'entities'
  | 'customDetails'
  | 'alert'
  | 'defender'
> & {
  readonly source: string
  /** The id on the platform, which no other rule may have. */
  readonly guid?: string
  readonly nrt?: { readonly guid: string }
  /** The file is a Sentinel rule: its fields and limits are checked by the checker of that form, in the text itself. */
  readonly form?: 'sentinel'
  readonly queryPlace?: QueryPlace
  readonly defenderPlace?: QueryPlace
}

/** Checks the file of a Sentinel rule; `columns` is what its query returns, where that is known. */
export type FormCheck = (rule: CheckedRule, columns: ReadonlySet<string> | undefined, report: Report) => void

/**
 * Checks rules against Microsoft's parser and binder, the table schemas, and what Sentinel and Defender accept. Everything that
 * is wrong is reported; returns the ids of the rules that are sound.
 */
export async function checkRules(
  rules: readonly CheckedRule[],
  report: Report,
  checkForm: FormCheck = () => undefined,
): Promise<string[]> {
  const database = new RuleDatabase({ watchlists: [readAllowList()] })
  try {
    const sound: string[] = []
    const owners = new Map<string, string>()
    for (const rule of rules) {
      const found: Diagnostic[] = []
      await checkRule(database, rule, (item) => found.push(item), checkForm)
      checkUnique(
        rule,
        owners,
        speaker(rule, (item) => found.push(item)),
      )
      found.forEach(report)
      if (!found.some((item) => item.severity === 'error')) sound.push(rule.id)
    }
    return sound
  } finally {
    await database.close()
  }
}

async function checkRule(
  database: RuleDatabase,
  rule: CheckedRule,
  report: Report,
  checkForm: FormCheck,
): Promise<void> {
  const say = speaker(rule, report)
  const columns = await columnsOf(database, rule, rule.query, rule.queryPlace, report)
  checkQuery(rule, columns, say)
  if (rule.form === 'sentinel') {
    checkForm(rule, columns === undefined ? undefined : new Set(columns.map(({ name }) => name)), report)
    return
  }
  checkLimits(rule, say)
  checkSchedule(rule, say)
  checkEntities(rule, say)
  if (columns !== undefined) checkColumns(rule, columns, say)
  if (rule.defender !== undefined) await checkDefender(database, rule, report, say)
}

/** A second rule of the same id would replace the first when both are deployed. Source: SENTINEL 1.1. */
function checkUnique(rule: CheckedRule, owners: Map<string, string>, say: Say): void {
  for (const guid of [rule.guid, rule.nrt?.guid]) {
    if (guid === undefined) continue
    const owner = owners.get(guid.toLowerCase())
    if (owner === undefined) owners.set(guid.toLowerCase(), rule.source)
    else say('detections/bad-field', `the id ${guid} is that of ${owner} too`, 'give one of them a new GUID')
  }
}

type Say = (
  code: 'detections/limit' | 'detections/column' | 'detections/query' | 'detections/bad-field',
  message: string,
  hint?: string,
) => void

function speaker(rule: CheckedRule, report: Report): Say {
  return (code, message, hint) =>
    report({
      code,
      severity: 'error',
      message: `${rule.id}: ${message}`,
      at: { in: 'file', source: rule.source },
      ...(hint === undefined ? {} : { hint }),
    })
}

async function columnsOf(
  database: RuleDatabase,
  rule: CheckedRule,
  query: string,
  place: QueryPlace | undefined,
  report: Report,
): Promise<readonly ResultColumn[] | undefined> {
  try {
    const compiled = await database.compile(query, rule.source)
    // Columns that depend on the data are known only when it runs.
    return compiled.probe === undefined ? compiled.columns : undefined
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { code, message, at, hint } = error.toDiagnostic()
    report({
      code: 'detections/query',
      severity: 'error',
      message: `${rule.id}: ${message} [${code}]`,
      ...(at === undefined ? {} : { at: at.in === 'text' && place !== undefined ? placed(at, place) : at }),
      ...(hint === undefined ? {} : { hint }),
    })
    return undefined
  }
}

function placed(at: TextLocation, place: QueryPlace): TextLocation {
  const start = place(at.start)
  return { in: 'text', source: start.source, start: start.offset, end: place(at.end).offset }
}

/** What the service refuses of a query, whatever file it stands in. */
function checkQuery(rule: CheckedRule, columns: readonly ResultColumn[] | undefined, say: Say): void {
  if (/\bsearch\s+[*"']|\bunion\s+\*/.test(rule.query)) {
    say('detections/limit', 'search * and union * are refused in analytics rules')
  }
  const names = new Set(columns?.map(({ name }) => name))
  if (
    columns !== undefined &&
    rule.kind !== 'hunting' &&
    !names.has('TimeGenerated') &&
    !names.has('Timestamp')
  ) {
    say('detections/column', 'the query returns no TimeGenerated, so alerts carry no time of the event')
  }
}

function checkLimits(rule: CheckedRule, say: Say): void {
  const { query, entityMappings, customDetails, customDetailName, placeholders } = SENTINEL_LIMITS
  if (rule.query.length > query) {
    say('detections/limit', `the query has ${rule.query.length} characters, Sentinel takes ${query}`)
  }
  if (rule.entities.length > entityMappings)
    say('detections/limit', `more than ${entityMappings} entity mappings`)
  const details = Object.keys(rule.customDetails)
  if (details.length > customDetails) say('detections/limit', `more than ${customDetails} custom details`)
  for (const name of details) {
    if (name.length > customDetailName || !/^[a-zA-Z]\w*$/.test(name)) {
      say('detections/limit', `custom detail ${name}: letters and digits, at most ${customDetailName}`)
    }
  }
  for (const text of [rule.alert?.title, rule.alert?.description]) {
    if ((text?.match(/\{\{/g) ?? []).length > placeholders) {
      say('detections/limit', `more than ${placeholders} {{columns}} in one alert text`)
    }
  }
  if (/[^\n\r\t\x20-\x7e]/.test(rule.query)) {
    say('detections/limit', 'the query holds characters outside ASCII', 'write them as \\u0430')
  }
  if (/\b(?:Account|Host|IP|URL|Process|FileHash)CustomEntity\b/.test(rule.query)) {
    say(
      'detections/limit',
      'the old …CustomEntity columns are for rules of the old kind; map entities instead',
    )
  }
}

const MINUTES = { m: 1, h: 60, d: 24 * 60 } as const

function minutes(duration: string): number {
  const match = /^(\d+)([mhd])$/.exec(duration)
  const unit = match?.[2]
  return unit === 'm' || unit === 'h' || unit === 'd' ? Number(match?.[1]) * MINUTES[unit] : Number.NaN
}

function checkSchedule(rule: CheckedRule, say: Say): void {
  if (rule.schedule === undefined) return
  const frequency = minutes(rule.schedule.frequency)
  const period = minutes(rule.schedule.period)
  const { shortestMinutes, longestMinutes, longPeriodMinutes, longPeriodFrequencyMinutes } = SENTINEL_LIMITS
  for (const [name, value] of [
    ['frequency', frequency],
    ['period', period],
  ] as const) {
    if (!(value >= shortestMinutes && value <= longestMinutes))
      say('detections/limit', `${name} must be 5m to 14d`)
  }
  if (period < frequency)
    say('detections/limit', 'the period is shorter than the frequency: events would be lost')
  if (period >= longPeriodMinutes && frequency < longPeriodFrequencyMinutes) {
    say('detections/limit', 'a period of two days or more needs a frequency of one hour or more')
  }
  const window = /^let LookBack = ([^;]+);/m.exec(rule.query)?.[1]
  if (window !== undefined && minutes(window) !== frequency) {
    say(
      'detections/limit',
      `LookBack is ${window}, the frequency ${rule.schedule.frequency}: they must agree`,
    )
  }
}

function checkEntities(rule: CheckedRule, say: Say): void {
  for (const { type, fields } of rule.entities) {
    const identifiers = Object.keys(fields)
    const rules = SENTINEL_ENTITIES[type]
    if (rules === undefined) {
      say('detections/bad-field', `there is no entity type ${type}`)
      continue
    }
    if (identifiers.length === 0 || identifiers.length > SENTINEL_LIMITS.fieldMappings) {
      say('detections/limit', `${type}: one to ${SENTINEL_LIMITS.fieldMappings} identifiers`)
    }
    for (const name of identifiers) {
      if (!rules.identifiers.includes(name)) say('detections/bad-field', `${type} has no identifier ${name}`)
    }
    if (!rules.needs.some((group) => group.every((name) => identifiers.includes(name)))) {
      const wanted = rules.needs.map((group) => group.join(' and ')).join(', ')
      say('detections/bad-field', `${type} needs one of ${wanted}`)
    }
  }
  if (/^T1546\b/.test(rule.technique)) {
    const tactics = rule.tactics.map((tactic) => tactic.toLowerCase().replaceAll('-', ''))
    for (const tactic of ['persistence', 'privilegeescalation']) {
      if (!tactics.includes(tactic)) say('detections/bad-field', `T1546 also needs the tactic ${tactic}`)
    }
  }
}

function checkColumns(rule: CheckedRule, columns: readonly ResultColumn[], say: Say): void {
  const names = new Set(columns.map((column) => column.name))
  const wanted: (readonly [string, string])[] = [
    ...rule.entities.flatMap(({ type, fields }) =>
      Object.values(fields).map((column) => [`entity ${type}`, column] as const),
    ),
    ...Object.entries(rule.customDetails).map(([name, column]) => [`custom detail ${name}`, column] as const),
    ...[rule.alert?.title, rule.alert?.description].flatMap((text) =>
      [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map((match) => ['alert text', match[1] ?? ''] as const),
    ),
    ...(rule.alert?.severityColumn === undefined
      ? []
      : [['alert severity', rule.alert.severityColumn] as const]),
  ]
  for (const [what, column] of wanted) {
    if (!names.has(column))
      say(
        'detections/column',
        `${what} uses the column ${column}, which the query does not return`,
        near(column, names),
      )
  }
}

function near(name: string, names: ReadonlySet<string>): string {
  return `it returns ${nearest(name, names) ?? someOf(names)}`
}

/** Columns of which Defender needs one. Source: Microsoft, "Create custom detection rules", required columns. */
const IMPACTED = [
  'DeviceId',
  'DeviceName',
  'RemoteDeviceName',
  'RecipientEmailAddress',
  'SenderFromAddress',
  'SenderMailFromAddress',
  'RecipientObjectId',
  'AccountObjectId',
  'AccountSid',
  'AccountUpn',
  'InitiatingProcessAccountSid',
  'InitiatingProcessAccountUpn',
  'InitiatingProcessAccountObjectId',
]

async function checkDefender(
  database: RuleDatabase,
  rule: CheckedRule,
  report: Report,
  say: Say,
): Promise<void> {
  const { defender } = rule
  if (defender === undefined) return
  const { query, frequency } = defender
  const columns = await columnsOf(database, rule, query, rule.defenderPlace, report)
  const names = new Set(columns?.map((column) => column.name))
  if (columns !== undefined) {
    for (const column of ['Timestamp', 'ReportId']) {
      if (!names.has(column)) say('detections/column', `the Defender query does not return ${column}`)
    }
    if (!IMPACTED.some((column) => names.has(column)))
      say('detections/column', 'the Defender query returns no column of an impacted asset', 'return DeviceId')
  }
  for (const [construct, pattern] of [
    ['_GetWatchlist', /\b_GetWatchlist\b/],
    ['workspace()', /\bworkspace\s*\(/],
    ['externaldata', /\bexternaldata\b/],
    ['search', /\bsearch\b/],
    ['a filter on Timestamp', /\bTimestamp\s*>\s*ago\b/],
  ] as const) {
    if (pattern.test(query)) say('detections/limit', `a Defender custom detection cannot use ${construct}`)
  }
  if (frequency === 'PT0S' && /\b(?:join|union|externaldata)\b|\/\//.test(query)) {
    say('detections/limit', 'a continuous Defender rule has one table and no join, union or comment')
  }
}
