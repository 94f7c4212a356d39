import { sidToText } from '../../bytes/index.ts'
import {
  type CimInstance,
  type CimValue,
  cimProperty,
  objectPathName,
  parseObjectPath,
} from '../../lang/mof/index.ts'
import type { BindingFacts, ConsumerFacts, FilterFacts, Observation, Shows, TimerFacts } from '../model.ts'

/** Consumer properties in WMI's spelling: sources vary the case. Source: TELEMETRY section 1. */
const SPELLING: ReadonlyMap<string, string> = new Map(
  [
    ...['CommandLineTemplate', 'ExecutablePath', 'WorkingDirectory', 'RunInteractively', 'ShowWindowCommand'],
    ...['KillTimeout', 'Priority', 'DesktopName', 'WindowTitle', 'CreateNewConsole', 'CreateNewProcessGroup'],
    ...[
      'CreateSeparateWowVdm',
      'CreateSharedWowVdm',
      'UseDefaultErrorMode',
      'ForceOnFeedback',
      'FillAttribute',
    ],
    ...[
      'ForceOffFeedback',
      'XCoordinate',
      'YCoordinate',
      'XSize',
      'YSize',
      'XNumCharacters',
      'YNumCharacters',
    ],
    ...[
      'ScriptingEngine',
      'ScriptText',
      'ScriptFileName',
      'Filename',
      'Text',
      'IsUnicode',
      'MaximumFileSize',
    ],
    ...[
      'SourceName',
      'EventID',
      'EventType',
      'Category',
      'InsertionStringTemplates',
      'NameOfUserSIDProperty',
    ],
    ...[
      'NameOfRawDataProperty',
      'NumberOfInsertionStrings',
      'UNCServerName',
      'SMTPServer',
      'ToLine',
      'CcLine',
    ],
    ...['BccLine', 'FromLine', 'ReplyToLine', 'Subject', 'Message', 'HeaderFields', 'MachineName'],
    ...['MaximumQueueSize'],
  ].map((name) => [name.toLowerCase(), name]),
)

const CLASSES: ReadonlyMap<string, string> = new Map(
  [
    'ActiveScriptEventConsumer',
    'CommandLineEventConsumer',
    'LogFileEventConsumer',
    'NTEventLogEventConsumer',
    'SMTPEventConsumer',
  ].map((name) => [name.toLowerCase(), name]),
)

/** A standard consumer class in its usual spelling, any other name as it is. */
export function consumerClassName(name: string): string {
  return CLASSES.get(name.toLowerCase()) ?? name
}

/** Properties under WMI's spelling; NULL means "not set" and is left out. */
export function consumerProperties(
  entries: Iterable<readonly [string, CimValue]>,
): Readonly<Record<string, CimValue>> {
  const properties: Record<string, CimValue> = Object.create(null)
  for (const [name, value] of entries) {
    const lower = name.toLowerCase()
    if (value === null || lower === 'name' || lower === 'creatorsid') continue
    properties[SPELLING.get(lower) ?? name] = value
  }
  return { ...properties }
}

/** Facts of an `__EventFilter` instance, as written. */
export function filterFacts(instance: CimInstance): FilterFacts {
  return defined({
    name: textOf(cimProperty(instance, 'Name')),
    query: textOf(cimProperty(instance, 'Query')),
    queryLanguage: textOf(cimProperty(instance, 'QueryLanguage')),
    eventNamespace: textOf(cimProperty(instance, 'EventNamespace')),
    creatorSid: sidOf(cimProperty(instance, 'CreatorSID')),
    eventAccess: textOf(cimProperty(instance, 'EventAccess')),
  })
}

/** Facts of a consumer instance of any class. */
export function consumerFacts(instance: CimInstance, superclasses: readonly string[] = []): ConsumerFacts {
  return {
    class: consumerClassName(instance.className),
    ...defined({
      name: textOf(cimProperty(instance, 'Name')) ?? keyOf(instance),
      creatorSid: sidOf(cimProperty(instance, 'CreatorSID')),
    }),
    properties: consumerProperties(instance.properties.map(({ name, value }) => [name, value] as const)),
    ...(superclasses.length === 0 ? {} : { superclasses }),
  }
}

/** Facts of a `__FilterToConsumerBinding` instance. */
export function bindingFacts(instance: CimInstance): BindingFacts {
  return defined({
    filter: textOf(cimProperty(instance, 'Filter')),
    consumer: textOf(cimProperty(instance, 'Consumer')),
    creatorSid: sidOf(cimProperty(instance, 'CreatorSID')),
  })
}

