import { binaryKind, bytesOfBase64, inflate, readableRuns, textOfBytes, wideTextOfBytes } from './binary.ts'
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
    if (bytes === undefined) return []
    const layer = layerOf(bytes, 'PowerShell -EncodedCommand (base64', false)
    if (layer !== undefined) return [{ how: `${layer.how})`, text: layer.text }]
    const wide = wideTextOfBytes(bytes)
    return wide === undefined ? [] : [{ how: 'PowerShell -EncodedCommand (base64, UTF-16)', text: wide }]
  })
}

/** How hidden bytes become plain ones: an exclusive-or, or a number that is added to each. */
interface Recipe {
  readonly how: string
  readonly apply: (bytes: Uint8Array) => Uint8Array
}

const MAX_RECIPES = 6
const MAX_OPERANDS = 32
const NUMBER = '0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\\d{1,3}'
const XOR = new RegExp(
  `(?:-bxor|\\bxor\\b|\\^)\\s{0,9}\\(?\\s{0,9}(?:(${NUMBER})\\b|\\$?([a-z_]\\w{0,40}))`,
  'gi',
)
const SHIFT = new RegExp(
  `(?:chrw?\\s{0,9}\\(|\\[char\\]\\s{0,9}\\(?|fromcharcode\\s{0,9}\\()\\s{0,9}(?:\\[int\\])?\\s{0,9}\\$?[a-z_][\\w.[\\]$]{0,40}\\s{0,9}([+-])\\s{0,9}(${NUMBER})\\b`,
  'gi',
)

const numberOf = (written: string): number => Number(written.toLowerCase().replace('&h', '0x'))

/** What a variable is set to, where the text sets it to a number or a string: the bytes of a key. */
function keyOf(name: string, text: string): readonly number[] | undefined {
  const set = new RegExp(
    `\\b${name}\\s{0,9}=\\s{0,9}(?:(${NUMBER})(?![\\w.])|[^\\n;]{0,80}?(["'])([^"'\\n]{1,64})\\2)`,
    'i',
  ).exec(text)
  if (set?.[1] !== undefined) return [numberOf(set[1])]
  return set?.[3] === undefined ? undefined : [...Buffer.from(set[3], 'utf8')]
}

/** Recipes that the text states beside what it hides: an exclusive-or with a number or a short key, a shift. */
function statedRecipes(text: string): readonly Recipe[] {
  const keys = new Map<string, readonly number[]>()
  const looked = new Set<string>()
  for (const [, written, name] of text.slice(0, 65_536).matchAll(XOR)) {
    // Each name is looked up once: a text may repeat one a hundred thousand times.
    const operand = (written ?? name ?? '').toLowerCase()
    if (looked.has(operand)) continue
    looked.add(operand)
    if (looked.size > MAX_OPERANDS) break
    const key = written === undefined ? keyOf(name ?? '', text) : [numberOf(written)]
    if (key?.some((byte) => byte > 0 && byte < 256) === true) keys.set(key.join(), key)
    if (keys.size >= MAX_RECIPES) break
  }
  const recipes: Recipe[] = [...keys.values()].map((key) => ({
    how: `exclusive-or with ${key.length === 1 ? key[0] : `"${Buffer.from(key).toString('utf8')}"`}`,
    apply: (bytes) => bytes.map((byte, at) => byte ^ (key[at % key.length] ?? 0)),
  }))
  for (const [, sign, written = '0'] of text.slice(0, 65_536).matchAll(SHIFT)) {
    const by = sign === '-' ? -numberOf(written) : numberOf(written)
    if (by !== 0 && recipes.length < MAX_RECIPES * 2)
      recipes.push({
        how: `each code ${by < 0 ? 'less' : 'plus'} ${Math.abs(by)}`,
        apply: (bytes) => bytes.map((byte) => byte + by),
      })
  }
  return recipes
}

/** Runs of base64, and what they hold: UTF-16 or UTF-8 text, gzip or deflate, a program, a .NET object. */
export function unwrapBase64(text: string): readonly DecodedLayer[] {
  const tryRaw = /deflate/i.test(text)
  const recipes = statedRecipes(text)
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
    for (const recipe of recipes) {
      const layer = layerOf(Buffer.from(recipe.apply(bytes)), `base64, ${recipe.how}`, tryRaw)
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

/** Lists of character codes and hex digits, also behind a recipe that the text states. */
export function unwrapNumbers(text: string): readonly DecodedLayer[] {
  const layers: DecodedLayer[] = []
  const recipes = statedRecipes(text)
  const add = (bytes: Uint8Array, how: string): void => {
    for (const recipe of [undefined, ...recipes]) {
      const decoded = layerOf(Buffer.from(recipe?.apply(bytes) ?? bytes), how, false)
      if (decoded === undefined) continue
      layers.push(recipe === undefined ? decoded : { ...decoded, how: `${decoded.how}, ${recipe.how}` })
    }
  }
  for (const match of [...text.matchAll(NUMBERS)].slice(0, MAX_BLOBS)) {
    const codes = (match[0].match(/0x[0-9a-f]{1,2}|&h[0-9a-f]{1,2}|\d{1,3}/gi) ?? [])
      .map(numberOf)
      .filter((code) => code < 256)
    add(Uint8Array.from(codes), 'list of character codes')
  }
  for (const match of [...text.matchAll(HEX)].slice(0, MAX_BLOBS)) {
    const digits = match[0].replace(/\\x/gi, '')
    if (!/[a-f]/i.test(digits) && !/^(?:[2-7]\d)+$/.test(digits)) continue
    add(Uint8Array.from(Buffer.from(digits, 'hex')), 'hex digits')
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
