import { describe, expect, test } from 'vitest'
import { createEvtxScanner } from '../../records/evtx/index.ts'
import { type EvtxEventInput, type WriteEvtxOptions, writeEvtx } from '../../records/evtx/write/index.ts'
import { defaultSelection } from '../../records/index.ts'
import { createInvestigation } from '../investigation.ts'
import { judge } from '../judge/index.ts'
import type { BlindSpot } from '../model.ts'
import {
  activation,
  possibleCause,
  SECURITY,
  SYSMON,
  sampleEvent,
  type Triad,
  WMI,
} from '../records.suite.ts'

const FILE_HEADER = 4096
const CHUNK = 65536
const CHUNK_HEADER = 512

const TRIAD: Triad = {
  filter: 'Updates',
  query: "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_LocalTime'",
  consumerClass: 'CommandLineEventConsumer',
  consumer: 'Updates',
  properties: 'CommandLineTemplate = "C:\\\\Tools\\\\update.exe";',
}
const STOCK: Triad = {
  filter: 'SCM Event Log Filter',
  query: 'select * from MSFT_SCMEventLogEvent',
  consumerClass: 'NTEventLogEventConsumer',
  consumer: 'SCM Event Log Consumer',
  properties: 'EventType = 1;\n\tNameOfUserSIDProperty = "sid";\n\tSourceName = "Service Control Manager";',
}

const minute = (number: number): string => new Date(Date.UTC(2024, 4, 1, 10, number)).toISOString()

/** One event a minute from 10:00, of a kind that nobody selects unless told otherwise. */
function events(
  channel: string,
  provider: string,
  count: number,
  recordId: number,
  eventId = 9999,
): EvtxEventInput[] {
  return Array.from({ length: count }, (_, index) => ({
    provider,
    channel,
    eventId,
    time: minute(index),
    computer: 'PC1',
    recordId: recordId + index,
    eventData: [['Name', `${index}`]],
  }))
}

const security = (count: number, recordId: number, eventId?: number): EvtxEventInput[] =>
  events(SECURITY.channel, SECURITY.provider, count, recordId, eventId)

/** 5861 as the service announces it at its start. */
function announced(triad: Triad, recordId: number, time: string): EvtxEventInput {
  return {
    provider: WMI.provider,
    channel: WMI.channel,
    eventId: 5861,
    time,
    computer: 'PC1',
    recordId,
    userData: {
      element: 'Operation_ESStoConsumerBinding',
      namespace: 'http://manifests.microsoft.com/win/2006/windows/WMI',
      fields: [
        ['Namespace', '//./root/subscription'],
        ['ESS', triad.filter],
        ['CONSUMER', `${triad.consumerClass}="${triad.consumer}"`],
        ['PossibleCause', possibleCause(triad)],
      ],
    },
  }
}

interface LogFile {
  readonly path: string
  readonly bytes: Uint8Array
}

const file = (
  path: string,
  list: readonly EvtxEventInput[],
  options?: WriteEvtxOptions,
  change: (bytes: Uint8Array) => void = () => undefined,
): LogFile => {
  const bytes = writeEvtx(list, options)
  change(bytes)
  return { path, bytes }
}

/** Reads the files as a scan does, with its selection and nothing else of them. */
function investigateFiles(
  files: readonly LogFile[],
): ReturnType<ReturnType<typeof createInvestigation>['finish']> {
  const investigation = createInvestigation({ report: () => undefined })
  for (const { path, bytes } of files) {
    const scanner = createEvtxScanner({
      evidence: path,
      source: path,
      selection: defaultSelection,
      sink: (event) => investigation.addEvent(event),
      report: () => undefined,
      log: (coverage) => investigation.addLog(coverage),
    })
    scanner.feed(bytes, 0)
    scanner.end()
  }
  return investigation.finish()
}

const about = (spots: readonly BlindSpot[], words: string): string[] =>
  spots.filter(({ missing }) => missing.includes(words)).map(({ missing }) => missing)

