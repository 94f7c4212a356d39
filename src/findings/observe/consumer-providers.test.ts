import { expect, test } from 'vitest'
import { judge } from '../judge/index.ts'
import { investigate, process, SYSMON, sampleEvent, WMI } from '../records.suite.ts'

function started(ProviderName: string, ProviderPath: string) {
  return sampleEvent(WMI, 5857, {
    ProviderName,
    Code: '0x0',
    HostProcess: 'wmiprvse.exe',
    ProcessID: '4',
    ProviderPath,
  })
}

const judged = (record: ReturnType<typeof started>) =>
  investigate([record]).subscriptions.map((facts) => judge(facts))

test.each([
  ['CommandLineEventConsumer', '%SystemRoot%\\system32\\wbem\\evil.dll', 'wbemcons.dll'],
  ['ActiveScriptEventConsumer', 'C:\\Windows\\System32\\wbem\\scrcons2.exe', 'scrcons.exe'],
  ['NTEventLogEventConsumer', 'C:\\Program Files\\Acme\\a.dll', 'wbemcons.dll'],
])(
  "%s served by another file than Windows' own is a foreign provider, wherever it lies",
  (name, path, own) => {
    const [judgement, ...more] = judged(started(name, path))
    expect(more).toEqual([])
    expect(judgement).toMatchObject({ verdict: 'malicious' })
    const reason = judgement?.reasons.find(({ id }) => id === 'host/foreign-provider')
    expect(reason?.text).toContain(`and not from ${own}`)
  },
)

test.each([
  ['CommandLineEventConsumer', '%systemroot%\\system32\\wbem\\wbemcons.dll'],
  ['ActiveScriptEventConsumer', 'C:\\WINDOWS\\system32\\wbem\\SCRCONS.EXE'],
  ['SMTPEventConsumer', '%SystemRoot%\\system32\\wbem\\smtpcons.dll'],
])('%s served by its own file is no foreign provider', (name, path) => {
  for (const { reasons } of judged(started(name, path)))
    expect(reasons.map(({ id }) => id)).not.toContain('host/foreign-provider')
})

test('a short encoded command below WMI is encoded too', () => {
  const child = (CommandLine: string) =>
    process({
      Image: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
      CommandLine,
      ParentImage: 'C:\\Windows\\System32\\wbem\\WmiPrvSE.exe',
      User: 'NT AUTHORITY\\SYSTEM',
    })
  expect(investigate([child('powershell -enc YwBhAGwAYwA=')]).subscriptions).toHaveLength(1)
  expect(
    investigate([child('powershell -ExecutionPolicy Bypass -File C:\\Scripts\\a.ps1')]).subscriptions,
  ).toEqual([])
})

test('a list whose content is not recorded is not said to have gained a file', () => {
  const { subscriptions } = investigate([
    sampleEvent(SYSMON, 13, {
      EventType: 'SetValue',
      Image: 'C:\\Windows\\System32\\reg.exe',
      TargetObject: 'HKLM\\SOFTWARE\\Microsoft\\WBEM\\CIMOM\\Autorecover MOFs',
      Details: 'Binary Data',
    }),
  ])
  const texts = subscriptions
    .map((facts) => judge(facts))
    .flatMap(({ reasons, explanation }) => [explanation.action, ...reasons.map(({ text }) => text)])
  expect(texts.join('\n')).not.toMatch(/put a file|A file outside/)
  expect(texts[0]).toContain('with what, is not recorded')
})
