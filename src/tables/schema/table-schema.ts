import { tableAliases, tableData, tableDataVersion } from './generated/table-data.ts'
import { ownTables } from './own-tables.ts'

/** The ten scalar types of KQL. */
export type ColumnType =
  | 'bool'
  | 'int'
  | 'long'
  | 'real'
  | 'decimal'
  | 'string'
  | 'datetime'
  | 'timespan'
  | 'guid'
  | 'dynamic'

export interface ColumnSchema {
  readonly name: string
  readonly type: ColumnType
  /** Bound by name only; `project *`-like output does not show it. */
  readonly hidden?: boolean
}

export interface TableSchema {
  readonly name: string
  /** Microsoft's columns in documented order, then {@link hiddenColumns}. */
  readonly columns: readonly ColumnSchema[]
  readonly product: 'defender-xdr' | 'log-analytics' | 'both' | 'triad'
  /** The service adds columns at will (AzureDiagnostics). */
  readonly openColumns?: true
}

/**
 * Columns every table ends with: where the row came from. `_RecordId` is the EventRecordID, or the row number in an
 * exported table; `_RecordOffset` the byte offset in the evidence file; `_Recovered` true for a record carved from slack.
 */
export const hiddenColumns: readonly ColumnSchema[] = [
  { name: '_EvidenceId', type: 'string', hidden: true },
  { name: '_RecordId', type: 'long', hidden: true },
  { name: '_RecordOffset', type: 'long', hidden: true },
  { name: '_Recovered', type: 'bool', hidden: true },
]

const TYPE_OF_LETTER: Readonly<Record<string, ColumnType>> = {
  b: 'bool',
  i: 'int',
  l: 'long',
  r: 'real',
  m: 'decimal',
  s: 'string',
  t: 'datetime',
  n: 'timespan',
  g: 'guid',
  d: 'dynamic',
}

/** Changes whenever a name, a type or the order of a column changes: part of the key of compiled queries. */
export const tableSchemaVersion: string = `${tableDataVersion}-${ownTables.length}.3`

let names: readonly string[] | undefined

/** Names of all tables a query may use, sorted; aliases are not in it. */
export function tableNames(): readonly string[] {
  names ??= [...Object.keys(tableData), ...ownTables.map((table) => table.name)].sort()
  return names
}

const parsed = new Map<string, TableSchema>()

/** The schema of a table by its exact name or an alias of it; `undefined` where there is none. */
export function tableSchema(name: string): TableSchema | undefined {
  const known = parsed.get(name)
  if (known !== undefined) return known
  const real = Object.hasOwn(tableAliases, name) ? (tableAliases[name] ?? name) : name
  const schema = ownTable(real) ?? parseSchema(real)
  if (schema !== undefined) parsed.set(name, schema)
  return schema
}

let byLowerName: Map<string, string> | undefined

/** Microsoft's spelling of a table's name written in any letter case; `undefined` where there is no such table. */
export function canonicalTableName(name: string): string | undefined {
  byLowerName ??= new Map([
    ...tableNames().map((table) => [table.toLowerCase(), table] as const),
    ...Object.entries(tableAliases).map(([alias, table]) => [alias.toLowerCase(), table] as const),
  ])
  return byLowerName.get(name.toLowerCase())
}

function ownTable(name: string): TableSchema | undefined {
  const own = ownTables.find((table) => table.name === name)
  return own === undefined
    ? undefined
    : { name, product: 'triad', columns: [...own.columns, ...hiddenColumns] }
}

function parseSchema(name: string): TableSchema | undefined {
  if (!Object.hasOwn(tableData, name)) return undefined
  const [marks = '', ...columns] = (tableData[name] ?? '').split(' ')
  const defender = marks.includes('D')
  return {
    name,
    product: defender && marks.includes('L') ? 'both' : defender ? 'defender-xdr' : 'log-analytics',
    columns: [
      ...columns.map((text) => ({ name: text.slice(1), type: TYPE_OF_LETTER[text.charAt(0)] ?? 'string' })),
      ...hiddenColumns,
    ],
    ...(marks.includes('O') ? { openColumns: true } : {}),
  }
}
