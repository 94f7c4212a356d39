import { existsSync, readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { InputError } from '../diagnostics/index.ts'
import {
  EMPTY_BASELINE,
  type JudgementContext,
  parseAllowList,
  parseBaseline,
  printBaseline,
  withWeights,
} from '../findings/index.ts'
import type { Severity } from '../findings/model.ts'
import {
  renderJson,
  renderJsonLines,
  renderTerminal,
  renderTimeline,
  type ScanReport,
  SEVERITIES,
} from '../reports/index.ts'
import { scan } from '../scan/index.ts'
import { isUnreadable, requireEvidence } from './evidence-paths.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { listenForInterrupt } from './interrupt.ts'
import { checkOutput, writeOutput, writeStandardOutput } from './output.ts'
import { type ProgressLine, progressLine } from './progress.ts'
import { packageVersion } from './version.ts'

const FORMATS = ['text', 'json', 'jsonl', 'csv'] as const
type Format = (typeof FORMATS)[number]

/** More cards than anybody scrolls through; a file or a pipe gets all of them. */
const MOST_CARDS = 50

interface ScanFlags {
  readonly format: Format
  readonly output?: string
  readonly force?: boolean
  readonly rules: boolean
  readonly ruleAllowList?: string
  readonly hash: boolean
  readonly recover: boolean
  readonly allow?: string
  readonly weights?: string
  readonly baseline?: string
  readonly failOn?: Severity
  readonly minLevel: Severity
  readonly full?: boolean
  readonly color: 'auto' | 'always' | 'never'
  readonly quiet?: boolean
}

const EXAMPLES = `
Examples:
  triad scan C/Windows/System32/winevt/Logs       every log of a collected folder
  triad scan collection.zip --format json -o report.json
  triad scan evidence/ --fail-on high             exit status 1 when something is high or critical
  triad scan evidence/ --format csv -o timeline.csv   a timeline that Timesketch imports

Exit status: 0 done; 1 --fail-on reached; 2 the call is wrong, or no path exists; 3 some evidence could not be read
(the report is written and says what); 4 internal fault; 130 interrupted (the report covers what was read until then).`

/** `triad scan`: reads evidence and reports every WMI event subscription in it. */
export function scanCommand(): Command {
  return new Command('scan')
    .description(
      'Read evidence (files, folders, archives), reconstruct and judge every WMI event subscription.',
    )
    .argument(
      '<path...>',
      'evidence: event logs, exports, repository files, MOF files, archives, folders of these',
    )
    .addOption(new Option('-f, --format <format>', 'how to report').choices([...FORMATS]).default('text'))
    .option('-o, --output <file>', 'write the report to a file, whole or not at all')
    .option('--force', 'replace an existing output file')
    .option('--no-rules', 'do not run the detection pack over the tables')
    .option('--rule-allow-list <file>', "the rules' allow list as CSV: the watchlist TriadWmiAllowList")
    .option('--no-hash', 'do not compute SHA-256 of the files')
    .option('--no-recover', 'do not look for deleted remains in event log slack')
    .option('--allow <file>', "a team's own known-good subscriptions (see triad allow)")
    .option('--weights <file>', "a team's own weights, in the shape of content/judgement/weights.yaml")
    .option('--baseline <file>', 'what the estate was seen to hold; read, then updated with this run')
    .option('--fail-on <level>', 'exit status 1 when a subscription is at or above this severity', level)
    .option('--min-level <level>', 'show cards from this severity up (text)', level, 'low')
    .option('--full', 'show payloads whole, and every card (text)')
    .addOption(
      new Option('--color <when>', 'colour (text)').choices(['auto', 'always', 'never']).default('auto'),
    )
    .option('-q, --quiet', 'no progress on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: ScanFlags) => {
      process.exitCode = await run(paths, flags)
    })
}

function level(value: string): Severity {
  const found = SEVERITIES.find(
    (severity) => severity === value || (value === 'info' && severity === 'informational'),
  )
  if (found === undefined) throw new InvalidArgumentError(`one of ${SEVERITIES.join(', ')}`)
  return found
}

