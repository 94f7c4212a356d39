import { type DiagnosticCode, InputError } from '../diagnostics/index.ts'
import type { Json } from '../exports/index.ts'

/** One request of a platform's API. */
export interface ApiRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH'
  /** Absolute. */
  readonly url: string
  readonly body?: Json
}

export interface ApiAnswer {
  readonly status: number
  /** The JSON of the answer; `null` where there is none. */
  readonly body: Json
}

export interface ClientOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** A token for the API; called once for each request, so that a long deployment renews it. */
  readonly token: () => Promise<string>
  /** Waits; a test passes its own. */
  readonly sleep: (milliseconds: number) => Promise<void>
  readonly now: () => number
  /** What 403 means here, as a sentence that names the role. */
  readonly role: string
}

/** Tries of one request, the first included. */
const MAX_TRIES = 5
/** The longest wait that a server may ask for; more is an outage, and the user decides. */
const MAX_WAIT_MS = 60_000
const REQUEST_TIMEOUT_MS = 100_000
const MAX_MESSAGE = 500

/**
 * Sends a request with a bearer token: waits and tries again at 429, 5xx and broken connections, as `Retry-After` says;
 * gives 2xx, 404 of a GET and conflicts of a change to the caller; throws `deploy/unauthorized`, `deploy/forbidden`, `deploy/refused` or
 * `deploy/unavailable`. No message ever holds the token. Redirects are refused: they would carry it elsewhere.
 */
export async function send(request: ApiRequest, options: ClientOptions): Promise<ApiAnswer> {
  let last = ''
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const token = await options.token()
    const answer = await tryOnce(request, token, options)
    if (answer instanceof Error) last = hide(answer.message, token)
    else if (answer.status === 429 || answer.status >= 500) {
      last = `status ${answer.status}${detail(answer.body, token)}`
    } else return judge(request, answer, token, options)
    if (attempt < MAX_TRIES) {
      const asked = answer instanceof Error ? undefined : retryAfter(answer.retryAfter, options.now())
      await options.sleep(Math.min(asked ?? 1000 * 2 ** (attempt - 1), MAX_WAIT_MS))
    }
  }
  throw new InputError(
    'deploy/unavailable',
    `${where(request)}: ${last}, after ${MAX_TRIES} tries`,
    undefined,
    {
      hint: 'nothing is lost: run the same command again, rules that are there already are only compared',
    },
  )
}

interface Answer extends ApiAnswer {
  readonly retryAfter: string | null
}

async function tryOnce(request: ApiRequest, token: string, options: ClientOptions): Promise<Answer | Error> {
  try {
    const response = await options.fetch(request.url, {
      method: request.method,
      headers: { ...HEADERS, authorization: `Bearer ${token}` },
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    const text = await response.text()
    return { status: response.status, body: readJson(text), retryAfter: response.headers.get('retry-after') }
  } catch (error) {
    // `fetch` says "fetch failed" and why in its cause.
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    return new Error(`${error instanceof Error ? error.message : String(error)}${cause}`)
  }
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' } as const

function readJson(text: string): Json {
  try {
    return text === '' ? null : (JSON.parse(text) as Json)
  } catch {
    return { error: { message: text.slice(0, MAX_MESSAGE) } }
  }
}

function judge(request: ApiRequest, answer: Answer, token: string, options: ClientOptions): ApiAnswer {
  if (answer.status === 401) {
    throw refusal(
      'deploy/unauthorized',
      request,
      answer,
      token,
      'the token was not accepted: sign in again, to the right tenant',
    )
  }
  if (answer.status === 403) throw refusal('deploy/forbidden', request, answer, token, options.role)
  const expected = request.method === 'GET' ? [404] : [409, 412]
  if (answer.status < 300) return answer
  if (expected.includes(answer.status))
    return { status: answer.status, body: withoutToken(answer.body, token) }
  throw refusal('deploy/refused', request, answer, token)
}

function refusal(
  code: DiagnosticCode,
  request: ApiRequest,
  answer: Answer,
  token: string,
  hint?: string,
): InputError {
  return new InputError(
    code,
    `${where(request)}: status ${answer.status}${detail(answer.body, token)}`,
    undefined,
    hint === undefined ? {} : { hint },
  )
}

/** What the platform says of a refusal that was left to the caller, as `: words`; empty where it says nothing. */
export const words = (answer: ApiAnswer): string => detail(answer.body, '')

/** The platform's own words, `{"error":{"code","message"}}`, without the token should it repeat it. */
function detail(body: Json, token: string): string {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' ? `: ${hide(message, token).slice(0, MAX_MESSAGE)}` : ''
}

/** An answer that a caller may quote, in its words only. */
function withoutToken(body: Json, token: string): Json {
  return token === '' ? body : (JSON.parse(hide(JSON.stringify(body), token)) as Json)
}

function hide(text: string, token: string): string {
  return token === '' ? text : text.replaceAll(token, '(token)')
}

/** Method and path: a query string may be long, and the host is the same for all. */
const where = (request: ApiRequest): string => `${request.method} ${new URL(request.url).pathname}`

/** Milliseconds of a `Retry-After`: seconds, or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
