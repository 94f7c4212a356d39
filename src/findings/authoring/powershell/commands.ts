import { parseWql } from '../../../lang/wql/index.ts'
import type { Act } from '../act.ts'
import { isSubscriptionNamespace, partFromProperties, subscriptionPart } from '../classes.ts'
import { readRegistryCmdlet } from '../tools.ts'
import {
  TOOL_COMMANDS,
  type ToolCommand,
  WMI_BACKDOOR_NAMES,
  WMI_CMDLETS,
  type WmiCmdlet,
} from './cmdlets.ts'
import {
  cimProperties,
  type PsValue,
  stringValue,
  UNKNOWN,
  type WmiObject,
  wholeText,
  wmiFromPath,
} from './value.ts'

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

/** Reads texts that the script hands to something else. */
export interface Nested {
  readonly commandLine: (text: string) => readonly Act[]
  readonly powershell: (text: string) => readonly Act[]
}

type Draft = { -readonly [K in keyof Act]: Act[K] } & { readonly within: string | undefined }

const NATIVE =
  /^(?:wmic|mofcomp|winmgmt|reg|cmd|powershell|pwsh|wbemtest|cscript|wscript|mshta|schtasks|start-process|saps|start)$/
const REGISTRY =
  /^(?:set-itemproperty|new-itemproperty|sp|get-itemproperty|gp|remove-itemproperty|rp|clear-itemproperty)$/
const MAX_ACTS = 200

/** Knows what commands and methods do with WMI objects, and keeps the acts that they amount to. */
export class CommandRunner {
  readonly #nested: Nested
  readonly #runBlock: (block: PsValue, input: PsValue) => void
  readonly #drafts: Draft[] = []
  readonly #made = new Map<WmiObject, Draft>()
  /** Objects that were fetched, until it is known what for. */
  readonly #fetched = new Map<WmiObject, Draft>()
  readonly #called = new Set<string>()
  readonly #functions: string[] = []
  #host: string | undefined

  constructor(nested: Nested, runBlock: (block: PsValue, input: PsValue) => void) {
    this.#nested = nested
    this.#runBlock = runBlock
  }

  enter(name: string): void {
    this.#functions.push(name.toLowerCase())
  }

  leave(): void {
    this.#functions.pop()
  }

  acts(): readonly Act[] {
    // References between objects are complete only now: the filter's name may be set after the binding was made.
    for (const object of this.#made.keys()) this.changed(object)
    return this.#drafts.map(({ within, ...act }) =>
      within !== undefined && !this.#called.has(within) ? { ...act, onlyDefines: true } : act,
    )
  }

  #add(act: Act): Draft {
    const draft: Draft = { ...act, within: this.#functions[0] }
    if (this.#drafts.length < MAX_ACTS) this.#drafts.push(draft)
    return draft
  }

  /** A property of an object was set: a fetched one will be changed when it is put. */
  changed(object: WmiObject): void {
    const made = this.#made.get(object)
    if (made !== undefined) made.properties = cimProperties({ kind: 'wmi', object })
  }

  run(call: CommandCall): PsValue {
    const base = call.name.split(/[\\/]/).at(-1) ?? ''
    const name = base.toLowerCase().replace(/\.exe$/, '')
    if (this.#functions.length === 0) this.#called.add(name)
    if (NATIVE.test(name)) {
      this.#adopt(
        this.#nested.commandLine(
          name.startsWith('start') || name === 'saps' ? startedCommand(call) : call.raw,
        ),
      )
      return UNKNOWN
    }
    const cmdlet = WMI_CMDLETS.get(name)
    if (cmdlet !== undefined) return this.#wmi(name, cmdlet, call)
    const tool = TOOL_COMMANDS.get(name)
    if (tool !== undefined) return this.#tool(call, tool)
    if (name in WMI_BACKDOOR_NAMES) return backdoorPart(name, call)
    if (REGISTRY.test(name)) {
      for (const act of readRegistryCmdlet(registryVerb(name), call.raw)) this.#add(act)
      return UNKNOWN
    }
    return this.#other(name, call)
  }

