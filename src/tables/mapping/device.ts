import { always, fieldAs, type Source, system } from './row.ts'
import { integerOf } from './values.ts'

/**
 * Cells that every Device* table has. `DeviceId` is the host's name in lower case: no evidence holds Defender's id, and
 * queries join on it, so it must tell hosts apart. `ReportId` is the EventRecordID.
 */
export function deviceCells(actionType: string, time: Source): Record<string, Source> {
  return {
    Timestamp: time,
    DeviceId: system((event) => (event.computer ?? '').toLowerCase()),
    DeviceName: system((event) => event.computer ?? ''),
    ActionType: always(actionType),
    ReportId: system((event) => event.recordId),
  }
}

/** When the event was written: System/TimeCreated. */
export const eventTime: Source = system((event) => event.timeFiletime)

export const integer = (name: string): Source => fieldAs(name, integerOf)
