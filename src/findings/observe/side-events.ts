import { mofInstanceToCim, normalizeNamespace, parseMof } from '../../lang/mof/index.ts'
import type { EventRecord } from '../../records/event.ts'
import type { Observation } from '../model.ts'
import { subjectOf } from './logons.ts'
import { consumerClassName, consumerFacts, defined, filterFacts, pathPart } from './objects.ts'
import { at, baseName, type Field, fieldsOf, placeOfEvent } from './place.ts'
import { foreignProvider } from './provider-path.ts'
import type { ObserveSink } from './sink.ts'

/** Script engines and helpers whose load shows that scrcons.exe runs a script. Source: TRADECRAFT section 5. */
const SCRIPT_ENGINE = /^(?:vbscript|jscript|jscript9|scrrun|wbemdisp|clr|mscoree)\.dll$|^wshom\.ocx$/
/** Information of 4662 is read up to here. */
const MAX_INFO = 8192
/** Rule id of "Block persistence through WMI event subscription". Source: TELEMETRY section 7. */
const ASR_RULE = 'e6db77e5-3df2-4cf1-b95a-636979351e5b'

/** An image loaded into a host of consumers: a script engine in scrcons.exe, a foreign provider in WmiPrvSE.exe. */
export function observeImageLoad(
  load: {
    readonly image: string | undefined
    readonly loaded: string | undefined
    readonly signed?: string | undefined
  },
  place: ReturnType<typeof placeOfEvent>,
  sink: ObserveSink,
): void {
  const image = baseName(load.image)
  if (load.loaded === undefined) return
  if (image === 'scrcons.exe' && SCRIPT_ENGINE.test(baseName(load.loaded))) {
    sink.observe(
      at(place, ['execution'], {
        operation: 'executed',
        consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
        context: {
          signal: 'consumer-host-start',
          ...defined({ image: load.image }),
          detail: `scrcons.exe loaded ${load.loaded}`,
        },
      }),
    )
  } else if (image === 'wmiprvse.exe' && foreignProvider(load.loaded)) {
    sink.observe(
      at(place, ['execution'], {
        operation: 'executed',
        context: {
          signal: 'foreign-provider',
          ...defined({ image: load.image }),
          detail: `provider image ${load.loaded} loaded by WmiPrvSE.exe`,
        },
      }),
    )
  }
}

/** Sysmon 7. */
export function observeSysmonImageLoad(event: EventRecord, sink: ObserveSink): void {
  const field = fieldsOf(event)
  observeImageLoad(
    { image: field('Image'), loaded: field('ImageLoaded') },
    placeOfEvent(event, 'sysmon'),
    sink,
  )
}

/** Sysmon 3: the script host of consumers connects to another machine. */
export function observeNetwork(event: EventRecord, sink: ObserveSink): void {
  const field = fieldsOf(event)
  if (baseName(field('Image')) !== 'scrcons.exe') return
  const remote = field('DestinationHostname') ?? field('DestinationIp')
  sink.observe(
    at(placeOfEvent(event, 'sysmon'), ['execution'], {
      operation: 'executed',
      consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
      context: {
        signal: 'consumer-host-start',
        ...defined({ image: field('Image'), remoteAddress: remote }),
        detail: `scrcons.exe connected to ${remote ?? 'a remote host'}:${field('DestinationPort') ?? '?'}`,
      },
    }),
  )
}

/**
 * Application log, Microsoft-Windows-WMI 10: a stored filter's query could not be activated. Its values are namespace,
 * query and error, in unnamed elements or in the message. Source: TELEMETRY section 7.
 */
export function observeBrokenFilter(event: EventRecord, sink: ObserveSink): void {
  if (event.eventId !== 10) return
  const texts = event.values.filter((value): value is string => value !== undefined && value !== '')
  const message = /query "([\s\S]*?)" could not be (?:re)?activated in namespace "([^"]*)"/i.exec(
    event.message ?? '',
  )
  const query = texts.find((text) => /^\s*select\s/i.test(text)) ?? message?.[1]
  if (query === undefined) return
  const eventNamespace =
    texts.find((text) => /^(?:[\\/]{2}\.[\\/])?root(?:[\\/]|$)/i.test(text)) ?? message?.[2]
  const error = texts.find((text) => /^0x[0-9a-f]{8}$/i.test(text))
  sink.observe(
    at(placeOfEvent(event, 'wmi-activity'), ['filter'], {
      operation: 'present',
      filter: defined({ query, eventNamespace }),
      context: {
        detail: `the filter's query could not be activated${error === undefined ? '' : ` (${error})`}`,
      },
    }),
  )
}

/** Security 4662 on a WMI namespace that audits access: only a write of a subscription object is an attempt. */
export function observeNamespaceAccess(event: EventRecord, sink: ObserveSink): void {
  const field = fieldsOf(event)
  if (field('ObjectServer')?.toUpperCase() !== 'WMI') return
  const info = [field('AdditionalInfo'), field('AdditionalInfo2'), field('Properties')]
    .join(' ')
    .slice(0, MAX_INFO)
  if (!/put\s?(?:instance)?|write/i.test(info)) return
  const object =
    /(__EventFilter|__FilterToConsumerBinding|\w*EventConsumer)\b(?:\.Name="((?:[^"\\]|\\.)*)")?/i.exec(info)
  if (object === null) return
  const className = object[1] ?? ''
  const part = pathPart(object[0])
  sink.observe(
    at(placeOfEvent(event, 'security'), ['attempt', ...part.shows], {
      operation: 'attempted',
      ...namespaceOf(field('ObjectName')),
      ...subjectOf(field),
      ...part.facts,
      context: { signal: 'command-creates', classes: [className], detail: info.slice(0, 300).trim() },
    }),
  )
}

