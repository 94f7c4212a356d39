import { InputError } from '../diagnostics/index.ts'
import {
  HUNTING_API_VERSION,
  huntingProperties,
  isObject,
  type Json,
  type JsonObject,
  RULE_API_VERSION,
  ruleProperties,
  type SentinelRule,
} from '../exports/index.ts'
import { type ApiAnswer, type ApiRequest, type ClientOptions, send, words } from './client.ts'
import { notAsWanted } from './compare.ts'
import type { DeployResult } from './result.ts'

export const AZURE_ENDPOINT = 'https://management.azure.com'
export const SENTINEL_ROLE =
  'the identity needs the role Microsoft Sentinel Contributor on the workspace or its resource group'

export interface SentinelTarget {
  /** Of Azure Resource Manager, without a slash at its end. */
  readonly endpoint: string
  readonly subscription: string
  readonly resourceGroup: string
  readonly workspace: string
  readonly apiVersion?: string
}

/** Properties that an update may send; the service refuses or ignores others. Source: SENTINEL 2.3. */
const WRITABLE = [
  'displayName',
  'description',
  'severity',
  'query',
  'queryFrequency',
  'queryPeriod',
  'triggerOperator',
  'triggerThreshold',
  'suppressionDuration',
  'suppressionEnabled',
  'tactics',
  'techniques',
  'entityMappings',
  'eventGroupingSettings',
  'alertDetailsOverride',
  'customDetails',
  'incidentConfiguration',
  'alertRuleTemplateName',
  'templateVersion',
  'enabled',
]
/** Known to preview versions of the API only. */
const PREVIEW = ['subTechniques', 'sentinelEntitiesMappings']

/** The exact requests of a first deployment: what `--dry-run` prints. An update differs by the rule's own state there. */
export function planSentinel(rules: readonly SentinelRule[], target: SentinelTarget): ApiRequest[] {
  return [
    ...watchlistsOf(rules).map((alias) => ({ method: 'GET' as const, url: watchlistUrl(alias, target) })),
    ...rules.flatMap((rule) => {
      const url = ruleUrl(rule, target)
      return [
        { method: 'GET' as const, url },
        { method: 'PUT' as const, url, body: ruleBody(rule, target) },
        { method: 'GET' as const, url },
      ]
    }),
  ]
}

/** Watchlists that the rules read and the workspace does not have: a query over one of them fails. */
export async function missingWatchlists(
  rules: readonly SentinelRule[],
  target: SentinelTarget,
  client: ClientOptions,
): Promise<string[]> {
  const missing: string[] = []
  for (const alias of watchlistsOf(rules)) {
    const { status } = await send({ method: 'GET', url: watchlistUrl(alias, target) }, client)
    if (status === 404) missing.push(alias)
  }
  return missing
}

function watchlistsOf(rules: readonly SentinelRule[]): string[] {
  const aliases = rules.flatMap(({ rule }) =>
    [...String(rule.query).matchAll(/_GetWatchlist\(\s*["']([\w-]+)["']/g)].map((match) => match[1] ?? ''),
  )
  return [...new Set(aliases)]
}

/**
 * Creates or updates one rule and reads it back. An existing rule keeps what a team decided there: whether it is on, and
 * every property that ours does not name. A rule that is as wanted is not sent.
 */
export async function deploySentinelRule(
  rule: SentinelRule,
  target: SentinelTarget,
  client: ClientOptions,
): Promise<DeployResult> {
  const url = ruleUrl(rule, target)
  const wanted = ruleBody(rule, target)
  let conflict: ApiAnswer | undefined
  // A second round where somebody changed the rule between reading and writing.
  for (let round = 0; round < 2; round += 1) {
    const before = await send({ method: 'GET', url }, client)
    const body = before.status === 404 ? wanted : merged(wanted, before.body, rule)
    if (before.status !== 404 && notAsWanted(bodyOf(body), bodyOf(before.body)).length === 0) {
      return { rule: rule.name, outcome: 'unchanged', differences: [] }
    }
    const written = await send({ method: 'PUT', url, body }, client)
    if (written.status === 409 || written.status === 412) {
      conflict = written
      continue
    }
    const after = await send({ method: 'GET', url }, client)
    return {
      rule: rule.name,
      outcome: before.status === 404 ? 'created' : 'updated',
      differences: after.status === 404 ? ['the whole rule'] : notAsWanted(bodyOf(body), bodyOf(after.body)),
    }
  }
  throw new InputError(
    'deploy/refused',
    `${rule.name}: status ${conflict?.status}${conflict === undefined ? '' : words(conflict)}`,
    undefined,
    {
      hint:
        conflict?.status === 409
          ? 'the service keeps the id of a deleted rule for a while: run the same command again later'
          : 'somebody else is changing the rule: run the same command again',
    },
  )
}

const watchlistUrl = (alias: string, target: SentinelTarget): string =>
  `${workspaceUrl(target)}/providers/Microsoft.SecurityInsights/watchlists/${encodeURIComponent(alias)}?api-version=${RULE_API_VERSION}`

function workspaceUrl(target: SentinelTarget): string {
  const part = encodeURIComponent
  return `${target.endpoint}/subscriptions/${part(target.subscription)}/resourceGroups/${part(target.resourceGroup)}/providers/Microsoft.OperationalInsights/workspaces/${part(target.workspace)}`
}

function ruleUrl({ rule, hunting }: SentinelRule, target: SentinelTarget): string {
  const part = encodeURIComponent
  const workspace = workspaceUrl(target)
  const id = part(String(rule.id))
  return hunting
    ? `${workspace}/savedSearches/${id}?api-version=${HUNTING_API_VERSION}`
    : `${workspace}/providers/Microsoft.SecurityInsights/alertRules/${id}?api-version=${part(target.apiVersion ?? RULE_API_VERSION)}`
}

function ruleBody({ rule, hunting }: SentinelRule, target: SentinelTarget): JsonObject {
  if (hunting) return { properties: huntingProperties(rule) }
  const allowed = (target.apiVersion ?? '').endsWith('-preview') ? [...WRITABLE, ...PREVIEW] : WRITABLE
  return { kind: rule.kind ?? 'Scheduled', properties: pick(ruleProperties(rule), allowed) }
}

function merged(wanted: JsonObject, there: Json, { name, hunting }: SentinelRule): JsonObject {
  const held = isObject(there) ? there : {}
  const ours = isObject(wanted.properties) ? wanted.properties : {}
  const theirs = isObject(held.properties) ? held.properties : {}
  if (hunting) return { ...(held.etag === undefined ? {} : { etag: held.etag }), ...wanted }
  if (held.kind !== undefined && held.kind !== wanted.kind) {
    throw new InputError(
      'deploy/refused',
      `${name} exists as a rule of the kind ${String(held.kind)}, which cannot become ${String(wanted.kind)}`,
      undefined,
      { hint: 'delete the old rule in Sentinel, then deploy again' },
    )
  }
  const kept = pick(theirs, WRITABLE)
  return {
    ...(held.etag === undefined ? {} : { etag: held.etag }),
    ...wanted,
    properties: { ...kept, ...ours, ...(theirs.enabled === undefined ? {} : { enabled: theirs.enabled }) },
  }
}

const bodyOf = (body: Json): Json => (isObject(body) && body.properties !== undefined ? body.properties : {})

const pick = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(
    Object.entries(object).filter(
      ([key, value]) => names.includes(key) && value !== null && value !== undefined,
    ),
  )
