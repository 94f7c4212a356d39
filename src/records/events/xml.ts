import { isoToFiletime } from '../../bytes/index.ts'
import { addField, type EventDraft, newDraft } from './draft.ts'
import { MAX_XML_DEPTH, MAX_XML_NODES, type XmlElement } from './xml-element.ts'
import { parseLeniently } from './xml-lenient.ts'

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five predefined entities and character numbers; any other entity stays as written: none is ever expanded. */
export function decodeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole
      const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      const isCharacter = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
      return isCharacter ? String.fromCodePoint(point) : whole
    },
  )
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)

/**
 * The first element of a text as a tree; `undefined` where the text is not well formed in the small part of XML that
 * events use (elements, attributes, text, CDATA, comments, declarations; no document type).
 */
export function parseXmlElement(text: string): XmlElement | undefined {
  const open: XmlElement[] = []
  let nodes = 0
  let at = text.indexOf('<')
  while (at >= 0) {
    const next = text.charCodeAt(at + 1)
    if (next === 0x21 || next === 0x3f) {
      const skipped = skipMarkup(text, at)
      if (skipped === undefined) return undefined
      const current = open[open.length - 1]
      if (current !== undefined) current.text += skipped.text
      at = skipped.end
    } else if (next === 0x2f) {
      const end = text.indexOf('>', at)
      const element = open.pop()
      if (end < 0 || element === undefined) return undefined
      if (localName(text.slice(at + 2, end).trimEnd()) !== element.name) return undefined
      if (open.length === 0) return element
      at = end + 1
    } else {
      const tag = readTag(text, at)
      nodes += 1
      if (tag === undefined || nodes > MAX_XML_NODES || open.length >= MAX_XML_DEPTH) return undefined
      open[open.length - 1]?.children.push(tag.element)
      if (!tag.closed) open.push(tag.element)
      else if (open.length === 0) return tag.element
      at = tag.end
    }
    const following = text.indexOf('<', at)
    const current = open[open.length - 1]
    if (current !== undefined && following > at) current.text += decodeXml(text.slice(at, following))
    at = following
  }
  return undefined
}

function skipMarkup(text: string, at: number): { end: number; text: string } | undefined {
  const [lead, close] = text.startsWith('<!--', at)
    ? [4, '-->']
    : text.startsWith('<![CDATA[', at)
      ? [9, ']]>']
      : text.startsWith('<?', at)
        ? [2, '?>']
        : [0, '']
  // A document type could declare entities; events have none.
  if (lead === 0) return undefined
  const end = text.indexOf(close, at + lead)
  if (end < 0) return undefined
  return { end: end + close.length, text: lead === 9 ? text.slice(at + 9, end) : '' }
}

const TAG_NAME = /[A-Za-z_][\w.:-]*/y
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const TAG_END = /\s*(\/?)>/y

function readTag(
  text: string,
  at: number,
): { element: XmlElement; end: number; closed: boolean } | undefined {
  TAG_NAME.lastIndex = at + 1
  const name = TAG_NAME.exec(text)?.[0]
  if (name === undefined) return undefined
  const attributes: Record<string, string> = Object.create(null)
  let position = at + 1 + name.length
  for (;;) {
    ATTRIBUTE.lastIndex = position
    const match = ATTRIBUTE.exec(text)
    if (match === null) break
    attributes[localName(match[1] ?? '')] = decodeXml(match[2] ?? match[3] ?? '')
    position = ATTRIBUTE.lastIndex
  }
  TAG_END.lastIndex = position
  const end = TAG_END.exec(text)
  if (end === null) return undefined
  return {
    element: { name: localName(name), attributes, children: [], text: '' },
    end: TAG_END.lastIndex,
    closed: end[1] === '/',
  }
}

const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((candidate) => candidate.name === name)

const number = (text: string | undefined): number | undefined => {
  const trimmed = text?.trim()
  if (trimmed === undefined || trimmed === '') return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}

