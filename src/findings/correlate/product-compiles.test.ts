import { describe, expect, test } from 'vitest'
import { judge } from '../judge/index.ts'
import { activation, investigate, process, row, SECURITY, SYSMON, sampleEvent } from '../records.suite.ts'

const MOFCOMP = 'C:\\Windows\\System32\\wbem\\mofcomp.exe'
const WBEM = 'C:\\Windows\\System32\\wbem'
const CMD = 'C:\\Windows\\System32\\cmd.exe'
const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'
const SYSTEM = { User: 'NT AUTHORITY\\SYSTEM', IntegrityLevel: 'System' }
const USER = { User: 'LAB\\eve', IntegrityLevel: 'High' }
const SQL = 'C:\\Program Files (x86)\\Microsoft SQL Server\\150\\Shared\\sqlmgmproviderxpsp2up.mof'

function compile(file: string, parent: string, more: Readonly<Record<string, string>> = USER) {
  return process({
    Image: MOFCOMP,
    OriginalFileName: 'mofcomp.exe',
    CommandLine: `mofcomp.exe "${file}"`,
    ParentImage: parent,
    ...more,
  })
}

describe('a folder of administrators vouches for no definition by itself', () => {
  const REPORTED: readonly (readonly [string, ReturnType<typeof compile>, string, number])[] = [
    ['a shell', compile(`${WBEM}\\upd.mof`, POWERSHELL), 'medium', 35],
    ['a shell as SYSTEM', compile(`${WBEM}\\upd.mof`, CMD, SYSTEM), 'medium', 35],
    ['a web server', compile(`${WBEM}\\upd.mof`, 'C:\\Windows\\System32\\inetsrv\\w3wp.exe'), 'medium', 35],
    [
      'a web server, stock name',
      compile(`${WBEM}\\scm.mof`, 'C:\\Windows\\System32\\inetsrv\\w3wp.exe'),
      'medium',
      35,
    ],
    ['a shell, Program Files', compile('C:\\Program Files\\Dell\\upd.mof', CMD), 'medium', 35],
    ['another extension', compile('C:\\Windows\\System32\\upd.txt', CMD), 'medium', 50],
    ['a stock name elsewhere', compile('C:\\Windows\\System32\\cimwin32.mof', CMD), 'medium', 35],
    ['the desktop', compile(`${WBEM}\\upd.mof`, 'C:\\Windows\\explorer.exe'), 'informational', 10],
    ['a program of a user', compile(`${WBEM}\\upd.mof`, 'C:\\Users\\Public\\a.exe'), 'informational', 10],
    [
      "an installer's name",
      compile(`${WBEM}\\upd.mof`, 'C:\\Users\\Public\\msiexec.exe'),
      'informational',
      10,
    ],
    [
      'a program that is not elevated',
      compile('C:\\Program Files\\Acme\\a.mof', 'C:\\Program Files\\Acme\\a.exe', {
        IntegrityLevel: 'Medium',
      }),
      'informational',
      10,
    ],
    [
      'a bare name in the folder where the shell is',
      process({
        Image: MOFCOMP,
        CommandLine: 'mofcomp upd.mof',
        ParentImage: CMD,
        CurrentDirectory: `${WBEM}\\`,
      }),
      'medium',
      35,
    ],
    [
      'nobody that 4688 names',
      sampleEvent(SECURITY, 4688, {
        SubjectUserSid: 'S-1-5-21-1-2-3-1001',
        SubjectUserName: 'eve',
        NewProcessName: MOFCOMP,
        CommandLine: `mofcomp ${WBEM}\\upd.mof`,
      }),
      'informational',
      10,
    ],
  ]
  test.each(REPORTED)('reported: started by %s', (_, record, severity, score) => {
    const { subscriptions, dismissed } = investigate([record])
    expect(dismissed).toEqual([])
    expect(subscriptions).toHaveLength(1)
    for (const facts of subscriptions) expect(judge(facts)).toMatchObject({ severity, score })
  })

  const OWN: readonly (readonly [string, ReturnType<typeof compile>])[] = [
    ['servicing', compile(`${WBEM}\\new.mof`, 'C:\\Windows\\servicing\\TrustedInstaller.exe', SYSTEM)],
    ['ConfigMgr', compile('C:\\Windows\\CCM\\a.mof', 'C:\\Windows\\CCM\\CcmExec.exe', SYSTEM)],
    [
      'an installer',
      compile('C:\\Program Files\\Veeam\\Veeam.Backup.a.mof', 'C:\\Windows\\System32\\msiexec.exe', SYSTEM),
    ],
    ['the setup of SQL Server', compile(SQL, 'D:\\x64\\ScenarioEngine.exe')],
    ['an administrator who repairs SQL Server', compile(SQL, CMD)],
    ['an administrator who repairs WMI', compile(`${WBEM}\\scm.mof`, POWERSHELL)],
    ['a driver', compile(`${WBEM}\\CxAudioSvc_a.mof`, 'C:\\Windows\\System32\\CxAudioSvc.exe', SYSTEM)],
    [
      'a setup in Downloads',
      compile('C:\\Program Files\\Acme\\a.mof', 'C:\\Users\\eve\\Downloads\\setup.exe'),
    ],
    [
      'an agent in its own folder',
      compile('C:\\Program Files\\Acme\\a.mof', 'C:\\Program Files\\Acme\\agent.exe', SYSTEM),
    ],
  ]
  test.each(OWN)('dismissed with the reason: %s', (_, record) => {
    const { subscriptions, dismissed } = investigate([record])
    expect(subscriptions).toEqual([])
    expect(dismissed).toHaveLength(1)
    expect(dismissed[0]?.reason).toMatch(/^servicing: /)
  })
})

