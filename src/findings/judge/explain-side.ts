import type { Explanation, Observation, SideSignal, SubscriptionFacts } from '../model.ts'
import { defang } from '../payload/index.ts'
import { baseName } from './evidence.ts'

/** What the host showed, per signal: `with` is the program that did it, `what` the file or command. */
const STORIES: Readonly<Partial<Record<SideSignal, (by: string, what: string) => string>>> = {
  'repository-replaced': (by, what) =>
    `a file of WMI's own store, in which subscriptions are kept, was written by ${by} and not by the WMI service${what}`,
  'foreign-provider': (_, what) =>
    `WMI loaded a part that does not belong to it; such a part can run code as SYSTEM${what}`,
  'consumer-child': (by, what) => `the process that runs consumers started ${by} as SYSTEM${what}`,
  'consumer-host-start': () => 'the program that runs script consumers was started',
  'script-creates': (by, what) => `someone tried to make a subscription with a script in ${by}${what}`,
  'command-creates': (by, what) => `someone tried to make a subscription with ${by}${what}`,
  mofcomp: (by, what) =>
    by === 'mofcomp.exe'
      ? `mofcomp.exe, which compiles definition files into WMI and so can make a subscription, was started${what}`
      : `${by} was told to have a definition file compiled into WMI, which can make a subscription${what}`,
  'mof-dropped': (by, what) =>
    `${by} put a definition file into the folder that Windows XP and Server 2003 compile by themselves; later Windows does not${what}`,
  autorecover: (by, what) =>
    `${by} put a file on the list of definitions that are compiled again whenever WMI's store is rebuilt${what}`,
}

const MAX_SHOWN = 160

function show(text: string): string {
  const line = defang(text.replace(/\s+/g, ' ').trim())
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN - 1)}…`
}

function storyOf({ context, operation }: Observation): string | undefined {
  if (context?.signal === 'foreign-provider' && operation === 'modified')
    return `one of Windows' own consumer classes was given to another part, which gets every event of it and can run code as SYSTEM: ${show(context.detail ?? '')}`
  const tell = context?.signal === undefined ? undefined : STORIES[context.signal]
  if (tell === undefined) return undefined
  const name = baseName(context?.image)
  const by = name === '' ? (context?.tool ?? 'another program') : `${name}.exe`
  // The child's command line says what a consumer did; elsewhere the observer's own words say more.
  // The log shows that the list was written, and not with what.
  if (context?.signal === 'autorecover' && context.mofPath === undefined)
    return `${by} wrote the list of definitions that are compiled again whenever WMI's store is rebuilt; with what, is not recorded`
  const what =
    context?.signal === 'consumer-child'
      ? (context.commandLine ?? context.detail)
      : (context?.detail ?? context?.mofPath ?? context?.commandLine)
  return tell(by, what === undefined ? '' : `: ${show(what)}`)
}

/**
 * Plain words where filter or consumer is not in the evidence. `action` is what the consumer does, where its content
 * is known; else what the host showed is told.
 */
export function explainWithout(
  facts: SubscriptionFacts,
  action: string | undefined,
  trigger: string,
): Explanation {
  const stories = [...new Set(facts.observations.map(storyOf).filter((words) => words !== undefined))]
  const more = stories.length > 2 ? ` (and ${stories.length - 1} more acts like this)` : ''
  const story = stories[0] === undefined ? undefined : `${stories[0]}${more}`
  const isUnseen =
    facts.filter?.query === undefined && facts.filter === undefined && facts.binding === undefined
  return {
    trigger: isUnseen ? 'It is not known when: no filter is in the evidence' : trigger,
    action: action ?? story ?? 'does something that the evidence does not show: the consumer was not seen',
  }
}