/** Defender 1121 and 1122: the ASR rule for this very technique blocked or would have blocked a creation. */
export function observeAsr(event: EventRecord, sink: ObserveSink): void {
  const field = fieldsOf(event, { ID: 'ID', Path: 'Path', 'Process Name': 'Process Name' })
  if (event.eventId !== 1121 && event.eventId !== 1122) return
  if (field('ID')?.toLowerCase().replace(/[{}]/g, '') !== ASR_RULE) return
  sink.observe(
    at(placeOfEvent(event, 'defender'), ['attempt'], {
      operation: 'attempted',
      ...defined({ user: field('User') }),
      context: {
        signal: 'command-creates',
        ...defined({ image: field('Process Name') ?? field('Path') }),
        detail:
          event.eventId === 1121
            ? 'attack surface reduction blocked persistence through a WMI event subscription'
            : 'attack surface reduction audited persistence through a WMI event subscription',
      },
    }),
  )
}

/** Defender 1116 and 1117: malware found in the script host of consumers, mostly by what the host showed AMSI. */
export function observeDetection(event: EventRecord, sink: ObserveSink): void {
  if (event.eventId !== 1116 && event.eventId !== 1117) return
  const field = fieldsOf(event)
  const image = field('Process Name')
  const path = field('Path')
  if (baseName(image) !== 'scrcons.exe' && !/^amsi:.*\\wbem\\scrcons\.exe$/i.test(path ?? '')) return
  sink.observe(
    at(placeOfEvent(event, 'defender'), ['execution'], {
      operation: 'executed',
      consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
      context: {
        signal: 'consumer-host-start',
        ...defined({ image }),
        detail: `Defender found ${field('Threat Name')?.slice(0, 200) ?? 'malware'} in scrcons.exe`,
      },
    }),
  )
}

/**
 * Elastic Defend's API event for `IWbemServices::PutInstance`. Its details are MOF without the heading. Field names may
 * come with their whole path. Source: TELEMETRY section 10.
 */
export function observeElasticPut(event: EventRecord, sink: ObserveSink): boolean {
  const field = lastComponent(event)
  const type = field('consumer_type')
  const consumerName = field('consumer_name')
  const filterName = field('event_filter_name')
  if (consumerName === undefined && filterName === undefined) return false
  const consumer = instanceOf(type ?? '__EventConsumer', field('consumer_details'))
  const filter = instanceOf('__EventFilter', field('event_filter_details'))
  const place = placeOfEvent(event, 'wmi-activity')
  const isLocal = field('client_is_local')
  const observation: Omit<Observation, 'host' | 'timeFiletime' | 'sighting'> = {
    operation: 'created',
    ...namespaceOf(field('namespace')),
    ...(filterName === undefined && filter === undefined
      ? {}
      : {
          filter: { ...defined({ name: filterName }), ...(filter === undefined ? {} : filterFacts(filter)) },
        }),
    ...(consumerName === undefined && consumer === undefined
      ? {}
      : {
          consumer: {
            ...defined({
              class: type === undefined ? undefined : consumerClassName(type),
              name: consumerName,
            }),
            properties: {},
            ...(consumer === undefined ? {} : consumerFacts(consumer)),
            ...(type === undefined ? {} : { class: consumerClassName(type) }),
          },
        }),
    ...(filterName !== undefined && consumerName !== undefined
      ? {
          binding: {
            filter: `__EventFilter.Name="${filterName}"`,
            consumer: `${type ?? '__EventConsumer'}.Name="${consumerName}"`,
          },
        }
      : {}),
    ...(isLocal === 'false' ? { context: { remoteAddress: 'a remote client' } } : {}),
  }
  const shows = [
    ...(observation.filter === undefined ? [] : (['filter'] as const)),
    ...(observation.consumer === undefined ? [] : (['consumer'] as const)),
    ...(observation.binding === undefined ? [] : (['binding'] as const)),
  ]
  sink.observe(at(place, shows, observation))
  return true
}

function instanceOf(
  className: string,
  details: string | undefined,
): ReturnType<typeof mofInstanceToCim> | undefined {
  if (details === undefined) return undefined
  const body = details.includes('{') ? details.slice(details.indexOf('{')) : `{ ${details} }`
  const { statements } = parseMof(`instance of ${className} ${body};`)
  const first = statements.find((statement) => statement.kind === 'instance')
  return first === undefined ? undefined : mofInstanceToCim(first)
}

function lastComponent(event: EventRecord): Field {
  return (name) => {
    const index = event.names.findIndex((candidate) => candidate === name || candidate.endsWith(`.${name}`))
    const value = event.values[index]
    return value === '' ? undefined : value
  }
}

function namespaceOf(text: string | undefined): { namespace?: string } {
  const namespace = text === undefined ? '' : normalizeNamespace(text)
  return namespace === '' ? {} : { namespace }
}
