import type { CimValue } from '../../lang/cim-value.ts'
import { parseObjectPath, printObjectPath, splitNamespace } from '../../lang/mof/index.ts'
import type { Act } from './act.ts'
import { isSubscriptionNamespace, partFromProperties, subscriptionPart } from './classes.ts'
import { codeStatements, evaluateText, type Language, type TextValue } from './script-text.ts'

interface Service {
  readonly kind: 'service'
  readonly namespace?: string
  readonly host?: string
}
interface Thing {
  readonly kind: 'class' | 'new' | 'existing' | 'query'
  readonly className?: string
  readonly built: boolean
  readonly service: Service
  readonly properties: Record<string, CimValue>
}
type Value = Service | Thing | TextValue | { readonly kind: 'locator' }

const NAME = String.raw`[A-Za-z_$][\w$]*`

/**
 * Reads VBScript or JScript for what it does with WMI: monikers (`GetObject("winmgmts:...")`), locators, `Get`,
 * `SpawnInstance_`, properties, `Put_`, `Delete_`, `ExecQuery`, followed statement by statement; nothing is run.
 * Source: TRADECRAFT C7; Microsoft "Scripting API for WMI".
 */
export function readScript(text: string, language: Language): readonly Act[] {
  const reader = new ScriptReader(language)
  for (const { code, strings, within } of codeStatements(text, language))
    reader.statement(code, strings, within)
  return reader.acts()
}

class ScriptReader {
  readonly #language: Language
  readonly #values = new Map<string, Value>()
  readonly #acts: { act: Act; thing?: Thing; within: string | undefined }[] = []
  readonly #put = new Set<Thing>()
  readonly #called = new Set<string>()
  #with: string | undefined

  constructor(language: Language) {
    this.#language = language
  }

