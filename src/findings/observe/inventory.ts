import { type CimInstance, type CimValue, normalizeNamespace } from '../../lang/mof/index.ts'
import type { InventoryEntry } from '../../records/read.ts'
import { consumerFacts, defined, filterFacts, partOf } from './objects.ts'
import { at, type Place } from './place.ts'
import type { ObserveSink } from './sink.ts'

type Json = Readonly<Record<string, unknown>>

/** A listing of stored objects: Get-CimInstance or Get-WmiObject as JSON, Velociraptor, osquery, Autoruns. */
export function observeInventory(entry: InventoryEntry, sink: ObserveSink): void {
  const { value } = entry
  const host =
    first(value, [
      'PSComputerName',
      '__SERVER',
      'Fqdn',
      'Hostname',
      'hostname',
      'Computer',
      'hostIdentifier',
      'host_identifier',
    ]) ??
    text(record(value.CimSystemProperties)?.ServerName) ??
    entry.host
  const place: Place = {
    ...(host === undefined || host === '.' || host.toLowerCase() === 'localhost' ? {} : { host }),
    sighting: {
      evidence: entry.evidence,
      source: 'repository',
      ...(entry.offset === undefined ? {} : { offset: entry.offset }),
    },
  }
  if (entry.shape === 'velociraptor') {
    velociraptor(value, place, sink)
    return
  }
  if (entry.shape === 'autoruns') {
    autoruns(value, place, sink)
    return
  }
  const columns = entry.shape === 'osquery' ? (record(value.columns) ?? value) : value
  const object = entry.shape === 'osquery' ? camelCase(columns) : columns
  const namespace = entry.shape === 'osquery' ? 'root\\subscription' : namespaceOf(object)
  pass(object, namespace, place, sink)
}

function pass(object: Json, namespace: string | undefined, place: Place, sink: ObserveSink): void {
  const className = classOf(object)
  if (className === undefined) return
  const part = partOf(toInstance(object, className), [], true)
  if (part === undefined) return
  sink.observe(at(place, part.shows, { operation: 'present', ...defined({ namespace }), ...part.facts }))
}

/** Velociraptor's PermanentWMIEvents: one row has the filter and the consumer of one binding. */
function velociraptor(value: Json, place: Place, sink: ObserveSink): void {
  const filter = record(value.FilterDetails)
  const consumer = record(value.ConsumerDetails)
  if (filter === undefined && consumer === undefined) return
  const given = text(value.Namespace)
  const namespace = given === undefined ? undefined : normalizeNamespace(given)
  const consumerClass = consumer === undefined ? undefined : (classOf(consumer) ?? classOf(value))
  const consumerName = text(consumer?.Name)
  const facts = {
    ...(filter === undefined ? {} : { filter: filterFacts(toInstance(filter, '__EventFilter')) }),
    ...(consumer === undefined || consumerClass === undefined
      ? {}
      : { consumer: consumerFacts(toInstance(consumer, consumerClass)) }),
  }
  sink.observe(
    at(place, ['filter', 'consumer', 'binding'], {
      operation: 'present',
      ...defined({ namespace }),
      ...facts,
      binding: defined({
        filter: text(value.Filter) ?? pathOf('__EventFilter', text(filter?.Name)),
        consumer: text(value.Consumer) ?? pathOf(consumerClass, consumerName),
      }),
    }),
  )
}

