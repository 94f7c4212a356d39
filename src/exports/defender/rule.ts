import type { Detection } from '../../detections/index.ts'
import type { JsonObject } from '../sentinel/delta.ts'

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
}

/** A detection as a custom detection, switched off; `undefined` where it has no form for Defender XDR. */
export function defenderRule(detection: Detection): DefenderRule | undefined {
  if (detection.defender === undefined) return undefined
  const lost: string[] = []
  const entityMappings = mapEntities(detection, detection.defender.query, lost)
  const [technique = ''] = detection.technique.split('.')
  return {
    lost,
    resource: {
      id: detection.id,
      displayName: cut(detection.title, MOST.title),
      description: cut(detection.description, MOST.description),
      status: 'disabled',
      queryCondition: { queryText: detection.defender.query },
      schedule: { frequency: detection.defender.frequency },
      detectionAction: {
        alertTemplate: {
          title: cut(detection.title, MOST.title),
          description: cut(detection.description, MOST.description),
          severity: detection.severity,
          recommendedActions:
            'Collect all namespaces before anything is changed, compare the whole subscription with what is known to be good, isolate the host when the payload is explicit; remove binding, then consumer, then filter.',
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
          ...(Object.keys(detection.customDetails).length === 0
            ? {}
            : { customDetails: detection.customDetails }),
        },
      },
    },
  }
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

const mentions = (query: string, column: string): boolean => new RegExp(`\\b${column}\\b`).test(query)

function cut(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, most - 1).trimEnd()}…`
}
