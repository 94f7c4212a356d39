/**
 * Constants of the EVTX format under the names its documents use. Sources: libyal libevtx "Windows XML Event Log
 * (EVTX) format", [MS-EVEN6] 2.2.12 (BinXML); offsets are from the start of the named structure.
 */

/** Size of the file header, also where the first chunk starts. libevtx "File header". */
export const FILE_HEADER_SIZE = 4096
/** Every chunk takes this much of the file. libevtx "Chunk". */
export const CHUNK_SIZE = 65536
/** Chunk header, name table and template table; the first record starts here. */
export const CHUNK_HEADER_SIZE = 512

/** `ElfF`, `ile\0` as little-endian words. */
export const FILE_MAGIC: readonly [number, number] = [0x46666c45, 0x00656c69]
/** `ElfC`, `hnk\0` as little-endian words. */
export const CHUNK_MAGIC: readonly [number, number] = [0x43666c45, 0x006b6e68]
/** `**\0\0` as a little-endian word. */
export const RECORD_MAGIC = 0x00002a2a

/** File header fields. libevtx "File header". */
export const FILE_HEADER = {
  firstChunk: 8,
  lastChunk: 16,
  nextRecordId: 24,
  headerSize: 32,
  minorVersion: 36,
  majorVersion: 38,
  headerBlockSize: 40,
  chunkCount: 42,
  flags: 120,
  checksum: 124,
} as const

/** File flag: the log was open when the file was taken; header fields may be stale. */
export const FILE_FLAG_DIRTY = 1
/** File flag: the log reached its size limit. */
export const FILE_FLAG_FULL = 2

/** Chunk header fields. libevtx "Chunk header". */
export const CHUNK_HEADER = {
  firstRecordNumber: 8,
  lastRecordNumber: 16,
  firstRecordId: 24,
  lastRecordId: 32,
  headerSize: 40,
  lastRecordOffset: 44,
  freeSpaceOffset: 48,
  recordsChecksum: 52,
  flags: 120,
  checksum: 124,
  nameTable: 128,
  templateTable: 384,
} as const

export const NAME_BUCKETS = 64
export const TEMPLATE_BUCKETS = 32

/** Record: magic, size, record id (u64), FILETIME, BinXML, size again. libevtx "Event record". */
export const RECORD_HEADER_SIZE = 24
/** Header, a fragment header and the repeated size: less holds no event. */
export const MIN_RECORD_SIZE = 32

/** Template definition: next in bucket (u32), GUID, data size (u32), data. libevtx "Template definition". */
export const TEMPLATE_HEADER_SIZE = 24
/** Name: next in bucket (u32), hash (u16), characters (u16), UTF-16 text, NUL. libevtx "Name". */
export const NAME_HEADER_SIZE = 8

/** BinXML tokens, without the flag {@link MORE_DATA}. [MS-EVEN6] 2.2.12. */
export const TOKEN = {
  eof: 0x00,
  openStartElement: 0x01,
  closeStartElement: 0x02,
  closeEmptyElement: 0x03,
  endElement: 0x04,
  value: 0x05,
  attribute: 0x06,
  cdata: 0x07,
  charRef: 0x08,
  entityRef: 0x09,
  piTarget: 0x0a,
  piData: 0x0b,
  templateInstance: 0x0c,
  normalSubstitution: 0x0d,
  optionalSubstitution: 0x0e,
  fragmentHeader: 0x0f,
} as const

/** Token flag: attributes follow (element), or more content follows (value, attribute). */
export const MORE_DATA = 0x40

/** Value types. [MS-EVEN6] 2.2.12 "BinXml value types"; libevtx "Value types". */
export const VALUE = {
  null: 0,
  string: 1,
  ansiString: 2,
  int8: 3,
  uint8: 4,
  int16: 5,
  uint16: 6,
  int32: 7,
  uint32: 8,
  int64: 9,
  uint64: 10,
  real32: 11,
  real64: 12,
  bool: 13,
  binary: 14,
  guid: 15,
  sizeT: 16,
  filetime: 17,
  systemTime: 18,
  sid: 19,
  hexInt32: 20,
  hexInt64: 21,
  evtHandle: 32,
  binXml: 33,
  evtXml: 35,
} as const

/** Value type flag: an array of the type. */
export const ARRAY = 0x80

/** Deepest nesting of elements and of BinXML values that is followed; the deepest real sample (CAPI2) has 9. */
export const MAX_DEPTH = 64
/**
 * Most work one chunk may ask for, in characters rendered and bytes of definitions and nested values looked at. Real
 * chunks stay under a million; a template that repeats one substitution thousands of times could ask for terabytes.
 */
export const MAX_CHUNK_WORK = 8_388_608
/** What one payload field costs of that, besides its characters. */
export const FIELD_WORK = 16
