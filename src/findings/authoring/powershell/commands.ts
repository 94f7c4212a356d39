import { matchesLike } from '../../trigger/index.ts'
import type { Act } from '../act.ts'
import { readRegistryCmdlet } from '../tools.ts'
import {
  backdoorPart,
  type CommandCall,
  displayName,
  filterKeys,
  hostName,
  inputObject,
  isBuilt,
  isSubscription,
  named,
  queriedClass,
  registryVerb,
  sessionHost,
  spaceText,
  startedCommand,
  stringMethod,
  stringsIn,
} from './arguments.ts'
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

/** `Set-Wmi*` as Get-Command takes it. Only names are compared, which are short. */
function matchesWildcard(pattern: string, name: string): boolean {
  if (pattern.length > 64 || !/^[\w*?-]+$/.test(pattern)) return false
  return matchesLike(pattern.replaceAll('_', '[_]').replaceAll('*', '%').replaceAll('?', '_'), name)
}

/** Knows what commands and methods do with WMI objects, and keeps the acts that they amount to. */
export class CommandRunner {
  readonly #nested: Nested
  readonly #runBlock: (block: PsValue, input: PsValue) => void
  readonly #drafts: Draft[] = []
  readonly #made = new Map<WmiObject, Draft>()
  /** Objects that were fetched, until it is known what for. */
  readonly #fetched = new Map<WmiObject, Draft>()
  readonly #called = new Set<string>()
  readonly #evaluated = new Set<string>()
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
    // A function that was called has left its acts where it was called, with the arguments of the call.
    const performed = this.#drafts.filter(
      ({ within }) => within === undefined || !this.#evaluated.has(within),
    )
    return performed.map(({ within, ...act }) =>
      within !== undefined && !this.#called.has(within) ? { ...act, onlyDefines: true } : act,
    )
  }

  #add(act: Act): Draft {
    const draft: Draft = { ...act, within: this.#functions[0] }
    if (this.#drafts.length < MAX_ACTS) this.#drafts.push(draft)
    return draft
  }

  /** Whether a call of a function of the text itself is made by code that runs; its acts then replace the defined ones. */
  performs(name: string): boolean {
    if (this.#functions.length > 0) return false
    this.#evaluated.add(name.toLowerCase())
    return true
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
    if (WMI_BACKDOOR_NAMES[name] !== undefined) return backdoorPart(name, call)
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
        this.#host = hostName(parameter('computername', 'cn')) ?? sessionHost(parameter('session')) ?? outer
        for (const block of [...call.parameters.values(), ...call.positionals]) this.#runBlock(block, UNKNOWN)
        this.#host = outer
        return UNKNOWN
      }
      case 'new-pssession':
      case 'nsn':
      case 'new-cimsession': {
        const host = hostName(parameter('computername', 'cn') ?? call.positionals[0])
        return {
          kind: 'wmi',
          object: { form: 'query', ...(host === undefined ? {} : { host }), properties: new Map() },
        }
      }
      case 'gcm':
      case 'get-command': {
        const pattern = wholeText(parameter('name') ?? call.positionals[0])
        const found =
          pattern === undefined
            ? undefined
            : [...WMI_CMDLETS.keys()].find((cmdlet) => matchesWildcard(pattern, cmdlet))
        return found === undefined ? call.input : stringValue(found, false, found !== pattern?.toLowerCase())
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
        // Start-Job, Start-ThreadJob, Measure-Command and whatever else is given a block to run.
        for (const block of [
          named(call, ['scriptblock', 'initializationscript', 'expression']),
          ...call.positionals,
        ])
          if (block !== undefined) this.#runBlock(block, call.input)
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
    const fromPath = path?.kind === 'string' ? wmiFromPath(path.text, isBuilt(path)) : undefined
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
      spaceText(named(call, ['namespace', 'ns'])) ??
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
        this.#consume(object)
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
