import { defang, hostsIn, pathsIn, withoutBlobs } from './indicators.ts'
import { guessLanguage } from './tokens.ts'

const MAX_SHOWN = 120

const show = (text: string): string => {
  // Backslashes that the script's language doubles; those of a share stand at the beginning.
  const single = withoutBlobs(text)
    .trim()
    .replace(/(?<=[^\\])\\\\/g, '\\')
    .replace(/^\\{4}(?=\w)/, '\\\\')
  const line = defang(single.replace(/\s+/g, ' '))
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN - 1)}…`
}

const URL_TEXT = /\b(?:https?|ftp):\/\/[^\s"'<>`|;)]+/gi
/** Addresses that name a document format and are no place. */
const NAME_SPACE = /^https?:\/\/(?:schemas\.|www\.w3\.org\/)/i
const FETCHES =
  /xmlhttp|winhttp|webclient|invoke-webrequest|\biwr\b|\birm\b|invoke-restmethod|downloadstring|downloadfile|downloaddata|urldownloadtofile|bitstransfer|certutil|bitsadmin|\bcurl\b|\bwget\b|net\.sockets|tcpclient|resolve-dnsname|nslookup|getobject\s{0,9}\(\s{0,9}["']script(?:let)?:/i

const MAKES =
  /\b(?:spawninstance_|put_?|createinstance|putinstance|(?:set|new)-(?:wmi|cim)instance|mofcomp)\b/i
const REMOVES = /\b(?:delete_|deleteinstance|remove-(?:wmiobject|ciminstance))\b|\.delete\s{0,9}\(/i
/** certutil fetches only where it is given an address; it also decodes and shows. */
const ONLY_DECODES = /certutil(?![\s\S]{0,200}urlcache)/i

interface Deed {
  readonly when: RegExp
  readonly words: string | ((match: RegExpExecArray, all: string) => string | undefined)
}

/** What scripts are seen to do, in the order in which it is told. */
const DEEDS: readonly Deed[] = [
  {
    when: /\.terminate(?:_)?\s{0,9}\(|\bterminate\b|stop-process|taskkill|\.kill\s{0,9}\(/i,
    words: (_match, all) => {
      if (
        /target(?:event|instance)\.(?:processid|processname|handle)/i.test(all) ||
        /targetevent/i.test(all)
      ) {
        return 'terminates the process that was just started'
      }
      const name =
        /(?:name\s{0,9}(?:=|like)\s{0,9}\\*["']+|\/im\s{1,9}|stop-process\s{1,9}(?:-name\s{1,9})?["']?)([\w.*%-]{3,40})/i.exec(
          all,
        )?.[1]
      return name === undefined ? 'terminates processes' : `terminates ${show(name)}`
    },
  },
  {
    when: /binaryformatter|frombase64transform|dynamicwrapperx|assembly\]?\s{0,9}(?:::|\.)\s{0,9}(?:unsafe)?load|deserialize/i,
    words: 'unpacks a .NET program and runs it in memory',
  },
  {
    when: /virtualalloc|createthread|writeprocessmemory|getdelegateforfunctionpointer/i,
    words: 'runs machine code in memory',
  },
  {
    // `.Execute` is a method of databases and the like, not VBScript's statement.
    when: /\b(?:iex|invoke-expression|(?<!\.)execute|executeglobal|eval|scriptblock)\b/i,
    words: (_match, all) => {
      if (/get-itemproperty|\bgp\s{1,9}hk|regread|hklm:|hkcu:|registry::|opensubkey/i.test(all))
        return 'runs code that it reads from the registry'
      if (/\[wmiclass\]|managementclass|\.properties_?\s{0,9}(?:[[(]|\.item)/i.test(all))
        return 'runs code that it reads from a WMI class'
      if (FETCHES.test(all)) return 'runs what it gets from there'
      return 'runs code that it puts together itself'
    },
  },
  {
    when: /(?:\.run\b|\.exec\b|shellexecute|start-process|\.create\b)\s{0,9}\(?\s{0,9}["']{1,4}([^"'\n]{2,300})["']/i,
    // `""" & path & """`: between the quotes stands no program but a piece of an expression.
    words: (match, all) => {
      if (/^\s{0,4}[&+]/.test(match[1] ?? '')) return undefined
      // Many objects have a method of that name; Win32_Process has the one that starts programs.
      if (/^\.create/i.test(match[0]) && !/win32_process/i.test(all))
        return /winnt:\/\//i.test(all) && /["']user["']/i.test(all) ? 'adds a user account' : undefined
      return `starts ${show(match[1] ?? '')}`
    },
  },
  { when: /(?:\.run|\.exec|shellexecute)\b\s{0,9}\(?["'&\s]{0,12}[a-z_$]/i, words: 'starts a program' },
  {
    // Mode 1, which is also the one without a mode, only reads. Source: Microsoft "OpenTextFile method".
    when: /\.opentextfile\s{0,9}\(?\s{0,9}["']([^"'\n]{2,200})["']\s{0,9}(?:,\s{0,9}(?:1|forreading)\b|\)|$)/im,
    words: (match) => `reads the file ${show(match[1] ?? '')}`,
  },
  {
    when: /savetofile|\.createtextfile|\.opentextfile(?!\s{0,9}\(?\s{0,9}["'][^"'\n]{2,200}["']\s{0,9}(?:,\s{0,9}(?:1|forreading)\b|\)|$))|writealltext|writeallbytes|out-file|set-content|add-content/im,
    words: (_match, all) => {
      const file =
        /(?:savetofile|createtextfile|opentextfile|writeall\w{1,40}|out-file(?:\s{1,9}-filepath)?|(?:set|add)-content(?:\s{1,9}-path)?)\s{0,9}\(?\s{0,9}["']([^"'\n]{2,200})["']/i.exec(
          all,
        )?.[1]
      return file === undefined ? 'writes to a file' : `writes to the file ${show(file)}`
    },
  },
  {
    when: /\.(?:copy|move)file\s{0,9}\(?\s{0,9}["']([^"'\n]{2,200})["']\s{0,9},\s{0,9}["']([^"'\n]{2,200})["']/i,
    words: (match) =>
      `${/^\.move/i.test(match[0]) ? 'moves' : 'copies'} ${show(match[1] ?? '')} to ${show(match[2] ?? '')}`,
  },
  {
    when: /mapnetworkdrive[^"'\n]{0,40}["'][^"'\n]{0,9}["']\s{0,9},\s{0,9}["']([^"'\n]{2,200})["']/i,
    words: (match) => `connects to the shared folder ${show(match[1] ?? '')}`,
  },
  { when: /winnt:\/\/[\s\S]{0,2000}?\.setpassword\b/i, words: 'sets the password of an account' },
  {
    when: /\.logevent\b|write-eventlog|\[?(?:system\.)?diagnostics\.eventlog/i,
    words: 'writes to the event log',
  },
  {
    when: /regwrite|set-itemproperty|new-itemproperty|setstringvalue/i,
    words: (_match, all) => {
      const key = /regwrite\s{0,9}\(?\s{0,9}["'](hk[^"'\n]{2,200})["']/i.exec(all)?.[1]
      return `writes to the registry${key === undefined ? '' : ` (${show(key)})`}`
    },
  },
  {
    when: /__eventfilter|__filtertoconsumerbinding|commandlineeventconsumer|activescripteventconsumer/i,
    words: (_match, all) =>
      MAKES.test(all)
        ? 'creates or changes subscriptions itself'
        : REMOVES.test(all)
          ? 'removes subscriptions'
          : 'looks at subscriptions',
  },
  { when: /wevtutil(?:\.exe)?\s{1,9}cl|clear-eventlog|cleareventlog/i, words: 'clears event logs' },
  {
    when: /deletefile|remove-item|\.delete\s{0,9}\(/i,
    words: (match, all) =>
      /remove-item/i.test(match[0]) && /remove-item[^\n;|]{0,80}?(?:hk(?:lm|cu)|registry):/i.test(all)
        ? 'deletes registry keys'
        : /winmgmts|wmi(?:object|class)|ciminstance/i.test(all) && !/deletefile|remove-item/i.test(all)
          ? undefined
          : 'deletes files',
  },
  {
    when: /startservice\b|stopservice\b|(?:start|stop|restart)-service\b|\bnet1? (?:start|stop)\b/i,
    words: 'starts or stops services',
  },
  {
    when: /win32shutdown\b|\.reboot\b|(?:restart|stop)-computer\b|shutdown(?:\.exe)?\s[-/]/i,
    words: 'restarts or shuts down the computer',
  },
  {
    when: /vssadmin|win32_shadowcopy/i,
    words: (_match, all) => (/delete/i.test(all) ? 'deletes shadow copies' : 'looks at shadow copies'),
  },
  { when: /cdo\.message|send-mailmessage|smtpclient/i, words: 'sends mail' },
  {
    when: /win32_networkadapter|win32_operatingsystem|win32_computersystem|win32_useraccount/i,
    words: (_match, all) => (/win32shutdown\b/i.test(all) ? undefined : 'collects details of this computer'),
  },
  { when: /keylog|getasynckeystate/i, words: 'records key strokes' },
]

/**
 * What a script does, as verbs joined with commas, e.g. `fetches hxxp[:]//a[.]b/c, starts calc.exe`; `undefined` when
 * nothing in it is recognised. `hidden`: the texts that were decoded from it.
 */
export function describeScript(text: string, hidden: readonly string[] = []): string | undefined {
  const all = [...hidden, text].join('\n').slice(0, 262_144)
  const deeds: string[] = []
  const urls = [...new Set([...all.matchAll(URL_TEXT)].map((match) => match[0]))].filter(
    (url) => !NAME_SPACE.test(url),
  )
  if (urls.length > 0) {
    const sends =
      /\.send\s{0,9}\(|["']post["']|uploadstring|uploaddata|-method\s{1,9}post/i.test(all) &&
      /["']post["']|upload|-method\s{1,9}post/i.test(all)
    const verb = FETCHES.test(all) ? (sends ? 'talks to' : 'fetches') : 'names'
    const more = urls.length > 1 ? ` and ${urls.length - 1} more address${urls.length > 2 ? 'es' : ''}` : ''
    deeds.push(`${verb} ${show(urls[0] ?? '')}${more}`)
  } else if (FETCHES.test(all.replace(ONLY_DECODES, ' '))) {
    const [host] = hostsIn(all)
    deeds.push(
      host === undefined ? 'fetches something over the network' : `fetches something from ${show(host)}`,
    )
  }
  for (const deed of DEEDS) {
    const match = deed.when.exec(all)
    if (match === null) continue
    const words = typeof deed.words === 'string' ? deed.words : deed.words(match, all)
    if (words !== undefined && !deeds.includes(words)) deeds.push(words)
    if (deeds.length >= 5) break
  }
  const at = deeds.indexOf('starts a program')
  const programs = new Set(
    pathsIn(all).filter((path) => /\.(?:exe|com|bat|cmd|ps1|vbs|js|msi|scr)$/i.test(path)),
  )
  if (at !== -1 && deeds.some((deed) => /^starts (?!a program)/.test(deed))) deeds.splice(at, 1)
  else if (at !== -1 && programs.size === 1) deeds[at] = `starts ${show([...programs][0] ?? '')}`
  const last = deeds.pop()
  return last === undefined ? undefined : deeds.length === 0 ? last : `${deeds.join(', ')} and ${last}`
}

const ENGINES: Readonly<Record<string, string>> = {
  vbscript: 'VBScript',
  jscript: 'JScript',
  powershell: 'script',
}

/** The script's language as people call it: from the engine name, else from the words in the text. */
export function languageName(engine: string | undefined, text: string): string {
  const given = (engine ?? '').trim().toLowerCase()
  if (given.startsWith('vbs')) return 'VBScript'
  if (
    given.startsWith('js') ||
    given.startsWith('jscript') ||
    given === 'javascript' ||
    given === 'ecmascript'
  )
    return 'JScript'
  if (given !== '') return `${engine?.trim()} script`
  return ENGINES[guessLanguage(text)] ?? 'script'
}
