import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { excerpt, InputError } from '../diagnostics/index.ts'
import { combinedSentence } from '../findings/judge/index.ts'
import { explainTrigger, type TriggerExplanation } from '../findings/trigger/index.ts'
import { parseWql } from '../lang/wql/index.ts'
import { diagnosticText, jsonText, type ReportSubscription, visible } from '../reports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { wrappedLines } from './lines.ts'
import { writeStandardOutput } from './output.ts'
import { findSubscription, loadSubscriptions } from './resolve-subscription.ts'

interface Flags {
  readonly format: 'text' | 'json'
  readonly report?: string
  readonly evidence?: readonly string[]
}

const EXAMPLES = `
Examples:
  triad explain "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName = 'procexp64.exe'"
  triad explain suspicious.mof                         every subscription that a MOF file defines
  triad explain 4f1c09 --report report.json            one subscription of a report, by (the beginning of) its id
  triad explain 4f1c09 --evidence collection.zip

Exit status: 0 explained; 2 the call is wrong; 3 the query or some of the evidence could not be read (what could be is
explained); 4 internal fault.`

/** `triad explain`: what a filter waits for and what a consumer does, in plain words. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('Say in plain words what a WQL query waits for, or what a MOF file or a subscription does.')
    .argument('<what>', 'a WQL query, a MOF file, or the id of a subscription')
    .addOption(new Option('-f, --format <format>', 'how to answer').choices(['text', 'json']).default('text'))
    .option('--report <file>', 'report (triad scan --format json) to look the id up in')
    .option('--evidence <path...>', 'evidence to scan and look the id up in')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, flags: Flags) => {
      const { text, status } = await explain(what, flags)
      await writeStandardOutput(text)
      process.exitCode = status
    })
}

interface Explained {
  readonly text: string
  readonly status: ExitStatus
}

async function explain(what: string, flags: Flags): Promise<Explained> {
  if (/^\s*(?:select|associators|references)\s/i.test(what)) {
    return { text: explainQuery(what, flags), status: tellFaults(what) ? EXIT.unreadable : EXIT.done }
  }
  if (flags.report === undefined && flags.evidence === undefined) {
    if (!existsSync(what)) {
      throw new InputError('cli/usage', `${what} is neither a WQL query nor a file`, undefined, {
        hint: 'a query begins with SELECT; for the id of a subscription add --report FILE or --evidence PATH',
      })
    }
    const { subscriptions, status } = await loadSubscriptions({ evidence: [what] })
    return { text: explainSubscriptions(subscriptions, what, flags), status }
  }
  const { subscriptions, status } = await loadSubscriptions(flags)
  return { text: explainSubscriptions([findSubscription(subscriptions, what)], what, flags), status }
}

/** Says where a query is broken, with a caret. True when it is. */
function tellFaults(query: string): boolean {
  const parsed = parseWql(query, {
    source: 'query',
    report: (diagnostic) => {
      process.stderr.write(`triad: ${diagnosticText(diagnostic)}\n`)
      if (diagnostic.at?.in !== 'text') return
      process.stderr.write(`${visible(excerpt(query, diagnostic.at), { keepNewlines: true })}\n`)
    },
  })
  return parsed === undefined
}

function explainQuery(query: string, flags: Flags): string {
  const trigger: TriggerExplanation = explainTrigger({ query })
  if (flags.format === 'json') return `${jsonText(trigger, 2)}\n`
  const programs = (trigger.processes ?? []).filter(({ role }) => role !== 'other')
  const lines = [
    sentence(trigger.plain),
    ...programs.map(({ name, role }) => `${visible(name)} is ${ROLES[role]}.`),
    ...(trigger.flags.broad === true || trigger.flags.tautology === true
      ? ['The condition is so wide that it fires nearly all the time.']
      : []),
    ...(trigger.flags.fastPolling === true ? ['WMI is asked more often than every two seconds.'] : []),
  ]
  return wrappedLines(lines)
}

const ROLES: Readonly<Record<string, string>> = {
  'analyst-tool': 'a tool of analysts',
  'security-product': 'a security product',
  'common-app': 'a program that many people use',
}

function explainSubscriptions(items: readonly ReportSubscription[], what: string, flags: Flags): string {
  if (items.length === 0) {
    throw new InputError('cli/usage', `no subscription is defined in ${what}`, { in: 'file', source: what })
  }
  if (flags.format === 'json') return `${jsonText(items, 2)}\n`
  return items.map((item) => wrappedLines(describe(item))).join('\n')
}

function describe(item: ReportSubscription): string[] {
  const name = [item.filter?.name, item.consumer?.name]
    .filter((part) => part !== undefined)
    .map((part) => `"${visible(part)}"`)
  const head = name.length === 0 ? `Subscription ${item.id}` : `Subscription ${item.id}: ${name.join(' to ')}`
  const reasons = item.reasons
    .filter(({ weight }) => weight !== 0)
    .map(
      ({ text, weight }) => `  ${String(weight > 0 ? `+${weight}` : weight).padStart(4)}  ${visible(text)}`,
    )
  return [
    head,
    visible(combinedSentence(item.explanation)),
    ...(item.decoded ?? [])
      .slice(0, 4)
      .map(({ how, text }) => `Hidden inside (${how}): ${visible(text.replace(/\s+/g, ' ').slice(0, 300))}`),
    `Judged ${item.verdict}, ${item.severity} (score ${item.score}), confidence ${item.confidence}, because:`,
    ...reasons,
  ]
}

function sentence(text: string): string {
  const shown = visible(text)
  return `${shown.charAt(0).toUpperCase()}${shown.slice(1)}${/[.!?]$/.test(shown) ? '' : '.'}`
}
