import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Argument, Command } from 'commander'
import {
  type ApiRequest,
  AZURE_ENDPOINT,
  type ClientOptions,
  DEFENDER_ROLE,
  type DeployResult,
  deployDefenderRule,
  deploySentinelRule,
  GRAPH_ENDPOINT,
  missingWatchlists,
  planDefender,
  planSentinel,
  SENTINEL_ROLE,
  tokenSource,
} from '../deploy/index.ts'
import { type Detection, loadDetections } from '../detections/index.ts'
import { InputError } from '../diagnostics/index.ts'
import { defenderRules, sentinelRules } from '../exports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { writeStandardOutput } from './output.ts'
import { sayDiagnostic } from './say.ts'

interface Flags {
  readonly dryRun?: boolean
  readonly subscription?: string
  readonly resourceGroup?: string
  readonly workspace?: string
  readonly rules?: string
  readonly rule?: readonly string[]
  readonly apiVersion?: string
  readonly tokenEnv?: string
  readonly endpoint?: string
}

/** What one platform's deployment is made of. */
interface Deployment {
  readonly endpoint: string
  readonly role: string
  readonly requests: readonly ApiRequest[]
  /** What the user should know of the place before the first rule is sent. */
  readonly prepare: (client: ClientOptions) => Promise<void>
  readonly rules: readonly { readonly name: string; deploy(client: ClientOptions): Promise<DeployResult> }[]
}

const CONTENT = fileURLToPath(new URL('../../content/', import.meta.url))

const EXAMPLES = `
Examples:
  triad deploy sentinel --subscription SUB --resource-group RG --workspace WS --dry-run
  triad deploy sentinel --subscription SUB --resource-group RG --workspace WS --rule wmi-subscription-bound-5861
  triad deploy defender --dry-run
  TOKEN=$(az account get-access-token --resource https://graph.microsoft.com --query accessToken -o tsv) \\
    triad deploy defender --token-env TOKEN

Sign in with az login, or as @azure/identity documents. A rule that exists is updated under the same id; whether it is
switched on stays as it is there. A rule that the platform refuses is named and stops none of the others (exit status 1);
a missing right or an outage stops at once (2). This has been tested against a local server only, not against Azure.`

/** `triad deploy`: creates or updates the rules over the platform's API. */
export function deployCommand(): Command {
  return new Command('deploy')
    .description("Create or update the pack's rules in Microsoft Sentinel or Defender XDR.")
    .addArgument(new Argument('<platform>', 'where to').choices(['sentinel', 'defender']))
    .option('--dry-run', 'print the exact requests and send nothing')
    .option('--subscription <id>', 'Azure subscription (sentinel)')
    .option('--resource-group <name>', 'resource group of the workspace (sentinel)')
    .option('--workspace <name>', 'Log Analytics workspace (sentinel)')
    .option('--rule <id...>', 'only these rules')
    .option('--rules <folder>', 'another folder of detections in the form of content/detections')
    .option('--api-version <version>', 'version of the alertRules resource (sentinel)')
    .option('--token-env <name>', 'environment variable that holds a token, instead of @azure/identity')
    .option('--endpoint <url>', "the API's address in a sovereign cloud")
    .addHelpText('after', EXAMPLES)
    .action(async (platform: 'sentinel' | 'defender', flags: Flags) => {
      process.exitCode = await run(platform, flags)
    })
}

async function run(platform: 'sentinel' | 'defender', flags: Flags): Promise<ExitStatus> {
  const pack = loadRules(flags)
  const deployment = platform === 'sentinel' ? toSentinel(pack, flags) : toDefender(pack, flags)
  if (deployment.requests.length === 0) {
    throw new InputError('cli/not-found', 'there is no rule of that name for this platform')
  }
  if (flags.dryRun === true) {
    await writeStandardOutput(deployment.requests.map(requestText).join('\n'))
    return EXIT.done
  }
  const token = await tokenSource(`${deployment.endpoint}/.default`, {
    environment: process.env,
    ...(flags.tokenEnv === undefined ? {} : { variable: flags.tokenEnv }),
  })
  const client: ClientOptions = {
    fetch,
    token,
    sleep: async (milliseconds) => {
      process.stderr.write(`triad: the platform asks to wait ${Math.round(milliseconds / 100) / 10} s\n`)
      await sleep(milliseconds)
    },
    now: Date.now,
    role: deployment.role,
  }
  await deployment.prepare(client)
  return deployAll(deployment, client)
}

