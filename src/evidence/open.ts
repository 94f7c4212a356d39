import { basename } from 'node:path'
import { crc32 } from 'node:zlib'
import { InputError, type Report } from '../diagnostics/index.ts'
import { Budget, metered } from './budget.ts'
import { inflated } from './containers/inflate.ts'
import type { Member } from './containers/member.ts'
import { sevenZipMembers } from './containers/seven-zip.ts'
import { tarMembers } from './containers/tar.ts'
import { zipMembers } from './containers/zip.ts'
import { zipRemains } from './containers/zip-remains.ts'
import { unzstd } from './containers/zstd.ts'
import { EvidenceFile, HEAD_BYTES } from './evidence-file.ts'
import type { ContainerFormat } from './identify.ts'
import { DEFAULT_LIMITS, type EvidenceLimits } from './limits.ts'
import { accessChunks, openFileAccess, type RandomAccess, readAt } from './random-access.ts'
import { spool } from './spool.ts'
import { walk } from './walk.ts'

export interface OpenOptions {
  readonly report: Report
  /** SHA-256 of every file; false leaves it out. */
  readonly hash?: boolean
  readonly limits?: Partial<EvidenceLimits>
}

interface Context {
  readonly report: Report
  readonly hash: boolean
  readonly limits: EvidenceLimits
}

/**
 * Every file of evidence under the paths, members of archives included, in an order that depends on names alone.
 * An archive comes before its members. Ask for the next file only when done with one: members stream. Whatever
 * cannot be opened is reported, and the rest still comes.
 */
export async function* openEvidence(
  paths: readonly string[],
  options: OpenOptions,
): AsyncGenerator<EvidenceFile> {
  const context: Context = {
    report: options.report,
    hash: options.hash ?? true,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  }
  for (const walked of walk(paths, options.report)) {
    if (walked.leftOut !== undefined) {
      yield await leftOut(walked.path, walked.given, walked.leftOut)
      if (walked.given || /outside/.test(walked.leftOut)) {
        options.report({
          code: 'evidence/not-a-file',
          severity: walked.given ? 'error' : 'warning',
          message: `left out: ${walked.leftOut}`,
          at: { in: 'file', source: walked.path },
        })
      }
      continue
    }
    let access: RandomAccess
    try {
      access = openFileAccess(walked.localPath)
    } catch (error) {
      reportFailure(error, walked.path, 'evidence/unreadable', context.report)
      const file = await leftOut(walked.path, walked.given, 'cannot be opened')
      yield file
      continue
    }
    try {
      const file = await EvidenceFile.open({
        path: walked.path,
        name: basename(walked.path),
        chunks: accessChunks(access),
        sizeBytes: access.sizeBytes,
        identity: readAt(access, Math.max(0, access.sizeBytes - HEAD_BYTES), HEAD_BYTES),
        given: walked.given,
        access,
        ...(typeof walked.localPath === 'string' ? { localPath: walked.localPath } : {}),
        hash: context.hash,
      })
      yield* withMembers(file, context, new Budget(context.limits, walked.path, access.sizeBytes), 0)
    } catch (error) {
      reportFailure(error, walked.path, 'evidence/unreadable', context.report)
      yield await leftOut(walked.path, walked.given, 'cannot be read')
    } finally {
      access.close()
    }
  }
}

async function leftOut(path: string, given: boolean, reason: string): Promise<EvidenceFile> {
  const file = await EvidenceFile.open({ path, name: basename(path), chunks: [], given, hash: false })
  file.problem = reason
  return file
}

/** The file, and when it is a container its members after it. */
async function* withMembers(
  file: EvidenceFile,
  context: Context,
  budget: Budget,
  depth: number,
): AsyncGenerator<EvidenceFile> {
  yield file
  if (file.format.kind !== 'container') {
    await finish(file, context)
    return
  }
  try {
    budget.nest(depth + 1, file.path)
    yield* containerMembers(file, file.format.container, context, budget, depth)
  } catch (error) {
    // A limit ends the whole given archive, so the outermost call reports it.
    if (error instanceof InputError && error.code === 'evidence/limit' && depth > 0) {
      file.problem ??= error.message
      throw error
    }
    file.problem ??=
      error instanceof InputError ? error.message : `damaged archive: ${(error as Error).message}`
    reportFailure(error, file.path, 'evidence/damaged-archive', context.report)
  }
  await finish(file, context)
}

async function finish(file: EvidenceFile, context: Context): Promise<void> {
  try {
    await file.finish()
  } catch (error) {
    if (error instanceof InputError && error.code === 'evidence/limit') throw error
    if (file.problem === undefined)
      reportFailure(error, file.path, 'evidence/damaged-archive', context.report)
    file.problem ??= (error as Error).message
  }
}

async function* containerMembers(
  file: EvidenceFile,
  container: ContainerFormat,
  context: Context,
  budget: Budget,
  depth: number,
): AsyncGenerator<EvidenceFile> {
  switch (container) {
    case 'tar':
      return yield* members(file, tarMembers(file.chunks()), context, budget, depth)
    case 'gzip': {
      const { access } = file
      const options = access === undefined ? {} : { again: () => accessChunks(access) }
      return yield* single(file, inflated(file.chunks(), 'gzip', options), context, budget, depth)
    }
    case 'zip':
    case 'zstd':
    case '7z': {
      const access = file.access ?? (await spool(file.chunks(), context.limits.spoolBytes))
      try {
        if (container === 'zstd') yield* single(file, unzstd(access), context, budget, depth)
        else if (container === 'zip')
          yield* members(file, zipMembersOrRemains(access, file, context), context, budget, depth)
        else yield* members(file, sevenZipMembers(access, file, budget), context, budget, depth)
      } finally {
        if (file.access === undefined) access.close()
      }
      return
    }
  }
}

