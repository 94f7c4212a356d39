import { existsSync, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { InputError } from '../diagnostics/index.ts'
import {
  type AllowEntry,
  type AllowList,
  isExpired,
  parseAllowList,
  printAllowList,
} from '../findings/allow/index.ts'
import { type FingerprintInput, fingerprintOf } from '../findings/known-good/index.ts'
import { type ReportSubscription, visible } from '../reports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { wrappedLines } from './lines.ts'
import { writeOutput, writeStandardOutput } from './output.ts'
import { findSubscription, loadSubscriptions } from './resolve-subscription.ts'

interface AddFlags {
  readonly allow: string
  readonly report?: string
  readonly evidence?: readonly string[]
  readonly owner: string
  readonly reason: string
  readonly expires: string
  readonly ticket?: string
  readonly host?: readonly string[]
}

const EXAMPLES = `
Examples:
  triad allow add 4f1c09 --report report.json --allow allow.yaml --owner "IT operations" \\
      --reason "print audit, CHG-1042" --expires 2027-06-30 --host "print-*"
  triad allow list --allow allow.yaml
  triad allow check --allow allow.yaml      exit status 1 when an entry has expired
  triad scan evidence/ --allow allow.yaml

An entry allows one whole content, never a name. A stock name with other content, code outside root\\subscription and
payloads that unpack or fetch code are reported whatever a list says.`

/** `triad allow`: a team's own known-good, by fingerprint, with owner, reason and an end. */
export function allowCommand(): Command {
  const command = new Command('allow')
    .description("Keep the team's own list of known-good subscriptions.")
    .addHelpText('after', EXAMPLES)
  command
    .command('add')
    .description('add a subscription of a report or of evidence to the list')
    .argument('<id>', 'id of the subscription, or the beginning of it')
    .requiredOption('--allow <file>', 'the list; made when it does not exist')
    .requiredOption('--owner <who>', 'who answers for it')
    .requiredOption('--reason <why>', 'why it is good')
    .requiredOption('--expires <date>', 'last day on which it counts, YYYY-MM-DD')
    .option('--ticket <id>', 'change or ticket')
    .option('--host <name...>', 'only on these hosts; * for any characters')
    .option('--report <file>', 'report (triad scan --format json) that has the subscription')
    .option('--evidence <path...>', 'evidence that has the subscription')
    .action(async (id: string, flags: AddFlags) => {
      process.exitCode = await add(id, flags)
    })
  const listing = (name: string, description: string, failsOnExpired: boolean): void => {
    command
      .command(name)
      .description(description)
      .requiredOption('--allow <file>', 'the list')
      .addOption(
        new Option('-f, --format <format>', 'how to answer').choices(['text', 'json']).default('text'),
      )
      .action(async (flags: { allow: string; format: 'text' | 'json' }) => {
        const list = readList(flags.allow)
        const now = new Date().toISOString()
        await writeStandardOutput(flags.format === 'json' ? asJson(list, now) : asText(list, now))
        const expired = list.entries.some((entry) => isExpired(entry, now))
        process.exitCode = failsOnExpired && expired ? EXIT.found : EXIT.done
      })
  }
  listing('list', 'show the entries', false)
  listing(
    'check',
    'check the list: exit status 1 when an entry has expired, 2 when the file cannot be used',
    true,
  )
  return command
}

function readList(path: string): AllowList {
  if (!existsSync(path)) {
    throw new InputError('cli/not-found', 'the allow list does not exist', { in: 'file', source: path })
  }
  return parseAllowList(readFileSync(path, 'utf8'), path)
}

async function add(id: string, flags: AddFlags): Promise<ExitStatus> {
  const list = existsSync(flags.allow) ? readList(flags.allow) : { source: flags.allow, entries: [] }
  const { subscriptions, status } = await loadSubscriptions(flags)
  const item = findSubscription(subscriptions, id)
  if (item.fingerprint === undefined) {
    throw new InputError(
      'cli/usage',
      `not all of subscription ${item.id} was seen, so it has no fingerprint`,
      undefined,
      {
        hint: 'collect the whole object (a 5861 event, an inventory or the repository) and add that',
      },
    )
  }
  const entry: AllowEntry = {
    fingerprint: item.fingerprint,
    ...contentOf(item),
    title: titleOf(item),
    ...(flags.host === undefined ? {} : { hosts: flags.host }),
    owner: flags.owner,
    reason: flags.reason,
    ...(flags.ticket === undefined ? {} : { ticket: flags.ticket }),
    expires: flags.expires,
  }
  const others = list.entries.filter(({ fingerprint }) => fingerprint !== entry.fingerprint)
  const text = printAllowList({ source: flags.allow, entries: [...others, entry] })
  // Read again what will be written: a list that triad would refuse tomorrow is refused today.
  parseAllowList(text, flags.allow)
  writeOutput(flags.allow, text, { force: true, evidence: flags.evidence ?? [] })
  await writeStandardOutput(
    `added ${visible(entry.title ?? entry.fingerprint)} until ${flags.expires} to ${flags.allow}\n`,
  )
  return status
}

/** The fingerprint without the creator, so that sources which do not tell the creator are covered as well. */
function contentOf(item: ReportSubscription): Pick<AllowEntry, 'content'> {
  // A report's properties are the evidence's own as JSON: text, numbers and lists are the same in both.
  const fingerprint = fingerprintOf(item as unknown as FingerprintInput)
  return fingerprint?.full === item.fingerprint && fingerprint?.hasCreator === true
    ? { content: fingerprint.content }
    : {}
}

function titleOf(item: ReportSubscription): string {
  const { filter, consumer } = item
  return `${filter?.name ?? 'a filter'} to ${consumer?.class ?? 'a consumer'} ${consumer?.name ?? ''}`
    .trim()
    .slice(0, 200)
}

function asText(list: AllowList, now: string): string {
  if (list.entries.length === 0) return 'The list is empty.\n'
  const lines = list.entries.map((entry) => {
    const state = isExpired(entry, now) ? 'EXPIRED' : 'until  '
    const hosts = entry.hosts === undefined ? '' : ` on ${entry.hosts.join(', ')}`
    return `${entry.fingerprint.slice(0, 12)}  ${state} ${entry.expires}  ${visible(`${entry.title ?? 'no title'}${hosts}: ${entry.reason} (${entry.owner}${entry.ticket === undefined ? '' : `, ${entry.ticket}`})`)}`
  })
  const expired = list.entries.filter((entry) => isExpired(entry, now)).length
  const count = list.entries.length
  return `${wrappedLines(lines)}${count} ${count === 1 ? 'entry' : 'entries'}, ${expired} expired\n`
}

function asJson(list: AllowList, now: string): string {
  const entries = list.entries.map((entry) => ({ ...entry, expired: isExpired(entry, now) }))
  return `${JSON.stringify({ source: list.source, entries }, undefined, 2)}\n`
}
