import { baseName, userWritable } from '../observe/index.ts'
import { hasEncodedCommand, normalPath } from '../payload/index.ts'
import { type Draft, draftsByHost, isReal, itemsOf } from './graph.ts'
import type { Item } from './item.ts'

/** A minute in FILETIME ticks: how far a carrier's clock may put an execution before what caused it. */
const SLACK = 600_000_000n
/** Children of scrcons.exe that products and Windows are known for. Source: KNOWN-GOOD KG-5. */
const BENIGN_CHILD =
  /^(?:gpupdate|ngen|ngentask|chkntfs|omadmprc|werfault|wermgr|conhost|ccxprocess|googleupdate)\.exe$/
const BENIGN_SCRIPT =
  /^"?(?:[a-z]:\\windows\\system32\\)?wscript(?:\.exe)?"?\s+"?c:\\windows\\system32\\sleeper\.vbs"?\s*$/i
/** impacket's wmiexec and its like: `Win32_Process.Create`, not a consumer. Source: evidence evtx-neg-wmiexec-impacket. */
const WMIEXEC =
  /\\\\127\.0\.0\.1\\(?:admin|c|ipc)\$\\|^"?(?:[a-z]:\\windows\\system32\\)?cmd(?:\.exe)?"?\s+\/q\s+\/c\s/i
const REMOTE =
  /\b(?:https?|ftp):\/\/|\\\\(?!127\.0\.0\.1\\|\.\\|\?\\|localhost\\)[\w.-]+\\|downloadstring|downloadfile|frombase64string/i

/** Joins executions to the consumers they show at work; what is left that shows one at work stands on its own. */
export function joinExecutions(drafts: readonly Draft[], items: readonly Item[]): Draft[] {
  const own = new Map<string, Draft>()
  const byHost = draftsByHost(drafts)
  const lives = new Map(drafts.map((draft) => [draft, lifeOf(draft)]))
  for (const item of items) {
    const { operation, context } = item.observation
    if (operation !== 'executed' && context?.signal !== 'foreign-provider') continue
    const candidates = candidatesFor(item, byHost.get(item.host) ?? [], lives)
    if (candidates.length > 0) {
      for (const draft of candidates) draft.extra.push(ordinary(item))
      continue
    }
    const about = aboutOf(item)
    if (about === undefined) continue
    const key = [item.host, about].join('\0')
    const draft = own.get(key) ?? { host: item.host, namespace: '', extra: [], about }
    draft.extra.push(item)
    own.set(key, draft)
  }
  return [...own.values()]
}

/** Programs whose start by a script consumer is a signal by itself. Source: SCORING sections B and G. */
const SHELL =
  /^(?:cmd|powershell|pwsh|powershell_ise|cscript|wscript|mshta|rundll32|regsvr32|certutil|bitsadmin|msbuild|installutil|regasm|regsvcs|curl|ftp|msiexec|scriptrunner|hh|forfiles|explorer|wmic|bash|wsl|schtasks|at|sc|net|net1|reg|whoami|cmstp|odbcconf|pcalua|msxsl)\.exe$/

/**
 * The child of a known consumer shows that it ran; a signal by itself it is only when it would be one without the
 * consumer too.
 */
function ordinary(item: Item): Item {
  const { context } = item.observation
  if (context?.signal !== 'consumer-child') return item
  const telling =
    item.consumerClass === 'activescripteventconsumer'
      ? SHELL.test(baseName(context.image))
      : isSuspicious(context.image, context.commandLine)
  if (telling) return item
  const observation = { ...item.observation, context: { ...context, signal: 'consumer-host-start' as const } }
  return { ...item, observation }
}

function isSuspicious(image: string | undefined, commandLine: string | undefined): boolean {
  return (
    (image !== undefined && userWritable(image)) ||
    REMOTE.test(commandLine ?? '') ||
    hasEncodedCommand(commandLine ?? '')
  )
}

