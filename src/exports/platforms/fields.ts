import type { EventSource, Fact } from './model.ts'

export const PLATFORMS = [
  'sigma',
  'splunk',
  'elastic',
  'qradar',
  'crowdstrike',
  'chronicle',
  'sumologic',
  'panther',
  'wazuh',
] as const
export type PlatformName = (typeof PLATFORMS)[number]

/** How a platform names a field of the event's EventData. Source: PLATFORMS 1, row by row. */
const EVENT_DATA: Readonly<Record<PlatformName, ((name: string) => string) | undefined>> = {
  sigma: (name) => name,
  splunk: (name) => name,
  elastic: (name) => `winlog.event_data.${name}`,
  // Custom event properties, which the recipe beside the searches defines.
  qradar: (name) => name,
  crowdstrike: (name) => `windows.EventData.${name}`,
  // Where the parser puts the fields of Sysmon 19 to 21 is not documented.
  chronicle: undefined,
  sumologic: (name) => `fields['EventData.${name}']`,
  // Under `ExtraEventData`.
  panther: (name) => name,
  wazuh: (name) => `win.eventdata.${name.charAt(0).toLowerCase()}${name.slice(1)}`,
}

/** The same for the UserData of WMI-Activity. Splunk, QRadar and Panther search the message, Wazuh the whole log line. */
const USER_DATA: Readonly<Record<PlatformName, ((name: string) => string) | undefined>> = {
  sigma: (name) => name,
  splunk: () => 'Message',
  elastic: (name) => `winlog.user_data.${name}`,
  qradar: () => 'UTF8(payload)',
  crowdstrike: (name) => `windows.UserData.${name}`,
  chronicle: undefined,
  sumologic: undefined,
  panther: () => 'Message',
  wazuh: () => '',
}

const EVENT_FACTS: Readonly<Partial<Record<Fact, string>>> = {
  operation: 'Operation',
  'consumer-type': 'Type',
  'consumer-destination': 'Destination',
  'binding-consumer': 'Consumer',
  'registry-path': 'TargetObject',
  'registry-data': 'Details',
  'file-path': 'TargetFilename',
  'acting-image': 'Image',
  'script-text': 'ScriptBlockText',
  'pipeline-text': 'Payload',
}
const USER_FACTS: Readonly<Partial<Record<Fact, string>>> = {
  'bound-filter': 'ESS',
  'bound-consumer': 'CONSUMER',
  'possible-cause': 'PossibleCause',
  'provider-name': 'ProviderName',
}

/** Process starts have names of their own on most platforms. Source: PLATFORMS 1, row "process start". */
const PROCESS_FACTS: Readonly<Record<PlatformName, Readonly<Partial<Record<Fact, string>>>>> = {
  sigma: {
    'image-name': 'Image',
    'original-name': 'OriginalFileName',
    'parent-name': 'ParentImage',
    'command-line': 'CommandLine',
  },
  splunk: {
    'image-name': 'Processes.process_name',
    'parent-name': 'Processes.parent_process_name',
    'command-line': 'Processes.process',
  },
  elastic: {
    'image-name': 'process.name',
    'original-name': 'process.pe.original_file_name',
    'parent-name': 'process.parent.name',
    'command-line': 'process.command_line',
  },
  qradar: {
    'image-name': 'Image',
    'original-name': 'OriginalFileName',
    'parent-name': 'ParentImage',
    'command-line': 'CommandLine',
  },
  crowdstrike: {
    'image-name': 'ImageFileName',
    'parent-name': 'ParentBaseFileName',
    'command-line': 'CommandLine',
  },
  chronicle: {
    'image-name': 'target.process.file.full_path',
    'parent-name': 'principal.process.file.full_path',
    'command-line': 'target.process.command_line',
  },
  sumologic: {
    'image-name': 'baseImage',
    'original-name': "fields['EventData.OriginalFileName']",
    'parent-name': "fields['EventData.ParentImage']",
    'command-line': 'commandLine',
  },
  panther: {
    'image-name': 'Image',
    'original-name': 'OriginalFileName',
    'parent-name': 'ParentImage',
    'command-line': 'CommandLine',
  },
  wazuh: {
    'image-name': 'win.eventdata.image',
    'original-name': 'win.eventdata.originalFileName',
    'parent-name': 'win.eventdata.parentImage',
    'command-line': 'win.eventdata.commandLine',
  },
}

const HOST: Readonly<Record<PlatformName, string>> = {
  sigma: 'Computer',
  splunk: 'Computer',
  elastic: 'host.name',
  qradar: 'Computer',
  crowdstrike: 'windows.Computer',
  chronicle: 'principal.hostname',
  sumologic: 'device_hostname',
  panther: 'Computer',
  wazuh: 'win.system.computer',
}

/** A platform's name for a fact; `undefined` where it has none that is documented. */
export function fieldOf(platform: PlatformName, fact: Fact): string | undefined {
  if (fact === 'host') return HOST[platform]
  const event = EVENT_FACTS[fact]
  if (event !== undefined) return EVENT_DATA[platform]?.(event)
  const user = USER_FACTS[fact]
  if (user !== undefined) return USER_DATA[platform]?.(user)
  return PROCESS_FACTS[platform][fact]
}

/** The event behind a source: channel as Windows names it, and event id. */
export const EVENTS: Readonly<Record<EventSource, { readonly channel: string; readonly eventId: number }>> = {
  'sysmon-wmi-filter': { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 19 },
  'sysmon-wmi-consumer': { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 20 },
  'sysmon-wmi-binding': { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 21 },
  'wmi-activity-binding': { channel: 'Microsoft-Windows-WMI-Activity/Operational', eventId: 5861 },
  'wmi-activity-provider': { channel: 'Microsoft-Windows-WMI-Activity/Operational', eventId: 5857 },
  process: { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 1 },
  registry: { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 13 },
  file: { channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 11 },
  'script-block': { channel: 'Microsoft-Windows-PowerShell/Operational', eventId: 4104 },
  pipeline: { channel: 'Microsoft-Windows-PowerShell/Operational', eventId: 4103 },
}
