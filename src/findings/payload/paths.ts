import { lookupTable } from '../../bytes/index.ts'

/** Folder names that 8.3 short names stand for on an ordinary installation. */
const SHORT_NAMES: Readonly<Record<string, string>> = lookupTable({
  'progra~1': 'program files',
  'progra~2': 'program files (x86)',
  'progra~3': 'programdata',
  'docume~1': 'documents and settings',
})
const VARIABLES: Readonly<Record<string, string>> = lookupTable({
  systemroot: 'c:\\windows',
  windir: 'c:\\windows',
  systemdrive: 'c:',
  homedrive: 'c:',
  programfiles: 'c:\\program files',
  'programfiles(x86)': 'c:\\program files (x86)',
  programw6432: 'c:\\program files',
  programdata: 'c:\\programdata',
  allusersprofile: 'c:\\programdata',
  public: 'c:\\users\\public',
})

/**
 * A path in the form used for comparing: lower case, backslashes, no `\\?\`, no `.` and `..`, well-known variables and
 * 8.3 names put out in full. KNOWN-GOOD section 2: a prefix that is compared before this can be walked around.
 */
export function normalPath(path: string): string {
  let text = path
    .trim()
    .replace(/^["']+|["']+$/g, '')
    .toLowerCase()
    .replaceAll('/', '\\')
  text = text.replace(/^\\\\[?.]\\(?:unc\\)?(?=[a-z]:|[^\\])/, (prefix) =>
    prefix.includes('unc') ? '\\\\' : '',
  )
  text = text.replace(
    /^\$(?:\{env:([\w()]+)\}|\(\$env:(\w+)\)|env:(\w+))/,
    (_, a?: string, b?: string, c?: string) => `%${a ?? b ?? c ?? ''}%`,
  )
  text = text.replace(/^%([\w()]+)%/, (whole, name: string) => VARIABLES[name] ?? whole)
  text = text.replace(/^\\systemroot\\/, 'c:\\windows\\')
  const unc = text.startsWith('\\\\')
  const out: string[] = []
  for (const part of text.split(/\\+/)) {
    if (part === '.') continue
    if (part === '..') {
      if (out.length > 1) out.pop()
      continue
    }
    out.push(SHORT_NAMES[part] ?? part)
  }
  const joined = out.join('\\')
  return unc ? `\\${joined}` : joined
}

/** True when a folder pattern (`?` one character, else literal; a leading `\` matches anywhere) covers the path. */
export function inFolder(normal: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const pattern = normalPattern(folder)
    if (pattern.startsWith('\\')) return normal.includes(pattern)
    if (normal.length < pattern.length) return false
    for (let at = 0; at < pattern.length; at += 1) {
      const wanted = pattern.charAt(at)
      if (wanted !== '?' && wanted !== normal.charAt(at)) return false
    }
    return true
  })
}

function normalPattern(folder: string): string {
  const lower = folder.toLowerCase()
  return lower.startsWith('%') ? `${normalPath(lower.slice(0, -1))}\\` : lower
}

/** Extension of a path, lower case, without dot; `''` when there is none. */
export function extensionOf(normal: string): string {
  return /\.([a-z0-9]{1,8})(?::[^\\]*)?$/.exec(normal)?.[1] ?? ''
}

/** `C:\a\b.txt:evil.exe`: data hidden in a stream beside a file. */
export function hasStream(normal: string): boolean {
  return /^(?:[a-z]:|%|\\\\)[^:]*:[^\\:]+$/.test(normal.replace(/:\$data$/, ''))
}

/** Directly in the root of a drive. */
export function inDriveRoot(normal: string): boolean {
  return /^[a-z]:\\[^\\]+$/.test(normal)
}

/** No drive, no share, no variable and no folder: Windows searches for it. */
export function isUnqualified(path: string): boolean {
  const text = path.trim().replace(/^["']+|["']+$/g, '')
  return text !== '' && !/^(?:[a-z]:[\\/]|[\\/]{2}|%[^%]+%|\$\{?env:|\$\(\$env:|[a-z]+:\/\/|\\)/i.test(text)
}

/** Host of a UNC or WebDAV path, e.g. `\\host@SSL\DavWWWRoot\x`; `undefined` for local and device paths. */
export function uncHost(path: string): string | undefined {
  const match =
    /^[\\/]{2}([^\\/?.\s"'@:]{1,255}(?:\.[^\\/\s"'@:]{1,255}){0,8})(@[^\\/]{1,16}){0,2}[\\/]/.exec(
      path.trim(),
    )
  return match?.[1]
}
