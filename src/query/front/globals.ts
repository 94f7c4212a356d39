import type { QuerySchema } from '../sql/types.ts'
import { FILE_PROFILE_COLUMNS } from './invoke.ts'
import { type KustoGlobals, kusto } from './language.ts'
import { WATCHLIST_COLUMNS } from './table.ts'

const cache = new WeakMap<QuerySchema, KustoGlobals>()

/** `['a b']:string`, quoted so that any name can stand there. */
export function schemaText(columns: readonly { readonly name: string; readonly type: string }[]): string {
  const quoted = columns.map(({ name, type }) => `['${name.replace(/['\\]/g, '\\$&')}']:${type}`)
  return `(${quoted.join(', ')})`
}

/** The binder's view of a schema: one database with all tables, FileProfile and watchlists. Kept per schema object. */
export function globalsFor(schema: QuerySchema): KustoGlobals {
  const known = cache.get(schema)
  if (known !== undefined) return known
  const { Symbols, GlobalState } = kusto().Language
  const tables = schema.tables.map((table) =>
    Symbols.TableSymbol.From(schemaText(table.columns)).WithName(table.name),
  )
  const database = new Symbols.DatabaseSymbol.ctor('local', [...tables, fileProfile(), watchlist(schema)])
  const globals = GlobalState.Default.WithDatabase(database)
  cache.set(schema, globals)
  return globals
}

function fileProfile(): unknown {
  const columns = FILE_PROFILE_COLUMNS.map(({ name, type }) => {
    const empty = type === 'string' ? '""' : `${type}(null)`
    return `${name} = column_ifexists("${name}", ${empty})`
  })
  return new (kusto().Language.Symbols.FunctionSymbol.$ctor16)(
    'FileProfile',
    '(T:(*), x:string="SHA1", y:long=100)',
    `{ T | extend ${columns.join(', ')} }`,
    null,
  )
}

/** All watchlists given, as one schema: which one a call means is settled by its alias when the plan is read. */
function watchlist(schema: QuerySchema): unknown {
  const columns = new Map(WATCHLIST_COLUMNS.map((column) => [column.name, column]))
  for (const list of schema.watchlists ?? [])
    for (const column of list.columns) columns.set(column.name, column)
  return new (kusto().Language.Symbols.FunctionSymbol.$ctor16)(
    '_GetWatchlist',
    '(alias:string)',
    `{ datatable${schemaText([...columns.values()])}[] }`,
    null,
  )
}
