import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { isoToFiletime } from '../bytes/index.ts'
import { InputError } from '../diagnostics/index.ts'
import { DEFAULT_START, NOT_SIMULATED, type Scenario, scenarios, simulate } from '../simulation/index.ts'
import { shellOf, typedCommands } from './command-prompt.ts'
import { alignedRows, wrappedLines } from './lines.ts'
import { writeStandardOutput } from './output.ts'

interface SimulateFlags {
  readonly output?: string
  readonly seed: number
  readonly start: string
  readonly force?: boolean
  readonly list?: boolean
}

const EXAMPLES = `
Examples:
  triad simulate --list                               the scenarios, and what none stands for
  triad simulate wmic-active-script -o lab/           write its evidence
  triad simulate wmic-active-script                   how to run it on a lab machine, and what must be seen
  triad simulate all -o lab/ --seed 7                 every scenario, a folder each

Nothing is executed: the files are written as Windows would have recorded the technique.`

/** `triad simulate`: writes the evidence of a technique without running it. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description(
      'Write evidence as Windows would have recorded it for a validation technique. Executes nothing.',
    )
    .argument('[test]', 'a scenario, or "all"')
    .option('-o, --output <folder>', 'folder to write to; it must not exist, or be empty')
    .option('--seed <number>', 'process ids, GUIDs and intervals follow from it', wholeNumber, 1)
    .option('--start <time>', 'time of the first event, ISO 8601 UTC', time, DEFAULT_START)
    .option('--force', 'replace a folder that holds something')
    .option('--list', 'list the scenarios and the ways of the technique they stand for')
    .addHelpText('after', EXAMPLES)
    .action(async (test: string | undefined, flags: SimulateFlags) => {
      await writeStandardOutput(run(test, flags))
    })
}

function run(test: string | undefined, flags: SimulateFlags): string {
  if (test === undefined || flags.list === true) return listing()
  const wanted = test === 'all' ? scenarios : [find(test)]
  if (flags.output === undefined) return wanted.map(description).join('\n')
  const count = writeFolder(flags.output, flags.force ?? false, (folder) =>
    wanted.reduce(
      (total, scenario) =>
        total + writeScenario(scenario, test === 'all' ? join(folder, scenario.id) : folder, flags),
      0,
    ),
  )
  return `Wrote ${count} files to ${flags.output}. Try: triad scan ${flags.output}\n`
}

function find(id: string): Scenario {
  const scenario = scenarios.find((item) => item.id === id)
  if (scenario !== undefined) return scenario
  throw new InputError('cli/not-found', `there is no scenario ${id}`, undefined, {
    hint: `one of ${scenarios.map((item) => item.id).join(', ')}`,
  })
}

function listing(): string {
  const missing = Object.entries(NOT_SIMULATED).map(([way, reason]) => `  ${way.padEnd(4)} ${reason}`)
  return [
    alignedRows(scenarios.map((item) => [item.id, item.kind, item.covers.join(' '), item.title])),
    '\nNot simulated:\n',
    wrappedLines(missing),
  ].join('')
}

function description(scenario: Scenario): string {
  const block = (title: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
  return [
    `${scenario.title}\n\n${scenario.description}\nStands for: ${scenario.covers.join(', ')}\n`,
    block(
      `On a lab machine (never on a production one), ${where(scenario.commands)}:`,
      typedCommands(scenario.commands ?? []),
    ),
    block(`Clean-up, ${where(scenario.cleanup)}:`, typedCommands(scenario.cleanup ?? [])),
    block(
      'What must be seen:',
      scenario.signals.map(
        (signal) =>
          `${signal.channel} ${signal.eventId}${signal.count > 1 ? ` × ${signal.count}` : ''}: ${signal.what}` +
          (signal.field === undefined ? '' : ` (${signal.field[0]} has ${signal.field[1]})`),
      ),
    ),
  ].join('')
}

const where = (commands: readonly string[] = []): string =>
  shellOf(commands) === 'cmd' ? 'at the command prompt' : 'in PowerShell'

/** Writes into a folder beside the wanted one and renames it: the result is whole or not there. */
function writeFolder(folder: string, force: boolean, write: (folder: string) => number): number {
  const at = { in: 'file', source: folder } as const
  if (existsSync(folder) && readdirSync(folder).length > 0 && !force) {
    throw new InputError('cli/output-exists', 'the folder exists and is not empty', at, {
      hint: 'choose another one, or give --force to replace it',
    })
  }
  const parent = dirname(resolve(folder))
  if (!existsSync(parent)) throw new InputError('cli/not-found', 'the parent folder does not exist', at)
  const temporary = mkdtempSync(join(parent, '.triad-simulate-'))
  try {
    const count = write(temporary)
    rmSync(folder, { recursive: true, force: true })
    renameSync(temporary, folder)
    return count
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

function writeScenario(scenario: Scenario, folder: string, flags: SimulateFlags): number {
  const files = simulate(scenario, { seed: flags.seed, start: flags.start })
  for (const file of files) {
    const path = join(folder, ...file.path.split('/'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, file.bytes)
  }
  return files.length
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('a whole number')
  return Number(value)
}

function time(value: string): string {
  if (isoToFiletime(value) === undefined)
    throw new InvalidArgumentError('a time such as 2026-03-02T09:15:00Z')
  return value
}
