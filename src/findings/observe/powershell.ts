import { normalizeNamespace, objectPathName, parseObjectPath } from '../../lang/mof/index.ts'
import type { EventRecord } from '../../records/event.ts'
import { payloadValue } from '../../records/event.ts'
import type { AuthoredReader } from './authored.ts'
import { consumerOfPath, defined } from './objects.ts'
import { at, fieldsOf, type Place, placeOfEvent } from './place.ts'
import type { ObserveSink } from './sink.ts'

/** Text of blocks that wait for their other fragments. Beyond it the block waiting longest is read as it is. */
const MAX_PENDING_CHARACTERS = 64 * 1024 * 1024

/** Incomplete blocks that are told one by one. */
const MAX_INCOMPLETE = 100_000

/** Longer lines hold no object path that Windows would have taken. */
const MAX_PATH_LINE = 16_384

interface Pending {
  readonly total: number
  readonly parts: Map<number, string>
  readonly place: Place
  readonly path: string | undefined
  readonly user: string | undefined
  size: number
}

/** PowerShell 400, 600, 800 of the classic log and 4103, 4104 of the operational one. */
export class PowerShellObserver {
  readonly #authors: AuthoredReader
  readonly #sink: ObserveSink
  readonly #pending = new Map<string, Pending>()
  /** Blocks of which fragments never came. */
  readonly incomplete: { readonly host?: string; readonly timeFiletime?: bigint }[] = []
  #pendingCharacters = 0

  constructor(authors: AuthoredReader, sink: ObserveSink) {
    this.#authors = authors
    this.#sink = sink
  }

  add(event: EventRecord): void {
    const place = placeOfEvent(event, 'powershell')
    if (event.eventId === 4104) this.#scriptBlock(event, place)
    else if (event.eventId === 4103) this.#module(event, place)
    else if (event.eventId === 800) this.#pipeline(event, place)
    else if (event.eventId === 400 || event.eventId === 600) this.#engine(event, place)
  }

  /** Reads blocks whose other fragments never came. */
  flush(): void {
    for (const key of [...this.#pending.keys()].sort()) this.#complete(key)
  }

  #scriptBlock(event: EventRecord, place: Place): void {
    const field = fieldsOf(event, { ScriptBlockId: 'ScriptBlock ID' })
    const message =
      /Creating Scriptblock text \((\d+) of (\d+)\):\r?\n([\s\S]*?)(?:\r?\n\r?\nScriptBlock ID:|$)/i.exec(
        event.message ?? '',
      )
    const text = payloadValue(event, 'ScriptBlockText') ?? message?.[3]
    if (text === undefined || text === '') return
    const total = Number(payloadValue(event, 'MessageTotal') ?? message?.[2] ?? 1)
    const number = Number(payloadValue(event, 'MessageNumber') ?? message?.[1] ?? 1)
    const path = field('Path')
    const user = event.userSid
    const id = field('ScriptBlockId')
    if (!(total > 1) || id === undefined) {
      this.#readScript(text, place, path, user)
      return
    }
    const key = `${place.host?.toLowerCase() ?? ''}\0${id.toLowerCase()}`
    let pending = this.#pending.get(key)
    if (pending === undefined) {
      pending = { total, parts: new Map(), place, path, user, size: 0 }
      this.#pending.set(key, pending)
    }
    if (!pending.parts.has(number)) {
      pending.parts.set(number, text)
      pending.size += text.length
      this.#pendingCharacters += text.length
    }
    if (pending.parts.size >= pending.total) this.#complete(key)
    while (this.#pendingCharacters > MAX_PENDING_CHARACTERS) {
      const oldest = this.#pending.keys().next()
      if (oldest.done === true) break
      this.#complete(oldest.value)
    }
  }

  #complete(key: string): void {
    const pending = this.#pending.get(key)
    if (pending === undefined) return
    this.#pending.delete(key)
    this.#pendingCharacters -= pending.size
    if (pending.parts.size < pending.total && this.incomplete.length < MAX_INCOMPLETE) {
      const { host, timeFiletime } = pending.place
      this.incomplete.push({
        ...(host === undefined ? {} : { host }),
        ...(timeFiletime === undefined ? {} : { timeFiletime }),
      })
    }
    const numbers = [...pending.parts.keys()].sort((a, b) => a - b)
    const text = numbers.map((number) => pending.parts.get(number) ?? '').join('')
    this.#readScript(text, pending.place, pending.path, pending.user)
  }