/** autorunsc: category WMI, an entry for each script or command line consumer. */
function autoruns(value: Json, place: Place, sink: ObserveSink): void {
  const name = first(value, ['Entry', 'ItemName', 'itemname'])
  const launch = first(value, ['Launch String', 'LaunchString', 'launchstring'])
  if (name === undefined) return
  const isScript =
    launch !== undefined &&
    /[\r\n]|\bCreateObject\s*\(|\bActiveXObject\b|^\s*(?:var|dim|set|function|on error)\b/i.test(launch)
  sink.observe(
    at(place, ['consumer'], {
      operation: 'present',
      namespace: 'root\\subscription',
      consumer: {
        class: isScript ? 'ActiveScriptEventConsumer' : 'CommandLineEventConsumer',
        name,
        properties:
          launch === undefined ? {} : isScript ? { ScriptText: launch } : { CommandLineTemplate: launch },
      },
    }),
  )
}

/** Class of a listed object: said by its system properties, else by the properties that only one class has. */
function classOf(object: Json): string | undefined {
  const said =
    text(record(object.CimSystemProperties)?.ClassName) ??
    text(record(object.CimClass)?.CimClassName) ??
    first(object, ['__CLASS', '__Class', 'Class', 'class', 'CimClass', '_class', 'ConsumerClass', 'Type'])
  const name = said?.split(/[:/\\]/).at(-1)
  if (
    name !== undefined &&
    /^(?:__EventFilter|__FilterToConsumerBinding|__\w+TimerInstruction|\w*EventConsumer)$/i.test(name)
  )
    return name
  const has = (...keys: string[]): boolean => keys.some((key) => object[key] !== undefined)
  if (has('Filter') && has('Consumer')) return '__FilterToConsumerBinding'
  if (has('CommandLineTemplate', 'ExecutablePath')) return 'CommandLineEventConsumer'
  if (has('ScriptText', 'ScriptingEngine', 'ScriptFileName')) return 'ActiveScriptEventConsumer'
  if (has('SMTPServer')) return 'SMTPEventConsumer'
  if (has('InsertionStringTemplates', 'SourceName')) return 'NTEventLogEventConsumer'
  if (has('Filename') && has('Text')) return 'LogFileEventConsumer'
  if (has('Query') && has('Name')) return '__EventFilter'
  if (has('TimerId')) return '__IntervalTimerInstruction'
  return name !== undefined && has('Name') ? name : undefined
}

function toInstance(object: Json, className: string): CimInstance {
  const properties: { name: string; value: CimValue }[] = []
  for (const [name, value] of Object.entries(object)) {
    if (
      /^(?:__|Cim|PS|_)|^(?:Scope|Path|Options|ClassPath|Properties|SystemProperties|Qualifiers|Site|Container|class|relative_path|Class|RelativePath)$/.test(
        name,
      )
    )
      continue
    const cim = toValue(value, name)
    if (cim !== undefined) properties.push({ name, value: cim })
  }
  return { className, properties }
}

function toValue(value: unknown, name: string): CimValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value === 'string') return reference(value) ?? value
  if (Array.isArray(value))
    return value.filter((item) => typeof item === 'number' || typeof item === 'string')
  const object = record(value)
  if (object === undefined) return undefined
  // ConvertTo-Json wraps arrays that carry members as {"value": [...], "Count": n}.
  if (Array.isArray(object.value)) return toValue(object.value, name)
  // A reference is listed as the referenced object, mostly with its keys alone.
  const className = classOf(object) ?? (name === 'Filter' ? '__EventFilter' : undefined)
  return pathOf(className ?? '__EventConsumer', text(object.Name))
}

/** How PowerShell prints a reference: `__EventFilter (Name = "X")`, quotes in the name as they are. */
function reference(value: string): string | undefined {
  const match = /^(\w+) \((\w+) = ("(?:[^"]|"(?!\)$))*")\)$/.exec(value)
  if (match === null) return undefined
  const name = match[3]?.slice(1, -1) ?? ''
  const escaped = /^(?:[^"\\]|\\["\\])*$/.test(name) ? name : name.replace(/["\\]/g, '\\$&')
  return `${match[1]}.${match[2]}="${escaped}"`
}

function pathOf(className: string | undefined, name: string | undefined): string | undefined {
  if (className === undefined || name === undefined) return undefined
  return `${className}.Name="${name.replace(/["\\]/g, '\\$&')}"`
}

function namespaceOf(object: Json): string | undefined {
  const said =
    text(record(object.CimSystemProperties)?.Namespace) ??
    first(object, ['__NAMESPACE', 'Namespace']) ??
    /^\\\\[^\\]*\\([^:]+):/.exec(text(object.__PATH) ?? '')?.[1] ??
    // `root/subscription:__EventFilter`, where ConvertTo-Json or Export-Csv did not go deeper.
    /^([\w/\\]+):\w+$/.exec(text(object.CimClass) ?? '')?.[1]
  const namespace = said === undefined ? '' : normalizeNamespace(said)
  return namespace === '' ? undefined : namespace
}

/** osquery's `command_line_template` is WMI's `CommandLineTemplate`. */
function camelCase(columns: Json): Json {
  return Object.fromEntries(
    Object.entries(columns)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [
        name === 'class' || name === 'relative_path'
          ? name
          : name.replace(/(?:^|_)([a-z])/g, (_whole, letter: string) => letter.toUpperCase()),
        value,
      ]),
  )
}

function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function first(value: Json, names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = text(value[name])
    if (found !== undefined) return found
  }
  return undefined
}
