import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Report } from '../diagnostics/index.ts'
import {
  type CompileCache,
  type CompiledQuery,
  type CompileOptions,
  openCompileCache,
  readWatchlist,
  type UserTable,
} from '../query/index.ts'
import { loadDetections } from './load.ts'
import type { Detection } from './model.ts'

/** Alias under which the rules read the allow list: `_GetWatchlist('TriadWmiAllowList')`. */
export const ALLOW_LIST = 'TriadWmiAllowList'

const CONTENT = fileURLToPath(new URL('../../content/', import.meta.url))
/** Made by the build beside the compiled code: see `precompile.ts`. */
export const SHIPPED_QUERIES: string = fileURLToPath(new URL('./compiled-pack.json', import.meta.url))

/** Absolute path of the folder of the detection pack. */
export function packFolder(): string {
  return join(CONTENT, 'detections')
}

/** The detection pack that ships with the program. */
export function loadPack(report: Report): Detection[] {
  return loadDetections(packFolder(), report)
}

/** The allow list that the rules read, in the shape of a Sentinel watchlist; without `path` the shipped one, which is empty. */
export function readAllowList(path: string = join(CONTENT, 'allow-list', `${ALLOW_LIST}.csv`)): UserTable {
  return readWatchlist(ALLOW_LIST, path, 'SearchKey')
}

const WINDOW = /^let LookBack = [^;]*;/m

/** The query without its window: all evidence is judged at once, however old it is. */
export function withoutWindow(query: string): string {
  return query.replace(WINDOW, 'let LookBack = 36500d;')
}

/**
 * Compiled queries as they ship, so that running the pack never loads Microsoft's parser (1.5 s); what is not among them
 * is compiled and kept in the user's cache.
 */
export function openPackCache(fallback: CompileCache = openCompileCache()): CompileCache {
  const shipped = readShipped()
  return {
    get: (text, options) => shipped[shippedKey(text, options)] ?? fallback.get(text, options),
    set: (text, options, compiled) => fallback.set(text, options, compiled),
  }
}

/** The key of a shipped query: everything its SQL depends on but the translator, which ships with it. */
export function shippedKey(text: string, options: CompileOptions): string {
  const { schema, dialect = 'duckdb', parameters = {}, answers = [] } = options
  return createHash('sha256')
    .update(JSON.stringify([dialect, parameters, answers, schema, text]))
    .digest('hex')
}

let cached: Readonly<Record<string, CompiledQuery>> | undefined

function readShipped(): Readonly<Record<string, CompiledQuery>> {
  cached ??= existsSync(SHIPPED_QUERIES)
    ? (JSON.parse(readFileSync(SHIPPED_QUERIES, 'utf8')) as Record<string, CompiledQuery>)
    : {}
  return cached
}
