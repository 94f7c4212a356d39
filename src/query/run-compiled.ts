import type { Report } from '../diagnostics/index.ts'
import type { Engine, RowBatches, RunOptions } from './engine/index.ts'
import { loadExternal, withTables } from './local/index.ts'
import type { CompiledQuery, QuerySchema } from './sql/types.ts'

export interface RunCompiledOptions extends RunOptions {
  /** What the query was compiled against. */
  readonly schema: QuerySchema
  /** The one folder `externaldata` is read from. Default: none, its tables are empty. */
  readonly externalFolder?: string
  readonly report?: Report
}

/** Runs a compiled query whose tables are loaded: makes them readable, brings in external data, gives its rows. */
export async function* runCompiled(
  engine: Engine,
  compiled: CompiledQuery,
  options: RunCompiledOptions,
): RowBatches {
  await makeReadable(engine, compiled, options)
  yield* engine.run(compiled, options)
}

/** Everything the query reads exists in the engine when this returns. */
export async function makeReadable(
  engine: Engine,
  compiled: CompiledQuery,
  options: RunCompiledOptions,
): Promise<void> {
  await engine.prepare(withTables(options.schema, compiled.tables), compiled.tables)
  for (const external of compiled.externals) {
    await loadExternal(engine, external, options.externalFolder, options.report ?? (() => undefined))
  }
}
