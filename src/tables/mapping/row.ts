import type { EventRecord } from '../../records/event.ts'
import type { Cell } from '../table-buffer.ts'

/**
 * How one cell comes out of an event: from payload fields (compared without case, `''` where absent), from the system
 * part, or always the same.
 */
export type Source =
  | { readonly from: readonly string[]; readonly as: (...values: string[]) => Cell }
  | { readonly system: (event: EventRecord) => Cell }
  | { readonly always: Cell }

/** One way from an event to a row: what event, into which table, which cell from what. Data, walked by the mapper. */
export interface MappingRow {
  /** Provider in lower case; `*` is any. */
  readonly provider: string
  /** `all` takes every id of the provider. */
  readonly eventIds: readonly number[] | 'all'
  readonly table: string
  readonly cells: Readonly<Record<string, Source>>
  /** Decides over payload fields whether the event gives this row at all. */
  readonly when?: { readonly from: readonly string[]; readonly is: (...values: string[]) => boolean }
  /** Every payload field whose name is a column fills that column. */
  readonly payloadByName?: true
  /** Not for events of this provider (lower case): they have a table of their own. */
  readonly notProvider?: string
}

export const field = (name: string): Source => ({ from: [name], as: (value) => value })
export const fieldAs = (name: string, as: (value: string) => Cell): Source => ({ from: [name], as })
export const fieldsAs = (from: readonly string[], as: (...values: string[]) => Cell): Source => ({ from, as })
export const always = (value: Cell): Source => ({ always: value })
export const system = (read: (event: EventRecord) => Cell): Source => ({ system: read })
