import type { EventDraft } from '../draft.ts'
import type { JsonObject } from '../json-value.ts'

/** Whether an event is wanted: asked as soon as a shape knows provider or channel and id, before it reads more. */
export type Wanted = (provider: string | undefined, channel: string | undefined, eventId: number) => boolean

/**
 * Reads one shape of event JSON: `undefined` where the object is not of that shape, `'unwanted'` where it is an event
 * that nobody asked for.
 */
export type Shape = (object: JsonObject, wanted: Wanted) => EventDraft | 'unwanted' | undefined
