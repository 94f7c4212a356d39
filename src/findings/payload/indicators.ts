import { extensionOf } from './paths.ts'
import { guessLanguage } from './tokens.ts'
import type { Indicator } from './types.ts'

const MAX_INDICATORS = 200
const URL_TEXT =
  /\b(?:https?|ftps?|wss?):\/\/(?:\[[0-9a-f:.%]{2,60}\][^\s"'<>`|;)(\]}{,\\^]{0,2000}|[^\s"'<>`|;)(\]}{,\\^]{3,2000})/gi
const ADDRESS = /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]\d|\w)/g
const PATH =
  /(?:\b[a-z]:|%[a-z_][\w()]{1,40}%|\$env:[a-z]\w{1,40})[\\/][^"'<>|*?;,&\n\r]{1,400}?\.[a-z][a-z0-9]{0,4}\b(?![\\/.\w-])(?::[\w.$-]{1,64})?/gi
const UNC =
  /(?<![\\/:\w.%)])\\\\(?:[\w-]{1,63}(?:\.[\w-]{1,63}){0,8})(?:@(?:ssl|\d{1,5})){0,2}\\[^\s"'<>|*?;,]{1,400}/gi
const HASH = /(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])/gi

/** True for addresses that lead nowhere: loopback, unspecified, broadcast. */
const isNowhere = (address: string): boolean => /^(?:127\.|0\.|255\.255\.255\.255$)/.test(address)

