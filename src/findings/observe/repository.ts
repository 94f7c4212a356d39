import type { RepositoryFiles, RepositoryObject } from '../../records/cim/types.ts'
import { defined, partOf } from './objects.ts'
import { at, type Place } from './place.ts'
import type { ConsumerProviders } from './providers.ts'
import type { ObserveSink } from './sink.ts'

/**
 * Objects of a WMI repository: state, not events. Instance FILETIMEs are no times of creation and are not used as such.
 * What is no longer live is marked recovered. Source: cim/FORMAT.md; observed in evidence wbem-w10-aptsimulator.
 */
export function observeRepository(
  files: RepositoryFiles,
  objects: readonly RepositoryObject[],
  sink: ObserveSink,
  providers: ConsumerProviders,
): void {
  const evidence = files.evidence.objects ?? files.evidence.index ?? files.source
  for (const object of objects) {
    const part = partOf(object.instance, object.superclasses)
    const place: Place = {
      ...(files.host === undefined ? {} : { host: files.host }),
      sighting: {
        evidence,
        source: 'repository',
        offset: object.offset,
        ...(object.state === 'live' ? {} : { recovered: true as const }),
      },
    }
    if (part === undefined) {
      providers.addObject(object.instance, object.namespace, place)
      continue
    }
    sink.observe(
      at(place, part.shows, {
        operation: 'present',
        ...defined({ namespace: object.namespace?.toLowerCase() }),
        ...part.facts,
        ...(object.recovered === undefined ? {} : { context: { detail: object.recovered.why } }),
      }),
    )
  }
}
