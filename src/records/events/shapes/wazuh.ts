import { addField, newDraft } from '../draft.ts'
import { asNumber, asText, asWord, entriesBelow, lookUp, pick } from '../json-value.ts'
import { readTime } from '../time.ts'
import { bracedGuid } from '../xml.ts'
import { keywordsText } from './event-system.ts'
import type { Shape } from './shape.ts'

/** Wazuh alerts and archives: `data.win.system` and `data.win.eventdata`, names beginning in lower case. */
export const wazuh: Shape = (object, wanted) => {
  const root = lookUp(object, 'data.win.system') !== undefined ? 'data.win' : 'win'
  const system = new Map(entriesBelow(object, `${root}.system`))
  const eventId = asNumber(system.get('eventID'))
  if (eventId === undefined) return undefined
  const provider = asWord(system.get('providerName'))
  const channel = asWord(system.get('channel'))
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  draft.providerGuid = bracedGuid(asWord(system.get('providerGuid')))
  draft.recordId = asNumber(system.get('eventRecordID'))
  draft.version = asNumber(system.get('version'))
  draft.level = asNumber(system.get('level'))
  draft.task = asNumber(system.get('task'))
  draft.opcode = asNumber(system.get('opcode'))
  draft.keywords = keywordsText(system.get('keywords'))
  draft.processId = asNumber(system.get('processID'))
  draft.threadId = asNumber(system.get('threadID'))
  draft.computer = asWord(system.get('computer'))
  draft.timeFiletime = readTime(system.get('systemTime') ?? pick(object, 'timestamp', '@timestamp'))
  // The agent wraps the message in quotes.
  draft.message = asText(system.get('message'))?.replace(/^"([\s\S]*)"$/, '$1')
  for (const [name, value] of entriesBelow(object, `${root}.eventdata`)) {
    addField(draft, `${name.charAt(0).toUpperCase()}${name.slice(1)}`, asText(value))
  }
  return draft
}
