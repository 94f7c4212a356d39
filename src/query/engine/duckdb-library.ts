import { createRequire } from 'node:module'
import type * as Bindings from '@duckdb/node-bindings'

export type DuckDbApi = typeof import('@duckdb/node-api')
export type DuckDbBinding = typeof Bindings

export interface DuckDbLibrary {
  readonly api: DuckDbApi
  readonly binding: DuckDbBinding
}

let loaded: DuckDbLibrary | undefined

/**
 * The DuckDB library, loaded at the first call (about 80 ms) and kept: nothing else in the package imports it, so a
 * command that needs no database does not pay for it.
 */
export function loadDuckDb(): DuckDbLibrary {
  // `import` would first search both packages for the names they export, which takes as long as running them.
  const require = createRequire(import.meta.url)
  loaded ??= {
    api: require('@duckdb/node-api') as DuckDbApi,
    binding: require('@duckdb/node-bindings') as DuckDbBinding,
  }
  return loaded
}
