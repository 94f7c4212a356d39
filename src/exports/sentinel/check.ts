import { type Document, isMap, type Node, parseDocument, type YAMLMap } from 'yaml'
import type { Diagnostic, Report } from '../../diagnostics/index.ts'
import { yamlDurationMinutes } from './duration.ts'
import {
  AGGREGATIONS,
  COLUMN_PATTERN,
  DETAIL_NAME_PATTERN,
  DYNAMIC_PROPERTIES,
  ENTITIES,
  GROUP_BY_DETAILS,
  GUID_PATTERN,
  ISO_DURATION_PATTERN,
  KINDS,
  KNOWN_CONNECTORS,
  LEGACY_ENTITY_COLUMNS,
  MATCHING_METHODS,
  SENTINEL_LIMITS,
  SEVERITIES,
  TACTICS,
  TACTICS_OF_TECHNIQUE,
  TECHNIQUE_PATTERN,
  TRIGGER_OPERATORS,
  VERSION_PATTERN,
  YAML_DURATION_PATTERN,
} from './limits.ts'
import { RuleNode } from './rule-node.ts'

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
 * `platforms/advice`. True when there is no error.
 */
export function checkSentinelRule(text: string, source: string, report: Report): boolean {
  return checkRule(text, source, report, checkAnalytics)
}

/** The same for a hunting query (SENTINEL 3): no schedule, no severity. */
export function checkSentinelHunting(text: string, source: string, report: Report): boolean {
  return checkRule(text, source, report, checkHunting)
}

function checkRule(text: string, source: string, report: Report, check: (rule: RuleNode) => void): boolean {
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
  check(new RuleNode(document.contents as YAMLMap<Node, Node | null>, source, say))
  adviseOnCharacters(text, source, say)
  return sound
}

function checkAnalytics(rule: RuleNode): void {
  rule.require('id', 'name', 'description', 'kind', 'severity', 'query')
  rule.only([...TEMPLATE_FIELDS, ...DEPLOY_FIELDS])
  checkCommon(rule)
  rule.checkText('severity', { choices: SEVERITIES })
  const kind = rule.checkText('kind', { choices: KINDS })
  if (kind === 'NRT') {
    for (const name of SCHEDULE_FIELDS) {
      if (rule.has(name)) rule.fault(name, `an NRT rule has no ${name}`)
    }
  } else if (kind === 'Scheduled') {
    rule.require('requiredDataConnectors', ...SCHEDULE_FIELDS)
    checkSchedule(rule)
  }
  checkEntities(rule)
  checkLegacyColumns(rule)
  checkDetails(rule)
  checkOverride(rule)
  const grouping = rule.object('eventGroupingSettings')
  grouping?.require('aggregationKind')
  grouping?.only(['aggregationKind'])
  grouping?.checkText('aggregationKind', { choices: AGGREGATIONS })
  for (const mapping of rule.objects('sentinelEntitiesMappings') ?? []) {
    mapping.require('columnName')
    mapping.only(['columnName'])
    checkColumn(mapping, 'columnName')
  }
  checkDeployed(rule)
}

