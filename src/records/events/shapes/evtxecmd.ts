import { newDraft } from '../draft.ts'
import { asNumber, asWord, isObject, parseJson, pick } from '../json-value.ts'
import { addJsonEventData, addJsonUserData } from '../payload.ts'
import { readTime } from '../time.ts'
import { keywordsText } from './event-system.ts'
import type { Shape } from './shape.ts'

/** EvtxECmd's JSON and CSV: the payload is itself JSON text, `{"EventData": …}` or `{"UserData": …}`. */
export const evtxEcmd: Shape = (object, wanted) => {
  if (!Object.hasOwn(object, 'Payload') || !Object.hasOwn(object, 'EventRecordId')) return undefined
  const eventId = asNumber(object.EventId)
  if (eventId === undefined) return undefined
  const provider = asWord(object.Provider)
  const channel = asWord(object.Channel)
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  draft.recordId = asNumber(object.EventRecordId)
  draft.processId = asNumber(object.ProcessId)
  draft.threadId = asNumber(object.ThreadId)
  draft.computer = asWord(object.Computer)
  draft.userSid = asWord(object.UserId)
  draft.keywords = keywordsText(pick(object, 'Keywords'))
  draft.timeFiletime = readTime(object.TimeCreated)
  const payload = parsePayload(object.Payload)
  if (isObject(payload)) {
    if (payload.UserData !== undefined) addJsonUserData(draft, payload.UserData)
    else if (payload.EventData !== undefined) addJsonEventData(draft, payload.EventData)
  }
  return draft
}

function parsePayload(payload: unknown): unknown {
  if (typeof payload !== 'string') return payload
  try {
    return parseJson(payload)
  } catch (error) {
    // An event without its payload is still an event; fields stay away.
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}
