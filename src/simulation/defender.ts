import { filetimeToIso } from '../bytes/index.ts'
import type { EventRecord } from '../records/event.ts'
import { type Cell, createTableWriter, type TableBatch } from '../tables/index.ts'
import type { SimulatedHost } from './model.ts'

/** One row of a Microsoft table as JSON has it. */
export type SimulatedRow = Readonly<Record<string, string | number | boolean>>

const DEFENDER_TABLES = [
  'DeviceProcessEvents',
  'DeviceFileEvents',
  'DeviceRegistryEvents',
  'DeviceEvents',
] as const
const SENTINEL_TABLES = ['Event', 'SecurityEvent'] as const
export const SIMULATED_TABLES: readonly string[] = [...DEFENDER_TABLES, ...SENTINEL_TABLES]

/**
 * What Defender's sensor reports itself: starts of processes, files, registry values, and bindings (from WMI-Activity).
 * Sysmon's WMI events and Security's second record of a process start are not among it.
 */
function isSeenByDefender(event: EventRecord): boolean {
  return event.provider === 'Microsoft-Windows-Sysmon' ? event.eventId <= 13 : event.eventId === 5861
}

/**
 * The rows that Defender XDR and Log Analytics would hold for these events, table by table, by the same mapping that
 * fills the tables from recorded evidence: so simulated and recorded evidence fill the same columns.
 */
export function tableRows(events: readonly EventRecord[], host: SimulatedHost): Map<string, SimulatedRow[]> {
  const defender = [...rowsOf(events.filter(isSeenByDefender), DEFENDER_TABLES)].map(
    ([table, rows]) =>
      [
        table,
        rows.map((row, index) => ({
          ...withoutPlaceholder(row),
          DeviceId: host.deviceId,
          ReportId: index + 1,
        })),
      ] as const,
  )
  return new Map([...defender, ...rowsOf(events, SENTINEL_TABLES)])
}

/** Sysmon's word for registry data it does not show; Defender shows the data, which no record here holds. */
function withoutPlaceholder(row: SimulatedRow): SimulatedRow {
  const { RegistryValueData, ...rest } = row
  return RegistryValueData === undefined || RegistryValueData === 'Binary Data' ? rest : row
}

function rowsOf(events: readonly EventRecord[], tables: readonly string[]): Map<string, SimulatedRow[]> {
  const rows = new Map<string, SimulatedRow[]>()
  const writer = createTableWriter({
    tables: new Set(tables),
    report: () => undefined,
    onBatch: (batch) => {
      const table = batch.schema.name
      rows.set(table, [...(rows.get(table) ?? []), ...batchRows(batch)])
    },
  })
  for (const event of events) writer.event(event)
  writer.finish()
  return rows
}

function batchRows(batch: TableBatch): SimulatedRow[] {
  return Array.from({ length: batch.rowCount }, (_, row) => {
    const cells: Record<string, string | number | boolean> = {}
    batch.schema.columns.forEach((column, index) => {
      const value = cellJson(batch.columns[index]?.[row], column.type)
      if (value !== undefined && !column.name.startsWith('_')) cells[column.name] = value
    })
    return cells
  })
}

function cellJson(cell: Cell | undefined, type: string): string | number | boolean | undefined {
  if (cell === undefined || cell === '') return undefined
  if (typeof cell !== 'bigint') return cell
  return type === 'datetime' ? filetimeToIso(cell) : Number(cell)
}
