import type { Report } from '../../diagnostics/index.ts'
import {
  createTableWriter,
  mappedColumns,
  type TableBatch,
  type TableWriter,
  tableSchema,
  tablesFromEvents,
} from '../../tables/index.ts'
import type { Engine } from './engine.ts'

export interface TableSinkOptions {
  /** Tables to fill; absent: all that evidence can fill. */
  readonly tables?: readonly string[]
  readonly report: Report
}

/** Takes records (`event` and `row` are methods of a RecordSink) and stores their rows. */
export interface TableSink extends Omit<TableWriter, 'finish'> {
  /** Everything given so far is in the engine when this returns. */
  finish(): Promise<void>
}

/**
 * A sink that fills the engine's tables while evidence is read. The engine may still be opening: batches wait until it is
 * there, so reading and loading the database overlap.
 */
export function createTableSink(engine: Engine | Promise<Engine>, options: TableSinkOptions): TableSink {
  const tables = options.tables === undefined ? undefined : new Set(options.tables)
  const waiting: TableBatch[] = []
  let ready: Engine | undefined
  const opening = Promise.resolve(engine).then(async (opened) => {
    for (const table of tablesFromEvents()) {
      const schema = tables === undefined || tables.has(table) ? tableSchema(table) : undefined
      if (schema !== undefined) await opened.declare?.(schema, mappedColumns(table))
    }
    for (const batch of waiting.splice(0)) opened.writeBatch(batch)
    ready = opened
  })
  // Told by `finish`, which every user awaits.
  opening.catch(() => undefined)

  const writer = createTableWriter({
    report: options.report,
    ...(tables === undefined ? {} : { tables }),
    onBatch(batch) {
      if (ready !== undefined) ready.writeBatch(batch)
      else
        waiting.push({ ...batch, columns: batch.columns.map((values) => values?.slice(0, batch.rowCount)) })
    },
  })
  return {
    event: writer.event,
    row: writer.row,
    cells: writer.cells,
    async finish() {
      writer.finish()
      await opening
      await ready?.settle()
    },
  }
}
