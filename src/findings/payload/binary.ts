import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

const MAX_INFLATED = 1_048_576
const MIN_TEXT = 4

/** Base64 text as bytes; `undefined` when it is not base64. URL-safe letters and missing padding are accepted. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const clean = text.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '')
  if (clean.length < 4 || clean.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(clean)) return undefined
  return Buffer.from(clean, 'base64')
}

/** Share of characters that occur in scripts and commands: printable ASCII, tab and line ends. */
function readableShare(text: string): number {
  if (text === '') return 0
  let good = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if ((code >= 32 && code < 127) || code === 9 || code === 10 || code === 13) good += 1
  }
  return good / text.length
}

/** Bytes as text: UTF-16 (with or without mark) or UTF-8; `undefined` when neither reads like text. */
export function textOfBytes(
  bytes: Uint8Array,
): { readonly text: string; readonly encoding: string } | undefined {
  if (bytes.length < MIN_TEXT) return undefined
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length % 2 === 0) {
    const wide = buffer.toString('utf16le').replace(/^\ufeff/, '')
    if (readableShare(wide) > 0.9) return { text: wide, encoding: 'UTF-16' }
  }
  const narrow = buffer.toString('utf8').replace(/^\ufeff/, '')
  if (readableShare(narrow) > 0.9) return { text: narrow, encoding: 'UTF-8' }
  return undefined
}

function attempt(run: () => Buffer): Buffer | undefined {
  try {
    const result = run()
    return result.length > 0 ? result : undefined
  } catch {
    // Not such a stream, or one that swells past the limit: there is no layer here.
    return undefined
  }
}

/**
 * UTF-16 text of any script, for bytes that are said to be that: a part of ASCII (the code) and no control characters.
 * Random bytes read as UTF-16 have neither.
 */
export function wideTextOfBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length < MIN_TEXT || bytes.length % 2 !== 0) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le')
  const plain = text.replace(/^\ufeff/, '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what text does not have
  if (/[\0-\x08\x0e-\x1f\ue000-\uf8ff\ufffe\uffff]/.test(plain)) return undefined
  return readableShare(plain) > 0.25 ? plain : undefined
}

/** A gzip, zlib or raw deflate stream as bytes (at most 1 MiB, cut streams give what is there). */
export function inflate(
  bytes: Buffer,
  tryRaw: boolean,
): { readonly bytes: Buffer; readonly how: string } | undefined {
  const options = { maxOutputLength: MAX_INFLATED, finishFlush: constants.Z_SYNC_FLUSH }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const out = attempt(() => gunzipSync(bytes, options))
    return out === undefined ? undefined : { bytes: out, how: 'gzip' }
  }
  if (
    bytes[0] === 0x78 &&
    (bytes[1] === 0x01 || bytes[1] === 0x5e || bytes[1] === 0x9c || bytes[1] === 0xda)
  ) {
    const out = attempt(() => inflateSync(bytes, options))
    if (out !== undefined) return { bytes: out, how: 'zlib' }
  }
  if (!tryRaw) return undefined
  const out = attempt(() => inflateRawSync(bytes, options))
  return out === undefined ? undefined : { bytes: out, how: 'deflate' }
}

const BINARY_FORMATTER = [0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]

/** What a binary is, in plain words, by its first bytes; `undefined` when nothing is recognised. */
export function binaryKind(bytes: Uint8Array): string | undefined {
  if (bytes.length > 64 && bytes[0] === 0x4d && bytes[1] === 0x5a) return 'a Windows program (MZ header)'
  if (BINARY_FORMATTER.every((byte, at) => bytes[at] === byte))
    return 'a serialized .NET object (BinaryFormatter)'
  if (bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4) return 'a zip file'
  return undefined
}

/** Readable runs of a binary, one a line, so that class names and addresses in it can be searched. */
export function readableRuns(bytes: Uint8Array, limit = 4096): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, MAX_INFLATED)).toString(
    'latin1',
  )
  const narrow = text.match(/[\x20-\x7e]{6,512}/g) ?? []
  const wide = (text.match(/(?:[\x20-\x7e]\0){6,256}/g) ?? []).map((run) => run.replaceAll('\0', ''))
  return [...narrow, ...wide].join('\n').slice(0, limit)
}
