import { deflateRawSync, deflateSync, gunzipSync, inflateSync } from 'node:zlib'
import type { Json } from '../../plan/expr.ts'
import { list, makeBag, type NativeRow, native, number, text, type Value } from './define.ts'

/** The n-th place of `lookup` in a part of `source`, counted in characters; -1 when absent. */
function indexOf(source: string, lookup: string, start: number, length: number, occurrence: number): number {
  const chars = [...source]
  const from = start < 0 ? Math.max(chars.length + start, 0) : start
  const needle = [...lookup]
  let seen = 0
  let end = length < 0 ? chars.length : Math.min(from + length, chars.length)
  for (let i = from; i + needle.length <= end; i++) {
    if (needle.every((char, k) => chars[i + k] === char)) {
      seen += 1
      if (seen === occurrence) return i
      // The next search covers `length` positions again: indexof("abcdefgabcdefg", "cde", 1, 10, 2) is 9 [reference].
      if (length >= 0) end = Math.min(i + 1 + length, chars.length)
    }
  }
  return -1
}

/** How often `needle` occurs, overlaps included (S2). */
function countOf(source: string, needle: string): number {
  if (needle === '') return 0
  let count = 0
  for (let at = source.indexOf(needle); at >= 0; at = source.indexOf(needle, at + 1)) count += 1
  return count
}

/** The first record of CSV text: quotes double inside quotes, a record ends at a line break outside them. */
export function parseCsv(source: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i)
    if (quoted) {
      if (char !== '"') cell += char
      else if (source.charAt(i + 1) === '"') {
        cell += '"'
        i += 1
      } else quoted = false
    } else if (char === '"') quoted = true
    else if (char === ',') {
      cells.push(cell)
      cell = ''
    } else if (char === '\n' || char === '\r') break
    else cell += char
  }
  cells.push(cell)
  return cells
}

/** Arguments of a command line by the Windows rules. Source: Microsoft C++ docs, "Parsing C command-line arguments". */
export function parseCommandLine(source: string): string[] {
  const args: string[] = []
  let current = ''
  let open = false
  let started = false
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i)
    if (char === '\\') {
      let count = 0
      while (source.charAt(i + count) === '\\') count += 1
      const beforeQuote = source.charAt(i + count) === '"'
      current += '\\'.repeat(beforeQuote ? Math.floor(count / 2) : count)
      if (beforeQuote && count % 2 === 1) {
        current += '"'
        i += 1
      }
      i += count - 1
      started = true
    } else if (char === '"') {
      if (open && source.charAt(i + 1) === '"') {
        current += '"'
        i += 1
      } else open = !open
      started = true
    } else if ((char === ' ' || char === '\t') && !open) {
      if (started) args.push(current)
      current = ''
      started = false
    } else {
      current += char
      started = true
    }
  }
  if (started) args.push(current)
  return args
}

interface KvOptions {
  readonly pair_delimiter?: string
  readonly kv_delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly greedy?: boolean
  readonly regex?: string
}

/** `parse-kv`: pairs of key and value. Without delimiters a pair ends at anything but letters, digits and `_`. */
function parseKv(source: string, options: KvOptions): Record<string, Json> {
  if (options.regex !== undefined) return kvByRegex(source, options.regex)
  if (options.greedy === true) return kvGreedy(source, options)
  const pair = options.pair_delimiter
  const kv = options.kv_delimiter
  const quotes = options.quote ?? ''
  const entries: [string, string][] = []
  let at = 0
  const atAny = (delimiter: string | undefined): number => {
    if (delimiter === undefined) return /[^A-Za-z0-9_]/.test(source.charAt(at)) ? 1 : 0
    return delimiter !== '' && source.startsWith(delimiter, at) ? delimiter.length : 0
  }
  // White space around a key or a value falls away, unless it stands in quotes.
  const token = (ends: (string | undefined)[]): string => {
    const open = source.charAt(at)
    if (open !== '' && quotes.includes(open)) {
      const close = quotes.length > 1 ? quotes.charAt(1) : open
      at += 1
      let value = ''
      while (at < source.length && source.charAt(at) !== close) {
        if (options.escape !== undefined && options.escape !== '' && source.charAt(at) === options.escape)
          at += 1
        value += source.charAt(at)
        at += 1
      }
      at += 1
      return value
    }
    let value = ''
    while (at < source.length && ends.every((end) => atAny(end) === 0)) {
      value += source.charAt(at)
      at += 1
    }
    return value.trim()
  }
  while (at < source.length) {
    const begin = at
    const key = token([kv, pair])
    const step = atAny(kv)
    if (step > 0 && (kv !== undefined || source.charAt(at) === ':' || source.charAt(at) === '=')) {
      at += step
      if (kv === undefined) while (source.charAt(at) === ' ') at += 1
      entries.push([key.trim(), token([pair])])
    }
    at += Math.max(atAny(pair), 0)
    if (at === begin) at += 1
  }
  return makeBag(entries)
}

