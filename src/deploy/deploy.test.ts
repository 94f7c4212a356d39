import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCli } from '../../test/run-cli.ts'
import type { InputError } from '../diagnostics/index.ts'
import type { JsonObject, SentinelRule } from '../exports/index.ts'
import { retryAfter } from './client.ts'
import { notAsWanted } from './compare.ts'
import {
  type ClientOptions,
  DEFENDER_ROLE,
  deployDefenderRule,
  deploySentinelRule,
  missingWatchlists,
  planDefender,
  planSentinel,
  SENTINEL_ROLE,
} from './index.ts'
import { LocalApi } from './local-api.suite.ts'

const TOKEN = 'eyJ0-secret.token'
const RULE: SentinelRule = {
  name: 'my-rule',
  hunting: false,
  rule: {
    id: '2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11',
    name: 'My rule',
    description: 'd\n',
    severity: 'High',
    queryFrequency: '1h',
    queryPeriod: '1d',
    triggerOperator: 'gt',
    triggerThreshold: 0,
    tactics: ['Persistence', 'PrivilegeEscalation'],
    relevantTechniques: ['T1546.003'],
    query: 'DeviceEvents\n',
    version: '1.0.0',
    kind: 'Scheduled',
  },
}
const CUSTOM: JsonObject = {
  id: 'my-rule',
  displayName: 'My rule',
  status: 'disabled',
  queryCondition: { queryText: 'DeviceEvents' },
  schedule: { frequency: 'PT1H' },
  detectionAction: { alertTemplate: { title: 'My rule', severity: 'high' } },
}
const SENTINEL_PATH =
  '/subscriptions/s/resourceGroups/r%20g/providers/Microsoft.OperationalInsights/workspaces/w/providers/Microsoft.SecurityInsights/alertRules/2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11'
const GRAPH_PATH = '/v1.0/security/rules/detectionRules/my-rule'

let api = new LocalApi()
let endpoint = ''
let waits: number[] = []
beforeEach(async () => {
  api = new LocalApi()
  endpoint = await api.open()
  waits = []
})
afterEach(() => api.close())

const client = (role = SENTINEL_ROLE): ClientOptions => ({
  fetch,
  token: async () => TOKEN,
  sleep: async (milliseconds) => {
    waits.push(milliseconds)
  },
  now: () => Date.parse('2026-01-01T00:00:00Z'),
  role,
})
const target = () => ({ endpoint, subscription: 's', resourceGroup: 'r g', workspace: 'w' })
const sentinel = (rule = RULE) => deploySentinelRule(rule, target(), client())
const defender = (rule = CUSTOM) => deployDefenderRule(rule, { endpoint }, client(DEFENDER_ROLE))
const methods = (): string[] => api.received.map(({ method }) => method)

