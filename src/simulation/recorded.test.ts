import { beforeAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../test/shared-evidence.ts'
import { openRepository, type RepositoryInstance } from '../records/cim/index.ts'
import type { EventRecord } from '../records/event.ts'
import { type RepositoryFiles, readEvidence } from '../records/index.ts'
import { createTableWriter } from '../tables/index.ts'
import { scenarioRecords, scenarios, simulate } from './index.ts'

/** Simulated evidence held against recordings: whatever is not a value must be the same. */
const absent = sharedPath('evidence/data') === undefined
const RECORDINGS = ['evtx', 'evtx-folders/evtx-folder-w10-aptsimulator.zip', 'wbem/wbem-w10-aptsimulator.zip']
const TIMEOUT_MS = 120_000

const kindOf = (event: EventRecord): string => `${event.provider} ${event.eventId}`
const simulated = grouped(scenarios.flatMap((scenario) => scenarioRecords(scenario)))
const recorded = new Map<string, EventRecord[]>()
const repositories: RepositoryFiles[] = []

function grouped(events: readonly EventRecord[]): Map<string, EventRecord[]> {
  const groups = new Map<string, EventRecord[]>()
  for (const event of events) groups.set(kindOf(event), [...(groups.get(kindOf(event)) ?? []), event])
  return groups
}

beforeAll(async () => {
  if (absent) return
  const events: EventRecord[] = []
  await readEvidence(
    RECORDINGS.map((path) => sharedPath(`evidence/data/${path}`) ?? ''),
    {
      selection: 'all',
      hash: false,
      report: () => undefined,
      sink: {
        event: (event) => {
          if (simulated.has(kindOf(event)) && isLike(event)) events.push(event)
        },
        repository: (files) => void repositories.push(files),
      },
    },
  )
  for (const [kind, group] of grouped(events)) recorded.set(kind, group)
}, TIMEOUT_MS)

/** A domain controller of 2012 records logons in version 1. */
function isLike(event: EventRecord): boolean {
  return event.eventId !== 4624 || event.version === 2
}

/** Fields that newer schemas of Sysmon added, and the columns they fill: the recordings are older. */
const NEWER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'Microsoft-Windows-Sysmon 11': ['User'],
  'Microsoft-Windows-Sysmon 13': ['User'],
}
const NEWER_COLUMNS = ['InitiatingProcessAccountDomain', 'InitiatingProcessAccountName']

function header(event: EventRecord): string {
  const user = event.userSid?.replace(/^S-1-5-21-.*/, 'an account') ?? 'none'
  const { providerGuid, channel, version, level, task, opcode, keywords } = event
  return JSON.stringify({ providerGuid, channel, version, level, task, opcode, keywords, user })
}

/** `table.column` of every column that some event fills. */
function filledColumns(events: readonly EventRecord[]): Set<string> {
  const filled = new Set<string>()
  const writer = createTableWriter({
    report: () => undefined,
    onBatch: (batch) =>
      batch.schema.columns.forEach((column, index) => {
        const cells = batch.columns[index] ?? []
        if (column.name.startsWith('_')) return
        if (Array.from(cells).some((cell) => cell !== undefined && cell !== ''))
          filled.add(`${batch.schema.name}.${column.name}`)
      }),
  })
  for (const event of events) writer.event(event)
  writer.finish()
  return filled
}

