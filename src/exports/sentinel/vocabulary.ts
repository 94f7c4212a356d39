import { lookupTable } from '../../bytes/index.ts'

/**
 * The words of a Sentinel rule file, as the public content repository's validator has them. The checker and the JSON
 * Schema are both made from these tables, `SENTINEL_LIMITS` and `SENTINEL_ENTITIES`. Source: SENTINEL 1.1 and 1.2.
 */
export const GUID_PATTERN = '^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'
export const VERSION_PATTERN = '^\\d+\\.\\d+\\.\\d+$'
export const COLUMN_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$'
export const DETAIL_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_]*$'
export const TECHNIQUE_PATTERN = '^T\\d{4}(?:\\.\\d{3})?$'
export const YAML_DURATION_PATTERN = '^[1-9][0-9]{0,4}[mhd]$'
export const DOTNET_DURATION_PATTERN = '^(?:\\d{1,2}\\.)?\\d{1,2}:\\d{2}:\\d{2}$'
export const ISO_DURATION_PATTERN = '^P(?!$)(?:\\d+D)?(?:T(?=\\d)(?:\\d+H)?(?:\\d+M)?(?:\\d+S)?)?$'

export const KINDS = ['Scheduled', 'NRT'] as const
export const SEVERITIES = ['Informational', 'Low', 'Medium', 'High'] as const
/** Short form of the YAML → the word ARM uses. */
export const TRIGGER_OPERATORS: Readonly<Record<string, string>> = {
  gt: 'GreaterThan',
  lt: 'LessThan',
  eq: 'Equal',
  ne: 'NotEqual',
}
export const TACTICS = [
  'Reconnaissance',
  'ResourceDevelopment',
  'InitialAccess',
  'Execution',
  'Persistence',
  'PrivilegeEscalation',
  'DefenseEvasion',
  'CredentialAccess',
  'Discovery',
  'LateralMovement',
  'Collection',
  'CommandAndControl',
  'Exfiltration',
  'Impact',
  'ImpairProcessControl',
  'InhibitResponseFunction',
  'PreAttack',
] as const
/** Techniques this pack touches → the tactics the validator demands beside them. */
export const TACTICS_OF_TECHNIQUE: Readonly<Record<string, readonly string[]>> = lookupTable({
  T1546: ['Persistence', 'PrivilegeEscalation'],
  T1047: ['Execution'],
  T1059: ['Execution'],
})
export const AGGREGATIONS = ['SingleAlert', 'AlertPerResult'] as const
export const MATCHING_METHODS = ['AllEntities', 'AnyAlert', 'Selected'] as const
export const GROUP_BY_DETAILS = ['DisplayName', 'Severity'] as const
export const DYNAMIC_PROPERTIES = [
  'AlertLink',
  'ConfidenceLevel',
  'ConfidenceScore',
  'ExtendedLinks',
  'ProductName',
  'ProviderName',
  'ProductComponentName',
  'RemediationSteps',
  'Techniques',
  'SubTechniques',
] as const
/** Connectors that fill the tables of this pack. `WindowsForwardedEvents` is missing from one list revision. */
export const KNOWN_CONNECTORS = [
  'MicrosoftThreatProtection',
  'SecurityEvents',
  'WindowsSecurityEvents',
  'WindowsForwardedEvents',
  'CrowdStrikeFalconEndpointProtection',
  'Syslog',
  'CEF',
] as const
/** Columns of the old entity form: a query that names one must map it. */
export const LEGACY_ENTITY_COLUMNS = [
  'AccountCustomEntity',
  'HostCustomEntity',
  'IPCustomEntity',
  'URLCustomEntity',
  'ProcessCustomEntity',
  'FileHashCustomEntity',
] as const
