import type { Report } from '../../diagnostics/index.ts'
import type { ExportRow } from '../../records/event.ts'
import type { AuthoredReader } from './authored.ts'
import { defenderFile, defenderRegistry, observeFile, observeRegistry } from './file-and-registry.ts'
import type { RemoteLogons } from './logons.ts'
import { defined } from './objects.ts'
import { accountName, at, placeOfRow, rowText, rowValue } from './place.ts'
import { defenderProcess, fullPath, observeProcess } from './process.ts'
import { observeImageLoad } from './side-events.ts'
import type { ObserveSink } from './sink.ts'
import { observeActivation } from './wmi-activity.ts'

/** What the tables of Defender XDR share with the observers of events. */
export interface RowContext {
  readonly sink: ObserveSink
  readonly authors: AuthoredReader
  readonly logons: RemoteLogons
  readonly report: Report
}

/** A row of a Defender XDR table. */
export function observeRow(row: ExportRow, context: RowContext): void {
  switch (row.table) {
    case 'DeviceEvents':
      deviceEvent(row, context)
      break
    case 'DeviceProcessEvents':
      observeProcess(defenderProcess(row), context.authors, context.sink)
      break
    case 'DeviceFileEvents': {
      const write = defenderFile(row)
      if (write !== undefined) observeFile(write, context.sink)
      break
    }
    case 'DeviceRegistryEvents':
      observeRegistry(defenderRegistry(row), context.sink)
      break
    case 'DeviceImageLoadEvents':
      imageLoad(row, context)
      break
    case 'DeviceLogonEvents':
      context.logons.addRow(row)
      break
    default:
  }
}

function imageLoad(row: ExportRow, context: RowContext): void {
  observeImageLoad(
    {
      image: fullPath(rowText(row, 'InitiatingProcessFolderPath'), rowText(row, 'InitiatingProcessFileName')),
      loaded: fullPath(rowText(row, 'FolderPath'), rowText(row, 'FileName')),
    },
    placeOfRow(row, 'defender'),
    context.sink,
  )
}

function deviceEvent(row: ExportRow, context: RowContext): void {
  const action = rowText(row, 'ActionType')
  const place = placeOfRow(row, 'defender')
  const fields = additionalFields(rowValue(row, 'AdditionalFields'))
  const get = (name: string): string | undefined => {
    const key = Object.keys(fields).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    const value = key === undefined ? undefined : fields[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  if (action === 'WmiBindEventFilterToConsumer') {
    // Third-party text knows other key names: whatever value has the heading of PossibleCause is it.
    const cause =
      get('PossibleCause') ??
      Object.values(fields).find(
        (value): value is string => typeof value === 'string' && /Binding\s+EventFilter/i.test(value),
      ) ??
      rowText(row, 'AdditionalFields')
    if (cause === undefined) return
    observeActivation(
      {
        namespace: get('Namespace'),
        filterName: get('ESS') ?? get('Filter'),
        consumerPath: get('Consumer'),
        cause,
      },
      place,
      context.sink,
      context.report,
    )
    return
  }
  const user = accountName(
    rowText(row, 'InitiatingProcessAccountDomain'),
    rowText(row, 'InitiatingProcessAccountName'),
  )
  if (action === 'PowerShellCommand') {
    const command = get('Command')
    if (command === undefined) return
    context.authors.read({ text: command, kind: 'powershell', context: {}, ...defined({ user }) }, place)
    return
  }
  if (action === 'AsrPersistenceThroughWmiBlocked' || action === 'AsrPersistenceThroughWmiAudited') {
    context.sink.observe(
      at(place, ['attempt'], {
        operation: 'attempted',
        ...defined({ user }),
        context: {
          signal: 'command-creates',
          ...defined({
            image: fullPath(
              rowText(row, 'InitiatingProcessFolderPath'),
              rowText(row, 'InitiatingProcessFileName'),
            ),
            commandLine: rowText(row, 'InitiatingProcessCommandLine'),
          }),
          detail: `attack surface reduction: ${action}`,
        },
      }),
    )
  }
}

/** AdditionalFields is an object, a JSON text, or (in CSV made by hand) a JSON text escaped once more. */
function additionalFields(value: unknown): Readonly<Record<string, unknown>> {
  let current = value
  for (let layer = 0; layer < 3 && typeof current === 'string'; layer += 1) {
    try {
      current = JSON.parse(current)
    } catch (error) {
      // Not JSON: the caller falls back to the column's own text.
      if (!(error instanceof SyntaxError)) throw error
      return {}
    }
  }
  return typeof current === 'object' && current !== null && !Array.isArray(current)
    ? (current as Record<string, unknown>)
    : {}
}
