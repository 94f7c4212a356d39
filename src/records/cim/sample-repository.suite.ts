import type { Diagnostic } from '../../diagnostics/index.ts'
import type { CimValue } from '../../lang/cim-value.ts'
import { readSubscriptionObjects } from './index.ts'
import { IndexTree } from './index-tree.ts'
import { PAGE_SIZE } from './layout.ts'
import { type Mapping, readMapping } from './mapping.ts'
import type { RepositoryFiles, RepositoryObject } from './types.ts'
import {
  type RepositoryChange,
  type RepositoryDescription,
  standardClasses,
  type WrittenRepository,
  writeRepository,
} from './write/index.ts'
import { writeIndex } from './write/index-writer.ts'
import { PageFile } from './write/page-file.ts'

/** Repositories for the tests of this room, built by the writer. */
export const SUBSCRIPTION = 'root\\subscription'
export const START_FILETIME = 132914037192581826n

export function put(
  className: string,
  properties: Readonly<Record<string, CimValue>>,
  namespace: string = SUBSCRIPTION,
): RepositoryChange {
  return { kind: 'instance', namespace, class: className, properties }
}

export function remove(
  className: string,
  properties: Readonly<Record<string, CimValue>>,
  namespace: string = SUBSCRIPTION,
): RepositoryChange {
  return { kind: 'delete', namespace, class: className, properties }
}

export function filter(
  name: string,
  query = 'SELECT * FROM __TimerEvent',
  namespace?: string,
): RepositoryChange {
  return put(
    '__EventFilter',
    { Name: name, Query: query, QueryLanguage: 'WQL', EventNamespace: 'root\\cimv2' },
    namespace,
  )
}

export function commandLine(name: string, template = 'calc.exe', namespace?: string): RepositoryChange {
  return put('CommandLineEventConsumer', { Name: name, CommandLineTemplate: template }, namespace)
}

export const bindingPaths = (filterName: string, consumerName: string): Record<string, string> => ({
  Filter: `__EventFilter.Name="${filterName}"`,
  Consumer: `CommandLineEventConsumer.Name="${consumerName}"`,
})

export function binding(filterName: string, consumerName: string, namespace?: string): RepositoryChange {
  return put('__FilterToConsumerBinding', bindingPaths(filterName, consumerName), namespace)
}

export function written(
  commits: readonly (readonly RepositoryChange[])[],
  options: Partial<RepositoryDescription> = {},
): WrittenRepository {
  return writeRepository({
    startFiletime: START_FILETIME,
    commits: [standardClasses(), ...commits],
    ...options,
  })
}

/** The written files as a reader is given them; `without` leaves some out. */
export function asFiles(files: WrittenRepository, without: readonly string[] = []): RepositoryFiles {
  const has = (name: string): Uint8Array | undefined => (without.includes(name) ? undefined : files[name])
  const objects = has('OBJECTS.DATA')
  const index = has('INDEX.BTR')
  return {
    source: 'sample',
    evidence: {},
    ...(objects === undefined ? {} : { objects }),
    ...(index === undefined ? {} : { index }),
    mappings: Object.entries(files)
      .filter(([name]) => name.startsWith('MAPPING') && !without.includes(name))
      .map(([name, bytes]) => ({ name, bytes })),
  }
}

/** Copies with one file changed. */
export function changed(
  files: WrittenRepository,
  name: string,
  change: (bytes: Uint8Array, view: DataView) => Uint8Array | undefined,
): WrittenRepository {
  const bytes = (files[name] ?? new Uint8Array()).slice()
  const result = change(bytes, new DataView(bytes.buffer))
  return { ...files, [name]: result ?? bytes }
}

/** Objects and diagnostics of a repository; one call, so that tests say only what is odd. */
export function readObjects(files: RepositoryFiles): {
  objects: RepositoryObject[]
  diagnostics: Diagnostic[]
  codes: string[]
} {
  const diagnostics: Diagnostic[] = []
  const objects = readSubscriptionObjects(files, (diagnostic) => diagnostics.push(diagnostic))
  return { objects, diagnostics, codes: [...new Set(diagnostics.map(({ code }) => code))] }
}

/** `state namespace path` of each object: what most tests compare. */
export function summary(objects: readonly RepositoryObject[]): string[] {
  return objects.map(({ state, namespace, path }) => `${state} ${namespace ?? '?'} ${path}`)
}

/** Where a text stands in a file, one byte a character. */
export function find(bytes: Uint8Array | undefined, text: string, from = 0): number {
  const codes = Array.from(text, (char) => char.charCodeAt(0))
  for (let at = from; at + codes.length <= (bytes?.length ?? 0); at += 1)
    if (codes.every((code, index) => bytes?.[at + index] === code)) return at
  return -1
}

/** The newest mapping file's name and content. */
export function newestMapping(files: WrittenRepository): Mapping {
  const mappings = Object.entries(files)
    .filter(([name]) => /^MAPPING\d\.MAP$/.test(name))
    .map(([name, bytes]) => readMapping(name, bytes, 'sample'))
  const [newest] = mappings.sort((a, b) => (b.generation ?? b.version) - (a.generation ?? a.version))
  if (newest === undefined) throw new Error('no mapping')
  return newest
}

/** Offset of a logical page of INDEX.BTR. */
export function indexPage(files: WrittenRepository, logical: number): number {
  return (newestMapping(files).index.physical[logical] ?? 0) * PAGE_SIZE
}

/** Offset of the root of INDEX.BTR. */
export function indexRoot(files: WrittenRepository): number {
  return indexPage(files, newestMapping(files).index.userData)
}

/** Only the newest generation, its index written anew over other keys. */
export function withKeys(files: WrittenRepository, change: (keys: string[]) => string[]): WrittenRepository {
  const mapping = newestMapping(files)
  const tree = new IndexTree(
    files['INDEX.BTR'] ?? new Uint8Array(),
    mapping.index,
    'vista',
    'sample',
    () => undefined,
  )
  const file = new PageFile()
  file.begin()
  const root = writeIndex(file, change([...tree.all()]), 'vista')
  file.commit()
  const old = files[mapping.name] ?? new Uint8Array()
  const { length } = mapping.objects.physical
  const free = new DataView(old.buffer).getUint32(24 + 24 * length, true)
  const objectsSection = old.subarray(0, 24 + 24 * length + 4 + 4 * free + 4)
  const section = file.section(mapping.version, root)
  const joined = new Uint8Array(objectsSection.length + section.length + 4)
  joined.set(objectsSection)
  joined.set(section, objectsSection.length)
  return {
    'OBJECTS.DATA': files['OBJECTS.DATA'] ?? new Uint8Array(),
    'INDEX.BTR': file.bytes(),
    'MAPPING1.MAP': joined,
  }
}
