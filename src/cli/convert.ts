import { existsSync, readFileSync, statSync } from 'node:fs'
import { Command } from 'commander'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'
import {
  armToYaml,
  checkSentinelHunting,
  checkSentinelRule,
  conversionDirection,
  yamlToArm,
} from '../exports/sentinel/index.ts'
import { diagnosticText } from '../reports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { checkOutput, writeOutput } from './output.ts'

interface Flags {
  readonly output?: string
  readonly force?: boolean
  readonly check?: boolean
  readonly apiVersion?: string
}

const EXAMPLES = `
Examples:
  triad convert rule.yaml -o rule.json           rule YAML to an ARM template
  triad convert rule.json -o rule.yaml           and back: the same file, comments included
  triad convert rule.yaml --check                only check the rule against Sentinel's fields and limits
  triad convert rule.yaml -o rule.json --api-version 2025-09-01

What ARM has no place for (connectors, version, comments, spellings) is kept in the template's metadata, which Azure
ignores. A value edited in the template wins over what was remembered.`

/** Larger than any rule file by far; what is bigger is something else. */
const MAX_BYTES = 8 * 1024 * 1024

/** `triad convert`: rule YAML ↔ ARM, analytics rules and hunting queries. */
export function convertCommand(): Command {
  return new Command('convert')
    .description(
      'Turn Sentinel rule YAML into an ARM template, or a template into YAML, without losing a field.',
    )
    .argument('<file>', 'rule YAML or ARM template, told apart by its content')
    .option('-o, --output <file>', 'file to write, whole or not at all')
    .option('--force', 'replace an existing output file')
    .option(
      '--check',
      'check rule YAML against every field and limit; exit status 1 where something is wrong',
    )
    .option('--api-version <version>', 'version of the alertRules resource to name in the template')
    .addHelpText('after', EXAMPLES)
    .action((file: string, flags: Flags) => {
      process.exitCode = run(file, flags)
    })
}

function run(file: string, flags: Flags): ExitStatus {
  if (flags.output === undefined && flags.check !== true) {
    throw new InputError('cli/usage', 'convert needs -o FILE to write to, or --check')
  }
  if (flags.output !== undefined) {
    checkOutput(flags.output, { force: flags.force ?? false })
  }
  const text = readRuleFile(file)
  const toArm = conversionDirection(text) === 'to-arm'
  const converted = flags.output === undefined && toArm ? undefined : convert(text, file, flags)
  const sound = check(toArm ? text : (converted ?? ''), file, flags.check === true)
  if (flags.output !== undefined && converted !== undefined) {
    writeOutput(flags.output, converted, { force: flags.force ?? false })
  }
  return sound || flags.check !== true ? EXIT.done : EXIT.found
}

function convert(text: string, file: string, flags: Flags): string {
  return conversionDirection(text) === 'to-arm'
    ? yamlToArm(text, file, flags.apiVersion)
    : armToYaml(text, file)
}

/** Tells what is wrong with the rule; advice only when it was asked for. */
function check(yaml: string, file: string, all: boolean): boolean {
  const report = (diagnostic: Diagnostic): void => {
    if (all || diagnostic.severity === 'error') {
      process.stderr.write(`triad: ${diagnosticText(diagnostic)}\n`)
    }
  }
  return yaml
    .split(/^---\r?$/m)
    .filter((part) => part.trim() !== '')
    .map((part) =>
      /^(kind|severity|queryFrequency):/m.test(part)
        ? checkSentinelRule(part, file, report)
        : checkSentinelHunting(part, file, report),
    )
    .every((sound) => sound)
}

function readRuleFile(file: string): string {
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new InputError('cli/not-found', 'there is no such file', { in: 'file', source: file })
  }
  if (statSync(file).size > MAX_BYTES) {
    throw new InputError('cli/usage', 'the file is too large to be a rule', { in: 'file', source: file })
  }
  return readFileSync(file, 'utf8')
}
