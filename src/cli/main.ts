import { Command, CommanderError } from 'commander'
import { InputError } from '../diagnostics/index.ts'
import { visible } from '../reports/index.ts'
import { EXIT } from './exit-status.ts'
import { sayDiagnostic } from './say.ts'
import { packageVersion } from './version.ts'

interface Verb {
  readonly summary: string
  /** Loads the verb's code only when it is called: a database or a parser must not slow down the others. */
  load(): Promise<Command>
}

const VERBS: Readonly<Record<string, Verb>> = {
  scan: {
    summary: 'read evidence, reconstruct and judge every WMI event subscription',
    load: async () => (await import('./scan.ts')).scanCommand(),
  },
  query: {
    summary: 'run KQL over the tables of evidence, as Sentinel and Defender XDR run it',
    load: async () => (await import('./query.ts')).queryCommand(),
  },
  tables: {
    summary: 'list the tables that evidence fills',
    load: async () => (await import('./tables.ts')).tablesCommand(),
  },
  rules: {
    summary: 'the detection pack: list, show and check its rules',
    load: async () => (await import('./rules.ts')).rulesCommand(),
  },
  test: {
    summary: 'prove every rule against its evidence, near misses and the validation techniques',
    load: async () => (await import('./test.ts')).testCommand(),
  },
  cim: {
    summary: 'read a WMI repository: namespaces, classes, instances, timeline',
    load: async () => (await import('./cim.ts')).cimCommand(),
  },
  simulate: {
    summary: 'write evidence of a technique as Windows would have recorded it; executes nothing',
    load: async () => (await import('./simulate.ts')).simulateCommand(),
  },
  explain: {
    summary: 'say in plain words what a filter waits for and what a consumer does',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  allow: {
    summary: "keep a team's own known-good subscriptions",
    load: async () => (await import('./allow.ts')).allowCommand(),
  },
  export: {
    summary: 'write the detection pack in the form a platform takes',
    load: async () => (await import('./export.ts')).exportCommand(),
  },
  deploy: {
    summary: "create or update the pack's rules in Sentinel or Defender XDR",
    load: async () => (await import('./deploy.ts')).deployCommand(),
  },
  convert: {
    summary: 'turn Sentinel rule YAML into ARM and back, without losing a field',
    load: async () => (await import('./convert.ts')).convertCommand(),
  },
  playbook: {
    summary: 'the response steps for one subscription, its names filled in',
    load: async () => (await import('./playbook.ts')).playbookCommand(),
  },
}

/** Runs the command line; returns the exit status. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await run(asOption(argv))
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done
  } catch (error) {
    return failure(error)
  }
}

/** `triad help` and `triad help VERB`, which people try first. */
function asOption([first, ...rest]: readonly string[]): readonly string[] {
  return first === 'help' ? [...rest, '--help'] : first === undefined ? [] : [first, ...rest]
}

async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('triad')
    .description(
      'Finds, judges and proves detections of WMI permanent event subscriptions (ATT&CK T1546.003).',
    )
    .version(packageVersion(), '--version')
    .helpCommand(false)
    .option('--debug', 'print the stack of an internal fault')
    .showHelpAfterError('(triad --help lists the verbs, triad VERB --help its options with examples)')
    .exitOverride()
  const wanted = argv.find((argument) => !argument.startsWith('-'))
  for (const [name, verb] of Object.entries(VERBS)) {
    if (name === wanted) program.addCommand(inherit(await verb.load(), program))
    else program.command(name).description(verb.summary)
  }
  await program.parseAsync([...argv], { from: 'user' })
}

/** Sub-commands that are built elsewhere do not take over the settings of their parent by themselves. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inherit(child, command)
  return command
}

function failure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof InputError) {
    sayDiagnostic(error.toDiagnostic())
    return EXIT.usage
  }
  const fault = error instanceof Error ? error : new Error(String(error))
  // A full disk or a folder that cannot be written to is no fault of ours.
  if ('syscall' in fault && !process.argv.includes('--debug')) {
    process.stderr.write(`triad: error: the system refused: ${visible(fault.message)}\n`)
    return EXIT.internal
  }
  const text = process.argv.includes('--debug') ? (fault.stack ?? fault.message) : fault.message
  process.stderr.write(
    `triad: internal fault: ${visible(text, { keepNewlines: true })}\nThis is a fault of triad, not of the evidence. --debug shows where; please report it.\n`,
  )
  return EXIT.internal
}
