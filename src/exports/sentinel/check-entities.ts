import { SENTINEL_ENTITIES, SENTINEL_LIMITS } from '../../detections/index.ts'
import { checkColumn } from './check-columns.ts'
import type { RuleNode } from './rule-node.ts'
import { LEGACY_ENTITY_COLUMNS } from './vocabulary.ts'

/** Entity mappings: types, their identifiers, and how many of each. Source: SENTINEL 1.1 and 1.2. */
export function checkEntities(rule: RuleNode): void {
  const mappings = rule.objects('entityMappings')
  if (mappings === undefined) return
  const { entityMappings: most, fieldMappings: mostFields } = SENTINEL_LIMITS
  if (mappings.length === 0 || mappings.length > most) {
    rule.limit('entityMappings', `entityMappings has ${mappings.length} mappings, 1 to ${most} are allowed`)
  }
  for (const mapping of mappings) {
    mapping.require('entityType', 'fieldMappings')
    mapping.checkFields(['entityType', 'fieldMappings'])
    const type = mapping.checkText('entityType', { choices: Object.keys(SENTINEL_ENTITIES) })
    const known = type === undefined ? undefined : SENTINEL_ENTITIES[type]
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
      field.checkFields(['identifier', 'columnName'])
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

/** A query that names a column of the old entity form must map it. Source: SENTINEL 1.1. */
export function checkLegacyColumns(rule: RuleNode): void {
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
