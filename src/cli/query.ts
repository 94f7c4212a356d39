import { existsSync, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { isoToFiletime, UNIX_EPOCH_FILETIME } from '../bytes/index.ts'
import { type Diagnostic, excerpt, InputError } from '../diagnostics/index.ts'
import type { CompiledQuery, KustoValue } from '../query/index.ts'
import { diagnosticText, jsonText, visible } from '../reports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { listenForInterrupt } from './interrupt.ts'
import { checkOutput } from './output.ts'
import { drawChart } from './query-chart.ts'
import { type RowFormat, rowWriter } from './query-output.ts'
import { QuerySession, type SessionFlags } from './query-session.ts'
import { openRowTarget } from './row-target.ts'

interface QueryFlags extends SessionFlags {
  readonly file?: string
  readonly batch?: string
  readonly format: RowFormat | 'parquet'
  readonly output?: string
  readonly force?: boolean
}

const EXAMPLES = `
Examples:
  triad query "DeviceProcessEvents | take 10" --evidence logs/
  triad query -f hunt.kql --evidence collection.zip --at 2024-03-01T12:00:00Z
  triad query -f hunt.kql --case case.duckdb --format csv -o rows.csv
  triad query "print strlen('abc')" --format json
  triad query "_GetWatchlist('admins')" --watchlist admins=admins.csv
  triad query --batch queries.jsonl --evidence logs/     {"id","query"} a line in, a result a line out

Nothing is fetched: externaldata is read from --external, other cloud data from --watchlist, --table and --file-profile.

Exit status: 0 done; 2 the call or the query is wrong, or it failed; 3 some evidence could not be read (rows of the
rest are printed); 4 internal fault; 130 interrupted (nothing is written).`

/** `triad query`: KQL in, rows out. */
export function queryCommand(): Command {
  return addSessionOptions(
    new Command('query')
      .description('Run KQL over evidence or a case, with the tables of Defender XDR and Sentinel.')
      .argument('[kql]', 'the query text')
      .option('-f, --file <file>', 'read the query from a file; - is standard input')
      .option(
        '-b, --batch <file>',
        'many queries: each line {"id","query"}, answered in order by a line of JSON',
      )
      .addOption(
        new Option('--format <format>', 'how to print rows')
          .choices(['table', 'json', 'jsonl', 'csv', 'parquet'])
          .default('table'),
      )
      .option('-o, --output <file>', 'write the rows to a file, whole or not at all')
      .option('--force', 'replace an existing output file'),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (kql: string | undefined, flags: QueryFlags) => {
      process.exitCode = await run(...queryBehindEvidence(kql, flags))
    })
}

/** Options that `query` and `tables` share. */
export function addSessionOptions(command: Command): Command {
  const collect = (value: string, all: string[] = []): string[] => [...all, value]
  return command
    .option('-e, --evidence <path...>', 'evidence to fill the tables from')
    .option('--case <file>', 'case file that keeps the tables; with --evidence it is filled first')
    .option('--at <time>', 'what now() is, ISO 8601 (default: the clock)', time)
    .option('--param <name=value>', 'value of a declared query parameter; may be repeated', collect)
    .addOption(
      new Option('--engine <engine>', 'database that runs the query')
        .choices(['duckdb', 'clickhouse'])
        .default('duckdb'),
    )
    .option('--clickhouse-url <url>', 'ClickHouse server; without it chdb runs it in this process')
    .option('--external <folder>', 'folder that externaldata is read from, by file name')
    .option('--watchlist <alias=file>', 'a watchlist from CSV or JSON; may be repeated', collect)
    .option(
      '--table <name=file>',
      'rows of a table from CSV or JSON (threat intelligence, identities)',
      collect,
    )
    .option('--file-profile <file>', 'file reputations for FileProfile(), first column the hash')
    .option('--geoip <file>', 'networks and places for geo_info_from_ip_address(), with a column network')
    .option('--timeout-ms <number>', 'stop a query after this time', positive)
    .option('--memory <size>', 'memory the database may use, such as 4GB; beyond it tables go to disk')
    .option('--no-cache', 'do not keep compiled queries')
}

/** Milliseconds since 1970, with fractions. */
function time(text: string): number {
  const filetime = isoToFiletime(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
  if (filetime === undefined) throw new InvalidArgumentError('a time such as 2024-03-01T12:00:00Z')
  return Number(filetime - UNIX_EPOCH_FILETIME) / 10_000
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('a number of milliseconds from 1')
  return number
}

/** `--evidence logs/ "KQL"`: an option that takes many paths takes the query too, which is no path. */
function queryBehindEvidence(kql: string | undefined, flags: QueryFlags): [string | undefined, QueryFlags] {
  const { evidence = [], file, batch } = flags
  const last = evidence.at(-1)
  const isGiven = kql !== undefined || file !== undefined || batch !== undefined
  if (isGiven || last === undefined || evidence.length < 2 || existsSync(last)) return [kql, flags]
  return [last, { ...flags, evidence: evidence.slice(0, -1) }]
}

async function run(kql: string | undefined, flags: QueryFlags): Promise<ExitStatus> {
  const given = [kql, flags.file, flags.batch].filter((way) => way !== undefined).length
  if (given !== 1) {
    throw new InputError(
      'cli/usage',
      'give one query: as an argument, with -f FILE, or many with --batch FILE',
    )
  }
  if (flags.batch !== undefined && flags.format === 'parquet') {
    throw new InputError('cli/usage', 'a batch is answered in lines of JSON, not in parquet')
  }
  if (flags.output !== undefined) {
    checkOutput(flags.output, { force: flags.force ?? false, evidence: flags.evidence ?? [] })
  } else if (flags.format === 'parquet') {
    throw new InputError('cli/usage', 'parquet is a file: give -o FILE')
  }
  // What is half written must go; without a file the default, which ends at once, does no harm.
  const interrupt = flags.output === undefined ? undefined : listenForInterrupt()
  const session = new QuerySession(flags, interrupt?.signal)
  try {
    if (flags.format === 'parquet' && flags.output !== undefined) session.expectParquet(flags.output)
    if (flags.batch !== undefined) return await runBatch(session, flags.batch, flags)
    const source = flags.file ?? 'query'
    const text = kql ?? readText(flags.file ?? '')
    return await explained(text, () => runOne(session, text, source, flags))
  } catch (error) {
    if (interrupt?.signal.aborted !== true) throw error
    return EXIT.interrupted
  } finally {
    await session.close()
    interrupt?.release()
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/^\ufeff/, '')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'cli/not-found',
      `cannot be read: ${why}`,
      { in: 'file', source: file },
      { cause: error },
    )
  }
}