/** IP literals of a text; version numbers (`Version=4.0.0.0`, `rv:1.9.1.2`) and loopback are left out. */
export function addressesIn(text: string): readonly string[] {
  const found: string[] = []
  for (const match of text.matchAll(ADDRESS)) {
    const before = text.slice(Math.max(0, match.index - 12), match.index)
    // A folder or file may be named by a version: `C:\Program Files\A\1.2.3.4\a.exe`, `a-1.2.3.4.exe`.
    if (/(?:[\w)\].-]\\{1,2}|:\\)$/.test(before)) continue
    if (
      /^\.(?:exe|dll|msi|cab|zip|jar|log|txt)\b/i.test(
        text.slice(match.index + match[0].length, match.index + match[0].length + 8),
      )
    )
      continue
    if (isNowhere(match[0]) || /(?:version|ver|v|rv|build)\s*[=:]?\s*["']?$/i.test(before)) continue
    if (/^(?:[0-4]\.0\.\d\.0|\d\.\d\.0\.0)$/.test(match[0])) continue
    found.push(match[0])
  }
  return found
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** URLs of a text whose host is a place and not a name space of a document format. */
export function urlsIn(text: string, schemaHosts: readonly string[]): readonly string[] {
  return [...text.matchAll(URL_TEXT)]
    .map((match) => (match[0].split('&&')[0] ?? '').replace(/[.,:]+$/, ''))
    .filter((url) => !schemaHosts.includes(hostOf(url)) && !LOOPBACK.test(hostOf(url)))
}

/** Programs and calls whose argument is a machine or an address without its scheme. */
const CALLS_HOST =
  /(?:(?:tcpclient|udpclient|\.connect|downloadstring|downloadfile|downloaddata)["']?\s{0,9}\(\s{0,9}["']|\b(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod|nslookup|resolve-dnsname|ssh|scp|ftp|test-netconnection|ncat|nc)(?:\.exe)?["']?\s(?:[^\n|;&"']{0,120}?\s)??["']?(?:[\w.-]{1,64}@)?)((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?=[\s/:"',;)|&]|$)/gi
/** What looks like the end of a name on the network and is a file's. */
const FILE_ENDINGS =
  /\.(?:exe|dll|com|bat|cmd|ps1|psm1|vbs|js|txt|log|dat|bin|tmp|zip|png|jpg|gif|html?|aspx?|php|xml|json|csv|ini|cfg|msi|mof|hta|py|sh|cer|crt)$/i

/** Names of machines that a call or program is given without a scheme, e.g. `nslookup c2.a.example`; lower case. */
export function hostsIn(text: string): readonly string[] {
  return [...text.matchAll(CALLS_HOST)]
    .map((match) => (match[1] ?? '').toLowerCase())
    .filter((host) => host !== '' && (!FILE_ENDINGS.test(host) || /\.com$/.test(host)))
}

/** Host of a URL, lower case, without port and user. */
export function hostOf(url: string): string {
  return (/^[a-z]+:\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(url)?.[1] ?? '').toLowerCase()
}

/** Shares on other machines, with their path. Device paths and doubled backslashes of escaped text are left out. */
export function sharesIn(text: string): readonly string[] {
  // Script source and JSON double every backslash: `\\\\host\\share` is looked at in its single form as well.
  const single = text.replaceAll('\\\\', '\\')
  // In JScript every backslash is doubled: there `\\\\a\\\\b` is `\\a\\b`, a folder and no machine.
  const isSource = guessLanguage(text) === 'jscript'
  const forms = isSource ? [single] : text.includes('\\\\\\\\') ? [text, single] : [text]
  return forms
    .flatMap((form) => [...form.matchAll(UNC)].map((match) => match[0]))
    .filter((path) => !/^\\\\(?:localhost|127\.0\.0\.1)\\/i.test(path))
}

/** File paths of a text with a drive or variable, e.g. `C:\Users\Public\a.exe`, `%TEMP%\b.vbs`. */
export function pathsIn(text: string): readonly string[] {
  // In script source and JSON backslashes are doubled; one form serves both.
  return [...text.replaceAll('\\\\', '\\').matchAll(PATH)].map((match) => match[0])
}

/** Everything in the texts that is worth searching for elsewhere: exact, each once, in order of kind and place. */
export function indicatorsIn(texts: readonly string[], schemaHosts: readonly string[]): readonly Indicator[] {
  const found = new Map<string, Indicator>()
  const add = (kind: Indicator['kind'], value: string): void => {
    const key = `${kind} ${value.toLowerCase()}`
    if (!found.has(key) && found.size < MAX_INDICATORS) found.set(key, { kind, value })
  }
  for (const text of texts) {
    for (const url of urlsIn(text, schemaHosts)) {
      add('url', url)
      const host = hostOf(url)
      if (host.startsWith('[')) add('ip', host.slice(1, -1))
      else if (addressesIn(host).length === 0 && host.includes('.')) add('domain', host)
    }
    for (const host of hostsIn(text)) add('domain', host)
    for (const address of addressesIn(text)) add('ip', address)
    for (const path of pathsIn(text)) if (extensionOf(path.toLowerCase()) !== '') add('path', path)
    for (const share of sharesIn(text)) add('path', share)
    for (const match of text.matchAll(HASH)) add('hash', match[0].toLowerCase())
  }
  return [...found.values()]
}

/** URLs, addresses and domains made unclickable for people: `hxxp[:]//a[.]b/c`. Everything else stays as it is. */
export function defang(text: string): string {
  return text
    .replace(
      /\b(h)tt(ps?):\/\/([^\s/"']+)/gi,
      (_, h: string, rest: string, host: string) => `${h}xx${rest}[:]//${host.replaceAll('.', '[.]')}`,
    )
    .replace(/\bftp:\/\/([^\s/"']+)/gi, (_, host: string) => `fxp[:]//${host.replaceAll('.', '[.]')}`)
    .replace(ADDRESS, (address) => address.replaceAll('.', '[.]'))
}

/** A long run of base64 in a line for people says nothing to them: it is named instead. */
export function withoutBlobs(text: string): string {
  return text.replace(/(?<![\w+/=-])(?=[A-Za-z0-9+/]*[0-9+/])[A-Za-z0-9+/]{40,}={0,2}/g, '(encoded text)')
}
