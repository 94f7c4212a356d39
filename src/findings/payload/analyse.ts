import { lookupTable } from '../../bytes/index.ts'
import type { CimValue } from '../../lang/cim-value.ts'
import type { ConsumerFacts } from '../model.ts'
import { type CommandParts, splitCommand } from './command-line.ts'
import { withoutComments } from './comments.ts'
import { type FeatureInput, payloadFeatures, unusualPlace } from './features.ts'
import { indicatorsIn, sharesIn } from './indicators.ts'
import { decodeLayers } from './layers.ts'
import { extensionOf, hasStream, inFolder, isUnqualified, normalPath } from './paths.ts'
import type { Payload, PayloadFeature, PayloadKind, PayloadLists } from './types.ts'

const KINDS: Readonly<Record<string, PayloadKind>> = lookupTable({
  commandlineeventconsumer: 'command',
  activescripteventconsumer: 'script',
  logfileeventconsumer: 'log-file',
  smtpeventconsumer: 'mail',
  nteventlogeventconsumer: 'event-log',
})

/** A consumer's property as text, the name compared without case; `undefined` when it is absent, NULL or empty. */
export function consumerText(consumer: ConsumerFacts | undefined, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(consumer?.properties ?? {})) {
    if (key.toLowerCase() === wanted) return textOf(value)
  }
  return undefined
}

function textOf(value: CimValue): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  if (Array.isArray(value)) {
    const parts = value.map(textOf).filter((part) => part !== undefined)
    return parts.length === 0 ? undefined : parts.join('\n')
  }
  return undefined
}

/** What kind of payload a consumer of this class has; a class derived from a stock one counts as that one. */
export function payloadKind(consumer: ConsumerFacts | undefined): PayloadKind {
  for (const name of [consumer?.class, ...(consumer?.superclasses ?? [])]) {
    const kind = KINDS[(name ?? '').toLowerCase()]
    if (kind !== undefined) return kind
  }
  return 'unknown'
}

