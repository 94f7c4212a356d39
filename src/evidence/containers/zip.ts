import { Readable } from 'node:stream'
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from 'yauzl'
import { accessChunks, type RandomAccess } from '../random-access.ts'
import { inflated } from './inflate.ts'
import { type Member, safeMemberName } from './member.ts'

/** Members of a zip archive in the order of its directory. Throws a plain `Error` where the directory is damaged. */
export async function* zipMembers(access: RandomAccess): AsyncGenerator<Member> {
  const zip = await fromRandomAccessReaderPromise(new AccessReader(access), access.sizeBytes, {
    lazyEntries: true,
    autoClose: false,
    // Names are decoded below: yauzl would end the whole archive at the first name it finds unsafe.
    decodeStrings: false,
    validateEntrySizes: true,
  })
  for await (const entry of zip.eachEntry()) {
    const stored = getFileNameLowLevel(
      entry.generalPurposeBitFlag,
      entry.fileNameRaw,
      entry.extraFields,
      false,
    )
    if (stored.endsWith('/')) continue
    const { name, escapes } = safeMemberName(stored)
    yield {
      name,
      sizeBytes: entry.uncompressedSize,
      crc32: entry.crc32,
      chunks: entryChunks(zip, entry, access),
      ...(escapes ? { escapes: true } : {}),
      ...(entry.isEncrypted() ? { unreadable: 'encrypted' } : {}),
      ...(!entry.isEncrypted() && !entry.canDecodeFileData() ? { unreadable: 'method' } : {}),
    }
  }
}

async function* entryChunks(zip: ZipFile, entry: Entry, access: RandomAccess): AsyncGenerator<Uint8Array> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
  const stored = (): Iterable<Uint8Array> =>
    accessChunks(access, fileDataStart, fileDataStart + entry.compressedSize)
  const size = entry.uncompressedSize
  const chunks =
    entry.compressionMethod === 0
      ? stored()
      : inflated(stored(), 'deflate-raw', { sizeBytes: size, again: stored })
  let left = size
  for await (const chunk of chunks) {
    if (chunk.length > left) throw new Error(`has more bytes than the ${size} its directory states`)
    left -= chunk.length
    yield chunk
  }
  if (left > 0) throw new Error(`ends ${left} bytes before the ${size} its directory states`)
}

class AccessReader extends RandomAccessReader {
  readonly #access: RandomAccess

  constructor(access: RandomAccess) {
    super()
    this.#access = access
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(accessChunks(this.#access, start, end))
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    let got: number
    try {
      got = this.#access.read(buffer.subarray(offset, offset + length), position)
    } catch (error) {
      callback(error as Error)
      return
    }
    callback(null, got)
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null)
  }
}
