import { SENTINEL_ENTITIES, SENTINEL_LIMITS } from '../../detections/index.ts'
import type { JsonObject } from './delta.ts'
import {
  AGGREGATIONS,
  COLUMN_PATTERN,
  DETAIL_NAME_PATTERN,
  DOTNET_DURATION_PATTERN,
  DYNAMIC_PROPERTIES,
  GROUP_BY_DETAILS,
  GUID_PATTERN,
  ISO_DURATION_PATTERN,
  KINDS,
  MATCHING_METHODS,
  SEVERITIES,
  TACTICS,
  TECHNIQUE_PATTERN,
  TRIGGER_OPERATORS,
  VERSION_PATTERN,
  YAML_DURATION_PATTERN,
} from './vocabulary.ts'

const text = (most: number): JsonObject => ({ type: 'string', minLength: 1, maxLength: most })
const column: JsonObject = { type: 'string', maxLength: SENTINEL_LIMITS.column, pattern: COLUMN_PATTERN }
const boolean: JsonObject = { type: 'boolean' }
const texts: JsonObject = { type: 'array', items: { type: 'string' } }
const duration: JsonObject = {
  type: 'string',
  anyOf: [{ pattern: YAML_DURATION_PATTERN }, { pattern: DOTNET_DURATION_PATTERN }],
}
const anyDuration: JsonObject = {
  type: 'string',
  anyOf: [{ pattern: YAML_DURATION_PATTERN }, { pattern: ISO_DURATION_PATTERN }],
}
const closed = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

/**
 * JSON Schema (2020-12) of an analytics rule in repository YAML, made from the same tables as the checker; published as
 * `docs/sentinel-rule.schema.json` for editors. What a schema cannot say (durations against each other, placeholders,
 * tactics of a technique) only the checker knows.
 */
export function sentinelRuleSchema(): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Microsoft Sentinel analytics rule, YAML of the content repository',
    type: 'object',
    required: ['id', 'name', 'description', 'severity', 'kind', 'query'],
    properties: {
      id: { type: 'string', pattern: GUID_PATTERN },
      name: text(SENTINEL_LIMITS.name),
      description: text(SENTINEL_LIMITS.description),
      kind: { enum: KINDS },
      version: { type: 'string', maxLength: SENTINEL_LIMITS.version, pattern: VERSION_PATTERN },
      status: { type: 'string' },
      severity: { enum: SEVERITIES },
      requiredDataConnectors: {
        type: 'array',
        items: closed({ connectorId: { type: 'string', minLength: 1 }, dataTypes: texts }, ['dataTypes']),
      },
      queryFrequency: duration,
      queryPeriod: duration,
      triggerOperator: { enum: [...Object.keys(TRIGGER_OPERATORS), ...Object.values(TRIGGER_OPERATORS)] },
      triggerThreshold: { type: 'integer', minimum: 0, maximum: SENTINEL_LIMITS.threshold },
      tactics: { type: 'array', uniqueItems: true, items: { enum: TACTICS } },
      relevantTechniques: {
        type: 'array',
        uniqueItems: true,
        items: { type: 'string', pattern: TECHNIQUE_PATTERN },
      },
      tags: { type: 'array' },
      query: text(SENTINEL_LIMITS.query),
      entityMappings: {
        type: 'array',
        minItems: 1,
        maxItems: SENTINEL_LIMITS.entityMappings,
        items: { $ref: '#/$defs/entityMapping' },
      },
      sentinelEntitiesMappings: { type: 'array', items: closed({ columnName: column }, ['columnName']) },
      customDetails: {
        type: 'object',
        maxProperties: SENTINEL_LIMITS.customDetails,
        propertyNames: { pattern: DETAIL_NAME_PATTERN, maxLength: SENTINEL_LIMITS.customDetailName },
        additionalProperties: column,
      },
      alertDetailsOverride: closed({
        alertDisplayNameFormat: text(SENTINEL_LIMITS.displayNameFormat),
        alertDescriptionFormat: text(SENTINEL_LIMITS.descriptionFormat),
        alertTacticsColumnName: column,
        alertSeverityColumnName: column,
        alertDynamicProperties: {
          type: 'array',
          items: closed({ alertProperty: { enum: DYNAMIC_PROPERTIES }, value: column }, [
            'alertProperty',
            'value',
          ]),
        },
      }),
      eventGroupingSettings: closed({ aggregationKind: { enum: AGGREGATIONS } }, ['aggregationKind']),
      metadata: { type: 'object' },
      enabled: boolean,
      suppressionEnabled: boolean,
      suppressionDuration: anyDuration,
      startTimeUtc: { type: 'string' },
      alertRuleTemplateName: { type: 'string' },
      templateVersion: { type: 'string', pattern: VERSION_PATTERN },
      incidentConfiguration: closed(
        {
          createIncident: boolean,
          groupingConfiguration: closed(
            {
              enabled: boolean,
              reopenClosedIncident: boolean,
              lookbackDuration: anyDuration,
              matchingMethod: { enum: MATCHING_METHODS },
              groupByEntities: { type: 'array', items: { enum: Object.keys(SENTINEL_ENTITIES) } },
              groupByAlertDetails: { type: 'array', items: { enum: GROUP_BY_DETAILS } },
              groupByCustomDetails: texts,
            },
            ['enabled', 'reopenClosedIncident', 'lookbackDuration', 'matchingMethod'],
          ),
        },
        ['createIncident'],
      ),
    },
    additionalProperties: false,
    allOf: [
      {
        if: { properties: { kind: { const: 'Scheduled' } }, required: ['kind'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited.
        then: {
          required: [
            'requiredDataConnectors',
            'queryFrequency',
            'queryPeriod',
            'triggerOperator',
            'triggerThreshold',
          ],
        },
      },
      {
        if: { properties: { kind: { const: 'NRT' } }, required: ['kind'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited.
        then: {
          properties: {
            queryFrequency: false,
            queryPeriod: false,
            triggerOperator: false,
            triggerThreshold: false,
          },
        },
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited.
      { if: { required: ['relevantTechniques'] }, then: { required: ['tactics'] } },
    ],
    $defs: { entityMapping: entityMappingSchema() },
  }
}

function entityMappingSchema(): JsonObject {
  const mapsAll = (group: readonly string[]): JsonObject => ({
    allOf: group.map((name) => ({
      contains: { type: 'object', properties: { identifier: { const: name } }, required: ['identifier'] },
    })),
  })
  return {
    ...closed(
      {
        entityType: { enum: Object.keys(SENTINEL_ENTITIES) },
        fieldMappings: {
          type: 'array',
          minItems: 1,
          maxItems: SENTINEL_LIMITS.fieldMappings,
          items: closed({ identifier: { type: 'string' }, columnName: column }, ['identifier', 'columnName']),
        },
      },
      ['entityType', 'fieldMappings'],
    ),
    allOf: Object.entries(SENTINEL_ENTITIES).map(([type, rule]) => ({
      if: { properties: { entityType: { const: type } }, required: ['entityType'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema, never awaited.
      then: {
        properties: {
          fieldMappings: {
            items: { properties: { identifier: { enum: rule.identifiers } } },
            anyOf: rule.needs.map(mapsAll),
          },
        },
      },
    })),
  }
}
