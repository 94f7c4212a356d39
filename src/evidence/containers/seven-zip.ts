import { InputError } from '../../diagnostics/index.ts'
import type { Budget } from '../budget.ts'
import type { RandomAccess } from '../random-access.ts'
import { type Member, safeMemberName } from './member.ts'
import { openSevenZipCommand } from './seven-zip-command.ts'
import type { ListedMember, Listing } from './seven-zip-listing.ts'
import { openSevenZipWasm } from './seven-zip-wasm.ts'

/** Something that opens 7z archives: the optional package 7z-wasm, or a 7z command. */
export interface SevenZipTool {
  list(): Promise<Listing>
  /** Bytes of the members of `listed` that are neither folders, links nor encrypted, in that order. */
  extract(
    listed: readonly ListedMember[],
  ): AsyncGenerator<{ member: ListedMember; chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }>
  close(): void
}

/**
 * Members of a 7z archive. Throws `evidence/seven-zip-missing` where nothing is installed that opens one, and
 * `evidence/encrypted-member` or `evidence/damaged-archive` where even the list of members cannot be read.
 */
export async function* sevenZipMembers(
  access: RandomAccess,
  place: { readonly path: string; readonly localPath: string | undefined },
  budget: Budget,
): AsyncGenerator<Member> {
  const tool = (await openSevenZipWasm(access)) ?? (await openSevenZipCommand(access, place.localPath))
  if (tool === undefined) {
    throw new InputError(
      'evidence/seven-zip-missing',
      'a 7z archive, and nothing is installed that opens one',
      { in: 'file', source: place.path },
      { hint: 'Install the optional package (npm install 7z-wasm) or a 7z command, or extract the archive.' },
    )
  }
  try {
    const { members: listed, failure } = await tool.list()
    if (failure !== undefined) throw unlisted(failure, place.path)
    for (const member of listed) {
      const unreadable = member.encrypted ? 'encrypted' : member.isLink ? 'link' : undefined
      if (unreadable !== undefined && !member.isFolder) yield { ...described(member), chunks: [], unreadable }
    }
    // Extraction expands whole blocks before the first byte is seen, so what they claim is weighed before.
    budget.claim(
      listed.reduce((sum, member) => sum + member.sizeBytes, 0),
      place.path,
    )
    const files = listed.filter((member) => !member.isFolder && !member.isLink && !member.encrypted)
    for await (const { member, chunks } of tool.extract(files)) yield { ...described(member), chunks }
  } finally {
    tool.close()
  }
}

function unlisted(failure: 'encrypted' | 'damaged', source: string): InputError {
  const at = { in: 'file', source } as const
  return failure === 'encrypted'
    ? new InputError('evidence/encrypted-member', 'the list of members of the 7z archive is encrypted', at, {
        hint: 'Extract the archive with its password and give the folder.',
      })
    : new InputError(
        'evidence/damaged-archive',
        'the 7z archive is cut or damaged: its list of members cannot be read',
        at,
      )
}

function described(member: ListedMember): Omit<Member, 'chunks'> {
  const { name, escapes } = safeMemberName(member.name)
  return {
    name,
    sizeBytes: member.sizeBytes,
    ...(member.crc32 === undefined ? {} : { crc32: member.crc32 }),
    ...(escapes ? { escapes: true } : {}),
  }
}