describe('where a log begins', () => {
  test('is told from the headers alone, with what was overwritten before, though no event was selected', () => {
    const { blindSpots } = investigateFiles([file('Security.evtx', security(20, 1000))])
    expect(about(blindSpots, 'the Security log')).toEqual([
      'the Security log before 2024-05-01T10:00:00Z: it covers the time from then to 2024-05-01T10:19:00Z; the 999 records before were overwritten or cleared',
    ])
    expect(new Set(blindSpots.map(({ host }) => host))).toEqual(new Set(['PC1']))
  })

  test('with the first record of all, says that nothing was overwritten', () => {
    const { blindSpots } = investigateFiles([file('Security.evtx', security(20, 1))])
    expect(about(blindSpots, 'from its very first record on')).toHaveLength(1)
    expect(about(blindSpots, 'overwritten')).toEqual([])
  })

  test('a log of which nothing is selected is there all the same', () => {
    const { blindSpots } = investigateFiles([
      file('s.evtx', events(SYSMON.channel, SYSMON.provider, 3, 1)),
      file('Security.evtx', security(3, 1, 4624)),
    ])
    expect(about(blindSpots, 'Sysmon events')).toEqual([])
    expect(about(blindSpots, 'Sysmon 19, 20 and 21 (WMI events)')).toHaveLength(1)
  })

  test('older files of the same log reach further back, and fill each other up', () => {
    const all = security(40, 1)
    const { blindSpots } = investigateFiles([
      file('Archive-Security-1.evtx', all.slice(0, 25)),
      file('Security.evtx', all.slice(20)),
    ])
    expect(about(blindSpots, 'the Security log')).toEqual([
      'the Security log before 2024-05-01T10:00:00Z: it covers the time from then to 2024-05-01T10:39:00Z, from its very first record on',
    ])
  })

  test('an empty log is named by its path', () => {
    const { blindSpots } = investigateFiles([
      file('logs/Microsoft-Windows-WMI-Activity%4Operational.evtx', []),
      file('logs/Microsoft-Windows-Store%4Operational.evtx', []),
      file('logs/Security.evtx', security(3, 1)),
    ])
    expect(blindSpots.filter(({ missing }) => missing.includes('is empty'))).toMatchObject([
      {
        host: 'PC1',
        missing:
          'any record in the WMI-Activity log: logs/Microsoft-Windows-WMI-Activity%4Operational.evtx is empty',
      },
    ])
  })

  test('a log that ends days before the others is told', () => {
    const { blindSpots } = investigateFiles([
      file('s.evtx', events(SYSMON.channel, SYSMON.provider, 3, 1)),
      file('Security.evtx', [
        ...security(3, 1),
        { ...security(1, 4)[0], time: '2024-05-09T00:00:00Z' } as EvtxEventInput,
      ]),
    ])
    expect(about(blindSpots, 'after')).toEqual([
      'the Sysmon log after 2024-05-01T10:02:00Z while other logs of the host go on until 2024-05-09T00:00:00Z',
    ])
  })
})

describe('holes in the numbers', () => {
  const options = { recordsPerChunk: 10 }
  const wipe = (bytes: Uint8Array): void => {
    bytes.fill(0, FILE_HEADER + CHUNK, FILE_HEADER + 2 * CHUNK)
  }

  test('records that were wiped are told with their numbers and times', () => {
    const { blindSpots } = investigateFiles([file('Security.evtx', security(40, 1), options, wipe)])
    expect(about(blindSpots, 'records of the Security log')).toEqual([
      '10 records of the Security log between the records 10 and 21 (2024-05-01T10:09:00Z to 2024-05-01T10:20:00Z)',
    ])
  })

  test('what a copy still has is no hole', () => {
    const { blindSpots } = investigateFiles([
      file('Security.evtx', security(40, 1), options, wipe),
      file('backup/Security.evtx', security(25, 1)),
    ])
    expect(about(blindSpots, 'records of the Security log')).toEqual([])
  })

  test('an export counts anew: only what it left out at least is told, and no start', () => {
    const chosen = security(60, 501, 4688).filter((_, index) => index % 3 === 0)
    const { blindSpots } = investigateFiles([file('export.evtx', chosen, {}, renumber)])
    expect(about(blindSpots, 'export')).toEqual([
      'at least 38 records of the Security log that this export or forwarded copy lacks between its first and its last',
      'the Security log before 2024-05-01T10:00:00Z: it covers the time from then to 2024-05-01T10:57:00Z, but as an export or a forwarded copy, which does not tell what it lacks',
    ])
    expect(about(blindSpots, 'overwritten')).toEqual([])
  })

  test('numbers of several machines in one log say nothing', () => {
    const { blindSpots } = investigateFiles([
      file(
        'forwarded.evtx',
        [
          ...security(2, 100, 4688),
          ...security(2, 900, 4688).map((event) => ({ ...event, computer: 'PC2' })),
        ],
        {},
        renumber,
      ),
    ])
    expect(about(blindSpots, 'records')).toEqual([])
  })

  test('a log of events from several channels, as collectors keep it, says nothing of any one of them', () => {
    const { blindSpots } = investigateFiles([
      file('ForwardedEvents.evtx', [
        ...security(3, 700, 4688),
        ...events(SYSMON.channel, SYSMON.provider, 3, 90, 1),
      ]),
    ])
    expect(about(blindSpots, 'records')).toEqual([])
    expect(about(blindSpots, ' before ')).toEqual([
      'the Sysmon log before 2024-05-01T10:00:00Z',
      'the Security log before 2024-05-01T10:00:00Z',
    ])
  })
})

