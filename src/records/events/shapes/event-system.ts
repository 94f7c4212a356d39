import { addField, type EventDraft, newDraft } from '../draft.ts'
import { asNumber, asText, asWord, isObject, type JsonObject, pick } from '../json-value.ts'
import { addJsonEventData, addJsonUserData, attribute, elementText } from '../payload.ts'
import { readTime } from '../time.ts'
import { bracedGuid } from '../xml.ts'
import type { Shape } from './shape.ts'

/**
 * Event XML turned to JSON: `{"Event": {"System": …, "EventData": …}}` of evtx_dump, Chainsaw, Velociraptor
 * (`{"System": …, "EventData": …}` without `Event`) and general converters.
 */
export const eventSystem: Shape = (object, wanted) => {
  const event = isObject(object.Event) ? object.Event : object
  const system = event.System
  if (!isObject(system)) return undefined
  const eventId = asNumber(
    elementText(system.EventID) ?? (isObject(system.EventID) ? system.EventID.Value : undefined),
  )
  if (eventId === undefined) return undefined
  const provider = asWord(
    attribute(system.Provider, 'Name') ??
      attribute({ '#attributes': pick(system, 'Provider_attributes') }, 'Name') ??
      (typeof system.Provider === 'string' ? system.Provider : undefined),
  )
  const channel = asWord(elementText(system.Channel))
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  readSystem(draft, system)
  const message = pick(event, 'Message') ?? pick(asObject(event.RenderingInfo), 'Message')
  draft.message = asText(elementText(message))
  if (!isEmpty(event.UserData)) addJsonUserData(draft, event.UserData)
  else if (event.EventData !== undefined && event.EventData !== null) {
    addJsonEventData(draft, event.EventData)
  } else if (isObject(event.ProcessingErrorData)) {
    draft.payload = 'ProcessingErrorData'
    for (const [name, value] of Object.entries(event.ProcessingErrorData))
      addField(draft, name, asText(value))
  }
  return draft
}

/** Converters write the payload that an event does not have as null, as no text, or as an object with nothing in it. */
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (isObject(value) && Object.keys(value).length === 0)

const asObject = (value: unknown): JsonObject | undefined => (isObject(value) ? value : undefined)

function readSystem(draft: EventDraft, system: JsonObject): void {
  const of = (element: string, name: string): unknown =>
    attribute(system[element], name) ?? attribute({ '#attributes': system[`${element}_attributes`] }, name)
  draft.providerGuid = bracedGuid(asWord(of('Provider', 'Guid')))
  draft.version = asNumber(elementText(system.Version))
  draft.level = asNumber(elementText(system.Level))
  draft.task = asNumber(elementText(system.Task))
  draft.opcode = asNumber(elementText(system.Opcode))
  draft.keywords = keywordsText(elementText(system.Keywords))
  draft.timeFiletime = readTime(of('TimeCreated', 'SystemTime') ?? system.TimeCreated)
  draft.recordId = asNumber(elementText(system.EventRecordID))
  draft.processId = asNumber(of('Execution', 'ProcessID'))
  draft.threadId = asNumber(of('Execution', 'ThreadID'))
  draft.activityId = asWord(of('Correlation', 'ActivityID'))
  draft.relatedActivityId = asWord(of('Correlation', 'RelatedActivityID'))
  draft.computer = asWord(elementText(system.Computer))
  draft.userSid = asWord(of('Security', 'UserID'))
}

/** Keywords as event XML has them, `0x` and 16 digits, also from the signed 64-bit number that forwarders write. */
export function keywordsText(value: unknown): string | undefined {
  // Powers of two, which keywords are, survive as JSON numbers, but not their printing.
  if (typeof value === 'number') return Number.isInteger(value) ? hex64(BigInt(value)) : undefined
  const text = asWord(value)
  return text !== undefined && /^-?\d{1,20}$/.test(text) ? hex64(BigInt(text)) : text
}

const hex64 = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`
