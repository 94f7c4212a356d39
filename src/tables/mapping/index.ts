import { powershellRows } from './powershell.ts'
import type { MappingRow } from './row.ts'
import { securityRows } from './security.ts'
import { sysmonRows } from './sysmon.ts'
import { windowsEventRows } from './windows-event.ts'
import { wmiActivityRows } from './wmi-activity.ts'

/** Every way from an event to a row. */
export const mappingRows: readonly MappingRow[] = [
  ...sysmonRows,
  ...securityRows,
  ...powershellRows,
  ...wmiActivityRows,
  ...windowsEventRows,
]

export type { MappingRow } from './row.ts'
