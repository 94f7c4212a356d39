import { creatorSid } from '../known-good/index.ts'
import type { ConsumerFacts, Observation, SideSignal, SubscriptionFacts } from '../model.ts'
import { foreignProvider, userWritable } from '../observe/index.ts'
import { extensionOf, inFolder, isUnqualified, normalPath, type Payload } from '../payload/index.ts'
import type { JudgementContent } from './content.ts'
import { type Applied, baseName, isElsewhere, isExecuting, placesOf, placesShowing } from './evidence.ts'

const AUTHORING: readonly (SideSignal | undefined)[] = [
  undefined,
  'script-creates',
  'command-creates',
  'mofcomp',
  'autorecover',
  'mof-dropped',
  'repository-replaced',
]
const AUTHORING_TOOLS = ['wmic', 'powershell', 'mofcomp', 'vbscript', 'jscript', 'wbemtest']

const withSignal = (facts: SubscriptionFacts, signal: SideSignal): readonly Observation[] =>
  facts.observations.filter((observation) => observation.context?.signal === signal)

/** Group D: where it lies and who made it. */
export function provenanceFeatures(
  facts: SubscriptionFacts,
  consumer: ConsumerFacts | undefined,
  payload: Payload,
  content: JudgementContent,
): readonly Applied[] {
  const applied: Applied[] = []
  if (isElsewhere(facts) && isExecuting(payload.kind, consumer)) {
    applied.push({
      id: 'provenance/namespace',
      text: `It lies in ${facts.namespace ?? ''}, where few tools look, and not in root\\subscription`,
      from: placesShowing(facts, 'binding'),
    })
  }
  const remote = facts.observations.filter(
    ({ context, operation }) =>
      context?.signal === 'remote-logon' ||
      // Where a running consumer connected to is no origin.
      (context?.remoteAddress !== undefined && operation !== 'executed'),
  )
  if (remote.length > 0) {
    const address = remote.map(({ context }) => context?.remoteAddress).find((text) => text !== undefined)
    // WinRM 6 is of the machine that asked; whether it was let in, it does not say.
    const isAsked = remote.every(({ sighting }) => sighting.eventId === 6)
    applied.push({
      id: 'provenance/remote-logon',
      text: isAsked
        ? `${address ?? 'Another machine'} asked for a remote session (WinRM) on this host around the time it was made`
        : `Someone signed in over the network${address === undefined ? '' : ` from ${address}`} within five minutes of its making`,
      from: placesOf(remote),
    })
  }
  const authored = facts.observations.filter(
    ({ context, operation }) =>
      context !== undefined &&
      operation !== 'deleted' &&
      operation !== 'executed' &&
      operation !== 'read' &&
      AUTHORING.includes(context.signal),
  )
  const author = authored.find(
    ({ context }) =>
      // A compiler that an installer starts is the installer's.
      !isInstallers(context?.parentImage, content) &&
      (content.lists.authorProcesses.includes(baseName(context?.image)) ||
        content.lists.authorProcesses.includes(baseName(context?.parentImage)) ||
        AUTHORING_TOOLS.includes(context?.tool ?? '')),
  )
  if (author !== undefined) {
    const image = baseName(author.context?.image)
    applied.push({
      id: 'provenance/author-process',
      text: `${facts.state === 'attempted' ? 'The attempt was made' : 'It was made'} with ${image === '' ? (author.context?.tool ?? 'a script host') : image}${author.context?.parentImage === undefined ? '' : ', not by an installer'}`,
      from: placesOf([author]),
    })
  }
  const managed = authored.filter(({ context }) => isManaged(context, content))
  if (managed.length > 0 && managed.length === authored.length) {
    applied.push({
      id: 'provenance/managed-change',
      text: `It was compiled by ${baseName(managed[0]?.context?.parentImage)}, which installs or manages software`,
      from: placesOf(managed),
    })
  }
  return [...applied, ...creatorFeatures(facts, consumer)]
}

