import type { Detection } from '../../detections/index.ts'
import type { JsonObject } from '../sentinel/delta.ts'
import { yamlDurationMinutes } from '../sentinel/duration.ts'

/** What the vendor's own converter cuts texts to. Source: SENTINEL 4.1. */
const MOST = { title: 120, description: 600 } as const

/** Sentinel entity and identifier → list and column of a custom detection. Source: SENTINEL 4.1. */
const COLUMNS: Readonly<
  Record<string, { readonly list: string; readonly columns: Readonly<Record<string, string>> }>
> = {
  Host: {
    list: 'hosts',
    columns: {
      FullName: 'nameColumn',
      HostName: 'nameColumn',
      NetBiosName: 'netBiosNameColumn',
      NTDomain: 'ntDomainColumn',
      DnsDomain: 'dnsDomainColumn',
    },
  },
  Account: {
    list: 'accounts',
    columns: {
      Name: 'nameColumn',
      FullName: 'nameColumn',
      NTDomain: 'ntDomainColumn',
      DnsDomain: 'dnsDomainColumn',
      UPNSuffix: 'upnSuffixColumn',
      Sid: 'sidColumn',
      AadUserId: 'aadUserIdColumn',
    },
  },
  IP: { list: 'ips', columns: { Address: 'addressColumn' } },
  URL: { list: 'urls', columns: { Url: 'addressColumn' } },
  File: { list: 'files', columns: { Name: 'nameColumn' } },
  RegistryKey: { list: 'registryValues', columns: { Key: 'keyColumn' } },
  RegistryValue: { list: 'registryValues', columns: { Name: 'valueNameColumn' } },
}

export interface DefenderRule {
  /** The resource in Graph's v1.0 form. */
  readonly resource: JsonObject
  /** What the platform has no place for, each as a sentence. */
  readonly lost: readonly string[]
  /** The rule reads Sentinel's tables: it needs the workspace in the unified portal, and a person's review. */
  readonly overSentinelData: boolean
}

/**
 * A detection as a custom detection, switched off. One without a form of its own for Defender's tables keeps its Sentinel
 * query, with the two columns that the service demands.
 */
export function defenderRule(detection: Detection): DefenderRule {
  const form = detection.defender ?? {
    query: `${detection.query.trimEnd()}\n${demandedColumns(detection)}`,
    frequency: frequencyFor(detection),
  }
  const lost: string[] = []
  const entityMappings = mapEntities(detection, form.query, lost)
  const customDetails = keepDetails(detection, form.query, lost)
  const [technique = ''] = detection.technique.split('.')
  return {
    lost,
    overSentinelData: detection.defender === undefined,
    resource: {
      id: detection.id,
      displayName: cut(detection.title, MOST.title),
      description: cut(detection.description, MOST.description),
      status: 'disabled',
      queryCondition: { queryText: form.query },
      schedule: { frequency: form.frequency },
      detectionAction: {
        alertTemplate: {
          title: cut(detection.title, MOST.title),
          description: cut(detection.description, MOST.description),
          severity: detection.severity,
          recommendedActions: ACTIONS,
          // The platform takes at most one tactic.
          tactics: [
            {
              tactic: detection.tactics[0] ?? 'Persistence',
              techniques: [
                {
                  technique,
                  ...(detection.technique === technique ? {} : { subTechniques: [detection.technique] }),
                },
              ],
            },
          ],
          entityMappings,
          ...(Object.keys(customDetails).length === 0 ? {} : { customDetails }),
        },
      },
    },
  }
}

const ACTIONS =
  'Collect all namespaces before anything is changed, compare the whole subscription with what is known to be good, isolate the host when the payload is explicit; remove binding, then consumer, then filter.'

/** Defender wants a time and an id of the record; Sentinel's rules return TimeGenerated and a host. */
function demandedColumns({ entities }: Detection): string {
  const host = entities.find(({ type }) => type === 'Host')
  const column = Object.values(host?.fields ?? {})[0]
  const id = column === undefined ? '' : `, '|', tostring(${column})`
  return `| extend Timestamp = TimeGenerated, ReportId = tostring(hash(strcat(tostring(TimeGenerated)${id})))`
}

/** The shortest frequency that is not below the rule's own. */
function frequencyFor({ schedule }: Detection): string {
  const minutes = schedule === undefined ? 0 : (yamlDurationMinutes(schedule.frequency) ?? 0)
  return minutes <= 60 ? 'PT1H' : minutes <= 180 ? 'PT3H' : minutes <= 720 ? 'PT12H' : 'P1D'
}

function mapEntities(detection: Detection, query: string, lost: string[]): JsonObject {
  const lists = new Map<string, Record<string, string>[]>()
  for (const { type, fields } of detection.entities) {
    const known = COLUMNS[type]
    const columns: Record<string, string> = {}
    for (const [identifier, column] of Object.entries(fields)) {
      const name = known?.columns[identifier]
      if (name === undefined)
        lost.push(`${type}.${identifier} (${column}) has no place in a custom detection`)
      else if (mentions(query, column)) columns[name] = column
      else lost.push(`${type}.${identifier}: the Defender query does not return ${column}`)
    }
    if (known === undefined || Object.keys(columns).length === 0) continue
    lists.set(known.list, [...(lists.get(known.list) ?? []), columns])
  }
  const hosts = lists.get('hosts') ?? []
  if (mentions(query, 'DeviceId')) {
    const [first = mentions(query, 'DeviceName') ? { nameColumn: 'DeviceName' } : {}, ...rest] = hosts
    lists.set('hosts', [{ deviceIdColumn: 'DeviceId', ...first }, ...rest])
  }
  return Object.fromEntries(lists)
}

/** The service refuses a rule whose details name a column that the query does not return. */
function keepDetails(detection: Detection, query: string, lost: string[]): Readonly<Record<string, string>> {
  const kept = Object.entries(detection.customDetails).filter(([name, column]) => {
    const there = mentions(query, column)
    if (!there) lost.push(`custom detail ${name}: the Defender query does not return ${column}`)
    return there
  })
  return Object.fromEntries(kept)
}

/** Whether a query returns a column: its last `project` says so; without one, whether it names it at all. */
function mentions(query: string, column: string): boolean {
  const at = Math.max(query.lastIndexOf('\n| project '), 0)
  return new RegExp(`\\b${column}\\b`).test(query.slice(at))
}

function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`
}
