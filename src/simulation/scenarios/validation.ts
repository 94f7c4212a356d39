import type { Scenario, SimulatedSubscription } from '../model.ts'
import { mofFile } from '../possible-cause.ts'
import { CMD, CREATOR, command, console, MOFCOMP, POWERSHELL, register, unregister, WMIC } from './acts.ts'

const byPowerShell: SimulatedSubscription = {
  namespace: 'root\\subscription',
  filter: {
    name: 'TriadTestFilter',
    query:
      "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_PerfFormattedData_PerfOS_System' AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325",
    eventNamespace: 'root\\cimv2',
  },
  consumer: {
    class: 'CommandLineEventConsumer',
    name: 'TriadTestConsumer',
    properties: { CommandLineTemplate: `${CMD} /c echo triad > C:\\Windows\\Temp\\triad-test.txt` },
  },
  creatorSid: CREATOR,
}

const POWERSHELL_SCRIPT = [
  "$filter = New-CimInstance -Namespace root/subscription -ClassName __EventFilter -Property @{Name = 'TriadTestFilter'; EventNamespace = 'root\\cimv2'; QueryLanguage = 'WQL'; Query = \"SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_PerfFormattedData_PerfOS_System' AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325\"}",
  "$consumer = New-CimInstance -Namespace root/subscription -ClassName CommandLineEventConsumer -Property @{Name = 'TriadTestConsumer'; CommandLineTemplate = 'C:\\Windows\\System32\\cmd.exe /c echo triad > C:\\Windows\\Temp\\triad-test.txt'}",
  'New-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding -Property @{Filter = [Ref]$filter; Consumer = [Ref]$consumer}',
]

/** Technique 1: PowerShell with CIM cmdlets and a command line consumer. */
export const powershellCommandLine: Scenario = {
  id: 'powershell-command-line',
  title: 'WMI subscription by PowerShell with a CommandLineEventConsumer',
  description:
    'Three CIM cmdlets in an interactive PowerShell create a filter on an uptime window, a command line consumer and their binding.',
  kind: 'validation',
  covers: ['C3', 'V1'],
  commands: POWERSHELL_SCRIPT,
  cleanup: [
    "Get-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding | Where-Object { $_.Filter.Name -eq 'TriadTestFilter' } | Remove-CimInstance",
    'Get-CimInstance -Namespace root/subscription -ClassName CommandLineEventConsumer -Filter "Name=\'TriadTestConsumer\'" | Remove-CimInstance',
    'Get-CimInstance -Namespace root/subscription -ClassName __EventFilter -Filter "Name=\'TriadTestFilter\'" | Remove-CimInstance',
  ],
  signals: [
    sysmon(19, 'the filter'),
    { ...sysmon(20, 'the consumer'), field: ['Type', 'Command Line'] },
    sysmon(21, 'the binding'),
    bound('CommandLineEventConsumer'),
  ],
  record(recorder) {
    console(recorder, POWERSHELL)
    recorder.wait(20_000)
    recorder.scriptBlock(POWERSHELL_SCRIPT.join('\r\n'))
    for (const name of ['__EventFilter', 'CommandLineEventConsumer', '__FilterToConsumerBinding']) {
      recorder.pipeline('New-CimInstance', [
        ['Namespace', 'root/subscription'],
        ['ClassName', name],
        ['Property', 'System.Collections.Hashtable'],
      ])
    }
    register(recorder, byPowerShell, { absolute: true })
  },
  stored: [byPowerShell],
}

const byWmic: SimulatedSubscription = {
  namespace: 'root\\subscription',
  filter: {
    name: 'TriadScriptFilter',
    query: "SELECT * FROM __InstanceCreationEvent WITHIN 10 WHERE TargetInstance ISA 'Win32_LogonSession'",
    eventNamespace: 'root\\cimv2',
  },
  consumer: {
    class: 'ActiveScriptEventConsumer',
    name: 'TriadScriptConsumer',
    properties: {
      ScriptingEngine: 'VBScript',
      ScriptText:
        'Set s = CreateObject("WScript.Shell") : s.Run "cmd.exe /c echo triad > C:\\Windows\\Temp\\triad-script.txt", 0',
    },
  },
  creatorSid: CREATOR,
}

const WMIC_COMMANDS = [
  'wmic /NAMESPACE:\\\\root\\subscription PATH __EventFilter CREATE Name="TriadScriptFilter", EventNamespace="root\\cimv2", QueryLanguage="WQL", Query="SELECT * FROM __InstanceCreationEvent WITHIN 10 WHERE TargetInstance ISA \'Win32_LogonSession\'"',
  'wmic /NAMESPACE:\\\\root\\subscription PATH ActiveScriptEventConsumer CREATE Name="TriadScriptConsumer", ScriptingEngine="VBScript", ScriptText="Set s = CreateObject(\\"WScript.Shell\\") : s.Run \\"cmd.exe /c echo triad > C:\\Windows\\Temp\\triad-script.txt\\", 0"',
  'wmic /NAMESPACE:\\\\root\\subscription PATH __FilterToConsumerBinding CREATE Filter="__EventFilter.Name=\\"TriadScriptFilter\\"", Consumer="ActiveScriptEventConsumer.Name=\\"TriadScriptConsumer\\""',
]

