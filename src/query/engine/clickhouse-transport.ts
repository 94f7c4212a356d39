import { createRequire } from 'node:module'
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

/** ClickHouse over its HTTP interface; the URL may carry user, password and `?database=`. */
export function openClickHouseServer(url: string): ClickHouseTransport {
  let target: URL
  try {
    target = new URL(url)
  } catch (error) {
    throw new InputError('engine/not-installed', `is no URL: ${url}`, undefined, { cause: error })
  }
  const { username, password } = target
  const headers: Record<string, string> = username
    ? {
        'X-ClickHouse-User': decodeURIComponent(username),
        'X-ClickHouse-Key': decodeURIComponent(password),
      }
    : {}
  target.username = ''
  target.password = ''

  async function send(
    query: Readonly<Record<string, string>>,
    body: string,
    timeoutMs?: number,
  ): Promise<string> {
    const address = new URL(target)
    for (const [name, value] of Object.entries({ ...CLICKHOUSE_SETTINGS, ...query })) {
      address.searchParams.set(name, value)
    }
    const response = await fetch(address, {
      method: 'POST',
      headers,
      body,
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text.slice(0, 2000))
    return text
  }

  return {
    async use(database) {
      // HTTP remembers nothing between calls.
      target.searchParams.set('database', database)
    },
    async command(sql) {
      await send({}, sql)
    },
    async insert(table, columns, lines) {
      const query = `INSERT INTO ${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`
      await send({ query }, lines)
    },
    select(sql, parameters, timeoutMs) {
      const bound = Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [`param_${name}`, value]),
      )
      return send({ ...bound, default_format: 'JSONCompactEachRow' }, sql, timeoutMs)
    },
    async close() {
      // HTTP keeps nothing open that is ours.
    },
  }
}
