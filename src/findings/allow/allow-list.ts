import { parseDocument, stringify } from 'yaml'
import { InputError } from '../../diagnostics/index.ts'
import type { Fingerprint } from '../known-good/index.ts'
import type { SubscriptionFacts } from '../model.ts'
import type { AllowAnswer, AllowEntry, AllowList } from './types.ts'

const HEAD = `# Subscriptions that we know and allow, each by the fingerprint of its whole content.
# An entry needs owner, reason and expires; it stops counting the day after. \`triad allow check\` tells which have.
`
const SHA256 = /^[0-9a-f]{64}$/

/**
 * Reads an allow list. `InputError` findings/bad-allow-list names the entry and what it lacks: an entry without owner,
 * reason or end would silence for ever on nobody's word.
 */
export function parseAllowList(text: string, source: string): AllowList {
  const fail = (message: string): InputError =>
    new InputError(
      'findings/bad-allow-list',
      `${source}: ${message}`,
      { in: 'file', source },
      {
        hint: 'each entry has fingerprint (64 hex digits), owner, reason and expires (YYYY-MM-DD); see docs/judgement.md',
      },
    )
  const document = parseDocument(text)
  if (document.errors[0] !== undefined) throw fail(document.errors[0].message.split('\n')[0] ?? 'not YAML')
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (value === null || value === undefined) return { source, entries: [] }
  const list = (value as { allow?: unknown }).allow
  if (!Array.isArray(list)) throw fail('there is no list "allow"')
  return {
    source,
    entries: list.map((item, at) => entryOf(item, (what) => fail(`entry ${at + 1}: ${what}`))),
  }
}

function entryOf(item: unknown, fail: (what: string) => InputError): AllowEntry {
  if (item === null || typeof item !== 'object') throw fail('it is not a mapping')
  const value = item as Record<string, unknown>
  const text = (name: string): string => {
    const part = value[name]
    const written =
      part instanceof Date ? part.toISOString().slice(0, 10) : typeof part === 'string' ? part.trim() : ''
    if (written === '') throw fail(`${name} is missing`)
    return written
  }
  const fingerprint = text('fingerprint').toLowerCase()
  if (!SHA256.test(fingerprint)) throw fail('fingerprint is not 64 hex digits')
  const expires = text('expires')
  if (!/^\d{4}-\d{2}-\d{2}/.test(expires) || Number.isNaN(Date.parse(expires)))
    throw fail('expires is not a date (YYYY-MM-DD)')
  const hosts = value.hosts
  if (hosts !== undefined && !(Array.isArray(hosts) && hosts.every((host) => typeof host === 'string'))) {
    throw fail('hosts is not a list of names')
  }
  const content = typeof value.content === 'string' ? value.content.toLowerCase() : undefined
  return {
    fingerprint,
    ...(content === undefined ? {} : { content }),
    ...(typeof value.title === 'string' ? { title: value.title } : {}),
    ...(hosts === undefined ? {} : { hosts: hosts as readonly string[] }),
    owner: text('owner'),
    reason: text('reason'),
    ...(typeof value.ticket === 'string' ? { ticket: value.ticket } : {}),
    expires,
  }
}

/** An allow list as the text of its file. */
export function printAllowList(list: AllowList): string {
  return HEAD + stringify({ allow: list.entries })
}

/** True when the entry's last day is over. `now`: ISO 8601. */
export function isExpired(entry: AllowEntry, now: string): boolean {
  const end = entry.expires.length === 10 ? `${entry.expires}T23:59:59.999Z` : entry.expires
  return Date.parse(now) > Date.parse(end)
}

function coversHost(entry: AllowEntry, host: string | undefined): boolean {
  if (entry.hosts === undefined) return true
  const name = (host ?? '').toLowerCase()
  return entry.hosts.some((pattern) => {
    const parts = pattern
      .toLowerCase()
      .split('*')
      .map((part) => part.replace(/[.+?^$()[\]{}|\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('[^]*')}$`).test(name)
  })
}

/** The entry that covers a subscription, still valid or expired; a valid one wins. `undefined`: none does. */
export function checkAllowed(
  list: AllowList,
  facts: SubscriptionFacts,
  fingerprint: Fingerprint | undefined,
  now: string = new Date().toISOString(),
): AllowAnswer | undefined {
  if (fingerprint === undefined) return undefined
  const covering = list.entries.filter(
    (entry) =>
      (entry.fingerprint === fingerprint.full ||
        // A source without SIDs cannot give the full fingerprint; the content must still agree in everything else.
        (!fingerprint.hasCreator && entry.content === fingerprint.content)) &&
      coversHost(entry, facts.host),
  )
  const valid = covering.find((entry) => !isExpired(entry, now))
  if (valid !== undefined) return { kind: 'allowed', entry: valid }
  return covering[0] === undefined ? undefined : { kind: 'expired', entry: covering[0] }
}
