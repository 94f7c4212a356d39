import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sharedPath } from '../../test/shared-evidence.ts'
import { isoToFiletime } from '../bytes/index.ts'
import type { Diagnostic } from '../diagnostics/index.ts'
import type { EventRecord } from './event.ts'
import type { RepositoryFiles } from './index.ts'
import { readEvidence } from './read-evidence.ts'

interface Reference {
  readonly file: string
  readonly channel: string
  readonly event_id: number
  readonly record_id: number
  readonly time_utc: string
  readonly host?: string
}

interface Truth {
  readonly item: string
  readonly kind: string
  readonly files: readonly {
    readonly path: string
    readonly member_sha256?: string
    readonly sha256: string
  }[]
  readonly records?: {
    readonly total?: number
    readonly by_channel?: Readonly<Record<string, number>>
    readonly hosts?: Readonly<Record<string, number>>
  }
}

const root = sharedPath('evidence')

function loadTruth(kind: string): Truth[] {
  if (root === undefined) return []
  return readdirSync(`${root}/truth`)
    .sort()
    .map((name) => JSON.parse(readFileSync(`${root}/truth/${name}`, 'utf8')) as Truth)
    .filter((truth) => truth.kind === kind)
}

/** Every record that a truth file cites, wherever it stands. */
function references(value: unknown, found: Reference[] = []): Reference[] {
  if (Array.isArray(value)) for (const item of value) references(item, found)
  else if (typeof value === 'object' && value !== null) {
    if ('event_id' in value && 'record_id' in value && 'time_utc' in value) found.push(value as Reference)
    for (const item of Object.values(value)) references(item, found)
  }
  return found
}

async function readAll(paths: readonly string[]): Promise<{
  events: EventRecord[]
  items: Awaited<ReturnType<typeof readEvidence>>
  diagnostics: Diagnostic[]
}> {
  const events: EventRecord[] = []
  const diagnostics: Diagnostic[] = []
  const items = await readEvidence(paths, {
    selection: 'all',
    recover: false,
    sink: { event: (event) => events.push(event) },
    report: (diagnostic) => diagnostics.push(diagnostic),
  })
  return { events, items, diagnostics }
}

function tally(values: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value ?? ''] = (counts[value ?? ''] ?? 0) + 1
  return counts
}

function checkReferences(truth: Truth, events: readonly EventRecord[]): void {
  const key = (channel: string, eventId: number, recordId: number): string =>
    `${channel.toLowerCase()}/${eventId}/${recordId}`
  const known = new Map<string, EventRecord[]>()
  for (const event of events) {
    const name = key(event.channel ?? '', event.eventId, event.recordId ?? -1)
    known.set(name, [...(known.get(name) ?? []), event])
  }
  const wrong: string[] = []
  for (const cited of references(truth)) {
    const candidates = known.get(key(cited.channel, cited.event_id, cited.record_id)) ?? []
    const time = isoToFiletime(cited.time_utc)
    const fits = candidates.some(
      (event) => event.timeFiletime === time && (cited.host === undefined || event.computer === cited.host),
    )
    if (!fits) wrong.push(JSON.stringify(cited))
  }
  expect(wrong).toEqual([])
}

