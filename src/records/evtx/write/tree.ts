import { VALUE } from '../layout.ts'
import { renderArray, renderValue } from '../value.ts'
import { type EncodedValue, encodeScalar, encodeValue, filetimeOf } from './encode.ts'
import type { EvtxEventInput, EvtxField } from './types.ts'

export type WritePart =
  | { readonly text: string }
  | { readonly slot: number; readonly type: number; readonly optional: boolean }

export interface WriteElement {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, part: WritePart])[]
  readonly content: readonly (WriteElement | WritePart)[]
}

/** A template's tree and the values of one use of it. */
export interface Filled {
  readonly tree: WriteElement
  readonly values: readonly EncodedValue[]
}

const EVENT_NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event'

/** Slot of the payload in the system template, after the 17 System values. */
export const PAYLOAD_SLOT = 17

const optional = (slot: number, type: number): WritePart => ({ slot, type, optional: true })

/**
 * The system template of the event log service on Windows 10, in its 18-slot form: one serves every event of a
 * machine, with only Computer literal. Observed in evidence evtx-folder-w10-aptsimulator.
 */
export function systemTree(computer: string, hasPayload: boolean): WriteElement {
  return remembered(`system ${hasPayload} ${computer}`, () => buildSystemTree(computer, hasPayload))
}

/** Trees by what makes them different, so that a log of many like events builds and hashes each once. */
const trees = new Map<string, WriteElement>()
const MAX_TREES = 1024

function remembered(key: string, build: () => WriteElement): WriteElement {
  const known = trees.get(key)
  if (known !== undefined) return known
  if (trees.size >= MAX_TREES) trees.clear()
  const tree = build()
  trees.set(key, tree)
  return tree
}

function buildSystemTree(computer: string, hasPayload: boolean): WriteElement {
  const element = (name: string, part: WritePart): WriteElement => ({ name, attributes: [], content: [part] })
  const attributed = (name: string, ...attributes: [string, WritePart][]): WriteElement => ({
    name,
    attributes,
    content: [],
  })
  const system: WriteElement = {
    name: 'System',
    attributes: [],
    content: [
      attributed('Provider', ['Name', optional(14, VALUE.string)], ['Guid', optional(15, VALUE.guid)]),
      {
        name: 'EventID',
        attributes: [['Qualifiers', optional(4, VALUE.uint16)]],
        content: [optional(3, VALUE.uint16)],
      },
      element('Version', optional(11, VALUE.uint8)),
      element('Level', optional(0, VALUE.uint8)),
      element('Task', optional(2, VALUE.uint16)),
      element('Opcode', optional(1, VALUE.uint8)),
      element('Keywords', optional(5, VALUE.hexInt64)),
      attributed('TimeCreated', ['SystemTime', optional(6, VALUE.filetime)]),
      element('EventRecordID', optional(10, VALUE.uint64)),
      attributed(
        'Correlation',
        ['ActivityID', optional(7, VALUE.guid)],
        ['RelatedActivityID', optional(13, VALUE.guid)],
      ),
      attributed(
        'Execution',
        ['ProcessID', optional(8, VALUE.uint32)],
        ['ThreadID', optional(9, VALUE.uint32)],
      ),
      element('Channel', optional(16, VALUE.string)),
      element('Computer', { text: computer }),
      attributed('Security', ['UserID', optional(12, VALUE.sid)]),
    ],
  }
  const payload = hasPayload ? [optional(PAYLOAD_SLOT, VALUE.binXml)] : []
  return {
    name: 'Event',
    attributes: [['xmlns', { text: EVENT_NAMESPACE }]],
    content: [system, ...payload],
  }
}

/** The 17 System values of an event in slot order. */
export function systemValues(event: EvtxEventInput, recordId: number): EncodedValue[] {
  return [
    encodeScalar('uint8', event.level ?? 4),
    encodeScalar('uint8', event.opcode ?? 0),
    encodeScalar('uint16', event.task ?? 0),
    encodeScalar('uint16', event.eventId),
    encodeValue(null),
    encodeScalar('hexInt64', BigInt(event.keywords ?? '0x8000000000000000')),
    encodeScalar('filetime', filetimeOf(event.time)),
    event.activityId === undefined ? encodeValue(null) : encodeScalar('guid', event.activityId),
    encodeScalar('uint32', event.processId ?? 4),
    encodeScalar('uint32', event.threadId ?? 8),
    encodeScalar('uint64', recordId),
    encodeScalar('uint8', event.version ?? 0),
    event.userSid === undefined ? encodeValue(null) : encodeScalar('sid', event.userSid),
    event.relatedActivityId === undefined ? encodeValue(null) : encodeScalar('guid', event.relatedActivityId),
    encodeScalar('string', event.provider),
    event.providerGuid === undefined ? encodeValue(null) : encodeScalar('guid', event.providerGuid),
    encodeScalar('string', event.channel),
  ]
}

