import { addField, type EventDraft, newDraft } from '../draft.ts'
import {
  asNumber,
  asText,
  asWord,
  entriesBelow,
  isObject,
  type JsonObject,
  lookUp,
  pick,
} from '../json-value.ts'
import { readTime } from '../time.ts'
import { bracedGuid, eventFromXml } from '../xml.ts'
import { keywordsText } from './event-system.ts'
import type { Shape, Wanted } from './shape.ts'

/**
 * Winlogbeat and Elastic Agent documents (`winlog.*`, nested or dotted, as Kibana's CSV has them too), and the
 * older Winlogbeat 6 layout without the `winlog` prefix.
 */
export const winlogbeat: Shape = (object, wanted) => {
  if (Object.hasOwn(object, 'winlog') || Object.keys(object).some((key) => key.startsWith('winlog.'))) {
    return fromDocument(object, 'winlog.', wanted)
  }
  if (isObject(object.beat) || Object.hasOwn(object, 'log_name')) return fromDocument(object, '', wanted)
  return undefined
}

function fromDocument(
  object: JsonObject,
  prefix: string,
  wanted: Wanted,
): EventDraft | 'unwanted' | undefined {
  const at = (name: string): unknown => lookUp(object, prefix + name)
  const eventId = asNumber(at('event_id')) ?? asNumber(lookUp(object, 'event.code'))
  if (eventId === undefined) return undefined
  const channel = asWord(at('channel') ?? at('log_name'))
  const provider = asWord(at('provider_name') ?? at('source_name') ?? lookUp(object, 'event.provider'))
  if (provider === undefined && channel === undefined) return undefined
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  draft.providerGuid = bracedGuid(asWord(at('provider_guid')))
  draft.recordId = asNumber(at('record_id') ?? at('record_number'))
  draft.version = asNumber(at('version'))
  draft.keywords = keywordsText(firstHex(at('keywords')))
  draft.computer = asWord(
    at('computer_name') ?? lookUp(object, 'host.hostname') ?? lookUp(object, 'host.name'),
  )
  draft.userSid = asWord(at('user.identifier'))
  draft.processId = asNumber(at('process.pid') ?? at('process_id'))
  draft.threadId = asNumber(at('process.thread.id') ?? at('thread_id'))
  draft.activityId = asWord(at('activity_id'))
  draft.relatedActivityId = asWord(at('related_activity_id'))
  draft.message = asText(pick(object, 'message'))
  draft.timeFiletime = readTime(at('time_created') ?? pick(object, '@timestamp'))
  addFields(draft, object, prefix)
  if (draft.names.length === 0) addOriginal(draft, lookUp(object, 'event.original'))
  return draft
}

/** Winlogbeat with `include_xml` keeps the event's XML, which some pipelines then do not take apart. */
function addOriginal(draft: EventDraft, original: unknown): void {
  if (typeof original !== 'string' || !/^\s*<Event[\s>]/.test(original)) return
  const event = eventFromXml(original)
  if (event?.eventId !== draft.eventId) return
  draft.payload = event.payload
  draft.payloadElement = event.payloadElement
  draft.names = event.names
  draft.values = event.values
  draft.userSid ??= event.userSid
}

function addFields(draft: EventDraft, object: JsonObject, prefix: string): void {
  const userData = entriesBelow(object, `${prefix}user_data`)
  if (userData.length > 0) {
    draft.payload = 'UserData'
    for (const [name, value] of userData) {
      if (name === 'xml_name') draft.payloadElement = asWord(value)
      else addField(draft, name, asText(value))
    }
    return
  }
  const eventData = entriesBelow(object, `${prefix}event_data`)
  if (eventData.length === 0) return
  draft.payload = 'EventData'
  // Unnamed Data elements are numbered by Winlogbeat: param1, param2.
  const unnamed = draft.provider?.toLowerCase() === 'powershell'
  for (const [name, value] of eventData) {
    addField(draft, unnamed && /^param\d+$/.test(name) ? '' : name, asText(value))
  }
}

/** `winlog.keywords` is a list of words, which event XML does not have. */
function firstHex(value: unknown): unknown {
  const text = asWord(value)
  return text !== undefined && /^(0x[0-9a-f]+|-?\d+)$/i.test(text) ? text : undefined
}