/** An installer's name, in the folder where installers of Windows lie, where the record tells a folder. */
function isInstallers(image: string | undefined, content: JudgementContent): boolean {
  if (!content.lists.installers.includes(baseName(image))) return false
  return !/[\\/]/.test(image ?? '') || normalPath(image ?? '').startsWith('c:\\windows\\')
}

/** mofcomp, started by an installer or ConfigMgr that lies where it belongs, with a file that users cannot write. */
function isManaged(context: Observation['context'], content: JudgementContent): boolean {
  if (context?.tool !== 'mofcomp' || context.renamed === true || context.mofPath === undefined) return false
  const parent = normalPath(context.parentImage ?? '')
  return (
    content.lists.installers.includes(baseName(parent)) &&
    parent.startsWith('c:\\windows\\') &&
    !isOddMof(context.mofPath, context.commandLine, content)
  )
}

function creatorFeatures(facts: SubscriptionFacts, consumer: ConsumerFacts | undefined): readonly Applied[] {
  const sids = [facts.filter?.creatorSid, consumer?.creatorSid, facts.binding?.creatorSid]
    .map(creatorSid)
    .filter((sid) => sid !== undefined)
  const from = placesShowing(facts, 'consumer')
  const applied: Applied[] = []
  if (new Set(sids).size > 1) {
    applied.push({
      id: 'provenance/creators-differ',
      text: 'Filter, consumer and binding were made by different accounts',
      from,
    })
  }
  const named = [facts.filter?.creatorSid, consumer?.creatorSid, facts.binding?.creatorSid].find(
    (text) => text !== undefined && creatorSid(text) === undefined && text.includes('\\'),
  )
  const sid = sids.find((candidate) => candidate.startsWith('S-1-5-21-')) ?? named ?? sids[0]
  if (sid === undefined) return applied
  if (sid === 'S-1-5-32-544')
    applied.push({
      id: 'provenance/creator-administrators',
      text: 'Its creator is recorded as the Administrators group',
      from,
    })
  else if (sid === 'S-1-5-18')
    applied.push({ id: 'provenance/creator-system', text: 'Its creator is SYSTEM', from })
  else applied.push({ id: 'provenance/creator-user', text: `Its creator is a user account (${sid})`, from })
  return applied
}

/** Group F: what happened to it. */
export function lifecycleFeatures(facts: SubscriptionFacts): readonly Applied[] {
  const { flags } = facts
  const from = placesShowing(facts, 'binding')
  const applied: Applied[] = []
  if (flags.transient === true)
    applied.push({ id: 'lifecycle/transient', text: 'It was removed soon after it was made', from })
  if (flags.recreated === true)
    applied.push({ id: 'lifecycle/recreated', text: 'It came back after it had been removed', from })
  const isObject = facts.filter !== undefined || facts.consumer !== undefined || facts.binding !== undefined
  if (flags.modified === true && isObject)
    applied.push({ id: 'lifecycle/modified', text: 'An object that was there before was changed', from })
  if (flags.halfTriad === true || facts.state === 'partial') {
    const text =
      facts.state === 'removed' || facts.state === 'transient'
        ? 'Only a part of it was removed: the rest is still there and can be bound again'
        : 'Only a part of it is there'
    applied.push({ id: 'lifecycle/half', text, from })
  }
  const ran = facts.observations.filter(
    ({ operation, context }) =>
      operation === 'executed' ||
      context?.signal === 'consumer-child' ||
      context?.signal === 'consumer-host-start',
  )
  // A child of an unseen consumer, or a part that WMI loaded, counts as what it is (group G) and not once more.
  const others = ran.filter(
    ({ context }) => context?.signal !== 'consumer-child' && context?.signal !== 'foreign-provider',
  )
  if ((flags.executed === true || ran.length > 0) && (isReadable(facts) || others.length > 0)) {
    applied.push({
      id: 'lifecycle/executed',
      text: `It has run: ${ranWords(ran)}`,
      from: ran.length > 0 ? placesOf(ran) : from,
    })
  }
  return applied
}

