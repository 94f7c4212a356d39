import type { Explanation } from '../model.ts'

/**
 * Trigger and action as one sentence for someone who has never heard of WMI, e.g. `When someone starts Process Explorer
 * (procexp64.exe), it runs a VBScript as SYSTEM that terminates the process that was just started.`
 */
export function combinedSentence({ trigger, action }: Explanation): string {
  const stop = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
  const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  // An action that tells who did something (`cmd tried to …`) is a sentence of its own.
  const isVerb = /^(?:runs|writes|sends|does|is carried out)\b/.test(action)
  if (/^it is not known/i.test(trigger))
    return `${capital(isVerb ? stop(`It ${action}`) : stop(action))} ${stop(capital(trigger))}`
  return isVerb
    ? stop(`${capital(trigger)}, it ${action}`)
    : `${stop(capital(action))} ${stop(capital(trigger))}`
}
