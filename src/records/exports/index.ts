/**
 * Tables exported from Defender XDR, Sentinel and Log Analytics: recognised by their columns → {@link ExportRow};
 * and the Windows event inside a row of the event tables.
 */
export { type ExportTable, exportTable } from './columns.ts'
export { ecsProcess } from './ecs-process.ts'
export { type ColumnMap, recogniseColumns } from './recognise.ts'
export { exportRowToEvent } from './row-to-event.ts'
export { ExportRowReader } from './rows.ts'
