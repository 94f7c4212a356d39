import { statSync } from 'node:fs'
import { type Diagnostic, InputError } from '../diagnostics/index.ts'

/**
 * Refuses evidence paths of which none can be reached: there is nothing to read, so the call is wrong. Where others
 * can, a missing one is told by whoever reads them, and the rest is still read. Throws `InputError` (`cli/not-found`).
 */
export function requireEvidence(paths: readonly string[]): void {
  const unreachable = paths.flatMap((path) => whyUnreachable(path) ?? [])
  const [first, ...others] = unreachable
  if (first === undefined || unreachable.length < paths.length) return
  throw new InputError(
    'cli/not-found',
    others.length === 0
      ? first.why
      : `${first.why}, nor can any of the other ${others.length} paths be reached`,
    { in: 'file', source: first.path === '' ? '(an empty path)' : first.path },
  )
}

/** Whether a diagnostic means that some evidence could not be read: exit status 3. */
export function isUnreadable({ severity }: Pick<Diagnostic, 'severity'>): boolean {
  return severity === 'error'
}

function whyUnreachable(path: string): { path: string; why: string } | undefined {
  try {
    statSync(path)
    return undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    return { path, why: missing ? 'there is no such file or folder' : `it cannot be reached (${code})` }
  }
}
