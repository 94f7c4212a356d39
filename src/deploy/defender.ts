import { isObject, type Json, type JsonObject } from '../exports/index.ts'
import { type ApiRequest, type ClientOptions, send } from './client.ts'
import { notAsWanted } from './compare.ts'
import type { DeployResult } from './result.ts'

export const GRAPH_ENDPOINT = 'https://graph.microsoft.com'
export const DEFENDER_ROLE =
  'the identity needs the Graph permission CustomDetection.ReadWrite.All; a signed-in user also the role Security Administrator or Security Operator, or the right Detection tuning (manage)'

export interface DefenderTarget {
  /** Of Microsoft Graph, without a slash at its end. */
  readonly endpoint: string
}

/** The exact requests of a first deployment: what `--dry-run` prints. */
export function planDefender(rules: readonly JsonObject[], target: DefenderTarget): ApiRequest[] {
  return rules.flatMap((rule) => [
    { method: 'GET' as const, url: ruleUrl(rule, target) },
    { method: 'POST' as const, url: listUrl(target), body: rule },
    { method: 'GET' as const, url: ruleUrl(rule, target) },
  ])
}

/**
 * Creates or updates one custom detection and reads it back. New rules come switched off; an existing one keeps its
 * status. Ids are ours, so that a second deployment never makes a second rule.
 */
export async function deployDefenderRule(
  rule: JsonObject,
  target: DefenderTarget,
  client: ClientOptions,
): Promise<DeployResult> {
  const url = ruleUrl(rule, target)
  const { id, status: _, ...changes } = rule
  const name = String(id)
  const before = await send({ method: 'GET', url }, client)
  let outcome: DeployResult['outcome'] = 'updated'
  if (before.status === 404) {
    const created = await send({ method: 'POST', url: listUrl(target), body: rule }, client)
    // A try that seemed to fail may have created it: then there is something to update.
    if (created.status === 409) await send({ method: 'PATCH', url, body: changes }, client)
    else outcome = 'created'
  } else {
    if (notAsWanted(changes, newShape(before.body)).length === 0)
      return { rule: name, outcome: 'unchanged', differences: [] }
    await send({ method: 'PATCH', url, body: changes }, client)
  }
  const after = await send({ method: 'GET', url }, client)
  return {
    rule: name,
    outcome,
    differences: after.status === 404 ? ['the whole rule'] : notAsWanted(changes, newShape(after.body)),
  }
}

const listUrl = (target: DefenderTarget): string => `${target.endpoint}/v1.0/security/rules/detectionRules`
const ruleUrl = (rule: JsonObject, target: DefenderTarget): string =>
  `${listUrl(target)}/${encodeURIComponent(String(rule.id))}`

/** Old word for a frequency → the new one. Tenants answer in the old shape until 2026-10-01. Source: SENTINEL 4.1. */
const PERIODS: Readonly<Record<string, string>> = {
  '0': 'PT0S',
  '1H': 'PT1H',
  '3H': 'PT3H',
  '12H': 'PT12H',
  '24H': 'P1D',
}

function newShape(body: Json): Json {
  if (!isObject(body) || !isObject(body.schedule)) return body
  const { period } = body.schedule
  if (body.schedule.frequency !== undefined || typeof period !== 'string') return body
  return { ...body, schedule: { frequency: PERIODS[period] ?? period } }
}
