import { lookupTable } from '../../bytes/index.ts'

export type SubscriptionPart = 'filter' | 'consumer' | 'binding' | 'timer' | 'registration'

const PARTS: Readonly<Record<string, readonly [string, SubscriptionPart]>> = lookupTable({
  __eventfilter: ['__EventFilter', 'filter'],
  __filtertoconsumerbinding: ['__FilterToConsumerBinding', 'binding'],
  __eventconsumer: ['__EventConsumer', 'consumer'],
  commandlineeventconsumer: ['CommandLineEventConsumer', 'consumer'],
  activescripteventconsumer: ['ActiveScriptEventConsumer', 'consumer'],
  logfileeventconsumer: ['LogFileEventConsumer', 'consumer'],
  nteventlogeventconsumer: ['NTEventLogEventConsumer', 'consumer'],
  smtpeventconsumer: ['SMTPEventConsumer', 'consumer'],
  __intervaltimerinstruction: ['__IntervalTimerInstruction', 'timer'],
  __absolutetimerinstruction: ['__AbsoluteTimerInstruction', 'timer'],
  __eventconsumerproviderregistration: ['__EventConsumerProviderRegistration', 'registration'],
})

const NAMED =
  /__(?:EventFilter|FilterToConsumerBinding|EventConsumerProviderRegistration|EventConsumer|IntervalTimerInstruction|AbsoluteTimerInstruction)\b|\b[A-Za-z]\w*EventConsumer\b/gi

/** Which part of a subscription a class is; any class that ends in `EventConsumer` counts as a consumer. */
export function subscriptionPart(className: string): SubscriptionPart | undefined {
  const known = PARTS[className.trim().toLowerCase()]
  if (known !== undefined) return known[1]
  return /^\w+EventConsumer$/i.test(className.trim()) ? 'consumer' : undefined
}

/** A class name in its usual spelling; an unknown one as written. */
export function usualSpelling(className: string): string {
  return PARTS[className.trim().toLowerCase()]?.[0] ?? className.trim()
}

/** Subscription classes that stand anywhere in a text, in their usual spelling, sorted, each once. */
export function classesIn(text: string): readonly string[] {
  const found = new Set<string>()
  for (const [name] of text.matchAll(NAMED)) {
    found.add(usualSpelling(name))
    if (found.size >= 20) break
  }
  return [...found].sort()
}

/** Whether a namespace is where subscriptions usually live. */
export function isSubscriptionNamespace(namespace: string | undefined): boolean {
  return namespace !== undefined && /^root\\subscription$/i.test(namespace)
}

/** Properties that only subscription objects have: they give a class away whose name is hidden. */
export function partFromProperties(names: Iterable<string>): SubscriptionPart | undefined {
  const lower = new Set([...names].map((name) => name.toLowerCase()))
  if (lower.has('filter') && lower.has('consumer')) return 'binding'
  if (lower.has('query') && (lower.has('eventnamespace') || lower.has('querylanguage'))) return 'filter'
  if (lower.has('commandlinetemplate') || lower.has('scripttext') || lower.has('scriptfilename'))
    return 'consumer'
  if (lower.has('timerid') && (lower.has('intervalbetweenevents') || lower.has('eventdatetime')))
    return 'timer'
  return undefined
}
