import { lookupTable } from '../../bytes/index.ts'
import { listWords } from './conditions.ts'
import type { Describer } from './part.ts'

const SELF: Readonly<Record<string, string>> = lookupTable({
  __eventfilter: 'an event filter (the waiting half of such a hook)',
  __filtertoconsumerbinding: 'the link between a filter and what it runs',
  __eventconsumer: 'an event consumer (the acting half of such a hook)',
  __intervaltimerinstruction: 'a WMI timer',
  __absolutetimerinstruction: 'a WMI timer',
  __timerinstruction: 'a WMI timer',
})

/** WMI watching its own subscriptions: used to put a removed hook back, or to notice an analyst. */
export const selfWatch: Describer = {
  classes:
    /^(?:__eventfilter|__filtertoconsumerbinding|__eventconsumer|__indicationrelated|__\w*timerinstruction|\w*eventconsumer)$/,
  consumes: () => false,
  describe: (group) => {
    const kinds = group.classNames.map((name) => SELF[name.toLowerCase()] ?? SELF.__eventconsumer ?? name)
    const what = listWords(kinds)
    const how = {
      created: 'is added',
      deleted: 'is removed',
      modified: 'is changed',
      operated: 'is added, changed or removed',
      happened: 'is added, changed or removed',
    }[group.change]
    return { kind: 'wmi-self-watch', words: `when ${what} ${how} in WMI itself`, rows: ['self-watch'] }
  },
}

/** Events about WMI's own delivery. Source: Microsoft "WMI System Classes". */
const DELIVERY: Readonly<Record<string, string>> = lookupTable({
  __consumerfailureevent: 'when WMI cannot hand an event to what should run for it',
  __eventdroppedevent: 'when WMI drops an event',
  __eventqueueoverflowevent: 'when WMI drops events because too many wait',
  __qosfailureevent: 'when WMI cannot deliver an event as was asked',
  __methodinvocationevent: 'when a program calls a method of a WMI object',
  __systemevent: 'when WMI has trouble delivering events',
})
/** Every event there is, and every one that is no change of an object. */
const ALL_EVENTS: Readonly<Record<string, string>> = lookupTable({
  __event: 'whenever WMI reports any event at all',
  __extrinsicevent: 'whenever any program reports an event to WMI',
})

/** Other changes of WMI: classes, namespaces, provider activity. */
export const wmiChange: Describer = {
  classes:
    /^(?:__(?:class|namespace)\w*event|msft_wmi\w+|__event|__extrinsicevent|__consumerfailureevent|__eventdroppedevent|__eventqueueoverflowevent|__qosfailureevent|__methodinvocationevent|__systemevent|__namespaceoperationevent|__namespace|__win32provider|__provider\w*|__\w+registration)$/,
  consumes: () => false,
  describe: (group) => {
    const all = ALL_EVENTS[group.lower]
    if (all !== undefined) return { kind: 'wmi-change', words: all, rows: ['broad'] }
    const delivery = DELIVERY[group.lower]
    if (delivery !== undefined) return { kind: 'wmi-change', words: delivery, rows: ['operational'] }
    const subject = /namespace/.test(group.lower)
      ? 'a part (namespace) of WMI'
      : /class/.test(group.lower)
        ? 'a class of WMI'
        : /registration|win32provider|^__provider/.test(group.lower)
          ? 'a provider of WMI'
          : undefined
    // Someone who waits for these watches WMI at work. TELEMETRY section 16 counts them with the self-watch.
    const watches = /^__namespace|^msft_wmiprovider/.test(group.lower)
    const rows = [watches ? ('self-watch' as const) : ('operational' as const)]
    if (/^msft_wmi/.test(group.lower))
      return {
        kind: 'wmi-change',
        words: `when WMI does work for a program (event "${group.className}")`,
        rows,
      }
    if (subject === undefined)
      return {
        kind: 'wmi-change',
        words: `when WMI itself reports "${group.className}"`,
        rows,
      }
    const how =
      /creat/.test(group.lower) || group.change === 'created'
        ? 'is added'
        : /delet/.test(group.lower) || group.change === 'deleted'
          ? 'is removed'
          : /modif/.test(group.lower) || group.change === 'modified'
            ? 'is changed'
            : 'is added, changed or removed'
    return { kind: 'wmi-change', words: `when ${subject} ${how}`, rows }
  },
}
