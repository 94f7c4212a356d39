/**
 * Listings of what subscriptions a computer has (state, not events) → {@link InventoryEntry}: PowerShell's CIM and
 * WMI cmdlets through ConvertTo-Json, Velociraptor, osquery, Autoruns. Shapes: the telemetry reference, section 12.
 */
import { asText, isObject, type JsonObject, parseJson } from '../events/json-value.ts'
import type { InventoryEntry } from '../read.ts'

export type InventoryShape = InventoryEntry['shape']

/**
 * The inventory an object is an entry of, and the object as that inventory has it when CSV did not flatten it: objects
 * that stand there as JSON text are objects again, and names of types that stand for a value are left out. `undefined` where
 * it is none.
 */
export function inventoryEntry(
  object: JsonObject,
): { readonly shape: InventoryShape; readonly value: JsonObject } | undefined {
  const value = withDetails(object)
  const shape = inventoryShape(value)
  return shape === undefined ? undefined : { shape, value: withoutTypeNames(value) }
}

/** Velociraptor's CSV has the details of a row as JSON text. */
function withDetails(object: JsonObject): JsonObject {
  const parsed: Record<string, unknown> = {}
  for (const name of ['FilterDetails', 'ConsumerDetails']) {
    const text = object[name]
    if (typeof text !== 'string' || !text.startsWith('{')) continue
    try {
      parsed[name] = parseJson(text)
    } catch (error) {
      // A cut cell stays text, and the row is taken for what the rest of it is.
      if (!(error instanceof SyntaxError)) throw error
    }
  }
  return Object.keys(parsed).length === 0 ? object : { ...object, ...parsed }
}

/** What Export-Csv writes for a value that is no text: `System.Byte[]` for a CreatorSID. */
const TYPE_NAME = /^System\.(?:\w+\.)*\w+\[\]$/

function withoutTypeNames(object: JsonObject): JsonObject {
  const isTypeName = (value: unknown): boolean => typeof value === 'string' && TYPE_NAME.test(value)
  if (!Object.values(object).some(isTypeName)) return object
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isTypeName(value)))
}

function inventoryShape(object: JsonObject): InventoryShape | undefined {
  if (isObject(object.FilterDetails) || isObject(object.ConsumerDetails)) return 'velociraptor'
  if (isOsquery(isObject(object.columns) ? object.columns : object)) return 'osquery'
  if (isAutoruns(object)) return 'autoruns'
  if (isCimObject(object)) return 'cim-json'
  return undefined
}

const has = (object: JsonObject, ...keys: string[]): boolean =>
  keys.every((key) => Object.hasOwn(object, key))

function isOsquery(object: JsonObject): boolean {
  if (has(object, 'query', 'query_language')) return true
  if (has(object, 'command_line_template') || has(object, 'scripting_engine')) return true
  return has(object, 'consumer', 'filter') && has(object, 'relative_path')
}

/** autorunsc -c: the category of WMI entries is `WMI`, also written `WMI Database Entries`. */
function isAutoruns(object: JsonObject): boolean {
  return (
    has(object, 'Entry', 'Category', 'Launch String') || has(object, 'Entry', 'Entry Location', 'Category')
  )
}

/** True for the rows of an Autoruns listing that tell of WMI. */
export function isWmiAutorun(object: JsonObject): boolean {
  const text = `${asText(object.Category) ?? ''} ${asText(object['Entry Location']) ?? ''}`
  return /\bWMI\b/i.test(text)
}

const SUBSCRIPTION_CLASS = /(?:EventConsumer|__EventFilter|__FilterToConsumerBinding|TimerInstruction)/i

/** A CIM object with system properties of PowerShell and the properties of a subscription's part. */
function isCimObject(object: JsonObject): boolean {
  const className = cimClassName(object)
  if (className !== undefined) return SUBSCRIPTION_CLASS.test(className) || has(object, 'CreatorSID')
  if (!has(object, 'CreatorSID')) return false
  return (
    has(object, 'Filter', 'Consumer') ||
    has(object, 'Query', 'Name') ||
    has(object, 'CommandLineTemplate') ||
    has(object, 'ScriptingEngine') ||
    has(object, 'MachineName', 'Name')
  )
}

function cimClassName(object: JsonObject): string | undefined {
  const system = object.CimSystemProperties
  if (isObject(system) && typeof system.ClassName === 'string') return system.ClassName
  const cimClass = object.CimClass
  if (isObject(cimClass) && typeof cimClass.CimClassName === 'string') return cimClass.CimClassName
  if (typeof cimClass === 'string') return cimClass
  return typeof object.__CLASS === 'string' ? object.__CLASS : undefined
}
