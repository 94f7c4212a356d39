import { describe, expect, test } from 'vitest'
import {
  activation,
  investigate,
  POWERSHELL,
  process,
  row,
  SECURITY,
  SYSMON,
  sampleEvent,
  sysmonFilter,
  type Triad,
  WMI,
} from '../records.suite.ts'

const TRIAD: Triad = {
  filter: 'F',
  query: 'SELECT * FROM X',
  consumerClass: 'NTEventLogEventConsumer',
  consumer: 'C',
  properties: 'SourceName = "S";',
}
const missing = (records: Parameters<typeof investigate>[0], host = 'PC1'): string[] =>
  investigate(records)
    .blindSpots.filter((spot) => spot.host === host)
    .map((spot) => spot.missing)

describe('what a host lacks', () => {
  test('each kind that is there is not named as missing', () => {
    const full = missing([
      activation(TRIAD),
      sysmonFilter('F', 'SELECT * FROM X', { operation: 'Modified' }),
      process({ Image: 'x.exe', CommandLine: 'x' }),
      sampleEvent(SECURITY, 4624, { LogonType: '2' }),
      sampleEvent(POWERSHELL, 4104, { ScriptBlockText: '1', MessageTotal: '1', ScriptBlockId: 'a' }),
    ])
    expect(full.filter((text) => !text.includes(' before '))).toEqual([
      'the WMI repository or a listing of stored objects',
    ])
  })

  test('Sysmon without WMI events, and with creations only, are told apart', () => {
    expect(missing([process({ Image: 'x.exe' })])).toContain('Sysmon 19, 20 and 21 (WMI events)')
    const created = missing([sysmonFilter('F', 'SELECT * FROM X')])
    expect(created).toContain('Sysmon 19 to 21 with Operation Modified or Deleted')
    expect(created).not.toContain('Sysmon 19, 20 and 21 (WMI events)')
  })

  test('process creation without command lines', () => {
    expect(missing([sampleEvent(SECURITY, 4688, { NewProcessName: 'x.exe', CommandLine: '' })])).toContain(
      'command lines in process creation events',
    )
  })

  test('events of which only the message was forwarded', () => {
    const message = 'Namespace = //./root/cimv2; NotificationQuery = q; UserName = u; ClientProcessID = 1'
    expect(missing([sampleEvent(WMI, 5860, {}, { message })])).toContain(
      'fields of 1 WMI-Activity events: only their message was forwarded',
    )
  })

  test('a stopped Sysmon, and a log without events on days on which others have some', () => {
    const day = (number: number, event: (time: string) => Parameters<typeof investigate>[0][number]) =>
      event(`2024-05-0${number}T12:00:00Z`)
    const spots = missing([
      ...[1, 5].map((number) => day(number, (time) => activation(TRIAD, { time }))),
      ...[1, 2, 3, 4, 5].map((number) => day(number, (time) => process({ Image: 'x.exe' }, { time }))),
      sampleEvent(SYSMON, 4, { State: 'Stopped' }, { time: '2024-05-03T00:00:00Z' }),
    ])
    expect(spots).toContain('Sysmon while it was stopped (1 times, first 2024-05-03T00:00:00Z)')
    expect(spots).toContain(
      'the WMI-Activity log on 3 days from 2024-05-02 while other logs of the host have events',
    )
  })

  test('a script of which a fragment never came', () => {
    const fragment = (number: string, id: string) =>
      sampleEvent(POWERSHELL, 4104, {
        MessageNumber: number,
        MessageTotal: '2',
        ScriptBlockText: `Get-Date # ${number}`,
        ScriptBlockId: id,
      })
    expect(missing([fragment('1', 'a'), fragment('2', 'b'), fragment('2', 'a')])).toContain(
      'fragments of 1 PowerShell script block (4104), the first 2024-05-01T10:00:00Z',
    )
  })

  test('errors of Sysmon, and a changed configuration, but not that of its installation', () => {
    const installed = [
      process({ Image: 'x.exe' }),
      sampleEvent(SYSMON, 16, { Configuration: 'c.xml' }, { time: '2024-05-01T10:00:05Z' }),
    ]
    expect(missing(installed).filter((text) => text.includes('configuration'))).toEqual([])
    const changed = missing([
      ...installed,
      sampleEvent(SYSMON, 16, { Configuration: 'thin.xml' }, { time: '2024-05-02T10:00:00Z' }),
      sampleEvent(SYSMON, 255, { ID: 'QUEUE', Description: 'Events dropped from driver queue' }),
    ])
    expect(changed).toContain(
      'what another Sysmon configuration would have kept: it was changed, the last time 2024-05-02T10:00:00Z',
    )
    expect(changed).toContain(
      'events that Sysmon lost: it reported 1 error (255), the first 2024-05-01T10:00:00Z',
    )
  })

  test('short and full name of one host are one host', () => {
    const { blindSpots } = investigate([
      activation(TRIAD, { host: 'pc1.lab.example' }),
      process({ Image: 'x.exe' }, { host: 'PC1' }),
    ])
    expect(new Set(blindSpots.map(({ host }) => host))).toEqual(new Set(['pc1.lab.example']))
    expect(blindSpots.map((spot) => spot.missing)).not.toContain('Sysmon events')
  })

  test('Defender rows count as the telemetry they are', () => {
    const spots = missing(
      [
        row('DeviceProcessEvents', {
          Timestamp: '2024-05-01T00:00:00Z',
          DeviceName: 'mde',
          FileName: 'x.exe',
        }),
      ],
      'mde',
    )
    expect(spots).not.toContain('process creation (Sysmon 1, Security 4688, DeviceProcessEvents)')
    expect(spots).toContain('logons (Security 4624, DeviceLogonEvents)')
  })
})
