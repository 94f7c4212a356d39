import type { JsonObject } from '../sentinel/delta.ts'
import { yamlText } from '../sentinel/layout.ts'
import type { EventSource, ExportFile, PlatformRule } from './model.ts'
import { eventOf, isPowerShell, isSysmon, NOT_CHECKED, partsOf, RISK_SCORE, TECHNIQUE_URL } from './words.ts'

/** Which kind of content a severity is. Source: PLATFORMS 4. */
const TYPES = { informational: 'Hunting', low: 'Anomaly', medium: 'TTP', high: 'TTP' } as const
const DATE = '2026-11-24'
const PRODUCTS = ['Splunk Enterprise', 'Splunk Enterprise Security', 'Splunk Cloud']
const STORY = 'WMI Event Subscription'

/** The content tool's data source behind an event, by its name there; it has none for the others. */
const DATA_SOURCES: Readonly<Partial<Record<EventSource, readonly [name: string, id: string]>>> = {
  process: ['Sysmon EventID 1', '78352396-0475-41af-9e09-a224c282dbf7'],
  file: ['Sysmon EventID 11', '8f88a0e2-d711-4818-94ef-a473feacf386'],
  registry: ['Sysmon EventID 13', 'e68e67db-8eb0-4e17-a813-d5ef43ce6c49'],
  'sysmon-wmi-filter': ['Sysmon EventID 19', 'b7807d2c-0f7e-4537-8c9f-48acef314b72'],
  'sysmon-wmi-consumer': ['Sysmon EventID 20', '9eadc2ed-19a8-4911-980c-f41756d0e26f'],
  'sysmon-wmi-binding': ['Sysmon EventID 21', 'aecf668a-63f5-42ed-b6fd-a4edc16637e8'],
  'script-block': ['Powershell Script Block Logging 4104', '135ff813-0d77-4389-99a5-6a1bc93f4cc1'],
}

/** Where the events lie: macros that Enterprise Security has too. */
export const MACROS = {
  sysmon: 'sourcetype="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational"',
  wmi: 'sourcetype="wineventlog:microsoft-windows-wmi-activity/operational"',
  powershell: 'source="XmlWinEventLog:Microsoft-Windows-PowerShell/Operational"',
} as const

/** What the content tool makes of a name: its file, and the macro of its local tuning. */
export const escuName = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')

/**
 * The rules as files of Splunk's content tool, version 5: one a detection, and the story they belong to. `search` gives a
 * rule's lines without its filter macro. Checked with contentctl outside the tests. Source: PLATFORMS 4.
 */
export function escuFiles(
  rules: readonly PlatformRule[],
  all: readonly PlatformRule[],
  search: (rule: PlatformRule) => readonly string[],
): ExportFile[] {
  const detections = rules.map((rule) => {
    const name = escuName(rule.title)
    const text = yamlText(detection(rule, all, [...search(rule), `| \`${name}_filter\``]))
    return { path: `contentctl/detections/endpoint/${name}.yml`, text: `# SPL: ${NOT_CHECKED}\n${text}` }
  })
  const others: readonly (readonly [string, JsonObject])[] = [
    [`stories/${escuName(STORY)}`, story()],
    ...Object.entries(MACROS).map(([name, definition]): [string, JsonObject] => [
      `macros/${name}`,
      { name, definition, description: 'names the source: add your index' },
    ]),
    ...Object.entries(DATA_SOURCES).map(([source, [name, id]]): [string, JsonObject] => [
      `data_sources/${escuName(name)}`,
      dataSource(name, id, eventOf(source as EventSource)),
    ]),
  ]
  return [
    ...detections,
    ...others.map(([name, value]) => ({
      path: `contentctl/${name}.yml`,
      text: `# SPL: ${NOT_CHECKED}\n${yamlText(value)}`,
    })),
  ]
}

