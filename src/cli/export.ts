import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument, Command } from 'commander'
import { ALLOW_LIST, loadDetections } from '../detections/index.ts'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'
import {
  type CheckedExport,
  type ExportFile,
  exportDefender,
  exportPlatform,
  exportSentinel,
  loadPlatformRules,
  PLATFORMS,
} from '../exports/index.ts'
import { EXIT, type ExitStatus } from './exit-status.ts'
import { checkOutput, writeOutput, writeStandardOutput } from './output.ts'
import { sayDiagnostic } from './say.ts'
import { packageVersion } from './version.ts'

interface Flags {
  readonly output?: string
  readonly force?: boolean
  readonly rules?: string
  readonly rule?: readonly string[]
  readonly apiVersion?: string
}

const CONTENT = fileURLToPath(new URL('../../content/', import.meta.url))
const NAMES = ['sentinel', 'defender', ...PLATFORMS] as const

const EXAMPLES = `
Examples:
  triad export sentinel -o content/          analytics and hunting YAML, and their ARM templates
  triad export sigma -o rules/ --force       write again over what is there
  triad export sentinel --rule wmi-subscription-bound-5861
                                             one rule to standard output
  triad export all -o out/                   every platform, a folder each

What a platform has no form for is told on standard error; docs/exports.md has the whole table.`

/** `triad export`: the pack in the form that a platform takes. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Write the detection pack in the form that a platform takes.')
    .addArgument(new Argument('<platform>', 'which platform').choices([...NAMES, 'all']))
    .option('-o, --output <folder>', 'folder to write into; without it the files are printed')
    .option('--force', 'replace existing files')
    .option('--rules <folder>', 'another folder of detections in the form of content/detections')
    .option('--rule <id...>', 'only these rules')
    .option('--api-version <version>', 'version of the alertRules resource to name in ARM templates')
    .addHelpText('after', EXAMPLES)
    .action(async (platform: string, flags: Flags) => {
      process.exitCode = await run(platform, flags)
    })
}

async function run(platform: string, flags: Flags): Promise<ExitStatus> {
  const names = platform === 'all' ? NAMES : NAMES.filter((name) => name === platform)
  let faults = false
  const report = (diagnostic: Diagnostic): void => {
    faults ||= diagnostic.severity === 'error'
    sayDiagnostic(diagnostic)
  }
  const files = names.flatMap((name) => {
    const exported = exportOne(name, flags, report)
    for (const { rule, why } of [...exported.leftOut, ...exported.narrowed]) {
      report({ code: 'platforms/not-expressible', severity: 'info', message: `${name}: ${rule}: ${why}` })
    }
    return platform === 'all'
      ? exported.files.map((file) => ({ ...file, path: `${name}/${file.path}` }))
      : exported.files
  })
  if (files.length === 0) {
    throw new InputError(
      'cli/not-found',
      `no rule to export${flags.rule === undefined ? '' : ` of the name ${flags.rule.join(', ')}`}`,
    )
  }
  if (names.some((name) => name === 'sentinel')) files.push(...watchlist(files, platform === 'all'))
  if (flags.output === undefined) {
    await writeStandardOutput(files.map(({ path, text }) => `==> ${path} <==\n${text}\n`).join(''))
  } else {
    writeAll(flags.output, files, flags.force ?? false)
    process.stderr.write(`triad: ${files.length} files written to ${flags.output}\n`)
  }
  return faults ? EXIT.found : EXIT.done
}

/** The allow list that the rules read must exist in the workspace: its file goes along with the first rule that names it. */
function watchlist(files: readonly ExportFile[], inFolder: boolean): ExportFile[] {
  const source = join(CONTENT, 'allow-list', `${ALLOW_LIST}.csv`)
  if (!files.some(({ text }) => text.includes(ALLOW_LIST)) || !existsSync(source)) return []
  return [
    {
      path: `${inFolder ? 'sentinel/' : ''}Watchlists/${ALLOW_LIST}.csv`,
      text: readFileSync(source, 'utf8'),
    },
  ]
}

function exportOne(
  name: (typeof NAMES)[number],
  flags: Flags,
  report: (diagnostic: Diagnostic) => void,
): CheckedExport {
  const wanted = (id: string): boolean => flags.rule === undefined || flags.rule.includes(id)
  if (name === 'sentinel' || name === 'defender') {
    const folder = flags.rules ?? join(CONTENT, 'detections')
    if (!existsSync(folder)) {
      throw new InputError('cli/not-found', 'there is no such folder of rules', {
        in: 'file',
        source: folder,
      })
    }
    const pack = loadDetections(folder, report).filter(({ id }) => wanted(id))
    const options = {
      toolVersion: packageVersion(),
      ...(flags.apiVersion === undefined ? {} : { apiVersion: flags.apiVersion }),
    }
    return name === 'sentinel' ? exportSentinel(pack, options) : exportDefender(pack, options)
  }
  const all = loadPlatformRules(join(CONTENT, 'platforms'), report)
  if (flags.rule === undefined) return exportPlatform(name, all)
  // A correlation needs the rules it joins.
  const needed = new Set(
    all.flatMap(({ id, body }) =>
      wanted(id) ? [id, ...(body.kind === 'correlation' ? body.rules : [])] : [],
    ),
  )
  return exportPlatform(
    name,
    all.filter(({ id }) => needed.has(id)),
  )
}

/** Refuses before the first byte is written if any file could not be written. */
function writeAll(folder: string, files: readonly { path: string; text: string }[], force: boolean): void {
  const parent = dirname(resolve(folder))
  if (!existsSync(parent)) {
    throw new InputError('cli/not-found', 'the folder for the output does not exist', {
      in: 'file',
      source: parent,
    })
  }
  const targets = files.map(({ path, text }) => ({ path: join(folder, path), text }))
  for (const { path } of targets) if (existsSync(path)) checkOutput(path, { force })
  for (const { path, text } of targets) {
    mkdirSync(dirname(path), { recursive: true })
    writeOutput(path, text, { force })
  }
}
