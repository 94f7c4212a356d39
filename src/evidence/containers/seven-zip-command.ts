import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { accessChunks, type RandomAccess } from '../random-access.ts'
import type { SevenZipTool } from './seven-zip.ts'
import { type ListedMember, parseListing } from './seven-zip-listing.ts'

const NAMES = ['7z', '7zz', '7za']
const MAX_LISTING_BYTES = 256 * 2 ** 20
/** Members in a row that cannot be extracted one by one, each of which costs a run of the command. */
const MAX_SINGLE_FAILURES = 16

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
      ).catch((error: { stdout?: string; stderr?: string }) => ({
        stdout: `${error.stdout ?? ''}\n${error.stderr ?? ''}`,
      }))
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
  let whole: Output | undefined = new Output(command, archive)
  let failures = 0
  try {
    for (const member of listed) {
      const output: Output | undefined =
        whole ?? (failures < MAX_SINGLE_FAILURES ? new Output(command, archive, member.name) : undefined)
      if (output === undefined) {
        yield { member, chunks: notExtracted() }
        continue
      }
      try {
        yield { member, chunks: output.member(member) }
        if (await output.finish()) failures = 0
        else {
          // What follows in the stream is not where the list says: the other members are asked for one by one.
          failures += 1
          whole?.close()
          whole = undefined
        }
      } finally {
        if (output !== whole) output.close()
      }
    }
  } finally {
    whole?.close()
  }
}

function notExtracted(): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error('the archive is damaged before this member')),
    }),
  }
}

/** What a 7z command writes: the bytes of all members, or of one, with no mark between them. */
class Output {
  readonly #child: ChildProcess
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)
  #left = 0
  #crc = 0
  #expected: number | undefined
  #endedEarly = false

  constructor(command: string, archive: string, only?: string) {
    const args = ['x', '-so', '-y', '-p-', '-spd', '-sccUTF-8', '--', archive]
    const child = spawn(command, only === undefined ? args : [...args, only], {
      shell: false,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    // A command that cannot be started ends its output at once, which is told of as such.
    child.on('error', () => undefined)
    this.#child = child
    this.#chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async *member(member: ListedMember): AsyncGenerator<Uint8Array> {
    this.#left = member.sizeBytes
    this.#crc = 0
    this.#expected = member.crc32
    for (let part = await this.#next(); part !== undefined; part = await this.#next()) yield part
    if (this.#endedEarly)
      throw new Error('the archive is damaged, and 7z ended before the end of this member')
  }

  /** Passes what was not read of the member. False where its bytes are not those that the list promises. */
  async finish(): Promise<boolean> {
    while ((await this.#next()) !== undefined) {
      // The next member begins after these bytes.
    }
    return !this.#endedEarly && (this.#expected === undefined || this.#crc === this.#expected)
  }

  close(): void {
    this.#child.kill()
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#left === 0 || this.#endedEarly) return undefined
    if (this.#held.length === 0) {
      const next = await this.#chunks.next()
      if (next.done === true) {
        this.#endedEarly = true
        return undefined
      }
      this.#held = next.value
    }
    const part = this.#held.subarray(0, this.#left)
    this.#held = this.#held.subarray(part.length)
    this.#left -= part.length
    this.#crc = crc32(part, this.#crc)
    return part
  }
}
