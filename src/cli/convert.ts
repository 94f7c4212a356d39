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
import { EXIT, type ExitStatus } from './exit-status.ts'
import { checkOutput, writeOutput } from './output.ts'
import { sayDiagnostic } from './say.ts'

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
  // Faults of a template are faults of the YAML that it became: that is the file to mend.
  const sound = toArm
    ? check(text, file, flags.check === true)
    : check(converted ?? '', flags.output ?? `${file} as YAML`, flags.check === true)
  if (flags.output !== undefined && converted !== undefined) {
    writeOutput(flags.output, converted, { force: flags.force ?? false })
  }
  return sound || flags.check !== true ? EXIT.done : EXIT.found
}

function convert(text: string, file: string, flags: Flags): string {
  return conversionDirection(text) === 'to-arm'
    ? yamlToArm(text, file, flags.apiVersion)
    : armToYaml(text, file, sayDiagnostic)
}

/** Tells what is wrong with each rule of a file, at its line; advice only when it was asked for. */
function check(yaml: string, source: string, all: boolean): boolean {
  let sound = true
  for (const { text, start } of documentsOf(yaml)) {
    const report = (diagnostic: Diagnostic): void => {
      if (!all && diagnostic.severity !== 'error') return
      const { at } = diagnostic
      const place = at?.in === 'text' ? { ...at, start: at.start + start, end: at.end + start } : at
      sayDiagnostic(place === undefined ? diagnostic : { ...diagnostic, at: place }, yaml)
    }
    const isAnalytics = /^(kind|severity|queryFrequency):/m.test(text)
    const checked = isAnalytics ? checkSentinelRule : checkSentinelHunting
    if (!checked(text, source, report)) sound = false
  }
  return sound
}

/** The YAML documents of a file, with where each begins. */
function documentsOf(yaml: string): { text: string; start: number }[] {
  const starts = [0, ...[...yaml.matchAll(/^---[ \t]*\r?\n/gm)].map((match) => match.index + match[0].length)]
  return starts
    .map((start, index) => ({
      start,
      text: yaml.slice(start, starts[index + 1]).replace(/---[ \t]*\r?\n$/, ''),
    }))
    .filter(({ text }) => text.trim() !== '')
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
