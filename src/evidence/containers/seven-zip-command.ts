import { execFile, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { accessChunks, type RandomAccess } from '../random-access.ts'
import type { SevenZipTool } from './seven-zip.ts'
import { type ListedMember, parseListing } from './seven-zip-listing.ts'

const NAMES = ['7z', '7zz', '7za']
const MAX_LISTING_BYTES = 256 * 2 ** 20

/**
 * A 7z command on the path, run without a shell. Members are written to its standard output one after the other and
 * told apart by their listed sizes: nothing is unpacked to disk. A nested archive goes to a temporary file first.
 */
export async function openSevenZipCommand(
  access: RandomAccess,
  localPath: string | undefined,
): Promise<SevenZipTool | undefined> {
  const command = findCommand()
  if (command === undefined) return undefined
  const copy = localPath === undefined ? copyToTemporary(access) : undefined
  const archive = localPath ?? copy?.file ?? ''
  return {
    async list() {
      const { stdout } = await promisify(execFile)(
        command,
        ['l', '-slt', '-sccUTF-8', '-p-', '--', archive],
        {
          maxBuffer: MAX_LISTING_BYTES,
          shell: false,
        },
      ).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }))
      return parseListing(stdout)
    },
    extract: (listed) => extract(command, archive, listed),
    close: () => {
      if (copy !== undefined) rmSync(copy.folder, { recursive: true, force: true })
    },
  }
}

/**
 * The absolute path of a 7z command. Only absolute folders of the path are looked at: on Windows a bare name would
 * also be sought in the current folder, which may be evidence.
 */
function findCommand(): string | undefined {
  const extensions = process.platform === 'win32' ? ['.exe'] : ['']
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue
    for (const name of NAMES) {
      for (const extension of extensions) {
        const file = join(folder, name + extension)
        if (existsSync(file)) return file
      }
    }
  }
  return undefined
}

function copyToTemporary(access: RandomAccess): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'triad-'))
  const file = join(folder, 'member.7z')
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    for (const chunk of accessChunks(access)) {
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
    }
  } finally {
    closeSync(descriptor)
  }
  return { folder, file }
}

async function* extract(
  command: string,
  archive: string,
  listed: readonly ListedMember[],
): AsyncGenerator<{ member: ListedMember; chunks: AsyncIterable<Uint8Array> }> {
  const child = spawn(command, ['x', '-so', '-y', '-p-', '--', archive], {
    shell: false,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const output = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let held: Buffer = Buffer.alloc(0)
  async function* take(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (held.length === 0) {
        const next = await output.next()
        if (next.done === true) throw new Error('the 7z command ended early')
        held = next.value
      }
      const part = held.subarray(0, left)
      held = held.subarray(part.length)
      left -= part.length
      yield part
    }
  }
  try {
    for (const member of listed) {
      const chunks = take(member.sizeBytes)
      yield { member, chunks }
      // What was not read must pass before the next member begins.
      for await (const _ of chunks);
    }
  } finally {
    child.kill()
  }
}