/** The event of one `<Event>…</Event>` text; `undefined` where it is not one. Shape: [MS-EVEN6] 2.2.13, Event schema. */
export function eventFromXml(text: string): EventDraft | undefined {
  const root = parseXmlElement(text) ?? parseLeniently(text)
  return root === undefined ? undefined : eventFromElement(root)
}

export function eventFromElement(root: XmlElement): EventDraft | undefined {
  const system = child(root, 'System')
  const eventId = number(child(system, 'EventID')?.text)
  if (root.name !== 'Event' || system === undefined || eventId === undefined) return undefined
  const draft = newDraft(eventId)
  readSystem(draft, system)
  const message = child(child(root, 'RenderingInfo'), 'Message')?.text
  if (message !== undefined && message !== '') draft.message = message
  const eventData = child(root, 'EventData')
  const userData = child(root, 'UserData')
  if (userData !== undefined) addUserData(draft, userData)
  else if (eventData !== undefined) addEventData(draft, eventData)
  else {
    const failed = child(root, 'ProcessingErrorData')
    if (failed !== undefined) {
      draft.payload = 'ProcessingErrorData'
      for (const part of failed.children) addField(draft, part.name, part.text)
    }
  }
  return draft
}

function readSystem(draft: EventDraft, system: XmlElement): void {
  const text = (name: string): string | undefined => child(system, name)?.text.trim() || undefined
  const attribute = (name: string, key: string): string | undefined =>
    child(system, name)?.attributes[key] || undefined
  draft.provider = attribute('Provider', 'Name') ?? attribute('Provider', 'EventSourceName')
  draft.providerGuid = bracedGuid(attribute('Provider', 'Guid'))
  draft.version = number(text('Version'))
  draft.level = number(text('Level'))
  draft.task = number(text('Task'))
  draft.opcode = number(text('Opcode'))
  draft.keywords = text('Keywords')
  const time = attribute('TimeCreated', 'SystemTime') ?? text('TimeCreated')
  draft.timeFiletime = time === undefined ? undefined : isoToFiletime(time)
  draft.recordId = number(text('EventRecordID'))
  draft.activityId = attribute('Correlation', 'ActivityID')
  draft.relatedActivityId = attribute('Correlation', 'RelatedActivityID')
  draft.processId = number(attribute('Execution', 'ProcessID'))
  draft.threadId = number(attribute('Execution', 'ThreadID'))
  draft.channel = text('Channel')
  draft.computer = text('Computer')
  draft.userSid = attribute('Security', 'UserID')
}

/** Upper case with braces, as the records have it. */
export function bracedGuid(guid: string | undefined): string | undefined {
  return guid === undefined ? undefined : `{${guid.replace(/[{}]/g, '')}}`.toUpperCase()
}

/** The fields inside `EventData` or of a fragment of it. */
export function addEventData(draft: EventDraft, data: XmlElement): void {
  draft.payload = 'EventData'
  const name = data.attributes.Name
  if (name !== undefined) draft.payloadElement = name
  for (const part of data.children) {
    const field = part.name === 'Data' ? (part.attributes.Name ?? '') : part.name
    addField(draft, field, part.children.length > 0 ? innerText(part) : notLayout(part.text))
  }
}

/** evtx_dump sets the end tag of an empty element on a line of its own. */
const notLayout = (text: string): string => (/^[ \t]*\r?\n\s*$/.test(text) ? '' : text)

/** The fields inside the one element that `UserData` wraps. */
export function addUserData(draft: EventDraft, data: XmlElement): void {
  draft.payload = 'UserData'
  const wrapper = data.children[0]
  if (wrapper === undefined) return
  draft.payloadElement = wrapper.name
  if (wrapper.children.length === 0 && wrapper.text.trim() !== '') addField(draft, wrapper.name, wrapper.text)
  for (const part of wrapper.children) {
    addField(draft, part.name, part.children.length > 0 ? innerText(part) : notLayout(part.text))
  }
}

/** Values with elements inside (`CAPI2`) are given as their texts, in order. */
function innerText(element: XmlElement): string {
  const texts = element.children.map((part) => (part.children.length > 0 ? innerText(part) : part.text))
  return [element.text.trim(), ...texts].filter((text) => text !== '').join(' ')
}
