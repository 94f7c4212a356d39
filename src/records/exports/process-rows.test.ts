import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { ExportRow } from '../event.ts'
import { readEventCsv, readEventJson } from '../events/index.ts'
import type { FileOutcome } from '../file-context.ts'

async function read(
  text: string,
  reader: typeof readEventJson,
): Promise<{ outcome: FileOutcome; rows: Record<string, unknown>[]; diagnostics: Diagnostic[] }> {
  const rows: ExportRow[] = []
  const diagnostics: Diagnostic[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const outcome = await reader(chunks(), {
    evidence: 'e1',
    source: 'sample',
    selection: 'all',
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: { row: (row) => rows.push(row) },
  })
  return {
    outcome,
    diagnostics,
    rows: rows.map((row) => ({
      table: row.table,
      ...Object.fromEntries(
        row.columns.flatMap((column, index) =>
          row.values[index] === undefined ? [] : [[column, row.values[index]]],
        ),
      ),
    })),
  }
}

const COMMAND = 'wmic /namespace:"\\\\root\\subscription" PATH __EventFilter CREATE Name="F" '
const EXPECTED = {
  table: 'DeviceProcessEvents',
  Timestamp: '2026-03-02T09:15:00.1234567Z',
  DeviceName: 'WS014.corp.example',
  ActionType: 'ProcessCreated',
  FileName: 'WMIC.exe',
  FolderPath: 'C:\\Windows\\System32\\wbem\\WMIC.exe',
  ProcessVersionInfoOriginalFileName: 'wmic.exe',
  ProcessId: 7348,
  ProcessCommandLine: COMMAND,
  ProcessIntegrityLevel: 'High',
  AccountDomain: 'CORP',
  AccountName: 'j.doe',
  AccountSid: 'S-1-5-21-1-2-3-1107',
  SHA256: 'ab'.repeat(32),
  InitiatingProcessFolderPath: 'C:\\Windows\\System32\\cmd.exe',
  InitiatingProcessFileName: 'cmd.exe',
  InitiatingProcessCommandLine: 'cmd.exe /c x',
  InitiatingProcessId: 7008,
}

const ecs = {
  '@timestamp': '2026-03-02T09:15:00.1234567Z',
  agent: { type: 'endpoint' },
  event: { category: ['process'], type: ['start'], action: 'start', module: 'endpoint' },
  host: { name: 'WS014.corp.example', os: { type: 'windows' } },
  user: { name: 'j.doe', domain: 'CORP', id: 'S-1-5-21-1-2-3-1107' },
  process: {
    command_line: COMMAND,
    executable: EXPECTED.FolderPath,
    name: 'WMIC.exe',
    pid: 7348,
    pe: { original_file_name: 'wmic.exe' },
    hash: { sha256: 'AB'.repeat(32) },
    Ext: { token: { integrity_level_name: 'high' } },
    parent: {
      executable: EXPECTED.InitiatingProcessFolderPath,
      command_line: 'cmd.exe /c x',
      pid: 7008,
    },
  },
}

function dotted(object: object, prefix = ''): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(object).map(([key, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? dotted(value, `${prefix}${key}.`)
        : { [prefix + key]: value },
    ),
  )
}

function csv(objects: readonly Record<string, unknown>[], empty: string): string {
  const columns = [...new Set(objects.flatMap((object) => Object.keys(object)))]
  const cell = (value: unknown): string =>
    value === undefined ? empty : `"${String(value).replaceAll('"', '""')}"`
  return [columns.join(','), ...objects.map((object) => columns.map((c) => cell(object[c])).join(','))].join(
    '\r\n',
  )
}

describe('process events of the Elastic Common Schema alone', () => {
  test('a start becomes a row of DeviceProcessEvents, nested, dotted, as fields and in CSV', async () => {
    const fields = Object.entries(dotted(ecs)).map(([key, value]) => [key, [value].flat()])
    for (const [text, reader] of [
      [JSON.stringify(ecs), readEventJson],
      [JSON.stringify(dotted(ecs)), readEventJson],
      [JSON.stringify({ hits: { hits: [{ _source: ecs }] } }), readEventJson],
      [JSON.stringify({ _id: '1', fields: Object.fromEntries(fields) }), readEventJson],
      [csv([dotted(ecs)], '-'), readEventCsv],
    ] as const) {
      const { outcome, rows, diagnostics } = await read(text, reader)
      expect(rows).toMatchObject([EXPECTED])
      expect(diagnostics).toEqual([])
      expect(outcome).toMatchObject({ kind: 'event-json', read: 1, relevant: 1 })
    }
  })

  test('the end of a process and what else happens to one are read and are no starts', async () => {
    const other = (type: string): string =>
      JSON.stringify({ ...ecs, event: { category: ['process'], type: [type], action: type } })
    const { outcome, rows, diagnostics } = await read(
      [other('end'), JSON.stringify(ecs), other('change')].join('\n'),
      readEventJson,
    )
    expect(rows).toMatchObject([EXPECTED])
    expect(diagnostics).toEqual([])
    expect(outcome).toMatchObject({ read: 3, relevant: 1 })
  })

  test('a document with its Windows event stays that event and gives no second record', async () => {
    const { rows, outcome } = await read(
      JSON.stringify({ ...ecs, winlog: { channel: 'Microsoft-Windows-Sysmon/Operational', event_id: '1' } }),
      readEventJson,
    )
    expect(rows).toEqual([])
    expect(outcome).toMatchObject({ read: 1, relevant: 1 })
  })

  test('documents of other categories are told of as not read', async () => {
    const file = { ...ecs, event: { category: ['file'], type: ['creation'] } }
    const { rows, diagnostics } = await read(`${JSON.stringify(ecs)}\n${JSON.stringify(file)}`, readEventJson)
    expect(rows).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ code: 'events/unknown-shape' }])
  })
})

