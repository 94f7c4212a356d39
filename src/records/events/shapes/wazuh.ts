import { addField, newDraft } from '../draft.ts'
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
  draft.message = unescaped(asText(system.get('message'))?.replace(/^"([\s\S]*)"$/, '$1'))
  const userData = userDataName(object, root)
  if (userData !== undefined) {
    draft.payload = 'UserData'
    draft.payloadElement = upperFirst(userData)
  }
  for (const [name, value] of entriesBelow(object, `${root}.${userData ?? 'eventdata'}`)) {
    addField(draft, upperFirst(name), unescaped(asText(value)))
  }
  return draft
}

const upperFirst = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

/** UserData stands under its element's name: `logFileCleared`, `operation_ESStoConsumerBinding`. */
function userDataName(object: JsonObject, root: string): string | undefined {
  if (entriesBelow(object, `${root}.eventdata`).length > 0) return undefined
  for (const [key, value] of entriesBelow(object, root)) {
    const name = key.split('.', 1)[0] ?? ''
    if (name !== 'system' && name !== 'eventdata' && (isObject(value) || key.includes('.'))) return name
  }
  return undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * The agent escapes values as for JSON before they become JSON: `C:\\\\Windows` for `C:\\Windows` (Wazuh's own rules
 * match doubled backslashes). A value with a backslash that escapes nothing, or with a bare quote or line end, was not
 * treated so.
 */
function unescaped(value: string | undefined): string | undefined {
  if (value === undefined || !value.includes('\\')) return value
  const pair = /\\(["\\/nrt])/g
  if (/[\\"\n\r\t]/.test(value.replace(pair, ''))) return value
  return value.replace(pair, (_whole, character: string) => ESCAPES[character] ?? character)
}
