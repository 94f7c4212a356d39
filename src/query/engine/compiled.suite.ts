import type { CompiledQuery, ResultColumn } from '../sql/types.ts'
import type { Engine, KustoValue, RunOptions } from './index.ts'

/** SQL of the test's own in the form that an engine takes. */
export function compiled(
  sql: string,
  columns: readonly ResultColumn[],
  more: Partial<CompiledQuery> = {},
): CompiledQuery {
  return {
    sql,
    columns,
    parameters: [],
    ordered: true,
    notes: [],
    requiredFunctions: [],
    externals: [],
    tables: [],
    ...more,
  }
}

export async function rowsOf(
  engine: Engine,
  query: CompiledQuery,
  options: RunOptions = {},
): Promise<(readonly KustoValue[])[]> {
  const all: (readonly KustoValue[])[] = []
  for await (const rows of engine.run(query, options)) all.push(...rows)
  return all
}
