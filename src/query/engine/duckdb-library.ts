import type * as Bindings from '@duckdb/node-bindings'

export type DuckDbApi = typeof import('@duckdb/node-api')
export type DuckDbBinding = typeof Bindings

export interface DuckDbLibrary {
  readonly api: DuckDbApi
  readonly binding: DuckDbBinding
}

let loading: Promise<DuckDbLibrary> | undefined

/**
 * The DuckDB library, loaded at the first call (about 80 ms) and kept: nothing else in the package imports it, so a
 * command that needs no database does not pay for it.
 */
export function loadDuckDb(): Promise<DuckDbLibrary> {
  loading ??= load()
  return loading
}

async function load(): Promise<DuckDbLibrary> {
  const [api, binding] = await Promise.all([import('@duckdb/node-api'), import('@duckdb/node-bindings')])
  return { api, binding: 'default' in binding ? (binding.default as DuckDbBinding) : binding }
}
