import type { EventRecord, ExportRow } from '../event.ts'

/** The Windows event that a row of `Event`, `WindowsEvent` or `SecurityEvent` carries; `undefined` for other tables. */
export function exportRowToEvent(_row: ExportRow): EventRecord | undefined {
  return undefined
}
