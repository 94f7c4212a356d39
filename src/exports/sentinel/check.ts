import { type Document, isMap, type Node, parseDocument, type YAMLMap } from 'yaml'
import { SENTINEL_LIMITS } from '../../detections/index.ts'
import type { Diagnostic, Report } from '../../diagnostics/index.ts'
import { checkColumn, checkColumns } from './check-columns.ts'
import { checkDeployed } from './check-deployed.ts'
import { checkEntities, checkLegacyColumns } from './check-entities.ts'
import { yamlDurationMinutes } from './duration.ts'
import { RuleNode } from './rule-node.ts'
import {
  AGGREGATIONS,
  DETAIL_NAME_PATTERN,
  DYNAMIC_PROPERTIES,
  GUID_PATTERN,
  KINDS,
  KNOWN_CONNECTORS,
  SEVERITIES,
  TACTICS,
  TACTICS_OF_TECHNIQUE,
  TECHNIQUE_PATTERN,
  TRIGGER_OPERATORS,
  VERSION_PATTERN,
} from './vocabulary.ts'

const TEMPLATE_FIELDS = [
  'id',
  'name',
  'description',
  'kind',
  'version',
  'status',
  'severity',
  'requiredDataConnectors',
  'queryFrequency',
  'queryPeriod',
  'triggerOperator',
  'triggerThreshold',
  'tactics',
  'relevantTechniques',
  'tags',
  'query',
  'entityMappings',
  'sentinelEntitiesMappings',
  'customDetails',
  'alertDetailsOverride',
  'eventGroupingSettings',
  'metadata',
]
/** Fields of a deployed rule, which community YAML carries beside the template's. */
const DEPLOY_FIELDS = [
  'enabled',
  'suppressionEnabled',
  'suppressionDuration',
  'startTimeUtc',
  'alertRuleTemplateName',
  'templateVersion',
  'incidentConfiguration',
]
const SCHEDULE_FIELDS = ['queryFrequency', 'queryPeriod', 'triggerOperator', 'triggerThreshold']

/**
 * Checks an analytics rule in repository YAML against every field and limit of the public validator (SENTINEL 1.1 to
 * 1.3). Reports each fault at its place in the text: `platforms/bad-field`, `platforms/limit`, and, as a warning,
 * `platforms/advice`. With `columns`, what the query returns, every column that the rule names must be among them. True
 * when there is no error.
 */
export function checkSentinelRule(
  text: string,
  source: string,
  report: Report,
  columns?: ReadonlySet<string>,
): boolean {
  return checkRule(text, source, report, checkAnalytics, columns)
}

/** The same for a hunting query (SENTINEL 3): no schedule, no severity. */
export function checkSentinelHunting(
  text: string,
  source: string,
  report: Report,
  columns?: ReadonlySet<string>,
): boolean {
  return checkRule(text, source, report, checkHunting, columns)
}

function checkRule(
  text: string,
  source: string,
  report: Report,
  check: (rule: RuleNode) => void,
  columns: ReadonlySet<string> | undefined,
): boolean {
  let sound = true
  const say = (diagnostic: Diagnostic): void => {
    if (diagnostic.severity === 'error') sound = false
    report(diagnostic)
  }
  const document: Document = parseDocument(text, { prettyErrors: false, uniqueKeys: true })
  for (const error of document.errors) {
    say({
      code: 'detections/bad-yaml',
      severity: 'error',
      message: error.message,
      at: { in: 'text', source, start: error.pos[0], end: error.pos[1] },
    })
  }
  if (document.errors.length > 0) return false
  if (!isMap(document.contents)) {
    say({
      code: 'platforms/not-a-rule',
      severity: 'error',
      message: 'the file must hold a mapping',
      at: { in: 'text', source, start: 0, end: text.length },
    })
    return false
  }
  const rule = new RuleNode(document.contents as YAMLMap<Node, Node | null>, {
    document,
    source,
    report: say,
  })
  check(rule)
  if (columns !== undefined) checkColumns(rule, columns)
  adviseOnCharacters(text, source, say)
  return sound
}

