import { filetimeToIso } from '../../bytes/index.ts'
import { firstOnly, type Report } from '../../diagnostics/index.ts'
import { recoverInstances } from './recover/recovered-instances.ts'
import { openSnapshots } from './repository.ts'
import type { InstancePlace, Snapshot } from './snapshot.ts'
import type { RepositoryFiles, RepositoryInstance, TimelineEntry } from './types.ts'

/** Writes of one run of the service are 100 ns apart; runs are minutes apart. */
const RUN_GAP = 10_000_000n
/** Software metering of the management agent: what ran, when, started by whom. */
const USED_APPLICATION = 'CCM_RecentlyUsedApps'

/**
 * What the repository says about order and time, oldest first: every live instance as it was stored, instances that
 * only older generations have, remains, and each program that `CCM_RecentlyUsedApps` recorded.
 *
 * The timestamp of a record is a counter of writes on top of the start of that run of the service: it gives an order
 * and a lower bound, not a time of creation. Runs are put in the order of the generations that their pages carry,
 * since clocks are set back. Only `used` entries have a wall-clock time of the event itself.
 */
export function readTimeline(files: RepositoryFiles, report: Report): TimelineEntry[] {
  const limitedReport = firstOnly(report, { each: 100, code: 'cim/more' })
  const { current, older } = openSnapshots(files, limitedReport)
  const entries: TimelineEntry[] = []
  // Pages move: a record is the same when its path and its place in the order of writes are.
  const told = new Set<string>()
  const livePaths = new Set<string>()
  const add = (instance: RepositoryInstance, what: TimelineEntry['what'], addedAfter?: number): void => {
    const id = `${instance.path} ${instance.writeFiletime}`
    if (told.has(id)) return
    told.add(id)
    entries.push(...entriesOf(instance, what, addedAfter))
  }
  const before = older.map((snapshot) => ({ snapshot, keys: instanceKeys(snapshot) }))
  if (current !== undefined) {
    for (const { key, instance } of allInstances(current)) {
      const lacking = before.find(({ keys }) => !keys.has(key))
      livePaths.add(`${instance.namespace} ${instance.path}`)
      add(instance, 'stored', lacking?.snapshot.mapping.generation)
    }
  }
  for (const snapshot of older) {
    for (const { instance } of allInstances(snapshot))
      add(instance, livePaths.has(`${instance.namespace} ${instance.path}`) ? 'overwritten' : 'removed')
  }
  for (const { instance, identicalToLive } of recoverInstances(files, () => undefined))
    if (!identicalToLive) add(instance, 'recovered')
  return inOrder(entries)
}

function* allInstances(snapshot: Snapshot): Generator<{ key: string; instance: RepositoryInstance }> {
  for (const { hash, name } of snapshot.namespaces()) {
    for (const key of snapshot.keys(`NS_${hash}\\CI_`)) {
      const instance = key.kind === 'instance' ? snapshot.decode(key, name) : undefined
      if (instance !== undefined && key.kind === 'instance') yield { key: identity(key), instance }
    }
  }
}

function instanceKeys(snapshot: Snapshot): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const key of snapshot.keys('')) if (key.kind === 'instance') keys.add(identity(key))
  return keys
}

function identity({ namespace, class: className, key }: InstancePlace): string {
  return `${namespace} ${className} ${key}`
}

function entriesOf(
  instance: RepositoryInstance,
  what: TimelineEntry['what'],
  addedAfter: number | undefined,
): TimelineEntry[] {
  const entry: TimelineEntry = {
    what,
    ...(instance.namespace === undefined ? {} : { namespace: instance.namespace }),
    className: instance.className,
    path: instance.path,
    ...(instance.writtenGeneration === undefined ? {} : { writtenGeneration: instance.writtenGeneration }),
    ...(addedAfter === undefined ? {} : { addedAfterGeneration: addedAfter }),
    writeFiletime: instance.writeFiletime,
    offset: instance.offset,
  }
  if (instance.className.toLowerCase() !== USED_APPLICATION.toLowerCase()) return [entry]
  const properties = Object.fromEntries(instance.properties.map(({ name, value }) => [name, value]))
  const used = properties.LastUsedTime
  const time = typeof used === 'string' ? datetimeToIso(used) : undefined
  return [entry, { ...entry, what: 'used', ...(time === undefined ? {} : { time }), properties }]
}

/** Numbers the runs and sorts by run, then by the counter inside it. */
function inOrder(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const sorted = [...entries].sort((a, b) => compare(a.writeFiletime, b.writeFiletime))
  const runs: { entries: TimelineEntry[]; generation: number }[] = []
  let last: bigint | undefined
  for (const entry of sorted) {
    if (last === undefined || entry.writeFiletime - last > RUN_GAP)
      runs.push({ entries: [], generation: Number.POSITIVE_INFINITY })
    last = entry.writeFiletime
    const run = runs[runs.length - 1]
    run?.entries.push(entry)
    if (run !== undefined && entry.writtenGeneration !== undefined)
      run.generation = Math.min(run.generation, entry.writtenGeneration)
  }
  // A run of remains alone has no generation; it stays where its clock puts it among its neighbours.
  for (const [index, run] of runs.entries())
    if (run.generation === Number.POSITIVE_INFINITY) run.generation = runs[index - 1]?.generation ?? 0
  const ordered = runs.map((run, index) => ({ run, index }))
  ordered.sort((a, b) => a.run.generation - b.run.generation || a.index - b.index)
  return ordered.flatMap(({ run }, number) => {
    const base = run.entries[0]?.writeFiletime ?? 0n
    const start = filetimeToIso(base)
    return run.entries.map((entry) => ({
      ...entry,
      run: number + 1,
      ...(start === undefined ? {} : { notBefore: start }),
      order: Number(entry.writeFiletime - base),
    }))
  })
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const DATETIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\.(\d{6})([+-])(\d{3})$/

/** A CIM datetime `yyyymmddHHMMSS.mmmmmmsUUU`, with minutes from UTC, as ISO 8601 UTC; `undefined` for intervals. */
export function datetimeToIso(text: string): string | undefined {
  const match = DATETIME.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  const offset = Number(match[9]) * (match[8] === '-' ? -1 : 1)
  const ms = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, (minute ?? 0) - offset, second)
  if (Number.isNaN(ms)) return undefined
  const fraction = (match[7] ?? '').replace(/0+$/, '')
  return `${new Date(ms).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}