  #adopt(acts: readonly Act[]): void {
    for (const act of acts) this.#add(this.#host === undefined ? act : { host: this.#host, ...act })
  }

  #other(name: string, call: CommandCall): PsValue {
    const parameter = (...names: readonly string[]): PsValue | undefined => named(call, names)
    switch (name) {
      case 'iex':
      case 'invoke-expression': {
        const text = wholeText(parameter('command') ?? call.positionals[0] ?? call.input)
        if (text !== undefined)
          this.#adopt(
            this.#nested.powershell(text).map((act) => ({
              ...act,
              splitNames: act.splitNames === true || isBuilt(call.positionals[0] ?? call.input),
            })),
          )
        return UNKNOWN
      }
      case 'icm':
      case 'invoke-command': {
        const outer = this.#host
        this.#host = hostName(parameter('computername', 'cn')) ?? outer
        for (const block of [...call.parameters.values(), ...call.positionals]) this.#runBlock(block, UNKNOWN)
        this.#host = outer
        return UNKNOWN
      }
      case 'new-cimsession': {
        const host = hostName(parameter('computername', 'cn') ?? call.positionals[0])
        return {
          kind: 'wmi',
          object: { form: 'query', ...(host === undefined ? {} : { host }), properties: new Map() },
        }
      }
      case 'new-object': {
        const type = wholeText(parameter('typename') ?? call.positionals[0]) ?? ''
        const args = parameter('argumentlist', 'args') ?? call.positionals[1]
        return this.construct(
          type.toLowerCase(),
          args?.kind === 'list' ? args.items : args === undefined ? [] : [args],
        )
      }
      case '%':
      case 'foreach':
      case 'foreach-object':
        for (const block of [...call.parameters.values(), ...call.positionals])
          this.#runBlock(block, call.input)
        return call.input
      case '?':
      case 'where':
      case 'where-object':
        return this.#where(call)
      case 'invoke-wmimethod':
      case 'iwmi':
      case 'invoke-cimmethod':
      case 'icim':
        this.#method(call)
        return UNKNOWN
      default:
        for (const block of call.positionals) this.#runBlock(block, call.input)
        return call.input
    }
  }

  /** A process started through WMI is no subscription, but its command line may make one. */
  #method(call: CommandCall): void {
    const host = hostName(named(call, ['computername', 'cn'])) ?? sessionHost(named(call, ['cimsession']))
    const texts = [...call.parameters.values(), ...call.positionals].flatMap(stringsIn)
    for (const text of texts) {
      for (const act of this.#nested.commandLine(text))
        this.#adopt([host === undefined ? act : { ...act, host }])
    }
  }

  /** `Where-Object { $_.Name -eq 'X' }` narrows a fetched object to one name. */
  #where(call: CommandCall): PsValue {
    if (call.input.kind !== 'wmi') return call.input
    const match = /\bName\b["']?\s+-[ic]?(?:eq|like|match)\s+["']([^"']+)["']/i.exec(call.raw)
    if (match?.[1] !== undefined) call.input.object.properties.set('Name', stringValue(match[1]))
    return call.input
  }

  #wmi(name: string, cmdlet: WmiCmdlet, call: CommandCall): PsValue {
    const positional = (key: string): PsValue | undefined => {
      const at = cmdlet.positions.findIndex((position) => position.toLowerCase() === key)
      return at < 0 ? undefined : call.positionals[at]
    }
    const queried = named(call, ['query'])
    const query = wholeText(queried)
    const path = named(call, ['path'])
    const fromPath =
      wholeText(path) === undefined ? undefined : wmiFromPath(wholeText(path) ?? '', isBuilt(path))
    const input = inputObject(
      named(call, ['inputobject', 'ciminstance']) ?? positional('inputobject') ?? call.input,
    )
    const classValue =
      named(call, ['class', 'classname', 'cimclass']) ?? positional('class') ?? positional('classname')
    const className =
      wholeText(classValue) ??
      (classValue?.kind === 'wmi' ? classValue.object.className : undefined) ??
      fromPath?.className ??
      (queried?.kind === 'string' ? queriedClass(queried.text) : undefined) ??
      input?.className
    const classObject = classValue?.kind === 'wmi' ? classValue.object : undefined
    if (classObject !== undefined) this.#consume(classObject)
    const namespace =
      wholeText(named(call, ['namespace', 'ns'])) ??
      fromPath?.namespace ??
      classObject?.namespace ??
      input?.namespace
    const host =
      hostName(named(call, ['computername', 'cn'])) ??
      sessionHost(named(call, ['cimsession'])) ??
      fromPath?.host ??
      input?.host ??
      this.#host
    const table =
      cmdlet.properties === undefined
        ? undefined
        : (named(call, [cmdlet.properties]) ?? positional(cmdlet.properties.toLowerCase()))
    const properties = new Map<string, PsValue>(fromPath?.properties ?? input?.properties ?? [])
    if (table?.kind === 'table')
      for (const { name: key, value } of table.entries.values()) properties.set(key, value)
    for (const [key, value] of filterKeys(wholeText(named(call, ['filter'])) ?? query))
      properties.set(key, value)
    const object: WmiObject = {
      form: cmdlet.verb === 'creates' ? 'new' : 'query',
      ...(className === undefined ? {} : { className }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(host === undefined ? {} : { host }),
      properties,
      built: call.split || isBuilt(classValue),
    }
    const verb =
      cmdlet.verb === 'creates' && (fromPath?.form === 'existing' || input !== undefined)
        ? 'modifies'
        : cmdlet.verb
    if (!isSubscription(object)) return { kind: 'wmi', object }
    if (call.parameters.has('whatif') && verb !== 'reads') {
      this.#draft('mentions', object, `${call.name} -WhatIf only shows what would be done`)
      return { kind: 'wmi', object }
    }
    if (verb === 'reads') {
      this.#fetched.set(
        object,
        this.#draft('reads', object, `${call.name} lists ${className ?? 'subscription objects'}`),
      )
      return { kind: 'wmi', object }
    }
    if (input !== undefined) this.#consume(input)
    const word = { creates: 'makes', modifies: 'changes', removes: 'removes' }[verb]
    const draft = this.#draft(
      verb,
      object,
      `${displayName(name, call.name)} ${word} ${className ?? 'an object whose class name is hidden'}`,
    )
    if (verb === 'creates') this.#made.set(object, draft)
    return { kind: 'wmi', object }
  }

  #draft(verb: Act['verb'], object: WmiObject, why: string): Draft {
    return this.#add({
      verb,
      tool: 'powershell',
      why,
      ...(object.className === undefined ? {} : { className: object.className }),
      ...(object.namespace === undefined ? {} : { namespace: object.namespace }),
      ...(object.host === undefined ? {} : { host: object.host }),
      properties: cimProperties({ kind: 'wmi', object }),
      splitNames: object.built === true,
    })
  }

  /** What was fetched only to be changed or removed was not enumeration. */
  #consume(object: WmiObject): void {
    const draft = this.#fetched.get(object)
    if (draft === undefined) return
    this.#fetched.delete(object)
    const at = this.#drafts.indexOf(draft)
    if (at >= 0) this.#drafts.splice(at, 1)
  }

  #tool(call: CommandCall, tool: ToolCommand): PsValue {
    const text = (name: string | undefined): string | undefined =>
      name === undefined ? undefined : wholeText(named(call, [name]))
    if (tool.needs !== undefined && !tool.needs.some((name) => named(call, [name]) !== undefined))
      return UNKNOWN
    const why = `${call.name} is a command of ${tool.tool} that ${tool.verb === 'creates' ? 'makes' : tool.verb} subscriptions`
    const host = hostName(named(call, ['computername', 'cn'])) ?? this.#host
    const base = {
      verb: tool.verb,
      tool: 'powershell',
      why,
      ...(host === undefined ? {} : { host }),
      splitNames: call.split,
    } as const
    const name = text(tool.name)
    const filterName = text(tool.filterName) ?? name
    const before = this.#drafts.length
    if (filterName !== undefined)
      this.#add({ ...base, className: '__EventFilter', properties: { Name: filterName } })
    for (const [parameter, [className, key]] of Object.entries(tool.payloads ?? {})) {
      const payload = named(call, [parameter])
      if (payload === undefined) continue
      const shown = payload.kind === 'string' ? { [key]: payload.text } : {}
      this.#add({
        ...base,
        className,
        properties: { ...(name === undefined ? {} : { Name: name }), ...shown },
      })
    }
    const consumerName = text(tool.consumerName)
    if (consumerName !== undefined)
      this.#add({ ...base, className: '__EventConsumer', properties: { Name: consumerName } })
    for (const key of ['trigger', 'action']) {
      const part = named(call, [key])
      if (part?.kind === 'wmi')
        this.#add({ ...base, className: part.object.className ?? '', properties: cimProperties(part) })
    }
    if (this.#drafts.length === before) this.#add(base)
    return UNKNOWN
  }

  /** `New-Object` or `::new` of the WMI classes of .NET. */
  construct(type: string, args: readonly PsValue[]): PsValue {
    const kind = type.replace(/^system\./, '').replace(/^management\./, '')
    const texts = args.map((arg) => wholeText(arg))
    const [first] = args
    if (kind === 'managementclass' || kind === 'managementobject') {
      const known = texts.filter((text) => text !== undefined)
      const className = known.at(-1)
      if (className === undefined) return first?.kind === 'wmi' ? first : UNKNOWN
      const object = wmiFromPath(className, args.some(isBuilt))
      if (object === undefined) return UNKNOWN
      const scope = first?.kind === 'wmi' ? first.object.namespace : known.length > 1 ? known[0] : undefined
      return { kind: 'wmi', object: { ...object, ...(scope === undefined ? {} : { namespace: scope }) } }
    }
    // A path or a scope is what its text says.
    if ((kind === 'managementpath' || kind === 'managementscope') && first !== undefined) return first
    return UNKNOWN
  }

  method(value: PsValue, name: string, args: readonly PsValue[]): PsValue {
    const lower = name.toLowerCase()
    if (value.kind === 'string') return stringMethod(value, lower, args)
    if (value.kind !== 'wmi') return UNKNOWN
    const { object } = value
    switch (lower) {
      case 'createinstance':
      case 'spawninstance_': {
        const made: WmiObject = { ...object, form: 'new', properties: new Map() }
        if (isSubscription(made))
          this.#made.set(
            made,
            this.#draft(
              'creates',
              made,
              `the script makes an instance of ${made.className ?? 'a hidden class'}`,
            ),
          )
        return { kind: 'wmi', object: made }
      }
      case 'put':
      case 'put_':
      case 'commit': {
        if (object.form !== 'new' && isSubscription(object)) {
          this.#consume(object)
          this.#draft(
            'modifies',
            object,
            `the script changes an instance of ${object.className ?? 'a hidden class'}`,
          )
        }
        return value
      }
      case 'delete':
      case 'delete_': {
        if (!isSubscription(object)) return UNKNOWN
        this.#consume(object)
        this.#draft(
          'removes',
          object,
          `the script deletes instances of ${object.className ?? 'a hidden class'}`,
        )
        return UNKNOWN
      }
      case 'getinstances': {
        const fetched: WmiObject = { ...object, form: 'query', properties: new Map() }
        if (isSubscription(fetched))
          this.#fetched.set(
            fetched,
            this.#draft('reads', fetched, `the script lists ${object.className ?? 'a hidden class'}`),
          )
        return { kind: 'wmi', object: fetched }
      }
      case 'setpropertyvalue': {
        const key = wholeText(args[0])
        if (key !== undefined && args[1] !== undefined) object.properties.set(key, args[1])
        this.changed(object)
        return UNKNOWN
      }
      case 'item':
        return value
      default:
        return UNKNOWN
    }
  }
}

