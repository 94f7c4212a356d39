/**
 * Which events a reader must deliver: all of them, or by provider name (lower case) a set of event ids or `all`.
 * A reader decides this before it builds any text, so what is not selected costs nearly nothing; it still counts.
 */
export type EventSelection = 'all' | ReadonlyMap<string, ReadonlySet<number> | 'all'>

/** True when an event of this provider and id is wanted. */
export function isSelected(
  selection: EventSelection,
  provider: string | undefined,
  eventId: number,
): boolean {
  if (selection === 'all') return true
  const ids = selection.get((provider ?? '').toLowerCase())
  return ids === 'all' || (ids?.has(eventId) ?? false)
}
