import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { InputError } from '../../diagnostics/index.ts'

/** The three things we ask of a ClickHouse, wherever it runs. Settings are those of {@link CLICKHOUSE_SETTINGS}. */
export interface ClickHouseTransport {
  /** Unqualified names mean tables of this database from now on. */
  use(database: string): Promise<void>
  command(sql: string): Promise<void>
  /** Adds rows given as JSON arrays, one a line. */
  insert(table: string, columns: readonly string[], lines: string): Promise<void>
  /** Rows as JSON arrays, one a line. `parameters` are named `p1`, `p2`, …, as text. */
  select(sql: string, parameters: Readonly<Record<string, string>>, timeoutMs?: number): Promise<string>
  close(): Promise<void>
}

/** What the dialect's SQL relies on, and how values are read and written. */
export const CLICKHOUSE_SETTINGS: Readonly<Record<string, string>> = {
  date_time_input_format: 'best_effort',
  date_time_output_format: 'iso',
  enable_unaligned_array_join: '1',
  input_format_null_as_default: '0',
  join_use_nulls: '1',
  output_format_json_quote_64bit_integers: '1',
  output_format_json_quote_decimals: '1',
  output_format_json_quote_denormals: '1',
  session_timezone: 'UTC',
}

/** The members of `chdb` 3.4 that we use. */
interface ChdbSession {
  query(sql: string, format?: string): string
  queryBindAsync(
    sql: string,
    parameters: object,
    options: { format: string; timeout?: number },
  ): Promise<{ text(): string }>
  close(): void
}

/** ClickHouse in this process, where the npm package `chdb` is installed (Linux and macOS). */
export function openChdb(): ClickHouseTransport {
  let chdb: { readonly Session: new () => ChdbSession }
  try {
    chdb = createRequire(import.meta.url)('chdb') as typeof chdb
  } catch (error) {
    throw new InputError('engine/not-installed', 'the npm package chdb is not installed', undefined, {
      cause: error,
      hint: 'npm install chdb, or name a server with --clickhouse-url',
    })
  }
  const session = new chdb.Session()
  for (const [name, value] of Object.entries(CLICKHOUSE_SETTINGS)) session.query(`SET ${name} = '${value}'`)
  return {
    async use(database) {
      session.query(`USE ${database}`)
    },
    async command(sql) {
      session.query(sql)
    },
    async insert(table, columns, lines) {
      session.query(`INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow\n${lines}`)
    },
    async select(sql, parameters, timeoutMs) {
      const options = {
        format: 'JSONCompactEachRow',
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      }
      return (await session.queryBindAsync(sql, parameters, options)).text()
    },
    async close() {
      session.close()
    },
  }
}

/** Longest a statement without a limit of its own may take; the client would give up after 30 seconds. */
const REQUEST_TIMEOUT_MS = 24 * 3_600_000

/**
 * A ClickHouse server over its HTTP interface, by ClickHouse's own client, an optional peer. The URL may carry user and
 * password. Throws `engine/not-installed`.
 */
export function openClickHouseServer(url: string): ClickHouseTransport {
  let target: URL
  try {
    target = new URL(url)
  } catch (error) {
    throw new InputError('engine/not-installed', `is no URL: ${url}`, undefined, { cause: error })
  }
  // We make databases of our own: one named in the URL would take their place in every request.
  target.pathname = '/'
  target.search = ''
  const { createClient, ClickHouseLogLevel } = loadClient()
  const connect = (database?: string): ClickHouseClient =>
    createClient({
      url: target,
      ...(database === undefined ? {} : { database }),
      // A result is sent when it is whole: an error in its midst would look like its end.
      clickhouse_settings: { ...CLICKHOUSE_SETTINGS, wait_end_of_query: 1 },
      request_timeout: REQUEST_TIMEOUT_MS,
      use_multipart_params_auto: true,
      log: { level: ClickHouseLogLevel.OFF },
    })
  let client = connect()
  return {
    async use(database) {
      await client.close()
      client = connect(database)
    },
    async command(sql) {
      await client.command({ query: sql })
    },
    async insert(table, columns, lines) {
      const query = `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`
      const { stream } = await client.exec({ query, values: Readable.from([lines], { objectMode: false }) })
      stream.resume()
    },
    async select(sql, parameters, timeoutMs) {
      const result = await client.query({
        query: sql,
        format: 'JSONCompactEachRow',
        query_params: parameters,
        ...(timeoutMs === undefined ? {} : { abort_signal: AbortSignal.timeout(timeoutMs) }),
      })
      return result.text()
    },
    close: () => client.close(),
  }
}

function loadClient(): typeof import('@clickhouse/client') {
  try {
    return createRequire(import.meta.url)('@clickhouse/client') as typeof import('@clickhouse/client')
  } catch (error) {
    throw new InputError(
      'engine/not-installed',
      'the npm package @clickhouse/client is not installed',
      undefined,
      {
        cause: error,
        hint: 'npm install @clickhouse/client',
      },
    )
  }
}
