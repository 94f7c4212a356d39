import { Command, Option } from 'commander'
import { filetimeToIso } from '../bytes/index.ts'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'
import type { CimValue } from '../lang/cim-value.ts'
import {
  openRepository,
  type Repository,
  type RepositoryFiles,
  type RepositoryInstance,
  readTimeline,
  recoverInstances,
} from '../records/cim/index.ts'
import { readEvidence } from '../records/index.ts'
import { diagnosticText, inertJson, visible } from '../reports/index.ts'
import { isUnreadable, requireEvidence } from './evidence-paths.ts'
import { EXIT } from './exit-status.ts'
import { terminalColumns } from './lines.ts'
import { writeStandardOutput } from './output.ts'
import { rowWriter } from './query-output.ts'

interface Flags {
  readonly format: 'json' | 'table'
  readonly namespace?: string
  readonly class?: string
  readonly subclasses?: boolean
  readonly recovered?: boolean
}

type Row = Readonly<Record<string, unknown>>
type Listing = (
  files: RepositoryFiles,
  flags: Flags,
  report: (diagnostic: Diagnostic) => void,
) => Iterable<Row>

const EXAMPLES = `
Examples:
  triad cim namespaces Repository/                         every namespace with its counts
  triad cim classes Repository/ --namespace root\\subscription
  triad cim instances wbem.zip --class __EventConsumer --subclasses --format json
  triad cim instances OBJECTS.DATA --recovered             also what is left of deleted instances
  triad cim timeline Repository/ --class CCM_RecentlyUsedApps

PATH is a repository folder, a file of it, or an archive or collection that holds one.`

/** `triad cim`: lists what a WMI repository holds. */
export function cimCommand(): Command {
  const command = new Command('cim')
    .description('Read a WMI repository: its namespaces, classes, instances and their order in time.')
    .addHelpText('after', EXAMPLES)
  listing(command, 'namespaces', 'every namespace with the number of its classes and instances', namespaces)
  addFilters(
    listing(command, 'classes', 'class definitions with properties, defaults and qualifiers', classes),
  )
  addFilters(listing(command, 'instances', 'instances with all their properties', instances))
    .option('--subclasses', 'also instances of classes derived from --class')
    .option('--recovered', 'also what is left of deleted instances')
  addFilters(
    listing(command, 'timeline', 'instances, live and deleted, in the order they were written', timeline),
  )
  return command
}

function addFilters(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'only this namespace')
    .option('-c, --class <name>', 'only this class')
}

function listing(parent: Command, name: string, description: string, list: Listing): Command {
  return parent
    .command(name)
    .description(description)
    .argument('<path>', 'repository folder, one of its files, or an archive with one')
    .addOption(
      new Option('-f, --format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: Flags) => {
      process.exitCode = await run(name, path, flags, list)
    })
}

async function run(name: string, path: string, flags: Flags, list: Listing): Promise<number> {
  let unreadable = false
  const report = (diagnostic: Diagnostic): void => {
    unreadable ||= isUnreadable(diagnostic)
    process.stderr.write(`triad: ${diagnosticText(diagnostic)}\n`)
  }
  const repositories: RepositoryFiles[] = []
  const sink = { repository: (files: RepositoryFiles) => repositories.push(files) }
  requireEvidence([path])
  await readEvidence([path], { selection: new Map(), sink, report, hash: false, recover: false })
  if (repositories.length === 0) {
    throw new InputError('cim/no-repository', 'there is no WMI repository', { in: 'file', source: path })
  }
  const rows = function* (): Generator<Row> {
    for (const files of repositories) {
      const mark = repositories.length > 1 ? { repository: files.source } : {}
      try {
        for (const row of list(files, flags, report)) yield { ...mark, ...row }
      } catch (error) {
        // One unusable repository among several must not hide the others.
        if (!(error instanceof InputError)) throw error
        report(error.toDiagnostic())
      }
    }
  }
  await (flags.format === 'json' ? writeJson(name, rows()) : writeTable(rows()))
  return unreadable ? EXIT.unreadable : EXIT.done
}

function* namespaces(
  files: RepositoryFiles,
  _: Flags,
  report: (diagnostic: Diagnostic) => void,
): Generator<Row> {
  for (const { name, classDefinitions, instances: count } of openRepository(files, report).namespaces())
    yield { name, classDefinitions, instances: count }
}

function* classes(
  files: RepositoryFiles,
  flags: Flags,
  report: (diagnostic: Diagnostic) => void,
): Generator<Row> {
  const repository = openRepository(files, report)
  for (const namespace of namespaceNames(repository, flags)) {
    for (const definition of repository.classes(namespace)) {
      if (flags.class !== undefined && definition.name.toLowerCase() !== flags.class.toLowerCase()) continue
      const { name, superclasses, properties, qualifiers, classFiletime, offset, size } = definition
      yield { namespace, name, superclasses, properties, qualifiers, classFiletime, offset, size }
    }
  }
}