test('a shell that an installer starts is the installer’s, and so is what the shell starts', () => {
  const line = 'cmd.exe /c mofcomp "C:\\Program Files\\Acme\\agent.mof"'
  const shell = process({
    Image: CMD,
    CommandLine: line,
    ParentImage: 'C:\\Windows\\System32\\msiexec.exe',
    ...SYSTEM,
  })
  const child = compile('C:\\Program Files\\Acme\\agent.mof', CMD, { ...SYSTEM, ParentCommandLine: line })
  expect(investigate([shell, child]).subscriptions).toEqual([])
  expect(investigate([child]).subscriptions).toHaveLength(1)
})

test('integrity reads the same from Sysmon, 4688 and Defender', () => {
  const file = 'C:\\Program Files\\Acme\\a.mof'
  const parent = 'C:\\Program Files\\Acme\\a.exe'
  const defender = (level: string) =>
    row('DeviceProcessEvents', {
      DeviceName: 'PC1',
      FolderPath: MOFCOMP,
      FileName: 'mofcomp.exe',
      ProcessCommandLine: `mofcomp "${file}"`,
      InitiatingProcessFolderPath: parent,
      InitiatingProcessFileName: 'a.exe',
      AccountName: 'eve',
      ProcessIntegrityLevel: level,
    })
  const security = (level: string) =>
    sampleEvent(SECURITY, 4688, {
      SubjectUserSid: 'S-1-5-21-1-2-3-1001',
      NewProcessName: MOFCOMP,
      CommandLine: `mofcomp "${file}"`,
      ParentProcessName: parent,
      MandatoryLabel: level,
    })
  for (const record of [
    defender('Medium'),
    security('S-1-16-8192'),
    compile(file, parent, { IntegrityLevel: 'Medium' }),
  ])
    expect(investigate([record]).subscriptions).toHaveLength(1)
  for (const record of [defender('High'), security('S-1-16-12288'), compile(file, parent)])
    expect(investigate([record]).subscriptions).toEqual([])
})

test('a repair that compiles many of Windows’ own files is dismissed in one line', () => {
  const repair = ['cimwin32', 'rsop', 'cli', 'scm', 'snmp', 'ntevt'].map((name) =>
    process({
      Image: MOFCOMP,
      CommandLine: `mofcomp ${name}.mof`,
      ParentImage: CMD,
      CurrentDirectory: `${WBEM}\\`,
    }),
  )
  const { subscriptions, dismissed } = investigate(repair)
  expect(subscriptions).toEqual([])
  expect(dismissed).toHaveLength(1)
  expect(dismissed[0]?.what).toContain('and 3 more files')
  expect(dismissed[0]?.from).toHaveLength(6)
})