describe('a machine that was renamed', () => {
  const under = (computer: string, list: readonly EvtxEventInput[]): EvtxEventInput[] =>
    list.map((event) => ({ ...event, computer }))
  const all = security(6, 1, 4688)
  const setup = under('WIN-SETUP', all.slice(0, 3))
  const later = under('PC1', all.slice(3))
  const of = (spots: readonly BlindSpot[], host: string): string[] =>
    spots.filter((spot) => spot.host === host).map(({ missing }) => missing)

  test('is one host, under its last name', () => {
    const { blindSpots } = investigateFiles([file('Security.evtx', [...setup, ...later])])
    expect(of(blindSpots, 'WIN-SETUP')).toEqual([
      'events under this name after 2024-05-01T10:02:00Z: the same logs go on as PC1, the machine was renamed',
    ])
    expect(of(blindSpots, 'PC1')).toContain(
      'the Security log before 2024-05-01T10:00:00Z: it covers the time from then to 2024-05-01T10:05:00Z, from its very first record on',
    )
  })

  test.each([
    [
      'whose records lie among each other',
      [
        file(
          'Security.evtx',
          under('A', all).map((event, index) => ({ ...event, computer: index % 2 === 0 ? 'A' : 'B' })),
        ),
      ],
    ],
    [
      'of which one has a log of its own',
      [file('Security.evtx', [...setup, ...later]), file('other.evtx', setup)],
    ],
    [
      'in a log of forwarded events',
      [
        file(
          'f.evtx',
          [...setup, ...later].map((event, index) => ({ ...event, recordId: 700 + index })),
          {},
          renumber,
        ),
      ],
    ],
  ])('is not taken from two names %s', (_what, files) => {
    expect(about(investigateFiles(files).blindSpots, 'renamed')).toEqual([])
  })
})

/** Record numbers in the headers counted from 1, as an export has them; the events keep their own. */
function renumber(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer)
  let number = 1n
  for (
    let at = FILE_HEADER + CHUNK_HEADER;
    view.getUint32(at, true) === 0x2a2a;
    at += view.getUint32(at + 4, true)
  ) {
    view.setBigUint64(at + 8, number, true)
    number += 1n
  }
}

describe('cleared logs', () => {
  const clearing = (eventId: number, fields: Record<string, string>, recovered?: true) =>
    sampleEvent(
      {
        provider: 'Microsoft-Windows-Eventlog',
        channel: eventId === 1102 ? 'Security' : 'System',
        userData: 'LogFileCleared',
      },
      eventId,
      { SubjectUserName: 'eve', SubjectDomainName: 'LAB', ...fields },
      recovered === undefined ? {} : { recovered },
    )
  const missing = (
    records: Parameters<ReturnType<typeof createInvestigation>['addEvent']>[0][],
  ): string[] => {
    const investigation = createInvestigation({ report: () => undefined })
    for (const record of records) investigation.addEvent(record)
    return about(investigation.finish().blindSpots, 'cleared')
  }

  test('with the account, also where only slack remembers it', () => {
    expect(missing([clearing(1102, {}, true)])).toEqual([
      'the log Security before 2024-05-01T10:00:00Z: it was cleared by LAB\\eve',
    ])
    expect(missing([clearing(104, { Channel: SYSMON.channel })])).toEqual([
      `the log ${SYSMON.channel} before 2024-05-01T10:00:00Z: it was cleared by LAB\\eve`,
    ])
  })

  test('hundreds of others are one line', () => {
    const others = Array.from({ length: 300 }, (_, index) =>
      clearing(104, { Channel: `Vendor-${1000 + index}/Admin` }),
    )
    expect(missing(others)).toEqual([
      'what 300 other logs held before they were cleared, among them Vendor-1000/Admin, Vendor-1001/Admin, Vendor-1002/Admin',
    ])
  })
})