  #readScript(text: string, place: Place, path: string | undefined, user: string | undefined): void {
    this.#authors.read(
      {
        text,
        kind: 'powershell',
        context: path === undefined ? {} : { scriptPath: path },
        ...(user === undefined ? {} : { user }),
      },
      place,
    )
  }

  #module(event: EventRecord, place: Place): void {
    const field = fieldsOf(event)
    const payload = field('Payload') ?? event.message ?? ''
    const context = field('ContextInfo') ?? event.message ?? ''
    this.#pipelineText(payload, undefined, {
      user: labelled(context, 'User'),
      script: labelled(context, 'Script Name'),
      place,
    })
  }

  #pipeline(event: EventRecord, place: Place): void {
    const texts = event.values.filter((value): value is string => value !== undefined)
    const whole = texts.length > 0 ? texts.join('\n') : (event.message ?? '')
    const command = commandOf(whole)
    const details = texts.find((text) => /CommandInvocation\(|ParameterBinding\(/.test(text)) ?? whole
    this.#pipelineText(details, command, {
      user: assigned(whole, 'UserId'),
      script: assigned(whole, 'ScriptName'),
      place,
    })
  }

  #pipelineText(
    details: string,
    command: string | undefined,
    from: { readonly user: string | undefined; readonly script: string | undefined; readonly place: Place },
  ): void {
    const authored = defined({ user: from.user })
    const context = defined({ scriptPath: from.script })
    const related = this.#authors.read({ text: details, kind: 'pipeline', context, ...authored }, from.place)
    if (command !== undefined && !related) {
      this.#authors.read({ text: command, kind: 'powershell', context, ...authored }, from.place)
    }
    this.#returnedBinding(details, command, authored, from.place)
  }

  /**
   * A creating cmdlet returns the object it stored, and the next command of its pipeline logs it as `InputObject`: the
   * binding exists then. Source: observed in evidence evtx-powerlurk-powershell-fs01.
   */
  #returnedBinding(
    details: string,
    command: string | undefined,
    authored: { user?: string },
    place: Place,
  ): void {
    if (!details.includes('__FilterToConsumerBinding.')) return
    const creates = /\b(?:Set-WmiInstance|New-CimInstance|swmi|ncim|\.Put\()/i
    if (!creates.test(details) && !creates.test(command ?? '')) return
    for (const line of details.split(/[\r\n]+/)) {
      const input = /ParameterBinding\((?!Remove-)[\w-]{1,128}\):\s?name="InputObject";\s?value="/i.exec(line)
      if (input === null || line.length > MAX_PATH_LINE) continue
      const path = parseObjectPath(line.slice(input.index + input[0].length, line.lastIndexOf('"')))
      if (path?.class.toLowerCase() !== '__filtertoconsumerbinding') continue
      const key = (name: string): string | undefined =>
        path.keys.find((candidate) => candidate.name.toLowerCase() === name)?.value
      const filter = key('filter')
      const consumer = key('consumer')
      if (filter === undefined || consumer === undefined) continue
      const filterPath = parseObjectPath(filter)
      const named = consumerOfPath(consumer)
      const name = filterPath === undefined ? undefined : objectPathName(filterPath)
      this.#sink.observe(
        at(place, ['binding'], {
          operation: 'created',
          ...defined({ namespace: path.namespace ?? namespaceIn(command ?? details), user: authored.user }),
          ...(name === undefined ? {} : { filter: { name } }),
          ...(named === undefined
            ? {}
            : { consumer: { ...defined({ class: named.class, name: named.name }), properties: {} } }),
          binding: { filter, consumer },
        }),
      )
    }
  }

  /** 400 and 600 repeat the host's command line. */
  #engine(event: EventRecord, place: Place): void {
    const texts = event.values.filter((value): value is string => value !== undefined)
    const whole = texts.length > 0 ? texts.join('\n') : (event.message ?? '')
    const command = assigned(whole, 'HostApplication')
    if (command !== undefined) this.#authors.read({ text: command, kind: 'commandLine', context: {} }, place)
  }
}

/** The pipeline's own text in a record 800: from its label to a blank line or the details. */
function commandOf(text: string): string | undefined {
  const label = /(?:^|\n)[ \t]*CommandLine=/.exec(text)
  if (label === null) return undefined
  const rest = text.slice(label.index + label[0].length)
  const end = /\n[ \t\r]*\n|\nCommandInvocation/.exec(rest)
  const command = rest.slice(0, end?.index ?? rest.length).trim()
  return command === '' ? undefined : command
}

/** Namespace that a cmdlet was given, as its text or its bound parameter. */
function namespaceIn(text: string): string | undefined {
  const given = /-Namespace\s+["']?([\w\\/.]+)|name="Namespace";\s*value="([^"]+)"/i.exec(text)
  const namespace = normalizeNamespace(given?.[1] ?? given?.[2] ?? '')
  return namespace === '' ? undefined : namespace
}

function assigned(text: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|[\\r\\n])[ \\t]*${name}=([^\\r\\n]*)`).exec(text)?.[1]?.trim()
  return value === '' ? undefined : value
}

function labelled(text: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|[\\r\\n])[ \\t]*${name} = ([^\\r\\n]*)`).exec(text)?.[1]?.trim()
  return value === '' ? undefined : value
}