/** True where a filter's query or a consumer's content was seen, and not only what a host did. */
function isReadable(facts: SubscriptionFacts): boolean {
  return (
    facts.filter?.query !== undefined || facts.consumer?.name !== undefined || facts.binding !== undefined
  )
}

function ranWords(ran: readonly Observation[]): string {
  const child = ran.find(({ context }) => context?.signal === 'consumer-child')?.context
  if (child !== undefined) {
    const name = baseName(child.image)
    return `${name === '' ? 'a program' : name} was started by the part of WMI that runs such consumers`
  }
  const seen = ran.find(
    ({ context }) => context?.detail !== undefined && context.signal !== 'foreign-provider',
  )
  return seen?.context?.detail ?? 'the program or part that runs such consumers was started'
}

/** Group G: authoring, and what the host shows, also without a readable subscription. */
export function hostFeatures(facts: SubscriptionFacts, content: JudgementContent): readonly Applied[] {
  const applied: Applied[] = []
  const simple: readonly (readonly [SideSignal, string, string])[] = [
    [
      'repository-replaced',
      'host/repository-replaced',
      "A file of WMI's own store was written by something other than the WMI service",
    ],
    ['foreign-provider', 'host/foreign-provider', 'WMI loaded a part that does not belong to it'],
    ['consumer-child', 'host/consumer-child', 'A consumer started a program'],
    ['script-creates', 'host/script-creates', 'A script was seen that makes such a subscription'],
    [
      'autorecover',
      'host/autorecover',
      "A file outside Windows' own folders is compiled again whenever WMI's store is rebuilt",
    ],
  ]
  for (const [signal, id, text] of simple) {
    const seen = withSignal(facts, signal).filter((one) => signal !== 'autorecover' || !isInside(one))
    if (seen.length === 0) continue
    const detail = tellingDetail(seen, facts.consumer?.class)
    const child = signal === 'consumer-child' ? baseName(seen[0]?.context?.image) : ''
    const more = detail ?? (child === '' ? undefined : `${child}.exe`)
    const words = isTakenOver(seen)
      ? "One of Windows' own consumer classes was given to another part"
      : signal === 'autorecover' && seen.every(({ context }) => context?.mofPath === undefined)
        ? "The list of files that are compiled again whenever WMI's store is rebuilt was written, and not by WMI or an installer"
        : text
    applied.push({ id, text: more === undefined ? words : `${words}: ${more}`, from: placesOf(seen) })
  }
  const commands = withSignal(facts, 'command-creates').filter(({ context }) => {
    const classes = context?.classes
    return (
      classes === undefined ||
      classes.length === 0 ||
      classes.some((name) => !/^__EventFilter$|Instruction$/i.test(name))
    )
  })
  if (commands.length > 0) {
    applied.push({
      id: 'host/command-creates',
      text: commands.some(({ context }) => context?.commandLine !== undefined)
        ? 'A command line was seen that creates the consumer or the binding'
        : `An attempt to make the consumer or the binding was seen${aside(commands[0]?.context?.detail)}`,
      from: placesOf(commands),
    })
  }
  const asking = facts.observations.filter(
    (one) => one.context?.autorecover === true && (one.context.signal !== 'autorecover' || isInside(one)),
  )
  if (asking.length > 0 && !applied.some(({ id }) => id === 'host/autorecover')) {
    applied.push({
      id: 'host/autorecover-asked',
      text: "It is to be compiled again whenever WMI's store is rebuilt (#pragma autorecover or -autorecover)",
      from: placesOf(asking),
    })
  }
  return [...applied, ...mofcompFeatures(facts, content), ...disguiseFeatures(facts)]
}

/** A file that lies where Windows and products keep theirs; of a bare name that is not known. */
function isInside({ context }: Observation): boolean {
  const path = context?.mofPath
  return path !== undefined && /[\\/]/.test(path) && !foreignProvider(path) && !userWritable(path)
}