test('a repair of WMI is no maker of what the restarted service announces, but of what appears by itself', () => {
  const repair = compile(`${WBEM}\\cimwin32.mof`, CMD)
  const at = (name: string) =>
    activation({
      filter: name,
      query: "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'a.exe'",
      consumerClass: 'CommandLineEventConsumer',
      consumer: name,
      properties: 'CommandLineTemplate = "C:\\\\Tools\\\\a.exe";',
    })
  const restarted = investigate([repair, at('Agent'), at('Backup')])
  for (const facts of restarted.subscriptions)
    expect(judge(facts).reasons.map(({ id }) => id)).not.toContain('host/mofcomp-parent')
  expect(restarted.dismissed).toHaveLength(1)
  const alone = investigate([repair, at('Agent')])
  expect(alone.dismissed).toEqual([])
  for (const facts of alone.subscriptions)
    expect(judge(facts).reasons.map(({ id }) => id)).toContain('host/mofcomp-parent')
})

test("a file that was written under the name of Windows' own definition is not Windows' own", () => {
  const write = (Image: string) =>
    sampleEvent(SYSMON, 11, { Image, TargetFilename: `${WBEM}\\wmi.mof`, User: 'LAB\\eve' })
  const run = compile(`${WBEM}\\wmi.mof`, CMD)
  const [facts, ...more] = investigate([write(POWERSHELL), run]).subscriptions
  expect(more).toEqual([])
  expect(facts === undefined ? undefined : judge(facts)).toMatchObject({ severity: 'medium', score: 35 })
  expect(facts === undefined ? [] : judge(facts).reasons.map(({ id }) => id)).toContain(
    'host/mofcomp-written',
  )
  for (const harmless of [[run], [write(POWERSHELL)], [write('C:\\Windows\\System32\\msiexec.exe'), run]])
    expect(investigate(harmless).subscriptions).toEqual([])
})

test('without a command line it is told that mofcomp ran, by who started it', () => {
  const started = (parent: string) =>
    sampleEvent(SECURITY, 4688, {
      SubjectUserSid: 'S-1-5-18',
      SubjectUserName: 'PC1$',
      NewProcessName: MOFCOMP,
      ParentProcessName: parent,
    })
  for (const parent of ['C:\\Windows\\System32\\inetsrv\\w3wp.exe', CMD]) {
    const [facts, ...more] = investigate([started(parent)]).subscriptions
    expect(more).toEqual([])
    const judgement = facts === undefined ? undefined : judge(facts)
    expect(judgement).toMatchObject({ severity: 'medium', score: 35, confidence: 'low' })
    expect(judgement?.explanation.action).toContain('its command line is not recorded')
  }
  for (const parent of [
    'C:\\Windows\\servicing\\TrustedInstaller.exe',
    'C:\\Windows\\System32\\svchost.exe',
  ]) {
    const { subscriptions, dismissed } = investigate([started(parent)])
    expect(subscriptions).toEqual([])
    expect(dismissed).toHaveLength(1)
  }
})

test('one start in two logs, of which one has the command line, is one start', () => {
  const security = (time: string) =>
    sampleEvent(
      SECURITY,
      4688,
      { SubjectUserSid: 'S-1-5-18', NewProcessName: MOFCOMP, ParentProcessName: CMD },
      { time },
    )
  const stock = compile(`${WBEM}\\scm.mof`, CMD)
  const evil = compile(`${WBEM}\\upd.mof`, CMD)
  expect(investigate([stock, security('2024-05-01T10:00:01Z')]).subscriptions).toEqual([])
  expect(investigate([evil, security('2024-05-01T10:00:01Z')]).subscriptions).toHaveLength(1)
  expect(investigate([stock, security('2024-05-01T11:00:00Z')]).subscriptions).toHaveLength(1)
})
