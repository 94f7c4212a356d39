import { expect, test } from 'vitest'
import type { Observation, SubscriptionFacts } from '../model.ts'
import { type JudgementContext, judge } from './index.ts'

/** The worked examples of SCORING section 5, in its numbering. Facts carry only what the example counts. */

interface Example {
  readonly title: string
  readonly facts: Partial<SubscriptionFacts>
  readonly context?: JudgementContext
  readonly score?: number
  readonly severity: string
  readonly verdict: string
  readonly reasons?: readonly string[]
}

const base = (facts: Partial<SubscriptionFacts>): SubscriptionFacts => ({
  id: 'example',
  namespace: 'root\\subscription',
  complete: facts.filter !== undefined && facts.consumer !== undefined && facts.binding !== undefined,
  state: 'bound',
  sightings: [
    {
      evidence: 'e',
      source: 'wmi-activity',
      eventId: 5861,
      recordId: 1,
      shows: ['filter', 'consumer', 'binding'],
    },
  ],
  observations: [],
  flags: {},
  ...facts,
})

const filter = (name: string, query: string) => ({
  name,
  query,
  queryLanguage: 'WQL',
  eventNamespace: 'root\\cimv2',
})
const script = (name: string, ScriptText: string, ScriptingEngine = 'VBScript') => ({
  class: 'ActiveScriptEventConsumer',
  name,
  properties: { ScriptingEngine, ScriptText },
})
const command = (name: string, CommandLineTemplate: string) => ({
  class: 'CommandLineEventConsumer',
  name,
  properties: { CommandLineTemplate },
})
const binding = { filter: 'f', consumer: 'c' }
const encoded = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')
const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'
const observation = (
  context: Observation['context'],
  operation: Observation['operation'] = 'created',
): Observation => ({
  operation,
  sighting: { evidence: 'e', source: 'security', eventId: 4624, recordId: 2, shows: ['attempt'] },
  ...(context === undefined ? {} : { context }),
})

const UPTIME =
  "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_PerfFormattedData_PerfOS_System' AND TargetInstance.SystemUpTime >= 300 AND TargetInstance.SystemUpTime < 400"
const CLOCK =
  "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_LocalTime' AND TargetInstance.Hour = 15 AND TargetInstance.Minute = 30 AND TargetInstance.Second = 40"
const TIMER = "SELECT * FROM __TimerEvent WHERE TimerID = 'fuckyoumm2_itimer'"
const PROCESS = "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'notepad.exe'"
const SERVICE = "SELECT * FROM __InstanceModificationEvent WITHIN 30 WHERE TargetInstance ISA 'Win32_Service'"
const rare: JudgementContext = { rarity: () => ({ firstSeen: true, prevalence: 0.001 }) }

const SCM = {
  filter: {
    ...filter('SCM Event Log Filter', 'select * from MSFT_SCMEventLogEvent'),
    creatorSid: 'S-1-5-32-544',
  },
  consumer: {
    class: 'NTEventLogEventConsumer',
    name: 'SCM Event Log Consumer',
    properties: {
      SourceName: 'Service Control Manager',
      NameOfUserSIDProperty: 'sid',
      Category: 0,
      EventType: 1,
    },
    creatorSid: 'S-1-5-32-544',
  },
  binding,
}

const STORED = encoded("iex ([wmiclass]'root\\cimv2:RacTask').Properties['s'].Value")
const REGISTRY = encoded('$d=(Get-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\x).y; iex (Decrypt $d)')

