import { type ArmScope, evaluate, isExpression, lastSegment, NO_SCOPE } from './arm-expression.ts'
import { applyDifferences, isObject, type Json, type JsonObject } from './delta.ts'
import { toIsoDuration, toYamlDuration } from './duration.ts'
import { TRIGGER_OPERATORS } from './vocabulary.ts'

/** Stable version of the alertRules resource that the exports name unless told otherwise. Source: SENTINEL 2.1. */
export const RULE_API_VERSION = '2024-03-01'
export const HUNTING_API_VERSION = '2020-08-01'
export const RULE_TYPE = 'Microsoft.OperationalInsights/workspaces/providers/alertRules'
export const RULE_SHORT_TYPE = 'Microsoft.SecurityInsights/alertRules'
export const HUNTING_TYPE = 'Microsoft.OperationalInsights/workspaces/savedSearches'
const DEFAULT_SUPPRESSION = 'PT5H'

/** YAML key → ARM property, in the order in which ARM shows them; keys of the same name on both sides included. */
const PROPERTIES: readonly (readonly [yaml: string, arm: string])[] = [
  ['name', 'displayName'],
  ['description', 'description'],
  ['severity', 'severity'],
  ['enabled', 'enabled'],
  ['query', 'query'],
  ['queryFrequency', 'queryFrequency'],
  ['queryPeriod', 'queryPeriod'],
  ['triggerOperator', 'triggerOperator'],
  ['triggerThreshold', 'triggerThreshold'],
  ['suppressionDuration', 'suppressionDuration'],
  ['suppressionEnabled', 'suppressionEnabled'],
  ['startTimeUtc', 'startTimeUtc'],
  ['tactics', 'tactics'],
  ['relevantTechniques', 'techniques'],
  ['alertRuleTemplateName', 'alertRuleTemplateName'],
  ['templateVersion', 'templateVersion'],
  ['incidentConfiguration', 'incidentConfiguration'],
  ['eventGroupingSettings', 'eventGroupingSettings'],
  ['alertDetailsOverride', 'alertDetailsOverride'],
  ['customDetails', 'customDetails'],
  ['entityMappings', 'entityMappings'],
  ['sentinelEntitiesMappings', 'sentinelEntitiesMappings'],
]
const DURATIONS = new Set(['queryFrequency', 'queryPeriod', 'suppressionDuration'])
const LOOKBACK = ['groupingConfiguration', 'lookbackDuration'] as const

/** The `properties` of an alertRules resource for a rule of the repository's YAML. Source: SENTINEL 2.1 and 2.2. */
export function ruleProperties(rule: JsonObject): JsonObject {
  const properties: [string, Json][] = []
  for (const [yaml, arm] of PROPERTIES) {
    const value = rule[yaml]
    if (yaml === 'enabled' && value === undefined) properties.push([arm, true])
    else if (yaml === 'suppressionDuration' && value === undefined)
      properties.push([arm, DEFAULT_SUPPRESSION])
    else if (yaml === 'suppressionEnabled' && value === undefined) properties.push([arm, false])
    else if (value === undefined) continue
    else if (yaml === 'relevantTechniques') properties.push(...techniqueProperties(value))
    else properties.push([arm, toArmValue(yaml, value)])
  }
  return Object.fromEntries(properties)
}

function toArmValue(key: string, value: Json): Json {
  if (DURATIONS.has(key) && typeof value === 'string') return toIsoDuration(value)
  if (key === 'triggerOperator' && typeof value === 'string') return TRIGGER_OPERATORS[value] ?? value
  if (key === 'incidentConfiguration') return mapLookback(value, toIsoDuration)
  return value
}

function mapLookback(value: Json, map: (text: string) => string): Json {
  const grouping = isObject(value) ? value[LOOKBACK[0]] : undefined
  const lookback = isObject(grouping) ? grouping[LOOKBACK[1]] : undefined
  if (typeof lookback !== 'string') return value
  return applyDifferences(value, [{ at: LOOKBACK, from: lookback, to: map(lookback) }])
}

