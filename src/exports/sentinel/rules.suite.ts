/**
 * Twenty analytics rules that between them use every field a rule can carry, with comments, spellings, key orders and
 * scalar styles as people write them.
 */
export function twentyRules(): string[] {
  return Array.from({ length: 20 }, (_, index) => ruleText(index))
}

const guid = (index: number): string => `7c1f0d3e-5a2b-4c6d-8e9f-${String(index).padStart(12, '0')}`

function ruleText(index: number): string {
  const nrt = index % 5 === 4
  const parts = [
    index % 3 === 0 ? "# A team's own header" : '',
    `id: ${guid(index)}`,
    `name: ${['Plain name', '"Quoted: name"', "'Single [quoted]'", '"[looks like an expression]"'][index % 4]}`,
    index % 2 === 0
      ? 'description: |\n  First line.\n\n  Second line with a colon: here.'
      : 'description: >-\n  Folded over\n  two lines.',
    `severity: ${['Informational', 'Low', 'Medium', 'High'][index % 4]} # why`,
    index % 6 === 0 ? 'status: Available' : '',
    nrt ? '' : schedule(index),
    index % 7 === 0
      ? 'requiredDataConnectors: []'
      : 'requiredDataConnectors:\n  - connectorId: MicrosoftThreatProtection\n    dataTypes: [DeviceEvents, DeviceProcessEvents]',
    'tactics:\n  - Persistence\n  - PrivilegeEscalation',
    `relevantTechniques:${['\n  - T1546.003', '\n  - T1546\n  - T1546.003', ' [T1546.003, T1059.001, T1047]'][index % 3]}`,
    query(index),
    entities(index),
    index % 2 === 0 ? 'customDetails:\n  Consumer: Consumer\n  Filter_2: FilterName' : '',
    index % 3 === 1 ? override(index) : '',
    index % 2 === 1
      ? `eventGroupingSettings: { aggregationKind: ${index % 4 === 1 ? 'SingleAlert' : 'AlertPerResult'} }`
      : '',
    index % 8 === 0 ? 'sentinelEntitiesMappings:\n  - columnName: Entities' : '',
    index % 4 === 2 ? deployed(index) : '',
    index % 9 === 0 ? 'tags:\n  - one\n  - SchemaVersion: 1.0.0' : '',
    index % 10 === 0 ? 'metadata:\n  source: { kind: Community }\n  author: { name: A Team }' : '',
    `version: 1.${index}.0`,
    `kind: ${nrt ? 'NRT' : 'Scheduled'}`,
    index % 3 === 0 ? '# the end' : '',
  ]
  const text = `${parts.filter((part) => part !== '').join('\n')}\n`
  return index % 3 === 2
    ? text.replace('tactics:\n  - Persistence', 'tactics:\n  - Execution\n  - Persistence')
    : text
}

function schedule(index: number): string {
  const spellings = [
    ['1h', '1h', 'gt', '0'],
    ['60m', '120m', 'GreaterThan', '3'],
    ['14d', '14d', 'lt', '10000'],
    ['01:00:00', '02:00:00', 'eq', '1'],
    ['5m', '1d', 'ne', '0'],
    ['24h', '7d', 'NotEqual', '5'],
  ] as const
  const [frequency, period, operator, threshold] = spellings[index % spellings.length] ?? spellings[0]
  return `queryFrequency: ${frequency}\nqueryPeriod: ${period}\ntriggerOperator: ${operator}\ntriggerThreshold: ${threshold}`
}

function query(index: number): string {
  const texts = [
    'query: |\n  DeviceEvents\n  | where ActionType == "WmiBindEventFilterToConsumer"\n    // a comment\n\n  | project DeviceName',
    'query: "DeviceEvents | where DeviceName has \\"x\\"\\n| take 5"',
    'query: |-\n  let Names = dynamic(["a","b"]);\n  DeviceEvents | where DeviceName in (Names)',
    "query: '[\"DeviceEvents\"] | where AdditionalFields has ''[x]'''",
    'query: |+\n  DeviceEvents\n\n',
  ]
  return texts[index % texts.length] ?? ''
}

function entities(index: number): string {
  const host =
    '  - entityType: Host\n    fieldMappings:\n      - identifier: HostName\n        columnName: HostName\n      - identifier: DnsDomain\n        columnName: Domain'
  const account = '  - entityType: Account\n    fieldMappings: [{ identifier: Sid, columnName: AccountSid }]'
  const hash =
    '  - fieldMappings:\n      - { identifier: Algorithm, columnName: Algorithm }\n      - { identifier: Value, columnName: SHA256 }\n    entityType: FileHash'
  return `entityMappings:\n${[host, account, hash].slice(0, 1 + (index % 3)).join('\n')}`
}

function override(index: number): string {
  return [
    'alertDetailsOverride:',
    '  alertDisplayNameFormat: "WMI subscription {{Consumer}} on {{DeviceName}}"',
    '  alertDescriptionFormat: |-',
    '    Filter {{Filter}}',
    '    was bound.',
    ...(index % 2 === 0 ? ['  alertTacticsColumnName: Tactics', '  alertSeverityColumnName: Severity'] : []),
    '  alertDynamicProperties:',
    '    - alertProperty: AlertLink',
    '      value: Link',
  ].join('\n')
}

function deployed(index: number): string {
  return [
    `enabled: ${index % 8 === 2}`,
    'suppressionEnabled: true',
    `suppressionDuration: ${index % 8 === 2 ? '3h' : 'PT90M'}`,
    'startTimeUtc: "2026-01-01T00:00:00Z"',
    'alertRuleTemplateName: 0f06a3a5-6a09-413f-8743-e6cf35561297',
    'templateVersion: 1.0.1',
    'incidentConfiguration:',
    '  createIncident: true',
    '  groupingConfiguration:',
    '    enabled: true',
    '    reopenClosedIncident: false',
    '    lookbackDuration: 5h',
    '    matchingMethod: Selected',
    '    groupByEntities: [Host]',
    '    groupByAlertDetails: [DisplayName]',
    '    groupByCustomDetails: [Consumer]',
  ].join('\n')
}
