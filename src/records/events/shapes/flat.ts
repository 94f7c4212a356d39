import { addField, type EventDraft, newDraft } from '../draft.ts'
import { eventFields, fieldSpelling, providerOfChannel } from '../fields.ts'
import { asNumber, asText, asWord, isObject, type JsonObject, pick } from '../json-value.ts'
import { addJsonEventData, addJsonUserData } from '../payload.ts'
import { readTime } from '../time.ts'
import { addEventData, addUserData, bracedGuid, parseXmlElement } from '../xml.ts'
import { keywordsText } from './event-system.ts'
import type { Shape } from './shape.ts'

/** Keys of carriers that stand beside the event's own fields in a flat object: NXLog, Logstash, Splunk. */
const CARRIER_KEYS: ReadonlySet<string> = new Set(
  (
    '@timestamp @version Channel LogName Log_Name EventID EventId EventCode event_id RecordNumber EventRecordID RecordID ' +
    'SourceName Provider ProviderName Provider_Name ProviderGuid Provider_Guid Version Task Opcode OpcodeValue Keywords ' +
    'Severity SeverityValue Level ExecutionProcessID ExecutionThreadID ProcessID ThreadID UserID AccountName ' +
    'AccountType Domain ActivityID RelatedActivityID Message message Category SourceModuleName SourceModuleType ' +
    'EventTime EventReceivedTime EventTypeOrignal EventTypeOriginal Hostname HostName host Host port type tags ' +
    'ERROR_EVT_UNRESOLVED Computer ComputerName TimeCreated TimeCreated_iso8601 SystemTime UtcTimeCreated _raw _time ' +
    '_indextime _cd _bkt _serial _si _sourcetype sourcetype source index splunk_server linecount punct timestamp ' +
    'eventtype EventData_Xml UserData_Xml RenderingInfo_Xml System_Props_Xml Qualifiers ' +
    'RecordId EventRecordId record_id Sid StringInserts EventData UserData'
  ).split(' '),
)

/**
 * One object with everything side by side: NXLog (Security-Datasets), Splunk results, custom forwarders. `EventType`
 * is NXLog's severity word unless `EventTypeOrignal` (sic) stands beside it.
 */
