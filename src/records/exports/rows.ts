import { filetimeToIso } from '../../bytes/index.ts'
import type { ExportRow } from '../event.ts'
import { readTime } from '../events/time.ts'
import { PROCESS_COLUMNS } from './process-rows.ts'
import { type ColumnMap, recogniseColumns } from './recognise.ts'

/** Sets of columns that are remembered; a file of objects with ever new keys must not fill memory. */
const MAX_KNOWN = 4096

/** Turns rows of one file into {@link ExportRow}s, remembering what it found out about each set of columns. */
export class ExportRowReader {
  readonly #evidence: string
  readonly #known = new Map<string, ColumnMap | undefined>()

  constructor(evidence: string) {
    this.#evidence = evidence
  }

  /** What these columns are; `undefined` where they are those of no known table. */
  columns(columns: readonly string[]): ColumnMap | undefined {
    const key = columns.join('\0')
    if (this.#known.has(key)) return this.#known.get(key)
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    const map = recogniseColumns(columns)
    this.#known.set(key, map)
    return map
  }

  /** The row, `'unwanted'` for one that no table of ours has a place for, `undefined` where its table is not a known one. */
  row(
    map: ColumnMap,
    values: readonly unknown[],
    offset: number | undefined,
    rowNumber: number | undefined,
  ): ExportRow | 'unwanted' | undefined {
    const process = map.asim?.(values)
    if (process === 'other') return 'unwanted'
    if (process !== undefined) return this.processRow(process, offset, rowNumber)
    const table = map.tableOf(values)
    if (table === undefined) return undefined
    return {
      evidence: this.#evidence,
      ...(offset === undefined ? {} : { offset }),
      ...(rowNumber === undefined ? {} : { rowNumber }),
      table,
      columns: map.spelled(table),
      values:
        map.portalTimes.size === 0 ? values : values.map((value, index) => portalTime(map, value, index)),
    }
  }

  /** A row of DeviceProcessEvents made of a process start that another schema tells. */
  processRow(
    values: readonly unknown[],
    offset: number | undefined,
    rowNumber: number | undefined,
  ): ExportRow {
    return {
      evidence: this.#evidence,
      ...(offset === undefined ? {} : { offset }),
      ...(rowNumber === undefined ? {} : { rowNumber }),
      table: 'DeviceProcessEvents',
      columns: PROCESS_COLUMNS,
      values,
    }
  }
}

/** Already as it is wanted, with all its decimals. */
const ISO = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z?$/

/** `12/5/2019, 4:47:55.290 AM` under `TimeGenerated [UTC]`, or `Dec 5, 2019 4:47:55 AM`: the portals' ISO time. */
function portalTime(map: ColumnMap, value: unknown, index: number): unknown {
  if (!map.portalTimes.has(index) || typeof value !== 'string' || ISO.test(value)) return value
  const time = readTime(value)
  return time === undefined ? value : (filetimeToIso(time) ?? value)
}