/** Greedy: a value runs up to the last pair delimiter before the next key delimiter. */
function kvGreedy(source: string, options: KvOptions): Record<string, Json> {
  const pair = options.pair_delimiter ?? ' '
  const kv = options.kv_delimiter ?? '='
  if (pair === '' || kv === '') return {}
  const parts = source.split(kv)
  const entries: [string, string][] = []
  let key = parts[0] ?? ''
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] ?? ''
    const cut = i === parts.length - 1 ? part.length : part.lastIndexOf(pair)
    entries.push([key.trim(), cut < 0 ? part : part.slice(0, cut)])
    key = cut < 0 ? '' : part.slice(cut + pair.length)
  }
  return makeBag(entries)
}

function kvByRegex(source: string, regex: string): Record<string, Json> {
  const entries: [string, string][] = []
  for (const match of source.matchAll(new RegExp(regex, 'g'))) {
    if (match[1] !== undefined && match[2] !== undefined) entries.push([match[1], match[2]])
  }
  return makeBag(entries)
}

function replaceStrings(source: string, lookups: readonly Json[], rewrites: readonly Json[]): string {
  // Each lookup in turn, but never inside what an earlier one has written.
  let parts: { readonly text: string; readonly done: boolean }[] = [{ text: source, done: false }]
  for (const [i, lookup] of lookups.entries()) {
    const needle = text(lookup)
    if (needle === '') continue
    const rewrite = { text: text(rewrites[i]), done: true }
    parts = parts.flatMap((part) =>
      part.done
        ? [part]
        : part.text
            .split(needle)
            .flatMap((piece, k) =>
              k === 0 ? [{ text: piece, done: false }] : [rewrite, { text: piece, done: false }],
            ),
    )
  }
  return parts.map((part) => part.text).join('')
}

function translate(search: string, replacement: string, source: string): string {
  const from = [...search]
  const to = [...replacement]
  const last = to[to.length - 1] ?? ''
  return [...source]
    .map((char) => {
      const at = from.indexOf(char)
      return at < 0 ? char : (to[at] ?? last)
    })
    .join('')
}

function codepoints(values: readonly Value[]): string {
  const flat = values.flatMap((value) => (Array.isArray(value) ? value : [value]))
  return flat.map((value) => String.fromCodePoint(number(value as Value))).join('')
}

function base64Bytes(source: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(source) || source.length % 4 !== 0) return undefined
  return Uint8Array.from(Buffer.from(source, 'base64'))
}

/** Text of bytes that are valid UTF-8, else undefined. */
function utf8(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

/** Largest text a compressed cell may grow to: evidence may hold a bomb. */
const MAX_INFLATED = 64 * 1024 * 1024

function inflated(
  source: string,
  inflate: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array,
): string {
  const bytes = base64Bytes(source)
  if (bytes === undefined) return ''
  try {
    return utf8(inflate(bytes, { maxOutputLength: MAX_INFLATED })) ?? ''
  } catch {
    // Not compressed data, or too large once inflated: the documented answer is the empty text.
    return ''
  }
}

/** A gzip member with stored blocks, byte for byte what the engine writes for short texts. */
function gzipStored(source: string): string {
  const data = Buffer.from(source, 'utf8')
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(data), 0)
  tail.writeUInt32LE(data.length, 4)
  return Buffer.concat([header, deflateRawSync(data, { level: 0 }), tail]).toString('base64')
}

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

