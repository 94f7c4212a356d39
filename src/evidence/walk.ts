import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import type { Report } from '../diagnostics/index.ts'

/** A file on disk in walking order, or the reason why an entry is left out. */
export interface WalkedFile {
  /** As the user wrote the root, then names after `/`. */
  readonly path: string
  /** Bytes where the name is no UTF-8, which no string could say. */
  readonly localPath: string | Buffer
  readonly given: boolean
  readonly leftOut?: string
}

/**
 * The files under the given paths in an order that depends on names alone (code units). Links inside a folder are
 * followed only within it: an image of a suspect's disk may link to any place of the analyst's.
 */
export function* walk(paths: readonly string[], report: Report): Generator<WalkedFile> {
  for (const path of paths) {
    const shown = path.length > 1 ? path.replace(/[\\/]+$/, '') : path
    let isDirectory: boolean
    let root: string
    try {
      const stats = statSync(path)
      isDirectory = stats.isDirectory()
      root = realpathSync(path)
      if (!isDirectory && !stats.isFile()) {
        yield { path: shown, localPath: path, given: true, leftOut: 'a device, pipe or socket' }
        continue
      }
    } catch (error) {
      reportUnreadable(error, shown, report)
      continue
    }
    if (isDirectory) yield* walkFolder(shown, path, root, report)
    else yield { path: shown, localPath: path, given: true }
  }
}

function* walkFolder(
  shownRoot: string,
  localRoot: string,
  root: string,
  report: Report,
): Generator<WalkedFile> {
  const visited = new Set<string>([root])
  const stack: Place[] = [{ shown: shownRoot, local: localRoot }]
  for (let folder = stack.pop(); folder !== undefined; folder = stack.pop()) {
    let entries: Entry[]
    try {
      entries = readFolder(folder)
    } catch (error) {
      reportUnreadable(error, folder.shown, report)
      continue
    }
    entries.sort((a, b) => (a.shown < b.shown ? -1 : a.shown > b.shown ? 1 : 0))
    const folders: Place[] = []
    for (const { shown, local, entry } of entries) {
      const kind = entryKind(entry, local, root, visited)
      if (kind === 'folder') folders.push({ shown, local })
      else if (kind === 'file') yield { path: shown, localPath: local, given: false }
      else yield { path: shown, localPath: local, given: false, leftOut: kind }
    }
    stack.push(...folders.reverse())
  }
}

interface Place {
  readonly shown: string
  readonly local: string | Buffer
}

interface Entry extends Place {
  readonly entry: Dirent<Buffer>
}

/** Names in evidence come from anywhere: one that is no UTF-8 is shown with U+FFFD and opened by its bytes. */
function readFolder(folder: Place): Entry[] {
  const prefix = `${folder.shown}${folder.shown.endsWith('/') ? '' : '/'}`
  return readdirSync(folder.local, { withFileTypes: true, encoding: 'buffer' }).map((entry) => {
    const name = entry.name.toString('utf8')
    const isText = typeof folder.local === 'string' && Buffer.from(name, 'utf8').equals(entry.name)
    const local =
      isText && typeof folder.local === 'string'
        ? join(folder.local, name)
        : Buffer.concat([Buffer.from(folder.local), Buffer.from(sep), entry.name])
    return { shown: prefix + name, local, entry }
  })
}

/** The path without links; of a name that is no UTF-8 a text that stands for its bytes. */
function realPath(local: string | Buffer): string {
  if (typeof local === 'string') return realpathSync(local)
  return realpathSync.native(local, 'buffer').toString('latin1')
}

/** `file`, `folder`, or why the entry is left out. */
function entryKind(
  entry: Dirent<Buffer>,
  local: string | Buffer,
  root: string,
  visited: Set<string>,
): string {
  if (entry.isFile()) return 'file'
  try {
    if (entry.isDirectory()) {
      const real = realPath(local)
      if (visited.has(real)) return 'a folder that was already read'
      visited.add(real)
      return 'folder'
    }
    if (!entry.isSymbolicLink()) return 'a device, pipe or socket'
    const target = realPath(local)
    if (target !== root && !target.startsWith(root + sep)) {
      return 'a symbolic link that leads outside the given path; name its target to read it'
    }
    // Whatever a link inside the folder points to is met there under its own name.
    return lstatSync(target).isDirectory() || lstatSync(target).isFile()
      ? `a symbolic link to ${basename(target)}, which is read under its own name`
      : 'a device, pipe or socket'
  } catch {
    return 'a symbolic link that leads nowhere'
  }
}

function reportUnreadable(error: unknown, source: string, report: Report): void {
  const code = (error as NodeJS.ErrnoException).code
  report(
    code === 'ENOENT'
      ? {
          code: 'evidence/not-found',
          severity: 'error',
          message: 'no such file or folder',
          at: { in: 'file', source },
        }
      : {
          code: 'evidence/unreadable',
          severity: 'error',
          message: `cannot be opened (${code ?? String(error)})`,
          at: { in: 'file', source },
        },
  )
}
