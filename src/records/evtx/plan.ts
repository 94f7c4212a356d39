import { lookupTable } from '../../bytes/index.ts'
import type { EventRecord } from '../event.ts'
import type { AttributeNode, ContentNode, ElementNode, InstanceNode, Part } from './binxml.ts'

export type Parts = readonly Part[]

/** Where each System field of an event is. Names follow `EventRecord`. */
export interface SystemPlan {
  provider?: Parts
  eventSource?: Parts
  providerGuid?: Parts
  eventId?: Parts
  version?: Parts
  level?: Parts
  task?: Parts
  opcode?: Parts
  keywords?: Parts
  timeCreated?: Parts
  recordId?: Parts
  processId?: Parts
  threadId?: Parts
  channel?: Parts
  computer?: Parts
  userSid?: Parts
  activityId?: Parts
  relatedActivityId?: Parts
}

/**
 * How deep in the payload content stands: a child of Event, a child of UserData (the wrapper element), below that
 * wrapper (fields are named by their element), or below EventData (fields are named by their Name attribute).
 */
export const LEVEL = { event: 0, userData: 1, userFields: 2, dataFields: 3 } as const

/** One payload field. */
export interface FieldPlan {
  readonly name: string
  /** Present when the Name attribute is itself substituted. */
  readonly nameParts?: Parts
  readonly parts: Parts
  /** Level of elements in a BinXML value that stands here. */
  readonly level: number
  /** The element only holds other content: without any, there is no field. */
  readonly container: boolean
  readonly instance?: InstanceNode
}

/** The payload in the order of the document. */
export interface BodyPlan {
  readonly payload: EventRecord['payload']
  readonly element: Parts | undefined
  readonly message: Parts | undefined
  readonly fields: readonly FieldPlan[]
  readonly names: readonly string[]
  /** Neither containers nor substituted names: unless a value is an array or BinXML, `names` serve as they are. */
  readonly isPlain: boolean
}

export interface EventPlan {
  readonly system: SystemPlan
  readonly body: BodyPlan
}

/** The plan of a tree whose root is an Event element; `undefined` when there is none. */
export function planEvent(content: readonly ContentNode[]): EventPlan | undefined {
  const event = content.find((node): node is ElementNode => node.kind === 'element' && node.name === 'Event')
  if (event === undefined) return undefined
  const system = childNamed(event, 'System')
  return {
    system: system === undefined ? {} : planSystem(system),
    body: planBody(event.content, LEVEL.event),
  }
}

function planSystem(system: ElementNode): SystemPlan {
  const plan: SystemPlan = {}
  for (const node of system.content) {
    if (node.kind !== 'element') continue
    const text = node.content.filter((part): part is Part => isPart(part))
    switch (node.name) {
      case 'Provider':
        setAttribute(plan, node, { Name: 'provider', EventSourceName: 'eventSource', Guid: 'providerGuid' })
        break
      case 'TimeCreated':
        setAttribute(plan, node, { SystemTime: 'timeCreated' })
        break
      case 'Correlation':
        setAttribute(plan, node, { ActivityID: 'activityId', RelatedActivityID: 'relatedActivityId' })
        break
      case 'Execution':
        setAttribute(plan, node, { ProcessID: 'processId', ThreadID: 'threadId' })
        break
      case 'Security':
        setAttribute(plan, node, { UserID: 'userSid' })
        break
      default: {
        const key = SYSTEM_TEXT[node.name]
        if (key !== undefined) plan[key] = text
      }
    }
  }
  return plan
}

const SYSTEM_TEXT: Readonly<Partial<Record<string, keyof SystemPlan>>> = lookupTable({
  EventID: 'eventId',
  Version: 'version',
  Level: 'level',
  Task: 'task',
  Opcode: 'opcode',
  Keywords: 'keywords',
  EventRecordID: 'recordId',
  Channel: 'channel',
  Computer: 'computer',
})

function setAttribute(
  plan: SystemPlan,
  node: ElementNode,
  keys: Readonly<Record<string, keyof SystemPlan>>,
): void {
  for (const attribute of node.attributes) {
    const key = Object.hasOwn(keys, attribute.name) ? keys[attribute.name] : undefined
    if (key !== undefined) plan[key] = attribute.parts
  }
}