/** Facts of a timer instruction; `undefined` without a TimerId. */
export function timerFacts(instance: CimInstance): TimerFacts | undefined {
  const timerId = textOf(cimProperty(instance, 'TimerId'))
  if (timerId === undefined) return undefined
  const interval = cimProperty(instance, 'IntervalBetweenEvents')
  const milliseconds = typeof interval === 'string' ? Number(interval) : interval
  return {
    class: instance.className,
    timerId,
    ...(typeof milliseconds === 'number' && Number.isFinite(milliseconds)
      ? { intervalMilliseconds: milliseconds }
      : {}),
    ...defined({ eventDateTime: textOf(cimProperty(instance, 'EventDateTime')) }),
  }
}

/** A stored object as the part of a subscription that it is. */
export interface Part {
  readonly shows: readonly Shows[]
  readonly facts: Pick<Observation, 'filter' | 'consumer' | 'binding' | 'timer'>
}

/**
 * Filter, consumer, binding or timer of an instance; `undefined` for an instance of any other class. A class that
 * nothing tells to be a consumer is one where the source lists nothing else (`isConsumer`).
 */
export function partOf(
  instance: CimInstance,
  superclasses: readonly string[] = [],
  isConsumer = false,
): Part | undefined {
  const lower = instance.className.toLowerCase()
  if (lower === '__eventfilter') return { shows: ['filter'], facts: { filter: filterFacts(instance) } }
  if (lower === '__filtertoconsumerbinding') {
    const binding = bindingFacts(instance)
    const consumer = consumerOfPath(binding.consumer)
    if (binding.filter === undefined && consumer === undefined) return undefined
    return {
      shows: ['binding'],
      facts: {
        binding,
        ...(binding.filter === undefined ? {} : { filter: { name: filterNameOfPath(binding.filter) } }),
        ...(consumer === undefined
          ? {}
          : { consumer: { ...defined({ class: consumer.class, name: consumer.name }), properties: {} } }),
      },
    }
  }
  if (/^__(?:interval|absolute)timerinstruction$/.test(lower)) {
    const timer = timerFacts(instance)
    return timer === undefined ? undefined : { shows: ['filter'], facts: { timer } }
  }
  const derived = superclasses.some(
    (name) => name.toLowerCase() === '__eventconsumer' || CLASSES.has(name.toLowerCase()),
  )
  if (lower === '__eventconsumer' || (!isConsumer && !derived && !lower.endsWith('eventconsumer')))
    return undefined
  return { shows: ['consumer'], facts: { consumer: consumerFacts(instance, superclasses) } }
}

/** What an object path says about a consumer: class and name, and the namespace where it is absolute. */
export function consumerOfPath(
  path: string | undefined,
): { readonly class: string; readonly name?: string; readonly namespace?: string } | undefined {
  const parsed = path === undefined ? undefined : parseObjectPath(path)
  if (parsed === undefined) return undefined
  const name = objectPathName(parsed)
  return {
    class: consumerClassName(parsed.class),
    ...(name === undefined ? {} : { name }),
    ...(parsed.namespace === undefined ? {} : { namespace: parsed.namespace }),
  }
}

/** The part of a subscription that an object path names: what `PutInstance` was given. */
export function pathPart(path: string): Part {
  const parsed = parseObjectPath(path)
  if (parsed === undefined) return { shows: [], facts: {} }
  return (
    partOf({
      className: parsed.class,
      properties: parsed.keys.map(({ name, value }) => ({ name: name === '' ? 'Name' : name, value })),
    }) ?? { shows: [], facts: {} }
  )
}

/** Name of the filter that an object path means; a text that is no such path is the name itself (ESS of 5861). */
export function filterNameOfPath(path: string): string {
  const parsed = parseObjectPath(path)
  if (parsed === undefined || parsed.class.toLowerCase() !== '__eventfilter') return path
  return objectPathName(parsed) ?? path
}

/** Text of a value that should be a string; a number or boolean is shown, anything else is not text. */
export function textOf(value: CimValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  return undefined
}

/** `S-1-...` of CreatorSID: a byte array as WMI stores it, or text that is a SID or an account already. */
export function sidOf(value: CimValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (!Array.isArray(value) || value.length < 8 || value.length > 68) return undefined
  const bytes = new Uint8Array(value.length)
  for (const [index, item] of value.entries()) {
    const byte = Number(item)
    if (!Number.isInteger(byte) || byte < 0 || byte > 255) return undefined
    bytes[index] = byte
  }
  return sidToText(bytes)
}

/** Derived consumer classes may have a key of another name; the only text property that ends in `Name` or `Id` is it. */
function keyOf(instance: CimInstance): string | undefined {
  const keys = instance.properties.filter(
    ({ name, value }) =>
      /(?:name|id)$/i.test(name) && typeof value === 'string' && !SPELLING.has(name.toLowerCase()),
  )
  return keys.length === 1 && keys[0] !== undefined ? textOf(keys[0].value) : undefined
}

/** Leaves out what is `undefined`, so that absent values stay absent. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: Exclude<T[K], undefined> } = {}
  for (const key in value) {
    const item = value[key]
    if (item !== undefined) kept[key] = item as Exclude<T[typeof key], undefined>
  }
  return kept
}
