import type { EventRecord } from '../../records/index.ts'

/** An event in the words of Sigma's Windows taxonomy. */
export interface SigmaEvent {
  readonly fields: ReadonlyMap<string, string>
  /** `category` and `service` names of the log sources that it belongs to. */
  readonly sources: ReadonlySet<string>
  readonly record: EventRecord
}

/** Field of Security 4688 → name in the `process_creation` category. Source: TELEMETRY 13. */
const OF_4688: Readonly<Record<string, string>> = {
  NewProcessName: 'Image',
  ParentProcessName: 'ParentImage',
  CommandLine: 'CommandLine',
}

/** Event id of Sysmon → category. Source: PLATFORMS 2 and the log source list of the Sigma specification. */
const SYSMON: Readonly<Record<number, string>> = {
  1: 'process_creation',
  11: 'file_event',
  13: 'registry_set',
  19: 'wmi_event',
  20: 'wmi_event',
  21: 'wmi_event',
}

/** An event as a Sigma backend for raw Windows logs would present it: payload fields under their own names. */
export function sigmaEvent(record: EventRecord): SigmaEvent {
  const fields = new Map<string, string>([['EventID', String(record.eventId)]])
  if (record.channel !== undefined) fields.set('Channel', record.channel)
  if (record.provider !== undefined) fields.set('Provider_Name', record.provider)
  if (record.computer !== undefined) fields.set('Computer', record.computer)
  record.names.forEach((name, index) => {
    const value = record.values[index]
    if (name !== '' && value !== undefined && !fields.has(name)) fields.set(name, value)
  })
  const sources = new Set<string>()
  const provider = (record.provider ?? '').toLowerCase()
  const channel = (record.channel ?? '').toLowerCase()
  if (provider === 'microsoft-windows-sysmon') {
    const category = SYSMON[record.eventId]
    if (category !== undefined) sources.add(category)
    sources.add('sysmon')
  } else if (record.eventId === 4688 && provider === 'microsoft-windows-security-auditing') {
    sources.add('process_creation')
    for (const [theirs, ours] of Object.entries(OF_4688)) {
      const value = fields.get(theirs)
      if (value !== undefined) fields.set(ours, value)
    }
  } else if (
    (record.eventId === 4103 || record.eventId === 4104) &&
    /^(?:microsoft-windows-powershell|powershellcore)$/.test(provider)
  ) {
    sources.add(record.eventId === 4103 ? 'ps_module' : 'ps_script')
  }
  if (
    channel === 'microsoft-windows-wmi-activity/operational' ||
    provider === 'microsoft-windows-wmi-activity'
  ) {
    sources.add('wmi')
  }
  return { fields, sources, record }
}