/** Why a LogFile consumer writes code rather than a log; `undefined` when it looks like a log. */
export function logFileCode(consumer: ConsumerFacts, lists: PayloadLists): string | undefined {
  const file = consumerText(consumer, 'Filename') ?? ''
  const text = (consumerText(consumer, 'Text') ?? '').toLowerCase()
  const normal = normalPath(file)
  const isLog = isLogPlace(consumer, lists) && /^(?:log|txt|csv)$/.test(extensionOf(normal))
  const code = lists.codeInText.find((words) => {
    const at = text.indexOf(words)
    // A log may say that a program was started; code gives it something to do.
    const isName = isLog && /^(?:powershell|cmd\.exe|rundll32|mshta)$/.test(words)
    return at !== -1 && (!isName || /^[\w.]{0,40}["']?\s{1,9}[-/"'&({$\\]/.test(text.slice(at)))
  })
  if (code !== undefined) return `the text it writes is code ("${code}")`
  const extension = extensionOf(normal)
  if (lists.scriptExtensions.includes(extension) || lists.programExtensions.includes(extension)) {
    return `it writes a file that Windows or a server runs or obeys (.${extension})`
  }
  if (lists.obeyedFiles.some((name) => normal.endsWith(name)))
    return 'it writes a file that Windows or a server obeys'
  if (inFolder(normal, lists.webRoots)) return 'it writes into the folder of a web server'
  if (inFolder(normal, lists.startupFolders)) return 'it writes into a folder whose files are started'
  if (hasStream(normal)) return 'it writes into a stream of another file'
  return undefined
}

/** True when a LogFile consumer's file lies where logs lie. */
export function isLogPlace(consumer: ConsumerFacts, lists: PayloadLists): boolean {
  const normal = normalPath(consumerText(consumer, 'Filename') ?? '')
  return inFolder(normal, lists.logFolders) || /\\[^\\]*logs?\\/.test(normal)
}

const MAX_TEXT = 262_144

/**
 * The command line as it is run: a template that begins with a switch leaves the program to ExecutablePath.
 * Source: TELEMETRY section 1.
 */
export function withProgram(
  template: string | undefined,
  executable: string | undefined,
): string | undefined {
  if (template === undefined || executable === undefined || !/^\s*[-/]/.test(template)) return template
  return `"${executable}" ${template.trim()}`
}

/** A consumer's payload taken apart: layers, features for scoring, indicators. Nothing is run. */
export function analysePayload(consumer: ConsumerFacts | undefined, lists: PayloadLists): Payload {
  const kind = payloadKind(consumer)
  const read = (name: string): string | undefined => consumerText(consumer, name)?.slice(0, MAX_TEXT)
  const executable = read('ExecutablePath')
  const scriptFile = read('ScriptFileName')
  const template = withProgram(read('CommandLineTemplate'), executable)
  const source = read('ScriptText')
  const script = source === undefined ? undefined : withoutComments(source, read('ScriptingEngine'))
  const known = kind === 'command' || kind === 'script'
  const others = Object.entries(consumer?.properties ?? {})
    .filter(([name]) => !/^(?:name|creatorsid|__.*)$/i.test(name))
    .map(([, value]) => textOf(value))
    .filter((value) => value !== undefined)
  const text = known
    ? (template ?? script ?? executable ?? scriptFile ?? '')
    : kind === 'log-file'
      ? [read('Text'), read('Filename')].filter((part) => part !== undefined).join('\n')
      : others.join('\n').slice(0, MAX_TEXT)
  const layers = text === '' ? [] : decodeLayers(text)
  const command = kind === 'command' && text !== '' ? splitCommand(template ?? executable ?? '') : undefined
  const files = [executable, scriptFile].filter((file) => file !== undefined)
  const input: FeatureInput = {
    text,
    isScript: kind !== 'command',
    ...(command === undefined ? {} : { command }),
    // ExecutablePath with a bare template is the program; without a template it was split already.
    files:
      executable !== undefined && template === undefined
        ? files.filter((file) => file !== executable)
        : files,
    layers,
    lists,
  }
  const { features, reachesOut, hidesCode } = payloadFeatures(input)
  const isText =
    kind === 'mail' ||
    (kind === 'log-file' && consumer !== undefined && logFileCode(consumer, lists) === undefined)
  const own = kind === 'event-log' ? [] : isText ? features.filter(isCodeFeature) : features
  const more =
    kind === 'log-file' ? logFilePlace(consumer, lists, own) : workingPlace(consumer, command, lists, own)
  return {
    kind,
    text,
    ...(command === undefined ? {} : { command }),
    layers,
    features: [...own, ...more],
    indicators: indicatorsIn([text, ...files, ...layers.map((layer) => layer.text)], lists.schemaHosts),
    reachesOut: kind !== 'event-log' && (reachesOut || files.some((file) => sharesIn(file).length > 0)),
    hidesCode: kind !== 'event-log' && hidesCode,
  }
}

/** A mail or log line that names an address or a server does not reach out with code. */
const isCodeFeature = (feature: PayloadFeature): boolean =>
  feature.id !== 'payload/network' && feature.id !== 'payload/decoded'

/** A script without a full path is taken from the folder in which the consumer works. */
function workingPlace(
  consumer: ConsumerFacts | undefined,
  command: CommandParts | undefined,
  lists: PayloadLists,
  found: readonly PayloadFeature[],
): readonly PayloadFeature[] {
  const folder = consumer === undefined ? undefined : consumerText(consumer, 'WorkingDirectory')
  if (folder === undefined || found.some((feature) => feature.id === 'payload/unusual-path')) return []
  const file = command?.arguments.find(
    (argument) =>
      !/^[-/]/.test(argument) &&
      isUnqualified(argument) &&
      lists.programExtensions.includes(extensionOf(argument.toLowerCase())),
  )
  if (file === undefined) return []
  const path = `${folder.replace(/[\\/]+$/, '')}\\${file}`
  const why = unusualPlace(path, lists)
  return why === undefined
    ? []
    : [{ id: 'payload/unusual-path', text: `It uses ${path.slice(0, 200)}: ${why}` }]
}

function logFilePlace(
  consumer: ConsumerFacts | undefined,
  lists: PayloadLists,
  found: readonly PayloadFeature[],
): readonly PayloadFeature[] {
  const file = consumerText(consumer, 'Filename')
  if (file === undefined) return []
  const away: readonly PayloadFeature[] =
    sharesIn(file).length === 0
      ? []
      : [{ id: 'payload/network', text: `It writes to another machine: ${file.slice(0, 120)}` }]
  if (found.some((feature) => feature.id === 'payload/unusual-path')) return away
  const normal = normalPath(file)
  const why =
    unusualPlace(file, lists) ??
    (inFolder(normal, lists.webRoots)
      ? 'it is a folder that a web server hands out or runs'
      : inFolder(normal, lists.startupFolders)
        ? 'what lies there is started'
        : undefined)
  return why === undefined
    ? away
    : [...away, { id: 'payload/unusual-path', text: `It writes ${file.slice(0, 120)}: ${why}` }]
}
