import { createHash } from 'node:crypto'
import { lookupTable } from '../../bytes/index.ts'
import type { CimValue } from '../../lang/cim-value.ts'
import { normalizeNamespace } from '../../lang/object-path.ts'
import type { ConsumerFacts, FilterFacts, SubscriptionFacts } from '../model.ts'

/** Properties that can carry a payload, by class, lower case. KNOWN-GOOD section 3. */
const PAYLOAD_PROPERTIES: Readonly<Record<string, readonly string[]>> = lookupTable({
  commandlineeventconsumer: ['commandlinetemplate', 'executablepath', 'workingdirectory'],
  activescripteventconsumer: ['scriptingengine', 'scripttext', 'scriptfilename'],
  logfileeventconsumer: ['filename', 'text'],
  smtpeventconsumer: [
    'smtpserver',
    'toline',
    'ccline',
    'bccline',
    'fromline',
    'replytoline',
    'subject',
    'message',
    'headerfields',
  ],
  nteventlogeventconsumer: [
    'sourcename',
    'eventid',
    'eventtype',
    'category',
    'insertionstringtemplates',
    'nameofusersidproperty',
    'uncservername',
  ],
})
const NO_PAYLOAD = ['name', 'creatorsid', 'maximumqueuesize']

/** `NT AUTHORITY` in the languages of Windows: `NT-AUTORITÄT`, `AUTORITE NT`, `ZARZĄDZANIE NT`. */
const AUTHORITY = '(?:[^\\\\]*[\\s-])?nt(?:[\\s-][^\\\\]*)?'
const ACCOUNT_SIDS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:builtin|vordefiniert|predefinito|integrado|incorporado)\\(?:administrators|administratoren|administrateurs|administradores|amministratori|administratorzy|administratörer|administratorer|järjestelmänvalvojat|rendszergazdák|администраторы)$/iu,
    'S-1-5-32-544',
  ],
  [new RegExp(`^${AUTHORITY}\\\\(?:system|syst[eè]me|sistema|система)$`, 'iu'), 'S-1-5-18'],
  [
    new RegExp(`^${AUTHORITY}\\\\(?:local service|lokaler dienst|service local|servicio local)$`, 'iu'),
    'S-1-5-19',
  ],
  [
    new RegExp(
      `^${AUTHORITY}\\\\(?:network service|netzwerkdienst|service r[eé]seau|servicio de red)$`,
      'iu',
    ),
    'S-1-5-20',
  ],
]

/** `S-1-...` text of a creator; names of accounts that are the same everywhere are put into that form. */
export function creatorSid(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^s-1-/i.test(text)) return text.toUpperCase()
  return ACCOUNT_SIDS.find(([name]) => name.test(text))?.[1]
}

/** Class of a SID: a well-known one as it is, the built-in administrator of any machine, or an account. */
function sidClass(sid: string | undefined): string | undefined {
  if (sid === undefined) return undefined
  if (/^S-1-5-21-.*-500$/.test(sid)) return 'rid-500'
  return /^S-1-5-21-/.test(sid) ? 'account' : sid
}

/** A query in the form used for comparing: single spaces, lower case, one kind of quotes, literals as they are. */
export function normalQuery(query: string): string {
  const tokens =
    query.slice(0, 65_536).match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.*@$#]+|<>|<=|>=|!=|[^\s\w]/g) ?? []
  return tokens
    .map((token) =>
      /^['"]/.test(token) && token.length > 1 ? `"${token.slice(1, -1)}"` : token.toLowerCase(),
    )
    .join(' ')
}

function plainValue(value: CimValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plainValue)
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      (value as { properties: readonly { name: string; value: CimValue }[] }).properties.map((part) => [
        part.name.toLowerCase(),
        plainValue(part.value),
      ]),
    )
  }
  return value
}

/** True for what a class default or NULL amounts to, so that sources which leave it out compare equal. */
export function isDefaultValue(value: CimValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === 0 ||
    value === 0n ||
    value === false ||
    (Array.isArray(value) && value.every(isDefaultValue))
  )
}

function consumerContent(consumer: ConsumerFacts): Record<string, unknown> {
  const type = (consumer.class ?? '').toLowerCase()
  const allowed = PAYLOAD_PROPERTIES[type]
  const payload: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(consumer.properties)) {
    const lower = name.toLowerCase()
    const counts =
      allowed === undefined ? !NO_PAYLOAD.includes(lower) && !lower.startsWith('__') : allowed.includes(lower)
    if ((counts || lower === 'machinename') && !isDefaultValue(value)) payload[lower] = plainValue(value)
  }
  return { class: type, name: consumer.name, ...payload }
}

function filterContent(filter: FilterFacts): Record<string, unknown> {
  return {
    class: '__eventfilter',
    name: filter.name,
    eventNamespace: normalizeNamespace(filter.eventNamespace ?? ''),
    query: filter.query === undefined ? undefined : normalQuery(filter.query),
    queryLanguage: (filter.queryLanguage ?? 'WQL').toUpperCase(),
    eventAccess: filter.eventAccess === '' ? undefined : filter.eventAccess,
  }
}

/** JSON with sorted keys and without absent values: the same content gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const parts = Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([name, part]) => `${JSON.stringify(name)}:${canonicalJson(part)}`)
    return `{${parts.join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}

const sha256 = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex')

/** What a fingerprint is made of. */
export type FingerprintInput = Pick<SubscriptionFacts, 'namespace' | 'filter' | 'consumer' | 'binding'>

/** Both forms of a subscription's fingerprint. */
export interface Fingerprint {
  /** SHA-256 over namespace, filter, consumer and the kind of creator. */
  readonly full: string
  /** The same without the creator, for sources that do not tell it. */
  readonly content: string
  readonly hasCreator: boolean
}

/**
 * SHA-256 of a subscription's canonical JSON (KNOWN-GOOD section 3): namespace, filter, consumer with every property
 * that can carry a payload, and the kind of creator. `undefined` while the filter's query or the payload is not known.
 * Host, times and account numbers do not enter, so that the same subscription on two machines is equal.
 */
export function fingerprintOf(facts: FingerprintInput): Fingerprint | undefined {
  const { filter, consumer } = facts
  if (filter?.query === undefined || consumer?.class === undefined) return undefined
  if (Object.values(consumer.properties).every(isDefaultValue)) return undefined
  const sids = [filter.creatorSid, consumer.creatorSid, facts.binding?.creatorSid].map(creatorSid)
  const known = [...new Set(sids.filter((sid) => sid !== undefined))]
  const content = {
    namespace: normalizeNamespace(facts.namespace ?? 'root\\subscription'),
    filter: filterContent(filter),
    consumer: consumerContent(consumer),
    binding: {},
  }
  const creator = { filter: sidClass(sids[0]), consumer: sidClass(sids[1]), equal: known.length <= 1 }
  return {
    full: sha256(known.length === 0 ? content : { ...content, creator }),
    content: sha256(content),
    hasCreator: known.length > 0,
  }
}