describe.skipIf(root === undefined)('real evidence', () => {
  test.each(loadTruth('jsonl').map((truth) => [truth.item, truth] as const))(
    'NXLog JSON: counts, hosts, ids and worked-out times are those of the truth: %s',
    async (_item, truth) => {
      const { events, items, diagnostics } = await readAll(truth.files.map((file) => `${root}/${file.path}`))
      // 61 events 800 of the run-keys item have lost fields and message alike (ERROR_EVT_UNRESOLVED).
      const lost = truth.item.includes('runkeys') ? ['events/message-not-parsed'] : []
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(lost)
      expect(events).toHaveLength(truth.records?.total ?? -1)
      expect(tally(events.map((event) => event.channel))).toEqual(truth.records?.by_channel)
      expect(tally(events.map((event) => event.computer))).toEqual(truth.records?.hosts)
      expect(items.map((item) => item.sha256)).toEqual([
        truth.files[0]?.sha256,
        truth.files[0]?.member_sha256,
      ])
      checkReferences(truth, events)
    },
  )

  test.each(loadTruth('evtx-folder').map((truth) => [truth.item, truth] as const))(
    'event-log folders in a zip: counts, hosts, ids and times are those of the truth: %s',
    async (_item, truth) => {
      const { events, items } = await readAll(truth.files.map((file) => `${root}/${file.path}`))
      expect(
        items.filter((item) => item.kind === 'evtx').reduce((sum, item) => sum + item.records.read, 0),
      ).toBe(truth.records?.total)
      expect(tally(events.map((event) => event.channel))).toEqual(truth.records?.by_channel)
      expect(tally(events.map((event) => event.computer))).toEqual(truth.records?.hosts)
      checkReferences(truth, events)
    },
  )

  test('5861 that has only its message gets the four fields of its UserData', async () => {
    const { events } = await readAll([`${root}/data/json/covenant-persistwmi-it001`])
    const bound = events.find((event) => event.eventId === 5861)
    expect(bound?.payload).toBe('UserData')
    expect(bound?.payloadElement).toBe('Operation_ESStoConsumerBinding')
    expect(bound?.names).toEqual(['Namespace', 'ESS', 'CONSUMER', 'PossibleCause'])
    expect(bound?.values.slice(0, 3)).toEqual([
      '//./root/subscription',
      'Evil Persistence',
      'CommandLineEventConsumer="Evil Persistence"',
    ])
    expect(bound?.values[3]).toMatch(/^Binding EventFilter: \ninstance of __EventFilter\n\{/)
    const permanent = events.find((event) => event.eventId === 5859)
    expect(
      Object.fromEntries(permanent?.names.map((name, index) => [name, permanent.values[index]]) ?? []),
    ).toEqual({
      NamespaceName: '//./root/CIMV2',
      Query: "select * from Win32_ProcessStartTrace where ProcessName='notepad.exe'",
      User: 'S-1-5-21-791464340-1796667228-2788435825-1112',
      Processid: '2568',
      Provider: 'WMI Kernel Trace Event Provider',
      queryid: '2',
      PossibleCause: 'Permanent',
    })
  })

  test('Sysmon 20 through NXLog: entities undone by the message, EventType not the severity word', async () => {
    const { events } = await readAll([`${root}/data/json/covenant-persistwmi-it001`])
    const consumer = events.find((event) => event.eventId === 20)
    const fields = Object.fromEntries(
      consumer?.names.map((name, index) => [name, consumer.values[index]]) ?? [],
    )
    expect(fields).toMatchObject({
      EventType: 'WmiConsumerEvent',
      Operation: 'Created',
      User: 'shire\\pgustavo',
      Name: ' "Evil Persistence"',
      Type: 'Command Line',
      Destination: ' "powershell -Sta -Nop -Window Hidden -EncodedCommand <blah>"',
    })
    expect(fields).not.toHaveProperty('Severity')
  })

  test('the files of a repository come as one, and ids do not depend on what else is scanned', async () => {
    const repositories: RepositoryFiles[] = []
    const read = (paths: string[]): ReturnType<typeof readEvidence> =>
      readEvidence(paths, {
        selection: 'all',
        hash: false,
        sink: { repository: (files) => repositories.push(files) },
        report: () => undefined,
      })
    const alone = await read([`${root}/data/wbem/wbem-w10-aptsimulator.zip`])
    const together = await read([`${root}/data/wbem`, `${root}/data/mof`])
    expect(repositories).toHaveLength(2)
    expect(repositories[0]?.mappings.map((mapping) => mapping.name)).toEqual([
      'MAPPING1.MAP',
      'MAPPING2.MAP',
      'MAPPING3.MAP',
    ])
    expect(repositories[0]?.objects).toHaveLength(23_937_024)
    expect(repositories[0]?.evidence).toEqual(repositories[1]?.evidence)
    expect(together.map((item) => item.id)).toEqual([...alone.map((item) => item.id), together.at(-1)?.id])
  })
})