/** An error in the text is printed with its line and a caret. */
async function explained(text: string, work: () => Promise<ExitStatus>): Promise<ExitStatus> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InputError) || error.at?.in !== 'text') throw error
    process.stderr.write(`triad: ${diagnosticText(error.toDiagnostic())}\n`)
    process.stderr.write(`${visible(excerpt(text, error.at), { keepNewlines: true })}\n`)
    return EXIT.usage
  }
}

async function runOne(
  session: QuerySession,
  text: string,
  source: string,
  flags: QueryFlags,
): Promise<ExitStatus> {
  const compiled = await session.compile(text, source)
  await session.load([{ text, compiled }])
  await session.tellEmpty(compiled)
  const settled = await session.settle(text, compiled)
  // What `render` becomes is told when it is known.
  session.tell(settled.notes.filter((note) => note.code !== 'query/render-ignored'))
  if (flags.format === 'parquet' && flags.output !== undefined) {
    await session.writeParquet(settled, flags.output)
  } else {
    await printRows(session, settled, flags)
  }
  return session.unreadable ? EXIT.unreadable : EXIT.done
}

async function printRows(session: QuerySession, compiled: CompiledQuery, flags: QueryFlags): Promise<void> {
  const format = flags.format === 'parquet' ? 'table' : flags.format
  const terminal =
    flags.output === undefined && process.stdout.isTTY ? { columns: process.stdout.columns } : {}
  const target = openRowTarget(flags.output, { force: flags.force ?? false, evidence: flags.evidence ?? [] })
  try {
    if (compiled.render !== undefined && format === 'table') await printChart(session, compiled, target.write)
    else {
      const writer = rowWriter(format, compiled.columns, terminal)
      await target.write(writer.begin())
      for await (const rows of session.rows(compiled)) {
        if (!(await target.write(writer.rows(rows)))) break
      }
      await target.write(writer.end())
    }
    target.commit()
  } finally {
    target.discard()
  }
}

