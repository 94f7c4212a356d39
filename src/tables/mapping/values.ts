import { isoToFiletime, lookupTable } from '../../bytes/index.ts'
import type { Cell } from '../table-buffer.ts'

/** Last component of a Windows path; the text itself where it has no separator. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/')) + 1)
}

/** Windows writes `-` where it has nothing to say. */
export function present(text: string): string {
  return text === '-' ? '' : text
}

/** `CORP` of `CORP\alice`; empty where there is no domain. */
export function domainOf(account: string): string {
  const at = account.indexOf('\\')
  return at < 0 ? '' : account.slice(0, at)
}

/** `alice` of `CORP\alice`. */
export function nameOf(account: string): string {
  return present(account.slice(account.indexOf('\\') + 1))
}

/** An integer as Windows renders it: decimal, or hex with `0x`. Beyond 2^53 it is a bigint; `undefined` if it is none. */
export function integerOf(text: string): number | bigint | undefined {
  const small = text.length <= 15 ? decimalDigits(text) : Number.NaN
  if (!Number.isNaN(small)) return small
  if (!/^\s*(?:-?\d{1,19}|0x[0-9a-f]{1,16})\s*$/i.test(text)) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  const exact = BigInt(text.trim())
  return exact <= 0x7fff_ffff_ffff_ffffn && exact >= -0x8000_0000_0000_0000n ? exact : undefined
}

/** The common way: nothing but digits. */
function decimalDigits(text: string): number {
  return text === '' ? Number.NaN : digits(text, 0, text.length)
}

/** Sysmon's `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`, the last one read: three columns ask for parts of the same text. */
let hashText = ''
let hashLower = ''

/** One hash of Sysmon's list, lower case as Defender writes it. */
export function hashOf(name: 'sha1' | 'md5' | 'sha256'): (hashes: string) => string {
  const label = `${name}=`
  return (hashes) => {
    if (hashes !== hashText) {
      hashText = hashes
      hashLower = hashes.toLowerCase()
    }
    let at = hashLower.indexOf(label)
    // A label must begin the text or follow a comma.
    while (at > 0 && hashLower.charCodeAt(at - 1) !== 0x2c) at = hashLower.indexOf(label, at + 1)
    if (at < 0) return ''
    const end = hashLower.indexOf(',', at)
    return hashLower.slice(at + label.length, end < 0 ? undefined : end)
  }
}

const digits = (text: string, from: number, to: number): number => {
  let value = 0
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** FILETIME of Sysmon's `2022-03-10 21:08:30.123` (UTC), and of any other ISO-like text by a slower way. */
export function timeOf(text: string): bigint | undefined {
  if (text !== timeText) {
    timeText = text
    time = parseTime(text)
  }
  return time
}

/** The last one read: the row's time and the process's are the same field. */
let timeText = ''
let time: bigint | undefined

function parseTime(text: string): bigint | undefined {
  if (text.length === 23 && text.charCodeAt(10) === 32 && text.charCodeAt(19) === 46) {
    const ms = Date.UTC(
      digits(text, 0, 4),
      digits(text, 5, 7) - 1,
      digits(text, 8, 10),
      digits(text, 11, 13),
      digits(text, 14, 16),
      digits(text, 17, 19),
      digits(text, 20, 23),
    )
    const month = digits(text, 5, 7)
    if (!Number.isNaN(ms) && month >= 1 && month <= 12) return BigInt(ms) * 10_000n + 116_444_736_000_000_000n
  }
  return text === '' ? undefined : isoToFiletime(text)
}

const HIVES: readonly (readonly [string, string])[] = [
  ['HKLM\\', 'HKEY_LOCAL_MACHINE\\'],
  ['HKU\\', 'HKEY_USERS\\'],
  ['HKCR\\', 'HKEY_CLASSES_ROOT\\'],
  ['HKCU\\', 'HKEY_CURRENT_USER\\'],
  ['\\REGISTRY\\MACHINE\\', 'HKEY_LOCAL_MACHINE\\'],
  ['\\REGISTRY\\USER\\', 'HKEY_USERS\\'],
]

/** A registry path as Defender writes it: `HKEY_LOCAL_MACHINE\…`. */
export function registryPath(path: string): string {
  const upper = path.slice(0, 24).toUpperCase()
  const hive = HIVES.find(([prefix]) => upper.startsWith(prefix))
  return hive === undefined ? path : hive[1] + path.slice(hive[0].length)
}

/** Key of a value's path (Sysmon 13 joins key and value with a backslash). */
export function registryKeyOf(path: string): string {
  const full = registryPath(path)
  const at = full.lastIndexOf('\\')
  return at < 0 ? full : full.slice(0, at)
}

/** Type that Sysmon's rendering gives away; text kinds look alike and stay empty. */
export function registryTypeOf(details: string): string {
  if (details.startsWith('DWORD (')) return 'Dword'
  if (details.startsWith('QWORD (')) return 'Qword'
  return details === 'Binary Data' ? 'Binary' : ''
}

const INTEGRITY: Readonly<Record<string, string>> = lookupTable({
  'S-1-16-0': 'Untrusted',
  'S-1-16-4096': 'Low',
  'S-1-16-8192': 'Medium',
  'S-1-16-8448': 'MediumPlus',
  'S-1-16-12288': 'High',
  'S-1-16-16384': 'System',
  'S-1-16-20480': 'Protected',
})

/** `High` of a mandatory label SID; the SID where it is none of Windows' levels. */
export function integrityOf(label: string): string {
  return INTEGRITY[label] ?? present(label)
}

const ELEVATION: Readonly<Record<string, string>> = lookupTable({
  '%%1936': 'TokenElevationTypeDefault',
  '%%1937': 'TokenElevationTypeFull',
  '%%1938': 'TokenElevationTypeLimited',
})

export function elevationOf(code: string): string {
  return ELEVATION[code] ?? present(code)
}

/** A Sysmon 19-21 value without its dressing: leading space and quotes off, C escapes undone once. */
export function sysmonWmiText(value: string): string {
  const text = value.trim()
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  return text.slice(1, -1).replace(/\\(["\\nrt])/g, (_, escaped: string) => {
    if (escaped === 'n') return '\n'
    if (escaped === 'r') return '\r'
    return escaped === 't' ? '\t' : escaped
  })
}

/** JSON text of the fields that have a value, in the order given. */
export function jsonOf(fields: Readonly<Record<string, Cell>>): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')
  return JSON.stringify(Object.fromEntries(entries.map(([key, value]) => [key, jsonValue(value)])))
}

const jsonValue = (value: Cell): unknown => (typeof value === 'bigint' ? value.toString() : value)
