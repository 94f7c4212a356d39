import { deviceCells, eventTime } from './device.ts'
import { fieldsAs, type MappingRow, type Source, system } from './row.ts'
import { jsonOf } from './values.ts'

const actor: Record<string, Source> = {
  InitiatingProcessId: system((event) => event.processId),
  InitiatingProcessAccountSid: system((event) => event.userSid ?? ''),
}

/** PowerShell 4103 and 4104 as `PowerShellCommand`, whose AdditionalFields hold `Command`. */
export const powershellRows: readonly MappingRow[] = [
  {
    provider: 'microsoft-windows-powershell',
    eventIds: [4104],
    table: 'DeviceEvents',
    cells: {
      ...deviceCells('PowerShellCommand', eventTime),
      ...actor,
      AdditionalFields: fieldsAs(
        ['ScriptBlockText', 'ScriptBlockId', 'Path', 'MessageNumber', 'MessageTotal'],
        (text, id, path, number, total) =>
          jsonOf({
            Command: text,
            ScriptBlockId: id,
            Path: path,
            MessageNumber: number,
            MessageTotal: total,
          }),
      ),
    },
  },
  {
    provider: 'microsoft-windows-powershell',
    eventIds: [4103],
    table: 'DeviceEvents',
    cells: {
      ...deviceCells('PowerShellCommand', eventTime),
      ...actor,
      AdditionalFields: fieldsAs(['Payload', 'ContextInfo'], (payload, context) =>
        jsonOf({ Command: payload, ContextInfo: context }),
      ),
    },
  },
]
