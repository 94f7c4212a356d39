import { addField, newDraft } from '../draft.ts'
import { eventFields } from '../fields.ts'
import { asNumber, asText, asWord, isObject, pick } from '../json-value.ts'
import { readTime } from '../time.ts'
import { bracedGuid } from '../xml.ts'
import { keywordsText } from './event-system.ts'
import type { Shape } from './shape.ts'

/**
 * `Get-WinEvent | ConvertTo-Json`: system fields under .NET names, the payload as `Properties` without names, in the
 * manifest's order. Sysmon has added fields in the middle of its events over time, so there the message decides.
 */
export const getWinEvent: Shape = (object, wanted) => {
  if (!Object.hasOwn(object, 'ProviderName')) return undefined
  // `Select-Object TimeCreated, Id, ProviderName, Message` leaves the rest out.
  const selected = Object.hasOwn(object, 'TimeCreated') && Object.hasOwn(object, 'Message')
  if (!Object.hasOwn(object, 'LogName') && !selected) return undefined
  const eventId = asNumber(object.Id)
  if (eventId === undefined) return undefined
  const provider = asWord(object.ProviderName)
  const channel = asWord(object.LogName)
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  draft.providerGuid = bracedGuid(asWord(object.ProviderId))
  draft.recordId = asNumber(object.RecordId)
  draft.version = asNumber(object.Version)
  draft.level = asNumber(object.Level)
  draft.task = asNumber(object.Task)
  draft.opcode = asNumber(object.Opcode)
  draft.keywords = keywordsText(pick(object, 'Keywords'))
  draft.timeFiletime = readTime(object.TimeCreated)
  // Export-Csv writes the time of the analyst's culture and zone.
  if (typeof object.TimeCreated === 'string' && !/Date\(|Z$|[+-]\d{2}:?\d{2}$/.test(object.TimeCreated)) {
    draft.zoneUnknown = true
  }
  draft.processId = asNumber(object.ProcessId)
  draft.threadId = asNumber(object.ThreadId)
  draft.computer = asWord(object.MachineName)
  draft.activityId = bracedGuid(asWord(object.ActivityId))
  const userId = object.UserId
  draft.userSid = asWord(isObject(userId) ? userId.Value : userId)
  draft.message = asText(pick(object, 'Message'))
  const fields = eventFields(provider, eventId)
  const properties = object.Properties
  const byMessage = provider?.toLowerCase() === 'microsoft-windows-sysmon' && draft.message !== undefined
  if (Array.isArray(properties) && !byMessage) {
    const named = fields !== undefined && properties.length <= fields.names.length
    for (const [index, property] of properties.entries()) {
      const value = isObject(property) ? property.Value : property
      // ConvertTo-Json goes two levels deep unless told otherwise, and below that writes the names of types.
      if (value === 'System.Diagnostics.Eventing.Reader.EventProperty') break
      addField(draft, named ? (fields.names[index] ?? '') : '', asText(sidOrValue(value)))
    }
  }
  return draft
}

/** A SID converts to an object with its text under `Value`. */
function sidOrValue(value: unknown): unknown {
  return isObject(value) && typeof value.Value === 'string' ? value.Value : value
}
