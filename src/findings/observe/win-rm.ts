import type { EventRecord } from '../../records/event.ts'
import { fieldsOf, usable } from './place.ts'

/** Two names of one event each are read up to here. */
const MAX_TEXT = 2048

/** A session over WinRM: whose, from where, to which machine. */
export interface WinRmSession {
  /** The machine that was reached. */
  readonly host: string | undefined
  readonly address: string
  readonly account?: string
}

/**
 * Microsoft-Windows-WinRM/Operational 91 on the machine that was reached, whose `resourceUri` ends in
 * `(DOMAIN\user clientIP: address)` on newer Windows and says nothing of the client on older ones; and 6 on the machine
 * that asked, whose `connection` is `host/wsman?...` or a URL. The account of 6 is who was signed in there, not whom the
 * session was opened as, and is not given. What services of Windows ask by themselves is no one's session.
 * Source: TELEMETRY section 7; public descriptions of both events.
 */
export function winRmSession(event: EventRecord): WinRmSession | undefined {
  const field = fieldsOf(event, { resourceUri: 'Creating WSMan shell on server with ResourceUri' })
  if (event.eventId === 91) {
    const client = /\(([^()]{1,256}?)\s+clientIP:\s*([^\s()]{1,64})\)/i.exec(
      (field('resourceUri') ?? event.message ?? '').slice(0, MAX_TEXT),
    )
    const [, account, address] = client ?? []
    if (!usable(account) || !usable(address)) return undefined
    return { host: event.computer, account, address }
  }
  if (event.eventId !== 6 || !usable(event.computer) || isService(event.userSid)) return undefined
  const connection =
    field('connection') ??
    /connection string is:?\s*(\S+)/i.exec(event.message?.slice(0, MAX_TEXT) ?? '')?.[1]
  const host = hostOf(connection ?? '')
  if (host === undefined || firstLabel(host) === firstLabel(event.computer)) return undefined
  return { host, address: event.computer }
}

/** `server/wsman?PSVersion=5.1`, `https://server:5986/wsman`; an address names no machine that evidence would know. */
function hostOf(connection: string): string | undefined {
  const name = /^(?:https?:\/\/)?([\w.-]{1,255})(?::\d+)?(?:[/?]|$)/i.exec(connection.trim())?.[1]
  return name === undefined || /^[\d.]+$/.test(name) || name.toLowerCase() === 'localhost' ? undefined : name
}

function firstLabel(name: string): string {
  return name.toLowerCase().split('.')[0] ?? ''
}

/** SYSTEM, LocalService and NetworkService. */
function isService(sid: string | undefined): boolean {
  return sid !== undefined && /^S-1-5-(?:18|19|20)$/i.test(sid)
}
