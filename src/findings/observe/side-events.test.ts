import { expect, test } from 'vitest'
import { judge } from '../judge/index.ts'
import { activation, investigate, sampleEvent } from '../records.suite.ts'

const DEFENDER = {
  provider: 'Microsoft-Windows-Windows Defender',
  channel: 'Microsoft-Windows-Windows Defender/Operational',
}
const found = (processName: string, path: string) =>
  sampleEvent(
    DEFENDER,
    1116,
    { 'Threat Name': 'Trojan:VBS/Mountsi.A!ml', 'Process Name': processName, Path: path },
    { time: '2024-05-01T10:05:00Z' },
  )

test('malware that Defender finds in the script host shows that the consumer ran', () => {
  const { subscriptions } = investigate([
    activation({
      filter: 'F',
      query: 'SELECT * FROM X',
      consumerClass: 'ActiveScriptEventConsumer',
      consumer: 'C',
      properties: 'ScriptText = "x";',
    }),
    found('C:\\Windows\\System32\\wbem\\scrcons.exe', 'amsi:_C:\\Windows\\System32\\wbem\\scrcons.exe'),
  ])
  expect(subscriptions).toMatchObject([{ consumer: { name: 'C' }, state: 'executed' }])
  const [facts] = subscriptions
  expect(facts && judge(facts).reasons).toContainEqual(
    expect.objectContaining({
      id: 'lifecycle/executed',
      weight: 15,
      text: 'It has run: Defender found Trojan:VBS/Mountsi.A!ml in scrcons.exe',
    }),
  )
})

test('without any subscription in sight it stands by itself; malware anywhere else is none of ours', () => {
  expect(
    investigate([found('Unknown', 'amsi:_C:\\Windows\\System32\\wbem\\scrcons.exe')]).subscriptions,
  ).toHaveLength(1)
  expect(
    investigate([
      found('C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe', 'amsi:_powershell.exe'),
      found('C:\\Windows\\explorer.exe', 'file:_C:\\Users\\a\\scrcons.exe'),
    ]).subscriptions,
  ).toEqual([])
})
