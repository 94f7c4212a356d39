import type { Detection, RuleSeverity } from '../../detections/index.ts'
import type { JsonObject } from './delta.ts'

const SEVERITY: Readonly<Record<RuleSeverity, string>> = {
  informational: 'Informational',
  low: 'Low',
  medium: 'Medium',
  high: 'High',
}

/** A detection as an analytics rule of the content repository. Source: SENTINEL 1.1 and 1.4. */
export function analyticsRule(detection: Detection): JsonObject {
  const { schedule } = detection
  const timing =
    detection.kind === 'nrt' || schedule === undefined
      ? {}
      : {
          queryFrequency: schedule.frequency,
          queryPeriod: schedule.period,
          triggerOperator: schedule.operator,
          triggerThreshold: schedule.threshold,
        }
  return {
    id: detection.guid,
    name: detection.title,
    description: block(detection.description),
    severity: SEVERITY[detection.severity],
    requiredDataConnectors: connectors(detection),
    ...timing,
    tactics: detection.tactics,
    relevantTechniques: [detection.technique],
    query: block(detection.query),
    ...entityMappings(detection),
    ...(Object.keys(detection.customDetails).length === 0 ? {} : { customDetails: detection.customDetails }),
    ...override(detection),
    eventGroupingSettings: {
      aggregationKind: detection.grouping === 'single-alert' ? 'SingleAlert' : 'AlertPerResult',
    },
    version: detection.version,
    kind: detection.kind === 'nrt' ? 'NRT' : 'Scheduled',
  }
}

/** The near-real-time twin of a scheduled detection, under its own id. */
export function nrtRule(detection: Detection, guid: string): JsonObject {
  return {
    ...analyticsRule({ ...detection, kind: 'nrt' }),
    id: guid,
    name: `${detection.title} (near real time)`,
  }
}

/** A detection as a hunting query. Source: SENTINEL 3. */
export function huntingRule(detection: Detection): JsonObject {
  return {
    id: detection.guid,
    name: detection.title,
    description: block(detection.description),
    requiredDataConnectors: connectors(detection),
    tactics: detection.tactics,
    relevantTechniques: [detection.technique],
    query: block(detection.query),
    ...entityMappings(detection),
    version: detection.version,
  }
}

/** A closing line end makes YAML write the text as a literal block. */
const block = (text: string): string => `${text.trimEnd()}\n`

function connectors(detection: Detection): JsonObject[] {
  const types = new Map<string, string[]>()
  for (const table of detection.tables) {
    for (const id of table.connectors) types.set(id, [...(types.get(id) ?? []), table.name])
  }
  return [...types].map(([connectorId, dataTypes]) => ({ connectorId, dataTypes: [...new Set(dataTypes)] }))
}

function entityMappings(detection: Detection): JsonObject {
  if (detection.entities.length === 0) return {}
  return {
    entityMappings: detection.entities.map(({ type, fields }) => ({
      entityType: type,
      fieldMappings: Object.entries(fields).map(([identifier, columnName]) => ({ identifier, columnName })),
    })),
  }
}

function override(detection: Detection): JsonObject {
  const { alert } = detection
  if (alert === undefined) return {}
  return {
    alertDetailsOverride: {
      ...(alert.title === undefined ? {} : { alertDisplayNameFormat: alert.title }),
      ...(alert.description === undefined ? {} : { alertDescriptionFormat: alert.description }),
      ...(alert.severityColumn === undefined ? {} : { alertSeverityColumnName: alert.severityColumn }),
    },
  }
}
