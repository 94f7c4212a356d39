import { matchesLike } from './like.ts'
import type { TriggerProcess } from './model.ts'

type Role = Exclude<TriggerProcess['role'], 'other'>

/** Program file names (without `.exe`) and the names people know. One row a program: `names | label`. */
const PROGRAMS: Readonly<Record<Role, readonly string[]>> = {
  'analyst-tool': [
    'procexp procexp64 procexp64a processexplorer|Process Explorer',
    'procmon procmon64 procmon64a|Process Monitor',
    'processhacker systeminformer|Process Hacker',
    'autoruns autoruns64 autorunsc autorunsc64|Autoruns',
    'tcpview tcpview64 tcpvcon|TCPView',
    'wireshark tshark dumpcap|Wireshark',
    'sysmon sysmon64|Sysmon',
    'taskmgr|Task Manager',
    'regedit regedt32|Registry Editor',
    'perfmon resmon|Resource Monitor',
    'regmon filemon|a Sysinternals monitor',
    'fakenet inetsim apimonitor apimonitor-x64 apimonitor-x86|a malware analysis tool',
    'pe-sieve pe-sieve64 pe-sieve32 hollows_hunter hollows_hunter64 pe-bear scylla hxd|a malware analysis tool',
    'tasklist netstat rammap vmmap pslist pslist64|a process or connection viewer',
    'eventvwr|Event Viewer',
    'wbemtest|WMI tester',
    'fiddler|Fiddler',
    'x64dbg x32dbg ollydbg windbg windbgx dbgview immunitydebugger|a debugger',
    'ida ida64 idaq idaq64 ghidra ghidrarun dnspy ilspy|a disassembler',
    'volatility winpmem dumpit magnetramcapture ftkimager|a memory acquisition tool',
    'kape velociraptor thor loki chainsaw hayabusa gkape|a forensic collection tool',
    'procdump procdump64|ProcDump',
    'pestudio peid peview die exeinfope|a program analysis tool',
    'networkminer netmon smsniff|a network monitor',
    'osqueryi osqueryd|osquery',
    'regshot|Regshot',
    'gmer rootkitrevealer tdsskiller|a rootkit scanner',
    'handle handle64 listdlls listdlls64 strings strings64 sigcheck sigcheck64|a Sysinternals tool',
    'winobj accesschk accesschk64|a Sysinternals tool',
  ],
  'security-product': [
    'msmpeng mpcmdrun nissrv mpdefendercoreservice msascuil securityhealthservice securityhealthsystray|Microsoft Defender',
    'mssense sensecncproxy senseir sensendr sensesampleuploader|Microsoft Defender for Endpoint',
    'smartscreen|SmartScreen',
    'csfalconservice csfalconcontainer csagent|CrowdStrike Falcon',
    'cb cbcomms repmgr repux repwsc confer carbonblack cbdefense|Carbon Black',
    'sentinelagent sentinelservicehost sentinelstaticengine sentinelui|SentinelOne',
    'cylancesvc cylanceui|Cylance',
    'elastic-agent elastic-endpoint winlogbeat|Elastic',
    'avp avpui kavfs klnagent|Kaspersky',
    'ekrn egui|ESET',
    'avastsvc avastui aswidsagent|Avast',
    'avgsvc avgui avgnt avguard avshadow|AVG or Avira',
    'bdservicehost bdagent vsserv epsecurityservice|Bitdefender',
    'mcshield mfemms mfetp masvc macmnsvc mcafee|McAfee',
    'ccsvchst smc sepwscsvc symantec|Symantec',
    'savservice sophosfs sophosui sophoshealth sophosntpservice hmpalert almon|Sophos',
    'mbam mbamservice mbamtray|Malwarebytes',
    'ntrtscan pccntmon tmlisten coreserviceshell tmccsf|Trend Micro',
    'fortiedr fortitray forticlient|Fortinet',
    'xagt xagtnotif|Trellix',
    'traps cyserver cytray cyveraservice|Cortex XDR',
    'wrsa|Webroot',
    'splunkd splunk nxlog wazuh-agent ossec-agent|a log collector',
    '360tray 360sd zhudongfangyu qqpctray kxescore kxetray|a security product',
    'mssecflt msseces|Microsoft Security Essentials',
  ],
  'common-app': [
    'notepad|Notepad',
    'mmc|the Management Console',
    'notepad++|Notepad++',
    'calc calculator calculatorapp|Calculator',
    'winword|Microsoft Word',
    'excel|Microsoft Excel',
    'outlook|Microsoft Outlook',
    'powerpnt|Microsoft PowerPoint',
    'onenote|Microsoft OneNote',
    'acrord32 acrobat|Adobe Acrobat',
    'chrome|Google Chrome',
    'firefox|Firefox',
    'msedge|Microsoft Edge',
    'iexplore|Internet Explorer',
    'opera|Opera',
    'explorer|the Windows desktop',
    'cmd|the command prompt',
    'powershell pwsh powershell_ise|PowerShell',
    'teams ms-teams|Microsoft Teams',
    'onedrive|OneDrive',
    'skype|Skype',
    'putty|PuTTY',
    'mstsc|Remote Desktop',
    'keepass|KeePass',
    'lastpass 1password|a password manager',
    'vlc|VLC',
    'paint mspaint|Paint',
    'logonui|the Windows sign-in and lock screen',
    'winlogon userinit|the Windows sign-in program',
  ],
}

