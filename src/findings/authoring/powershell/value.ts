import type { CimValue } from '../../../lang/cim-value.ts'
import { parseObjectPath, printObjectPath } from '../../../lang/mof/index.ts'

/** A WMI class, or an instance that the script makes or fetched. Fields are filled in as the script goes on. */
export interface WmiObject {
  readonly form: 'class' | 'new' | 'existing' | 'query'
  readonly className?: string
  readonly namespace?: string
  readonly host?: string
  readonly properties: Map<string, PsValue>
  /** The class name was put together at run time. */
  readonly built?: boolean
}

/** What an expression is known to be. Nothing is run: what cannot be known is `unknown`. */
export type PsValue =
  /** `partial`: parts of the text are variables that are not known, which stand in it as written. */
  | { readonly kind: 'string'; readonly text: string; readonly partial: boolean; readonly built: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | {
      readonly kind: 'table'
      readonly entries: Map<string, { readonly name: string; readonly value: PsValue }>
    }
  | { readonly kind: 'list'; readonly items: readonly PsValue[] }
  | { readonly kind: 'wmi'; readonly object: WmiObject }
  | { readonly kind: 'block'; readonly start: number; readonly end: number }
  | { readonly kind: 'unknown' }

export const UNKNOWN: PsValue = { kind: 'unknown' }

export function stringValue(text: string, partial = false, built = false): PsValue {
  return { kind: 'string', text, partial, built }
}

/** The text of a string value that is known whole. */
export function wholeText(value: PsValue | undefined): string | undefined {
  if (value?.kind === 'string') return value.partial ? undefined : value.text
  return value?.kind === 'number' ? String(value.value) : undefined
}

/** Payload text may hold unknown variables and still tell a reader much; names and queries may not. */
const KEPT_WHEN_PARTIAL =
  /^(?:commandlinetemplate|executablepath|scripttext|scriptfilename|text|workingdirectory|filename)$/i

/** Properties of a table or WMI object as CIM values; what is not known is left out. */
export function cimProperties(value: PsValue | undefined): Record<string, CimValue> {
  const pairs: [string, PsValue][] =
    value?.kind === 'table'
      ? [...value.entries.values()].map((entry) => [entry.name, entry.value])
      : value?.kind === 'wmi'
        ? [...value.object.properties]
        : []
  const properties: Record<string, CimValue> = {}
  for (const [name, entry] of pairs.slice(0, 64)) {
    const cim = cimValue(entry, KEPT_WHEN_PARTIAL.test(name))
    if (cim !== undefined) properties[name] = cim
  }
  return properties
}

function cimValue(value: PsValue, keepPartial: boolean): CimValue | undefined {
  switch (value.kind) {
    case 'string':
      return value.partial && !keepPartial ? undefined : value.text
    case 'number':
    case 'boolean':
      return value.value
    case 'list': {
      const items = value.items.map((item) => cimValue(item, keepPartial))
      return items.every((item) => item !== undefined) ? items : undefined
    }
    case 'wmi':
      return referenceTo(value.object)
    default:
      return undefined
  }
}

/** A reference to an object by its Name, as a relative path. */
export function referenceTo(object: WmiObject): string | undefined {
  const name = [...object.properties].find(([key]) => key.toLowerCase() === 'name')
  const text = wholeText(name?.[1])
  if (object.className === undefined || text === undefined) return undefined
  return printObjectPath({ class: object.className, keys: [{ name: 'Name', value: text, quoted: true }] })
}

/** A WMI path text (`\\.\root\subscription:__EventFilter`, with or without keys) as an object. */
export function wmiFromPath(text: string, built: boolean): WmiObject | undefined {
  const path = parseObjectPath(text)
  if (path === undefined) return undefined
  const properties = new Map<string, PsValue>(
    path.keys.map(({ name, value }) => [name || 'Name', stringValue(value)]),
  )
  return {
    form: path.keys.length === 0 ? 'class' : 'existing',
    className: path.class,
    ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
    ...(path.host === undefined || path.host.includes('$') ? {} : { host: path.host }),
    properties,
    built,
  }
}
