import { judgementContent } from '../judge/content.ts'
import type { Dismissed, ObservationContext } from '../model.ts'
import { baseName, foreignProvider, normalizePath, userWritable } from '../observe/index.ts'
import type { Item } from './item.ts'

/** Consoles: people type into them, products start them to run their scripts. */
const CONSOLES = new Set(['cmd.exe', 'powershell.exe', 'powershell_ise.exe', 'pwsh.exe'])
/** What starts a program for the person at the desktop. */
const DESKTOP = new Set(['explorer.exe', 'taskmgr.exe', 'windowsterminal.exe', 'wt.exe', 'runas.exe'])
const MOFCOMP_PLACE = /^(?:[a-z]:)?\\windows\\(?:system32|syswow64|sysnative)\\wbem\\mofcomp\.exe$/
const WBEM_FILE =
  /^(?:[a-z]:)?\\windows\\(?:system32|syswow64|sysnative)\\wbem\\(?:[a-z]{2,3}-[a-z-]{2,10}\\)?([^\\]+)\.(?:mof|mfl)$/
const MAX_NAMED = 3

/** Why a compile is a product's own: the reason under which it is dismissed. */
export type Why = string

/**
 * Compiles that are the own work of Windows or of a product: who started mofcomp, as whom, and on which file decide
 * together. A folder that only administrators write to vouches for nothing by itself, for attackers are administrators
 * when they make subscriptions. Source: KNOWN-GOOD KG-6 and section 2 ("Match the path"), SCORING section G.
 */
export function productCompiles(items: readonly Item[], written: readonly Item[]): ReadonlyMap<Item, Why> {
  const files = new Set(written.filter((item) => !isInstaller(item.observation.context?.image)).map(fileKey))
  const installersLines = new Set<string>()
  for (const item of items) {
    const { context } = item.observation
    if (context?.tool !== 'mofcomp') continue
    if (CONSOLES.has(baseName(context.image)) && isInstaller(context.parentImage))
      installersLines.add(lineKey(item, context.commandLine))
  }
  const own = new Map<Item, Why>()
  for (const item of items) {
    // Whoever writes a file of that name there has not compiled Windows' own.
    const why = files.has(fileKey(item)) ? undefined : whyProduct(item, installersLines)
    if (why !== undefined) own.set(item, why)
  }
  return own
}