const EXAMPLES: readonly Example[] = [
  {
    title: 'E1 the stock SCM subscription',
    facts: SCM,
    severity: 'informational',
    verdict: 'known-good',
    reasons: ['known-good/KG-1'],
  },
  {
    title: 'E1 the stock names on a command line consumer',
    facts: { ...SCM, consumer: command('SCM Event Log Consumer', 'C:\\Tools\\a.exe') },
    severity: 'high',
    verdict: 'malicious',
    reasons: ['identity/impersonation'],
  },
  {
    title: 'E2 Dell Power Manager',
    facts: {
      filter: filter('DellCommandPowerManagerPolicyChangeEventFilter', SERVICE),
      consumer: script(
        'DellCommandPowerManagerPolicyChangeEventConsumer',
        'Set s = CreateObject("WScript.Shell")\ns.Run """C:\\Program Files\\Dell\\PowerManager\\DpmPowerPlanSetup.exe""", 0',
      ),
      binding,
    },
    context: { payloadFile: 'signed' },
    score: 7,
    severity: 'informational',
    verdict: 'unknown',
  },
  {
    title: 'E2 unsigned at the same path',
    facts: {
      filter: filter('DellCommandPowerManagerPolicyChangeEventFilter', SERVICE),
      consumer: script(
        'DellCommandPowerManagerPolicyChangeEventConsumer',
        'Set s = CreateObject("WScript.Shell")\ns.Run """C:\\Program Files\\Dell\\PowerManager\\DpmPowerPlanSetup.exe""", 0',
      ),
      binding,
    },
    context: { payloadFile: 'unsigned' },
    score: 44,
    severity: 'medium',
    verdict: 'suspicious',
  },
  {
    title: 'E3 POSHSPY',
    facts: {
      filter: filter('BfeOnServiceStartTypeChange', CLOCK),
      consumer: command('WindowsParentalControlsMigration', `${POWERSHELL} -NonI -W Hidden -enc ${STORED}`),
      binding,
    },
    score: 103,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E4 Turla, uptime filter',
    facts: {
      filter: filter('AD Bridge Filter', UPTIME),
      consumer: command('Syslog Consumer', `${POWERSHELL} -enc ${REGISTRY}`),
      binding,
    },
    context: rare,
    score: 100,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E4 Turla, clock filter',
    facts: {
      filter: filter('Log Adapter Filter', CLOCK),
      consumer: command('Syslog Consumer', `${POWERSHELL} -enc ${REGISTRY}`),
      binding,
    },
    context: rare,
    score: 98,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E5 WMIGhost',
    facts: {
      consumer: script(
        'ProbeScriptFint',
        "var u='http://a.example/x';var h=new ActiveXObject('Microsoft.XmlHttp');new ActiveXObject('WScript.Shell');",
        'JScript',
      ),
      binding,
      state: 'executed',
      flags: { modified: true, executed: true },
    },
    score: 97,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E6 Covenant lateral movement, all telemetry',
    facts: {
      filter: filter('WSUS_RP5ZB', PROCESS),
      consumer: script(
        'WSUS_QQTJ7',
        'Set f = CreateObject("System.Runtime.Serialization.Formatters.Binary.BinaryFormatter")',
      ),
      binding,
      state: 'transient',
      flags: { transient: true, executed: true },
      observations: [observation({ signal: 'remote-logon', remoteAddress: '172.18.39.5' })],
    },
    score: 104,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E6 with 5861 alone',
    facts: {
      filter: filter('WSUS_RP5ZB', PROCESS),
      consumer: script(
        'WSUS_QQTJ7',
        'Set f = CreateObject("System.Runtime.Serialization.Formatters.Binary.BinaryFormatter")',
      ),
      binding,
    },
    score: 69,
    severity: 'high',
    verdict: 'malicious',
  },
  {
    title: 'E7 Metasploit UPDATER',
    facts: {
      filter: filter(
        'UPDATER',
        "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_NTLogEvent' AND TargetInstance.EventCode = '4625' AND TargetInstance.Message LIKE '%BOB%'",
      ),
      consumer: command(
        'UPDATER',
        `powershell.exe -nop -w hidden -noni -e ${encoded(`powershell.exe -nop -w hidden -e ${encoded('whoami')}`)}`,
      ),
      binding,
    },
    score: 98,
    severity: 'critical',
    verdict: 'malicious',
    reasons: [
      'payload/encoded-powershell',
      'payload/decoded',
      'trigger/failed-logon',
      'identity/tool-default',
    ],
  },
  {
    title: 'E8 APTSimulator kills Process Explorer',
    facts: {
      filter: filter(
        'ProcessStartTrigger',
        "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'",
      ),
      consumer: script(
        'KillProcess',
        'Set p = GetObject("winmgmts:").ExecQuery("SELECT * FROM Win32_Process WHERE ProcessID = " & TargetEvent.ProcessID)\nFor Each o in p\no.Terminate()\nNext',
      ),
      binding,
    },
    context: rare,
    score: 60,
    severity: 'high',
    verdict: 'malicious',
  },
  {
    title: 'E9 MOF dropper on a database server, the subscription alone',
    facts: {
      filter: filter('f', "SELECT * FROM __TimerEvent WHERE TimerID = 't'"),
      consumer: script('c', 'u = "http://bad.example/xmrig.txt"'),
      binding,
      timer: { class: '__IntervalTimerInstruction', timerId: 't', intervalMilliseconds: 60_000 },
      observations: [
        observation({ image: 'C:\\Program Files\\Microsoft SQL Server\\MSSQL\\Binn\\sqlservr.exe' }),
      ],
    },
    score: 74,
    severity: 'high',
    verdict: 'malicious',
  },
  {
    title: 'E9 with the compiler seen',
    facts: {
      filter: filter('f', "SELECT * FROM __TimerEvent WHERE TimerID = 't'"),
      consumer: script('c', 'u = "http://bad.example/xmrig.txt"'),
      binding,
      timer: { class: '__IntervalTimerInstruction', timerId: 't', intervalMilliseconds: 60_000 },
      observations: [
        observation(
          {
            signal: 'mofcomp',
            image: 'C:\\Windows\\System32\\wbem\\mofcomp.exe',
            parentImage: 'C:\\x\\sqlservr.exe',
            mofPath: 'C:\\ProgramData\\a.mof',
          },
          'attempted',
        ),
      ],
    },
    score: 114,
    severity: 'critical',
    verdict: 'malicious',
  },
  {
    title: 'E10 MyKings',
    facts: {
      filter: filter('fuckyoumm2_filter', TIMER),
      consumer: script('fuckyoumm2_consumer', 'toff = "http://bad.example/a.txt"', 'JScript'),
      binding,
    },
    score: 84,
    severity: 'high',
    verdict: 'malicious',
  },
  {
    title: 'E12 a script consumer that nothing binds',
    facts: {
      consumer: script('Orphan', 'CreateObject("WScript.Shell").Run "x"'),
      state: 'partial',
      flags: { halfTriad: true },
    },
    score: 49,
    severity: 'medium',
    verdict: 'suspicious',
  },
  {
    title: 'E13 an in-house LogFile consumer',
    facts: {
      filter: filter(
        'PrintWatch',
        "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_LogonSession'",
      ),
      consumer: {
        class: 'LogFileEventConsumer',
        name: 'PrintLog',
        properties: { Filename: 'C:\\Logs\\print.txt', Text: '%TargetInstance.LogonId%' },
      },
      binding,
    },
    context: rare,
    score: 26,
    severity: 'low',
    verdict: 'unknown',
  },
  {
    title: 'E16 rundll32 at start, first seen',
    facts: {
      filter: filter('StartFilter', UPTIME),
      consumer: command(
        'StartConsumer',
        'C:\\Windows\\System32\\rundll32.exe C:\\Windows\\System32\\x.dll,Run',
      ),
      binding,
    },
    context: rare,
    score: 64,
    severity: 'high',
    verdict: 'malicious',
  },
  {
    title: 'E16 rundll32 at start, the bare object',
    facts: {
      filter: filter('StartFilter', UPTIME),
      consumer: command(
        'StartConsumer',
        'C:\\Windows\\System32\\rundll32.exe C:\\Windows\\System32\\x.dll,Run',
      ),
      binding,
    },
    score: 54,
    severity: 'medium',
    verdict: 'suspicious',
  },
]

test.each(EXAMPLES)('$title', ({ facts, context, score, severity, verdict, reasons = [] }) => {
  const judgement = judge(base(facts), context)
  const listed = judgement.reasons.map((reason) => `${reason.id} ${reason.weight}`).join('\n')
  if (score !== undefined) expect(judgement.score, listed).toBe(score)
  expect(judgement.severity, listed).toBe(severity)
  expect(judgement.verdict, listed).toBe(verdict)
  const ids = judgement.reasons.map((reason) => reason.id)
  for (const id of reasons) expect(ids).toContain(id)
  expect(judgement.reasons.reduce((sum, reason) => sum + reason.weight, 0)).toBe(judgement.score)
})
