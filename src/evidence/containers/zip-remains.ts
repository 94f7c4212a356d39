import { getFileNameLowLevel } from 'yauzl'
import { accessChunks, type RandomAccess, readAt } from '../random-access.ts'
import { inflated } from './inflate.ts'
import { type Member, safeMemberName } from './member.ts'

const LOCAL_HEADER = 0x04034b50
const LOCAL_HEADER_BYTES = 30
const DESCRIPTOR = 0x08074b50
/** Bytes of a data descriptor with its signature, sizes of 4 or of 8 bytes. */
const DESCRIPTOR_BYTES = [16, 24]
const UNKNOWN_SIZE = 0xffffffff
const FIRST_SEARCH_BYTES = 4096
const SEARCH_BYTES = 1 << 20
/** Windows has paths of up to 32,767 characters; those in collections are far shorter. */
const MAX_NAME_BYTES = 4096
/** A whole collection of one machine has some thousands. */
const MAX_REMAINS = 20_000
/** Version needed to extract; the highest that APPNOTE 4.4.3.2 has is 6.3, as 63. */
const MAX_VERSION = 100

/**
 * Members of a zip archive whose directory is gone (a copy that was cut, a collection that was interrupted), found by
 * the header that stands before each. Where a header leaves the size open, as archives written in one go have it, the
 * member ends where the next header begins. Source: APPNOTE 4.3.7, 4.3.9, 4.4.4.
 */
export function* zipRemains(access: RandomAccess): Generator<Member> {
  let header = findHeader(access, 0)
  for (let count = 0; header !== undefined; count += 1) {
    if (count === MAX_REMAINS) throw new Error(`more than ${MAX_REMAINS} members without a directory`)
    const next = findHeader(access, header.end ?? header.dataStart)
    const end = header.end ?? withoutDescriptor(access, next?.start ?? access.sizeBytes)
    if (!header.name.endsWith('/')) yield toMember(access, header, Math.min(end, access.sizeBytes))
    header = next
  }
}

interface Header {
  readonly start: number
  readonly name: string
  readonly encrypted: boolean
  readonly method: number
  readonly crc32: number | undefined
  readonly sizeBytes: number | undefined
  readonly dataStart: number
  /** Where the data ends; `undefined` where the header does not say. */
  readonly end: number | undefined
}

function readHeader(access: RandomAccess, at: number): Header | undefined {
  const bytes = Buffer.from(readAt(access, at, LOCAL_HEADER_BYTES))
  if (bytes.length < LOCAL_HEADER_BYTES || bytes.readUInt32LE(0) !== LOCAL_HEADER) return undefined
  const flags = bytes.readUInt16LE(6)
  const nameLength = bytes.readUInt16LE(26)
  const extraLength = bytes.readUInt16LE(28)
  // The signature also stands by chance in compressed data: a header has a version and a name.
  if (bytes.readUInt16LE(4) > MAX_VERSION || nameLength === 0 || nameLength > MAX_NAME_BYTES) return undefined
  const after = Buffer.from(readAt(access, at + LOCAL_HEADER_BYTES, nameLength + extraLength))
  if (after.length < nameLength + extraLength) return undefined
  const open = (flags & 8) !== 0
  const sizes = open ? undefined : sizesOf(bytes, after.subarray(nameLength))
  const dataStart = at + LOCAL_HEADER_BYTES + nameLength + extraLength
  return {
    start: at,
    name: getFileNameLowLevel(flags, after.subarray(0, nameLength), [], false),
    encrypted: (flags & 1) !== 0,
    method: bytes.readUInt16LE(8),
    crc32: open ? undefined : bytes.readUInt32LE(14),
    sizeBytes: sizes?.expanded,
    dataStart,
    end: sizes === undefined ? undefined : dataStart + sizes.stored,
  }
}

/** Sizes of the header, or of its zip64 extra field where they are larger. APPNOTE 4.5.3. */
function sizesOf(header: Buffer, extra: Buffer): { stored: number; expanded: number } | undefined {
  const stored = header.readUInt32LE(18)
  const expanded = header.readUInt32LE(22)
  if (stored !== UNKNOWN_SIZE && expanded !== UNKNOWN_SIZE) return { stored, expanded }
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1 || at + 20 > extra.length) continue
    return { expanded: Number(extra.readBigUInt64LE(at + 4)), stored: Number(extra.readBigUInt64LE(at + 12)) }
  }
  return undefined
}

function toMember(access: RandomAccess, header: Header, end: number): Member {
  const { name, escapes } = safeMemberName(header.name)
  const stored = (): Iterable<Uint8Array> => accessChunks(access, header.dataStart, end)
  const readable = header.method === 0 || header.method === 8
  return {
    name,
    ...(header.sizeBytes === undefined ? {} : { sizeBytes: header.sizeBytes }),
    ...(header.crc32 === undefined ? {} : { crc32: header.crc32 }),
    chunks:
      header.method === 8
        ? inflated(stored(), 'deflate-raw', {
            sizeBytes: header.sizeBytes ?? 8 * (end - header.dataStart),
            again: stored,
          })
        : stored(),
    ...(escapes ? { escapes: true } : {}),
    ...(header.encrypted ? { unreadable: 'encrypted' } : readable ? {} : { unreadable: 'method' }),
  }
}

/** Where the data ends before `end` that a descriptor may stand at. */
function withoutDescriptor(access: RandomAccess, end: number): number {
  for (const size of DESCRIPTOR_BYTES) {
    const bytes = Buffer.from(readAt(access, Math.max(0, end - size), 4))
    if (bytes.length === 4 && bytes.readUInt32LE(0) === DESCRIPTOR) return end - size
  }
  return end
}

/** The next header that can be one, at or after `from`. */
function findHeader(access: RandomAccess, from: number): Header | undefined {
  const signature = Buffer.from('PK\x03\x04', 'latin1')
  // Small at first: of a million members of some bytes each would read a mebibyte.
  let size = FIRST_SEARCH_BYTES
  for (let at = from; at < access.sizeBytes; at += size, size = Math.min(2 * size, SEARCH_BYTES)) {
    const bytes = Buffer.from(readAt(access, at, size + signature.length - 1))
    for (let found = bytes.indexOf(signature); found >= 0; found = bytes.indexOf(signature, found + 1)) {
      // A file may be nothing but signatures: most of what is no header is told by the bytes at hand.
      const version = found + 6 <= bytes.length ? bytes.readUInt16LE(found + 4) : 0
      const header = version <= MAX_VERSION ? readHeader(access, at + found) : undefined
      if (header !== undefined) return header
    }
  }
  return undefined
}