describe('a subscription that is older than the log', () => {
  const wmi = (list: readonly EvtxEventInput[]): LogFile => file('wmi.evtx', list)
  const unseen = ({ subscriptions }: ReturnType<typeof investigateFiles>): string[] =>
    subscriptions
      .filter((facts) => judge(facts).reasons.some(({ id }) => id === 'provenance/unseen-making'))
      .map(({ consumer }) => consumer?.name ?? '')

  test('announced at a start of the service, says so, and the start of the log names it', () => {
    const result = investigateFiles([
      wmi([
        ...events(WMI.channel, WMI.provider, 3, 4000),
        announced(STOCK, 4003, minute(30)),
        announced(TRIAD, 4004, minute(30)),
      ]),
    ])
    expect(unseen(result)).toEqual(['Updates'])
    const reason = result.subscriptions
      .flatMap((facts) => judge(facts).reasons)
      .find(({ id }) => id === 'provenance/unseen-making')
    expect(reason).toMatchObject({ weight: 0, from: ['wmi.evtx#4004'] })
    expect(reason?.text).toContain('(2024-05-01T10:00:00Z to 2024-05-01T10:30:00Z)')
    expect(result.blindSpots.find(({ missing }) => missing.includes('the 3999 records before'))?.hides).toBe(
      'bindings registered, and provider failures, before that time, and with them the making of "Updates"',
    )
  })

  test('announced alone was made then, and says nothing of the kind', () => {
    const alone = investigateFiles([
      wmi([announced(STOCK, 1, minute(0)), announced(TRIAD, 2, minute(30)), announced(TRIAD, 3, minute(90))]),
    ])
    expect(unseen(alone)).toEqual([])
    expect(alone.subscriptions.map(({ consumer }) => consumer?.name)).toContain('Updates')
  })

  test('two that come together for the first time may have been made together', () => {
    const second = { ...TRIAD, filter: 'Second', consumer: 'Second' }
    const both = (from: number, record: number): EvtxEventInput[] => [
      announced(TRIAD, record, minute(from)),
      announced(second, record + 1, minute(from)),
    ]
    expect(unseen(investigateFiles([wmi(both(0, 1))]))).toEqual([])
    const withThird = [
      ...both(0, 1),
      announced({ ...TRIAD, filter: 'Third', consumer: 'Third' }, 3, minute(60)),
      ...both(60, 4),
    ]
    expect(unseen(investigateFiles([wmi(withThird)]))).toEqual(['Third'])
  })

  test('other content under a stock name, announced half an hour after the stock one, was made then', () => {
    const other = { ...STOCK, consumerClass: 'ActiveScriptEventConsumer', properties: 'ScriptText = "x";' }
    const result = investigateFiles([wmi([announced(STOCK, 1, minute(0)), announced(other, 2, minute(30))])])
    expect(result.subscriptions).toHaveLength(2)
    expect(unseen(result)).toEqual([])
    const older = investigateFiles([wmi([announced(STOCK, 1, minute(0)), announced(other, 2, minute(0))])])
    expect(unseen(older)).toEqual(['SCM Event Log Consumer'])
  })

  test('no log at all is a blind spot of the host, and nothing of the subscription', () => {
    const investigation = createInvestigation({ report: () => undefined })
    investigation.addEvent(activation(TRIAD, { host: '' }))
    expect(investigation.finish().subscriptions.map(({ unseenMaking }) => unseenMaking)).toEqual([undefined])
  })
})
