import type { Dismissed } from '../model.ts'

type From = Dismissed['from'][number]

/** Places kept for one dismissed kind of thing: enough to look at, bounded on a noisy host. */
const MAX_PLACES = 20

/** Equal dismissed things once, with the first places where they were seen, whatever the order of evidence. */
export class DismissedCollector {
  readonly #entries = new Map<string, { what: string; reason: string; places: Map<string, From> }>()

  add({ what, reason, from }: Dismissed): void {
    const key = [what, reason].join('\0')
    const entry = this.#entries.get(key) ?? { what, reason, places: new Map<string, From>() }
    this.#entries.set(key, entry)
    for (const place of from) entry.places.set(placeKey(place), place)
    if (entry.places.size > 2 * MAX_PLACES) entry.places = new Map(firstPlaces(entry.places))
  }

  list(): Dismissed[] {
    return [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { what, reason, places }]) => ({
        what,
        reason,
        from: firstPlaces(places).map(([, place]) => place),
      }))
  }
}

function firstPlaces(places: ReadonlyMap<string, From>): [string, From][] {
  return [...places].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MAX_PLACES)
}

function placeKey({ evidence, recordId, offset }: From): string {
  return [evidence, String(recordId ?? '').padStart(20, '0'), String(offset ?? '').padStart(16, '0')].join(
    '\0',
  )
}