test('process events after thousands of documents of other datasets are read', async () => {
  const other = JSON.stringify({
    '@timestamp': ecs['@timestamp'],
    event: { category: ['network'] },
    host: ecs.host,
  })
  const { rows } = await read(`${`${other}\n`.repeat(6000)}${JSON.stringify(ecs)}\n`, readEventJson)
  expect(rows).toMatchObject([EXPECTED])
})

const asim = {
  TimeGenerated: '2026-03-02T09:20:00Z',
  EventStartTime: '2026-03-02T09:15:00.1234567Z',
  EventType: 'ProcessCreated',
  EventProduct: 'Security Events',
  Dvc: 'WS014',
  DvcHostname: 'WS014',
  DvcFQDN: 'WS014.corp.example',
  TargetUsername: 'CORP\\j.doe',
  TargetUserId: 'S-1-5-21-1-2-3-1107',
  TargetProcessName: EXPECTED.FolderPath,
  TargetProcessCommandLine: COMMAND,
  TargetProcessId: '7348',
  TargetProcessFileOriginalName: 'wmic.exe',
  TargetProcessIntegrityLevel: 'High',
  TargetProcessSHA256: 'ab'.repeat(32),
  ActingProcessName: EXPECTED.InitiatingProcessFolderPath,
  ActingProcessCommandLine: 'cmd.exe /c x',
  ActingProcessId: '0x1b60',
  ParentProcessName: 'C:\\Windows\\explorer.exe',
  CommandLine: COMMAND,
  Type: 'SecurityEvent',
}
const ASIM = { ...EXPECTED, InitiatingProcessParentFileName: 'explorer.exe' }

describe('rows of the ASIM process schema', () => {
  test('a start becomes a row of DeviceProcessEvents, whatever table the row says it comes from', async () => {
    const table = {
      columns: Object.keys(asim).map((name) => ({ name })),
      rows: [Object.values(asim)],
    }
    const portal = Object.fromEntries(
      Object.entries({ ...asim, EventStartTime: '3/2/2026, 9:15:00.123 AM' }).map(([key, value]) => [
        /Time/.test(key) ? `${key} [UTC]` : key,
        value,
      ]),
    )
    for (const [text, reader] of [
      [JSON.stringify(asim), readEventJson],
      [JSON.stringify({ ...asim, Type: 'ASimProcessEventLogs' }), readEventJson],
      [
        JSON.stringify({ ...asim, Type: 'DeviceProcessEvents', ActionType: 'x', DeviceName: 'y' }),
        readEventJson,
      ],
      [JSON.stringify({ tables: [table] }), readEventJson],
      [csv([asim], ''), readEventCsv],
    ] as const) {
      const { outcome, rows, diagnostics } = await read(text, reader)
      expect(rows).toMatchObject([ASIM])
      expect(diagnostics).toEqual([])
      expect(outcome).toMatchObject({ kind: 'table-export', read: 1, relevant: 1 })
    }
    const { rows } = await read(csv([portal], ''), readEventCsv)
    expect(rows).toMatchObject([{ ...ASIM, Timestamp: '2026-03-02T09:15:00.123Z' }])
  })

  test('the end of a process is read and is no start', async () => {
    const end = { ...asim, EventType: 'ProcessTerminated' }
    const { outcome, rows, diagnostics } = await read(
      `${JSON.stringify(asim)}\n${JSON.stringify(end)}`,
      readEventJson,
    )
    expect(rows).toMatchObject([ASIM])
    expect(diagnostics).toEqual([])
    expect(outcome).toMatchObject({ read: 2, relevant: 1 })
  })

  test('rows of other tables in a union with them stay rows of their own tables', async () => {
    const union = [
      asim,
      { Type: 'DeviceFileEvents', ActionType: 'FileCreated', DeviceName: 'y', FolderPath: 'C:\\x.mof' },
    ]
    const { rows } = await read(csv(union, ''), readEventCsv)
    expect(rows).toMatchObject([ASIM, { table: 'DeviceFileEvents', FolderPath: 'C:\\x.mof' }])
  })
})