describe('sentinel', () => {
  test('the first deployment creates, the second changes nothing, a new version updates', async () => {
    expect(await sentinel()).toEqual({ rule: 'my-rule', outcome: 'created', differences: [] })
    expect(await sentinel()).toMatchObject({ outcome: 'unchanged' })
    const changed = { ...RULE, rule: { ...RULE.rule, query: 'DeviceEvents | take 1' } }
    expect(await sentinel(changed)).toEqual({ rule: 'my-rule', outcome: 'updated', differences: [] })
    expect(methods()).toEqual(['GET', 'PUT', 'GET', 'GET', 'GET', 'PUT', 'GET'])
    expect([...api.stored.keys()]).toEqual([SENTINEL_PATH])
    expect(api.received.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true)
  })

  test('the body holds writable properties in the words of ARM, and nothing else', async () => {
    await sentinel()
    expect(api.received[1]?.body).toEqual({
      kind: 'Scheduled',
      properties: {
        displayName: 'My rule',
        description: 'd\n',
        severity: 'High',
        enabled: true,
        query: 'DeviceEvents\n',
        queryFrequency: 'PT1H',
        queryPeriod: 'P1D',
        triggerOperator: 'GreaterThan',
        triggerThreshold: 0,
        suppressionDuration: 'PT5H',
        suppressionEnabled: false,
        tactics: ['Persistence', 'PrivilegeEscalation'],
        techniques: ['T1546'],
      },
    })
  })

  test('an update keeps that the team switched the rule off and how it groups incidents', async () => {
    await sentinel()
    const stored = api.stored.get(SENTINEL_PATH) as { properties: Record<string, unknown> }
    stored.properties.enabled = false
    stored.properties.incidentConfiguration = { createIncident: false }
    stored.properties.lastModifiedUtc = '2026-01-01'
    const changed = { ...RULE, rule: { ...RULE.rule, severity: 'Low' } }
    expect(await sentinel(changed)).toMatchObject({ outcome: 'updated', differences: [] })
    expect(api.stored.get(SENTINEL_PATH)).toMatchObject({
      properties: { enabled: false, incidentConfiguration: { createIncident: false }, severity: 'Low' },
    })
    expect(JSON.stringify(api.received.at(-2)?.body)).not.toContain('lastModifiedUtc')
  })

  test('a change by somebody else in between is read again, not overwritten', async () => {
    await sentinel()
    api.script.push({ status: 412, method: 'PUT' })
    const changed = { ...RULE, rule: { ...RULE.rule, severity: 'Low' } }
    expect(await sentinel(changed)).toMatchObject({ outcome: 'updated' })
    expect(methods().slice(3)).toEqual(['GET', 'PUT', 'GET', 'PUT', 'GET'])
  })

  test('the id of a rule deleted a moment ago is told in the words of the service, not as a race', async () => {
    const body = { error: { code: 'Conflict', message: `recently deleted, says ${TOKEN}` } }
    api.script.push({ status: 409, method: 'PUT', body }, { status: 409, method: 'PUT', body })
    await expect(sentinel()).rejects.toMatchObject({
      code: 'deploy/refused',
      message: 'my-rule: status 409: recently deleted, says (token)',
      hint: expect.stringContaining('deleted rule'),
    })
    expect(methods()).toEqual(['GET', 'PUT', 'GET', 'PUT'])
  })

  test('a hunting query is a saved search, and another kind under the same id is refused', async () => {
    const { kind: _, severity: __, queryFrequency: ___, ...hunting } = RULE.rule
    expect(await sentinel({ name: 'h', hunting: true, rule: hunting })).toMatchObject({ outcome: 'created' })
    expect(await sentinel({ name: 'h', hunting: true, rule: hunting })).toMatchObject({
      outcome: 'unchanged',
    })
    expect([...api.stored.keys()][0]).toContain('/savedSearches/2f6f3f0e')
    await sentinel()
    await expect(sentinel({ ...RULE, rule: { ...RULE.rule, kind: 'NRT' } })).rejects.toThrow(
      'cannot become NRT',
    )
  })

  test('what the platform holds otherwise than sent is told', async () => {
    const kept = { properties: { ...(ruleStored().properties as object), query: 'other' } }
    api.script.push({ status: 404, method: 'GET' }, { status: 201, method: 'PUT', body: {} })
    api.script.push({ status: 200, method: 'GET', body: kept })
    expect(await sentinel()).toMatchObject({ outcome: 'created', differences: ['query'] })
  })
})

describe('defender', () => {
  test('the first deployment creates, the second changes nothing, a new version patches', async () => {
    expect(await defender()).toEqual({ rule: 'my-rule', outcome: 'created', differences: [] })
    expect(await defender()).toMatchObject({ outcome: 'unchanged' })
    const changed = { ...CUSTOM, queryCondition: { queryText: 'DeviceEvents | take 1' } }
    expect(await defender(changed)).toEqual({ rule: 'my-rule', outcome: 'updated', differences: [] })
    expect(methods()).toEqual(['GET', 'POST', 'GET', 'GET', 'GET', 'PATCH', 'GET'])
    expect([...api.stored.keys()]).toEqual([GRAPH_PATH])
  })

  test('a rule that the team switched on stays on', async () => {
    await defender()
    api.stored.set(GRAPH_PATH, { ...api.stored.get(GRAPH_PATH), status: 'enabled' })
    await defender({ ...CUSTOM, displayName: 'Other' })
    expect(api.stored.get(GRAPH_PATH)).toMatchObject({ status: 'enabled', displayName: 'Other' })
  })

  test('a creation whose answer was lost does not make a second rule', async () => {
    api.stored.set(GRAPH_PATH, { ...CUSTOM, displayName: 'Old' })
    api.script.push({ status: 404, method: 'GET' })
    expect(await defender()).toMatchObject({ outcome: 'updated', differences: [] })
    expect(methods()).toEqual(['GET', 'POST', 'PATCH', 'GET'])
    expect(api.stored.size).toBe(1)
  })

  test("a tenant's answer in the old shape is understood", async () => {
    await defender()
    api.stored.set(GRAPH_PATH, { ...CUSTOM, schedule: { period: '1H' } })
    expect(await defender()).toMatchObject({ outcome: 'unchanged' })
  })
})

