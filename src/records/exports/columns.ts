/** A table whose exports are recognised. */
export type ExportTable =
  | 'DeviceProcessEvents'
  | 'DeviceFileEvents'
  | 'DeviceRegistryEvents'
  | 'DeviceEvents'
  | 'DeviceImageLoadEvents'
  | 'DeviceLogonEvents'
  | 'DeviceNetworkEvents'
  | 'Event'
  | 'SecurityEvent'
  | 'WindowsEvent'

/**
 * Column names of the tables whose exports are recognised, as Microsoft spells them. Facts from Microsoft's table
 * reference (azure-monitor-ref/tables and the advanced-hunting pages), names only.
 */
const COLUMNS: Readonly<Record<ExportTable, string>> = {
  DeviceProcessEvents:
    'Timestamp DeviceId DeviceName ActionType FileName FolderPath SHA1 SHA256 MD5 FileSize ' +
    'ProcessVersionInfoCompanyName ProcessVersionInfoProductName ProcessVersionInfoProductVersion ' +
    'ProcessVersionInfoInternalFileName ProcessVersionInfoOriginalFileName ' +
    'ProcessVersionInfoFileDescription ProcessId ProcessCommandLine ProcessIntegrityLevel ' +
    'ProcessTokenElevation ProcessCreationTime AccountDomain AccountName AccountSid AccountUpn ' +
    'AccountObjectId LogonId InitiatingProcessAccountDomain InitiatingProcessAccountName ' +
    'InitiatingProcessAccountSid InitiatingProcessAccountUpn InitiatingProcessAccountObjectId ' +
    'InitiatingProcessLogonId InitiatingProcessIntegrityLevel InitiatingProcessTokenElevation ' +
    'InitiatingProcessSHA1 InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName ' +
    'InitiatingProcessFileSize InitiatingProcessVersionInfoCompanyName ' +
    'InitiatingProcessVersionInfoProductName InitiatingProcessVersionInfoProductVersion ' +
    'InitiatingProcessVersionInfoInternalFileName InitiatingProcessVersionInfoOriginalFileName ' +
    'InitiatingProcessVersionInfoFileDescription InitiatingProcessId InitiatingProcessCommandLine ' +
    'InitiatingProcessCreationTime InitiatingProcessFolderPath InitiatingProcessParentId ' +
    'InitiatingProcessParentFileName InitiatingProcessParentCreationTime InitiatingProcessSignerType ' +
    'InitiatingProcessSignatureStatus ReportId AppGuardContainerId AdditionalFields ' +
    'InitiatingProcessSessionId IsInitiatingProcessRemoteSession ' +
    'InitiatingProcessRemoteSessionDeviceName InitiatingProcessRemoteSessionIP ' +
    'CreatedProcessSessionId IsProcessRemoteSession ProcessRemoteSessionDeviceName ' +
    'ProcessRemoteSessionIP ProcessUniqueId InitiatingProcessUniqueId _BilledSize _IsBillable ' +
    'MachineGroup SourceSystem TenantId TimeGenerated Type',
  DeviceFileEvents:
    'Timestamp DeviceId DeviceName ActionType FileName FolderPath SHA1 SHA256 MD5 FileOriginUrl ' +
    'FileOriginReferrerUrl FileOriginIP PreviousFolderPath PreviousFileName FileSize ' +
    'InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid ' +
    'InitiatingProcessAccountUpn InitiatingProcessAccountObjectId InitiatingProcessMD5 ' +
    'InitiatingProcessSHA1 InitiatingProcessSHA256 InitiatingProcessFolderPath ' +
    'InitiatingProcessFileName InitiatingProcessFileSize InitiatingProcessVersionInfoCompanyName ' +
    'InitiatingProcessVersionInfoProductName InitiatingProcessVersionInfoProductVersion ' +
    'InitiatingProcessVersionInfoInternalFileName InitiatingProcessVersionInfoOriginalFileName ' +
    'InitiatingProcessVersionInfoFileDescription InitiatingProcessId InitiatingProcessCommandLine ' +
    'InitiatingProcessCreationTime InitiatingProcessIntegrityLevel InitiatingProcessTokenElevation ' +
    'InitiatingProcessParentId InitiatingProcessParentFileName InitiatingProcessParentCreationTime ' +
    'RequestProtocol RequestSourceIP RequestSourcePort RequestAccountName RequestAccountDomain ' +
    'RequestAccountSid ShareName SensitivityLabel SensitivitySubLabel IsAzureInfoProtectionApplied ' +
    'ReportId AppGuardContainerId AdditionalFields InitiatingProcessSessionId ' +
    'IsInitiatingProcessRemoteSession InitiatingProcessRemoteSessionDeviceName ' +
    'InitiatingProcessRemoteSessionIP InitiatingProcessUniqueId _BilledSize _IsBillable MachineGroup ' +
    'SourceSystem TenantId TimeGenerated Type',
  DeviceRegistryEvents:
    'Timestamp DeviceId DeviceName ActionType RegistryKey RegistryValueType RegistryValueName ' +
    'RegistryValueData PreviousRegistryKey PreviousRegistryValueName PreviousRegistryValueData ' +
    'InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid ' +
    'InitiatingProcessAccountUpn InitiatingProcessAccountObjectId InitiatingProcessSHA1 ' +
    'InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessFileSize ' +
    'InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoProductName ' +
    'InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoInternalFileName ' +
    'InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoFileDescription ' +
    'InitiatingProcessId InitiatingProcessCommandLine InitiatingProcessCreationTime ' +
    'InitiatingProcessFolderPath InitiatingProcessParentId InitiatingProcessParentFileName ' +
    'InitiatingProcessParentCreationTime InitiatingProcessIntegrityLevel ' +
    'InitiatingProcessTokenElevation ReportId AppGuardContainerId InitiatingProcessSessionId ' +
    'IsInitiatingProcessRemoteSession InitiatingProcessRemoteSessionDeviceName ' +
    'InitiatingProcessRemoteSessionIP InitiatingProcessUniqueId _BilledSize _IsBillable MachineGroup ' +
    'SourceSystem TenantId TimeGenerated Type',
  DeviceEvents:
    'Timestamp DeviceId DeviceName ActionType FileName FolderPath SHA1 SHA256 MD5 FileSize ' +
    'AccountDomain AccountName AccountSid RemoteUrl RemoteDeviceName ProcessId ProcessCommandLine ' +
    'ProcessCreationTime ProcessTokenElevation LogonId RegistryKey RegistryValueName ' +
    'RegistryValueData RemoteIP RemotePort LocalIP LocalPort FileOriginUrl FileOriginIP ' +
    'InitiatingProcessSHA1 InitiatingProcessSHA256 InitiatingProcessMD5 InitiatingProcessFileName ' +
    'InitiatingProcessFileSize InitiatingProcessFolderPath InitiatingProcessId ' +
    'InitiatingProcessCommandLine InitiatingProcessCreationTime InitiatingProcessAccountDomain ' +
    'InitiatingProcessAccountName InitiatingProcessAccountSid InitiatingProcessAccountUpn ' +
    'InitiatingProcessAccountObjectId InitiatingProcessVersionInfoCompanyName ' +
    'InitiatingProcessVersionInfoProductName InitiatingProcessVersionInfoProductVersion ' +
    'InitiatingProcessVersionInfoInternalFileName InitiatingProcessVersionInfoOriginalFileName ' +
    'InitiatingProcessVersionInfoFileDescription InitiatingProcessParentId ' +
    'InitiatingProcessParentFileName InitiatingProcessParentCreationTime InitiatingProcessLogonId ' +
    'ReportId AppGuardContainerId AdditionalFields InitiatingProcessSessionId ' +
    'IsInitiatingProcessRemoteSession InitiatingProcessRemoteSessionDeviceName ' +
    'InitiatingProcessRemoteSessionIP CreatedProcessSessionId IsProcessRemoteSession ' +
    'ProcessRemoteSessionDeviceName ProcessRemoteSessionIP InitiatingProcessUniqueId _BilledSize ' +
    '_IsBillable MachineGroup SourceSystem TenantId TimeGenerated Type',
  DeviceImageLoadEvents:
    'Timestamp DeviceId DeviceName ActionType FileName FolderPath SHA1 SHA256 MD5 FileSize ' +
    'InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid ' +
    'InitiatingProcessAccountUpn InitiatingProcessAccountObjectId InitiatingProcessIntegrityLevel ' +
    'InitiatingProcessTokenElevation InitiatingProcessSHA1 InitiatingProcessSHA256 ' +
    'InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessFileSize ' +
    'InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoProductName ' +
    'InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoInternalFileName ' +
    'InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoFileDescription ' +
    'InitiatingProcessId InitiatingProcessCommandLine InitiatingProcessCreationTime ' +
    'InitiatingProcessFolderPath InitiatingProcessParentId InitiatingProcessParentFileName ' +
    'InitiatingProcessParentCreationTime ReportId AppGuardContainerId InitiatingProcessSessionId ' +
    'IsInitiatingProcessRemoteSession InitiatingProcessRemoteSessionDeviceName ' +
    'InitiatingProcessRemoteSessionIP InitiatingProcessUniqueId _BilledSize _IsBillable MachineGroup ' +
    'SourceSystem TenantId TimeGenerated Type',
  DeviceLogonEvents:
    'Timestamp DeviceId DeviceName ActionType LogonType AccountDomain AccountName AccountSid Protocol ' +
    'FailureReason IsLocalAdmin LogonId RemoteDeviceName RemoteIP RemoteIPType RemotePort ' +
    'InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid ' +
    'InitiatingProcessAccountUpn InitiatingProcessAccountObjectId InitiatingProcessIntegrityLevel ' +
    'InitiatingProcessTokenElevation InitiatingProcessSHA1 InitiatingProcessSHA256 ' +
    'InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessFileSize ' +
    'InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoProductName ' +
    'InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoInternalFileName ' +
    'InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoFileDescription ' +
    'InitiatingProcessId InitiatingProcessCommandLine InitiatingProcessCreationTime ' +
    'InitiatingProcessFolderPath InitiatingProcessParentId InitiatingProcessParentFileName ' +
    'InitiatingProcessParentCreationTime ReportId AppGuardContainerId AdditionalFields ' +
    'InitiatingProcessSessionId IsInitiatingProcessRemoteSession ' +
    'InitiatingProcessRemoteSessionDeviceName InitiatingProcessRemoteSessionIP ' +
    'InitiatingProcessUniqueId _BilledSize _IsBillable MachineGroup SourceSystem TenantId ' +
    'TimeGenerated Type',
  DeviceNetworkEvents:
    'Timestamp DeviceId DeviceName ActionType RemoteIP RemotePort RemoteUrl LocalIP LocalPort ' +
    'Protocol LocalIPType RemoteIPType InitiatingProcessSHA1 InitiatingProcessSHA256 ' +
    'InitiatingProcessMD5 InitiatingProcessFileName InitiatingProcessFileSize ' +
    'InitiatingProcessVersionInfoCompanyName InitiatingProcessVersionInfoProductName ' +
    'InitiatingProcessVersionInfoProductVersion InitiatingProcessVersionInfoInternalFileName ' +
    'InitiatingProcessVersionInfoOriginalFileName InitiatingProcessVersionInfoFileDescription ' +
    'InitiatingProcessId InitiatingProcessCommandLine InitiatingProcessCreationTime ' +
    'InitiatingProcessFolderPath InitiatingProcessParentFileName InitiatingProcessParentId ' +
    'InitiatingProcessParentCreationTime InitiatingProcessAccountDomain InitiatingProcessAccountName ' +
    'InitiatingProcessAccountSid InitiatingProcessAccountUpn InitiatingProcessAccountObjectId ' +
    'InitiatingProcessIntegrityLevel InitiatingProcessTokenElevation ReportId AppGuardContainerId ' +
    'AdditionalFields InitiatingProcessSessionId IsInitiatingProcessRemoteSession ' +
    'InitiatingProcessRemoteSessionDeviceName InitiatingProcessRemoteSessionIP ' +
    'InitiatingProcessUniqueId _BilledSize _IsBillable MachineGroup SourceSystem TenantId ' +
    'TimeGenerated Type',
  Event:
    'AzureDeploymentID _BilledSize Computer EventCategory EventData EventID EventLevel EventLevelName ' +
    'EventLog _IsBillable ManagementGroupName Message ParameterXml RenderedDescription _ResourceId ' +
    'Role Source SourceSystem _SubscriptionId TimeGenerated Type UserName',
  SecurityEvent:
    'AccessMask Account AccountDomain AccountExpires AccountName AccountSessionIdentifier AccountType ' +
    'Activity AdditionalInfo AdditionalInfo2 AllowedToDelegateTo Attributes AuditPolicyChanges ' +
    'AuditsDiscarded AuthenticationLevel AuthenticationPackageName AuthenticationProvider ' +
    'AuthenticationServer AuthenticationService AuthenticationType AzureDeploymentID _BilledSize ' +
    'CACertificateHash CalledStationID CallerProcessId CallerProcessName CallingStationID ' +
    'CAPublicKeyHash CategoryId CertificateDatabaseHash Channel ClassId ClassName ClientAddress ' +
    'ClientIPAddress ClientName CommandLine CompatibleIds Computer Correlation DCDNSName ' +
    'DeviceDescription DeviceId DisplayName Disposition DomainBehaviorVersion DomainName ' +
    'DomainPolicyChanged DomainSid EAPType ElevatedToken ErrorCode EventData EventID EventLevelName ' +
    'EventRecordId EventSourceName ExtendedQuarantineState FailureReason FileHash FilePath ' +
    'FilePathNoUser Filter ForceLogoff Fqbn FullyQualifiedSubjectMachineName ' +
    'FullyQualifiedSubjectUserName GroupMembership HandleId HardwareIds HomeDirectory HomePath ' +
    'InterfaceUuid IpAddress IpPort _IsBillable KeyLength Keywords Level LmPackageName ' +
    'LocationInformation LockoutDuration LockoutObservationWindow LockoutThreshold LoggingResult ' +
    'LogonGuid LogonHours LogonID LogonProcessName LogonType LogonTypeName MachineAccountQuota ' +
    'MachineInventory MachineLogon ManagementGroupName MandatoryLabel MaxPasswordAge MemberName ' +
    'MemberSid MinPasswordAge MinPasswordLength MixedDomainMode NASIdentifier NASIPv4Address ' +
    'NASIPv6Address NASPort NASPortType NetworkPolicyName NewDate NewMaxUsers NewProcessId ' +
    'NewProcessName NewRemark NewShareFlags NewTime NewUacValue NewValue NewValueType ObjectName ' +
    'ObjectServer ObjectType ObjectValueName OemInformation OldMaxUsers OldRemark OldShareFlags ' +
    'OldUacValue OldValue OldValueType Opcode OperationType PackageName ParentProcessName ' +
    'PasswordHistoryLength PasswordLastSet PasswordProperties PreviousDate PreviousTime ' +
    'PrimaryGroupId PrivateKeyUsageCount PrivilegeList Process ProcessId ProcessName ProfilePath ' +
    'Properties ProtocolSequence ProxyPolicyName QuarantineHelpURL QuarantineSessionID ' +
    'QuarantineSessionIdentifier QuarantineState QuarantineSystemHealthResult RelativeTargetName ' +
    'RemoteIpAddress RemotePort Requester RequestId _ResourceId RestrictedAdminMode RowsDeleted ' +
    'SamAccountName ScriptPath SecurityDescriptor ServiceAccount ServiceFileName ServiceName ' +
    'ServiceStartType ServiceType SessionName ShareLocalPath ShareName SidHistory SourceComputerId ' +
    'SourceSystem Status StorageAccount SubcategoryGuid SubcategoryId Subject SubjectAccount ' +
    'SubjectDomainName SubjectKeyIdentifier SubjectLogonId SubjectMachineName SubjectMachineSID ' +
    'SubjectUserName SubjectUserSid _SubscriptionId SubStatus SystemProcessId SystemThreadId ' +
    'SystemUserId TableId TargetAccount TargetDomainName TargetInfo TargetLinkedLogonId ' +
    'TargetLogonGuid TargetLogonId TargetOutboundDomainName TargetOutboundUserName TargetServerName ' +
    'TargetSid TargetUser TargetUserName TargetUserSid Task TemplateContent TemplateDSObjectFQDN ' +
    'TemplateInternalName TemplateOID TemplateSchemaVersion TemplateVersion TenantId TimeGenerated ' +
    'TokenElevationType TransmittedServices Type UserAccountControl UserParameters UserPrincipalName ' +
    'UserWorkstations VendorIds Version VirtualAccount Workstation WorkstationName',
  WindowsEvent:
    '_BilledSize Channel Computer Correlation EventData EventID EventLevel EventLevelName ' +
    'EventOriginId EventRecordId _IsBillable Keywords ManagementGroupName Opcode Provider ' +
    'RawEventData _ResourceId _SubscriptionId SystemProcessId SystemThreadId SystemUserId Task ' +
    'TenantId TimeGenerated Type Version',
}

export const EXPORT_TABLES: readonly ExportTable[] = Object.keys(COLUMNS) as ExportTable[]

const BY_TABLE: ReadonlyMap<ExportTable, ReadonlyMap<string, string>> = new Map(
  EXPORT_TABLES.map((table) => [
    table,
    new Map(COLUMNS[table].split(' ').map((column) => [column.toLowerCase(), column])),
  ]),
)

/** A table's columns: lower-case name to Microsoft's spelling. */
export function tableColumns(table: ExportTable): ReadonlyMap<string, string> {
  return BY_TABLE.get(table) ?? new Map()
}

const NAMES: ReadonlyMap<string, ExportTable> = new Map(
  EXPORT_TABLES.map((table) => [table.toLowerCase(), table]),
)

/** The table of this name in any case; `undefined` for other tables. */
export function exportTable(name: string): ExportTable | undefined {
  return NAMES.get(name.toLowerCase())
}
