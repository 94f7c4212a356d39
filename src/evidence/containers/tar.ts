import { pipeline, Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { type Member, safeMemberName } from './member.ts'

/** Members of a tar archive in its order; links are named and not followed. Throws where the archive is damaged. */
export async function* tarMembers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const archive = extract()
  const source = Readable.from(chunks)
  pipeline(source, archive, () => undefined)
  try {
    for await (const entry of archive) {
      const { name: stored, type, size } = entry.header
      const { name, escapes } = safeMemberName(stored)
      const isFile = type === 'file' || type === 'contiguous-file' || type === null || type === undefined
      if (isFile || type === 'link' || type === 'symlink') {
        yield {
          name,
          ...(size === undefined ? {} : { sizeBytes: isFile ? size : 0 }),
          chunks: isFile ? (entry as AsyncIterable<Uint8Array>) : [],
          ...(escapes ? { escapes: true } : {}),
          ...(isFile ? {} : { unreadable: 'link' }),
        }
      }
      entry.resume()
    }
  } finally {
    source.destroy()
    archive.destroy()
  }
}
