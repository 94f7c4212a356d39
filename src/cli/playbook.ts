import { Command, Option } from 'commander'
import { buildPlaybook, renderPlaybook } from '../findings/playbook/index.ts'
import { jsonText } from '../reports/index.ts'
import { checkOutput, writeOutput, writeStandardOutput } from './output.ts'
import { findSubscription, loadSubscriptions } from './resolve-subscription.ts'

interface Flags {
  readonly format: 'md' | 'json'
  readonly report?: string
  readonly evidence?: readonly string[]
  readonly output?: string
  readonly force?: boolean
}

const EXAMPLES = `
Examples:
  triad playbook 4f1c09 --report report.json
  triad playbook 4f1c09 --evidence collection.zip --format json
  triad playbook 4f1c09 --report report.json -o response.md`

/** `triad playbook`: questions and response steps for one subscription, its names filled in and safely quoted. */
export function playbookCommand(): Command {
  return new Command('playbook')
    .description(
      'Write the response steps for one subscription: collect, verify, contain, remove, verify, hunt.',
    )
    .argument('<id>', 'id of the subscription, or the beginning of it')
    .addOption(new Option('-f, --format <format>', 'how to write it').choices(['md', 'json']).default('md'))
    .option('--report <file>', 'report (triad scan --format json) that has the subscription')
    .option('--evidence <path...>', 'evidence that has the subscription')
    .option('-o, --output <file>', 'write to a file, whole or not at all')
    .option('--force', 'replace an existing output file')
    .addHelpText('after', EXAMPLES)
    .action(async (id: string, flags: Flags) => {
      const guard = { force: flags.force ?? false, evidence: flags.evidence ?? [] }
      if (flags.output !== undefined) checkOutput(flags.output, guard)
      const { subscriptions, status } = await loadSubscriptions(flags)
      const playbook = buildPlaybook(findSubscription(subscriptions, id))
      const text = flags.format === 'json' ? `${jsonText(playbook, 2)}\n` : renderPlaybook(playbook)
      if (flags.output === undefined) await writeStandardOutput(text)
      else writeOutput(flags.output, text, guard)
      process.exitCode = status
    })
}
