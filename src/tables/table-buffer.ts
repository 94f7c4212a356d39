import type { ColumnType, TableSchema } from './schema/table-schema.ts'

/**
 * A cell before it is stored: string as string (never undefined: `''`), datetime as FILETIME ticks, int and long as
 * number or bigint, timespan as ticks, real as number, dynamic as valid JSON text, guid as its 36 characters, decimal
 * as text. `undefined` is null.
 */
export type Cell = string | number | bigint | boolean | undefined

/** Rows of one table column by column. A column that is absent holds only empty values. Valid during the call only. */
export interface TableBatch {
  readonly schema: TableSchema
  readonly rowCount: number
  /** By position of the column in the schema; each at least `rowCount` long. */
  readonly columns: readonly (readonly Cell[] | undefined)[]
}

/** Rows a batch holds: the vector size of DuckDB, so that a batch becomes one data chunk. */
export const BATCH_ROWS = 2048

/** Gathers rows of one table into batches: five million rows never become five million objects. */
export class TableBuffer {
  readonly schema: TableSchema
  readonly columnIndex: ReadonlyMap<string, number>
  private readonly flushTo: (batch: TableBatch) => void
  private readonly columns: (Cell[] | undefined)[]
  private readonly types: readonly ColumnType[]
  private rowCount = 0

  constructor(schema: TableSchema, flushTo: (batch: TableBatch) => void) {
    this.schema = schema
    this.flushTo = flushTo
    this.columns = new Array<Cell[] | undefined>(schema.columns.length).fill(undefined)
    this.types = schema.columns.map((column) => column.type)
    this.columnIndex = new Map(schema.columns.map((column, index) => [column.name, index]))
  }

  /** Sets a cell of the row under construction. */
  set(column: number, value: Cell): void {
    if (value === undefined || value === '') return
    const values = this.columns[column] ?? this.openColumn(column)
    values[this.rowCount] = value
  }

  endRow(): void {
    this.rowCount += 1
    if (this.rowCount === BATCH_ROWS) this.flush()
  }

  /** Hands over what is gathered; call once more when the evidence ends. */
  flush(): void {
    if (this.rowCount === 0) return
    this.flushTo({ schema: this.schema, rowCount: this.rowCount, columns: this.columns })
    this.rowCount = 0
    for (let index = 0; index < this.columns.length; index += 1) {
      this.columns[index]?.fill(this.emptyOf(index))
    }
  }

  private openColumn(column: number): Cell[] {
    const values = new Array<Cell>(BATCH_ROWS).fill(this.emptyOf(column))
    this.columns[column] = values
    return values
  }

  private emptyOf(column: number): Cell {
    return this.types[column] === 'string' ? '' : undefined
  }
}