export const flat: Shape = (object, wanted) => {
  const eventId = asNumber(pick(object, 'EventID', 'EventId', 'EventCode', 'event_id'))
  if (eventId === undefined) return undefined
  const channel = asWord(pick(object, 'Channel', 'LogName', 'Log_Name')) ?? splunkChannel(object)
  const provider =
    providerName(asWord(pick(object, 'SourceName', 'ProviderName', 'Provider_Name', 'Provider'))) ??
    providerOfChannel(channel, eventId)
  if (provider === undefined && channel === undefined) return undefined
  if (!wanted(provider, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.provider = provider
  draft.channel = channel
  readCarrier(draft, object)
  if (addXmlParts(draft, object) || addPayload(draft, object)) return draft
  const fields = eventFields(provider, eventId)
  const known = new Set(fields?.names)
  const isNxlog = Object.hasOwn(object, 'SourceModuleType') || Object.hasOwn(object, 'EventReceivedTime')
  const eventTypeIsWord = isNxlog && !Object.hasOwn(object, 'EventTypeOrignal')
  for (const [key, value] of Object.entries(object)) {
    if (value === null || value === undefined) continue
    if (key === 'EventType' && eventTypeIsWord) continue
    if (CARRIER_KEYS.has(key) && !(known.has(key) && !isNxlog)) continue
    // Splunk adds lower-case fields of its own (user, dest, signature); those of the event never are, but param1.
    if (!isNxlog && /^[a-z_]+$/.test(key) && !known.has(fieldSpelling(fields, key))) continue
    addField(draft, key, asText(value))
  }
  return draft
}

/** Splunk's classic texts name the security log's provider as the event viewer does. */
function providerName(name: string | undefined): string | undefined {
  return /^Microsoft Windows security auditing\.?$/i.test(name ?? '')
    ? 'Microsoft-Windows-Security-Auditing'
    : name
}

function readCarrier(draft: EventDraft, object: JsonObject): void {
  draft.providerGuid = bracedGuid(asWord(pick(object, 'ProviderGuid', 'Provider_Guid')))
  draft.recordId = asNumber(
    pick(object, 'RecordNumber', 'EventRecordID', 'RecordID', 'RecordId', 'EventRecordId', 'record_id'),
  )
  draft.version = asNumber(pick(object, 'Version'))
  draft.task = asNumber(pick(object, 'Task'))
  draft.opcode = asNumber(pick(object, 'OpcodeValue', 'Opcode'))
  draft.level = asNumber(pick(object, 'Level'))
  draft.keywords = keywordsText(pick(object, 'Keywords'))
  draft.computer = asWord(pick(object, 'Hostname', 'Computer', 'ComputerName', 'HostName', 'host'))
  draft.userSid = sid(pick(object, 'UserID')) ?? sid(pick(object, 'Sid'))
  draft.processId = asNumber(pick(object, 'ExecutionProcessID', 'ProcessID'))
  draft.threadId = asNumber(pick(object, 'ThreadID', 'ExecutionThreadID'))
  draft.activityId = asWord(pick(object, 'ActivityID'))
  draft.relatedActivityId = asWord(pick(object, 'RelatedActivityID'))
  draft.message = asText(pick(object, 'Message', 'message'))
  const time = flatTime(object)
  draft.timeFiletime = time?.filetime
  if (time?.zoneUnknown === true) draft.zoneUnknown = true
}

function sid(value: unknown): string | undefined {
  const text = asWord(value)
  return text !== undefined && /^S-1-/.test(text) ? text : undefined
}

/** Windows NT ticks in a quarter of an hour: no time zone is finer. */
const QUARTER = 9_000_000_000n

/**
 * When the event was written, in UTC. NXLog's `EventTime` is local time without a zone; Sysmon's `UtcTime` says it
 * outright, else the zone is what lies between `EventReceivedTime` (local) and `@timestamp` (UTC), which are taken
 * within seconds of each other. Checked against the truth of the json-* evidence.
 */
function flatTime(object: JsonObject): { filetime: bigint; zoneUnknown?: true } | undefined {
  const known = (filetime: bigint | undefined): { filetime: bigint } | undefined =>
    filetime === undefined ? undefined : { filetime }
  const stated =
    readTime(pick(object, 'SystemTime', 'TimeCreated', 'TimeCreated_iso8601')) ??
    readTime(pick(object, 'UtcTime'))
  if (stated !== undefined) return known(stated)
  const written = pick(object, 'EventTime')
  const eventTime = readTime(written)
  const stamped = readTime(pick(object, '@timestamp'))
  if (eventTime === undefined) {
    return known(stamped ?? readTime(pick(object, '_time', 'timestamp', '_indextime')))
  }
  if (typeof written === 'string' && /(Z|[+-]\d{2}:?\d{2})$/i.test(written.trim())) return known(eventTime)
  const received = readTime(pick(object, 'EventReceivedTime'))
  if (stamped === undefined || received === undefined) return { filetime: eventTime, zoneUnknown: true }
  const difference = stamped - received
  const quarters = (difference + (difference < 0n ? -QUARTER / 2n : QUARTER / 2n)) / QUARTER
  return known(eventTime + quarters * QUARTER)
}

/**
 * The payload as an object of its own beside flat system fields (Velociraptor's EvtxHunter), or its values alone in
 * the manifest's order (Fluent Bit's `StringInserts`), which are believed only where their number is the manifest's.
 */
function addPayload(draft: EventDraft, object: JsonObject): boolean {
  if (isObject(object.UserData) && Object.keys(object.UserData).length > 0)
    addJsonUserData(draft, object.UserData)
  else if (isObject(object.EventData)) addJsonEventData(draft, object.EventData)
  const inserts = object.StringInserts
  const names = eventFields(draft.provider, draft.eventId)?.names
  if (draft.names.length === 0 && Array.isArray(inserts) && inserts.length === names?.length) {
    for (const [index, value] of inserts.entries()) addField(draft, names[index] ?? '', asText(value))
  }
  return draft.names.length > 0
}

/** `XmlWinEventLog:Microsoft-Windows-Sysmon/Operational` or `WinEventLog:Security`. */
function splunkChannel(object: JsonObject): string | undefined {
  const source = asWord(pick(object, 'source', 'sourcetype'))
  return /^(?:Xml)?WinEventLog:(.+)$/.exec(source ?? '')?.[1]
}

/** Splunk keeps the payload's XML beside the fields it extracts; only there UserData is whole. */
function addXmlParts(draft: EventDraft, object: JsonObject): boolean {
  const userData = pick(object, 'UserData_Xml')
  if (typeof userData === 'string') {
    const element = parseXmlElement(userData)
    if (element !== undefined) {
      const wrapped = element.name === 'UserData'
      addUserData(
        draft,
        wrapped ? element : { name: 'UserData', attributes: {}, children: [element], text: '' },
      )
      return true
    }
  }
  const eventData = pick(object, 'EventData_Xml')
  if (typeof eventData === 'string') {
    const element = parseXmlElement(`<EventData>${eventData}</EventData>`)
    if (element !== undefined) {
      const [inner] = element.children
      addEventData(draft, inner?.name === 'EventData' ? inner : element)
      return true
    }
  }
  return false
}
