import { SENTINEL_ENTITIES } from '../../detections/index.ts'
import type { RuleNode } from './rule-node.ts'
import {
  GROUP_BY_DETAILS,
  ISO_DURATION_PATTERN,
  MATCHING_METHODS,
  VERSION_PATTERN,
  YAML_DURATION_PATTERN,
} from './vocabulary.ts'

/** Fields of a deployed rule, which community YAML carries beside the template's. Source: SENTINEL 2.1. */
export function checkDeployed(rule: RuleNode): void {
  rule.boolean('enabled')
  rule.boolean('suppressionEnabled')
  checkAnyDuration(rule, 'suppressionDuration')
  rule.text('startTimeUtc')
  rule.text('alertRuleTemplateName')
  rule.checkText('templateVersion', { pattern: VERSION_PATTERN, says: 'three numbers, 1.0.0' })
  const incident = rule.object('incidentConfiguration')
  incident?.require('createIncident')
  incident?.checkFields(['createIncident', 'groupingConfiguration'])
  incident?.boolean('createIncident')
  const grouping = incident?.object('groupingConfiguration')
  if (grouping === undefined) return
  grouping.require('enabled', 'reopenClosedIncident', 'lookbackDuration', 'matchingMethod')
  grouping.checkFields([
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
  const entities = grouping.texts('groupByEntities', { choices: Object.keys(SENTINEL_ENTITIES) })
  const alertDetails = grouping.texts('groupByAlertDetails', { choices: GROUP_BY_DETAILS })
  const customDetails = grouping.texts('groupByCustomDetails')
  const chosen = [entities, alertDetails, customDetails].flatMap((names) => names ?? [])
  if (grouping.value('matchingMethod') === 'Selected' && chosen.length === 0) {
    grouping.advise(
      'matchingMethod',
      'matchingMethod is Selected, and nothing is selected',
      'name groupByEntities, groupByAlertDetails or groupByCustomDetails',
    )
  }
  // The service cannot group by what no alert carries.
  const mapped = (rule.objects('entityMappings') ?? []).map((mapping) => mapping.value('entityType'))
  adviseOn(grouping, 'groupByEntities', entities, mapped, 'entityMappings')
  adviseOn(
    grouping,
    'groupByCustomDetails',
    customDetails,
    rule.object('customDetails')?.keys() ?? [],
    'customDetails',
  )
}

function adviseOn(
  grouping: RuleNode,
  name: string,
  wanted: readonly string[] | undefined,
  there: readonly unknown[],
  where: string,
): void {
  const missing = (wanted ?? []).filter((item) => !there.includes(item))
  if (missing.length > 0) {
    grouping.advise(
      name,
      `${grouping.label(name)}: ${missing.join(', ')} is not in ${where}`,
      `add it to ${where}, or take it out here`,
    )
  }
}

function checkAnyDuration(node: RuleNode, name: string): void {
  node.checkText(name, {
    pattern: `(?:${YAML_DURATION_PATTERN})|(?:${ISO_DURATION_PATTERN})`,
    says: 'a duration such as 5h or PT5H',
  })
}
