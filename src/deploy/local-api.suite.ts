import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Record<string, unknown> | undefined
}

/** An answer that the server gives instead of its own, once. */
export interface Scripted {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Only for this method. */
  readonly method?: string
}

/**
 * A local server that speaks the documented protocol of both APIs: Azure Resource Manager's `alertRules` and
 * `savedSearches` (GET, PUT with etags, 200 and 201) and Graph's `detectionRules` (GET, POST, PATCH, 409 for an id that
 * exists). Source: SENTINEL 2.3 and 4.1.
 */
export class LocalApi {
  readonly received: Received[] = []
  readonly stored = new Map<string, Record<string, unknown>>()
  /** Answered first, in order. */
  readonly script: Scripted[] = []
  #server: Server | undefined
  #etag = 0

  async open(): Promise<string> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, headers, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(body === undefined ? '' : JSON.stringify(body))
      })
    })
    const server = this.#server
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    await new Promise((done) => this.#server?.close(done))
  }

  async #answer(request: IncomingMessage): Promise<Scripted> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const path = new URL(request.url ?? '/', 'http://local').pathname
    const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
    const { method = 'GET' } = request
    this.received.push({ method, path, authorization: request.headers.authorization, body })
    const next = this.script.findIndex((entry) => entry.method === undefined || entry.method === method)
    if (next >= 0) return this.script.splice(next, 1)[0] ?? { status: 500 }
    return path.startsWith('/v1.0/') ? this.#graph(method, path, body) : this.#arm(method, path, body)
  }

  #arm(method: string, path: string, body: Record<string, unknown> | undefined): Scripted {
    const held = this.stored.get(path)
    if (method === 'GET') return held === undefined ? missing : { status: 200, body: held }
    if (body?.etag !== undefined && body.etag !== held?.etag)
      return { status: 412, body: error('PreconditionFailed') }
    this.#etag += 1
    // The service stores what it was sent, and adds fields of its own.
    const stored = { ...body, etag: `"${this.#etag}"`, id: path, systemData: {} }
    this.stored.set(path, stored)
    return { status: held === undefined ? 201 : 200, body: stored }
  }

  #graph(method: string, path: string, body: Record<string, unknown> | undefined): Scripted {
    if (method === 'POST') {
      const own = `${path}/${String(body?.id)}`
      if (this.stored.has(own)) return { status: 409, body: error('Conflict') }
      this.stored.set(own, { ...body })
      return { status: 201, body }
    }
    const held = this.stored.get(path)
    if (held === undefined) return missing
    if (method === 'GET') return { status: 200, body: { '@odata.context': 'x', ...held } }
    this.stored.set(path, { ...held, ...body })
    return { status: 204 }
  }
}

const error = (code: string): unknown => ({ error: { code, message: `the service says ${code}` } })
const missing: Scripted = { status: 404, body: error('NotFound') }
