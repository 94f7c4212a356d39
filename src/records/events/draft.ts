import type { EventRecord } from '../event.ts'
import { type EventFields, eventFields, fieldSpelling, providerOfChannel } from './fields.ts'
import { parseMessage } from './message.ts'
import { readTime } from './time.ts'

/** A record under construction: what a shape found, before names and payload are brought to the event's own. */
export type EventDraft = {
  -readonly [Key in Exclude<keyof EventRecord, 'evidence' | 'payload' | 'names' | 'values'>]?:
    | EventRecord[Key]
    | undefined
} & {
  eventId: number
  payload: EventRecord['payload']
  names: string[]
  values: (string | undefined)[]
  /** The time is local and nothing tells its zone: the reader tells of it, the record does not. */
  zoneUnknown?: true
}

export function newDraft(eventId: number): EventDraft {
  return { eventId, payload: 'none', names: [], values: [] }
}

export function addField(draft: EventDraft, name: string, value: string | undefined): void {
  draft.names.push(name)
  draft.values.push(value)
}

/**
 * The finished record: provider filled in from the channel where it is missing, payload names in the event's own
 * spelling, and what the carrier lost taken from the rendered message.
 */
export function toEventRecord(draft: EventDraft, evidence: string, offset: number | undefined): EventRecord {
  draft.provider ??= providerOfChannel(draft.channel, draft.eventId)
  const fields = eventFields(draft.provider, draft.eventId)
  for (let index = 0; index < draft.names.length; index += 1) {
    draft.names[index] = fieldSpelling(fields, draft.names[index] ?? '')
  }
  if (draft.message !== undefined) completeFromMessage(draft, fields, draft.message)
  if (draft.zoneUnknown === true) takeUtcTime(draft)
  if (fields !== undefined && draft.names.length > 0) {
    draft.payload = fields.payload
    if (fields.element !== undefined) draft.payloadElement = fields.element
  } else if (draft.payload === 'none' && draft.names.length > 0) draft.payload = 'EventData'
  const record: Record<string, unknown> = { evidence }
  if (offset !== undefined) record.offset = offset
  for (const key in draft) {
    const value = draft[key as keyof EventDraft]
    if (value !== undefined && key !== 'zoneUnknown') record[key] = value
  }
  return record as unknown as EventRecord
}

/** Sysmon says in a field of its own what the carrier's local time does not tell. */
function takeUtcTime(draft: EventDraft): void {
  const utc = readTime(draft.values[draft.names.indexOf('UtcTime')])
  if (utc === undefined) return
  draft.timeFiletime = utc
  delete draft.zoneUnknown
}

/** Whether the fields already there are enough, so that the message need not be looked at. */
function isComplete(draft: EventDraft, fields: EventFields): boolean {
  if (draft.values.some((value) => value !== undefined && /&(?:lt|gt|amp|quot|apos|#\d+);/.test(value)))
    return false
  // Sysmon's message has every field, and its carriers lose single ones (NXLog: EventType, ProcessId).
  if (draft.provider?.toLowerCase() === 'microsoft-windows-sysmon') {
    return fields.names.every((name) => draft.names.includes(name))
  }
  return draft.names.length * 2 >= fields.names.length
}

function completeFromMessage(draft: EventDraft, fields: EventFields | undefined, message: string): void {
  if (fields === undefined || isComplete(draft, fields)) return
  const parsed = parseMessage(draft.provider ?? '', draft.eventId, message)
  if (parsed === undefined) return
  if (draft.names.length === 0) {
    draft.names = [...parsed.names]
    draft.values = [...parsed.values]
    return
  }
  for (const [index, name] of parsed.names.entries()) {
    const value = parsed.values[index]
    if (name === '' || value === undefined) continue
    const at = draft.names.indexOf(name)
    if (at < 0) addField(draft, name, value)
    else if (decodeHtml(draft.values[at] ?? '') === value) draft.values[at] = value
  }
}

const HTML: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Some forwarders escape field values for HTML and leave the message as it was. */
function decodeHtml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => HTML[name] ?? whole)
}
