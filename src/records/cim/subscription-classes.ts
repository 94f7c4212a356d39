import type { CimInstance } from '../../lang/cim-value.ts'
import type { NamespaceRef, Snapshot } from './snapshot.ts'
import type { RepositoryInstance } from './types.ts'

/**
 * The classes whose instances make up subscriptions, each with all classes derived from it. Consumers are whatever
 * derives from `__EventConsumer`, whatever its name.
 */
export const SUBSCRIPTION_ROOTS: readonly string[] = [
  '__EventFilter',
  '__EventConsumer',
  '__FilterToConsumerBinding',
  '__IntervalTimerInstruction',
  '__AbsoluteTimerInstruction',
  '__EventConsumerProviderRegistration',
]
export const PROVIDER_CLASS = '__Win32Provider'
const REGISTRATION_CLASS = '__EventConsumerProviderRegistration'

/** True for an instance of one of the roots or of a class derived from one. */
export function isSubscriptionClass(className: string, superclasses: readonly string[]): boolean {
  const names = new Set([className, ...superclasses].map((name) => name.toLowerCase()))
  return SUBSCRIPTION_ROOTS.some((root) => names.has(root.toLowerCase()))
}

/** Live subscription objects of every namespace, found by key ranges of the index alone. */
export function* liveSubscriptionInstances(snapshot: Snapshot): Generator<RepositoryInstance> {
  for (const namespace of snapshot.namespaces()) yield* subscriptionInstancesIn(snapshot, namespace)
}

/** Those of one namespace, then the providers that its registrations name. */
export function* subscriptionInstancesIn(
  snapshot: Snapshot,
  namespace: NamespaceRef,
): Generator<RepositoryInstance> {
  const providers = new Set<string>()
  const done = new Set<string>()
  for (const root of SUBSCRIPTION_ROOTS) {
    const hash = snapshot.hash(root)
    for (const classHash of [hash, ...snapshot.subclasses(namespace.hash, hash)]) {
      if (done.has(classHash)) continue
      done.add(classHash)
      const places = snapshot.placesOf(namespace.hash, classHash)
      for (const instance of snapshot.decodeAll(places, namespace.name)) {
        if (root === REGISTRATION_CLASS) providers.add(registeredProvider(instance) ?? '')
        yield instance
      }
    }
  }
  if (providers.size === 0) return
  const places = snapshot.placesOf(namespace.hash, snapshot.hash(PROVIDER_CLASS))
  for (const provider of snapshot.decodeAll(places, namespace.name))
    if (providers.has(providerName(provider) ?? ' ')) yield provider
}

/** Name, in lower case, of the provider that a registration's reference leads to. */
export function registeredProvider(registration: Pick<CimInstance, 'properties'>): string | undefined {
  const path = registration.properties.find((property) => property.name.toLowerCase() === 'provider')?.value
  if (typeof path !== 'string') return undefined
  const match = /=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/s.exec(path)
  return (match?.[1] ?? match?.[2])?.replace(/\\(.)/gs, '$1').toLowerCase()
}

export function providerName(provider: RepositoryInstance): string | undefined {
  const name = provider.properties.find((property) => property.name.toLowerCase() === 'name')?.value
  return typeof name === 'string' ? name.toLowerCase() : undefined
}
