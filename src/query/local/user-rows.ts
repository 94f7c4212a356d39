import { InputError } from '../../diagnostics/index.ts'
import { canonicalTableName } from '../../tables/index.ts'
import type { TableSink } from '../engine/index.ts'
import { formatOfName, parseRows, readLocalText } from './read-file.ts'

/** Rows of a known table from a file of the user's (CSV with a header, or JSON): threat intelligence, identities, devices. */
export function loadUserRows(sink: TableSink, table: string, path: string): void {
  const name = canonicalTableName(table)
  if (name === undefined) {
    throw new InputError(
      'engine/external-data',
      `there is no table ${table}`,
      { in: 'file', source: path },
      {
        hint: 'triad tables --all lists them',
      },
    )
  }
  const { columns = [], rows } = parseRows(readLocalText(path), formatOfName(path), true, path)
  rows.forEach((values, index) => {
    sink.row({ evidence: path, rowNumber: index + 1, table: name, columns, values })
  })
}
