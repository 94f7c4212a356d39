import { createHash } from 'node:crypto'
import type { Detection } from '../detections/index.ts'
import { defenderBicep } from './defender/bicep.ts'
import { type DefenderRule, defenderRule } from './defender/rule.ts'
import type { CheckedExport, ExportFile, LeftOut } from './platforms/index.ts'
import { RULE_API_VERSION } from './sentinel/arm.ts'
import { yamlToArm } from './sentinel/convert.ts'
import type { JsonObject } from './sentinel/delta.ts'
import { yamlText } from './sentinel/layout.ts'
import { analyticsRule, huntingRule, nrtRule } from './sentinel/rule.ts'

export interface PackOptions {
  /** Version of the alertRules resource. */
  readonly apiVersion?: string
  /** Version of this program, for the provenance of converted rules. */
  readonly toolVersion: string
}

/** Preview version of the custom detection resource. Source: SENTINEL 0 and 4.3. */
const DEFENDER_API_VERSION = '2026-06-01-preview'

/**
 * The pack for Sentinel: YAML as the public content repository takes it (`Detections/`, `Hunting Queries/`), and beside
 * each its ARM template as Sentinel Repositories deploys it. Baseline rules are not exported.
 */
export function exportSentinel(detections: readonly Detection[], options: PackOptions): CheckedExport {
  const files = sentinelRules(detections).flatMap(({ name, hunting, rule }): ExportFile[] => {
    const folder = hunting ? 'Hunting Queries' : 'Detections'
    const text = yamlText(rule)
    return [
      { path: `${folder}/${name}.yaml`, text },
      {
        path: `ARM/${folder}/${name}.json`,
        text: yamlToArm(text, name, options.apiVersion ?? RULE_API_VERSION),
      },
    ]
  })
  return { files, leftOut: [], narrowed: [] }
}

/** A rule for Sentinel in the words of the repository's YAML. */
export interface SentinelRule {
  readonly name: string
  readonly hunting: boolean
  readonly rule: JsonObject
}

/** What the pack is in Sentinel: analytics rules, their near-real-time twins, hunting queries. */
export function sentinelRules(detections: readonly Detection[]): SentinelRule[] {
  return shipped(detections).flatMap((detection) => {
    if (detection.kind === 'hunting') {
      return [{ name: detection.id, hunting: true, rule: huntingRule(detection) }]
    }
    const scheduled = { name: detection.id, hunting: false, rule: analyticsRule(detection) }
    if (detection.nrt === undefined) return [scheduled]
    const twin = nrtRule(detection, detection.nrt.guid)
    return [scheduled, { name: `${detection.id}-nrt`, hunting: false, rule: twin }]
  })
}

/** What the pack is in Defender XDR over its own tables, each as Graph takes it. */
export function defenderRules(detections: readonly Detection[]): JsonObject[] {
  return shipped(detections)
    .map(defenderRule)
    .filter(({ overSentinelData }) => !overSentinelData)
    .map(({ resource }) => resource)
}

/**
 * The pack for Defender XDR: Graph's form, the YAML of Microsoft's converter, and Bicep; every rule switched off. Rules
 * over Sentinel's tables stand in `Sentinel data/`, marked for review.
 */
export function exportDefender(detections: readonly Detection[], options: PackOptions): CheckedExport {
  const files: ExportFile[] = []
  const narrowed: LeftOut[] = []
  const leftOut: LeftOut[] = []
  for (const detection of shipped(detections)) {
    if (detection.kind === 'hunting' && detection.defender === undefined) {
      leftOut.push({ rule: detection.id, why: 'a hunting query is run by hand' })
      continue
    }
    const rule = defenderRule(detection)
    const folder = rule.overSentinelData ? 'Sentinel data/' : ''
    if (rule.overSentinelData) narrowed.push({ rule: detection.id, why: SENTINEL_DATA })
    narrowed.push(...rule.lost.map((why) => ({ rule: detection.id, why })))
    files.push(
      {
        path: `${folder}Graph/${detection.id}.json`,
        text: `${JSON.stringify(rule.resource, undefined, 2)}\n`,
      },
      { path: `${folder}XDR Detections/${detection.id}.yaml`, text: converterYaml(detection, rule, options) },
      {
        path: `${folder}CustomDetections/${detection.id}.bicep`,
        text: defenderBicep(detection.id.replaceAll('-', '_'), rule.resource, DEFENDER_API_VERSION),
      },
    )
  }
  files.push({
    path: 'CustomDetections/bicepconfig.json',
    text: `${JSON.stringify(BICEP_CONFIG, undefined, 2)}\n`,
  })
  return { files, leftOut, narrowed }
}

const SENTINEL_DATA =
  "reads Sentinel's tables: needs the workspace in the unified portal, takes no frequency of its own there, and was never run"

const BICEP_CONFIG = {
  extensions: { MicrosoftSecurity: 'br:mcr.microsoft.com/bicep/extensions/microsoftsecurity:v1.0.1' },
}

const shipped = (detections: readonly Detection[]): readonly Detection[] =>
  detections.filter(({ status }) => status !== 'baseline')

/** The file that Microsoft's converter writes from an analytics rule, so that ours drops into the same pipeline. */
function converterYaml(detection: Detection, rule: DefenderRule, options: PackOptions): string {
  return yamlText({
    schemaVersion: '1.0.0',
    kind: 'CustomDetection',
    resourceType: 'Microsoft.Security/detectionRules',
    apiVersion: DEFENDER_API_VERSION,
    contentProvenance: {
      source: {
        platform: 'MicrosoftSentinel',
        kind: detection.kind === 'nrt' ? 'NRT' : 'Scheduled',
        id: detection.guid,
        path: `Detections/${detection.id}.yaml`,
        version: detection.version,
        querySha256: createHash('sha256').update(`${detection.query}\n`).digest('hex'),
        ...(detection.schedule === undefined
          ? {}
          : {
              schedule: {
                queryFrequency: detection.schedule.frequency,
                queryPeriod: detection.schedule.period,
              },
            }),
      },
      conversion: {
        tool: 'triad',
        version: options.toolVersion,
        status: rule.overSentinelData ? 'needsReview' : 'converted',
        reviewRequired: rule.overSentinelData,
        reviewReasons: rule.overSentinelData ? [SENTINEL_DATA] : [],
        requiredWorkloads: [rule.overSentinelData ? 'MicrosoftSentinel' : 'DefenderForEndpoint'],
        warnings: rule.lost,
        errors: [],
      },
    },
    properties: rule.resource,
  })
}
