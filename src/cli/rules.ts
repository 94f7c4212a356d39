import { existsSync, readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import {
  checkRules,
  type Detection,
  type FormCheck,
  loadPack,
  loadRules,
  packFolder,
} from '../detections/index.ts'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'
import { checkSentinelHunting, checkSentinelRule } from '../exports/sentinel/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { alignedRows, wrappedLines } from './lines.ts'
import { writeStandardOutput } from './output.ts'
import { placeOf, sayDiagnostic } from './say.ts'

interface Flags {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  triad rules list                               the pack: id, severity, kind, what each rule reads
  triad rules show wmi-subscription-bound-5861   one rule with its query, blind spots and tuning
  triad rules check                              against Microsoft's parser, the table schemas and Sentinel's limits
  triad rules check my-rules/                    a team's own rules

Exit status: 0 done; 1 check found a fault; 2 the call is wrong; 4 internal fault.`

/** `triad rules`: what the detection pack holds, and whether rules are sound. */
export function rulesCommand(): Command {
  const command = new Command('rules').description('The detection pack: list, show and check its rules.')
  const format = (): Option =>
    new Option('-f, --format <format>', 'how to print').choices(['text', 'json']).default('text')
  command
    .command('list')
    .description('every rule of the pack')
    .addOption(format())
    .action(async (flags: Flags) => {
      process.exitCode = await list(flags)
    })
  command
    .command('show')
    .description('one rule, whole')
    .argument('<id>', 'id of the rule')
    .addOption(format())
    .action(async (id: string, flags: Flags) => {
      process.exitCode = await show(id, flags)
    })
  command
    .command('check')
    .description('parse, bind and hold rules against the limits of Sentinel and Defender XDR')
    .argument('[dir]', 'folder of rules; without it the detection pack')
    .addOption(format())
    .action(async (dir: string | undefined, flags: Flags) => {
      process.exitCode = await check(dir ?? packFolder(), flags)
    })
  return command.addHelpText('after', EXAMPLES)
}

async function list(flags: Flags): Promise<ExitStatus> {
  const rules = loadPack(sayDiagnostic)
  if (flags.format === 'json') {
    const shown = rules.map(({ id, title, severity, kind, status, version, technique, tables, signals }) => ({
      id,
      title,
      severity,
      kind,
      status,
      version,
      technique,
      tables: tableNames(tables),
      signals,
    }))
    await writeStandardOutput(`${JSON.stringify(shown, undefined, 2)}\n`)
    return EXIT.done
  }
  const rows = rules.map((rule) => [
    rule.id,
    rule.severity,
    rule.status === 'baseline' ? 'baseline' : rule.kind,
    tableNames(rule.tables).join(', '),
    rule.title,
  ])
  await writeStandardOutput(alignedRows(rows))
  return EXIT.done
}

function tableNames(tables: Detection['tables']): string[] {
  return [...new Set(tables.map((table) => table.name))]
}

async function show(id: string, flags: Flags): Promise<ExitStatus> {
  const rules = loadPack(sayDiagnostic)
  const rule = rules.find((candidate) => candidate.id === id)
  if (rule === undefined) {
    throw new InputError('cli/not-found', `there is no rule ${id}`, undefined, {
      hint: `there are ${rules.map((candidate) => candidate.id).join(', ')}`,
    })
  }
  await writeStandardOutput(
    flags.format === 'json' ? `${JSON.stringify(rule, undefined, 2)}\n` : ruleText(rule),
  )
  return EXIT.done
}

function ruleText(rule: Detection): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
  const schedule =
    rule.schedule === undefined
      ? rule.kind
      : `${rule.kind}, every ${rule.schedule.frequency} over ${rule.schedule.period}`
  const lines = [
    `${rule.title}`,
    `${rule.id} ${rule.version} · ${rule.severity} · ${rule.technique} · ${schedule}`,
    '',
    rule.description,
    ...section(
      'Reads',
      rule.tables.map((table) => `${table.name}: ${table.enable}`),
    ),
    ...section('Cannot see', rule.blindSpots),
    ...section('False positives', rule.falsePositives),
    ...section(
      'Tuning',
      rule.tuning.map((knob) => `${knob.name} (${knob.default}): ${knob.effect}`),
    ),
    ...section(
      'Proved by',
      rule.tests.map((test) => test.name),
    ),
    ...section('References', rule.references),
    '',
    'Query',
  ]
  return `${wrappedLines(lines)}${rule.query}\n`
}

async function check(folder: string, flags: Flags): Promise<ExitStatus> {
  if (!existsSync(folder)) {
    throw new InputError('cli/not-found', 'there is no such folder', { in: 'file', source: folder })
  }
  const found: Diagnostic[] = []
  const report = (diagnostic: Diagnostic): void => {
    found.push(diagnostic)
    if (flags.format === 'text') sayDiagnostic(diagnostic)
  }
  const rules = loadRules(folder, report)
  const sound = await checkRules(
    rules.map((rule) => rule.checked),
    report,
    checkSentinelFile,
  )
  const failed = found.some((item) => item.severity === 'error')
  if (flags.format === 'json') {
    const result = {
      rules: rules.map((rule) => ({ id: rule.id, sound: sound.includes(rule.id) })),
      found: found.map((item) => ({ ...item, at: item.at && { ...item.at, ...placeOf(item) } })),
    }
    await writeStandardOutput(`${JSON.stringify(result, undefined, 2)}\n`)
  } else {
    await writeStandardOutput(`${sound.length} of ${rules.length} rules are sound\n`)
  }
  return failed ? EXIT.found : EXIT.done
}

/** A team's rule in Sentinel's YAML, held against every field and limit of that form. */
const checkSentinelFile: FormCheck = ({ source, kind }, columns, report) => {
  const text = readFileSync(source, 'utf8')
  // A rule whose kind is misspelt is an analytics rule still.
  if (kind === 'hunting' && !/^(?:kind|severity|queryFrequency)\s*:/m.test(text)) {
    checkSentinelHunting(text, source, report, columns)
  } else checkSentinelRule(text, source, report, columns)
}
