import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { InputError } from '../diagnostics/index.ts'
import { combinedSentence } from '../findings/judge/index.ts'
import { explainTrigger, type TriggerExplanation } from '../findings/trigger/index.ts'
import { jsonText, type ReportSubscription, visible } from '../reports/index.ts'
import { EXIT } from './exit-status.ts'
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
  triad explain 4f1c09 --evidence collection.zip`

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
      await writeStandardOutput(await explain(what, flags))
      process.exitCode = EXIT.done
    })
}

async function explain(what: string, flags: Flags): Promise<string> {
  if (/^\s*(?:select|associators|references)\s/i.test(what)) return explainQuery(what, flags)
  if (flags.report === undefined && flags.evidence === undefined) {
    if (!existsSync(what)) {
      throw new InputError('cli/usage', `${what} is neither a WQL query nor a file`, undefined, {
        hint: 'a query begins with SELECT; for the id of a subscription add --report FILE or --evidence PATH',
      })
    }
    return explainSubscriptions(await loadSubscriptions({ evidence: [what] }), what, flags)
  }
  const all = await loadSubscriptions(flags)
  return explainSubscriptions([findSubscription(all, what)], what, flags)
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
  return `${lines.join('\n')}\n`
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
  return `${items.map(describe).join('\n\n')}\n`
}

function describe(item: ReportSubscription): string {
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
  ].join('\n')
}

function sentence(text: string): string {
  const shown = visible(text)
  return `${shown.charAt(0).toUpperCase()}${shown.slice(1)}${/[.!?]$/.test(shown) ? '' : '.'}`
}
