import type { RandomAccess } from '../random-access.ts'
import type { SevenZipTool } from './seven-zip.ts'
import { type ListedMember, parseListing } from './seven-zip-listing.ts'

/** Members are expanded in memory, so many bytes of them at once. */
const BATCH_BYTES = 256 * 2 ** 20
/** The largest member: the file system of the package keeps each file in one buffer. */
const MAX_MEMBER_BYTES = 2 ** 31 - 2 ** 20

/** The part of 7z-wasm that is used. It is an optional peer, so its own types may be absent. */
interface SevenZipModule {
  readonly FS: {
    writeFile(path: string, data: Uint8Array | string): void
    readFile(path: string): Uint8Array
    lookupPath(path: string): { node: FileNode }
  }
  callMain(args: string[]): unknown
}

interface FileNode {
  usedBytes: number
  stream_ops: object
}

type Factory = (options: object) => Promise<SevenZipModule>

/** 7-Zip compiled to WASM, where that package is installed: it sees one read-only file and its own memory. */
export async function openSevenZipWasm(access: RandomAccess): Promise<SevenZipTool | undefined> {
  const factory = await loadFactory()
  if (factory === undefined) return undefined
  return {
    async list() {
      const { lines } = await run(factory, access, ['l', '-slt', '-sccUTF-8', '-p-', ARCHIVE])
      return parseListing(lines.join('\n'))
    },
    extract: (listed) => extract(factory, access, listed),
    close: () => undefined,
  }
}

const ARCHIVE = '/archive.7z'

async function loadFactory(): Promise<Factory | undefined> {
  // Not a literal: the compiler must not look for a package that need not be there.
  const name: string = '7z-wasm'
  try {
    const loaded = (await import(name)) as { default?: Factory }
    return loaded.default
  } catch {
    return undefined
  }
}

async function* extract(
  factory: Factory,
  access: RandomAccess,
  listed: readonly ListedMember[],
): AsyncGenerator<{ member: ListedMember; chunks: Iterable<Uint8Array> }> {
  for (const batch of batches(listed)) {
    const args = ['x', '-o/out', '-y', '-p-', '-spd', '-scsUTF-8', ARCHIVE, '@/list']
    const { module } = await run(factory, access, args, batch)
    for (const member of batch) yield { member, chunks: memberBytes(module, member) }
  }
}

function* memberBytes(module: SevenZipModule, member: ListedMember): Generator<Uint8Array> {
  if (member.sizeBytes > MAX_MEMBER_BYTES)
    throw new Error('too large to be expanded in memory; extract the archive')
  let bytes: Uint8Array
  try {
    bytes = module.FS.readFile(`/out/${member.name.replace(/^(?:[/\\]|\.\.[/\\])+/, '')}`)
  } catch {
    throw new Error('could not be extracted')
  }
  yield bytes
}

function* batches(listed: readonly ListedMember[]): Generator<ListedMember[]> {
  let batch: ListedMember[] = []
  let bytes = 0
  for (const member of listed) {
    if (bytes + member.sizeBytes > BATCH_BYTES && batch.length > 0) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(member)
    bytes += member.sizeBytes
  }
  if (batch.length > 0) yield batch
}

/** Runs one command in a fresh module: a run leaves state behind that the next would trip over. */
async function run(
  factory: Factory,
  access: RandomAccess,
  args: string[],
  members: readonly ListedMember[] = [],
): Promise<{ module: SevenZipModule; lines: string[] }> {
  const lines: string[] = []
  const module = await factory({
    print: (line: string) => lines.push(line),
    printErr: (line: string) => lines.push(line),
    // Nobody answers a question for a password.
    stdin: () => null,
  })
  mountArchive(module, access)
  const names = members.filter((member) => member.sizeBytes <= MAX_MEMBER_BYTES).map((member) => member.name)
  module.FS.writeFile('/list', names.join('\n'))
  try {
    module.callMain(args)
  } catch (error) {
    // An emscripten program ends by throwing; what it left in its file system tells how far it came.
    lines.push(String(error))
  }
  return { module, lines }
}

/** Shows the archive as a file whose reads go to `access`: its bytes are never copied into the module as a whole. */
function mountArchive(module: SevenZipModule, access: RandomAccess): void {
  module.FS.writeFile(ARCHIVE, new Uint8Array())
  const { node } = module.FS.lookupPath(ARCHIVE)
  node.usedBytes = access.sizeBytes
  node.stream_ops = {
    ...node.stream_ops,
    read: (_stream: unknown, target: Uint8Array, at: number, length: number, position: number) =>
      position >= access.sizeBytes ? 0 : access.read(target.subarray(at, at + length), position),
  }
}
