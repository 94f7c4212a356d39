/**
 * Which events a reader must deliver: all of them, or by provider name (lower case) a set of event ids or `all`.
 * A reader decides this before it builds any text, so what is not selected costs nearly nothing; it still counts.
 */
export type EventSelection = 'all' | ReadonlyMap<string, ReadonlySet<number> | 'all'>

/** True when an event of this provider and id is wanted. */
export function isSelected(
  selection: EventSelection,
  provider: string | undefined,
  eventId: number,
): boolean {
  if (selection === 'all') return true
  const ids = selection.get((provider ?? '').toLowerCase())
  return ids === 'all' || (ids?.has(eventId) ?? false)
}

const APPLICATION_WMI: ReadonlySet<number> = new Set([10, 21, 22, 23, 24, 25, 63])

/** The events that findings and tables need. Source: the telemetry reference, sections 2 and 4 to 7. */
export const defaultSelection: EventSelection = new Map([
  ['microsoft-windows-sysmon', new Set([1, 3, 4, 7, 11, 12, 13, 16, 17, 18, 19, 20, 21, 255])],
  ['microsoft-windows-wmi-activity', new Set([11, 22, 23, 5857, 5858, 5859, 5860, 5861])],
  ['microsoft-windows-security-auditing', new Set([4624, 4648, 4657, 4662, 4663, 4672, 4688, 4697, 1102])],
  ['microsoft-windows-powershell', new Set([4103, 4104])],
  ['powershellcore', new Set([4103, 4104])],
  ['powershell', new Set([400, 403, 600, 800])],
  ['microsoft-windows-wmi', APPLICATION_WMI],
  ['winmgmt', APPLICATION_WMI],
  ['microsoft-windows-eventlog', new Set([104, 1102])],
  ['eventlog', new Set([104, 1102, 6005, 6006])],
  ['microsoft-windows-kernel-general', new Set([12, 13])],
  ['service control manager', new Set([7036, 7045])],
  ['microsoft-windows-windows defender', new Set([1116, 1117, 1121, 1122])],
  ['microsoft-windows-winrm', new Set([6, 91, 161])],
])