describe('patience and refusals', () => {
  test('429 and 5xx are tried again after the time that Retry-After names, in seconds or as a date', async () => {
    api.script.push({ status: 429, headers: { 'retry-after': '7' } })
    api.script.push({ status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' } })
    api.script.push({ status: 500 })
    expect(await sentinel()).toMatchObject({ outcome: 'created' })
    expect(waits).toEqual([7000, 20_000, 4000])
  })

  test('a server that asks for an hour waits a minute at most, and five tries end it', async () => {
    for (let count = 0; count < 9; count += 1)
      api.script.push({ status: 429, headers: { 'retry-after': '3600' } })
    await expect(sentinel()).rejects.toMatchObject({ code: 'deploy/unavailable' })
    expect(waits).toEqual([60_000, 60_000, 60_000, 60_000])
    expect(api.received).toHaveLength(5)
  })

  test('a closed port is unavailable, with the reason', async () => {
    await api.close()
    await expect(sentinel()).rejects.toThrow('ECONNREFUSED')
    await api.open()
  })

  test.each([
    [401, 'deploy/unauthorized', 'sign in again'],
    [403, 'deploy/forbidden', 'Microsoft Sentinel Contributor'],
  ])('%i stops at once and says what is missing', async (status, code, words) => {
    api.script.push({ status, body: { error: { code: 'x', message: `denied for Bearer ${TOKEN}` } } })
    const error: InputError = await sentinel().then(
      () => Promise.reject(new Error('it went on')),
      (thrown: InputError) => thrown,
    )
    expect(error.code).toBe(code)
    expect(error.hint).toContain(words)
    expect(error.message).toContain('denied for Bearer (token)')
    expect(JSON.stringify(error.toDiagnostic()) + String(error.stack)).not.toContain(TOKEN)
    expect(api.received).toHaveLength(1)
    expect(waits).toEqual([])
  })

  test('Graph names its own permission, and a refused rule the words of the service', async () => {
    api.script.push({ status: 403 })
    await expect(defender()).rejects.toMatchObject({
      hint: expect.stringContaining('CustomDetection.ReadWrite.All'),
    })
    api.script.push({ status: 404 }, { status: 400, body: { error: { message: 'Query is invalid' } } })
    await expect(defender()).rejects.toThrow('Query is invalid')
  })

  test('a workspace that does not exist is refused at the change, not taken for a rule that is new', async () => {
    const message = 'workspace w could not be found'
    api.script.push({ status: 404 }, { status: 404, method: 'PUT', body: { error: { message } } })
    await expect(sentinel()).rejects.toMatchObject({
      code: 'deploy/refused',
      message: expect.stringContaining(message),
    })
  })

  test('a redirect is not followed: it would carry the token to another host', async () => {
    for (let count = 0; count < 5; count += 1)
      api.script.push({ status: 302, headers: { location: 'http://127.0.0.1:1/' } })
    await expect(sentinel()).rejects.toMatchObject({ code: 'deploy/unavailable' })
  })
})

test('Retry-After in every form', () => {
  expect(
    [null, '5', '1.5', 'soon', 'Thu, 01 Jan 1970 00:00:10 GMT'].map((text) => retryAfter(text, 4000)),
  ).toEqual([undefined, 5000, 1500, undefined, 6000])
})

test('line ends and what the service adds are no difference', () => {
  expect(
    notAsWanted({ a: 'x\ny\n', b: [{ c: 1 }], d: '' }, { a: 'x\r\ny', b: [{ c: 1, e: 2 }], z: 1 }),
  ).toEqual([])
  expect(notAsWanted({ a: [1], b: { c: true } }, { a: [1, 2], b: {} })).toEqual(['a', 'b.c'])
})

test('a watchlist that the rules read and the workspace lacks is named', async () => {
  const reading = { ...RULE, rule: { ...RULE.rule, query: "_GetWatchlist('MyList') | take 1" } }
  expect(await missingWatchlists([RULE, reading, reading], target(), client())).toEqual(['MyList'])
  expect(api.received.map(({ path }) => path)).toEqual([expect.stringMatching(/\/watchlists\/MyList$/)])
  expect(planSentinel([reading], target())[0]?.url).toContain('/watchlists/MyList?')
})

test('a plan is what a first deployment sends', async () => {
  await sentinel()
  await defender()
  const plan = [...planSentinel([RULE], target()), ...planDefender([CUSTOM], { endpoint })]
  expect(plan.map(({ method, url, body }) => [method, new URL(url).pathname, body])).toEqual(
    api.received.map(({ method, path, body }) => [method, path, body]),
  )
})

describe('triad deploy', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'triad-deploy-'))
    mkdirSync(join(folder, 'my-rule'))
    writeFileSync(
      join(folder, 'my-rule', 'query.kql'),
      'DeviceEvents | project Timestamp, ReportId, DeviceId\n',
    )
    writeFileSync(
      join(folder, 'my-rule', 'detection.yaml'),
      'id: my-rule\nguid: 2f6f3f0e-7d9b-4a7e-9d2a-6a8f0b8d1c11\ntitle: T\ndescription: D\nversion: 1.0.0\nkind: scheduled\nseverity: high\ntechnique: T1546.003\ntactics: [Persistence, PrivilegeEscalation]\ntables: [{ name: DeviceEvents, connectors: [MicrosoftThreatProtection], enable: x }]\nschedule: { frequency: 1h, period: 1h }\ndefender: { frequency: PT1H }\nsignals: [defender-wmi]\n',
    )
    process.env.TRIAD_TEST_TOKEN = TOKEN
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
    delete process.env.TRIAD_TEST_TOKEN
  })
  const workspace = ['--subscription', 's', '--resource-group', 'r', '--workspace', 'w']
  const deploy = (...args: string[]) =>
    runCli('deploy', ...args, '--rules', folder, '--endpoint', endpoint, '--token-env', 'TRIAD_TEST_TOKEN')

  test('--dry-run prints method, address and body, and sends nothing', async () => {
    const run = await deploy('sentinel', ...workspace, '--dry-run')
    expect(run.status).toBe(0)
    expect(run.stdout).toContain(`PUT ${endpoint}/subscriptions/s/resourceGroups/r/providers/`)
    expect(run.stdout).toContain('"displayName": "T"')
    expect((await deploy('defender', '--dry-run')).stdout).toContain(`POST ${endpoint}/v1.0/security/rules/`)
    expect(api.received).toEqual([])
    expect(run.stdout + run.stderr).not.toContain(TOKEN)
  })

  test('it deploys, tells each outcome, and never prints the token', async () => {
    const first = await deploy('sentinel', ...workspace)
    const second = await deploy('sentinel', ...workspace)
    const third = await deploy('defender')
    expect([first, second, third].map(({ stdout, status }) => [status, stdout.trim()])).toEqual([
      [0, 'created   my-rule'],
      [0, 'unchanged my-rule'],
      [0, 'created   my-rule'],
    ])
    api.script.push({ status: 403, body: { error: { message: TOKEN } } })
    const refused = await deploy('defender')
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('Security Administrator')
    expect([first, second, third, refused].map((run) => run.stdout + run.stderr).join('')).not.toContain(
      TOKEN,
    )
  })

  test('a refused rule stops none of the others; what all would meet stops at once, and says how far it came', async () => {
    const text = readFileSync(join(folder, 'my-rule', 'detection.yaml'), 'utf8')
    for (const [name, digit] of [
      ['a-rule', '3'],
      ['z-rule', '4'],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'query.kql'), 'DeviceEvents | project Timestamp, ReportId, DeviceId\n')
      writeFileSync(
        join(folder, name, 'detection.yaml'),
        text.replace('my-rule', name).replace('2f6f3f0e', `${digit}f6f3f0e`),
      )
    }
    api.script.push({ status: 400, method: 'PUT', body: { error: { message: 'the query is not valid' } } })
    const partial = await deploy('sentinel', ...workspace)
    expect([partial.status, partial.stdout]).toEqual([
      1,
      'refused   a-rule\ncreated   my-rule\ncreated   z-rule\n',
    ])
    expect(partial.stderr).toContain('the query is not valid')
    api.script.push({ status: 201, method: 'PUT', body: {} }, { status: 403, method: 'PUT' })
    api.stored.clear()
    const stopped = await deploy('sentinel', ...workspace)
    expect(stopped.status).toBe(2)
    expect(stopped.stderr).toContain('stopped at my-rule: 1 of 3 rules were done')
  })

  test('a token with a line end or other text around it is refused before it gets into an error', async () => {
    process.env.TRIAD_TEST_TOKEN = `{ "accessToken": "${TOKEN}" }`
    const wrong = await deploy('defender')
    expect([wrong.status, wrong.stderr.includes('-o tsv'), wrong.stderr.includes(TOKEN)]).toEqual([
      2,
      true,
      false,
    ])
    process.env.TRIAD_TEST_TOKEN = `${TOKEN}\r\n`
    expect((await deploy('defender')).status).toBe(0)
    expect(api.received.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true)
  })

  test('without a place, a token, the package or a safe address it says so', async () => {
    expect((await deploy('sentinel')).stderr).toContain('--workspace')
    const without = await runCli('deploy', 'defender', '--rules', folder, '--token-env', 'TRIAD_TEST_NONE')
    expect(without.stderr).toContain('TRIAD_TEST_NONE holds no token')
    const plain = await runCli('deploy', 'defender', '--rules', folder, '--endpoint', 'http://example.test')
    expect(plain.stderr).toContain('no address of an API')
    const absent = await runCli('deploy', 'defender', '--rules', folder)
    expect(absent.status).toBe(2)
    expect(absent.stderr).toMatch(/npm install @azure\/identity|gave no token/)
    expect(api.received).toEqual([])
  })
})

function ruleStored(): JsonObject {
  return (planSentinel([RULE], target())[1]?.body ?? {}) as JsonObject
}
