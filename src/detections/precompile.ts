/**
 * Compiles the queries of the pack for shipping: run by the build, after the compiler, over the built code. Writes
 * `compiled-pack.json` beside this file, which `openPackCache` reads.
 */
import { writeFileSync } from 'node:fs'
import { type CompiledQuery, compileCached, schemaForText } from '../query/index.ts'
import { loadPack, readAllowList, SHIPPED_QUERIES, shippedKey, withoutWindow } from './pack.ts'
import { withWatchlist } from './rule-database.ts'
import { MATCH_KEYS, ORIGIN_TABLES, originQuery } from './run-pack.ts'

const NO_CACHE = { get: () => undefined, set: () => undefined }

const compiled: Record<string, CompiledQuery> = {}

async function add(text: string, table?: typeof MATCH_KEYS): Promise<void> {
  const base = schemaForText(text, { watchlists: [readAllowList().table] })
  const options = { schema: table === undefined ? base : withWatchlist(base, table) }
  compiled[shippedKey(text, options)] = await compileCached(text, options, NO_CACHE)
}

for (const rule of loadPack((diagnostic) => {
  throw new Error(`${diagnostic.code}: ${diagnostic.message}`)
})) {
  for (const text of new Set([withoutWindow(rule.query), rule.query])) await add(text)
}
for (const table of ORIGIN_TABLES) await add(originQuery(table), MATCH_KEYS)
writeFileSync(SHIPPED_QUERIES, JSON.stringify(compiled))
