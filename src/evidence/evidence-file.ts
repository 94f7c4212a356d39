import { createHash, type Hash } from 'node:crypto'
import { InputError } from '../diagnostics/index.ts'
import { type FileFormat, identify } from './identify.ts'
import type { RandomAccess } from './random-access.ts'

/** Bytes at the start that decide kind and id. */
export const HEAD_BYTES: number = 64 * 1024

export interface EvidenceFileOptions {
  readonly path: string
  /** Base name, which is part of the id. */
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Known before reading: from the file system or an archive's directory. */
  readonly sizeBytes?: number
  /** What besides name, size and first bytes makes the id: the last 64 KiB, or a stored CRC. */
  readonly identity?: string | Uint8Array
  /** Named by the user, not found in a folder or archive. */
  readonly given?: boolean
  readonly access?: RandomAccess
  readonly localPath?: string
  readonly hash?: boolean
}

/**
 * One file of evidence, opened: its kind is known from its first bytes, its bytes can be read once from start to
 * end, and are hashed while they pass. Members of archives stream: what the consumer leaves unread is read (and
 * hashed) by `finish`, before the next file comes.
 */
export class EvidenceFile {
  readonly path: string
  readonly name: string
  readonly id: string
  readonly format: FileFormat
  readonly given: boolean
  readonly access: RandomAccess | undefined
  /** Path on disk of a plain file. */
  readonly localPath: string | undefined
  /** Why this file or the rest of it could not be read: encrypted, cut, beyond a limit. */
  problem: string | undefined
  readonly #knownSize: number | undefined
  #rest: AsyncIterator<Uint8Array>
  #hash: Hash | undefined
  #bytesRead = 0
  #started = false
  #finished = false
  #sha256: string | undefined

  private constructor(options: EvidenceFileOptions, head: Uint8Array, rest: AsyncIterator<Uint8Array>) {
    this.path = options.path
    this.name = options.name
    this.given = options.given ?? false
    this.access = options.access
    this.localPath = options.localPath
    this.#knownSize = options.sizeBytes
    this.#rest = rest
    this.#hash = options.hash === false ? undefined : createHash('sha256')
    this.format = identify(head, options.name, options.sizeBytes)
    this.id = createHash('sha256')
      .update(`${options.sizeBytes ?? ''}\0${options.name}\0`)
      .update(head)
      .update(options.identity ?? '')
      .digest('hex')
      .slice(0, 12)
  }

  /**
   * Reads as much of the start as decides what the file is. Throws what the source throws before its first byte; what it
   * throws later comes after the bytes before it, as from any file that is cut.
   */
  static async open(options: EvidenceFileOptions): Promise<EvidenceFile> {
    let rest = asyncIterator(options.chunks)
    const parts: Uint8Array[] = []
    let length = 0
    while (length < HEAD_BYTES) {
      let next: IteratorResult<Uint8Array>
      try {
        next = await rest.next()
      } catch (error) {
        if (length === 0 || isLimit(error)) throw error
        rest = failing(error)
        break
      }
      if (next.done === true) break
      parts.push(next.value)
      length += next.value.length
    }
    const bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    const file = new EvidenceFile(options, bytes.subarray(0, HEAD_BYTES), rest)
    file.#first = bytes
    return file
  }

  #first: Uint8Array | undefined

  /** Bytes in the file: as its container states them, else as many as have been read. */
  get sizeBytes(): number {
    return this.#knownSize ?? this.#bytesRead
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Hex SHA-256; `undefined` before `finish`, when hashing is off, or when not all bytes could be read. */
  get sha256(): string | undefined {
    return this.#sha256
  }

  /** The bytes from the start, once. Throws what the source throws (damaged archive, disk error). */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#started) throw new Error('invariant: the bytes of an evidence file are read once')
    this.#started = true
    for (;;) {
      const chunk = await this.#next()
      if (chunk === undefined) return
      yield chunk
    }
  }

  /**
   * For a reader that opens `localPath` itself: it must hand every byte, in order, to the function returned, so that
   * size and hash come out of that one reading.
   */
  readElsewhere(): (bytes: Uint8Array) => void {
    if (this.#started) throw new Error('invariant: the bytes of an evidence file are read once')
    this.#started = true
    this.#first = undefined
    this.#rest = NOTHING
    return (bytes) => {
      this.#bytesRead += bytes.length
      this.#hash?.update(bytes)
    }
  }

  /** The whole file; `undefined` when it is larger than `limit` bytes. */
  async bytes(limit: number): Promise<Uint8Array | undefined> {
    if (this.sizeBytes > limit) return undefined
    const parts: Uint8Array[] = []
    let length = 0
    for await (const chunk of this.chunks()) {
      length += chunk.length
      if (length > limit) return undefined
      parts.push(chunk)
    }
    return Buffer.concat(parts)
  }

  /** Reads to the end what was not read, so that the hash is of the whole file. Without hashing it stops early. */
  async finish(): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    if (this.#hash === undefined) {
      await this.#rest.return?.()
    } else {
      while ((await this.#next()) !== undefined) {
        // Only the hash needs these bytes.
      }
      this.#sha256 = this.#hash.digest('hex')
    }
    // Files are listed to the end of a run, a million of them perhaps: no bytes are kept with them.
    this.#first = undefined
    this.#rest = NOTHING
    this.#hash = undefined
  }

  async #next(): Promise<Uint8Array | undefined> {
    let chunk = this.#first
    this.#first = undefined
    if (chunk === undefined || chunk.length === 0) {
      let next: IteratorResult<Uint8Array>
      try {
        next = await this.#rest.next()
      } catch (error) {
        // A hash of a part would be taken for that of the whole.
        this.#hash = undefined
        throw error
      }
      if (next.done === true) return undefined
      chunk = next.value
    }
    this.#bytesRead += chunk.length
    this.#hash?.update(chunk)
    return chunk
  }
}

const NOTHING: AsyncIterator<Uint8Array> = {
  next: () => Promise.resolve({ done: true, value: undefined }),
}

/** A limit ends the archive, not one member of it. */
const isLimit = (error: unknown): boolean => error instanceof InputError && error.code === 'evidence/limit'

/** Throws once, then is at its end. */
function failing(error: unknown): AsyncIterator<Uint8Array> {
  let thrown = false
  return {
    next: () => {
      if (thrown) return Promise.resolve({ done: true, value: undefined })
      thrown = true
      return Promise.reject(error)
    },
  }
}

function asyncIterator(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterator<Uint8Array> {
  if (Symbol.asyncIterator in chunks) return chunks[Symbol.asyncIterator]()
  const iterator = chunks[Symbol.iterator]()
  return {
    next: () => Promise.resolve(iterator.next()),
    return: () => Promise.resolve(iterator.return?.() ?? { done: true, value: undefined }),
  }
}