interface Program {
  readonly name: string
  readonly label: string
  readonly role: Role
}

const ALL: readonly Program[] = Object.entries(PROGRAMS).flatMap(([role, rows]) =>
  rows.flatMap((row) => {
    const [names = '', label = ''] = row.split('|')
    return names.split(' ').map((name) => ({ name, label, role: role as Role }))
  }),
)
const BY_NAME: ReadonlyMap<string, Program> = new Map(ALL.map((program) => [program.name, program]))

const MIN_LITERAL = 3

/** Letters and digits that a LIKE pattern demands, without the ending that every program has: `%.exe` demands none. */
export function demandedBy(pattern: string): string {
  return pattern
    .replace(/\[[^\]]{0,64}\]/g, '')
    .replace(/\.?exe[%_]*$/i, '')
    .replace(/[^a-z0-9]/gi, '')
}

/** What kind of program a file name or path is; a LIKE pattern is tried against every program in the list. */
export function describeProgram(text: string, isPattern = false): TriggerProcess {
  if (isPattern && /[%_[]/.test(text)) {
    // A pattern that fits everything means nobody.
    if (demandedBy(text).length < MIN_LITERAL) return { name: text, role: 'other' }
    const found = ALL.find(
      ({ name }) => matchesLike(text, `${name}.exe`) || matchesLike(text, `c:\\x\\${name}.exe`),
    )
    return found === undefined
      ? { name: text, role: 'other' }
      : { name: text, label: found.label, role: found.role }
  }
  const base = (text.split(/[\\/]/).at(-1) ?? text).toLowerCase().replace(/\.(?:exe|com|scr)$/, '')
  const found = BY_NAME.get(base)
  return found === undefined
    ? { name: text, role: 'other' }
    : { name: text, label: found.label, role: found.role }
}

/** Services of Windows and of security products whose stop blinds a defender; lower case. */
const SECURITY_SERVICES = new Set(
  `windefend wdnissvc sense wscsvc securityhealthservice mpssvc bfe eventlog sysmon sysmon64 sysmondrv wdfilter wdboot
  mpsdrv csagent csfalconservice carbonblack cbdefense cbdefensesensor sentinelagent cylancesvc elastic-agent
  elasticendpoint winlogbeat splunkforwarder nxlog wazuhsvc ossecsvc avp ekrn avast! bdservicehost mcshield mfemms
  masvc sepmasterservice sophos savservice mbamservice ntrtscan tmlisten xagt cyserver wrsvc msmpsvc samss wecsvc
  winmgmt velociraptor osqueryd`
    .split(/\s+/)
    .filter((name) => name !== ''),
)

/** Whether a service name (or LIKE pattern) names a service that protects or records. */
export function isSecurityService(name: string, isPattern = false): boolean {
  if (!isPattern) return SECURITY_SERVICES.has(name.toLowerCase())
  if (demandedBy(name).length < MIN_LITERAL) return false
  return [...SECURITY_SERVICES].some((service) => matchesLike(name, service))
}