function detection(rule: PlatformRule, all: readonly PlatformRule[], lines: readonly string[]): JsonObject {
  const sources = partsOf(rule, all).map(({ body }) => body.source)
  const type = TYPES[rule.severity]
  return {
    name: rule.title,
    id: rule.guid,
    version: 1,
    date: DATE,
    author: 'Triad',
    status: 'experimental',
    type,
    description: rule.description,
    data_source: [...new Set(sources.flatMap((source) => DATA_SOURCES[source]?.[0] ?? []))],
    search: lines.join('\n'),
    how_to_implement: implementation(sources, rule.blindSpots),
    known_false_positives: rule.falsePositives.join(' '),
    references: [TECHNIQUE_URL],
    // A hunting search raises nothing: the tool refuses risk and drilldowns in it.
    ...(type === 'Hunting' ? {} : { drilldown_searches: DRILLDOWNS, rba: risk(rule) }),
    tags: {
      analytic_story: [STORY],
      asset_type: 'Endpoint',
      mitre_attack_id: ['T1546.003'],
      product: PRODUCTS,
      security_domain: 'endpoint',
    },
  }
}

function implementation(sources: readonly EventSource[], blindSpots: readonly string[]): string {
  const [first = 'process'] = sources
  const needs =
    first === 'process'
      ? 'Process starts with their command lines must be in the Endpoint data model.'
      : isSysmon(first)
        ? 'Sysmon must record the event, and the macro `sysmon` must name its index and source type.'
        : isPowerShell(first)
          ? 'PowerShell must log it, and the macro `powershell` must name the index and source type.'
          : 'Microsoft-Windows-WMI-Activity/Operational must be collected, and the macro `wmi` must name its index and source type.'
  return `${needs} Not seen: ${blindSpots.join(' ')}`
}

function dataSource(
  name: string,
  id: string,
  { channel, eventId }: { readonly channel: string; readonly eventId: number },
): JsonObject {
  return {
    name,
    id,
    version: 1,
    date: DATE,
    author: 'Triad',
    description: `Event ${eventId} of ${channel}`,
    source: `XmlWinEventLog:${channel}`,
    sourcetype: 'XmlWinEventLog',
    separator: 'EventCode',
    separator_value: String(eventId),
  }
}

const risk = (rule: PlatformRule): JsonObject => ({
  message: `${rule.title} on $dest$`,
  risk_objects: [{ field: 'dest', type: 'system', score: RISK_SCORE[rule.severity] }],
  threat_objects: [],
})

const DRILLDOWNS: readonly JsonObject[] = [
  {
    name: 'View the detection results for $dest$',
    search: '%original_detection_search% | search dest = "$dest$"',
    earliest_offset: '$info_min_time$',
    latest_offset: '$info_max_time$',
  },
  {
    name: 'View risk events for the last 7 days for $dest$',
    search:
      '| from datamodel Risk.All_Risk | search normalized_risk_object = "$dest$" starthoursago=168 | stats count min(_time) as firstTime max(_time) as lastTime values(search_name) as searches values(risk_message) as messages by normalized_risk_object | `security_content_ctime(firstTime)` | `security_content_ctime(lastTime)`',
    earliest_offset: '$info_min_time$',
    latest_offset: '$info_max_time$',
  },
]

function story(): JsonObject {
  return {
    name: STORY,
    id: 'f3b6d2a4-5c1e-4f7a-9b0d-2e6c8a4d1f53',
    version: 1,
    date: DATE,
    author: 'Triad',
    status: 'production',
    description:
      'Permanent WMI event subscriptions (T1546.003): how they are registered, bound, run and hidden.',
    narrative:
      'A WMI event filter, a consumer and the binding of the two make a subscription that survives reboots, needs no file and runs as SYSTEM when its query fires. These detections look for the objects themselves, for how they were made, and for how they run.',
    references: [TECHNIQUE_URL],
    tags: { category: ['Adversary Tactics'], product: PRODUCTS, usecase: 'Advanced Threat Detection' },
  }
}
