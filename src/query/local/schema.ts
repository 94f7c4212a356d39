import { tableNames, tableSchema, tablesFromEvents } from '../../tables/index.ts'
import type { QuerySchema, QueryTable } from '../sql/types.ts'

/** What the user brings beside evidence: watchlists by alias and file reputations, as tables already described. */
export interface LocalTables {
  readonly watchlists?: readonly QueryTable[]
  readonly fileProfile?: QueryTable
}

/** `union *`, `search`, `find` and `union Device*` can mean tables that the text does not name. */
const NAMES_TABLES_BY_PATTERN = /(?:^|[|;(=])\s*(?:search|find)\b|\bunion\b[^|;]*\*/m

/**
 * The tables a text can mean, which is all that a compiler has to know: those it names, and where it speaks of tables by
 * pattern those that evidence can fill or does (`filled`). Binding 7,800 columns for each query would cost more than the
 * rest of its compilation.
 */
export function schemaForText(
  text: string,
  local: LocalTables = {},
  filled: readonly string[] = [],
): QuerySchema {
  const words = new Set(text.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [])
  const names = NAMES_TABLES_BY_PATTERN.test(text)
    ? new Set([...tablesFromEvents(), 'WmiActivity', 'WmiSubscriptions', ...filled])
    : new Set<string>()
  for (const name of tableNames()) if (words.has(name)) names.add(name)
  for (const word of words) if (tableSchema(word) !== undefined) names.add(word)
  for (const prefix of prefixesOfUnions(text)) {
    // A pattern over tables that no evidence fills is a union of empty tables, not a name nobody knows.
    const meant = (name: string): boolean => name.startsWith(prefix)
    if (![...names].some(meant)) for (const name of tableNames().filter(meant)) names.add(name)
  }
  return {
    tables: [...names].sort().flatMap((name) => queryTable(name) ?? []),
    ...(local.watchlists === undefined ? {} : { watchlists: local.watchlists }),
    ...(local.fileProfile === undefined ? {} : { fileProfile: local.fileProfile }),
  }
}

/** `Email` of `union Email*`. */
function prefixesOfUnions(text: string): string[] {
  const unions = text.match(/\bunion\b[^|;]*/g) ?? []
  return unions.flatMap((union) =>
    [...union.matchAll(/\b([A-Za-z_]\w*)\*/g)].map(([, prefix]) => prefix ?? ''),
  )
}

function queryTable(name: string): QueryTable | undefined {
  const schema = tableSchema(name)
  if (schema === undefined) return undefined
  const { columns } = schema
  // An alias is the same table under another name.
  return { name, columns, ...(schema.name === name ? {} : { sqlName: schema.name }) }
}

/**
 * The schema with one more table that has a column of this name, for a text that means tables by pattern: in a workspace
 * `union *` is all tables, also those that no evidence fills. Undefined when there is none.
 */
export function schemaWithColumn(text: string, schema: QuerySchema, column: string): QuerySchema | undefined {
  if (!namesTablesByPattern(text)) return undefined
  const known = new Set(schema.tables.map((table) => table.name))
  const wider = tableNames().find(
    (name) => !known.has(name) && tableSchema(name)?.columns.some((candidate) => candidate.name === column),
  )
  const table = wider === undefined ? undefined : queryTable(wider)
  return table === undefined ? undefined : { ...schema, tables: [...schema.tables, table] }
}

/** The schema with the tables of these names that it lacks: a compiled query may read one it was given on the way. */
export function withTables(schema: QuerySchema, names: readonly string[]): QuerySchema {
  const known = new Set(schema.tables.map((table) => table.name))
  const missing = names.filter((name) => !known.has(name)).flatMap((name) => queryTable(name) ?? [])
  return missing.length === 0 ? schema : { ...schema, tables: [...schema.tables, ...missing] }
}

/** True when the text may mean tables it does not name, so that what evidence fills must be known first. */
export function namesTablesByPattern(text: string): boolean {
  return NAMES_TABLES_BY_PATTERN.test(text)
}
