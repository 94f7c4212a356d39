import type { Report } from '../../../diagnostics/index.ts'
import { allInstances } from '../catalog.ts'
import { hashDigits } from '../layout.ts'
import { openSnapshots } from '../repository.ts'
import type { Snapshot } from '../snapshot.ts'
import type { RecoveredInstance, RepositoryFiles } from '../types.ts'
import { type CarvedInstance, Carver } from './carve.ts'

/**
 * Every instance record outside the live ones, of any class, in file order: on free pages, in slack, or anywhere when
 * the index cannot be followed. One is given only when all its lengths agree with a layout of its class, or when it is
 * a large record of which the first page is left.
 */
export function* recoverInstances(files: RepositoryFiles, report: Report): Generator<RecoveredInstance> {
  const { current } = openSnapshots(files, report)
  const carver = new Carver(files, current)
  const live = liveByFiletime(carver, current)
  for (const carved of carver.instances((_, { region }) => region !== 'live')) {
    const { region, logicalPage } = carved.position
    yield {
      instance: carved.instance,
      region: region === 'live' || region === 'inside' ? 'unknown' : region,
      continuation: region === 'page-slack' && carver.regions.isContinuation(logicalPage),
      complete: carved.complete,
      identicalToLive: hasLiveTwin(carver, live, carved),
    }
  }
}

/** Offsets of live instance records by their write counter, which no two of them share. */
function liveByFiletime(carver: Carver, current: Snapshot | undefined): ReadonlyMap<bigint, number> {
  const offsets = new Map<bigint, number>()
  if (current === undefined) return offsets
  const view = new DataView(carver.bytes.buffer, carver.bytes.byteOffset, carver.bytes.byteLength)
  for (const { place } of allInstances(carver.live)) {
    const offset = current.offsetOf(place)
    const at = (offset ?? Number.NaN) + 2 * hashDigits(carver.layout)
    if (offset !== undefined && at + 8 <= carver.bytes.length)
      offsets.set(view.getBigUint64(at, true), offset)
  }
  return offsets
}

/** True when the live record of the same write has the same bytes: an old copy, not a deleted object. */
function hasLiveTwin(carver: Carver, live: ReadonlyMap<bigint, number>, carved: CarvedInstance): boolean {
  const twin = live.get(carved.header.writeFiletime)
  if (twin === undefined) return false
  const { bytes } = carver
  for (let index = 0; index < carved.instance.size; index += 1)
    if (bytes[twin + index] !== bytes[carved.offset + index]) return false
  return true
}
