import { existsSync, realpathSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { lookupTable } from '../../bytes/index.ts'
import { InputError, type Report } from '../../diagnostics/index.ts'
import { exportCell, unfit } from '../../tables/index.ts'
import type { Engine } from '../engine/index.ts'
import type { ExternalTable, QueryColumn, QueryTable } from '../sql/types.ts'
import { type FileFormat, formatOfName, parseRows, readLocalText } from './read-file.ts'

/** A table with its rows, read from a file of the user's. */
export interface UserTable {
  readonly table: QueryTable
  readonly rows: readonly (readonly unknown[])[]
}

/**
 * A watchlist from a CSV or JSON file: every column of the file as string, and the four that Sentinel adds. `SearchKey`
 * is the column named, or the first.
 */
export function readWatchlist(alias: string, path: string, searchKey?: string): UserTable {
  const { columns: names = [], rows } = parseRows(readLocalText(path), formatOfName(path), true, path)
  const key = searchKey === undefined ? 0 : names.indexOf(searchKey)
  if (key < 0) {
    throw new InputError('engine/external-data', `has no column ${searchKey}`, { in: 'file', source: path })
  }
  const own = names.filter((name) => !WATCHLIST_COLUMNS.some((column) => column.name === name))
  const columns: QueryColumn[] = [
    ...WATCHLIST_COLUMNS,
    ...own.map((name) => ({ name, type: 'string' as const })),
  ]
  return {
    table: { name: alias, sqlName: `$watchlist_${alias}`, columns },
    rows: rows.map((row, index) => {
      const item = Object.fromEntries(names.map((name, at) => [name, row[at]]))
      const made = [String(index + 1), undefined, row[key], item]
      return [
        ...made.map((value, at) => item[WATCHLIST_COLUMNS[at]?.name ?? ''] ?? value),
        ...own.map((name) => item[name]),
      ]
    }),
  }
}

/** Source: Microsoft, "Build queries with watchlists": columns of `_GetWatchlist`. */
const WATCHLIST_COLUMNS: readonly QueryColumn[] = [
  { name: '_DTItemId', type: 'string' },
  { name: 'LastUpdatedTimeUTC', type: 'datetime' },
  { name: 'SearchKey', type: 'string' },
  { name: 'WatchlistItem', type: 'dynamic' },
]

const FILE_PROFILE_TYPES: Readonly<Record<string, QueryColumn['type']>> = lookupTable({
  FileSize: 'int',
  GlobalPrevalence: 'int',
  GlobalFirstSeen: 'datetime',
  GlobalLastSeen: 'datetime',
  IsCertificateValid: 'bool',
  IsRootSignerMicrosoft: 'bool',
  IsExecutable: 'bool',
})

/** File reputations for `FileProfile()`: a CSV or JSON file whose first column is the hash. */
export function readFileProfile(path: string): UserTable {
  const { columns = [], rows } = parseRows(readLocalText(path), formatOfName(path), true, path)
  return {
    table: {
      name: '$file_profile',
      sqlName: '$file_profile',
      columns: columns.map((name) => ({ name, type: FILE_PROFILE_TYPES[name] ?? 'string' })),
    },
    rows,
  }
}

/** Makes a user's table readable by queries. */
export async function loadUserTable(engine: Engine, { table, rows }: UserTable): Promise<void> {
  await engine.writeTemporary(table, cellsOf(table, rows))
}

/**
 * Fills the table of an `externaldata` from the allowed folder: each address stands for the file of its last name there.
 * Without a folder, or where it has no such file, the table is empty and that is said.
 */
export async function loadExternal(
  engine: Engine,
  external: ExternalTable,
  folder: string | undefined,
  report: Report,
): Promise<void> {
  const table: QueryTable = { name: external.sqlName, columns: external.columns }
  const rows: (readonly unknown[])[] = []
  for (const uri of external.uris) {
    const path = folder === undefined ? undefined : localFile(folder, uri)
    if (path === undefined) {
      report({
        code: 'engine/stand-in',
        severity: 'warning',
        message: `externaldata ${uri}: ${folder === undefined ? 'no folder was given' : 'the folder has no such file'}, so it is empty`,
        hint: 'download the file yourself and give its folder with --external',
      })
      continue
    }
    rows.push(...externalRows(external, path))
  }
  await engine.writeTemporary(table, cellsOf(table, rows))
}

function localFile(folder: string, uri: string): string | undefined {
  const name = basename(decodeName(uri.split(/[?#;]/)[0] ?? ''))
  if (name === '' || name === '.' || name === '..') return undefined
  const path = join(folder, name)
  if (!existsSync(path)) return undefined
  // A link must not lead out of the folder that was allowed.
  return realpathSync(path).startsWith(realpathSync(folder) + sep) ? path : undefined
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const FORMATS: readonly FileFormat[] = ['csv', 'tsv', 'psv', 'scsv', 'txt', 'json', 'multijson']

function externalRows(external: ExternalTable, path: string): readonly (readonly unknown[])[] {
  const asked = external.properties.format?.toLowerCase()
  const format = asked === undefined ? formatOfName(path) : FORMATS.find((known) => known === asked)
  if (format === undefined) {
    throw new InputError('engine/external-data', `format ${asked} is not read here`, {
      in: 'file',
      source: path,
    })
  }
  const skipFirst = /^true$/i.test(external.properties.ignoreFirstRecord ?? '')
  const { columns, rows } = parseRows(readLocalText(path), format, skipFirst, path)
  // CSV columns go by position, JSON by name.
  if (columns === undefined || !format.endsWith('json')) return rows
  const positions = external.columns.map((column) => columns.indexOf(column.name))
  return rows.map((row) => positions.map((at) => (at < 0 ? undefined : row[at])))
}

function cellsOf(table: QueryTable, rows: readonly (readonly unknown[])[]): ReturnType<typeof convert>[] {
  return rows.map((row) => convert(table, row))
}

function convert(
  table: QueryTable,
  row: readonly unknown[],
): (string | number | bigint | boolean | undefined)[] {
  return table.columns.map((column, at) => {
    const cell = exportCell(column.type, row[at])
    return cell === unfit ? undefined : cell
  })
}