function techniqueProperties(value: Json): [string, Json][] {
  if (!Array.isArray(value)) return [['techniques', value]]
  const names = value.map(String)
  const subs = names.filter((name) => name.includes('.'))
  return [
    ['techniques', [...new Set(names.map((name) => name.split('.')[0] ?? name))]],
    ...(subs.length === 0 ? [] : [['subTechniques', subs] as [string, Json]]),
  ]
}

/** One rule as a resource of an ARM template. */
export function ruleResource(rule: JsonObject, apiVersion: string = RULE_API_VERSION): JsonObject {
  const { kind } = rule
  return {
    type: RULE_TYPE,
    apiVersion,
    name: `[concat(parameters('workspace'),'/Microsoft.SecurityInsights/${armLiteral(String(rule.id ?? ''))}')]`,
    ...(kind === undefined ? {} : { kind }),
    properties: escapeExpressions(ruleProperties(rule)),
  }
}

/**
 * The rule that a resource holds, as the repository's YAML has it. Expressions stand for what they give where the template
 * itself says it; an id that only a deployment knows is left out.
 */
export function ruleFromResource(resource: JsonObject, scope: ArmScope = NO_SCOPE): JsonObject {
  const raw = resource.properties
  const properties = isObject(raw) ? (resolveExpressions(raw, scope) as JsonObject) : {}
  const rule: [string, Json][] = []
  const take = (yaml: string, value: Json | undefined): void => {
    if (value !== undefined && value !== null) rule.push([yaml, value])
  }
  take('id', idFromName(resource.name, scope))
  take('name', properties.displayName)
  take('description', properties.description)
  take('severity', properties.severity)
  for (const key of ['queryFrequency', 'queryPeriod', 'triggerOperator', 'triggerThreshold']) {
    take(key, toYamlValue(key, properties[key]))
  }
  take('tactics', properties.tactics)
  take('relevantTechniques', techniquesFrom(properties))
  take('query', properties.query)
  for (const key of ['entityMappings', 'customDetails', 'alertDetailsOverride', 'eventGroupingSettings']) {
    take(key, properties[key])
  }
  take('sentinelEntitiesMappings', properties.sentinelEntitiesMappings)
  if (properties.enabled !== true) take('enabled', properties.enabled)
  if (properties.suppressionEnabled === true || properties.suppressionDuration !== DEFAULT_SUPPRESSION) {
    take('suppressionDuration', toYamlValue('suppressionDuration', properties.suppressionDuration))
    take('suppressionEnabled', properties.suppressionEnabled)
  }
  take('startTimeUtc', properties.startTimeUtc)
  take('alertRuleTemplateName', properties.alertRuleTemplateName)
  take('templateVersion', properties.templateVersion)
  take('incidentConfiguration', toYamlValue('incidentConfiguration', properties.incidentConfiguration))
  take('kind', resource.kind)
  return Object.fromEntries(rule)
}

function toYamlValue(key: string, value: Json | undefined): Json | undefined {
  if (DURATIONS.has(key) && typeof value === 'string') return toYamlDuration(value)
  if (key === 'triggerOperator') {
    return Object.entries(TRIGGER_OPERATORS).find(([, arm]) => arm === value)?.[0] ?? value
  }
  if (key === 'incidentConfiguration' && value !== undefined) return mapLookback(value, toYamlDuration)
  return value
}

function techniquesFrom(properties: JsonObject): Json | undefined {
  const { techniques, subTechniques } = properties
  if (!Array.isArray(techniques)) return techniques
  const subs = Array.isArray(subTechniques) ? subTechniques.map(String) : []
  const names = techniques.map(String).flatMap((technique) => {
    const own = subs.filter((sub) => sub.startsWith(`${technique}.`))
    return own.length === 0 ? [technique] : own
  })
  return [...names, ...subs.filter((sub) => !names.includes(sub))]
}

