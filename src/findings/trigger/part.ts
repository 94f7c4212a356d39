import type { Atom } from './conditions.ts'
import type { TriggerExplanation, TriggerKind, TriggerRow } from './model.ts'

/** How the object changed for the event to arise. `happened`: an event that is no change of an object. */
export type Change = 'created' | 'deleted' | 'modified' | 'operated' | 'happened'

/** Alternatives about objects of one class, whose remaining conditions are the same. */
export interface Group {
  readonly change: Change
  /** Class of the object (ISA) or of the event (FROM); as written, and in lower case. */
  readonly className: string
  readonly lower: string
  /** All classes of the group: more than one only where they are spoken of together (WMI watching itself). */
  readonly classNames: readonly string[]
  readonly alternatives: readonly (readonly Atom[])[]
}

type Details = Pick<
  TriggerExplanation,
  'processes' | 'services' | 'registry' | 'uptime' | 'timer' | 'accounts' | 'logonTypes' | 'eventCodes'
>

/** What one describer says about a group. */
export interface Part {
  readonly kind: TriggerKind
  /** Begins in lower case: `when someone starts ...`, `every day at ...`. */
  readonly words: string
  readonly rows: readonly TriggerRow[]
  readonly details?: Details
  /** No condition narrows a class whose objects change all the time. */
  readonly broad?: true
}

/**
 * Recognises the groups it has words for. `consumes` is true for comparisons that its words express; all others are
 * told behind them. The property is given in lower case.
 */
export interface Describer {
  readonly classes: RegExp
  readonly consumes: (property: string, atom: Atom) => boolean
  /** True when it has words for comparisons with another property of the event as well. */
  readonly compares?: true
  /** True when it tells each alternative by itself; others are given alternatives that differ in one property. */
  readonly each?: true
  readonly describe: (group: Group) => Part
}

/** All comparisons of the given properties over all alternatives. */
export function atomsOf(group: Group, ...properties: readonly string[]): readonly Atom[] {
  return group.alternatives.flat().filter((atom) => properties.includes(atom.property.toLowerCase()))
}

/** Values that one of the properties must equal. */
export function equalValues(group: Group, ...properties: readonly string[]): readonly string[] {
  return atomsOf(group, ...properties)
    .filter(({ test, other }) => test === '=' && other === undefined)
    .map(({ value }) => value)
}

export function changeWords(
  change: Change,
  words: Readonly<Record<Exclude<Change, 'happened'>, string>>,
): string {
  return change === 'happened' ? words.operated : words[change]
}
