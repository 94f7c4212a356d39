import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CompiledQuery, CompileOptions } from '../sql/types.ts'

/** Keeps compiled queries between runs, since compiling a new text first loads a parser of 1.5 s. */
export interface CompileCache {
  get(text: string, options: CompileOptions): CompiledQuery | undefined
  set(text: string, options: CompileOptions, compiled: CompiledQuery): void
}

/** Changes when the shape of an entry changes. */
const ENTRY_VERSION = 1
const MAX_ENTRIES = 500
const MAX_ENTRY_BYTES = 4 * 2 ** 20

/** `$XDG_CACHE_HOME/wmi-triad/kql`, or the platform's like of it. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment
  const base = xdg ? xdg : process.platform === 'win32' && local ? local : join(homedir(), '.cache')
  return join(base, 'wmi-triad', 'kql')
}

/**
 * A cache in a folder of the user's own. What cannot be read or written is as if it were not there; a folder that others
 * may write is not used, because what lies in it is run as SQL.
 */
export function openCompileCache(folder: string = defaultCacheFolder()): CompileCache {
  let usable: boolean | undefined
  const isUsable = (): boolean => {
    usable ??= prepareFolder(folder)
    return usable
  }
  return {
    get(text, options) {
      const path = join(folder, entryName(text, options))
      return isUsable() ? readEntry(path) : undefined
    },
    set(text, options, compiled) {
      if (isUsable()) writeEntry(folder, entryName(text, options), compiled)
    },
  }
}

function prepareFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(folder)
    return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
  } catch {
    return false
  }
}

/** The name is a digest of everything the result depends on; nothing of the query can be read from it. */
function entryName(text: string, options: CompileOptions): string {
  const { schema, dialect = 'duckdb', parameters = {}, answers = [] } = options
  const key = JSON.stringify([
    ENTRY_VERSION,
    translatorVersion(),
    dialect,
    Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1)),
    answers,
    schema,
    text,
  ])
  return `${createHash('sha256').update(key).digest('hex')}.json`
}

let version: string | undefined

/** Digest of the sizes and times of the translator's own files: a new build never sees an old build's SQL. */
function translatorVersion(): string {
  version ??= createHash('sha256').update(translatorFiles().join('\n')).digest('hex')
  return version
}

function translatorFiles(): string[] {
  const lines: string[] = []
  for (const room of ['front', 'plan', 'sql']) {
    const folder = fileURLToPath(new URL(`../${room}/`, import.meta.url))
    try {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
        const { size, mtimeMs } = statSync(join(folder, name))
        lines.push(`${room}/${name} ${size} ${mtimeMs}`)
      }
    } catch {
      // Packed into one file: the time of that file stands for all.
      lines.push(`${room} ${statSync(fileURLToPath(import.meta.url)).mtimeMs}`)
    }
  }
  return lines
}

function readEntry(path: string): CompiledQuery | undefined {
  try {
    if (statSync(path).size > MAX_ENTRY_BYTES) return undefined
    const entry: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isCompiled(entry) ? entry : undefined
  } catch {
    return undefined
  }
}

function isCompiled(entry: unknown): entry is CompiledQuery {
  const { sql, parameters, columns, tables, requiredFunctions, externals, notes } =
    entry as Partial<CompiledQuery>
  const lists = [parameters, columns, tables, requiredFunctions, externals, notes]
  return typeof sql === 'string' && lists.every(Array.isArray)
}

function writeEntry(folder: string, name: string, compiled: CompiledQuery): void {
  const temporary = join(folder, `.${randomBytes(8).toString('hex')}.tmp`)
  try {
    const text = JSON.stringify(compiled)
    if (text.length > MAX_ENTRY_BYTES) return
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, join(folder, name))
    prune(folder)
  } catch {
    // A full disk or a folder gone read-only costs speed, never the answer.
    rmSync(temporary, { force: true })
  }
}

function prune(folder: string): void {
  const names = readdirSync(folder)
  if (names.length <= MAX_ENTRIES) return
  const byAge = names
    .map((name) => ({ name, time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => a.time - b.time)
  for (const { name } of byAge.slice(0, names.length - MAX_ENTRIES / 2))
    rmSync(join(folder, name), { force: true })
}