async function run(paths: readonly string[], flags: ScanFlags): Promise<ExitStatus> {
  const progress = progressLine(process.stderr, flags.quiet ?? false)
  const interrupt = listenForInterrupt(() => {
    progress.clear()
    process.stderr.write('triad: interrupted: reporting what was read until now; Ctrl-C again ends at once\n')
  })
  try {
    return await scanAndReport(paths, flags, progress, interrupt.signal)
  } finally {
    interrupt.release()
  }
}

async function scanAndReport(
  paths: readonly string[],
  flags: ScanFlags,
  progress: ProgressLine,
  signal: AbortSignal,
): Promise<ExitStatus> {
  if (flags.output !== undefined) {
    checkOutput(flags.output, { force: flags.force ?? false, evidence: paths })
  }
  requireEvidence(paths)
  if (flags.baseline !== undefined) checkOutput(flags.baseline, { force: true, evidence: paths })
  const baseline = flags.baseline === undefined ? undefined : readBaseline(flags.baseline)
  const judgement = judgementContext(flags)
  const result = await scan(paths, {
    version: packageVersion(),
    hash: flags.hash,
    recover: flags.recover,
    rules: flags.rules,
    ...(flags.ruleAllowList === undefined ? {} : { ruleAllowList: flags.ruleAllowList }),
    now: new Date(),
    judgement,
    ...(baseline === undefined ? {} : { baseline }),
    signal,
    progress: (state) => progress.update(`${(state.bytesRead / 1e6).toFixed(0)} MB  ${state.path}`),
  })
  progress.clear()
  const { report } = result
  const text = render(report, flags)
  if (flags.output === undefined) await writeStandardOutput(text)
  else writeOutput(flags.output, text, { force: flags.force ?? false, evidence: paths })
  if (flags.baseline !== undefined && result.baseline !== undefined && !signal.aborted) {
    writeOutput(flags.baseline, printBaseline(result.baseline), { force: true, evidence: paths })
  }
  return exitStatus(report, flags, signal.aborted)
}

function judgementContext(flags: ScanFlags): JudgementContext {
  return {
    ...(flags.allow === undefined ? {} : { allow: parseAllowList(readText(flags.allow), flags.allow) }),
    ...(flags.weights === undefined ? {} : { content: withWeights(readText(flags.weights), flags.weights) }),
  }
}

/** A baseline that does not exist yet is an empty one: the first run of an estate makes it. */
function readBaseline(path: string): ReturnType<typeof parseBaseline> {
  return existsSync(path) ? parseBaseline(readText(path), path) : EMPTY_BASELINE
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new InputError('cli/not-found', 'the file cannot be read', { in: 'file', source: path }, { cause })
  }
}

function render(report: ScanReport, flags: ScanFlags): string {
  switch (flags.format) {
    case 'json':
      return renderJson(report)
    case 'jsonl':
      return renderJsonLines(report)
    case 'csv':
      return renderTimeline(report)
    case 'text':
      return renderTerminal(report, {
        colour: wantsColour(flags),
        full: flags.full ?? false,
        minLevel: flags.minLevel,
        ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
        ...(process.stdout.isTTY && flags.output === undefined && flags.full !== true
          ? { most: MOST_CARDS }
          : {}),
      })
  }
}

/** Colour on a terminal only, unless asked; https://no-color.org is honoured. */
function wantsColour(flags: ScanFlags): boolean {
  if (flags.color !== 'auto') return flags.color === 'always'
  if (flags.output !== undefined || (process.env.NO_COLOR ?? '') !== '') return false
  return process.stdout.isTTY || (process.env.FORCE_COLOR ?? '') !== ''
}

function exitStatus(report: ScanReport, flags: ScanFlags, interrupted: boolean): ExitStatus {
  if (interrupted) return EXIT.interrupted
  const { failOn } = flags
  if (
    failOn !== undefined &&
    report.subscriptions.some((item) => SEVERITIES.indexOf(item.severity) <= SEVERITIES.indexOf(failOn))
  ) {
    return EXIT.found
  }
  return report.diagnostics.some(isUnreadable) ? EXIT.unreadable : EXIT.done
}
