import type { TimerFacts } from '../model.ts'

/** Queries with what they must be explained as: at least one for every trigger kind. The golden text stands beside. */
export interface TriggerCase {
  readonly query: string | undefined
  readonly timer?: TimerFacts
  readonly queryLanguage?: string
}

const modified = (target: string, where = ''): string =>
  `SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA '${target}'${where}`
const created = (target: string, where = ''): string =>
  `SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA "${target}"${where}`

const PERF = 'Win32_PerfFormattedData_PerfOS_System'
const log = (where: string): string => created('Win32_NTLogEvent', where)

export const TRIGGER_CASES: readonly TriggerCase[] = [
  { query: modified(PERF, ' AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325') },
  { query: modified(PERF, ' AND TargetInstance.SystemUpTime >= 200 AND TargetInstance.SystemUpTime < 320') },
  { query: modified(PERF, ' AND TargetInstance.SystemUpTime > 300') },
  { query: modified(PERF, ' AND TargetInstance.SystemUpTime < 90') },
  { query: modified(PERF) },
  {
    query: modified(
      'Win32_OperatingSystem',
      ' AND TargetInstance.LastBootUpTime <> PreviousInstance.LastBootUpTime',
    ),
  },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND TargetInstance.Hour = 15 AND TargetInstance.Minute = 30 AND TargetInstance.Second = 40',
    ),
  },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND TargetInstance.Hour = 9 AND TargetInstance.Minute = 5 GROUP WITHIN 60',
    ),
  },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND TargetInstance.DayOfWeek = 1 AND TargetInstance.Hour = 8 AND TargetInstance.Minute = 0',
    ),
  },
  {
    query: modified(
      'Win32_UTCTime',
      ' AND TargetInstance.DayOfWeek >= 1 AND TargetInstance.DayOfWeek <= 5 AND TargetInstance.Hour = 8 AND TargetInstance.Minute = 0',
    ),
  },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND (TargetInstance.Hour = 9 OR TargetInstance.Hour = 17) AND TargetInstance.Minute = 0',
    ),
  },
  { query: modified('Win32_LocalTime', ' AND TargetInstance.Minute = 30') },
  { query: modified('Win32_LocalTime', ' AND TargetInstance.Hour >= 9 AND TargetInstance.Hour < 18') },
  { query: modified('Win32_LocalTime', ' AND TargetInstance.Second = 0') },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND TargetInstance.Day = 1 AND TargetInstance.Month = 3 AND TargetInstance.Hour = 0 AND TargetInstance.Minute = 0',
    ),
  },
  {
    query: modified(
      'Win32_LocalTime',
      ' AND NOT (TargetInstance.DayOfWeek = 0 OR TargetInstance.DayOfWeek = 6)',
    ),
  },
  { query: modified('Win32_LocalTime') },
  {
    query: "SELECT * FROM __TimerEvent WHERE TimerID = 'UPDATER'",
    timer: { class: '__IntervalTimerInstruction', timerId: 'UPDATER', intervalMilliseconds: 600_000 },
  },
  {
    query: "SELECT * FROM __TimerEvent WHERE TimerID = 't'",
    timer: { class: '__IntervalTimerInstruction', timerId: 'T', intervalMilliseconds: 10_800_000 },
  },
  {
    query: "SELECT * FROM __TimerEvent WHERE TimerID = 't'",
    timer: { class: '__IntervalTimerInstruction', timerId: 'T', intervalMilliseconds: 60_000 },
  },
  {
    query: "SELECT * FROM __TimerEvent WHERE TimerID = 't'",
    timer: { class: '__AbsoluteTimerInstruction', timerId: 't', eventDateTime: '20220310153040.000000+060' },
  },
  { query: "select * from __timerevent where timerid = 'fuckyoumm2_itimer'" },
  { query: created('Win32_LogonSession', ' AND TargetInstance.LogonType = 2') },
  {
    query: created(
      'Win32_LogonSession',
      ' AND (TargetInstance.LogonType = 2 OR TargetInstance.LogonType = 10)',
    ),
  },
  { query: created('Win32_LoggedOnUser') },
  { query: "SELECT * FROM __InstanceDeletionEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_LogonSession'" },
  { query: log(" AND TargetInstance.EventCode = '4624' AND TargetInstance.LogFile = 'Security'") },
  { query: log(" AND TargetInstance.EventCode = '4625' AND TargetInstance.Message LIKE '%backdoor_user%'") },
  { query: log(' AND TargetInstance.EventCode = 4625') },
  { query: log(" AND TargetInstance.LogFile = 'Security' AND TargetInstance.EventCode = 1102") },
  {
    query: log(
      " AND TargetInstance.LogFile = 'System' AND TargetInstance.SourceName = 'Foo' AND TargetInstance.EventCode = 77",
    ),
  },
  { query: log(' AND (TargetInstance.EventCode = 4800 OR TargetInstance.EventCode = 4801)') },
  { query: log('') },
  { query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'" },
  { query: "select * from Win32_ProcessStartTrace where ProcessName='notepad.exe'" },
  {
    query: created(
      'Win32_Process',
      " AND (TargetInstance.Name = 'procexp.exe' OR TargetInstance.Name = 'wireshark.exe' OR TargetInstance.Name = 'foo.exe')",
    ),
  },
  { query: created('Win32_Process', " AND TargetInstance.Name LIKE '%procmon%'") },
  { query: created('Win32_Process', " AND TargetInstance.Name LIKE 'evil%'") },
  { query: created('Win32_Process', " AND TargetInstance.Name LIKE 'winword.exe'") },
  { query: created('Win32_Process', " AND TargetInstance.Name = 'explorer.exe'") },
  {
    query: created(
      'Win32_Process',
      " AND TargetInstance.Name = 'x.exe' AND TargetInstance.CommandLine LIKE '%-go%'",
    ),
  },
  { query: created('Win32_Process') },
  { query: "SELECT * FROM Win32_ProcessStopTrace WHERE ProcessName = 'msmpeng.exe'" },
  {
    query: modified(
      'Win32_Service',
      " AND TargetInstance.Name = 'WinDefend' AND TargetInstance.State = 'Stopped'",
    ),
  },
  {
    query: modified(
      'Win32_Service',
      " AND TargetInstance.Name = 'Spooler' AND PreviousInstance.State = 'Running' AND TargetInstance.State = 'Stopped'",
    ),
  },
  { query: created('Win32_Service') },
  { query: created('Win32_SystemDriver', " AND TargetInstance.Name LIKE 'abc%'") },
  { query: 'SELECT * FROM Win32_VolumeChangeEvent WHERE EventType = 2' },
  { query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName LIKE '%.exe'" },
  { query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName LIKE '%e%'" },
  { query: created('Win32_Process', " AND TargetInstance.Name = 'LogonUI.exe'") },
  { query: modified('Win32_LogicalDisk', ' AND TargetInstance.FreeSpace < 1073741824') },
  { query: 'SELECT * FROM Win32_VolumeChangeEvent' },
  { query: created('Win32_LogicalDisk', ' AND TargetInstance.DriveType = 2') },
  { query: created('Win32_DiskDrive', " AND TargetInstance.InterfaceType = 'USB'") },
  { query: created('Win32_USBControllerDevice') },
  { query: 'SELECT * FROM Win32_DeviceChangeEvent WHERE EventType = 2' },
  {
    query:
      "SELECT * FROM RegistryValueChangeEvent WHERE Hive='HKEY_LOCAL_MACHINE' AND KeyPath='SOFTWARE\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run' AND ValueName='x'",
  },
  {
    query:
      "SELECT * FROM RegistryTreeChangeEvent WHERE Hive='HKEY_LOCAL_MACHINE' AND RootPath='SOFTWARE\\\\Policies\\\\Microsoft\\\\Windows Defender'",
  },
  { query: "SELECT * FROM RegistryKeyChangeEvent WHERE Hive='HKEY_USERS' AND KeyPath='S-1-5-21\\\\Foo'" },
  {
    query:
      "SELECT * FROM __InstanceDeletionEvent WITHIN 10 WHERE TargetInstance ISA '__FilterToConsumerBinding'",
  },
  {
    query:
      "SELECT * FROM __InstanceOperationEvent WITHIN  5WHERE TargetInstance ISA '__EventConsumer' OR TargetInstance ISA '__EventFilter' OR TargetInstance ISA '__FilterToConsumerBinding'",
  },
  { query: created('CommandLineEventConsumer') },
  { query: 'SELECT * FROM __NamespaceCreationEvent' },
  { query: 'SELECT * FROM MSFT_WmiProvider_LoadOperationEvent' },
  { query: "SELECT * FROM Win32_ModuleLoadTrace WHERE FileName LIKE '%evil.dll'" },
  {
    query: created(
      'CIM_DataFile',
      " AND TargetInstance.Drive = 'C:' AND TargetInstance.Path = '\\\\temp\\\\' AND TargetInstance.Extension = 'docx'",
    ),
  },
  {
    query: created(
      'CIM_DirectoryContainsFile',
      ' AND TargetInstance.GroupComponent = "Win32_Directory.Name=\\"c:\\\\\\\\drop\\""',
    ),
  },
  { query: modified('Win32_NetworkAdapterConfiguration', ' AND TargetInstance.IPEnabled = TRUE') },
  { query: 'SELECT * FROM Win32_IP4RouteTableEvent' },
  {
    query:
      'SELECT * FROM __InstanceOperationEvent WITHIN 30 WHERE ((__CLASS = "__InstanceCreationEvent" OR __CLASS = "__InstanceModificationEvent") AND TargetInstance ISA "CIM_DataFile") AND (TargetInstance.Extension = "txt")',
  },
  { query: log(" AND TargetInstance.EventCode = 4625 AND TargetInstance.InsertionStrings[5] = 'magic'") },
  { query: 'SELECT * FROM Win32_PowerManagementEvent WHERE EventType = 7' },
  { query: 'SELECT * FROM WmiMonitorBrightnessEvent' },
  { query: 'SELECT * FROM Win32_ComputerShutdownEvent WHERE Type = 1' },
  { query: 'SELECT * FROM Win32_ComputerShutdownEvent WHERE Type = 0' },
  { query: 'select * from MSFT_SCMEventLogEvent' },
  {
    query:
      'SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA "Win32_Processor" AND TargetInstance.LoadPercentage > 99',
  },
  { query: created('Win32_UserAccount') },
  { query: created('Win32_ScheduledJob') },
  { query: created('Win32_PrintJob') },
  { query: created('Win32_Share') },
  { query: created('Vendor_Thing', ' AND TargetInstance.Level > 3') },
  { query: 'SELECT * FROM VendorEvent' },
  { query: 'SELECT * FROM AntiVirusProduct' },
  { query: "SELECT Name FROM Win32_Process WHERE Name = 'x.exe'" },
  { query: 'SELECT * FROM __InstanceOperationEvent WITHIN 1' },
  {
    query:
      "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Process' AND 1 = 1",
  },
  { query: 'SELECT * FROM Win32_ThreadStartTrace' },
  {
    query:
      "SELECT * FROM __InstanceCreationEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Process' AND 1 = 2",
  },
  {
    query: created('Win32_Process', " AND TargetInstance.Name = 'winword.exe'").replace(
      '__InstanceCreationEvent',
      '__InstanceModificationEvent',
    ),
  },
  {
    query:
      "SELECT * FROM __InstanceCreationEvent WITHIN 3 WHERE (TargetInstance ISA 'Win32_LogonSession' AND TargetInstance.LogonType = 2) OR (TargetInstance ISA 'Win32_Process' AND TargetInstance.Name = 'taskmgr.exe')",
  },
  {
    query: log(
      ' AND TargetInstance.EventCode = 4740 GROUP WITHIN 300 BY TargetInstance.SourceName HAVING NumberOfEvents > 5',
    ),
  },
  // What a describer's own words do not express is told behind them.
  {
    query: log(
      " AND TargetInstance.LogFile = 'Security' AND TargetInstance.EventCode >= 4720 AND TargetInstance.EventCode <= 4726",
    ),
  },
  { query: log(" AND TargetInstance.LogFile = 'Application' AND TargetInstance.EventCode = 104") },
  { query: log(" AND TargetInstance.SourceName = 'AcmeApp' AND TargetInstance.EventCode = 4625") },
  { query: log(" AND TargetInstance.EventCode = 4625 AND TargetInstance.Message LIKE '%Logon Type:%3%'") },
  { query: log(" AND TargetInstance.EventCode = 4625 AND NOT TargetInstance.Message LIKE '%bob%'") },
  { query: log(" AND TargetInstance.EventCode = 4624 AND TargetInstance.Message LIKE '%krbsvc%'") },
  {
    query: log(
      " AND ((TargetInstance.EventCode = 4624 AND TargetInstance.Message LIKE '%amy%') OR TargetInstance.EventCode = 4625)",
    ),
  },
  { query: created('Win32_LogonSession', ' AND TargetInstance.LogonType <> 3') },
  { query: created('Win32_LoggedOnUser', ` AND TargetInstance.Antecedent LIKE '%Name="bob"%'`) },
  {
    query:
      "SELECT * FROM __InstanceDeletionEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_LogonSession' AND TargetInstance.LogonType = 2",
  },
  { query: modified('Win32_Service', ' AND TargetInstance.State <> PreviousInstance.State') },
  {
    query: modified(
      'Win32_Service',
      " AND ((TargetInstance.Name = 'A' AND TargetInstance.State = 'Stopped') OR TargetInstance.Name = 'B')",
    ),
  },
  {
    query: modified(
      'Win32_Service',
      " AND TargetInstance.State = 'Stopped' AND TargetInstance.StartMode = 'Auto'",
    ),
  },
  { query: modified(PERF, ' AND TargetInstance.SystemUpTime > 400 AND TargetInstance.SystemUpTime < 200') },
  { query: modified('Win32_OperatingSystem', ' AND TargetInstance.FreePhysicalMemory < 100000') },
  { query: created('Win32_Process', " AND TargetInstance.Name LIKE '[a-m]%'") },
  { query: created('Win32_Process', " AND TargetInstance.ExecutablePath LIKE '%\\\\Temp\\\\%'") },
  { query: created('Win32_GroupUser', " AND TargetInstance.GroupComponent LIKE '%Administrators%'") },
  { query: modified('Win32_Battery', ' AND TargetInstance.EstimatedChargeRemaining < 20') },
  { query: "SELECT * FROM Win32_VolumeChangeEvent WHERE EventType = 3 AND DriveName = 'E:'" },
  { query: "SELECT * FROM __TimerEvent WHERE TimerID LIKE 'a%'" },
  { query: 'SELECT * FROM __Event' },
  { query: 'SELECT * FROM __ExtrinsicEvent' },
  { query: 'SELECT * FROM __ConsumerFailureEvent' },
  { query: 'SELECT * FROM __ClassModificationEvent' },
  { query: 'SELECT * FROM Win32_ProcessTrace' },
  { query: 'SELECT * FROM Win32_SystemTrace' },
  {
    query: modified(PERF, ' AND TargetInstance.SystemUpTime >= 3600 AND TargetInstance.SystemUpTime < 3700'),
  },
  { query: 'ASSOCIATORS OF {Win32_X.Name="a"}' },
  { query: 'SELECT * FORM nowhere; \u001b[31m' },
  { query: 'SELECT * FROM X', queryLanguage: 'XQL' },
  { query: undefined },
]
