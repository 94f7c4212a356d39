import { readSubscriptionObjects } from '../records/cim/index.ts'
import type { EventRecord } from '../records/event.ts'
import { readEvtx } from '../records/evtx/index.ts'
import { type EvtxEventInput, writeEvtx } from '../records/evtx/write/index.ts'
import { tableRows } from './defender.ts'
import { WORKSTATION } from './hosts.ts'
import type { Scenario, SimulatedFile, SimulatedHost } from './model.ts'
import { Recorder } from './recorder.ts'
import { changedRepositoryFiles, scenarioRepository } from './repository.ts'

export interface SimulateOptions {
  /** Process ids, GUIDs and intervals follow from it. Default 1. */
  readonly seed?: number
  /** Time of the first event, ISO 8601 UTC. Default {@link DEFAULT_START}. */
  readonly start?: string
  /** The machine; the workstation of all scenarios by default. */
  readonly host?: SimulatedHost
}

export const DEFAULT_START = '2026-03-02T09:15:00Z'

/** The events of a scenario, in order of time, ready for the EVTX writer. */
export function scenarioEvents(scenario: Scenario, options: SimulateOptions = {}): readonly EvtxEventInput[] {
  const recorder = new Recorder(options.host ?? WORKSTATION, {
    seed: options.seed ?? 1,
    start: options.start ?? DEFAULT_START,
  })
  scenario.record(recorder)
  return recorder.events
}

/** The same events as readers give them: written as EVTX and read back. */
export function scenarioRecords(scenario: Scenario, options: SimulateOptions = {}): EventRecord[] {
  return [...eventLogs(scenario, options).values()].flatMap((bytes) => [...readEvtx(bytes)])
}

/**
 * Everything a scenario leaves as evidence, the same bytes for the same seed and start: one event log a channel
 * (`logs/`), the rows Defender XDR and Sentinel would hold (`tables/`), the WMI repository (`Repository/`), and text
 * files such as the MOF (`files/`). Executes nothing.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): SimulatedFile[] {
  const logs = eventLogs(scenario, options)
  const records = [...logs.values()].flatMap((bytes) => [...readEvtx(bytes)])
  const rows = tableRows(records, options.host ?? WORKSTATION)
  const repository = scenarioRepository(scenario, options.start ?? DEFAULT_START, options.seed ?? 1)
  return [
    ...[...logs].map(([channel, bytes]) => ({ path: `logs/${channel.replaceAll('/', '%4')}.evtx`, bytes })),
    ...[...rows].map(([table, tableRow]) => ({
      path: `tables/${table}.jsonl`,
      bytes: utf8(tableRow.map((row) => `${JSON.stringify(row)}\n`).join('')),
    })),
    ...Object.entries(repository ?? {}).map(([name, bytes]) => ({ path: `Repository/${name}`, bytes })),
    ...Object.entries(scenario.files ?? {}).map(([name, text]) => ({
      path: `files/${name}`,
      bytes: utf8(text),
    })),
  ].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What a scenario does to the WMI repository: the files it changes, and the objects of subscriptions that are in them then. */
export function repositoryEffect(
  scenario: Scenario,
  options: SimulateOptions = {},
): { readonly changed: readonly string[]; readonly objects: readonly { className: string; path: string }[] } {
  const start = options.start ?? DEFAULT_START
  const seed = options.seed ?? 1
  const files = scenarioRepository(scenario, start, seed)
  if (files === undefined) return { changed: [], objects: [] }
  const found = readSubscriptionObjects(
    {
      source: 'Repository',
      evidence: {},
      objects: files['OBJECTS.DATA'] ?? new Uint8Array(),
      index: files['INDEX.BTR'] ?? new Uint8Array(),
      mappings: Object.entries(files).flatMap(([name, bytes]) =>
        name.endsWith('.MAP') ? [{ name, bytes }] : [],
      ),
    },
    () => undefined,
  )
  return {
    changed: changedRepositoryFiles(scenario, start, seed, files),
    objects: found
      .filter((object) => object.state === 'live')
      .map(({ className, path = '' }) => ({ className, path })),
  }
}

function eventLogs(scenario: Scenario, options: SimulateOptions): Map<string, Uint8Array> {
  const channels = new Map<string, EvtxEventInput[]>()
  for (const event of scenarioEvents(scenario, options)) {
    const events = channels.get(event.channel)
    if (events === undefined) channels.set(event.channel, [event])
    else events.push(event)
  }
  return new Map([...channels].map(([channel, events]) => [channel, writeEvtx(events)]))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
