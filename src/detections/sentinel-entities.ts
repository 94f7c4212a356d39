/**
 * Entity types of Sentinel with the identifiers each takes, and those of which one group must be there.
 * Source: Microsoft, "Microsoft Sentinel entity types reference", strong and weak identifiers.
 */
const ENTITIES: Readonly<
  Record<string, { readonly known: string; readonly needed: readonly (readonly string[])[] }>
> = {
  Account: {
    known:
      'Name FullName NTDomain DnsDomain UPNSuffix Sid AadTenantId AadUserId PUID IsDomainJoined DisplayName ObjectGuid CloudAppAccountId',
    needed: [['FullName'], ['Sid'], ['Name'], ['AadUserId'], ['PUID'], ['ObjectGuid']],
  },
  Host: {
    known:
      'DnsDomain NTDomain HostName FullName NetBiosName AzureID OMSAgentID OSFamily OSVersion IsDomainJoined',
    needed: [['FullName'], ['HostName'], ['NetBiosName'], ['AzureID'], ['OMSAgentID']],
  },
  Process: {
    known: 'ProcessId CommandLine ElevationToken CreationTimeUtc',
    needed: [['CommandLine'], ['ProcessId']],
  },
  File: { known: 'Directory Name', needed: [['Name']] },
  FileHash: { known: 'Algorithm Value', needed: [['Algorithm', 'Value']] },
  RegistryKey: { known: 'Hive Key', needed: [['Key'], ['Hive']] },
  RegistryValue: { known: 'Name Value ValueType', needed: [['Name']] },
  IP: { known: 'Address', needed: [['Address']] },
  URL: { known: 'Url', needed: [['Url']] },
  DNS: { known: 'DomainName', needed: [['DomainName']] },
  AzureResource: { known: 'ResourceId', needed: [['ResourceId']] },
  CloudApplication: { known: 'AppId Name InstanceName', needed: [['AppId'], ['Name']] },
  Malware: { known: 'Name Category', needed: [['Name']] },
  SecurityGroup: {
    known: 'DistinguishedName SID ObjectGuid',
    needed: [['DistinguishedName'], ['SID'], ['ObjectGuid']],
  },
}

export function isEntityType(type: string): boolean {
  return Object.hasOwn(ENTITIES, type)
}

export function knownIdentifiers(type: string): readonly string[] {
  return ENTITIES[type]?.known.split(' ') ?? []
}

export function neededIdentifiers(type: string): readonly (readonly string[])[] {
  return ENTITIES[type]?.needed ?? []
}
