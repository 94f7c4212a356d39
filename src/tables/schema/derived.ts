import type { ColumnSchema, TableSchema } from './table-schema.ts'

/**
 * The one column that stores a row's time: `Timestamp` where the table has it. `TimeGenerated` is the same value then,
 * because queries of the Defender portal use one and those of Sentinel the other.
 */
export function timeColumnOf(schema: TableSchema): string {
  return schema.columns.some((column) => column.name === 'Timestamp') ? 'Timestamp' : 'TimeGenerated'
}

/** What a column is when nothing is stored in it: another column's value, the table's name, or empty. */
export type Derived =
  | { readonly kind: 'same-as'; readonly column: string }
  | { readonly kind: 'table-name' }
  | { readonly kind: 'empty' }

export function derivedColumn(schema: TableSchema, column: ColumnSchema): Derived {
  if (column.name === 'TimeGenerated' && timeColumnOf(schema) === 'Timestamp') {
    return { kind: 'same-as', column: 'Timestamp' }
  }
  return column.name === 'Type' && schema.product !== 'defender-xdr'
    ? { kind: 'table-name' }
    : { kind: 'empty' }
}

const MARKS = /\s*\[UTC\]$/i

/**
 * Which column of the schema an exported column fills; `''` where its value is derived, `undefined` where there is no such
 * column. The time of the row is whichever of `Timestamp` and `TimeGenerated` the carrier has. Portals write
 * `TimeGenerated [UTC]`.
 */
export function exportTarget(
  schema: TableSchema,
  exported: string,
  all: readonly string[],
): string | undefined {
  const name = exported.replace(MARKS, '')
  if (name === 'Timestamp' || name === 'TimeGenerated') {
    const time = timeColumnOf(schema)
    const other = name === 'Timestamp' ? 'TimeGenerated' : 'Timestamp'
    return name === time || !hasColumn(all, other) ? time : ''
  }
  if (name === 'Type' && schema.product !== 'defender-xdr') return ''
  if (schema.columns.some((column) => column.name === name)) return name
  const lower = name.toLowerCase()
  return schema.columns.find((column) => column.name.toLowerCase() === lower)?.name
}

const hasColumn = (all: readonly string[], name: string): boolean =>
  all.some((column) => column.replace(MARKS, '') === name)