/** The plan of payload content at a level: of a whole event, of a nested template, or of a plain fragment. */
export function planBody(content: readonly ContentNode[], level: number): BodyPlan {
  const planner = new BodyPlanner()
  planner.walk(content, level, '')
  const { payload, element, message, fields } = planner
  return {
    payload,
    element,
    message,
    fields,
    names: fields.map((field) => field.name),
    isPlain: fields.every((field) => !field.container && field.nameParts === undefined),
  }
}

class BodyPlanner {
  payload: EventRecord['payload'] = 'none'
  element: Parts | undefined
  message: Parts | undefined
  readonly fields: FieldPlan[] = []

  walk(content: readonly ContentNode[], level: number, parent: string): void {
    let text: Part[] = []
    const flush = (): void => {
      if (text.some((part) => part.kind === 'slot' || part.text.trim() !== '')) {
        this.fields.push({ name: parent, parts: text, level, container: true })
      }
      text = []
    }
    for (const node of content) {
      if (isPart(node)) {
        text.push(node)
        continue
      }
      flush()
      if (node.kind === 'instance') {
        this.fields.push({ name: parent, parts: [], level, container: true, instance: node })
      } else {
        this.walkElement(node, level)
      }
    }
    flush()
  }

  private walkElement(node: ElementNode, level: number): void {
    if (level === LEVEL.event) this.walkPayload(node)
    else if (level === LEVEL.userData) this.walkWrapper(node)
    else this.walkField(node, level)
  }

  private walkPayload(node: ElementNode): void {
    switch (node.name) {
      case 'System':
        return
      case 'RenderingInfo': {
        const message = childNamed(node, 'Message')
        if (message !== undefined) this.message = message.content.filter((part): part is Part => isPart(part))
        return
      }
      case 'UserData':
        this.payload = 'UserData'
        this.walk(node.content, LEVEL.userData, node.name)
        return
      case 'EventData':
        this.payload = 'EventData'
        this.element ??= attributeNamed(node, 'Name')?.parts
        this.walk(node.content, LEVEL.dataFields, node.name)
        return
      case 'ProcessingErrorData':
        this.payload = 'ProcessingErrorData'
        this.walk(node.content, LEVEL.userFields, node.name)
        return
      default:
        // BinaryEventData, DebugData and what a provider may invent: kept as fields, of no known payload.
        this.walkField(node, LEVEL.userFields)
    }
  }

  private walkWrapper(node: ElementNode): void {
    this.element ??= [{ kind: 'text', text: node.name }]
    this.attributes(node, node.name, undefined)
    this.walk(node.content, LEVEL.userFields, node.name)
  }

  private walkField(node: ElementNode, level: number): void {
    const named = level === LEVEL.dataFields ? attributeNamed(node, 'Name') : undefined
    const name = fieldName(node, level, named)
    const hadAttributes = this.attributes(node, node.name, named)
    if (node.content.some((child) => !isPart(child))) {
      this.walk(node.content, level, name)
      return
    }
    // An empty element that says all it has in attributes is no field of its own.
    if (node.content.length === 0 && hadAttributes && named === undefined) return
    const isDynamic = named?.parts.some((part) => part.kind === 'slot') ?? false
    this.fields.push({
      name,
      ...(isDynamic && named !== undefined ? { nameParts: named.parts } : {}),
      parts: node.content.filter((part): part is Part => isPart(part)),
      level,
      container: false,
    })
  }

  /** Attributes other than the one that names the field and `xmlns`, as fields `Element/@attribute`. */
  private attributes(node: ElementNode, name: string, named: AttributeNode | undefined): boolean {
    let any = false
    for (const attribute of node.attributes) {
      if (attribute === named || attribute.name === 'xmlns' || attribute.name.startsWith('xmlns:')) continue
      any = true
      this.fields.push({
        name: `${name}/@${attribute.name}`,
        parts: attribute.parts,
        level: LEVEL.userFields,
        container: false,
      })
    }
    return any
  }
}

function fieldName(node: ElementNode, level: number, named: AttributeNode | undefined): string {
  if (named !== undefined) {
    return named.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
  }
  return level === LEVEL.dataFields && node.name === 'Data' ? '' : node.name
}

export function isPart(node: ContentNode): node is Part {
  return node.kind === 'text' || node.kind === 'slot'
}

function childNamed(node: ElementNode, name: string): ElementNode | undefined {
  return node.content.find((child): child is ElementNode => child.kind === 'element' && child.name === name)
}

function attributeNamed(node: ElementNode, name: string): AttributeNode | undefined {
  return node.attributes.find((attribute) => attribute.name === name)
}
