import { lookupTable } from '../../bytes/index.ts'
import type { Report } from '../../diagnostics/index.ts'
import {
  normalizeNamespace,
  type PossibleCause,
  parseObjectPath,
  parsePossibleCause,
} from '../../lang/mof/index.ts'
import type { EventRecord } from '../../records/event.ts'
import type { ConsumerFacts, FilterFacts } from '../model.ts'
import { consumerFacts, consumerOfPath, defined, filterFacts, filterNameOfPath, pathPart } from './objects.ts'
import { at, baseName, fieldsOf, fromPlace, type Place, placeOfEvent, usable } from './place.ts'
import { foreignProvider } from './provider-path.ts'
import type { ObserveSink } from './sink.ts'

/** Consumer providers by the name that 5857 gives, and whether their start means that code or text was delivered. */
const EXECUTING_PROVIDERS = new Set([
  'activescripteventconsumer',
  'commandlineeventconsumer',
  'logfileeventconsumer',
  'smtpeventconsumer',
])
/** Files that serve Windows' own consumers. Source: TELEMETRY sections 1 and 2. */
const OWN_FILES = lookupTable<string>({
  activescripteventconsumer: 'scrcons.exe',
  commandlineeventconsumer: 'wbemcons.dll',
  logfileeventconsumer: 'wbemcons.dll',
  nteventlogeventconsumer: 'wbemcons.dll',
  smtpeventconsumer: 'smtpcons.dll',
})
const SUBSCRIPTION_CLASS = /\b(?:__EventFilter|__FilterToConsumerBinding|__EventConsumer|\w*EventConsumer)\b/i
/** What the message of 5857 looks like when the fields were not forwarded. Source: TELEMETRY section 2. */
const STARTED =
  /^(.*?) provider started with result code (\S+)\. HostProcess = (.*?); ProcessID = (\d+); ProviderPath = ([^\r\n]*)/i
/** Messages are read up to here where their fields stand in the text; only queries and causes are longer. */
const MAX_TEXT = 8192

/** Microsoft-Windows-WMI-Activity 5857 to 5861, and 11 of its trace. */
export function observeWmiActivity(event: EventRecord, sink: ObserveSink, report: Report): void {
  const place = placeOfEvent(event, 'wmi-activity')
  if (event.eventId === 5857) providerStarted(event, place, sink)
  else if (event.eventId === 5859 || event.eventId === 5860) queryStarted(event, place, sink)
  else if (event.eventId === 5861) bindingActivated(event, place, sink, report)
  else if (event.eventId === 5858 || event.eventId === 11) failedOperation(event, place, sink)
}

function bindingActivated(event: EventRecord, place: Place, sink: ObserveSink, report: Report): void {
  const field = fieldsOf(event)
  // The names alone still tell that filter and consumer are tied.
  const cause = field('PossibleCause') ?? event.message ?? ''
  observeActivation(
    {
      namespace: field('Namespace'),
      filterName: field('ESS'),
      consumerPath: field('CONSUMER'),
      cause,
    },
    place,
    sink,
    report,
  )
}

/** The four values of 5861, as the event and as Defender's `WmiBindEventFilterToConsumer` carry them. */
export interface Activation {
  readonly namespace: string | undefined
  readonly filterName: string | undefined
  readonly consumerPath: string | undefined
  readonly cause: string
}

/** One observation of a whole triad from the values of 5861. */
export function observeActivation(given: Activation, place: Place, sink: ObserveSink, report: Report): void {
  const source = `${place.sighting.evidence}#${place.sighting.recordId ?? place.sighting.offset ?? ''}`
  const parsed = readCause(given.cause, source, report)
  const filterName = usable(given.filterName) ? given.filterName : parsed.filterName
  const consumerPath = usable(given.consumerPath) ? given.consumerPath : parsed.consumerPath
  const namespace = usable(given.namespace) ? normalizeNamespace(given.namespace) : parsed.namespace
  const pathOf = consumerOfPath(consumerPath)
  const filter: FilterFacts = {
    ...(filterName === undefined ? {} : { name: filterNameOfPath(filterName) }),
    ...(parsed.filter === undefined ? {} : filterFacts(parsed.filter)),
  }
  const consumer: ConsumerFacts = {
    properties: {},
    ...(pathOf === undefined ? {} : defined({ class: pathOf.class, name: pathOf.name })),
    ...(parsed.consumer === undefined ? {} : consumerFacts(parsed.consumer)),
  }
  if (filter.name === undefined && consumer.name === undefined) return
  sink.observe(
    at(place, ['filter', 'consumer', 'binding'], {
      operation: 'activated',
      ...(namespace === undefined || namespace === '' ? {} : { namespace }),
      filter,
      consumer,
      binding: defined({ filter: filterName, consumer: consumerPath }),
    }),
  )
}

/** The same text comes again at every start of the service: read once, its strings are held once. */
const causes = new Map<string, PossibleCause>()
const MAX_CAUSES = 256
const MAX_CACHED_TEXT = 65_536

function readCause(text: string, source: string, report: Report): PossibleCause {
  const known = causes.get(text)
  if (known !== undefined) return known
  const cause = parsePossibleCause(text, { source, report })
  // What is incomplete is reported anew for each record.
  if (!cause.complete || text.length > MAX_CACHED_TEXT) return cause
  const oldest = causes.size >= MAX_CAUSES ? causes.keys().next() : undefined
  if (oldest !== undefined && oldest.done !== true) causes.delete(oldest.value)
  causes.set(text, cause)
  return cause
}