function namespaceNames(repository: Repository, flags: Flags): string[] {
  return flags.namespace === undefined ? repository.namespaces().map(({ name }) => name) : [flags.namespace]
}

function* instances(
  files: RepositoryFiles,
  flags: Flags,
  report: (diagnostic: Diagnostic) => void,
): Generator<Row> {
  let indexed = true
  try {
    for (const instance of openRepository(files, report).instances(query(flags))) yield instanceRow(instance)
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'cim/no-mapping') throw error
    report(error.toDiagnostic('warning'))
    indexed = false
  }
  if (indexed && flags.recovered !== true) return
  for (const { instance, region, complete, identicalToLive } of recoverInstances(files, () => undefined)) {
    if (!matches(instance, flags)) continue
    yield { ...instanceRow(instance), recovered: { region, complete, identicalToLive } }
  }
}

function query(flags: Flags): { namespace?: string; class?: string; subclasses?: boolean } {
  return {
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    ...(flags.class === undefined ? {} : { class: flags.class }),
    ...(flags.subclasses === undefined ? {} : { subclasses: flags.subclasses }),
  }
}

interface Named {
  readonly className: string
  readonly namespace?: string
  readonly superclasses?: readonly string[]
}

function matches(instance: Named, flags: Flags): boolean {
  const { namespace, class: wanted } = flags
  if (namespace !== undefined && instance.namespace?.toLowerCase() !== namespace.toLowerCase()) return false
  if (wanted === undefined) return true
  const names = [instance.className, ...(flags.subclasses === true ? (instance.superclasses ?? []) : [])]
  return names.some((name) => name.toLowerCase() === wanted.toLowerCase())
}

function instanceRow(instance: RepositoryInstance): Row {
  const { namespace, className, superclasses, path, offset, size, writtenGeneration } = instance
  const values = instance.properties.map(({ name, value }): [string, CimValue] => [name, value])
  return {
    namespace,
    class: className,
    path,
    superclasses,
    properties: Object.fromEntries(values),
    offset,
    size,
    writtenGeneration,
    writeFiletime: instance.writeFiletime,
    classFiletime: instance.classFiletime,
  }
}

function* timeline(
  files: RepositoryFiles,
  flags: Flags,
  report: (diagnostic: Diagnostic) => void,
): Generator<Row> {
  for (const entry of readTimeline(files, report)) {
    if (!matches(entry, flags)) continue
    const { className, ...rest } = entry
    yield { class: className, ...rest }
  }
}

/** FILETIMEs and integers beyond 2^53 as text, as everywhere in machine output. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

async function writeJson(name: string, rows: Iterable<Row>): Promise<void> {
  let text = `{${JSON.stringify(name)}:[`
  let separator = '\n'
  for (const row of rows) {
    text += `${separator}${inertJson(JSON.stringify(row, plain))}`
    separator = ',\n'
    if (text.length < 1 << 20) continue
    await writeStandardOutput(text)
    text = ''
  }
  await writeStandardOutput(`${text}\n]}\n`)
}

/** Widest column of a table; a script text would push the others off the screen. */
const MAX_COLUMN = 72

async function writeTable(rows: Iterable<Row>): Promise<void> {
  const table = Array.from(rows, (row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        cell(key.endsWith('Filetime') ? asTime(value) : value),
      ]),
    ),
  )
  const names = [...new Set(table.flatMap((row) => Object.keys(row)))].filter(
    (name) => !['superclasses', 'size', 'classFiletime', 'qualifiers'].includes(name),
  )
  const columns = terminalColumns()
  const writer = rowWriter(
    'table',
    names.map((name) => ({ name, type: 'string' })),
    columns === undefined ? {} : { columns },
  )
  const cells = table.map((row) => names.map((name) => row[name] ?? ''))
  await writeStandardOutput(writer.begin() + writer.rows(cells) + writer.end())
}

/** For a person, a FILETIME is a time; JSON has the number that is stored. */
function asTime(value: unknown): unknown {
  return typeof value === 'bigint' ? (filetimeToIso(value) ?? value) : value
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text =
    Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && 'name' in item)
      ? value.map((item: { name: string }) => item.name).join(' ')
      : typeof value === 'object'
        ? JSON.stringify(value, plain)
        : String(value)
  const shown = visible(text)
  return shown.length > MAX_COLUMN ? `${shown.slice(0, MAX_COLUMN - 1)}…` : shown
}
