import type { EventRecord } from '../../records/event.ts'
import type { Cell } from '../table-buffer.ts'
import { deviceCells, eventTime } from './device.ts'
import { type MappingRow, type Source, system } from './row.ts'
import { jsonOf } from './values.ts'

const WMI_ACTIVITY = 'microsoft-windows-wmi-activity'

/** The payload as a JSON object, under the names of the record. */
function payloadJson(event: EventRecord): Cell {
  const fields: Record<string, Cell> = {}
  event.names.forEach((name, index) => {
    if (name !== '') fields[name] = event.values[index]
  })
  return jsonOf(fields)
}

/** The four keys that Defender gives, with the text of the record. */
function bindingJson(event: EventRecord): Cell {
  const get = (name: string): Cell => {
    const index = event.names.findIndex((candidate) => candidate.toLowerCase() === name)
    return index < 0 ? undefined : event.values[index]
  }
  return jsonOf({
    Namespace: get('namespace'),
    ESS: get('ess'),
    Consumer: get('consumer'),
    PossibleCause: get('possiblecause'),
  })
}

function row(eventId: number, actionType: string, additional: (event: EventRecord) => Cell): MappingRow {
  const cells: Record<string, Source> = {
    ...deviceCells(actionType, eventTime),
    InitiatingProcessId: system((event) => event.processId),
    InitiatingProcessAccountSid: system((event) => event.userSid ?? ''),
    AdditionalFields: system(additional),
  }
  return { provider: WMI_ACTIVITY, eventIds: [eventId], table: 'DeviceEvents', cells }
}

/**
 * WMI-Activity into DeviceEvents. `WmiBindEventFilterToConsumer` is Defender's own (its source is 5861, and its four keys
 * are those); Defender has no row for the others, which keep their payload under action types of ours.
 */
export const wmiActivityRows: readonly MappingRow[] = [
  row(5857, 'WmiProviderStarted', payloadJson),
  row(5858, 'WmiOperationFailed', payloadJson),
  row(5859, 'WmiEventProviderStarted', payloadJson),
  row(5860, 'WmiTemporarySubscription', payloadJson),
  row(5861, 'WmiBindEventFilterToConsumer', bindingJson),
]
