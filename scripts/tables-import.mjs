/**
 * Writes src/tables/schema/generated/table-data.ts from a folder of table schemas (one JSON file a table:
 * name, product, columns with name and type). Names and types are facts of Microsoft's documentation (CC-BY-4.0: "Azure
 * Monitor Logs reference" and "Advanced hunting schema"), changed in form. Run: node scripts/tables-import.mjs FOLDER
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LETTER = {
  bool: 'b',
  int: 'i',
  long: 'l',
  real: 'r',
  decimal: 'm',
  string: 's',
  datetime: 't',
  timespan: 'n',
  guid: 'g',
  dynamic: 'd',
}

const folder = process.argv[2] ?? '../shared/kql/schemas'
const tables = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'index.json')
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  .sort((a, b) => (a.name < b.name ? -1 : 1))

/** A column that is dynamic in either product binds as dynamic: parse_json() of a dynamic value changes nothing. */
function typeOf(column) {
  return column.logAnalyticsType === 'dynamic' ? 'dynamic' : column.type
}

const rows = tables.map((table) => {
  const columns = table.columns.map((column) => {
    const letter = LETTER[typeOf(column)]
    if (letter === undefined) throw new Error(`${table.name}.${column.name}: unknown type ${column.type}`)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(column.name))
      throw new Error(`${table.name}.${column.name}: odd name`)
    return `${letter}${column.name}`
  })
  const marks = [
    table.product.includes('defender-xdr') ? 'D' : '',
    table.product.includes('log-analytics') ? 'L' : '',
    table.openColumns === true ? 'O' : '',
    table.retired === true ? 'R' : '',
  ].join('')
  return `  ${table.name}: '${marks} ${columns.join(' ')}',`
})
const aliases = tables.flatMap((table) =>
  (table.aliases ?? []).map((alias) => `  ${alias}: '${table.name}',`),
)
const body = rows.join('\n')
writeFileSync(
  new URL('../src/tables/schema/generated/table-data.ts', import.meta.url),
  `// Written by scripts/tables-import.mjs: do not edit. One line a table: product marks (D Defender XDR, L Log Analytics,
// O open columns, R retired), then its columns in documented order, each a type letter and the name.
// Source: Microsoft, "Azure Monitor Logs reference" and "Advanced hunting schema" (CC-BY-4.0), changed in form.
export const tableData: Readonly<Record<string, string>> = {
${body}
}

export const tableAliases: Readonly<Record<string, string>> = {
${aliases.join('\n')}
}

/** First 12 digits of the SHA-256 of the lines above. */
export const tableDataVersion = '${createHash('sha256').update(body).digest('hex').slice(0, 12)}'
`,
)
process.stdout.write(
  `${tables.length} tables, ${tables.reduce((sum, table) => sum + table.columns.length, 0)} columns\n`,
)