describe.skipIf(absent)('as recorded', { timeout: TIMEOUT_MS }, () => {
  test('every kind of event that is simulated was recorded somewhere', () => {
    expect([...simulated.keys()].filter((kind) => !recorded.has(kind))).toEqual([])
  })

  test('provider, channel, version, level, task, opcode, keywords and user are those of a recording', () => {
    for (const [kind, events] of simulated) {
      const known = new Set(recorded.get(kind)?.map(header))
      for (const event of events) expect(known, kind).toContain(header(event))
    }
  })

  test('the fields are those of a recording, in its order', () => {
    for (const [kind, events] of simulated) {
      const newer = NEWER_FIELDS[kind] ?? []
      const known = new Set(recorded.get(kind)?.map(({ names }) => names.join(' ')))
      for (const { names } of events)
        expect(known, kind).toContain(names.filter((name) => !newer.includes(name)).join(' '))
    }
  })

  test('events that carry an activity carry one here, the others none', () => {
    for (const [kind, events] of simulated) {
      const withActivity = new Set(recorded.get(kind)?.map(({ activityId }) => activityId !== undefined))
      for (const event of events) expect(withActivity, kind).toContain(event.activityId !== undefined)
    }
  })

  test('simulated and recorded evidence of the same technique fill the same columns', () => {
    for (const [kind, events] of simulated) {
      const here = filledColumns(events)
      const there = filledColumns(recorded.get(kind) ?? [])
      const newer = [...here].filter(
        (column) => kind in NEWER_FIELDS && NEWER_COLUMNS.includes(column.split('.')[1] ?? ''),
      )
      const difference = [
        ...[...here]
          .filter((column) => !there.has(column) && !newer.includes(column))
          .map((name) => `+ ${name}`),
        ...[...there].filter((column) => !here.has(column)).map((name) => `- ${name}`),
      ]
      expect(difference.sort(), kind).toEqual(DATA_DEPENDENT[kind] ?? [])
    }
  })

  test('objects in the repository have the properties, types and order of stored ones', () => {
    const [files] = repositories
    if (files === undefined) return expect.unreachable('no recorded repository')
    const stored = new Map(objectsOf(files).map((object) => [object.className, object]))
    const compared = new Set<string>()
    for (const scenario of scenarios) {
      for (const object of objectsOf(repositoryOf(simulate(scenario)))) {
        const known = stored.get(object.className)
        if (known === undefined) continue
        compared.add(object.className)
        expect(shape(object), `${scenario.id} ${object.path}`).toEqual(shape(known))
      }
    }
    expect([...compared].sort()).toEqual([
      'ActiveScriptEventConsumer',
      'NTEventLogEventConsumer',
      '__EventFilter',
      '__FilterToConsumerBinding',
    ])
  })
})

/** Columns that hang on the data: a registry list, of which the recordings have none; a logon over the network alone. */
const DATA_DEPENDENT: Readonly<Record<string, readonly string[]>> = {
  'Microsoft-Windows-Sysmon 13': ['+ DeviceRegistryEvents.RegistryValueType'],
  'Microsoft-Windows-Security-Auditing 4624': [
    '- DeviceLogonEvents.InitiatingProcessAccountDomain',
    '- DeviceLogonEvents.InitiatingProcessAccountName',
    '- DeviceLogonEvents.InitiatingProcessFileName',
    '- DeviceLogonEvents.InitiatingProcessFolderPath',
    '- DeviceLogonEvents.RemoteDeviceName',
    '- SecurityEvent.Process',
    '- SecurityEvent.SubjectAccount',
  ],
}

function repositoryOf(files: ReturnType<typeof simulate>): RepositoryFiles {
  const byName = new Map(files.map(({ path, bytes }) => [path.split('/').at(-1) ?? path, bytes]))
  return {
    source: 'simulated',
    evidence: {},
    objects: byName.get('OBJECTS.DATA') ?? new Uint8Array(),
    index: byName.get('INDEX.BTR') ?? new Uint8Array(),
    mappings: [...byName].flatMap(([name, bytes]) => (name.endsWith('.MAP') ? [{ name, bytes }] : [])),
  }
}

function objectsOf(files: RepositoryFiles): RepositoryInstance[] {
  if (files.objects?.length === 0) return []
  return [...openRepository(files, () => undefined).subscriptions()]
}

function shape({ properties, keyProperties, superclasses }: RepositoryInstance): unknown {
  return { properties: properties.map(({ name, type }) => `${name} ${type}`), keyProperties, superclasses }
}
