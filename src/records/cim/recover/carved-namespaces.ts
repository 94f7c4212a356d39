import type { CimInstance } from '../../../lang/cim-value.ts'
import { instancesWith, placeNumber } from '../catalog.ts'
import type { CarvedInstance, Carver } from './carve.ts'

/** A namespace for a carved record, and why. */
interface NamespaceGuess {
  readonly namespace: string | undefined
  /** An index key or a reference record says so, not only a binding. */
  readonly certain: boolean
  readonly why: string
}

/** Finds out in which namespaces carved records lay. What is not told by something stays unknown. */
export class CarvedNamespaces {
  readonly #carver: Carver
  readonly #names: ReadonlyMap<string, string>
  /** Relative paths that bindings name → the one namespace of these bindings; `undefined` where they differ. */
  readonly #targets = new Map<string, string | undefined>()

  /** `names` are those of the live namespaces, by hash. */
  constructor(carver: Carver, names: ReadonlyMap<string, string>) {
    this.#carver = carver
    this.#names = names
  }

  /** A relative path of a binding is relative to the binding's own namespace. */
  learnTargets(binding: Pick<CimInstance, 'properties'>, namespace: string | undefined): void {
    if (namespace === undefined) return
    for (const { name, value } of binding.properties) {
      if (typeof value !== 'string' || !/^(filter|consumer)$/i.test(name)) continue
      const path = value.toLowerCase()
      const conflict =
        this.#targets.has(path) && this.#targets.get(path)?.toLowerCase() !== namespace.toLowerCase()
      this.#targets.set(path, conflict ? undefined : namespace)
    }
  }

  /**
   * The namespace of a carved record, which the record does not tell: by index keys with the same class and key, live
   * or left over; by reference records of a binding; for filters and consumers by the bindings that name them.
   */
  of(found: CarvedInstance): NamespaceGuess {
    const key = this.#carver.keyOf(found)
    const stray = instancesWith(this.#carver.stray, found.classHash, key)
    const live = instancesWith(this.#carver.live, found.classHash, key)
    const hashes = new Set([...stray, ...live].map(({ namespace }) => namespace))
    const byId = stray.filter(
      ({ place }) => place.id === found.position.entry?.id && place.size === found.header.size,
    )
    const exact = new Set(byId.map(({ namespace }) => namespace))
    const { logicalPage, entry } = found.position
    const keyed =
      logicalPage === undefined || entry === undefined
        ? undefined
        : this.#carver.live.keyed.get(placeNumber(logicalPage, entry.id))
    if (keyed !== undefined) exact.add(keyed)
    const references = this.#carver.references().get(`${found.classHash}\\${key ?? ''}`) ?? []
    for (const reference of references) if (hashes.size === 0) exact.add(reference.namespaceHash)
    const from = exact.size > 0 ? exact : hashes
    const [hash] = from
    if (hash !== undefined && from.size === 1) {
      const clear = references.find((reference) => reference.namespaceHash === hash)?.namespace
      const namespace = this.#names.get(hash) ?? clear
      if (namespace !== undefined) {
        const witness = hashes.size > 0 || keyed !== undefined ? 'An index key' : 'A reference record'
        return { namespace, certain: true, why: `${witness} with its class and key names the namespace.` }
      }
    }
    if (from.size > 1)
      return { namespace: undefined, certain: false, why: 'Index keys of several namespaces fit it.' }
    const target = this.#targets.get(found.instance.path.toLowerCase())
    if (target !== undefined)
      return { namespace: target, certain: false, why: 'A binding in that namespace names it.' }
    return { namespace: undefined, certain: false, why: 'Nothing tells its namespace.' }
  }
}
