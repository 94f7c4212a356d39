/** Constants of the repository's files, under the names and with the offsets of `docs/formats/cim.md`. */

/** Every file of data or index is an array of these. */
export const PAGE_SIZE = 8192

export const MAPPING_SIGNATURE = 0xabcd
export const MAPPING_FOOTER = 0xdcba
/** A logical page without a physical one; in an index node: no child (Vista and later). */
export const NO_PAGE = 0xffffffff
/** Low 30 bits of a mapping entry are the page number. */
export const PAGE_NUMBER_MASK = 0x3fffffff

export const INDEX_ACTIVE = 0xaccc
export const INDEX_ADMIN = 0xaddd
export const INDEX_DELETED = 0xbadd
/** Deepest real tree seen: 3 levels. */
export const MAX_INDEX_DEPTH = 16

/** Entry of a record table: id, offset, size, checksum. */
export const TABLE_ENTRY_SIZE = 16
/** A record that needs more than a page has one to itself and starts behind its one entry and the terminator. */
export const LARGE_RECORD_OFFSET = 0x20

/** Deepest real chain seen: 7 classes. */
export const MAX_CLASS_DEPTH = 128
/** Deepest real namespace seen: 6 names. */
export const MAX_NAMESPACE_DEPTH = 32
/** Deepest embedding seen: 1. */
export const MAX_EMBEDDED_DEPTH = 8

export const SYSTEM_NAMESPACE = '__SystemClass'

/** What differs between the two generations of the format. */
export type Layout = 'xp' | 'vista'

/** Hexadecimal digits of a name's hash: MD5 on XP and 2003, SHA-256 later. */
export function hashDigits(layout: Layout): number {
  return layout === 'xp' ? 32 : 64
}
