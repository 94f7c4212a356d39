import { parseWql } from '../../../lang/wql/index.ts'
import { isSubscriptionNamespace, partFromProperties, subscriptionPart } from '../classes.ts'
import { WMI_BACKDOOR_NAMES } from './cmdlets.ts'
import { type PsValue, stringValue, UNKNOWN, type WmiObject, wholeText } from './value.ts'

/** One command with its arguments, as far as they are known. Parameter names in lower case. */
export interface CommandCall {
  readonly name: string
  readonly parameters: ReadonlyMap<string, PsValue>
  readonly positionals: readonly PsValue[]
  readonly input: PsValue
  /** Source text of the command. */
  readonly raw: string
  /** A name in it was split by backticks or put together. */
  readonly split: boolean
}

export function isSubscription(object: WmiObject): boolean {
  if (object.className !== undefined) {
    // A derived consumer may have any name; its properties give it away.
    return (
      subscriptionPart(object.className) !== undefined ||
      partFromProperties(object.properties.keys()) !== undefined
    )
  }
  const namespace = object.namespace?.replaceAll('/', '\\').replace(/^\\+[^\\]*\\(?=root)/i, '')
  return isSubscriptionNamespace(namespace) || partFromProperties(object.properties.keys()) !== undefined
}

export function named(call: CommandCall, names: readonly string[]): PsValue | undefined {
  for (const name of names) {
    const lower = name.toLowerCase()
    const exact = call.parameters.get(lower)
    if (exact !== undefined) return exact
    // PowerShell accepts any unambiguous beginning of a parameter's name.
    for (const [key, value] of call.parameters)
      if ((key.length >= 2 || (key === 'n' && lower === 'namespace')) && lower.startsWith(key)) return value
  }
  return undefined
}

/** A namespace may begin with a machine that is not known: `\\\\$cn\\root\\subscription`. */
export function spaceText(value: PsValue | undefined): string | undefined {
  return value?.kind === 'string' ? value.text : undefined
}

export function isBuilt(value: PsValue | undefined): boolean {
  return value?.kind === 'string' && value.built
}

export function inputObject(value: PsValue): WmiObject | undefined {
  return value.kind === 'wmi' && (value.object.className !== undefined || value.object.properties.size > 0)
    ? value.object
    : undefined
}

export function hostName(value: PsValue | undefined): string | undefined {
  const first = value?.kind === 'list' ? value.items[0] : value
  const text = wholeText(first)
  return text === undefined || /^(?:\.|localhost|127\.0\.0\.1|::1|)$/i.test(text) ? undefined : text
}

export function sessionHost(value: PsValue | undefined): string | undefined {
  return value?.kind === 'wmi' ? value.object.host : hostName(value)
}

export function queriedClass(query: string): string | undefined {
  const tree = parseWql(query)
  if (tree?.kind === 'select') return tree.from
  return /\b(?:from|resultclass\s*=)\s+(\w+)/i.exec(query)?.[1]
}

export function filterKeys(filter: string | undefined): readonly (readonly [string, PsValue])[] {
  const match =
    filter === undefined
      ? null
      : /\b(Name|Filter|Consumer|TimerId)\s*(?:=|like)\s*(?:"([^"]*)"|'([^']*)')/i.exec(filter)
  return match === null ? [] : [[match[1] ?? 'Name', stringValue(match[2] ?? match[3] ?? '')]]
}

export function registryVerb(name: string): string {
  return { sp: 'set-itemproperty', gp: 'get-itemproperty', rp: 'remove-itemproperty' }[name] ?? name
}

export function stringsIn(value: PsValue): readonly string[] {
  if (value.kind === 'string') return [value.text]
  if (value.kind === 'list') return value.items.flatMap(stringsIn)
  if (value.kind === 'table') return [...value.entries.values()].flatMap((entry) => stringsIn(entry.value))
  return []
}

export function displayName(lower: string, written: string): string {
  return (
    {
      swmi: 'Set-WmiInstance',
      ncim: 'New-CimInstance',
      scim: 'Set-CimInstance',
      rwmi: 'Remove-WmiObject',
      rcim: 'Remove-CimInstance',
    }[lower] ?? written
  )
}

/** `Start-Process wmic -ArgumentList "..."` as the command line that it starts. */
export function startedCommand(call: CommandCall): string {
  const program = wholeText(named(call, ['filepath']) ?? call.positionals[0]) ?? ''
  const args = named(call, ['argumentlist', 'args']) ?? call.positionals[1]
  return [program, ...(args === undefined ? [] : stringsIn(args))].join(' ')
}

export function backdoorPart(name: string, call: CommandCall): PsValue {
  const names = WMI_BACKDOOR_NAMES[name] ?? {}
  const given = wholeText(named(call, ['triggername', 'actionname']))
  const found = Object.entries(names).find(([parameter]) => call.parameters.has(parameter))
  const text = given ?? found?.[1]
  const className = name.endsWith('trigger') ? '__EventFilter' : 'ActiveScriptEventConsumer'
  const properties = new Map<string, PsValue>(text === undefined ? [] : [['Name', stringValue(text)]])
  return { kind: 'wmi', object: { form: 'new', className, properties } }
}

export function stringMethod(
  value: Extract<PsValue, { kind: 'string' }>,
  name: string,
  args: readonly PsValue[],
): PsValue {
  const [a, b] = args.map((arg) => wholeText(arg))
  switch (name) {
    case 'replace':
      return a === undefined || a === '' || b === undefined || value.text.length > 50_000
        ? UNKNOWN
        : stringValue(value.text.replaceAll(a, () => b).slice(0, 200_000), value.partial, true)
    case 'tostring':
    case 'trim':
      return name === 'trim' ? { ...value, text: value.text.trim() } : value
    case 'tolower':
      return { ...value, text: value.text.toLowerCase() }
    case 'toupper':
      return { ...value, text: value.text.toUpperCase() }
    case 'substring': {
      const from = Number(a)
      const length = b === undefined ? undefined : Number(b)
      if (Number.isNaN(from)) return UNKNOWN
      return stringValue(
        value.text.slice(from, length === undefined ? undefined : from + length),
        value.partial,
        true,
      )
    }
    case 'insert': {
      const at = Number(a)
      return Number.isNaN(at) || b === undefined
        ? UNKNOWN
        : stringValue(value.text.slice(0, at) + b + value.text.slice(at), value.partial, true)
    }
    default:
      return UNKNOWN
  }
}
