/**
 * Listings of what subscriptions a computer has (state, not events) → {@link InventoryEntry}: PowerShell's CIM and
 * WMI cmdlets through ConvertTo-Json, Velociraptor, osquery, Autoruns. Shapes: the telemetry reference, section 12.
 */
import { isObject, type JsonObject } from '../events/json-value.ts'
import type { InventoryEntry } from '../read.ts'

export type InventoryShape = InventoryEntry['shape']

/** The inventory an object is an entry of; `undefined` where it is none. */
export function inventoryShape(object: JsonObject): InventoryShape | undefined {
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
  const text = `${String(object.Category ?? '')} ${String(object['Entry Location'] ?? '')}`
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
