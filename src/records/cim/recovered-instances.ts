import type { Report } from '../../diagnostics/index.ts'
import { type CarvedInstance, Carver } from './carve.ts'
import type { RecordPlace } from './index-key.ts'
import { openSnapshots } from './repository.ts'
import type { Snapshot } from './snapshot.ts'
import type { RecoveredInstance, RepositoryFiles } from './types.ts'

/**
 * Every instance record outside the live ones, of any class, in file order: on free pages, in slack, or anywhere when
 * the index cannot be followed. One is given only when all its lengths agree with a layout of its class, or when it is
 * a large record of which the first page is left.
 */
export function* recoverInstances(files: RepositoryFiles, report: Report): Generator<RecoveredInstance> {
  const { current } = openSnapshots(files, report)
  const carver = new Carver(files, current)
  for (const carved of carver.instances((_, { region }) => region !== 'live')) {
    const { region, logicalPage } = carved.position
    yield {
      instance: carved.instance,
      region: region === 'live' || region === 'inside' ? 'unknown' : region,
      continuation: region === 'page-slack' && carver.regions.isContinuation(logicalPage),
      complete: carved.complete,
      identicalToLive: current !== undefined && hasLiveTwin(carver, current, carved),
    }
  }
}

/** True when a live record with the same class and key has the same bytes: an old copy, not a deleted object. */
function hasLiveTwin(carver: Carver, current: Snapshot, carved: CarvedInstance): boolean {
  const bytes = carver.bytes.subarray(carved.offset, carved.offset + carved.instance.size)
  const places = carver.live.instances.get(`${carved.classHash}\\${carved.key ?? ''}`) ?? []
  return places.some(({ place }) => sameBytes(carver, current, place, bytes))
}

function sameBytes(carver: Carver, current: Snapshot, place: RecordPlace, bytes: Uint8Array): boolean {
  const offset = place.size === bytes.length ? current.offsetOf(place) : undefined
  return offset !== undefined && bytes.every((byte, index) => carver.bytes[offset + index] === byte)
}