/** Dismisses compiles that made nothing, those of one host for one reason in one entry. */
export function dismissCompiles(
  own: ReadonlyMap<Item, Why>,
  left: readonly Item[],
  dismiss: (entry: Dismissed) => void,
): void {
  const groups = new Map<string, Item[]>()
  for (const item of left) {
    const key = [item.host, own.get(item)].join('\0')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  for (const [key, group] of groups) dismiss(dismissal(group, key.slice(key.indexOf('\0') + 1)))
}

/** The records of one start in two logs lie this far apart at most. 5 s. */
const SAME_START = 50_000_000n

/** Starts of mofcomp without a command line, of which another log has the command line, are left out. */
export function withoutTwins(items: readonly Item[]): readonly Item[] {
  const recorded = items.filter(({ observation: { context } }) => isStart(context) && !isUnrecorded(context))
  return items.filter((item) => {
    const { context, timeFiletime } = item.observation
    if (!isUnrecorded(context)) return true
    return !recorded.some(({ host, observation }) => {
      if (host !== item.host) return false
      if (baseName(observation.context?.parentImage) !== baseName(context?.parentImage)) return false
      const other = observation.timeFiletime
      if (timeFiletime === undefined || other === undefined) return true
      return (other > timeFiletime ? other - timeFiletime : timeFiletime - other) <= SAME_START
    })
  })
}

function isStart(context: ObservationContext | undefined): boolean {
  return context?.tool === 'mofcomp' && baseName(context.image) === 'mofcomp.exe'
}

function isUnrecorded(context: ObservationContext | undefined): boolean {
  return isStart(context) && context?.commandLine === undefined && context?.script === undefined
}

function whyProduct(item: Item, installersLines: ReadonlySet<string>): Why | undefined {
  const { context } = item.observation
  if (context?.tool !== 'mofcomp' || context.renamed === true) return undefined
  if (context.mofPath === undefined) {
    return isUnrecorded(context) ? whyUnrecorded(context) : undefined
  }
  if (context.remoteHost !== undefined || item.observation.namespace === 'root\\subscription')
    return undefined
  // A relative path lies wherever the caller was.
  if (!/^"?(?:[a-z]:|%|\\)/i.test(context.mofPath)) return undefined
  if (foreignProvider(context.mofPath) || userWritable(context.mofPath)) return undefined
  if (!/\.(?:mof|mfl)$/.test(normalizePath(context.mofPath))) return undefined
  const image = baseName(context.image)
  if (image === 'mofcomp.exe' && /[\\/]/.test(context.image ?? '') && !isOwnMofcomp(context)) return undefined
  return whyByStarter(context, lineKey(item, context.parentCommandLine), installersLines)
}

/** Of a start whose command line is not recorded, only who started it speaks. */
function whyUnrecorded(context: ObservationContext): Why | undefined {
  const starter = context.parentImage ?? ''
  const name = baseName(starter)
  const bare = name.replace(/\.exe$/, '')
  const { lists } = judgementContent()
  if (isInstaller(starter)) return `${name} installs or manages software and compiled definitions of it`
  if (name === '' || DESKTOP.has(name) || !isOwnMofcomp(context)) return undefined
  if (lists.mofcompParents.includes(bare) || lists.installers.includes(bare)) return undefined
  if (context.integrity === 'medium' || context.integrity === 'low') return undefined
  return `${name} started mofcomp; with which file, is not recorded`
}

function whyByStarter(
  context: ObservationContext,
  parentLine: string,
  installersLines: ReadonlySet<string>,
): Why | undefined {
  const stock = stockWhy(context.mofPath ?? '')
  const starter = starterOf(context)
  const name = baseName(starter)
  const { lists } = judgementContent()
  if (isInstaller(starter)) return `${name} installs or manages software and compiled definitions of it`
  if (CONSOLES.has(name)) {
    if (stock)
      return "Windows' own definitions were compiled again from their own place, as repairs of WMI do"
    return installersLines.has(parentLine) ? 'an installer compiled definitions of its product' : undefined
  }
  if (lists.mofcompParents.includes(name.replace(/\.exe$/, ''))) return undefined
  if (stock !== undefined) return stock
  // Under the name of Windows' installer, but not where that lies.
  if (lists.installers.includes(name.replace(/\.exe$/, ''))) return undefined
  const isSystem = context.integrity === 'system'
  // Installers run elevated, and nothing they start is of less.
  if (context.integrity === 'medium' || context.integrity === 'low' || DESKTOP.has(name)) return undefined
  const inWindows = /^(?:[a-z]:)?\\windows\\/.test(normalizePath(context.mofPath ?? ''))
  if (name === '') {
    return isSystem || !inWindows ? 'definitions of a product were compiled from its own folder' : undefined
  }
  if (inWindows && (userWritable(starter) || (foreignProvider(starter) && !isWindows(starter))) && !isSystem)
    return undefined
  return `${name} compiled definitions from a folder of Windows or of an installed product`
}

function isOwnMofcomp({ image }: ObservationContext): boolean {
  return MOFCOMP_PLACE.test(normalizePath(image ?? ''))
}

function isWindows(path: string): boolean {
  return /^(?:[a-z]:)?\\windows\\/.test(normalizePath(path))
}

/** Definitions that are known, in their own place. Their names alone, elsewhere, vouch for nothing. */
function stockWhy(path: string): Why | undefined {
  const normal = normalizePath(path)
  const { stockMofs, productMofs } = judgementContent().lists
  const name = WBEM_FILE.exec(normal)?.[1]
  if (name !== undefined && stockMofs.includes(name))
    return "Windows' own definitions were compiled from their own place"
  return /^(?:[a-z]:)?\\program files(?: \(x86\))?\\/.test(normal) && productMofs.includes(baseName(normal))
    ? 'definitions of SQL Server were compiled from their own place'
    : undefined
}

/** Who gave mofcomp its file: its parent, or the shell in whose command line or script the call stands. */
function starterOf(context: ObservationContext): string {
  if (context.script !== undefined) return 'powershell.exe'
  const image = baseName(context.image)
  const isOwn = image === '' || image === 'mofcomp.exe'
  // The console that an installer starts is the installer's.
  if (!isOwn && CONSOLES.has(image) && isInstaller(context.parentImage)) return context.parentImage ?? ''
  return (isOwn ? context.parentImage : context.image) ?? ''
}

function isInstaller(image: string | undefined): boolean {
  if (image === undefined) return false
  const name = baseName(image).replace(/\.exe$/, '')
  // Some sources tell no folder.
  const isPlaced = !/[\\/]/.test(image) || (isWindows(image) && !userWritable(image))
  return isPlaced && judgementContent().lists.installers.includes(name)
}

/** Host and MOF file of an act. */
export function fileKey(item: Item): string {
  return [item.host, normalizePath(item.observation.context?.mofPath ?? '')].join('\0')
}

function lineKey(item: Item, line: string | undefined): string {
  return [item.host, (line ?? '').replace(/\s+/g, ' ').trim().toLowerCase()].join('\0')
}

function dismissal(items: readonly Item[], reason: Why): Dismissed {
  const { host } = items[0]?.observation ?? {}
  const files = [
    ...new Set(items.map(({ observation }) => observation.context?.mofPath ?? 'a file that is not recorded')),
  ]
  const more = files.length > MAX_NAMED ? ` and ${files.length - MAX_NAMED} more files` : ''
  return {
    what: `mofcomp${host === undefined ? '' : ` on ${host}`}: ${files.slice(0, MAX_NAMED).join(', ')}${more}`,
    reason: `servicing: ${reason}`,
    from: items.map(({ observation: { sighting } }) => ({
      evidence: sighting.evidence,
      ...(sighting.recordId === undefined ? {} : { recordId: sighting.recordId }),
      ...(sighting.offset === undefined ? {} : { offset: sighting.offset }),
    })),
  }
}
