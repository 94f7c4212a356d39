import type { AuthoringContext, AuthoringKind, AuthoringReading } from '../authoring/index.ts'
import { readAuthoring } from '../authoring/index.ts'
import type { Integrity, Observation, Shows } from '../model.ts'
import { defined } from './objects.ts'
import { at, fromPlace, type Place } from './place.ts'
import type { ObserveSink } from './sink.ts'

/**
 * A text without any of these says nothing about subscriptions in any spelling that `readAuthoring` resolves: their own
 * words, the tools, encoded commands, and marks of split words (caret, environment slices, joined strings).
 */
const MAY_AUTHOR =
  /wm[i^"'`]*c?|mof|wbem|__event|eventconsumer|filtertoconsumer|subscription|ciminstance|cimclass|winmgmt|executevbs|autorecover|[-/\u2013\u2014]e[a-z^]*\s+["']?[a-z0-9+/=]{16}|base64|\^|%\w+:~|`|\$env:|-join|\[char|"\s*\+\s*"|'\s*\+\s*'|reverse|iex\b|invoke-expression/i
const MAX_CACHED = 512
const MAX_SCRIPT = 65_536

export interface AuthoredText {
  readonly text: string
  readonly kind: AuthoringKind
  readonly context: AuthoringContext
  readonly user?: string
  readonly integrity?: Integrity
  readonly parentCommandLine?: string
  /** Folder in which the process was started: bare file names of its command line lie there. */
  readonly directory?: string
  readonly remoteAddress?: string
}

/** Turns texts into observations; equal texts (one process start gives eight PowerShell records) are read once. */
export class AuthoredReader {
  readonly #sink: ObserveSink
  readonly #cache = new Map<string, readonly AuthoringReading[]>()

  constructor(sink: ObserveSink) {
    this.#sink = sink
  }

  /** Reads a text and passes on what it does. Returns whether it has to do with subscriptions at all. */
  read(authored: AuthoredText, place: Place): boolean {
    const { text } = authored
    const tool = /\b(?:mofcomp|wmic)\.exe$/i.test(authored.context.originalFileName ?? '')
    if (!tool && !MAY_AUTHOR.test(text)) return false
    const readings = this.#readings(authored)
    for (const reading of readings) this.#pass(authored, reading, place)
    return readings.length > 0
  }

  #readings(authored: AuthoredText): readonly AuthoringReading[] {
    const { kind, text, context } = authored
    if (text.length > 20_000) return readAuthoring(text, kind, context)
    const key = JSON.stringify([kind, context, text])
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached
    const readings = readAuthoring(text, kind, context)
    const oldest = this.#cache.size >= MAX_CACHED ? this.#cache.keys().next() : undefined
    if (oldest !== undefined && oldest.done !== true) this.#cache.delete(oldest.value)
    this.#cache.set(key, readings)
    return readings
  }

  #pass(authored: AuthoredText, reading: AuthoringReading, place: Place): void {
    if (reading.verb === 'creates' || reading.verb === 'modifies') {
      this.#sink.observe(attempt(authored, reading, place))
      return
    }
    this.#sink.dismiss({
      what: `${DESCRIPTION[authored.kind]}${place.host === undefined ? '' : ` on ${place.host}`}: ${oneLine(authored.text)}`,
      reason: `${VERDICT[reading.verb]}: ${reading.why}`,
      from: [fromPlace(place)],
    })
  }
}

const VERDICT: Readonly<Record<AuthoringReading['verb'], string>> = {
  creates: 'creation',
  modifies: 'change',
  reads: 'enumeration of subscription objects',
  removes: 'removal of subscription objects',
  mentions: 'documentation or detection text that names the technique',
}

const DESCRIPTION: Readonly<Record<AuthoringKind, string>> = {
  commandLine: 'command line',
  powershell: 'PowerShell script',
  script: 'script',
  pipeline: 'PowerShell pipeline',
}

function attempt(authored: AuthoredText, reading: AuthoringReading, place: Place): Observation {
  const { objects } = reading
  const parts: Shows[] = ['attempt']
  if (objects?.filter !== undefined) parts.push('filter')
  if (objects?.consumer !== undefined) parts.push('consumer')
  if (objects?.binding !== undefined) parts.push('binding')
  const isScript = authored.kind !== 'commandLine'
  return at(place, parts, {
    operation: 'attempted',
    ...defined({ namespace: reading.namespace, user: authored.user }),
    ...defined({
      filter: objects?.filter,
      consumer: objects?.consumer,
      binding: objects?.binding,
      timer: objects?.timer,
    }),
    context: {
      signal: reading.signal,
      tool: reading.tool,
      classes: reading.classes,
      detail: reading.why,
      ...defined({
        image: authored.context.image,
        commandLine: isScript ? undefined : authored.text.slice(0, MAX_SCRIPT),
        script: isScript ? authored.text.slice(0, MAX_SCRIPT) : undefined,
        parentImage: authored.context.parentImage,
        parentCommandLine: authored.parentCommandLine,
        originalFileName: authored.context.originalFileName,
        integrity: authored.integrity,
        decoded: reading.decoded,
        mofPath: fileOf(reading.mofPath, authored.directory),
        remoteHost: reading.remoteHost,
        remoteAddress: authored.remoteAddress,
        autorecover: reading.autorecover,
        splitNames: reading.splitNames ? (true as const) : undefined,
        renamed: reading.renamed ? (true as const) : undefined,
        onlyDefines: reading.onlyDefines,
      }),
    },
  })
}

/** A file as the process found it: a bare name lies in the folder in which the process was started. */
function fileOf(path: string | undefined, directory: string | undefined): string | undefined {
  if (path === undefined || directory === undefined || /^(?:[\\/%$~]|[a-z]:)|:\/\//i.test(path)) return path
  return `${directory.replace(/\\+$/, '')}\\${path}`
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
