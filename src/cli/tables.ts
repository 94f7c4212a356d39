import { Command, Option } from 'commander'
import { InputError } from '../diagnostics/index.ts'
import { tableNames, tableSchema } from '../tables/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { writeStandardOutput } from './output.ts'
import { addSessionOptions } from './query.ts'
import { rowWriter } from './query-output.ts'
import { QuerySession, type SessionFlags } from './query-session.ts'

interface TablesFlags extends SessionFlags {
  readonly format: 'table' | 'json' | 'jsonl' | 'csv'
  readonly all?: boolean
}

const EXAMPLES = `
Examples:
  triad tables --evidence logs/                  tables that this evidence fills, with their rows
  triad tables --case case.duckdb --format json  the same of a case, with all columns
  triad tables DeviceProcessEvents               the columns of one table
  triad tables --all                             every table a query may use; most are empty here`

/** `triad tables`: what there is to query. */
export function tablesCommand(): Command {
  return addSessionOptions(
    new Command('tables')
      .description('List the tables that evidence fills, with columns, types and numbers of rows.')
      .argument('[name]', 'one table: lists its columns')
      .addOption(
        new Option('--format <format>', 'how to print')
          .choices(['table', 'json', 'jsonl', 'csv'])
          .default('table'),
      )
      .option('--all', 'also tables without rows'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: TablesFlags) => {
      process.exitCode = await run(name, flags)
    })
}

async function run(name: string | undefined, flags: TablesFlags): Promise<ExitStatus> {
  const session = new QuerySession(flags)
  try {
    const counts = await session.rowCounts()
    const names = name === undefined ? tableNames() : [name]
    const tables = names.flatMap((table) => {
      const schema = tableSchema(table)
      const rows = counts.get(table) ?? 0
      return schema === undefined || (rows === 0 && flags.all !== true && name === undefined)
        ? []
        : [{ schema, rows }]
    })
    if (name !== undefined && tables.length === 0) {
      throw new InputError('cli/not-found', `there is no table ${name}`, undefined, {
        hint: 'triad tables --all lists them',
      })
    }
    if (tables.length === 0) {
      const given = flags.evidence !== undefined || flags.table !== undefined || flags.case !== undefined
      session.tell([
        {
          code: 'engine/stand-in',
          severity: 'info',
          message: given ? 'nothing here fills a table' : 'no evidence was given',
          hint: given
            ? 'triad scan says what was recognised; --all lists all tables'
            : '--evidence PATH or --case FILE fills tables; --all lists all',
        },
      ])
    }
    if (flags.format === 'json') {
      const list = tables.map(({ schema, rows }) => ({
        name: schema.name,
        product: schema.product,
        rows,
        columns: schema.columns.map(({ name: column, type, hidden }) => ({
          name: column,
          type,
          ...(hidden === true ? { hidden } : {}),
        })),
      }))
      await writeStandardOutput(`${JSON.stringify({ tables: list }, null, 2)}\n`)
    } else if (name === undefined) {
      await print(
        flags,
        ['Table', 'Rows', 'Columns', 'Product'],
        tables.map(({ schema, rows }) => [schema.name, rows, schema.columns.length, schema.product]),
      )
    } else {
      await print(
        flags,
        ['Column', 'Type', 'Hidden'],
        tables.flatMap(({ schema }) =>
          schema.columns.map((column) => [column.name, column.type, column.hidden === true ? 'hidden' : '']),
        ),
      )
    }
    return session.unreadable ? EXIT.unreadable : EXIT.done
  } finally {
    await session.close()
  }
}

async function print(
  flags: TablesFlags,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  const columns = head.map((name) => ({
    name,
    type: name === 'Rows' || name === 'Columns' ? ('long' as const) : ('string' as const),
  }))
  const format = flags.format === 'json' ? 'table' : flags.format
  const writer = rowWriter(format, columns, process.stdout.isTTY ? { columns: process.stdout.columns } : {})
  await writeStandardOutput(writer.begin() + writer.rows(rows) + writer.end())
}