/** Subscriptions that an execution can belong to: by provider class, by command line, by what is known to run. */
function candidatesFor(item: Item, drafts: readonly Draft[], lives: ReadonlyMap<Draft, Life>): Draft[] {
  const { context } = item.observation
  const ofClass = drafts.filter((draft) => runsAs(draft, item) && existedAt(lives.get(draft), item))
  const best = ofClass.some(isReal) ? ofClass.filter(isReal) : ofClass
  const isChild = context?.signal === 'consumer-child'
  if (isChild && item.consumerClass === 'commandlineeventconsumer') {
    return best.filter((draft) => startedBy(draft, context?.commandLine, context?.image))
  }
  if (isChild && best.length > 1) {
    const image = baseName(context?.image).replace(/\.exe$/, '')
    const naming = best.filter((draft) => image !== '' && payloadsOf(draft).script.includes(image))
    if (naming.length > 0) return naming
  }
  return best
}

/** Whether the draft's consumer is delivered by what was executed. */
function runsAs(draft: Draft, item: Item): boolean {
  const consumer = draft.consumer
  if (consumer === undefined) return false
  const { context } = item.observation
  if (context?.signal === 'foreign-provider') {
    // Windows' own class, given to another part: that is about every subscription and about none.
    if (item.observation.operation !== 'executed') return false
    const provider = startedProvider(item)
    return (
      isUnknownClass(consumer.class) &&
      (provider === undefined || consumer.class.includes(provider) || provider.includes(consumer.class))
    )
  }
  if (item.consumerClass === '' || consumer.class === item.consumerClass) return item.consumerClass !== ''
  return payloadsOf(draft).superclasses.has(item.consumerClass)
}

/** Name of the provider, lower case, that an event 5857 tells the start of. */
export function startedProvider({ observation: { context } }: Item): string | undefined {
  return /^provider (.*?) started/.exec(context?.detail ?? '')?.[1]?.toLowerCase()
}

const KNOWN_CLASSES = new Set([
  'activescripteventconsumer',
  'commandlineeventconsumer',
  'logfileeventconsumer',
  'nteventlogeventconsumer',
  'smtpeventconsumer',
])

function isUnknownClass(className: string): boolean {
  return className !== '' && !KNOWN_CLASSES.has(className)
}

/** When a subscription was first made and last deleted, as far as events tell. */
interface Life {
  readonly made?: bigint
  readonly deleted?: bigint
  /** First moment at which any record shows it. */
  readonly seen?: bigint
  /** A listing of the present state has it, so that its deletion was not the end. */
  readonly listed: boolean
}

function lifeOf(draft: Draft): Life {
  let made: bigint | undefined
  let deleted: bigint | undefined
  let seen: bigint | undefined
  let listed = false
  for (const { observation } of itemsOf(draft)) {
    const { operation, timeFiletime: when } = observation
    if (when === undefined) {
      if (operation === 'present') listed = true
      continue
    }
    const makes = operation === 'created' || operation === 'attempted'
    if (makes && (made === undefined || when < made)) made = when
    if (operation !== 'attempted' && (seen === undefined || when < seen)) seen = when
    if (operation === 'deleted' && (deleted === undefined || when > deleted)) deleted = when
  }
  return {
    listed,
    ...(made === undefined ? {} : { made }),
    ...(seen === undefined ? {} : { seen }),
    ...(deleted === undefined ? {} : { deleted }),
  }
}

/** Not before it was made, and not after it was deleted; a record that comes late is no proof against. */
function existedAt(life: Life | undefined, item: Item): boolean {
  const time = item.observation.timeFiletime
  if (time === undefined || life === undefined) return true
  const before = life.made !== undefined && time + SLACK < life.made
  if (before && (life.seen === undefined || time + SLACK < life.seen)) return false
  return life.listed || life.deleted === undefined || time <= life.deleted + SLACK
}

/** What a consumer runs, and what it is derived from, worked out once for each. */
interface Payloads {
  readonly templates: readonly string[]
  readonly script: string
  readonly superclasses: ReadonlySet<string>
}

const payloads = new WeakMap<Draft, Payloads>()