/** One hunting query as a saved search. Source: SENTINEL 3. */
export function huntingResource(rule: JsonObject, apiVersion: string = HUNTING_API_VERSION): JsonObject {
  return {
    type: HUNTING_TYPE,
    apiVersion,
    name: `[concat(parameters('workspace'),'/${armLiteral(String(rule.id ?? ''))}')]`,
    properties: escapeExpressions({ eTag: '*', ...huntingProperties(rule) }),
  }
}

/** What a saved search holds of a hunting query, the tag list as the portal writes it. */
export function huntingProperties(rule: JsonObject): JsonObject {
  const tag = (name: string, value: Json | undefined): JsonObject[] =>
    value === undefined ? [] : [{ name, value: Array.isArray(value) ? value.map(String).join(',') : value }]
  return {
    displayName: rule.name ?? '',
    category: 'Hunting Queries',
    query: rule.query ?? '',
    version: 2,
    tags: [
      ...tag('description', rule.description),
      ...tag('tactics', rule.tactics),
      ...tag('relevantTechniques', rule.relevantTechniques),
    ],
  }
}

/** The hunting query that a saved search holds. */
export function huntingFromResource(resource: JsonObject, scope: ArmScope = NO_SCOPE): JsonObject {
  const properties = isObject(resource.properties)
    ? (resolveExpressions(resource.properties, scope) as JsonObject)
    : {}
  const tags = Array.isArray(properties.tags) ? properties.tags.filter(isObject) : []
  const tag = (...names: string[]): Json | undefined =>
    tags.find((candidate) => names.includes(String(candidate.name)))?.value
  const list = (value: Json | undefined): Json | undefined =>
    typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value
  const rule: [string, Json | undefined][] = [
    ['id', idFromName(resource.name, scope)],
    ['name', properties.displayName],
    ['description', tag('description')],
    ['tactics', list(tag('tactics'))],
    ['relevantTechniques', list(tag('relevantTechniques', 'techniques'))],
    ['query', properties.query],
  ]
  return Object.fromEntries(
    rule.flatMap(([key, value]): [string, Json][] => (value === undefined ? [] : [[key, value]])),
  )
}

/** An ARM template over resources; `metadata` may hold what ARM has no place for. */
export function template(resources: readonly JsonObject[], metadata?: JsonObject): JsonObject {
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    ...(metadata === undefined ? {} : { metadata }),
    parameters: { workspace: { type: 'String' } },
    resources,
  }
}

/** Last segment of a resource's name, be it plain or an ARM expression that joins the workspace and the id. */
function idFromName(name: Json | undefined, scope: ArmScope): string | undefined {
  if (typeof name !== 'string') return ''
  return isExpression(name) ? lastSegment(name, scope) : (name.split('/').at(-1) ?? name)
}

const armLiteral = (text: string): string => text.replaceAll("'", "''")

/**
 * ARM reads a text that begins with `[` and ends with `]` as an expression; a doubled bracket makes it text. A query
 * such as `['My Table'] … [...]` would otherwise be evaluated as template code.
 */
function escapeExpressions(value: Json): Json {
  return mapTexts(value, (text) => (/^\[[\s\S]*\]$/.test(text) ? `[${text}` : text))
}

function resolveExpressions(value: Json, scope: ArmScope): Json {
  return mapTexts(value, (text) =>
    isExpression(text)
      ? (evaluate(text, scope) ?? text)
      : /^\[\[[\s\S]*\]$/.test(text)
        ? text.slice(1)
        : text,
  )
}

/** Properties of a resource that hold an expression whose value the template does not say, as paths with the text. */
export function openExpressions(resource: JsonObject, scope: ArmScope): string[] {
  const open: string[] = []
  mapTexts(resource.properties ?? {}, (text) => {
    if (isExpression(text) && evaluate(text, scope) === undefined) open.push(text)
    return text
  })
  return open
}

function mapTexts(value: Json, map: (text: string) => Json): Json {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((item: Json) => mapTexts(item, map))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, mapTexts(held, map)]))
}