/** A result to be drawn is small: it is gathered, and printed as rows where it cannot be drawn. */
async function printChart(
  session: QuerySession,
  compiled: CompiledQuery,
  write: (text: string) => Promise<boolean>,
): Promise<void> {
  const { render, columns } = compiled
  const all: (readonly KustoValue[])[] = []
  for await (const rows of session.rows(compiled)) all.push(...rows)
  const terminalColumns = process.stdout.columns ?? 100
  const chart = render === undefined ? undefined : drawChart(render, columns, all, terminalColumns)
  if (chart !== undefined) {
    await write(chart)
    return
  }
  if (render !== undefined && render.chart !== 'table') {
    session.tell([
      {
        code: 'query/render-ignored',
        severity: 'info',
        message: `render ${render.chart} is not drawn here; these are its rows`,
      },
    ])
  }
  const writer = rowWriter('table', columns, process.stdout.isTTY ? { columns: terminalColumns } : {})
  await write(writer.begin() + writer.rows(all) + writer.end())
}

interface BatchLine {
  readonly id: unknown
  readonly text: string
  readonly compiled?: CompiledQuery
  readonly failure?: unknown
}

/** Every line of the file gets one line of answer, in order; a query that fails stops none of the others. */
async function runBatch(session: QuerySession, file: string, flags: QueryFlags): Promise<ExitStatus> {
  const lines: BatchLine[] = []
  for (const line of readText(file).split('\n')) {
    if (line.trim() !== '') lines.push(await readBatchLine(session, line, lines.length))
  }
  await session.load(
    lines.flatMap(({ text, compiled }) => (compiled === undefined ? [] : [{ text, compiled }])),
  )
  const target = openRowTarget(flags.output, { force: flags.force ?? false, evidence: flags.evidence ?? [] })
  try {
    for (const line of lines) {
      if (!(await target.write(`${await answerLine(session, line)}\n`))) break
    }
    target.commit()
  } finally {
    target.discard()
  }
  return session.unreadable ? EXIT.unreadable : EXIT.done
}

async function readBatchLine(session: QuerySession, line: string, index: number): Promise<BatchLine> {
  const { id, text, failure } = parseBatchLine(line, index)
  if (failure !== undefined) return { id, text, failure }
  try {
    return { id, text, compiled: await session.compile(text, 'query') }
  } catch (error) {
    return { id, text, failure: error }
  }
}

/** A line without an id, or that cannot be read, is known by its number. */
function parseBatchLine(line: string, index: number): Pick<BatchLine, 'id' | 'text' | 'failure'> {
  const fail = (message: string, id: unknown = index + 1): Pick<BatchLine, 'id' | 'text' | 'failure'> => ({
    id,
    text: '',
    failure: new InputError('cli/usage', message),
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    return fail(`line ${index + 1} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (parsed === null || typeof parsed !== 'object') return fail(`line ${index + 1} is no {"id","query"}`)
  const id = 'id' in parsed ? parsed.id : index + 1
  if (!('query' in parsed) || typeof parsed.query !== 'string') {
    return fail(`line ${index + 1} has no text under "query"`, id)
  }
  return { id, text: parsed.query, failure: undefined }
}

async function answerLine(
  session: QuerySession,
  { id, text, compiled, failure }: BatchLine,
): Promise<string> {
  try {
    if (compiled === undefined) throw failure
    const settled = await session.settle(text, compiled)
    const rows: (readonly KustoValue[])[] = []
    for await (const batch of session.rows(settled)) rows.push(...batch)
    return jsonText({ id, columns: settled.columns.map(({ name, type }) => ({ name, type })), rows })
  } catch (error) {
    session.throwIfInterrupted()
    return jsonText({ id, error: errorObject(error), refused: isRefusal(error) })
  }
}

function errorObject(error: unknown): Pick<Diagnostic, 'message' | 'at' | 'hint'> & { code: string } {
  if (!(error instanceof InputError)) {
    return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
  }
  const { code, message, at, hint } = error.toDiagnostic()
  return { code, message, ...(at === undefined ? {} : { at }), ...(hint === undefined ? {} : { hint }) }
}

/** Valid KQL that we do not translate, or have no function for. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof InputError &&
    (error.code === 'query/unsupported' || error.code === 'engine/function-missing')
  )
}