function guidOf(source: string): string | undefined {
  const bytes = base64Bytes(source)
  if (bytes === undefined || bytes.length !== 16) return undefined
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = order.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const BYTE_UNITS = ['Bytes', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const

/** `format_bytes(n [, precision [, unit]])`: the largest unit that keeps at least 1, unless one is named. */
function formatBytes(size: number, precision: number, unit: string): string | undefined {
  const named = (BYTE_UNITS as readonly string[]).indexOf(unit)
  if (unit !== '' && named < 0) return undefined
  const fitting =
    Math.abs(size) < 1 ? 0 : Math.min(Math.floor(Math.log2(Math.abs(size)) / 10), BYTE_UNITS.length - 1)
  const at = unit === '' ? fitting : named
  const value = size / 1024 ** at
  return `${Number(value.toFixed(Math.min(Math.max(precision, 0), 15)))} ${BYTE_UNITS[at]}`
}

/** Lower-case hexadecimal of a 64-bit integer, at least `width` digits. */
function toHex(value: bigint, width: number): string {
  return BigInt.asUintN(64, value).toString(16).padStart(Math.min(width, 64), '0')
}

export const textRows: readonly NativeRow[] = [
  native('format_bytes', ['real', 'long', 'string'], 'string', (size, precision, unit) =>
    size === undefined
      ? ''
      : formatBytes(number(size), precision === undefined ? 0 : number(precision), text(unit)),
  ),
  native('tohex', ['long', 'long'], 'string', (value, width) =>
    value === undefined ? '' : toHex(BigInt(text(value)), width === undefined ? 0 : number(width)),
  ),
  native(
    'indexof',
    ['string', 'string', 'long', 'long', 'long'],
    'long',
    (source, lookup, start, length, n) =>
      indexOf(text(source), text(lookup), number(start), number(length), number(n)),
  ),
  native('countof', ['string', 'string'], 'long', (source, needle) => countOf(text(source), text(needle))),
  native('parse_csv', ['string'], 'dynamic', (source) => parseCsv(text(source))),
  native('parse_command_line', ['string', 'string'], 'dynamic', (source, kind) =>
    /^windows$/i.test(text(kind)) && text(source) !== '' ? parseCommandLine(text(source)) : undefined,
  ),
  native('parse_kv', ['string', 'string'], 'dynamic', (source, options) =>
    parseKv(text(source), JSON.parse(text(options)) as KvOptions),
  ),
  native('replace_strings', ['string', 'dynamic', 'dynamic'], 'string', (source, lookups, rewrites) =>
    replaceStrings(text(source), list(lookups) ?? [], list(rewrites) ?? []),
  ),
  native('translate', ['string', 'string', 'string'], 'string', (a, b, c) =>
    translate(text(a), text(b), text(c)),
  ),
  native(
    'unicode_codepoints_from_string',
    ['string'],
    'dynamic',
    (source) => [...text(source)].map((char) => char.codePointAt(0) ?? 0),
    { aliases: ['to_utf8'] },
  ),
  native('unicode_codepoints_to_string', [], 'string', (...values) => codepoints(values), {
    rest: 'dynamic',
    aliases: ['make_string'],
  }),
  native('base64_decode_toarray', ['string'], 'dynamic', (source) => {
    const bytes = base64Bytes(text(source))
    return bytes === undefined ? undefined : [...bytes]
  }),
  native('base64_encode_fromarray', ['dynamic'], 'string', (bytes) =>
    Buffer.from((list(bytes) ?? []).map(Number)).toString('base64'),
  ),
  native('base64_decode_toguid', ['string'], 'guid', (source) => guidOf(text(source))),
  native('base64_encode_fromguid', ['guid'], 'string', (guid) => {
    const hex = text(guid).replaceAll('-', '')
    const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    return Buffer.from(order.map((at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))).toString(
      'base64',
    )
  }),
  native('gzip_decompress_from_base64_string', ['string'], 'string', (source) =>
    inflated(text(source), gunzipSync),
  ),
  native('zlib_decompress_from_base64_string', ['string'], 'string', (source) =>
    inflated(text(source), inflateSync),
  ),
  native('gzip_compress_to_base64_string', ['string'], 'string', (source) => gzipStored(text(source))),
  // Stored too: the reference prints the header of level 0.
  native('zlib_compress_to_base64_string', ['string'], 'string', (source) =>
    deflateSync(Buffer.from(text(source), 'utf8'), { level: 0 }).toString('base64'),
  ),
]