  acts(): readonly Act[] {
    return this.#acts.slice(0, 200).map(({ act, thing, within }) => ({
      ...act,
      ...(thing === undefined ? {} : { properties: thing.properties }),
      ...(within !== undefined && !this.#called.has(within) ? { onlyDefines: true } : {}),
    }))
  }

  /** `code` has its strings replaced by `"0"`, `"1"`, ... which index `strings`. */
  statement(code: string, strings: readonly string[], within: string | undefined): void {
    if (within === undefined) {
      for (const [, name = ''] of code.matchAll(/(?:^|[\s;=(])([A-Za-z_]\w*)\s*(?:\(|$)/g))
        this.#called.add(name.toLowerCase())
    }
    const body = code.trim().replace(/^(?:set|var|let|const|call|new)\s+/i, '')
    if (this.#insideWith(body, strings, within)) return
    const loop = new RegExp(String.raw`^for\s+each\s+(${NAME})\s+in\s+(.+)$`, 'i').exec(body)
    if (loop !== null) {
      const value = this.#evaluate(loop[2] ?? '', strings, within)
      if (value !== undefined) this.#values.set((loop[1] ?? '').toLowerCase(), value)
      return
    }
    const property = new RegExp(
      String.raw`^(${NAME})((?:\.(?:Properties_|Item|Value|${NAME})(?:\(\s*"\d+"\s*\))?)+)\s*=(?!=)\s*([\s\S]+)$`,
      'i',
    ).exec(body)
    if (property !== null && this.#setProperty(property, strings, within)) return
    const assignment = new RegExp(String.raw`^(${NAME})\s*=(?!=)\s*([\s\S]+)$`).exec(body)
    if (assignment !== null) {
      const value = this.#evaluate(assignment[2] ?? '', strings, within)
      const name = (assignment[1] ?? '').toLowerCase()
      if (value === undefined) this.#values.delete(name)
      else this.#values.set(name, value)
      return
    }
    this.#evaluate(body, strings, within)
  }

  /** `With x` ... `.Name = "F"` ... `End With` of VBScript: the members belong to `x`. */
  #insideWith(body: string, strings: readonly string[], within: string | undefined): boolean {
    const opened = /^with\s+([A-Za-z_]\w*)$/i.exec(body)
    if (opened !== null) this.#with = opened[1]
    else if (/^end\s+with$/i.test(body)) this.#with = undefined
    else if (body.startsWith('.') && this.#with !== undefined)
      this.statement(`${this.#with}${body}`, strings, within)
    else return false
    return true
  }

  #setProperty(match: RegExpExecArray, strings: readonly string[], within: string | undefined): boolean {
    const target = this.#values.get((match[1] ?? '').toLowerCase())
    if (
      target === undefined ||
      target.kind === 'text' ||
      target.kind === 'locator' ||
      target.kind === 'service'
    )
      return false
    const chain = match[2] ?? ''
    const indexed = /\(\s*"(\d+)"\s*\)/.exec(chain)
    const key =
      indexed === null
        ? chain
            .split('.')
            .filter((part) => !/^(?:properties_|item|value|)$/i.test(part))
            .at(-1)
        : strings[Number(indexed[1])]
    if (key === undefined) return false
    const value = this.#evaluate(match[3] ?? '', strings, within)
    const cim = value === undefined ? undefined : this.#asProperty(value)
    if (cim !== undefined) target.properties[key] = cim
    return true
  }

  #asProperty(value: Value): CimValue | undefined {
    if (value.kind === 'text') return value.text
    if (value.kind === 'service' || value.kind === 'locator') return undefined
    const name = Object.entries(value.properties).find(([key]) => key.toLowerCase() === 'name')?.[1]
    if (value.className === undefined || typeof name !== 'string') return undefined
    return printObjectPath({ class: value.className, keys: [{ name: 'Name', value: name, quoted: true }] })
  }

  #text(expression: string, strings: readonly string[]): TextValue | undefined {
    return evaluateText(expression, strings, this.#language, (name) => {
      const value = this.#values.get(name.toLowerCase())
      return value?.kind === 'text' ? value : undefined
    })
  }

  #evaluate(expression: string, strings: readonly string[], within: string | undefined): Value | undefined {
    const text = this.#text(expression, strings)
    if (text !== undefined) return text
    const calls = splitCalls(expression)
    let value: Value | undefined
    for (const [index, { name, args }] of calls.entries()) {
      value =
        index === 0 ? this.#first(name, args, strings) : this.#member(value, name, args, strings, within)
      if (value === undefined) return undefined
    }
    return value
  }

  #first(name: string, args: string | undefined, strings: readonly string[]): Value | undefined {
    const lower = name.toLowerCase()
    if (lower === 'getobject' && args !== undefined) return fromMoniker(this.#text(args, strings))
    if ((lower === 'createobject' || lower === 'activexobject') && args !== undefined)
      return /wbemscripting\.swbemlocator/i.test(this.#text(args, strings)?.text ?? '')
        ? { kind: 'locator' }
        : undefined
    if (lower === 'wscript') return { kind: 'locator' }
    return this.#values.get(lower)
  }

  #member(
    value: Value | undefined,
    name: string,
    args: string | undefined,
    strings: readonly string[],
    within: string | undefined,
  ): Value | undefined {
    const lower = name.toLowerCase()
    if (value === undefined || value.kind === 'text') return undefined
    if (value.kind === 'locator') {
      if (lower !== 'connectserver')
        return lower === 'createobject' ? this.#first(name, args, strings) : undefined
      const [host, namespace] = splitArguments(args ?? '').map((part) => this.#text(part, strings)?.text)
      return service(namespace ?? 'root\\cimv2', host)
    }
    if (value.kind === 'service') return this.#serviceCall(value, lower, args, strings, within)
    return this.#thingCall(value, lower, args, within)
  }

  #serviceCall(
    value: Service,
    name: string,
    args: string | undefined,
    strings: readonly string[],
    within: string | undefined,
  ): Value | undefined {
    const argument = this.#text(splitArguments(args ?? '')[0] ?? '', strings)
    switch (name) {
      case 'get':
        return argument === undefined ? undefined : thingFromPath(argument, value)
      case 'delete': {
        const thing = argument === undefined ? undefined : thingFromPath(argument, value)
        if (thing !== undefined) this.#act('removes', thing, 'the script deletes', within)
        return undefined
      }
      case 'instancesof':
      case 'execquery': {
        const className =
          name === 'execquery' ? /\bfrom\s+(\w+)/i.exec(argument?.text ?? '')?.[1] : argument?.text
        if (className === undefined) return undefined
        const key = /\bName\s*=\s*['"]([^'"]*)['"]/i.exec(argument?.text ?? '')?.[1]
        const thing: Thing = {
          kind: 'query',
          className,
          built: argument?.built === true,
          service: value,
          properties: key === undefined ? {} : { Name: key },
        }
        this.#act('reads', thing, 'the script lists', within)
        return thing
      }
      default:
        return undefined
    }
  }

  #thingCall(
    value: Thing,
    name: string,
    args: string | undefined,
    within: string | undefined,
  ): Value | undefined {
    switch (name) {
      case 'spawninstance_': {
        const thing: Thing = { ...value, kind: 'new', properties: {} }
        this.#act('creates', thing, 'the script makes an instance of', within)
        return thing
      }
      case 'put_':
        if (value.kind !== 'new' && !this.#put.has(value)) {
          this.#put.add(value)
          this.#forget(value)
          this.#act('modifies', value, 'the script changes an instance of', within)
        }
        return value
      case 'delete_':
        this.#forget(value)
        this.#act('removes', value, 'the script deletes instances of', within)
        return undefined
      case 'instances_':
        this.#act('reads', value, 'the script lists', within)
        return value
      case 'path_':
      case 'path':
      case 'relpath':
      case 'properties_':
        return value
      case 'item':
      case 'itemindex':
        return args === undefined || value.kind === 'query' ? value : undefined
      default:
        return undefined
    }
  }

  #forget(thing: Thing): void {
    const index = this.#acts.findIndex((entry) => entry.thing === thing && entry.act.verb === 'reads')
    if (index >= 0) this.#acts.splice(index, 1)
  }

  #act(verb: Act['verb'], thing: Thing, words: string, within: string | undefined): void {
    const named = thing.className === undefined ? undefined : subscriptionPart(thing.className)
    if (named === undefined && partFromProperties(Object.keys(thing.properties)) === undefined) {
      const hidden = thing.className === undefined && isSubscriptionNamespace(thing.service.namespace)
      if (!hidden) return
    }
    const act: Act = {
      verb,
      tool: this.#language === 'jscript' ? 'jscript' : 'vbscript',
      why: `${words} ${thing.className ?? 'a class whose name is hidden'}`,
      ...(thing.className === undefined ? {} : { className: thing.className }),
      ...(thing.service.namespace === undefined ? {} : { namespace: thing.service.namespace }),
      ...(thing.service.host === undefined ? {} : { host: thing.service.host }),
      splitNames: thing.built,
    }
    this.#acts.push({ act, thing, within })
  }
}

