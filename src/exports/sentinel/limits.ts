import { lookupTable } from '../../bytes/index.ts'

/**
 * The vocabulary and limits of a Sentinel rule file, as the public content repository's validator has them. The
 * checker and the JSON Schema are both made from these tables. Source: SENTINEL 1.1 and 1.2.
 */
export const SENTINEL_LIMITS = {
  name: 256,
  description: 5000,
  query: 10_000,
  version: 20,
  threshold: 10_000,
  /** Minutes: 5 minutes to 14 days. */
  shortestMinutes: 5,
  longestMinutes: 20_160,
  /** A period of two days or more needs a frequency of at least an hour. */
  longPeriodMinutes: 2880,
  longPeriodFrequencyMinutes: 60,
  entityMappings: 10,
  fieldMappings: 3,
  customDetails: 20,
  customDetailName: 20,
  column: 500,
  displayNameFormat: 256,
  descriptionFormat: 5000,
  placeholders: 3,
} as const

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

export interface EntityRule {
  readonly identifiers: readonly string[]
  /** One of these groups must be mapped whole. */
  readonly needs: readonly (readonly string[])[]
}

const words = (text: string): string[] => text.split(' ')
const entity = (identifiers: string, needs: string): EntityRule => ({
  identifiers: words(identifiers),
  needs: words(needs).map((group) => group.split('+')),
})

/** Entity type → identifiers it takes, and which it cannot do without. Source: SENTINEL 1.2 and its schema. */
export const ENTITIES: Readonly<Record<string, EntityRule>> = {
  Account: entity(
    'Name FullName NTDomain DnsDomain UPNSuffix Sid AadTenantId AadUserId PUID IsDomainJoined DisplayName ObjectGuid CloudAppAccountId',
    'FullName Sid Name AadUserId PUID ObjectGuid',
  ),
  AzureResource: entity('ResourceId', 'ResourceId'),
  CloudApplication: entity('AppId Name InstanceName', 'AppId Name'),
  DNS: entity('DomainName', 'DomainName'),
  File: entity('Directory Name', 'Name'),
  FileHash: entity('Algorithm Value', 'Algorithm+Value'),
  Host: entity(
    'DnsDomain NTDomain HostName FullName NetBiosName AzureID OMSAgentID OSFamily OSVersion IsDomainJoined',
    'FullName HostName NetBiosName AzureID OMSAgentID',
  ),
  IoTDevice: entity(
    'DeviceId DeviceName Manufacturer Model FirmwareVersion OperatingSystem MacAddress Protocols SerialNumber Source IoTSecurityAgentId DeviceType',
    'DeviceId',
  ),
  IP: entity('Address', 'Address'),
  Mailbox: entity(
    'MailboxPrimaryAddress DisplayName Upn ExternalDirectoryObjectId RiskLevel',
    'MailboxPrimaryAddress',
  ),
  MailCluster: entity(
    'NetworkMessageIds CountByDeliveryStatus CountByThreatType CountByProtectionStatus Threats Query QueryTime MailCount IsVolumeAnomaly Source ClusterSourceIdentifier ClusterSourceType ClusterQueryStartTime ClusterQueryEndTime ClusterGroup',
    'Query Source',
  ),
  MailMessage: entity(
    'Recipient Urls Threats Sender P1Sender P1SenderDisplayName P1SenderDomain SenderIP P2Sender P2SenderDisplayName P2SenderDomain ReceivedDate NetworkMessageId InternetMessageId Subject BodyFingerprintBin1 BodyFingerprintBin2 BodyFingerprintBin3 BodyFingerprintBin4 BodyFingerprintBin5 AntispamDirection DeliveryAction DeliveryLocation Language ThreatDetectionMethods',
    'NetworkMessageId Recipient',
  ),
  Malware: entity('Name Category', 'Name'),
  Process: entity('ProcessId CommandLine ElevationToken CreationTimeUtc', 'CommandLine ProcessId'),
  RegistryKey: entity('Hive Key', 'Key Hive'),
  RegistryValue: entity('Name Value ValueType', 'Name'),
  SecurityGroup: entity('DistinguishedName SID ObjectGuid', 'DistinguishedName SID ObjectGuid'),
  SubmissionMail: entity(
    'NetworkMessageId Timestamp Recipient Sender SenderIp Subject ReportType SubmissionId SubmissionDate Submitter',
    'SubmissionId NetworkMessageId Recipient Submitter',
  ),
  URL: entity('Url', 'Url'),
}