function checkAnalytics(rule: RuleNode): void {
  rule.require('id', 'name', 'description', 'kind', 'severity', 'query')
  rule.checkFields([...TEMPLATE_FIELDS, ...DEPLOY_FIELDS])
  checkCommon(rule)
  rule.checkText('severity', { choices: SEVERITIES })
  const kind = rule.checkText('kind', { choices: KINDS })
  if (kind === 'NRT') {
    for (const name of SCHEDULE_FIELDS) {
      if (rule.has(name)) rule.fault(name, `an NRT rule has no ${name}`)
    }
  } else {
    // A misspelt kind is one fault; what else is wrong is told all the same.
    if (kind === 'Scheduled') requireSchedule(rule)
    checkSchedule(rule)
  }
  checkEntities(rule)
  checkLegacyColumns(rule)
  checkDetails(rule)
  checkOverride(rule)
  const grouping = rule.object('eventGroupingSettings')
  grouping?.require('aggregationKind')
  grouping?.checkFields(['aggregationKind'])
  grouping?.checkText('aggregationKind', { choices: AGGREGATIONS })
  for (const mapping of rule.objects('sentinelEntitiesMappings') ?? []) {
    mapping.require('columnName')
    mapping.checkFields(['columnName'])
    checkColumn(mapping, 'columnName')
  }
  checkDeployed(rule)
}

function requireSchedule(rule: RuleNode): void {
  rule.require(...SCHEDULE_FIELDS)
  if (rule.value('requiredDataConnectors') !== undefined) return
  rule.fault(
    'kind',
    'requiredDataConnectors is missing',
    'name the connectors of the tables that the query reads, or write []',
  )
}

function checkHunting(rule: RuleNode): void {
  rule.require('id', 'name', 'description', 'query')
  rule.checkFields([
    'id',
    'name',
    'description',
    'requiredDataConnectors',
    'tactics',
    'relevantTechniques',
    'query',
    'entityMappings',
    'version',
    'tags',
    'metadata',
  ])
  checkCommon(rule)
  checkEntities(rule)
}

function checkCommon(rule: RuleNode): void {
  rule.checkText('id', { pattern: GUID_PATTERN, says: 'a GUID' })
  rule.checkText('name', { most: SENTINEL_LIMITS.name })
  rule.checkText('description', { most: SENTINEL_LIMITS.description })
  rule.checkText('query', { most: SENTINEL_LIMITS.query })
  rule.checkText('version', {
    pattern: VERSION_PATTERN,
    says: 'three numbers, 1.0.0',
    most: SENTINEL_LIMITS.version,
  })
  if (!rule.has('version')) rule.advise('id', 'the rule has no version; the repository asks for one')
  checkConnectors(rule)
  const tactics = rule.texts('tactics', { choices: TACTICS, unique: true })
  const techniques = rule.texts('relevantTechniques', {
    pattern: TECHNIQUE_PATTERN,
    says: 'an ATT&CK technique such as T1546 or T1546.003',
    unique: true,
  })
  if (techniques !== undefined && !rule.has('tactics')) {
    rule.fault('relevantTechniques', 'relevantTechniques needs the tactics they belong to')
  }
  for (const technique of techniques ?? []) {
    const needed = TACTICS_OF_TECHNIQUE[technique.split('.')[0] ?? ''] ?? []
    const missing = needed.filter((tactic) => tactics !== undefined && !tactics.includes(tactic))
    if (missing.length > 0) {
      rule.fault(
        'tactics',
        `${technique} belongs to ${needed.join(' and ')}: ${missing.join(', ')} is missing`,
      )
    }
  }
}

function checkConnectors(rule: RuleNode): void {
  for (const connector of rule.objects('requiredDataConnectors') ?? []) {
    connector.require('dataTypes')
    connector.checkFields(['connectorId', 'dataTypes'])
    connector.texts('dataTypes')
    const id = connector.checkText('connectorId', {})
    if (id !== undefined && !KNOWN_CONNECTORS.some((known) => known === id)) {
      connector.advise(
        'connectorId',
        `${id} is none of the connectors known here: check the repository's list`,
      )
    }
  }
}