function isSubscription(object: WmiObject): boolean {
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

function named(call: CommandCall, names: readonly string[]): PsValue | undefined {
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

function isBuilt(value: PsValue | undefined): boolean {
  return value?.kind === 'string' && value.built
}

function inputObject(value: PsValue): WmiObject | undefined {
  return value.kind === 'wmi' && (value.object.className !== undefined || value.object.properties.size > 0)
    ? value.object
    : undefined
}

function hostName(value: PsValue | undefined): string | undefined {
  const first = value?.kind === 'list' ? value.items[0] : value
  const text = wholeText(first)
  return text === undefined || /^(?:\.|localhost|127\.0\.0\.1|::1|)$/i.test(text) ? undefined : text
}

function sessionHost(value: PsValue | undefined): string | undefined {
  return value?.kind === 'wmi' ? value.object.host : hostName(value)
}

function queriedClass(query: string): string | undefined {
  const tree = parseWql(query)
  if (tree?.kind === 'select') return tree.from
  return /\b(?:from|resultclass\s*=)\s+(\w+)/i.exec(query)?.[1]
}

function filterKeys(filter: string | undefined): readonly (readonly [string, PsValue])[] {
  const match =
    filter === undefined
      ? null
      : /\b(Name|Filter|Consumer|TimerId)\s*(?:=|like)\s*(?:"([^"]*)"|'([^']*)')/i.exec(filter)
  return match === null ? [] : [[match[1] ?? 'Name', stringValue(match[2] ?? match[3] ?? '')]]
}

function registryVerb(name: string): string {
  return { sp: 'set-itemproperty', gp: 'get-itemproperty', rp: 'remove-itemproperty' }[name] ?? name
}

function stringsIn(value: PsValue): readonly string[] {
  if (value.kind === 'string') return [value.text]
  if (value.kind === 'list') return value.items.flatMap(stringsIn)
  if (value.kind === 'table') return [...value.entries.values()].flatMap((entry) => stringsIn(entry.value))
  return []
}

function displayName(lower: string, written: string): string {
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
function startedCommand(call: CommandCall): string {
  const program = wholeText(named(call, ['filepath']) ?? call.positionals[0]) ?? ''
  const args = named(call, ['argumentlist', 'args']) ?? call.positionals[1]
  return [program, ...(args === undefined ? [] : stringsIn(args))].join(' ')
}

function backdoorPart(name: string, call: CommandCall): PsValue {
  const names = WMI_BACKDOOR_NAMES[name] ?? {}
  const given = wholeText(named(call, ['triggername', 'actionname']))
  const found = Object.entries(names).find(([parameter]) => call.parameters.has(parameter))
  const text = given ?? found?.[1]
  const className = name.endsWith('trigger') ? '__EventFilter' : 'ActiveScriptEventConsumer'
  const properties = new Map<string, PsValue>(text === undefined ? [] : [['Name', stringValue(text)]])
  return { kind: 'wmi', object: { form: 'new', className, properties } }
}

function stringMethod(
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
