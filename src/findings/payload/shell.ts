import { lookupTable } from '../../bytes/index.ts'
import type { DecodedLayer } from './types.ts'

/** Variables whose value is the same on (nearly) every Windows, as attackers slice them. */
const KNOWN_VARIABLES: Readonly<Record<string, string>> = lookupTable({
  comspec: 'C:\\WINDOWS\\system32\\cmd.exe',
  systemroot: 'C:\\WINDOWS',
  windir: 'C:\\WINDOWS',
  systemdrive: 'C:',
  programfiles: 'C:\\Program Files',
  'programfiles(x86)': 'C:\\Program Files (x86)',
  programdata: 'C:\\ProgramData',
  allusersprofile: 'C:\\ProgramData',
  public: 'C:\\Users\\Public',
  pathext: '.COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC',
  os: 'Windows_NT',
})
const MAX_VARIABLES = 256
const MAX_VALUE = 8192

/** `cmd /c "…"` drops the quotes around its whole line before it looks at carets. */
function withoutCaretsInside(text: string): string {
  const match = /^([^"]{0,256}\s\/[ckr]\s{0,9}")(.*)("\s{0,9})$/is.exec(text)
  if (match === null || match[2]?.includes('^') !== true) return withoutCarets(text)
  return withoutCarets(match[1] ?? '') + withoutCarets(match[2]) + (match[3] ?? '')
}

/** Carets outside quotes escape the next character and vanish. Source: `cmd /?`, "special characters". */
function withoutCarets(text: string): string {
  let out = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') isQuoted = !isQuoted
    if (char === '^' && !isQuoted) {
      at += 1
      out += text.charAt(at)
    } else out += char
  }
  return out
}

function slice(value: string, from: string, count: string | undefined): string {
  const start = Number(from) < 0 ? Math.max(0, value.length + Number(from)) : Number(from)
  if (count === undefined) return value.slice(start)
  const length = Number(count)
  return length < 0 ? value.slice(start, value.length + length) : value.slice(start, start + length)
}

const SET = /(?:^|[\s&|("])set\s{1,9}"?([a-z_][\w.-]{0,63})=([^&|"\n\r]{0,2048})/gi
const USE =
  /([%!])([a-z_][\w.()-]{0,63})(?::(?:~(-?\d{1,5})(?:,(-?\d{1,5}))?|([^=%!\n]{1,64})=([^%!\n]{0,64})))?\1/gi

function withVariables(text: string): string {
  const own = new Map<string, string>()
  for (const match of text.matchAll(SET)) {
    if (own.size >= MAX_VARIABLES) break
    const name = (match[1] ?? '').toLowerCase()
    const value = (match[2] ?? '').slice(0, MAX_VALUE)
    // `set r=!r!x` grows at run time; put in for itself it would only swell.
    if (!new RegExp(`[%!]${name.replace(/[.-]/g, '\\$&')}[%!:]`, 'i').test(value)) own.set(name, value)
  }
  let made = 0
  return text.replace(
    USE,
    (whole, _mark, name: string, from?: string, count?: string, old?: string, put?: string) => {
      const set = own.get(name.toLowerCase())
      // A known variable as a whole reads better as it was written; only a slice of it hides something.
      const value =
        set ?? (from === undefined && old === undefined ? undefined : KNOWN_VARIABLES[name.toLowerCase()])
      if (value === undefined) return whole
      const result =
        from !== undefined
          ? slice(value, from, count)
          : old !== undefined
            ? value.split(old).join(put ?? '')
            : value
      made += result.length
      return made > 262_144 ? whole : result
    },
  )
}

/** Quotes inside a word (`w""mic`, `po"w"ershell`) that the command processor drops. */
function withoutInnerQuotes(text: string): string {
  return text.replace(/(?<=\w)""(?=\w)/g, '')
}

/** A `cmd` line with its carets, `set` variables, `%VAR:~n,m%` slices and quotes inside words resolved. */
export function unwrapShell(text: string): readonly DecodedLayer[] {
  if (!/[\^%!]|\w""\w/.test(text) || text.includes('#@~^')) return []
  let out = text
  const how: string[] = []
  const apply = (step: (value: string) => string, name: string): void => {
    const next = step(out)
    if (next !== out) {
      out = next
      how.push(name)
    }
  }
  if (/\^/.test(text) && !/\^\s{0,9}(?:0x|\d|key|[a-z]\w{0,40}\s{0,9}[)\]])/i.test(text))
    apply(withoutCaretsInside, 'carets')
  apply(withVariables, 'variables')
  apply(withVariables, 'variables')
  apply(withoutInnerQuotes, 'quotes inside words')
  if (out === text) return []
  return [{ how: `command line without ${[...new Set(how)].join(' and ')}`, text: out }]
}

/** PowerShell's backticks before ordinary letters, which mean nothing: `` I`E`X `` is `IEX`. */
export function unwrapBackticks(text: string): readonly DecodedLayer[] {
  if (!/[\w.(-]`[\w.-]/.test(text)) return []
  const out = text.replace(/`([^0abefnrtuv\s'"$`])/g, '$1').replace(/(?<=\w)`(?=\w)/g, '')
  return out === text ? [] : [{ how: 'backticks removed', text: out }]
}
