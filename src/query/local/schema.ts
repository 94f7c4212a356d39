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
  return {
    tables: [...names].sort().flatMap((name) => {
      const schema = tableSchema(name)
      if (schema === undefined) return []
      const { columns } = schema
      // An alias is the same table under another name.
      return [{ name, columns, ...(schema.name === name ? {} : { sqlName: schema.name }) }]
    }),
    ...(local.watchlists === undefined ? {} : { watchlists: local.watchlists }),
    ...(local.fileProfile === undefined ? {} : { fileProfile: local.fileProfile }),
  }
}

/** True when the text may mean tables it does not name, so that what evidence fills must be known first. */
export function namesTablesByPattern(text: string): boolean {
  return NAMES_TABLES_BY_PATTERN.test(text)
}