/** Technique 2: WMIC with a script consumer. */
export const wmicActiveScript: Scenario = {
  id: 'wmic-active-script',
  title: 'WMI subscription by WMIC with an ActiveScriptEventConsumer',
  description: 'Three wmic.exe commands create a filter on logons, a VBScript consumer and their binding.',
  kind: 'validation',
  covers: ['C1', 'V2'],
  commands: WMIC_COMMANDS,
  cleanup: [
    "wmic /NAMESPACE:\\\\root\\subscription PATH __FilterToConsumerBinding WHERE \"Filter='__EventFilter.Name=\\'TriadScriptFilter\\''\" DELETE",
    'wmic /NAMESPACE:\\\\root\\subscription PATH ActiveScriptEventConsumer WHERE Name="TriadScriptConsumer" DELETE',
    'wmic /NAMESPACE:\\\\root\\subscription PATH __EventFilter WHERE Name="TriadScriptFilter" DELETE',
  ],
  signals: [
    sysmon(19, 'the filter'),
    { ...sysmon(20, 'the consumer'), field: ['Type', 'Script'] },
    sysmon(21, 'the binding'),
    {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      eventId: 1,
      count: 3,
      field: ['CommandLine', '/NAMESPACE:\\\\root\\subscription'],
      what: 'wmic.exe with the namespace',
    },
    bound('ActiveScriptEventConsumer'),
  ],
  record(recorder) {
    console(recorder, CMD)
    recorder.wait(15_000)
    const [filter = '', consumer = '', binding = ''] = WMIC_COMMANDS
    command(recorder, WMIC, filter)
    recorder.filterWritten(byWmic)
    recorder.wait(8000)
    command(recorder, WMIC, consumer)
    recorder.consumerWritten(byWmic)
    recorder.wait(8000)
    command(recorder, WMIC, binding)
    recorder.bindingWritten(byWmic)
    recorder.bindingRegistered(byWmic)
  },
  stored: [byWmic],
}

const byMof: SimulatedSubscription = {
  namespace: 'root\\subscription',
  filter: {
    name: 'TriadMofFilter',
    query:
      "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_Process' AND TargetInstance.Name = 'notepad.exe'",
    eventNamespace: 'root\\cimv2',
  },
  consumer: {
    class: 'CommandLineEventConsumer',
    name: 'TriadMofConsumer',
    properties: { CommandLineTemplate: `${CMD} /c echo triad > C:\\Windows\\Temp\\triad-mof.txt` },
  },
  creatorSid: CREATOR,
}

const MOF_PATH = 'C:\\Users\\j.doe\\AppData\\Local\\Temp\\triad.mof'

/** Technique 3: a MOF file compiled by mofcomp. */
export const mofcomp: Scenario = {
  id: 'mofcomp',
  title: 'WMI subscription by MOF compilation',
  description: 'A .mof file is written to the Temp folder and compiled by mofcomp.exe.',
  kind: 'validation',
  covers: ['C9', 'V1'],
  commands: [`mofcomp.exe ${MOF_PATH}`],
  cleanup: [
    "Get-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding | Where-Object { $_.Filter.Name -eq 'TriadMofFilter' } | Remove-CimInstance",
    'Get-CimInstance -Namespace root/subscription -ClassName CommandLineEventConsumer -Filter "Name=\'TriadMofConsumer\'" | Remove-CimInstance',
    'Get-CimInstance -Namespace root/subscription -ClassName __EventFilter -Filter "Name=\'TriadMofFilter\'" | Remove-CimInstance',
    `Remove-Item ${MOF_PATH}`,
  ],
  signals: [
    {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      eventId: 1,
      count: 1,
      field: ['CommandLine', 'triad.mof'],
      what: 'mofcomp.exe with the path of the .mof',
    },
    sysmon(19, 'the filter'),
    { ...sysmon(20, 'the consumer'), field: ['Type', 'Command Line'] },
    sysmon(21, 'the binding'),
    {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      eventId: 11,
      count: 1,
      field: ['TargetFilename', '.mof'],
      what: 'the .mof in Temp',
    },
    bound('CommandLineEventConsumer'),
  ],
  record(recorder) {
    const shell = console(recorder, CMD)
    recorder.wait(10_000)
    recorder.fileCreated(shell, MOF_PATH)
    recorder.wait(5000)
    command(recorder, MOFCOMP, `mofcomp.exe ${MOF_PATH}`)
    register(recorder, byMof)
  },
  stored: [byMof],
  files: { 'triad.mof': mofFile(byMof) },
}

/** The clean-up of technique 1: what a removal leaves. */
export const cleanUp: Scenario = {
  id: 'clean-up',
  title: 'Removal of a test subscription',
  description: 'The subscription of technique 1 is created and, two hours later, removed with CIM cmdlets.',
  kind: 'variant',
  covers: ['M10'],
  ...(powershellCommandLine.commands === undefined ? {} : { commands: powershellCommandLine.commands }),
  ...(powershellCommandLine.cleanup === undefined ? {} : { cleanup: powershellCommandLine.cleanup }),
  signals: [
    { ...sysmon(21, 'the binding is made and removed'), count: 2 },
    { ...sysmon(20, 'the consumer is made and removed'), count: 2 },
    { ...sysmon(19, 'the filter is made and removed'), count: 2 },
  ],
  record(recorder) {
    powershellCommandLine.record(recorder)
    recorder.wait(2 * 3600_000)
    recorder.scriptBlock((powershellCommandLine.cleanup ?? []).join('\r\n'))
    unregister(recorder, byPowerShell, true)
  },
  deletes: [byPowerShell],
}

function sysmon(eventId: 19 | 20 | 21, what: string): Scenario['signals'][number] {
  return { channel: 'Microsoft-Windows-Sysmon/Operational', eventId, count: 1, what }
}

function bound(consumerClass: string): Scenario['signals'][number] {
  return {
    channel: 'Microsoft-Windows-WMI-Activity/Operational',
    eventId: 5861,
    count: 1,
    field: ['CONSUMER', consumerClass],
    what: 'the permanent binding with both objects',
  }
}