/** One rule that is refused stops none of the others; what every rule would meet (no right, no service) stops at once. */
async function deployAll({ rules }: Deployment, client: ClientOptions): Promise<ExitStatus> {
  let faults = 0
  let done = 0
  for (const { name, deploy } of rules) {
    try {
      const { rule, outcome, differences } = await deploy(client)
      done += 1
      await writeStandardOutput(`${outcome.padEnd(9)} ${rule}\n`)
      if (differences.length === 0) continue
      faults += 1
      sayDiagnostic({
        code: 'deploy/not-as-sent',
        severity: 'error',
        message: `${rule}: the platform holds something else at ${differences.join(', ')}`,
      })
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      if (error.code !== 'deploy/refused') {
        process.stderr.write(`triad: stopped at ${name}: ${done} of ${rules.length} rules were done\n`)
        throw error
      }
      faults += 1
      await writeStandardOutput(`refused   ${name}\n`)
      sayDiagnostic(error.toDiagnostic())
    }
  }
  return faults > 0 ? EXIT.found : EXIT.done
}

function loadRules(flags: Flags): Detection[] {
  const folder = flags.rules ?? join(CONTENT, 'detections')
  if (!existsSync(folder)) {
    throw new InputError('cli/not-found', 'there is no such folder of rules', { in: 'file', source: folder })
  }
  let faults = false
  const pack = loadDetections(folder, (diagnostic) => {
    faults = true
    sayDiagnostic(diagnostic)
  })
  // Half a pack in a tenant looks like a whole one.
  if (faults) throw new InputError('cli/usage', 'the rules have faults: nothing was sent')
  return pack.filter(({ id }) => flags.rule === undefined || flags.rule.includes(id))
}

function toSentinel(pack: readonly Detection[], flags: Flags): Deployment {
  const { subscription, resourceGroup, workspace } = flags
  if (subscription === undefined || resourceGroup === undefined || workspace === undefined) {
    throw new InputError(
      'cli/usage',
      'deploy sentinel needs --subscription, --resource-group and --workspace',
    )
  }
  const endpoint = checkEndpoint(flags.endpoint ?? AZURE_ENDPOINT)
  const target = {
    endpoint,
    subscription,
    resourceGroup,
    workspace,
    ...(flags.apiVersion === undefined ? {} : { apiVersion: flags.apiVersion }),
  }
  const rules = sentinelRules(pack)
  return {
    endpoint,
    role: SENTINEL_ROLE,
    requests: planSentinel(rules, target),
    async prepare(client) {
      for (const alias of await missingWatchlists(rules, target, client)) {
        sayDiagnostic({
          code: 'deploy/no-watchlist',
          severity: 'warning',
          message: `the workspace has no watchlist ${alias}, which the rules read`,
          hint: 'triad export sentinel writes its file into Watchlists/: create it with the search key SearchKey',
        })
      }
    },
    rules: rules.map((rule) => ({
      name: rule.name,
      deploy: (client) => deploySentinelRule(rule, target, client),
    })),
  }
}

function toDefender(pack: readonly Detection[], flags: Flags): Deployment {
  const endpoint = checkEndpoint(flags.endpoint ?? GRAPH_ENDPOINT)
  const rules = defenderRules(pack)
  return {
    endpoint,
    role: DEFENDER_ROLE,
    requests: planDefender(rules, { endpoint }),
    prepare: async () => undefined,
    rules: rules.map((rule) => ({
      name: String(rule.id),
      deploy: (client) => deployDefenderRule(rule, { endpoint }, client),
    })),
  }
}

/** A token must not travel in the clear: https, or this very machine. */
function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (
    url === undefined ||
    (url.protocol !== 'https:' && !local) ||
    url.username !== '' ||
    url.search !== ''
  ) {
    throw new InputError('deploy/bad-endpoint', `${text} is no address of an API`, undefined, {
      hint: 'it must be https://HOST, such as https://management.usgovcloudapi.net',
    })
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function requestText({ method, url, body }: ApiRequest): string {
  const head = `${method} ${url}\nAuthorization: Bearer (token)\n`
  return body === undefined
    ? head
    : `${head}Content-Type: application/json\n\n${JSON.stringify(body, undefined, 2)}\n`
}
