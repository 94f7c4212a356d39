import type { CimValue } from '../../lang/cim-value.ts'
import { parseObjectPath } from '../../lang/mof/index.ts'
import { type Act, partOf } from './act.ts'
import { subscriptionPart } from './classes.ts'
import { TOOL_COMMANDS, WMI_CMDLETS } from './powershell/cmdlets.ts'

interface Invocation {
  readonly command: string
  readonly parameters: Map<string, string>
}

const LINE =
  /(?:^|(?<=Details:\s?))(CommandInvocation|ParameterBinding)\(([^)\r\n]*)\): (?:"|name="([^"\r\n]*)"; value=")/gm

/**
 * Reads the pipeline text of 4103 (Payload) and 800: `CommandInvocation(X): "X"` and
 * `ParameterBinding(X): name="N"; value="V"`. Values are what PowerShell evaluated, so joined names stand here whole; a
 * value may hold quotes and line breaks and ends where the next line of the same form begins.
 * Source: TELEMETRY section 6; observed in evidence evtx-powerlurk-powershell-fs01.
 */
export function readPipeline(text: string): readonly Act[] {
  const acts: Act[] = []
  for (const { command, parameters } of invocationsOf(text)) {
    const lower = command.toLowerCase()
    const value = (...names: readonly string[]): string | undefined =>
      names.map((name) => parameters.get(name)).find((found) => found !== undefined && found !== '')
    const cmdlet = WMI_CMDLETS.get(lower)
    const input = value('inputobject', 'ciminstance')
    const shown = input === undefined ? undefined : shownObject(input)
    if (cmdlet !== undefined) {
      const path = value('path')
      const target = path === undefined ? shown : shownObject(path)
      const className = value('class', 'classname') ?? target?.className ?? queriedClass(value('query'))
      if (className === undefined || subscriptionPart(className) === undefined) continue
      const namespace = value('namespace') ?? target?.namespace
      const host = remote(value('computername')) ?? target?.host
      const word = { creates: 'makes', modifies: 'changes', reads: 'lists', removes: 'removes' }[cmdlet.verb]
      acts.push({
        verb: cmdlet.verb,
        tool: 'powershell',
        why: `${command} ${word} ${className}`,
        className,
        ...(namespace === undefined ? {} : { namespace }),
        ...(host === undefined ? {} : { host }),
        properties: { ...target?.properties, ...tableText(value('arguments', 'property')) },
      })
      continue
    }
    const tool = TOOL_COMMANDS.get(lower)
    if (
      tool !== undefined &&
      (tool.needs === undefined || tool.needs.some((name) => parameters.has(name.toLowerCase())))
    ) {
      acts.push(...toolActs(command, tool, value))
      continue
    }
    // `... | Out-Null` after a creation shows the object that was made, with the keys that the call itself hid.
    if (shown !== undefined && /^out-/.test(lower)) complete(acts, shown)
  }
  return acts
}

function toolActs(
  command: string,
  tool: NonNullable<ReturnType<(typeof TOOL_COMMANDS)['get']>>,
  value: (...names: readonly string[]) => string | undefined,
): readonly Act[] {
  const base = {
    verb: tool.verb,
    tool: 'powershell',
    why: `${command} is a command of ${tool.tool} that ${tool.verb === 'creates' ? 'makes' : tool.verb} subscriptions`,
  } as const
  const name = tool.name === undefined ? undefined : value(tool.name.toLowerCase())
  const named = name === undefined ? {} : { Name: name }
  const acts: Act[] = name === undefined ? [] : [{ ...base, className: '__EventFilter', properties: named }]
  for (const [parameter, [className, key]] of Object.entries(tool.payloads ?? {})) {
    const payload = value(parameter.toLowerCase())
    if (payload !== undefined) acts.push({ ...base, className, properties: { ...named, [key]: payload } })
  }
  return acts.length === 0 ? [base] : acts
}

function invocationsOf(text: string): readonly Invocation[] {
  const marks = [...text.matchAll(LINE)].slice(0, 5000)
  const invocations: Invocation[] = []
  for (const [index, mark] of marks.entries()) {
    const [whole, kind, command = '', name] = mark
    const from = mark.index + whole.length
    const value = text.slice(from, marks[index + 1]?.index ?? text.length).replace(/"\s*$/, '')
    if (kind === 'CommandInvocation') invocations.push({ command, parameters: new Map() })
    else {
      const owner = invocations.findLast((invocation) => invocation.command === command)
      if (owner !== undefined && name !== undefined && !owner.parameters.has(name.toLowerCase()))
        owner.parameters.set(name.toLowerCase(), value)
    }
  }
  return invocations
}

interface Shown {
  readonly className: string
  readonly namespace?: string
  readonly host?: string
  readonly properties: Readonly<Record<string, CimValue>>
}

/** An object as PowerShell prints it: its path, or `CimInstance: __EventFilter (Name = "X")`. */
function shownObject(text: string): Shown | undefined {
  const cim = /^(?:CimInstance: )?(\w+)\s*\(([A-Za-z]\w*) = (?:"([^"]*)")?/.exec(text.trim())
  if (cim !== null) {
    const [, className = '', key = '', value] = cim
    return { className, properties: value === undefined ? {} : { [key]: value } }
  }
  const path = parseObjectPath(text)
  if (path === undefined) return undefined
  return {
    className: path.class,
    ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
    ...(path.host === undefined ? {} : { host: path.host }),
    properties: Object.fromEntries(path.keys.map(({ name, value }) => [name || 'Name', value])),
  }
}

function complete(acts: Act[], shown: Shown): void {
  const index = acts.findLastIndex(
    (act) => act.verb === 'creates' && act.className?.toLowerCase() === shown.className.toLowerCase(),
  )
  const act = acts[index]
  if (act === undefined || partOf(act) === undefined) return
  acts[index] = { ...act, properties: { ...shown.properties, ...act.properties } }
}

/** `@{Name=X; Query=Y}`: newer versions print small tables. */
function tableText(text: string | undefined): Readonly<Record<string, CimValue>> {
  const body = text === undefined ? null : /^@\{([\s\S]*)\}$/.exec(text.trim())
  if (body === null) return {}
  const pairs = [...(body[1] ?? '').matchAll(/([A-Za-z]\w*)\s*=\s*([^;]*)/g)].slice(0, 64)
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value.trim()]))
}

function queriedClass(query: string | undefined): string | undefined {
  return query === undefined ? undefined : /\bfrom\s+(\w+)/i.exec(query)?.[1]
}

function remote(host: string | undefined): string | undefined {
  return host === undefined || /^(?:\.|localhost|127\.0\.0\.1)$/i.test(host) ? undefined : host
}