function checkSchedule(rule: RuleNode): void {
  const frequency = checkDuration(rule, 'queryFrequency')
  const period = checkDuration(rule, 'queryPeriod')
  if (frequency !== undefined && period !== undefined) {
    if (period < frequency)
      rule.fault('queryPeriod', 'queryPeriod is shorter than queryFrequency: events between runs are lost')
    if (
      period >= SENTINEL_LIMITS.longPeriodMinutes &&
      frequency < SENTINEL_LIMITS.longPeriodFrequencyMinutes
    ) {
      rule.limit(
        'queryFrequency',
        'a queryPeriod of 2 days or more needs a queryFrequency of at least 1 hour',
      )
    }
  }
  rule.checkText('triggerOperator', {
    choices: [...Object.keys(TRIGGER_OPERATORS), ...Object.values(TRIGGER_OPERATORS)],
  })
  rule.integer('triggerThreshold', 0, SENTINEL_LIMITS.threshold)
}

function checkDuration(rule: RuleNode, name: string): number | undefined {
  const text = rule.text(name)
  if (text === undefined) return undefined
  const minutes = yamlDurationMinutes(text)
  if (minutes === undefined) {
    rule.fault(name, `${name} must be a number with m, h or d (5m, 1h, 14d), not ${text}`)
    return undefined
  }
  if (minutes < SENTINEL_LIMITS.shortestMinutes || minutes > SENTINEL_LIMITS.longestMinutes) {
    rule.limit(name, `${name} must be 5m to 14d, not ${text}`)
  }
  return minutes
}

function checkDetails(rule: RuleNode): void {
  const details = rule.object('customDetails')
  if (details === undefined) return
  const names = details.keys()
  if (names.length > SENTINEL_LIMITS.customDetails) {
    rule.limit(
      'customDetails',
      `customDetails has ${names.length} entries, at most ${SENTINEL_LIMITS.customDetails} are allowed`,
    )
  }
  for (const name of names) {
    if (!new RegExp(DETAIL_NAME_PATTERN).test(name)) {
      details.fault(
        name,
        `a custom detail's name must be letters, digits and _, beginning with a letter, not ${name}`,
      )
    }
    if (name.length > SENTINEL_LIMITS.customDetailName) {
      details.limit(
        name,
        `the custom detail ${name} has ${name.length} characters, at most ${SENTINEL_LIMITS.customDetailName} are allowed`,
      )
    }
    checkColumn(details, name)
  }
}

function checkOverride(rule: RuleNode): void {
  const override = rule.object('alertDetailsOverride')
  if (override === undefined) return
  override.checkFields([
    'alertDisplayNameFormat',
    'alertDescriptionFormat',
    'alertTacticsColumnName',
    'alertSeverityColumnName',
    'alertDynamicProperties',
  ])
  for (const [name, most] of [
    ['alertDisplayNameFormat', SENTINEL_LIMITS.displayNameFormat],
    ['alertDescriptionFormat', SENTINEL_LIMITS.descriptionFormat],
  ] as const) {
    const text = override.checkText(name, { most })
    const placeholders = [...(text ?? '').matchAll(/\{\{[^{}]*\}\}/g)].length
    if (placeholders > SENTINEL_LIMITS.placeholders) {
      override.limit(
        name,
        `${name} has ${placeholders} placeholders, at most ${SENTINEL_LIMITS.placeholders} are allowed`,
      )
    }
  }
  checkColumn(override, 'alertTacticsColumnName')
  checkColumn(override, 'alertSeverityColumnName')
  for (const property of override.objects('alertDynamicProperties') ?? []) {
    property.require('alertProperty', 'value')
    property.checkFields(['alertProperty', 'value'])
    property.checkText('alertProperty', { choices: DYNAMIC_PROPERTIES })
    checkColumn(property, 'value')
  }
}

/** The repository's CI comments on characters beyond ASCII: they are often a sign of pasted typography. */
function adviseOnCharacters(text: string, source: string, report: Report): void {
  const match = /[^\t\n\r -~]/u.exec(text)
  if (match === null) return
  report({
    code: 'platforms/advice',
    severity: 'warning',
    message: `the file holds characters beyond ASCII, the first is U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
    at: { in: 'text', source, start: match.index, end: match.index + match[0].length },
  })
}
