import { isoToFiletime } from '../bytes/index.ts'
import {
  type RepositoryChange,
  standardClasses,
  type WrittenRepository,
  writeRepository,
} from '../records/cim/write/index.ts'
import type { Scenario, SimulatedSubscription } from './model.ts'
import { sidBytes } from './possible-cause.ts'
import { consumerPath, filterPath } from './recorder.ts'

/**
 * The WMI repository as it would be after a scenario: copy on write, so that what was removed again stays in an older
 * generation. `undefined` for a scenario that stores nothing.
 */
export function scenarioRepository(
  scenario: Scenario,
  start: string,
  seed: number,
): WrittenRepository | undefined {
  return writtenWith(scenario, start, seed, true)
}

/** Names of the repository's files that a scenario changes or adds; `after` is what it leaves. */
export function changedRepositoryFiles(
  scenario: Scenario,
  start: string,
  seed: number,
  after: WrittenRepository,
): string[] {
  const before = new Map(Object.entries(writtenWith(scenario, start, seed, false) ?? {}))
  return Object.entries(after)
    .filter(([name, bytes]) => !isSame(before.get(name), bytes))
    .map(([name]) => name)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, index) => byte === b[index])
}

function writtenWith(
  scenario: Scenario,
  start: string,
  seed: number,
  subscriptions: boolean,
): WrittenRepository | undefined {
  const stored = scenario.stored ?? []
  const deleted = scenario.deletes ?? []
  if (stored.length + deleted.length === 0) return undefined
  const create = [...deleted, ...stored]
  const namespaces = [...new Set(create.map((item) => item.namespace.toLowerCase()))]
  return writeRepository({
    startFiletime: isoToFiletime(start) ?? 0n,
    seed,
    commits: [
      [
        ...standardClasses(),
        ...namespaces.flatMap((namespace) => consumerClasses(namespace)),
        ...(scenario.repository ?? []),
      ],
      ...(subscriptions ? [create.flatMap((subscription) => instances(subscription).map(asCreation))] : []),
      ...(subscriptions && deleted.length > 0
        ? [deleted.flatMap((subscription) => instances(subscription).map(asDeletion))]
        : []),
    ],
  })
}

interface Instance {
  readonly namespace: string
  readonly class: string
  readonly properties: Extract<RepositoryChange, { kind: 'instance' }>['properties']
}

function instances(subscription: SimulatedSubscription): Instance[] {
  const { namespace, filter, consumer } = subscription
  const CreatorSID = sidBytes(subscription.creatorSid)
  return [
    {
      namespace,
      class: '__EventFilter',
      properties: {
        Name: filter.name,
        EventNamespace: filter.eventNamespace,
        ...(filter.eventAccess === undefined ? {} : { EventAccess: filter.eventAccess }),
        Query: filter.query,
        QueryLanguage: 'WQL',
        CreatorSID,
      },
    },
    {
      namespace,
      class: consumer.class,
      properties: { ...consumer.properties, Name: consumer.name, CreatorSID },
    },
    {
      namespace,
      class: '__FilterToConsumerBinding',
      properties: { Filter: filterPath(subscription), Consumer: consumerPath(subscription), CreatorSID },
    },
    ...(subscription.timer === undefined
      ? []
      : [
          {
            namespace: filter.eventNamespace,
            class: '__IntervalTimerInstruction',
            properties: {
              TimerId: subscription.timer.timerId,
              IntervalBetweenEvents: subscription.timer.intervalMilliseconds,
            },
          },
        ]),
  ]
}

function asCreation(instance: Instance): RepositoryChange {
  return { kind: 'instance', ...instance }
}

function asDeletion(instance: Instance): RepositoryChange {
  return { kind: 'delete', ...instance }
}

/** The standard consumer classes live in root\subscription; another namespace has them only when someone compiles them. */
function consumerClasses(namespace: string): RepositoryChange[] {
  if (namespace === 'root\\subscription') return []
  return standardClasses().flatMap((change): RepositoryChange[] =>
    change.kind === 'class' && change.namespace.toLowerCase() === 'root\\subscription'
      ? [{ ...change, namespace }]
      : change.kind === 'namespace'
        ? [{ kind: 'namespace', name: namespace }]
        : [],
  )
}
