import { lookupTable } from '../../bytes/index.ts'

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
export const SENTINEL_ENTITIES: Readonly<Record<string, EntityRule>> = lookupTable({
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
})
