import { binaryKind, bytesOfBase64, inflate, readableRuns, textOfBytes } from './binary.ts'
import type { DecodedLayer } from './types.ts'

const MAX_BLOBS = 24
/** Hyphens, en dash, em dash, horizontal bar and slash: what PowerShell takes as the mark of a parameter. */
const ENCODED_COMMAND =
  /(?<![\w-])[-/\u2013\u2014\u2015](e(?:c|n(?:c(?:o(?:d(?:e(?:d(?:c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?)?)?)?)?)?)?)?)(?:[\s:]|["'])+([A-Za-z0-9+/=_]{8,})/gi
const RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g

/** The `-EncodedCommand` arguments in a text, as written, in every abbreviation and with every dash. */
export function encodedArguments(text: string): readonly string[] {
  return [...text.matchAll(ENCODED_COMMAND)].slice(0, MAX_BLOBS).map((match) => match[2] ?? '')
}

/** True when PowerShell is called with an encoded command, whether or not what follows can be decoded. */
export function hasEncodedCommand(text: string): boolean {
  const flag = /(?<![\w-])[-/\u2013\u2014\u2015]e(?:c|n(?:c(?:o\w*)?)?)?(?:[\s:]|$)/i
  return /(?:powershell|pwsh)/i.test(text) && flag.test(text)
}

/** Bytes as a layer: text, a packed stream of text, or the readable parts of a binary. */
function layerOf(bytes: Buffer, how: string, tryRaw: boolean): DecodedLayer | undefined {
  const packed = inflate(bytes, tryRaw)
  const content = packed?.bytes ?? bytes
  const name = packed === undefined ? how : `${how}, ${packed.how}`
  const kind = binaryKind(content)
  if (kind !== undefined) {
    return { how: `${name}: ${kind}, ${content.length} bytes`, text: readableRuns(content) }
  }
  const text = textOfBytes(content)
  if (text !== undefined) return { how: `${name}, ${text.encoding}`, text: text.text }
  return packed === undefined
    ? undefined
    : { how: `${name}, ${content.length} bytes`, text: readableRuns(content) }
}

/** Decodes what PowerShell is given as `-EncodedCommand`. */
export function unwrapEncodedCommand(text: string): readonly DecodedLayer[] {
  return encodedArguments(text).flatMap((argument) => {
    const bytes = bytesOfBase64(argument)
    const layer =
      bytes === undefined ? undefined : layerOf(bytes, 'PowerShell -EncodedCommand (base64', false)
    return layer === undefined ? [] : [{ how: `${layer.how})`, text: layer.text }]
  })
}

/** Keys of an exclusive-or that the text states as a number or one character. */
function statedKeys(text: string): readonly number[] {
  const keys = new Set<number>()
  const pattern = /(?:-bxor|\bxor\b|\^)\s{0,9}\(?\s{0,9}(0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\d{1,3})\b/gi
  for (const match of text.matchAll(pattern)) {
    const written = (match[1] ?? '').toLowerCase().replace('&h', '0x')
    const key = Number(written)
    if (key > 0 && key < 256) keys.add(key)
    if (keys.size >= 4) break
  }
  return [...keys]
}

/** Runs of base64, and what they hold: UTF-16 or UTF-8 text, gzip or deflate, a program, a .NET object. */
export function unwrapBase64(text: string): readonly DecodedLayer[] {
  const tryRaw = /deflate/i.test(text)
  const keys = statedKeys(text)
  const layers: DecodedLayer[] = []
  let seen = 0
  // Line ends and blanks may stand inside a blob of a MOF or a here-string: join lines that are base64 alone.
  const joined = text.replace(/(?<=[A-Za-z0-9+/]{40})\r?\n[ \t]*(?=[A-Za-z0-9+/=]{4,})/g, '')
  for (const match of joined.matchAll(RUN)) {
    seen += 1
    if (seen > MAX_BLOBS) break
    const bytes = looksEncoded(match[0]) ? bytesOfBase64(match[0]) : undefined
    if (bytes === undefined) continue
    const plain = layerOf(bytes, 'base64', tryRaw)
    if (plain !== undefined) layers.push(plain)
    for (const key of keys) {
      const layer = layerOf(
        Buffer.from(bytes.map((byte) => byte ^ key)),
        `base64, exclusive-or with ${key}`,
        tryRaw,
      )
      if (layer !== undefined) layers.push(layer)
    }
  }
  return layers
}

/** Long words and paths are letters of base64 too; real base64 mixes cases or has digits and signs. */
function looksEncoded(run: string): boolean {
  if (/^[A-Za-z]+(?:[_-][A-Za-z]+)*$/.test(run) && !/[a-z][A-Z][A-Z]|[A-Z]{2}[a-z]{1,2}[A-Z]/.test(run))
    return false
  if (/^[0-9]+$/.test(run) || /^[0-9a-f]+$/i.test(run)) return false
  return /[a-z]/.test(run) && /[A-Z]/.test(run)
}

const NUMBERS =
  /(?:(?:0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\d{1,3})(?:\s{0,4}[^\w\s]\s{0,4}|[\s_]{1,4})){7,20000}(?:0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\d{1,3})/gi
const HEX = /(?:(?:\\x)?[0-9a-f]{2}){12,}/gi

/** Lists of character codes (decimal or hex), also behind an exclusive-or with a stated key. */
export function unwrapNumbers(text: string): readonly DecodedLayer[] {
  const layers: DecodedLayer[] = []
  const keys = [0, ...statedKeys(text)]
  for (const match of [...text.matchAll(NUMBERS)].slice(0, MAX_BLOBS)) {
    const codes = (match[0].match(/0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\d{1,3}/gi) ?? [])
      .map((part) => Number(part.toLowerCase().replace('&h', '0x')))
      .filter((code) => code < 256)
    for (const key of keys) {
      const decoded = layerOf(Buffer.from(codes.map((code) => code ^ key)), 'list of character codes', false)
      if (decoded === undefined) continue
      layers.push(key === 0 ? decoded : { ...decoded, how: `${decoded.how}, exclusive-or with ${key}` })
    }
  }
  for (const match of [...text.matchAll(HEX)].slice(0, MAX_BLOBS)) {
    const digits = match[0].replace(/\\x/gi, '')
    if (!/[a-f]/i.test(digits) && !/^(?:[2-7]\d)+$/.test(digits)) continue
    for (const key of keys) {
      const bytes = Buffer.from(digits, 'hex').map((byte) => byte ^ key)
      const decoded = layerOf(Buffer.from(bytes), 'hex digits', false)
      if (decoded === undefined) continue
      layers.push(key === 0 ? decoded : { ...decoded, how: `${decoded.how}, exclusive-or with ${key}` })
    }
  }
  return layers
}

/** Percent-encoded text as in URLs and script files: `%57%53%63`, `%u0057`. */
export function unwrapPercent(text: string): readonly DecodedLayer[] {
  if ((text.match(/%(?:u[0-9a-f]{4}|[0-9a-f]{2})/gi)?.length ?? 0) < 4) return []
  const out = text
    .replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return out === text ? [] : [{ how: 'percent-encoding', text: out }]
}
