import { earliest, latest } from '../../bytes/index.ts'
import type { LifecycleFlags, State } from '../model.ts'
import type { Draft, Node } from './graph.ts'
import { isReal } from './graph.ts'
import { compareItems, type Item, showsPart } from './item.ts'

/** Created and removed within this time: made to be used once. 30 min. Source: SCORING section 1. */
const TRANSIENCE = 18_000_000_000n
/** Carriers cut times to seconds, so an activation this shortly after a deletion may have been before it. 2 s. */
const BLUR = 20_000_000n

/** State and flags of a subscription from what was observed of its parts. */
export interface Lifecycle {
  readonly state: State
  readonly flags: LifecycleFlags
  /** When its last making began, where an event shows it. */
  readonly createdFiletime?: bigint
}

/**
 * What happened to the parts, in the order of SCORING: attempted, partial, bound, executed, modified, removed.
 * `announcedFiletime`: the first announcement (5861) where it came alone and so was the making.
 */
export function lifecycleOf(draft: Draft, contentChanged: boolean, announcedFiletime?: bigint): Lifecycle {
  const parts = [draft.filter, draft.consumer, draft.binding].filter((node) => node !== undefined)
  const histories = parts.map((node) => historyOf(node, draft))
  const removed = histories.some((history) => history.gone)
  const recreated = histories.some((history) => history.recreated)
  const created = earliest(histories.map((history) => history.created))
  const madeAt = created ?? announcedFiletime
  const removedAt = latest(histories.map((history) => history.removedAt))
  const transient =
    removed &&
    madeAt !== undefined &&
    removedAt !== undefined &&
    removedAt >= madeAt &&
    removedAt - madeAt <= TRANSIENCE
  const executed = draft.extra.some((item) => item.observation.operation === 'executed')
  const modified =
    contentChanged ||
    [...parts.flatMap((node) => node.items), ...draft.extra].some(
      (item) => item.observation.operation === 'modified',
    )
  const bound = draft.binding?.items.some((item) => !item.attempt) ?? false
  const onlyRemains =
    isReal(draft) && reals(parts).every((item) => item.observation.sighting.recovered === true)
  const partial = isReal(draft) && !bound
  const leftBehind = removed && histories.some((history) => !history.gone && history.seen)
  const state: State = transient
    ? 'transient'
    : removed || onlyRemains
      ? 'removed'
      : modified
        ? 'modified'
        : executed
          ? 'executed'
          : bound
            ? 'bound'
            : partial
              ? 'partial'
              : 'attempted'
  return {
    state,
    flags: {
      ...(transient ? { transient } : {}),
      ...(recreated ? { recreated } : {}),
      ...(modified ? { modified } : {}),
      ...((partial && !removed) || leftBehind ? { halfTriad: true } : {}),
      ...(executed ? { executed } : {}),
      ...(removed || onlyRemains ? { removed: true } : {}),
    },
    ...(created === undefined ? {} : { createdFiletime: created }),
  }
}

interface History {
  readonly seen: boolean
  readonly gone: boolean
  readonly recreated: boolean
  readonly created?: bigint
  readonly removedAt?: bigint
}

function historyOf(node: Node, draft: Draft): History {
  const part = node === draft.filter ? 'filter' : node === draft.consumer ? 'consumer' : 'binding'
  const items = node.items.filter((item) => !item.attempt && showsPart(item, part)).sort(compareItems)
  const listed = items.some(
    (item) =>
      item.observation.operation === 'present' &&
      item.observation.timeFiletime === undefined &&
      item.observation.sighting.recovered !== true,
  )
  let gone = false
  let recreated = false
  let created: bigint | undefined
  let removedAt: bigint | undefined
  for (const { observation } of items) {
    const time = observation.timeFiletime
    if (observation.operation === 'deleted') {
      gone = true
      removedAt = time ?? removedAt
    } else if (observation.operation === 'created' || observation.operation === 'modified') {
      if (gone) {
        recreated = true
        created = undefined
      }
      gone = false
      if (observation.operation === 'created') created ??= time
    } else if (gone && time !== undefined && removedAt !== undefined && time > removedAt + BLUR) {
      gone = false
      recreated = true
    }
  }
  // A repository that holds only remains of an object says that it was deleted before the collection.
  if (!listed && items.some(isRemains)) gone = true
  // The state at collection is the last word: a listed object is there, whatever was deleted before.
  if (listed && gone) {
    gone = false
    recreated = true
  }
  return {
    seen: items.length > 0,
    gone,
    recreated,
    ...(created === undefined ? {} : { created }),
    ...(removedAt === undefined ? {} : { removedAt }),
  }
}

function isRemains({ observation }: Item): boolean {
  return observation.sighting.source === 'repository' && observation.sighting.recovered === true
}

function reals(parts: readonly Node[]): Item[] {
  return parts.flatMap((node) => node.items).filter((item) => !item.attempt)
}
