import { lookupTable } from '../bytes/index.ts'
import type { Signal } from './model.ts'

const SYSMON: Readonly<Record<number, Signal>> = {
  1: 'sysmon-process',
  11: 'sysmon-file',
  23: 'sysmon-file',
  26: 'sysmon-file',
  12: 'sysmon-registry',
  13: 'sysmon-registry',
  19: 'sysmon-wmi',
  20: 'sysmon-wmi',
  21: 'sysmon-wmi',
}
const SECURITY: Readonly<Record<number, Signal>> = {
  4688: 'security-process',
  4663: 'security-file',
  4657: 'security-registry',
}

/** Which signal an event is, by provider and event id; `undefined` for events that no rule reads. */
export function signalOfEvent(provider: string | undefined, eventId: number): Signal | undefined {
  switch (provider?.toLowerCase()) {
    case 'microsoft-windows-sysmon':
      return SYSMON[eventId]
    case 'microsoft-windows-security-auditing':
      return SECURITY[eventId]
    case 'microsoft-windows-wmi-activity':
      return eventId === 5857 || eventId === 5861 ? 'wmi-activity' : undefined
    case 'microsoft-windows-powershell':
    case 'powershellcore':
      return eventId === 4103 || eventId === 4104 ? 'powershell' : undefined
    case 'powershell':
      return eventId === 800 ? 'powershell' : undefined
    default:
      return undefined
  }
}

const DEFENDER: Readonly<Record<string, Signal>> = lookupTable({
  DeviceProcessEvents: 'defender-process',
  DeviceFileEvents: 'defender-file',
  DeviceRegistryEvents: 'defender-registry',
  DeviceEvents: 'defender-wmi',
})

/** Signals that rows of an exported table can be; of the tables of Windows events any that such events are. */
export function signalsOfTable(table: string): readonly Signal[] {
  const defender = DEFENDER[table]
  if (defender !== undefined) return [defender]
  if (table === 'SecurityEvent') return Object.values(SECURITY)
  return table === 'Event' || table === 'WindowsEvent'
    ? [...new Set([...Object.values(SYSMON), 'wmi-activity' as const, 'powershell' as const])]
    : []
}
