import { addField, type EventDraft } from './draft.ts'
import { asText, isObject, type JsonObject, pick } from './json-value.ts'

/** An XML attribute in JSON: under `#attributes` (evtx_dump), `@attributes`, `$`, or as `@Name`, `-Name`, `Name`. */
export function attribute(element: unknown, name: string): unknown {
  if (!isObject(element)) return undefined
  for (const holder of ['#attributes', '@attributes', '$', '_attributes']) {
    const attributes = element[holder]
    if (isObject(attributes) && Object.hasOwn(attributes, name)) return attributes[name]
  }
  return pick(element, `@${name}`, `-${name}`, name)
}

/** The text of an XML element in JSON: the value itself, or under `#text` beside attributes. */
export function elementText(element: unknown): unknown {
  if (!isObject(element)) return element
  return pick(element, '#text', '_', '$t', '#content', '__text')
}

const ATTRIBUTE_KEYS = new Set([
  '#attributes',
  '@attributes',
  '$',
  '_attributes',
  '@xmlns',
  '-xmlns',
  'xmlns',
])

/**
 * Fields of `EventData` in JSON: `{"Image": "…"}`, `{"Data": ["a", "b"]}` unnamed, or `{"Data": [{"@Name": …,
 * "#text": …}]}` as converters write it.
 */
export function addJsonEventData(draft: EventDraft, data: unknown): void {
  draft.payload = 'EventData'
  if (!isObject(data)) {
    const text = asText(data)
    if (text !== undefined && text !== '') addField(draft, '', text)
    return
  }
  const name = attribute(data, 'Name')
  if (typeof name === 'string' && !Object.hasOwn(data, 'Name')) draft.payloadElement = name
  for (const [key, value] of Object.entries(data)) {
    if (ATTRIBUTE_KEYS.has(key) || (key === '@Name' && typeof value === 'string')) continue
    if (key === 'Data') addDataElements(draft, value)
    else addField(draft, key, asText(isObject(value) ? (elementText(value) ?? nonAttributes(value)) : value))
  }
}

function addDataElements(draft: EventDraft, value: unknown): void {
  for (const item of Array.isArray(value) ? value : [value]) {
    const name = attribute(item, 'Name')
    const text = elementText(item)
    if (isObject(item) && name === undefined && Array.isArray(text)) {
      for (const one of text) addField(draft, '', asText(one))
    } else addField(draft, typeof name === 'string' ? name : '', asText(text))
  }
}

/** Chainsaw and `evtx_dump --separate-json-attributes` keep an element's attributes beside it: `X_attributes`. */
const isBesideElement = (key: string, data: JsonObject): boolean =>
  key.endsWith('_attributes') && Object.hasOwn(data, key.slice(0, -'_attributes'.length))

/** Fields of `UserData` in JSON: one wrapper element, whose fields may carry an `xmlns` attribute. */
export function addJsonUserData(draft: EventDraft, data: unknown): void {
  draft.payload = 'UserData'
  if (!isObject(data)) return
  const wrapper = Object.entries(data).find(
    ([key]) => !ATTRIBUTE_KEYS.has(key) && !isBesideElement(key, data),
  )
  if (wrapper === undefined) return
  const [element, fields] = wrapper
  draft.payloadElement = element.slice(element.indexOf(':') + 1)
  if (!isObject(fields)) {
    const text = asText(fields)
    if (text !== undefined && text !== '') addField(draft, element, text)
    return
  }
  for (const [key, value] of Object.entries(fields)) {
    if (ATTRIBUTE_KEYS.has(key) || isBesideElement(key, fields)) continue
    addField(draft, key, asText(isObject(value) ? (elementText(value) ?? nonAttributes(value)) : value))
  }
}

/** What is left of an object without its attributes: nothing, where it was an empty element. */
function nonAttributes(value: JsonObject): unknown {
  const rest = Object.entries(value).filter(([key]) => !ATTRIBUTE_KEYS.has(key))
  return rest.length === 0 ? '' : JSON.stringify(Object.fromEntries(rest))
}