function service(namespace: string, host?: string): Service {
  const place = splitNamespace(namespace)
  const machine = place.host ?? (host === undefined || /^(?:\.|localhost|)$/i.test(host) ? undefined : host)
  return {
    kind: 'service',
    ...(place.namespace === '' ? {} : { namespace: place.namespace }),
    ...(machine === undefined ? {} : { host: machine }),
  }
}

/** `winmgmts:{impersonationLevel=impersonate}!\\.\root\subscription:__EventFilter`. */
function fromMoniker(value: TextValue | undefined): Value | undefined {
  const match = value === undefined ? null : /^winmgmts:(?:\{[^}]*\})?!?([\s\S]*)$/i.exec(value.text.trim())
  if (match === null || value === undefined) return undefined
  const path = match[1] ?? ''
  const colon = path.indexOf(':')
  if (colon < 0 && /^[\\/]*(?:[^\\/]+[\\/]+)*root[\\/]|^$|^[\\/]{2}/i.test(path))
    return service(path === '' ? 'root\\cimv2' : path)
  if (colon < 0) return thingFromPath({ ...value, text: path }, service('root\\cimv2'))
  return thingFromPath({ ...value, text: path.slice(colon + 1) }, service(path.slice(0, colon)))
}

function thingFromPath(value: TextValue, owner: Service): Thing | undefined {
  const path = parseObjectPath(value.text)
  if (path === undefined) return undefined
  const place =
    path.namespace === undefined
      ? owner
      : {
          kind: 'service' as const,
          namespace: path.namespace,
          ...(path.host === undefined ? {} : { host: path.host }),
        }
  return {
    kind: path.keys.length === 0 ? 'class' : 'existing',
    className: path.class,
    built: value.built,
    service: place,
    properties: Object.fromEntries(path.keys.map(({ name, value: key }) => [name || 'Name', key])),
  }
}

interface Call {
  readonly name: string
  readonly args?: string
}

/** `a.b("0").c` as its names with their arguments, in order; nothing where it is no such chain. */
function splitCalls(expression: string): readonly Call[] {
  const calls: Call[] = []
  const name = /\s*\.?\s*([A-Za-z_$][\w$]*)\s*/y
  let at = 0
  while (at < expression.length && calls.length < 20) {
    name.lastIndex = at
    const match = name.exec(expression)
    if (match === null) break
    at = name.lastIndex
    if (/^(?:new|set)$/i.test(match[1] ?? '')) continue
    if (expression.charAt(at) === '(') {
      const end = closing(expression, at)
      calls.push({ name: match[1] ?? '', args: expression.slice(at + 1, end) })
      at = end + 1
    } else if (expression.charAt(at) === '"') {
      // VBScript calls without parentheses: `svc.Delete "0"`.
      calls.push({ name: match[1] ?? '', args: expression.slice(at) })
      return calls
    } else calls.push({ name: match[1] ?? '' })
    if (expression.charAt(at) !== '.') break
  }
  return calls
}

function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (depth === 0) return at
  }
  return text.length
}

function splitArguments(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}