/** Whether a provider path names a file; logs that keep only a part of the path say nothing against it. */
function isFile(path: string, name: string): boolean {
  const written = baseName(path)
  return written === '' || written === name || !/\.(?:dll|exe)$/.test(written)
}

function providerStarted(event: EventRecord, place: Place, sink: ObserveSink): void {
  const field = fieldsOf(event)
  const message = STARTED.exec(event.message?.slice(0, MAX_TEXT) ?? '')
  const name = field('ProviderName') ?? message?.[1]
  const path = field('ProviderPath') ?? message?.[5]
  const image = field('HostProcess') ?? message?.[3]
  if (name === undefined) return
  const lower = name.toLowerCase()
  const ownFile = OWN_FILES[lower]
  const isTaken = ownFile !== undefined && path !== undefined && !isFile(path, ownFile)
  const foreign = path !== undefined && (isTaken || foreignProvider(path))
  if (!foreign && !EXECUTING_PROVIDERS.has(lower)) return
  const consumerClass = /eventconsumer$/i.test(name) ? consumerOfPath(name)?.class : undefined
  sink.observe(
    at(place, ['execution'], {
      operation: 'executed',
      ...(consumerClass === undefined ? {} : { consumer: { class: consumerClass, properties: {} } }),
      context: {
        signal: foreign ? 'foreign-provider' : 'consumer-host-start',
        ...defined({ image }),
        detail: `provider ${name} started from ${path ?? 'an unknown path'}${isTaken ? `, and not from ${ownFile}` : ''}`,
      },
    }),
  )
}

/** 5858: an operation that failed; 11: one that was started. Only those on subscription classes say anything here. */
function failedOperation(event: EventRecord, place: Place, sink: ObserveSink): void {
  const field = fieldsOf(event)
  const text = field('Operation') ?? event.message
  if (text === undefined || !SUBSCRIPTION_CLASS.test(text)) return
  const call = /IWbemServices::(\w+?)(?:Async)?\s+-\s+([^\r\n]*?)\s+:\s+([^\r\n;]*)/.exec(
    text.slice(0, MAX_TEXT),
  )
  if (call === null) return
  const [, method = '', namespaceText = '', target = ''] = call
  const user = field('User')
  const how = event.eventId === 11 ? 'WMI operation' : 'failed WMI operation'
  if (method !== 'PutInstance') {
    const removal = method === 'DeleteInstance'
    sink.dismiss({
      what: `${how} ${method} on ${target.slice(0, 200)}`,
      reason: removal
        ? 'removal of a subscription object'
        : 'enumeration: reads subscription objects and makes none',
      from: [fromPlace(place)],
    })
    return
  }
  const path = parseObjectPath(target)
  if (path === undefined) return
  const part = pathPart(target)
  sink.observe(
    at(place, ['attempt', ...part.shows], {
      operation: 'attempted',
      namespace: normalizeNamespace(namespaceText),
      ...(usable(user) ? { user } : {}),
      ...part.facts,
      context: {
        signal: 'command-creates',
        classes: [path.class],
        detail: `${how} ${method} on ${target.slice(0, 200)}`,
        ...clientMachine(field('ClientMachine'), place.host),
      },
    }),
  )
}

/** 5859: an event provider serves a permanent filter. 5860: a temporary query of a running process. */
function queryStarted(event: EventRecord, place: Place, sink: ObserveSink): void {
  const field = fieldsOf(event)
  const message = queryMessage(event.message ?? '')
  const query = field('Query') ?? message?.query
  const owner = field('User') ?? message?.owner
  const eventNamespace = field('NamespaceName') ?? message?.namespace
  if (query === undefined) return
  if (event.eventId === 5860) {
    sink.dismiss({
      what: `temporary event query on ${place.host ?? 'an unnamed host'}: ${query.slice(0, 300)}`,
      reason: 'a temporary subscription ends with its process and does not survive a restart',
      from: [fromPlace(place)],
    })
    return
  }
  sink.observe(
    at(place, ['filter'], {
      operation: 'activated',
      filter: defined({ query, eventNamespace, creatorSid: usable(owner) ? owner : undefined }),
    }),
  )
}

/**
 * The message of 5859 and 5860: `Namespace = ...; NotificationQuery = ...; OwnerName = ...; HostProcessID = ...`. The query
 * is attack text and may hold the next label, so that label is looked for from the end.
 */
function queryMessage(
  message: string,
): { readonly namespace: string; readonly query: string; readonly owner: string } | undefined {
  const label = '; NotificationQuery = '
  const start = message.indexOf(label)
  if (!message.startsWith('Namespace = ') || start < 0) return undefined
  const end = Math.max(message.lastIndexOf('; OwnerName = '), message.lastIndexOf('; UserName = '))
  if (end < start) return undefined
  const owner = message.slice(message.indexOf('=', end) + 1)
  return {
    namespace: message.slice('Namespace = '.length, start),
    query: message.slice(start + label.length, end),
    owner: owner.slice(0, Math.max(owner.indexOf(';'), 0)).trim(),
  }
}

function clientMachine(client: string | undefined, host: string | undefined): { remoteAddress?: string } {
  if (!usable(client)) return {}
  const short = (name: string): string => name.split('.')[0]?.toLowerCase() ?? ''
  return host !== undefined && short(host) === short(client) ? {} : { remoteAddress: client }
}