/** The payload of an event as a template of its kind with values; `undefined` without one. */
export function payloadOf(event: EvtxEventInput): Filled | undefined {
  const { userData, eventData, eventDataName } = event
  const fields = userData?.fields ?? eventData
  if (fields === undefined) return undefined
  const values = fields.map(([, value]) => encodeValue(value))
  const types = values.map((value) => value.type)
  const names = fields.map(([name]) => name)
  const key = JSON.stringify([userData?.element, userData?.namespace, eventDataName, names, types])
  const tree = remembered(`payload ${key}`, () =>
    userData === undefined
      ? eventDataTree(fields, values, eventDataName)
      : userDataTree(userData.element, userData.namespace, fields, values),
  )
  return { tree, values }
}

function eventDataTree(
  fields: readonly EvtxField[],
  values: readonly EncodedValue[],
  name: string | undefined,
): WriteElement {
  return {
    name: 'EventData',
    attributes: name === undefined ? [] : [['Name', { text: name }]],
    content: fields.map((field, slot) => dataElement(field, slotFor(values, slot))),
  }
}

function userDataTree(
  element: string,
  namespace: string | undefined,
  fields: readonly EvtxField[],
  values: readonly EncodedValue[],
): WriteElement {
  const wrapper: WriteElement = {
    name: element,
    attributes: namespace === undefined ? [] : [['xmlns', { text: namespace }]],
    content: fields.map(([name], slot) => ({ name, attributes: [], content: [slotFor(values, slot)] })),
  }
  return { name: 'UserData', attributes: [], content: [wrapper] }
}

function dataElement([name]: EvtxField, part: WritePart): WriteElement {
  return { name: 'Data', attributes: name === '' ? [] : [['Name', { text: name }]], content: [part] }
}

/** Absent values need an optional substitution, and so a template of their own; all others stay present when empty. */
function slotFor(values: readonly EncodedValue[], slot: number): WritePart {
  const type = values[slot]?.type ?? VALUE.null
  return { slot, type, optional: type === VALUE.null }
}

/** The tree with its values written into it as text, as forwarded events are stored. */
export function literalTree({ tree, values }: Filled, payload: WriteElement | undefined): WriteElement {
  const fill = (element: WriteElement): WriteElement[] => {
    const attributes: (readonly [string, WritePart])[] = []
    for (const [name, part] of element.attributes) {
      const texts = textsOf(part, values)
      if (texts !== undefined) attributes.push([name, { text: texts.join(',') }])
    }
    const copies: WriteElement[] = []
    const content: (WriteElement | WritePart)[] = []
    for (const child of element.content) {
      if ('name' in child) {
        content.push(...fill(child))
      } else if ('slot' in child && child.slot === PAYLOAD_SLOT && child.type === VALUE.binXml) {
        if (payload !== undefined) content.push(payload)
      } else {
        const texts = textsOf(child, values)
        if (texts === undefined) return []
        for (const text of texts) copies.push({ name: element.name, attributes, content: [{ text }] })
      }
    }
    return copies.length > 0 ? copies : [{ name: element.name, attributes, content }]
  }
  const [root] = fill(tree)
  return root ?? { name: tree.name, attributes: [], content: [] }
}

/** Rendered text of a part, several for an array; `undefined` where it is absent. */
function textsOf(part: WritePart, values: readonly EncodedValue[]): string[] | undefined {
  if ('text' in part) return [part.text]
  const value = values[part.slot]
  if (value === undefined || (value.type === VALUE.null && part.optional)) return undefined
  const { bytes, type } = value
  const memory = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
  if (type >= 0x80) return renderArray(memory, type & 0x7f, 0, bytes.length)
  return [renderValue(memory, type, 0, bytes.length)]
}
