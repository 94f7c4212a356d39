import type { Explanation, SideSignal, SubscriptionFacts } from '../model.ts'
import { defang } from '../payload/index.ts'
import { baseName } from './evidence.ts'

const SIGNALS: Readonly<Partial<Record<SideSignal, string>>> = {
  'repository-replaced':
    "replaced a file of WMI's own store, in which subscriptions are kept, while the WMI service was not the one writing",
  'foreign-provider':
    'had WMI load a part from a folder that is not its own; such a part can run code as SYSTEM when a consumer fires',
  'consumer-child': 'started a program from the process that hosts consumers',
  'consumer-host-start': 'started the program that runs script consumers',
  'script-creates': 'tried to make a subscription with a script',
  'command-creates': 'tried to make a subscription with a command',
  mofcomp: 'had a definition file compiled into WMI, which can make a subscription without naming it',
  autorecover:
    "put a file on the list of definitions that are compiled again whenever WMI's store is rebuilt",
}

const show = (text: string): string => {
  const line = defang(text.replace(/\s+/g, ' ').trim())
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`
}

/** Plain words where filter or consumer is not in the evidence: what the host showed instead. */
export function explainWithout(
  facts: SubscriptionFacts,
  action: string | undefined,
  trigger: string,
): Explanation {
  const side = facts.observations.find(
    ({ context }) => context?.signal !== undefined && SIGNALS[context.signal] !== undefined,
  )
  const words = side?.context?.signal === undefined ? undefined : SIGNALS[side.context.signal]
  const detail = side?.context?.detail ?? side?.context?.mofPath ?? side?.context?.commandLine
  const who = side?.context?.image === undefined ? 'Someone' : baseName(side.context.image)
  const story =
    words === undefined ? undefined : `${who} ${words}${detail === undefined ? '' : `: ${show(detail)}`}`
  const when =
    facts.filter?.query !== undefined
      ? trigger
      : facts.filter === undefined && facts.binding === undefined
        ? 'It is not known when: no filter is in the evidence'
        : trigger
  return {
    trigger: when,
    action: action ?? story ?? 'does something that the evidence does not show: the consumer was not seen',
  }
}
