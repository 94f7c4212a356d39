import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compiled, rowsOf } from './compiled.suite.ts'
import { createTableSink, openClickHouse } from './index.ts'

interface Session {
  query(sql: string, format?: string): string
  queryBindAsync(sql: string, parameters: object, options: { format: string }): Promise<{ text(): string }>
  close(): void
}

function openSession(): Session | undefined {
  try {
    const { Session } = createRequire(import.meta.url)('chdb') as { Session: new () => Session }
    return new Session()
  } catch {
    process.stderr.write(
      'skipped: the npm package chdb is not installed; the HTTP interface is tested with its engine behind it\n',
    )
    return undefined
  }
}

/** Values of `param_…` come in the escaped form of TabSeparated, as ClickHouse documents for its HTTP interface. */
function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' }
  return text.replace(/\\(.)/gs, (_, char: string) => named[char] ?? char)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The part of ClickHouse's HTTP interface that is used, with a real ClickHouse behind it. */
function serve(session: Session, seen: string[]): Server {
  return createServer((request, response) => {
    void (async () => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
      seen.push(request.headers.authorization ?? '')
      const body = await bodyOf(request)
      const head = searchParams.get('query')
      const sql = head === null ? body : `${head}\n${body}`
      try {
        for (const [name, value] of searchParams) {
          if (name === 'database') session.query(`USE ${value}`)
          else if (/^(date_time|input_|output_|join_|session_timezone|enable_unaligned)/.test(name))
            session.query(`SET ${name} = '${value}'`)
        }
        const bound = [...searchParams].filter(([name]) => name.startsWith('param_'))
        const parameters = Object.fromEntries(
          bound.map(([name, value]) => [name.slice('param_'.length), unescaped(value)]),
        )
        const text = /^\s*(SELECT|WITH)\b/i.test(sql)
          ? (await session.queryBindAsync(sql, parameters, { format: 'JSONCompactEachRow' })).text()
          : session.query(sql)
        response.end(text)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        response.writeHead(400, { 'X-ClickHouse-Exception-Code': '1' }).end(message)
      }
    })()
  })
}

const session = openSession()

describe.skipIf(session === undefined)('ClickHouse over HTTP', () => {
  const seen: string[] = []
  let server: Server | undefined
  let url = ''
  beforeAll(async () => {
    server = serve(session as Session, seen)
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    url = `http://analyst:se%2Fcret@127.0.0.1:${(server.address() as AddressInfo).port}/other?database=other`
  })
  afterAll(async () => {
    await new Promise((resolve) => server?.close(resolve))
    session?.close()
  })

  test('rows go in and come back, bound texts of every kind among them, as the user of the URL', async () => {
    const engine = await openClickHouse({ url })
    const texts = ['C:\\Windows\\n\\t', "it's", 'a\tb\nc\rd', '{p1:String}', '', 'ключ 🔑']
    const columns = [{ name: 'Text', type: 'string' }] as const
    await engine.writeTemporary(
      { name: 'T', columns },
      texts.map((text) => [text]),
    )
    for (const text of texts) {
      const sql = 'SELECT "Text" FROM "T" WHERE "Text" = {p1:String}'
      const rows = await rowsOf(
        engine,
        compiled(sql, columns, { parameters: [{ type: 'string', value: text }] }),
      )
      expect(rows).toEqual([[text]])
    }
    await engine.close()
    const user = `Basic ${Buffer.from('analyst:se/cret').toString('base64')}`
    expect(new Set(seen)).toEqual(new Set([user]))
  })

  test('records fill tables, and what ClickHouse refuses is told in its words', async () => {
    const engine = await openClickHouse({ url })
    const sink = createTableSink(engine, { tables: ['DeviceProcessEvents'], report: () => undefined })
    sink.event({
      evidence: 'e1',
      recordId: 7,
      provider: 'Microsoft-Windows-Sysmon',
      eventId: 1,
      computer: 'PC1',
      payload: 'EventData',
      names: ['UtcTime', 'ProcessId', 'Image', 'CommandLine'],
      values: ['2026-01-02 03:04:05.000', '7', 'C:\\a.exe', 'C:\\a.exe -x "\\\\srv\\share"'],
    })
    await sink.finish()
    expect(await engine.rowCounts()).toEqual(new Map([['DeviceProcessEvents', 1]]))
    await expect(rowsOf(engine, compiled('SELECT no_such_function(1)', []))).rejects.toMatchObject({
      code: 'engine/run-failed',
      message: expect.stringContaining('no_such_function'),
    })
    await engine.close()
  })
})

test('a server that is not there is told with its address', async () => {
  const free = createServer()
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
  const { port } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  await expect(openClickHouse({ url: `http://127.0.0.1:${port}` })).rejects.toThrow(String(port))
})
