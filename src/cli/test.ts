import { existsSync } from 'node:fs'
import { Command, Option } from 'commander'
import { loadRules, packFolder, readAllowList } from '../detections/index.ts'
import { PROOF_FORMATS, type ProofFormat, prove, renderProof } from '../detections/proof/index.ts'
import { InputError } from '../diagnostics/index.ts'
import { readWatchlist } from '../query/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { checkOutput, writeOutput, writeStandardOutput } from './output.ts'
import { progressLine } from './progress.ts'
import { sayDiagnostic } from './say.ts'

interface TestFlags {
  readonly format: ProofFormat
  readonly output?: string
  readonly force?: boolean
  readonly watchlist?: readonly string[]
  readonly techniques: boolean
  readonly quiet?: boolean
}

const EXAMPLES = `
Examples:
  triad test                                     the detection pack, and the matrix rule by technique by source
  triad test my-rules/                           Sentinel YAML or .kql rules with NAME.tests.yaml beside each
  triad test my-rules/ --format junit -o results.xml
  triad test --format markdown >> $GITHUB_STEP_SUMMARY

How a team's own rules are laid out: docs/testing-rules.md.

Exit status: 0 every test passed; 1 a test failed or a rule is unsound; 2 the call is wrong; 4 internal fault.`

/** `triad test`: proves rules against evidence, without any cloud. */
export function testCommand(): Command {
  return new Command('test')
    .description(
      'Prove every rule against its own evidence, near misses and the three validation techniques.',
    )
    .argument('[dir]', 'folder of rules; without it the detection pack')
    .addOption(
      new Option('-f, --format <format>', 'how to report').choices([...PROOF_FORMATS]).default('text'),
    )
    .option('-o, --output <file>', 'write the result to a file, whole or not at all')
    .option('--force', 'replace an existing output file')
    .option('--watchlist <alias=file>', 'a watchlist from CSV or JSON; may be repeated', collect)
    .option('--no-techniques', 'only the tests of the rules')
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (dir: string | undefined, flags: TestFlags) => {
      process.exitCode = await run(dir ?? packFolder(), flags)
    })
}

function collect(value: string, all: string[] = []): string[] {
  return [...all, value]
}

async function run(folder: string, flags: TestFlags): Promise<ExitStatus> {
  if (!existsSync(folder)) {
    throw new InputError('cli/not-found', 'there is no such folder', { in: 'file', source: folder })
  }
  if (flags.output !== undefined) checkOutput(flags.output, { force: flags.force ?? false })
  let unsound = false
  const rules = loadRules(folder, (diagnostic) => {
    unsound ||= diagnostic.severity === 'error'
    sayDiagnostic(diagnostic)
  })
  if (rules.length === 0 && !unsound) {
    throw new InputError(
      'cli/not-found',
      'the folder holds no rules',
      { in: 'file', source: folder },
      { hint: 'a rule is a Sentinel YAML file with a query, a .kql file, or a folder with detection.yaml' },
    )
  }
  const progress = progressLine(process.stderr, flags.quiet ?? false)
  const proof = await prove(rules, {
    watchlists: [readAllowList(), ...(flags.watchlist ?? []).map(watchlist)],
    testsOnly: !flags.techniques,
    report: (diagnostic) => {
      if (diagnostic.severity === 'info') return
      progress.clear()
      sayDiagnostic(diagnostic)
    },
    progress: (what) => progress.update(what),
  })
  progress.clear()
  const text = renderProof(proof, flags.format)
  if (flags.output === undefined) await writeStandardOutput(text)
  else writeOutput(flags.output, text, { force: flags.force ?? false })
  return proof.passed && !unsound ? EXIT.done : EXIT.found
}

function watchlist(given: string): ReturnType<typeof readWatchlist> {
  const at = given.indexOf('=')
  if (at < 1) throw new InputError('cli/usage', `--watchlist takes ALIAS=FILE, not ${given}`)
  return readWatchlist(given.slice(0, at), given.slice(at + 1))
}
