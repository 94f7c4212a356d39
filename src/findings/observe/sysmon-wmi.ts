import { type CimValue, normalizeNamespace, parseObjectPath, unquoteSysmon } from '../../lang/mof/index.ts'
import type { EventRecord } from '../../records/event.ts'
import type { Operation } from '../model.ts'
import { consumerOfPath, defined, filterNameOfPath } from './objects.ts'
import { at, type Field, fieldsOf, type Place, placeOfEvent } from './place.ts'
import type { ObserveSink } from './sink.ts'

/** The one namespace that Sysmon watches. Source: TELEMETRY section 4. */
export const SYSMON_NAMESPACE = 'root\\subscription'

/** Sysmon 19, 20, 21: a filter, a consumer, a binding was created, modified or deleted. */
export function observeSysmonWmi(event: EventRecord, sink: ObserveSink): void {
  const field = fieldsOf(event)
  const place = placeOfEvent(event, 'sysmon')
  const operation = operationOf(field('Operation'))
  const user = field('User')
  const common = {
    operation,
    namespace: SYSMON_NAMESPACE,
    ...(user === undefined ? {} : { user: unquoteSysmon(user).trim() }),
  }
  if (event.eventId === 19) filter(field, place, common, sink)
  else if (event.eventId === 20) consumer(event, field, place, common, sink)
  else binding(field, place, common, sink)
}

interface Common {
  readonly operation: Operation
  readonly namespace: string
  readonly user?: string
}

function filter(field: Field, place: Place, common: Common, sink: ObserveSink): void {
  const facts = defined({
    name: value(field('Name')),
    query: value(field('Query')),
    eventNamespace: value(field('EventNamespace')),
  })
  if (Object.keys(facts).length > 0) sink.observe(at(place, ['filter'], { ...common, filter: facts }))
}

function consumer(event: EventRecord, field: Field, place: Place, common: Common, sink: ObserveSink): void {
  const name = value(field('Name'))
  const type = value(field('Type'))
  // A large script is cut off or moved: the destination is then whatever follows the label in the message.
  const destination = value(field('Destination')) ?? value(afterLabel(event.message, 'Destination'))
  if (name === undefined && destination === undefined) return
  const className = classOfType(type)
  sink.observe(
    at(place, ['consumer'], {
      ...common,
      consumer: {
        ...defined({ class: className, name }),
        properties: destination === undefined ? {} : payload(className, destination),
      },
    }),
  )
}

function binding(field: Field, place: Place, common: Common, sink: ObserveSink): void {
  const consumerPath = value(field('Consumer'))
  const filterPath = value(field('Filter'))
  if (consumerPath === undefined && filterPath === undefined) return
  const named = consumerOfPath(consumerPath)
  const where = consumerPath === undefined ? undefined : parseObjectPath(consumerPath)?.namespace
  sink.observe(
    at(place, ['binding'], {
      ...common,
      ...(where === undefined ? {} : { namespace: normalizeNamespace(where) }),
      ...(filterPath === undefined ? {} : { filter: { name: filterNameOfPath(filterPath) } }),
      ...(named === undefined
        ? {}
        : { consumer: { ...defined({ class: named.class, name: named.name }), properties: {} } }),
      binding: defined({ filter: filterPath, consumer: consumerPath }),
    }),
  )
}

/** A record that lost its Operation still shows that the object was there. */
function operationOf(text: string | undefined): Operation {
  const word = /\b(created|modified|deleted)\b/i.exec(text ?? '')?.[1]?.toLowerCase()
  return word === 'created' || word === 'modified' || word === 'deleted' ? word : 'activated'
}

function classOfType(type: string | undefined): string | undefined {
  if (type === undefined) return undefined
  if (/^command/i.test(type)) return 'CommandLineEventConsumer'
  if (/script/i.test(type)) return 'ActiveScriptEventConsumer'
  if (/log ?file/i.test(type)) return 'LogFileEventConsumer'
  if (/event ?log/i.test(type)) return 'NTEventLogEventConsumer'
  if (/smtp|mail/i.test(type)) return 'SMTPEventConsumer'
  return undefined
}

/** Destination is the payload alone; which property it came from follows from the class. */
function payload(className: string | undefined, destination: string): Readonly<Record<string, CimValue>> {
  if (className === 'ActiveScriptEventConsumer') {
    const isFile = /^(?:[a-z]:|\\\\)[^\r\n"<>|*?]*\.(?:vbs|vbe|js|jse|wsf|wsc)$/i.test(destination.trim())
    return isFile ? { ScriptFileName: destination } : { ScriptText: destination }
  }
  if (className === 'LogFileEventConsumer') return { Filename: destination }
  return { CommandLineTemplate: destination }
}

function value(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const unquoted = unquoteSysmon(text)
  // Without quotes the blank before the value is the forwarder's.
  const plain = unquoted === text ? text.trim() : unquoted
  return plain === '' || plain === '-' ? undefined : plain
}

function afterLabel(message: string | undefined, label: string): string | undefined {
  const start = message?.search(new RegExp(`(?:^|[\\r\\n])[ \\t]*${label}:`, 'i')) ?? -1
  if (message === undefined || start < 0) return undefined
  return message.slice(message.indexOf(':', start) + 1)
}