function payloadsOf(draft: Draft): Payloads {
  const known = payloads.get(draft)
  if (known !== undefined) return known
  const templates = new Set<string>()
  const scripts = new Set<string>()
  const superclasses = new Set<string>()
  for (const { observation } of draft.consumer?.items ?? []) {
    const { CommandLineTemplate, ExecutablePath, ScriptText } = observation.consumer?.properties ?? {}
    for (const text of [CommandLineTemplate, ExecutablePath]) {
      if (typeof text === 'string' && text !== '') templates.add(text)
    }
    if (typeof ScriptText === 'string') scripts.add(ScriptText)
    for (const name of observation.consumer?.superclasses ?? []) superclasses.add(name.toLowerCase())
  }
  const found = { templates: [...templates], script: [...scripts].join('\n').toLowerCase(), superclasses }
  payloads.set(draft, found)
  return found
}

/** Whether a process is what a command line consumer starts: its template with `%...%` filled in from the event. */
function startedBy(draft: Draft, commandLine: string | undefined, image: string | undefined): boolean {
  const { templates } = payloadsOf(draft)
  if (commandLine === undefined) {
    return image !== undefined && templates.some((template) => sameProgram(firstToken(template), image))
  }
  const actual = program(commandLine)
  return templates.some((template) => {
    const expected = program(template)
    return sameProgram(expected.name, actual.name) && matches(expected.rest, actual.rest)
  })
}

function firstToken(text: string): string {
  return (
    /^\s*(?:"([^"]*)"|(\S+))/
      .exec(text)
      ?.slice(1)
      .find((part) => part !== undefined) ?? ''
  )
}

function program(text: string): { name: string; rest: string } {
  const name = firstToken(text)
  const rest = text.trim().slice(text.trim().startsWith('"') ? name.length + 2 : name.length)
  return {
    name,
    rest: rest
      .replace(/["\s]+/g, ' ')
      .trim()
      .toLowerCase(),
  }
}

function sameProgram(template: string, actual: string): boolean {
  const bare = (path: string): string => baseName(path).replace(/\.(?:exe|com|bat|cmd)$/, '')
  return bare(template) !== '' && (bare(template) === bare(actual) || /^%[^%]+%$/.test(template))
}

/** Matches a text against a template whose `%...%` stand for anything; in time linear in both. */
function matches(template: string, actual: string): boolean {
  const pieces = template.split(/%[^%\s]+%/)
  let position = 0
  for (const [index, piece] of pieces.entries()) {
    if (index === 0) {
      if (!actual.startsWith(piece)) return false
      position = piece.length
      continue
    }
    const isLast = index === pieces.length - 1
    const found = isLast ? actual.length - piece.length : actual.indexOf(piece, position)
    if (found < position || (isLast && !actual.endsWith(piece))) return false
    position = found + piece.length
  }
  return position === actual.length
}

/** What an execution without a known consumer is reported as; `undefined` where it shows nothing by itself. */
function aboutOf(item: Item): string | undefined {
  const { context } = item.observation
  const signal = context?.signal
  if (signal === 'foreign-provider') return `foreign-provider\0${(context?.detail ?? '').toLowerCase()}`
  if (item.consumerClass === 'activescripteventconsumer') {
    if (signal === 'consumer-child' && isBenignChild(context?.image, context?.commandLine)) return undefined
    return 'script host at work'
  }
  if (signal === 'consumer-host-start') return `${item.consumerClass} at work`
  if (signal !== 'consumer-child' || context?.account !== 'SYSTEM') return undefined
  const commandLine = context.commandLine ?? ''
  if (WMIEXEC.test(commandLine)) return undefined
  return isSuspicious(context.image, commandLine)
    ? `child of WmiPrvSE\0${commandLine.replace(/\s+/g, ' ').toLowerCase().slice(0, 2000)}`
    : undefined
}

/** By where the program lies, and what it is: a name alone, or a shell that lies under Program Files, is no excuse. */
function isBenignChild(image: string | undefined, commandLine: string | undefined): boolean {
  const path = normalPath(image ?? '')
  const name = baseName(path)
  if (BENIGN_SCRIPT.test(commandLine ?? '') && /^wscript\.exe$/.test(name)) return true
  if (SHELL.test(name) || userWritable(path)) return false
  if (BENIGN_CHILD.test(name)) return !path.includes('\\') || /^[a-z]:\\(?:windows|program files)/.test(path)
  return /^[a-z]:\\program files(?: \(x86\))?\\/.test(path)
}