/** The members by the archive's directory; where that cannot be read at all, by the header before each of them. */
async function* zipMembersOrRemains(
  access: RandomAccess,
  file: EvidenceFile,
  context: Context,
): AsyncGenerator<Member> {
  let any = false
  let reason = ''
  try {
    for await (const member of zipMembers(access)) {
      any = true
      yield member
    }
    return
  } catch (error) {
    if (any) throw error
    reason = (error as Error).message
    context.report({
      code: 'evidence/damaged-archive',
      severity: 'error',
      message: `the archive has no readable directory; its members were looked for one by one (${reason})`,
      at: { in: 'file', source: file.path },
    })
  }
  for (const member of zipRemains(access)) {
    any = true
    yield member
  }
  if (!any) file.problem ??= `damaged archive: ${reason}`
}

/** The one stream inside a gzip or zstd file. When that is a tar archive, its members follow the outer name. */
async function* single(
  outer: EvidenceFile,
  chunks: AsyncIterable<Uint8Array>,
  context: Context,
  budget: Budget,
  depth: number,
): AsyncGenerator<EvidenceFile> {
  const name = innerName(outer.name)
  budget.member(outer.path)
  const path = `${outer.path}/${name}`
  const file = await EvidenceFile.open({
    path,
    name,
    chunks: metered(chunks, budget, path),
    identity: outer.id,
    hash: context.hash,
  })
  yield* withMembers(file, context, budget, depth + 1)
}

function innerName(name: string): string {
  if (/\.(tgz|tzst)$/i.test(name)) return name.replace(/\.\w+$/, '.tar')
  const inner = name.replace(/\.(gz|zst|zstd|z)$/i, '')
  return inner === name || inner === '' ? `${name} (expanded)` : inner
}

async function* members(
  outer: EvidenceFile,
  list: AsyncIterable<Member>,
  context: Context,
  budget: Budget,
  depth: number,
): AsyncGenerator<EvidenceFile> {
  for await (const member of list) {
    const path = `${outer.path}/${member.name}`
    budget.member(path)
    if (member.escapes === true) {
      context.report({
        code: 'evidence/path-escape',
        severity: 'warning',
        message: 'a member of the archive has a name that would leave the folder it is extracted to',
        at: { in: 'file', source: path },
      })
    }
    if (member.unreadable !== undefined) {
      yield await unreadableMember(member, path, context)
      continue
    }
    try {
      const file = await openMember(member, path, context, budget)
      yield* withMembers(file, context, budget, depth + 1)
    } catch (error) {
      if (error instanceof InputError && error.code === 'evidence/limit') throw error
      reportFailure(error, path, 'evidence/damaged-archive', context.report)
      yield await leftOut(path, false, `damaged: ${(error as Error).message}`)
    }
  }
}

async function openMember(
  member: Member,
  path: string,
  context: Context,
  budget: Budget,
): Promise<EvidenceFile> {
  const chunks = metered(member.chunks, budget, path)
  return EvidenceFile.open({
    path,
    name: basename(member.name),
    chunks: member.crc32 === undefined ? chunks : checked(chunks, member.crc32, path, context.report),
    ...(member.sizeBytes === undefined ? {} : { sizeBytes: member.sizeBytes }),
    ...(member.crc32 === undefined ? {} : { identity: String(member.crc32) }),
    hash: context.hash,
  })
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  expected: number,
  source: string,
  report: Report,
): AsyncGenerator<Uint8Array> {
  let actual = 0
  for await (const chunk of chunks) {
    actual = crc32(chunk, actual)
    yield chunk
  }
  if (actual === expected) return
  report({
    code: 'evidence/checksum-mismatch',
    severity: 'warning',
    message: 'the bytes of this member are not those its archive was made from (CRC-32 differs)',
    at: { in: 'file', source },
  })
}

async function unreadableMember(member: Member, path: string, context: Context): Promise<EvidenceFile> {
  const file = await leftOut(
    path,
    false,
    member.unreadable === 'encrypted'
      ? 'encrypted'
      : member.unreadable === 'link'
        ? 'a link inside an archive, not followed'
        : 'compressed with a method that is not supported',
  )
  if (member.unreadable === 'encrypted') {
    context.report({
      code: 'evidence/encrypted-member',
      severity: 'error',
      message: 'the member is encrypted and was not read',
      at: { in: 'file', source: path },
      hint: 'Extract the archive with its password and give the folder.',
    })
  } else if (member.unreadable === 'method') {
    context.report({
      code: 'evidence/unsupported-container',
      severity: 'error',
      message: 'the member is compressed with a method that is not supported',
      at: { in: 'file', source: path },
      hint: 'Extract the archive and give the folder.',
    })
  }
  return file
}

function reportFailure(
  error: unknown,
  source: string,
  code: 'evidence/unreadable' | 'evidence/damaged-archive',
  report: Report,
): void {
  if (error instanceof InputError) {
    report(error.toDiagnostic())
    return
  }
  const { code: system, message } = error as NodeJS.ErrnoException
  report({
    code,
    severity: 'error',
    message: system === undefined || message.startsWith(system) ? message : `${system} ${message}`,
    at: { in: 'file', source },
  })
}
