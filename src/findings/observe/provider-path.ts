/**
 * Folders of %SystemRoot% that anyone may write to: being below System32 vouches for nothing there.
 */
const WRITABLE_SYSTEM =
  /\\windows\\(?:temp|tasks|tracing|debug|registration\\crmlog)\\|\\system32\\(?:spool\\drivers\\color|spool\\printers|tasks|microsoft\\crypto\\rsa|com\\dmp|fxstmp)\\/

/**
 * Whether a provider file lies where Windows and installed products do not put theirs: outside System32, wbem and
 * Program Files. A bare file name is found by Windows' own search and is not foreign. Source: SCORING section G,
 * KNOWN-GOOD KG-7.
 */
export function foreignProvider(path: string): boolean {
  const normal = normalizePath(path)
  if (normal === '' || !/[\\:]/.test(normal)) return false
  if (WRITABLE_SYSTEM.test(normal)) return true
  return !/^(?:[a-z]:|%systemdrive%)?\\(?:windows\\(?:system32|syswow64|sysnative|winsxs|microsoft\.net|assembly|ccm)|program files(?: \(x86\))?|programdata\\microsoft\\windows defender)\\/.test(
    normal,
  )
}

/**
 * A Windows path for comparison: lower case, environment variables of Windows' own folders filled in, `\\?\`, quotes,
 * `/` and `..` resolved. Not a path to open.
 */
export function normalizePath(path: string): string {
  const text = path
    .trim()
    .replace(/^"|"$/g, '')
    .replace(/^file:\/{2,3}/i, '')
    .toLowerCase()
    .replaceAll('/', '\\')
    .replace(/^\\\\[?.]\\(?:unc\\)?/, (prefix) => (prefix.endsWith('unc\\') ? '\\\\' : ''))
    .replace(/^\\\?\?\\/, '')
    .replace(/^\\device\\harddiskvolume\d+\\/, 'c:\\')
    .replace(/^\\systemroot\\/, 'c:\\windows\\')
    .replace(/^%(?:systemroot|windir)%/, 'c:\\windows')
    .replace(/^%programfiles(?:\(x86\))?%|^%programw6432%/, 'c:\\program files')
    .replace(/^%programdata%|^%allusersprofile%/, 'c:\\programdata')
  const unc = text.startsWith('\\\\')
  const parts: string[] = []
  for (const part of text.split(/\\+/)) {
    // Nothing lies above the root of a drive.
    if (part === '..') {
      if (!/^(?:[a-z]:|%\w+%)$/.test(parts.at(-1) ?? '')) parts.pop()
    } else if (part !== '.' && part !== '') parts.push(part)
  }
  const joined = parts.join('\\')
  return unc ? `\\\\${joined}` : text.startsWith('\\') ? `\\${joined}` : joined
}

/** Whether a path lies where users and installers' leftovers write. Source: SCORING section B. */
export function userWritable(path: string): boolean {
  const normal = normalizePath(path)
  if (/^c:\\programdata\\microsoft\\windows defender\\/.test(normal)) return false
  return (
    /%temp%|%tmp%|%appdata%|%localappdata%|%public%|%userprofile%/.test(normal) ||
    /\\users\\|\\appdata\\|\\programdata\\|\\temp\\|\\tmp\\|\\\$recycle\.bin\\|\\recycler\\|\\perflogs\\|\\intel\\logs\\/.test(
      normal,
    ) ||
    WRITABLE_SYSTEM.test(normal) ||
    /^[a-z]:\\[^\\]+$/.test(normal)
  )
}
