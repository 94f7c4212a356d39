/**
 * A member of an archive as its reader gives it: bytes that are read (or not) before the next member is asked for.
 */
export interface Member {
  /** Name as shown: `/` between folders, no leading `/`, no `..`. */
  readonly name: string
  readonly sizeBytes?: number
  /** CRC-32 that the archive states for the bytes, part of the id and compared after reading. */
  readonly crc32?: number
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Why the member cannot be read. */
  readonly unreadable?: 'encrypted' | 'link' | 'method'
  /** The stored name was absolute or left the archive. */
  readonly escapes?: true
}

/** A member's name made safe to show: separators, drive letters, `.` and `..` and control characters gone. */
export function safeMemberName(stored: string): { name: string; escapes: boolean } {
  const parts = stored.replaceAll('\\', '/').split('/')
  const kept = parts.filter((part) => part !== '' && part !== '.' && part !== '..')
  const absolute = /^([/\\]|[a-zA-Z]:[/\\])/.test(stored)
  return { name: kept.join('/') || '(no name)', escapes: absolute || parts.includes('..') }
}
