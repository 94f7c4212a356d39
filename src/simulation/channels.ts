import type { EvtxEventInput, EvtxField } from '../records/evtx/write/index.ts'

/** An event before its time and computer are known. */
export type ChannelEvent = Omit<EvtxEventInput, 'computer' | 'time'>

/** Processes that write the logs; each is one and the same while a computer runs. */
const SYSMON_PID = 3204
export const WINMGMT_PID = 2920
const LSASS_PID = 768
const SYSTEM_PID = 4
const LOCAL_SYSTEM = 'S-1-5-18'

/** Sysmon hears of processes and files from its driver, of WMI objects from a subscription of its own: two threads. */
export function sysmonEvent(eventId: number, version: number, eventData: readonly EvtxField[]): ChannelEvent {
  return {
    provider: 'Microsoft-Windows-Sysmon',
    providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
    channel: 'Microsoft-Windows-Sysmon/Operational',
    eventId,
    version,
    level: 4,
    task: eventId,
    keywords: '0x8000000000000000',
    userSid: LOCAL_SYSTEM,
    processId: SYSMON_PID,
    threadId: eventId >= 19 && eventId <= 21 ? 5028 : 4140,
    eventData,
  }
}

/** 4688 is written by the kernel, a logon by LSASS. */
export function securityEvent(
  eventId: number,
  version: number,
  task: number,
  eventData: readonly EvtxField[],
  more: { readonly threadId: number; readonly activityId?: string },
): ChannelEvent {
  return {
    provider: 'Microsoft-Windows-Security-Auditing',
    providerGuid: '{54849625-5478-4994-A5BA-3E3B0328C30D}',
    channel: 'Security',
    eventId,
    version,
    level: 0,
    task,
    keywords: '0x8020000000000000',
    processId: eventId === 4688 ? SYSTEM_PID : LSASS_PID,
    eventData,
    ...more,
  }
}

export function powershellEvent(
  eventId: number,
  kind: { readonly level: number; readonly task: number; readonly opcode: number },
  eventData: readonly EvtxField[],
  by: {
    readonly userSid: string
    readonly processId: number
    readonly threadId: number
    readonly activityId: string
  },
): ChannelEvent {
  return {
    provider: 'Microsoft-Windows-PowerShell',
    providerGuid: '{A0C1853B-5C40-4B15-8766-3CF1C58F985A}',
    channel: 'Microsoft-Windows-PowerShell/Operational',
    eventId,
    version: 1,
    ...kind,
    keywords: '0x0',
    eventData,
    ...by,
  }
}

/** 5857 is written by the host of the provider under its account, the others by the service. */
export function wmiActivityEvent(
  eventId: number,
  element: string,
  fields: readonly EvtxField[],
  by: {
    readonly threadId: number
    readonly userSid?: string
    readonly processId?: number
    readonly activityId?: string
  },
): ChannelEvent {
  return {
    provider: 'Microsoft-Windows-WMI-Activity',
    providerGuid: '{1418EF04-B0B4-4623-BF7E-D74AB47BBDAA}',
    channel: 'Microsoft-Windows-WMI-Activity/Operational',
    eventId,
    version: 0,
    level: 0,
    task: 0,
    keywords: '0x4000000000000000',
    userSid: LOCAL_SYSTEM,
    processId: WINMGMT_PID,
    userData: { element, namespace: 'http://manifests.microsoft.com/win/2006/windows/WMI', fields },
    ...by,
  }
}
