import type { EventRecord, ExportRow } from '../event.ts'
import { addField, type EventDraft, newDraft, toEventRecord } from '../events/draft.ts'
import { eventFields } from '../events/fields.ts'
import { asNumber, asText, asWord, isObject, parseJson } from '../events/json-value.ts'
import { addJsonEventData, addJsonUserData } from '../events/payload.ts'
import { readTime } from '../events/time.ts'
import { addEventData, addUserData, eventFromElement, parseXmlElement } from '../events/xml.ts'
import type { XmlElement } from '../events/xml-element.ts'

/**
 * The Windows event that a row of `Event`, `WindowsEvent` or `SecurityEvent` carries; `undefined` for other tables
 * and for rows without an event id. Payload from EventData (XML or object), else the parameters in order, else the
 * rendered description. Source: the telemetry reference, section 9.
 */
export function exportRowToEvent(row: ExportRow): EventRecord | undefined {
  if (row.table !== 'Event' && row.table !== 'WindowsEvent' && row.table !== 'SecurityEvent') return undefined
  const cell = cellReader(row)
  const eventId = asNumber(cell('EventID'))
  if (eventId === undefined) return undefined
  const draft = newDraft(eventId)
  draft.timeFiletime = readTime(cell('TimeCreated') ?? cell('TimeGenerated') ?? cell('Timestamp'))
  draft.computer = asWord(cell('Computer'))
  draft.recordId = asNumber(cell('EventRecordId') ?? cell('EventRecordID'))
  if (row.table === 'Event') fromEvent(draft, cell)
  else if (row.table === 'WindowsEvent') fromWindowsEvent(draft, cell)
  else fromSecurityEvent(draft, cell)
  return toEventRecord(draft, row.evidence, row.offset)
}

type Cell = (column: string) => unknown

/** The value of a column, `undefined` where it is absent or empty. */
function cellReader(row: ExportRow): Cell {
  return (column) => {
    const value = row.values[row.columns.indexOf(column)]
    return value === '' || value === null ? undefined : value
  }
}

function fromEvent(draft: EventDraft, cell: Cell): void {
  draft.channel = asWord(cell('EventLog'))
  draft.provider = asWord(cell('Source'))
  draft.message = asText(cell('RenderedDescription') ?? cell('Message'))
  const data = cell('EventData')
  if (typeof data === 'string' && addXmlPayload(draft, data)) return
  if (isObject(data)) addJsonEventData(draft, data)
  const parameters = cell('ParameterXml')
  if (draft.names.length === 0 && typeof parameters === 'string') addParameters(draft, parameters)
}

function fromWindowsEvent(draft: EventDraft, cell: Cell): void {
  draft.channel = asWord(cell('Channel'))
  draft.provider = asWord(cell('Provider'))
  draft.version = asNumber(cell('Version'))
  draft.task = asNumber(cell('Task'))
  draft.opcode = asNumber(cell('Opcode'))
  draft.keywords = asWord(cell('Keywords'))
  draft.userSid = asWord(cell('SystemUserId'))
  draft.processId = asNumber(cell('SystemProcessId'))
  draft.threadId = asNumber(cell('SystemThreadId'))
  const data = parsed(cell('EventData'))
  if (isObject(data)) {
    if (isObject(data.UserData)) addJsonUserData(draft, data.UserData)
    else addJsonEventData(draft, data)
  }
  const raw = cell('RawEventData')
  if (draft.names.length === 0 && typeof raw === 'string') {
    const json = parsed(raw)
    if (isObject(json)) addJsonEventData(draft, json)
    else addXmlPayload(draft, raw)
  }
}

function fromSecurityEvent(draft: EventDraft, cell: Cell): void {
  draft.channel = asWord(cell('Channel')) ?? 'Security'
  draft.provider = asWord(cell('EventSourceName')) ?? 'Microsoft-Windows-Security-Auditing'
  draft.version = asNumber(cell('Version'))
  draft.task = asNumber(cell('Task'))
  draft.level = asNumber(cell('Level'))
  draft.processId = asNumber(cell('SystemProcessId'))
  draft.threadId = asNumber(cell('SystemThreadId'))
  draft.userSid = asWord(cell('SystemUserId'))
  for (const name of eventFields(draft.provider, draft.eventId)?.names ?? []) {
    const value = asText(cell(name))
    if (value !== undefined) addField(draft, name, value)
  }
  const data = cell('EventData')
  if (draft.names.length === 0 && typeof data === 'string') addXmlPayload(draft, data)
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value
  try {
    return parseJson(value)
  } catch (error) {
    // A cut value stays text; RawEventData or the columns may still tell.
    if (!(error instanceof SyntaxError)) throw error
    return undefined
  }
}

/** `<DataItem><EventData>…`, `<EventData>…`, `<UserData>…` or a whole `<Event>`. */
function addXmlPayload(draft: EventDraft, text: string): boolean {
  const root = parseXmlElement(text)
  if (root === undefined) return false
  const whole = findElement(root, 'Event', 4)
  const event = whole === undefined ? undefined : eventFromElement(whole)
  if (event !== undefined) {
    Object.assign(draft, {
      ...event,
      ...definedOnly(draft),
      payload: event.payload,
      names: event.names,
      values: event.values,
    })
    return draft.names.length > 0
  }
  const userData = findElement(root, 'UserData', 4)
  if (userData !== undefined) addUserData(draft, userData)
  else {
    const eventData = findElement(root, 'EventData', 4)
    if (eventData === undefined) return false
    addEventData(draft, eventData)
  }
  return draft.names.length > 0
}

function definedOnly(draft: EventDraft): Partial<EventDraft> {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined))
}

function findElement(element: XmlElement, name: string, depth: number): XmlElement | undefined {
  if (element.name === name) return element
  if (depth === 0) return undefined
  for (const part of element.children) {
    const found = findElement(part, name, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** `<Param>v</Param>…` in the order of the manifest: names only where the counts agree. */
function addParameters(draft: EventDraft, text: string): void {
  const root = parseXmlElement(`<Params>${text}</Params>`)
  const values = root?.children.filter((part) => part.name === 'Param').map((part) => part.text) ?? []
  if (values.length === 0) return
  const names = eventFields(draft.provider, draft.eventId)?.names
  const agrees = names !== undefined && names.length === values.length
  for (const [index, value] of values.entries()) addField(draft, agrees ? (names[index] ?? '') : '', value)
}
