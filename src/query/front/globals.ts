import type { KustoType, QuerySchema, QueryTable } from '../sql/types.ts'
import { type KustoGlobals, kusto } from './language.ts'
import { FILE_PROFILE_COLUMNS } from './operators/invoke.ts'
import { WATCHLIST_COLUMNS } from './table.ts'

/** `['a b']:string`, quoted so that any name can stand there. */
export function schemaText(columns: readonly { readonly name: string; readonly type: string }[]): string {
  const quoted = columns.map(({ name, type }) => `['${name.replace(/['\\]/g, '\\$&')}']:${type}`)
  return `(${quoted.join(', ')})`
}

interface Known {
  /** Symbols of tables by name, made when a query first names them: making all takes half a second. */
  readonly tables: Map<string, unknown>
  /** Globals by the names of the tables in them. */
  readonly globals: Map<string, KustoGlobals>
}

const cache = new WeakMap<QuerySchema, Known>()

/** Globals kept per schema; a long batch must not hold one for each of its queries. */
const MAX_GLOBALS = 50

/** The binder's view of a schema, for one text: a database with the tables it can name, FileProfile and watchlists. */
export function globalsFor(schema: QuerySchema, text: string): KustoGlobals {
  const known = cache.get(schema) ?? { tables: new Map(), globals: new Map() }
  cache.set(schema, known)
  const wanted = tablesNamed(schema, text)
  const key = wanted.map((table) => table.name).join('\n')
  const made = known.globals.get(key)
  if (made !== undefined) return made
  const { Symbols, GlobalState } = kusto().Language
  const tables = wanted.map((table) => {
    const symbol = known.tables.get(table.name) ?? tableSymbol(table)
    known.tables.set(table.name, symbol)
    return symbol
  })
  const database = new Symbols.DatabaseSymbol.ctor('local', [...tables, fileProfile(), watchlist(schema)])
  const globals = GlobalState.Default.WithDatabase(database)
  if (known.globals.size >= MAX_GLOBALS) known.globals.clear()
  known.globals.set(key, globals)
  return globals
}

/** Tables whose name stands in the text; all of them where a wildcard, `search` or `find` may mean any. */
function tablesNamed(schema: QuerySchema, text: string): readonly QueryTable[] {
  if (/\w\*|\b(search|find)\b|\bunion\b[^|;]*\*/.test(text)) return schema.tables
  const words = new Set(text.match(/[A-Za-z_]\w*/g) ?? [])
  // A name that is no word of its own (a watchlist's) is written in quotes and brackets: keep it in any case.
  return schema.tables.filter((table) => words.has(table.name) || !/^[A-Za-z_]\w*$/.test(table.name))
}

function tableSymbol(table: QueryTable): unknown {
  const { Symbols } = kusto().Language
  const columns = table.columns.map(
    ({ name, type }) => new Symbols.ColumnSymbol.ctor(name, Symbols.ScalarTypes[SCALAR_NAMES[type]]),
  )
  return new Symbols.TableSymbol.$ctor4(table.name, columns)
}

const SCALAR_NAMES: Readonly<Record<KustoType, string>> = {
  bool: 'Bool',
  int: 'Int',
  long: 'Long',
  real: 'Real',
  decimal: 'Decimal',
  string: 'String',
  datetime: 'DateTime',
  timespan: 'TimeSpan',
  guid: 'Guid',
  dynamic: 'Dynamic',
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
