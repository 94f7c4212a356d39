import { lookupTable } from '../../../bytes/index.ts'
import { addField, newDraft } from '../draft.ts'
import { asNumber, asText, asWord, isObject, pick } from '../json-value.ts'
import { readTime } from '../time.ts'
import type { Shape } from './shape.ts'

/** Channels as Hayabusa abbreviates them. Source: its `channel_abbreviations.txt`. */
const CHANNELS: Readonly<Record<string, string>> = lookupTable({
  Sysmon: 'Microsoft-Windows-Sysmon/Operational',
  Sec: 'Security',
  Sys: 'System',
  App: 'Application',
  PwSh: 'Microsoft-Windows-PowerShell/Operational',
  PwShClassic: 'Windows PowerShell',
  WMI: 'Microsoft-Windows-WMI-Activity/Operational',
  Defender: 'Microsoft-Windows-Windows Defender/Operational',
})

/** Field names as Hayabusa abbreviates them in `Details`. Source: its `default_details.txt`, eventkey aliases. */
const FIELDS: Readonly<Record<string, string>> = lookupTable({
  Cmdline: 'CommandLine',
  Proc: 'Image',
  PID: 'ProcessId',
  PGUID: 'ProcessGuid',
  ParentCmdline: 'ParentCommandLine',
  ParentProc: 'ParentImage',
  ParentPID: 'ParentProcessId',
  ParentPGUID: 'ParentProcessGuid',
  LID: 'LogonId',
  LGUID: 'LogonGuid',
  IntegLevel: 'IntegrityLevel',
  Rule: 'RuleName',
  ScriptBlock: 'ScriptBlockText',
  Svc: 'ServiceName',
})

/** A row of Hayabusa's timeline in JSON or CSV: `Details` and `ExtraFieldInfo` together have the event's fields. */
export const hayabusa: Shape = (object, wanted) => {
  if (!Object.hasOwn(object, 'RuleTitle') || !Object.hasOwn(object, 'EventID')) return undefined
  const eventId = asNumber(object.EventID)
  if (eventId === undefined) return undefined
  const written = asWord(object.Channel)
  const channel = written === undefined ? undefined : (CHANNELS[written] ?? written)
  if (!wanted(undefined, channel, eventId)) return 'unwanted'
  const draft = newDraft(eventId)
  draft.channel = channel
  draft.computer = asWord(object.Computer)
  draft.recordId = asNumber(object.RecordID)
  draft.timeFiletime = readTime(object.Timestamp)
  const seen = new Set<string>()
  for (const part of ['AllFieldInfo', 'ExtraFieldInfo', 'Details']) {
    for (const [key, value] of fieldsOf(pick(object, part))) {
      const name = FIELDS[key] ?? key
      if (seen.has(name)) continue
      seen.add(name)
      addField(draft, name, value)
    }
  }
  return draft
}

/** `{"Cmdline": "…"}` in JSON, `Cmdline: … ¦ Proc: …` in CSV. */
function fieldsOf(details: unknown): [string, string | undefined][] {
  if (isObject(details)) return Object.entries(details).map(([key, value]) => [key, asText(value)])
  const text = asWord(details)
  if (text === undefined || text === '-') return []
  return text.split(' ¦ ').flatMap((part) => {
    const colon = part.indexOf(': ')
    return colon < 0 ? [] : [[part.slice(0, colon).trim(), part.slice(colon + 2)] as [string, string]]
  })
}