/** A registration in WMI's store, and no part that was seen to be loaded. */
function isTakenOver(seen: readonly Observation[]): boolean {
  return seen.every(
    ({ context, operation }) => context?.signal === 'foreign-provider' && operation === 'modified',
  )
}

const aside = (detail: string | undefined): string => (detail === undefined ? '' : `: ${detail}`)

/** What the observer said of the act: of several, what is about the binding or the consumer says most. */
function tellingDetail(seen: readonly Observation[], consumer: string | undefined): string | undefined {
  const details = seen.map(({ context }) => context?.detail).filter((words) => words !== undefined)
  const about = (name: string): string | undefined =>
    details.find((words) => words.toLowerCase().includes(name.toLowerCase()))
  return about('__FilterToConsumerBinding') ?? about(consumer ?? 'EventConsumer') ?? details[0]
}

/** Who started mofcomp: its parent, or the shell in whose own command line the call stands. */
function startedBy(context: Observation['context']): string {
  const image = baseName(context?.image)
  const isShell =
    context?.renamed !== true && /^(?:cmd|powershell|pwsh|wscript|cscript|mshta|bash)$/.test(image)
  return isShell ? image : baseName(context?.parentImage)
}

function mofcompFeatures(facts: SubscriptionFacts, content: JudgementContent): readonly Applied[] {
  // With `-autorecover` the act is told as that; the compiler was started all the same.
  const compiled = facts.observations.filter(
    ({ context }) => context?.signal === 'mofcomp' || context?.tool === 'mofcomp',
  )
  const applied: Applied[] = []
  const byParent = compiled.filter(({ context }) => content.lists.mofcompParents.includes(startedBy(context)))
  if (byParent.length > 0) {
    applied.push({
      id: 'host/mofcomp-parent',
      text: `mofcomp, which compiles WMI definitions, was started by ${startedBy(byParent[0]?.context)}`,
      from: placesOf(byParent),
    })
  }
  const written = withSignal(facts, 'mof-written')
  if (written.length > 0 && compiled.length > 0) {
    const writer = baseName(written[0]?.context?.image)
    applied.push({
      id: 'host/mofcomp-written',
      text: `The file it compiled was written among Windows' own definitions by ${writer}`,
      from: placesOf(written),
    })
  }
  const byFile = compiled.filter(({ context }) => isOddMof(context?.mofPath, context?.commandLine, content))
  if (byFile.length > 0) {
    applied.push({
      id: 'host/mofcomp-file',
      text: 'mofcomp was given a file or a target that installers do not use',
      from: placesOf(byFile),
    })
  }
  return applied
}

function isOddMof(
  path: string | undefined,
  commandLine: string | undefined,
  content: JudgementContent,
): boolean {
  if (/[-/]n:\s*"?(?:\\\\[^\s"]*\\)?(?:root[\\/]subscription|\\\\(?!\.\\))/i.test(commandLine ?? ''))
    return true
  // A path that the script works out says nothing.
  if (path === undefined || /^\$[\w({]/.test(path)) return false
  const normal = normalPath(path)
  if (normal.startsWith('\\\\')) return true
  if (extensionOf(normal) !== 'mof' && extensionOf(normal) !== 'mfl') return true
  return (
    !isUnqualified(path) &&
    !normal.startsWith('c:\\windows\\system32\\wbem\\') &&
    inFolder(normal, content.lists.unusualFolders)
  )
}

function disguiseFeatures(facts: SubscriptionFacts): readonly Applied[] {
  const seen = facts.observations.filter(
    ({ context }) => context?.renamed === true || context?.splitNames === true,
  )
  if (seen.length === 0) return []
  const isRenamed = seen.some(({ context }) => context?.renamed === true)
  return [
    {
      id: 'host/disguised-tool',
      text: isRenamed
        ? 'The tool that was used bears another file name than its own'
        : 'Names of classes were split or escaped so that searches miss them',
      from: placesOf(seen),
    },
  ]
}
