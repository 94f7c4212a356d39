import { describe, expect, test } from 'vitest'
import type { EventRecord } from '../../records/event.ts'
import { judge } from '../judge/index.ts'
import type { Reason } from '../model.ts'
import { investigate, sampleEvent, sysmonBinding, sysmonConsumer, sysmonFilter } from '../records.suite.ts'

const WINRM = { provider: 'Microsoft-Windows-WinRM', channel: 'Microsoft-Windows-WinRM/Operational' }
const SHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
const MADE = '2024-05-01T10:00:00Z'
const BEFORE = '2024-05-01T09:58:00Z'

/** A subscription that LAB\eve makes on srv1 at ten. */
const making = (host = 'srv1.lab.example'): EventRecord[] => [
  sysmonFilter('F', 'SELECT * FROM Win32_ProcessStartTrace', { host, time: MADE }),
  sysmonConsumer('C', 'Command Line', 'C:\\Tools\\a.exe', { host, time: MADE }),
  sysmonBinding('F', 'CommandLineEventConsumer.Name="C"', { host, time: MADE }),
]

const shell = (client: string, time = BEFORE, options: { message?: string } = {}): EventRecord =>
  sampleEvent(
    WINRM,
    91,
    options.message === undefined ? { resourceUri: `${SHELL}${client}`, shellId: '4CB2EDD9' } : {},
    { host: 'srv1.lab.example', time, userSid: 'S-1-5-21-1-2-3-1105', ...options },
  )

const asks = (
  connection: string,
  options: { time?: string; userSid?: string; host?: string } = {},
): EventRecord =>
  sampleEvent(
    WINRM,
    6,
    { connection },
    { host: 'ws7.lab.example', time: BEFORE, userSid: 'S-1-5-21-1-2-3-1105', ...options },
  )

function remote(records: readonly EventRecord[]): Reason | undefined {
  const { subscriptions } = investigate(records)
  expect(subscriptions).toHaveLength(1)
  const [facts] = subscriptions
  return facts === undefined
    ? undefined
    : judge(facts).reasons.find(({ id }) => id === 'provenance/remote-logon')
}

describe('a session over WinRM around the making', () => {
  test('of the same account names the client that the shell was opened from, and weighs what a remote logon does', () => {
    expect(remote([...making(), shell(' (LAB\\eve clientIP: 10.1.1.7)')])).toMatchObject({
      weight: 15,
      text: 'Someone signed in over the network from 10.1.1.7 within five minutes of its making',
    })
  })

  test('is read from the message alone too', () => {
    const message = `Creating WSMan shell on server with ResourceUri: ${SHELL} (LAB\\eve clientIP: 10.1.1.7)`
    expect(remote([...making(), shell('', BEFORE, { message })])?.weight).toBe(15)
  })

  test.each([
    ['of another account', shell(' (LAB\\bob clientIP: 10.1.1.7)')],
    ['of the machine with itself', shell(' (LAB\\eve clientIP: 127.0.0.1)')],
    ['of the machine with itself over IPv6', shell(' (LAB\\eve clientIP: ::1)')],
    ['of an older Windows, which names no client', shell('')],
    ['of an hour before', shell(' (LAB\\eve clientIP: 10.1.1.7)', '2024-05-01T09:00:00Z')],
    ['to another machine', asks('srv2/wsman?PSVersion=5.1.14393.693')],
    ['of the machine with its own name', asks('srv1/wsman?PSVersion=5.1', { host: 'srv1.lab.example' })],
    ['to localhost', asks('localhost/wsman?PSVersion=5.1', { host: 'srv1.lab.example' })],
    ['that a service asked for', asks('srv1/wsman?PSVersion=5.1', { userSid: 'S-1-5-20' })],
  ])('%s says nothing', (_what, event) => {
    expect(remote([...making(), event])).toBeUndefined()
  })

  test.each([
    'srv1/wsman?PSVersion=5.1.14393.693',
    'SRV1.lab.example/wsman?PSVersion=5.1.14393.693',
    'https://srv1.lab.example:5986/wsman?PSVersion=5.1',
  ])('that the client recorded names the client: %s', (connection) => {
    expect(remote([...making(), asks(connection)])).toMatchObject({
      weight: 15,
      text: 'ws7.lab.example asked for a remote session (WinRM) on this host around the time it was made',
    })
  })

  test('a short name that two machines have says nothing of either', () => {
    const { subscriptions } = investigate([
      ...making(),
      ...making('srv1.other.example'),
      asks('srv1/wsman?PSVersion=5.1'),
    ])
    expect(subscriptions).toHaveLength(2)
    for (const facts of subscriptions)
      expect(facts.observations.map(({ context }) => context?.signal)).not.toContain('remote-logon')
  })
})