function checkHunting(rule: RuleNode): void {
  rule.require('id', 'name', 'description', 'query')
  rule.only([
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
  const techniques = rule.texts('relevantTechniques', { pattern: TECHNIQUE_PATTERN, unique: true })
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
    connector.only(['connectorId', 'dataTypes'])
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

function checkEntities(rule: RuleNode): void {
  const mappings = rule.objects('entityMappings')
  if (mappings === undefined) return
  const { entityMappings: most, fieldMappings: mostFields } = SENTINEL_LIMITS
  if (mappings.length === 0 || mappings.length > most) {
    rule.limit('entityMappings', `entityMappings has ${mappings.length} mappings, 1 to ${most} are allowed`)
  }
  for (const mapping of mappings) {
    mapping.require('entityType', 'fieldMappings')
    mapping.only(['entityType', 'fieldMappings'])
    const type = mapping.checkText('entityType', { choices: Object.keys(ENTITIES) })
    const known = type === undefined || !Object.hasOwn(ENTITIES, type) ? undefined : ENTITIES[type]
    const fields = mapping.objects('fieldMappings')
    if (fields === undefined) continue
    if (fields.length === 0 || fields.length > mostFields) {
      mapping.limit(
        'fieldMappings',
        `${type} has ${fields.length} field mappings, 1 to ${mostFields} are allowed`,
      )
    }
    const identifiers = fields.flatMap((field) => {
      field.require('identifier', 'columnName')
      field.only(['identifier', 'columnName'])
      checkColumn(field, 'columnName')
      return field.checkText('identifier', known === undefined ? {} : { choices: known.identifiers }) ?? []
    })
    if (new Set(identifiers).size < identifiers.length) {
      mapping.fault('fieldMappings', `${type} maps an identifier twice`)
    }
    if (
      known !== undefined &&
      !known.needs.some((group) => group.every((name) => identifiers.includes(name)))
    ) {
      const needs = known.needs.map((group) => group.join(' with ')).join(' or ')
      mapping.fault('fieldMappings', `${type} cannot be told apart without ${needs}`)
    }
  }
}

function checkLegacyColumns(rule: RuleNode): void {
  const query = rule.value('query')
  if (typeof query !== 'string') return
  const mapped = new Set(
    (rule.objects('entityMappings') ?? []).flatMap((mapping) =>
      (mapping.objects('fieldMappings') ?? []).map((field) => field.value('columnName')),
    ),
  )
  for (const column of LEGACY_ENTITY_COLUMNS) {
    if (!new RegExp(`\\b${column}\\b`).test(query)) continue
    if (mapped.has(column)) rule.advise('query', `${column} is the old way to name an entity`)
    else rule.fault('query', `the query names ${column}, which entityMappings does not map`)
  }
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
  override.only([
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
    property.only(['alertProperty', 'value'])
    property.checkText('alertProperty', { choices: DYNAMIC_PROPERTIES })
    checkColumn(property, 'value')
  }
}

function checkColumn(node: RuleNode, name: string): void {
  node.checkText(name, {
    pattern: COLUMN_PATTERN,
    says: 'the name of a column',
    most: SENTINEL_LIMITS.column,
  })
}

function checkDeployed(rule: RuleNode): void {
  rule.boolean('enabled')
  rule.boolean('suppressionEnabled')
  checkAnyDuration(rule, 'suppressionDuration')
  rule.text('startTimeUtc')
  rule.text('alertRuleTemplateName')
  rule.checkText('templateVersion', { pattern: VERSION_PATTERN, says: 'three numbers, 1.0.0' })
  const incident = rule.object('incidentConfiguration')
  incident?.require('createIncident')
  incident?.only(['createIncident', 'groupingConfiguration'])
  incident?.boolean('createIncident')
  const grouping = incident?.object('groupingConfiguration')
  if (grouping === undefined) return
  grouping.require('enabled', 'reopenClosedIncident', 'lookbackDuration', 'matchingMethod')
  grouping.only([
    'enabled',
    'reopenClosedIncident',
    'lookbackDuration',
    'matchingMethod',
    'groupByEntities',
    'groupByAlertDetails',
    'groupByCustomDetails',
  ])
  grouping.boolean('enabled')
  grouping.boolean('reopenClosedIncident')
  checkAnyDuration(grouping, 'lookbackDuration')
  grouping.checkText('matchingMethod', { choices: MATCHING_METHODS })
  grouping.texts('groupByEntities', { choices: Object.keys(ENTITIES) })
  grouping.texts('groupByAlertDetails', { choices: GROUP_BY_DETAILS })
  grouping.texts('groupByCustomDetails')
}

function checkAnyDuration(node: RuleNode, name: string): void {
  node.checkText(name, {
    pattern: `(?:${YAML_DURATION_PATTERN})|(?:${ISO_DURATION_PATTERN})`,
    says: 'a duration such as 5h or PT5H',
  })
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
