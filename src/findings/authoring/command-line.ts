import type { Act } from './act.ts'
import { classesIn } from './classes.ts'
import type { AuthoringContext } from './model.ts'
import { readMofcomp } from './mofcomp.ts'
import { readKnownTools, readReg, readWinmgmt } from './tools.ts'
import { readWmic } from './wmic.ts'

export interface CommandLineHooks {
  readonly powershell: (text: string) => readonly Act[]
  readonly script: (text: string) => readonly Act[]
}

/** Shells in shells: `cmd /c powershell -c cmd /c ...`. */
const MAX_DEPTH = 6
const MAX_CALLS = 64

/** A tool at the start of a command: behind nothing, a path, a quote, a separator, or another program's switch. */
const TOOL =
  /(?:^|[\s"'`\\/&|(;,@=])(wmic|mofcomp|winmgmt|reg|wbemtest|powershell|pwsh|cscript|wscript|mshta)(?:\.exe)?(?=["'`]?(?:\s|$|[,;]))["'`]?/gi

/** Programs that search, show or edit text: what stands in their arguments is data. */
const READERS =
  /^["']?(?:[^"'\s]*[\\/])?(?:findstr|find|grep|rg|more|type|notepad(?:\+\+)?|code|git|sls|select-string|ag|vim?|nano|less|yara(?:64)?|sigma|sigmac|hayabusa|chainsaw|explorer|msedge|chrome|firefox|iexplore|winword|excel|jq|curl|python[\d.]*\s+-m\s+json\.tool)(?:\.exe)?["']?(?=\s|$)/i

/** What a command line does with subscriptions, whoever starts whom in it. */
export function readCommandLine(
  text: string,
  context: AuthoringContext,
  hooks: CommandLineHooks,
  depth = 0,
): readonly Act[] {
  if (depth > MAX_DEPTH) return []
  const nested = (inner: string): readonly Act[] => readCommandLine(inner, {}, hooks, depth + 1)
  const renamed = renamedTool(context)
  if (renamed !== undefined) {
    const args = text.replace(/^\s*(?:"[^"]*"|\S+)\s*/, '')
    const acts = renamed.tool === 'wmic' ? readWmic(args, nested) : readMofcomp(args, true)
    return acts.map((act) => ({ ...act, renamed: renamed.changed }))
  }
  const shell = /^\s*["']?(?:[^"'\s]*[\\/])?cmd(?:\.exe)?["']?\s/i.test(text)
  const head = text
    .trim()
    .replace(/^["']?(?:[^"'\s]*[\\/])?cmd(?:\.exe)?["']?\s+(?:\/[a-z]:?\S*\s+)*\/[ckr]\s*["']?/i, '')
  if (READERS.test(head)) return mentioned(text, `${programOf(head)} only searches or shows the text`)
  if (/^echo\b/i.test(head)) return echoed(text, head)
  const replaced = depth === 0 ? withoutInnerQuotes(withVariables(text)) : text
  if (replaced !== text) {
    return readCommandLine(replaced, context, hooks, depth + 1).map((act) => ({ ...act, splitNames: true }))
  }
  const acts: Act[] = [...readKnownTools(text)]
  const calls = [...text.matchAll(TOOL)].slice(0, MAX_CALLS)
  let read = 0
  for (const [index, call] of calls.entries()) {
    // A tool named in the quoted argument of another (`process call create "wmic ..."`) was read with that one.
    if (call.index < read || isData(text.slice(0, call.index))) continue
    const from = call.index + call[0].length
    const tool = (call[1] ?? '').toLowerCase()
    const end =
      tool === 'powershell' || tool === 'pwsh'
        ? text.length
        : (quoteEnd(text, call.index, from) ?? callEnd(text, from, calls[index + 1]?.index))
    read = end
    const args = listedArguments(text.slice(from, end))
    acts.push(...readTool(tool, args, hooks, nested))
    // A PowerShell command holds whatever follows it.
    if (tool === 'powershell' || tool === 'pwsh') break
  }
  if (acts.length === 0 && /vbscript:|javascript:/i.test(text))
    acts.push(...hooks.script(text.replace(/^[\s\S]*?(?:vbscript|javascript):/i, '')))
  if (acts.length === 0 && calls.length === 0 && !shell)
    acts.push(...hooks.powershell(text).filter(({ verb }) => verb !== 'mentions' && isScripted(text)))
  return acts
}

/** `['wmic', 'path', 'X', 'create']`: a program that a script language starts with a list of words, as one line. */
function listedArguments(args: string): string {
  if (!/^["']?\s*,\s*["']/.test(args)) return args
  const words = [...args.matchAll(/'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"/g)].slice(0, 256)
  return words
    .map(([, single, double]) => ` ${(single ?? double ?? '').replace(/\\(["'\\])/g, '$1')}`)
    .join('')
}

/** `set a=__Event&& wmic path %a%Filter`: variables that the command line itself sets, put in their places. */
function withVariables(text: string): string {
  const values = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/\bset\s+"?([A-Za-z_]\w*)=([^&|"\r\n]*)/gi)) {
    if (values.size < 64) values.set(name.toLowerCase(), value)
  }
  if (values.size === 0) return text
  const replaced = text.replace(
    /[%!](\w+)[%!]/g,
    (whole, name: string) => values.get(name.toLowerCase()) ?? whole,
  )
  return replaced.length > 100_000 ? text : replaced
}

/** `w"m"ic`, `cre"ate"`: quotes around a part of a word, which neither shell nor program sees. */
function withoutInnerQuotes(text: string): string {
  return text.replace(/(?<=[A-Za-z_])"(\w{1,32})"(?=[\w\s]|$)|(?<=[\s\\])"(\w{1,32})"(?=[A-Za-z_])/g, '$1$2')
}

/** A text that PowerShell cmdlets are called in, without powershell.exe in front (a `-Command` that a log shortened). */
function isScripted(text: string): boolean {
  return /\b(?:Set-WmiInstance|New-CimInstance|Register-\w*Wmi\w*|Get-WmiObject|Get-CimInstance|Remove-(?:WmiObject|CimInstance))\b/i.test(
    text,
  )
}

function readTool(
  tool: string,
  args: string,
  hooks: CommandLineHooks,
  nested: (text: string) => readonly Act[],
): readonly Act[] {
  switch (tool) {
    case 'wmic':
      return readWmic(args, nested)
    case 'mofcomp':
      return readMofcomp(args, false)
    case 'winmgmt':
      return readWinmgmt(args)
    case 'reg':
      return readReg(args)
    case 'wbemtest':
      return [
        {
          verb: 'reads',
          tool: 'wbemtest',
          why: 'the WMI tester was opened; what was done in it is not in the command line',
        },
      ]
    case 'powershell':
    case 'pwsh':
      return hooks.powershell(powershellText(args))
    default:
      return /vbscript:|javascript:/i.test(args)
        ? hooks.script(args.replace(/^[\s\S]*?(?:vbscript|javascript):/i, ''))
        : []
  }
}

/** The script in PowerShell's own command line: switches before it left out, outer quotes and `\"` undone. */
export function powershellText(args: string): string {
  let rest = args.trim()
  for (let count = 0; count < 20; count += 1) {
    const command = /^[-/\u2013\u2014]c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?(?:\s+|:|$)/i.exec(rest)
    if (command !== null) {
      rest = rest.slice(command[0].length)
      break
    }
    const option =
      /^[-/\u2013\u2014](?:(?:nop\w*|nol\w*|noni\w*|noe\w*|sta|mta|noexit)\b|(?:ex\w*|ep|w\w*|v\w*|in\w*|out\w*|config\w*|ps\w*|i)\s+(?:"[^"]*"|\S+))\s*/i.exec(
        rest,
      )
    if (option === null) break
    rest = rest.slice(option[0].length)
  }
  // Inside another shell's quotes the own quotes are escaped.
  if (rest.startsWith('\\"')) rest = rest.replace(/\\"/g, '"')
  const quoted = /^"([\s\S]*?)"?\s*$/.exec(rest)
  return (quoted?.[1] ?? rest).replace(/\\"/g, '"')
}

/** Where the quotes close in which a whole call stands (`/tr "mofcomp x.mof" /sc onstart`). */
function quoteEnd(text: string, start: number, from: number): number | undefined {
  const before = text.slice(0, /^["']/.test(text.charAt(start)) ? start + 1 : start)
  if (text.charAt(from - 1) === '"' || [...before.matchAll(/(?<!\\)"/g)].length % 2 === 0) return undefined
  const end = text.indexOf('"', from)
  // A quote behind a blank opens an argument of the call's own.
  const closes =
    end > from && /[^\s\\]/.test(text.charAt(end - 1)) && /^\s\S/.test(text.slice(end + 1, end + 3))
  return closes ? end : undefined
}

/** A command ends at `&`, `|` or a closing quote of a surrounding shell; quotes of its own hide those. */
function callEnd(text: string, from: number, next: number | undefined): number {
  let quote: string | undefined
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (quote !== undefined) {
      if (char === quote && text.charAt(at - 1) !== '\\') quote = undefined
    } else if (char === '"' || char === "'") quote = char
    else if (char === '&' || char === '|' || char === '\n') return at
  }
  // An open quote: the separators inside count again, but not those before the next tool's name.
  if (quote === undefined || next === undefined) return text.length
  return next
}

function renamedTool({
  image,
  originalFileName,
}: AuthoringContext): { tool: 'wmic' | 'mofcomp'; changed: boolean } | undefined {
  const original = originalFileName?.toLowerCase().replace(/\.(?:exe|mui)$/, '')
  const name = image
    ?.split(/[\\/]/)
    .at(-1)
    ?.toLowerCase()
    .replace(/\.exe$/, '')
  const tool =
    original === 'wmic' || original === 'mofcomp'
      ? original
      : name === 'wmic' || name === 'mofcomp'
        ? name
        : undefined
  if (tool === undefined) return undefined
  return { tool, changed: original !== undefined && name !== undefined && original !== name }
}

/** Whether what follows is the argument of a program that only searches or shows text (`| findstr "wmic ..."`). */
function isData(before: string): boolean {
  const command = before.slice(Math.max(before.lastIndexOf('&'), before.lastIndexOf('|')) + 1).trim()
  return READERS.test(command) || /^["']?echo\b/i.test(command)
}

function programOf(head: string): string {
  return (/^["']?(?:[^"'\s]*[\\/])?([\w.+-]+)/.exec(head)?.[1] ?? 'the program').replace(/\.exe$/i, '')
}

function mentioned(text: string, why: string): readonly Act[] {
  const classes = classesIn(text)
  return classes.length === 0 ? [] : [{ verb: 'mentions', tool: 'other', why, className: classes.join(' ') }]
}

/** `echo ... > file.mof` writes what will be compiled or run; `echo` alone shows text. */
function echoed(text: string, head: string): readonly Act[] {
  const target = />>?\s*"?([^"&|>\s]+\.(?:mof|ps1|vbs|js|bat|cmd))\b/i.exec(head)?.[1]
  const makes = /\binstance\s+of\s+(?:__EventFilter|\w+EventConsumer|__FilterToConsumerBinding)/i.test(head)
  if (target === undefined || !makes) return mentioned(text, 'echo only shows the text')
  const classes = classesIn(head)
  return [
    {
      verb: 'creates',
      tool: 'other',
      why: `a file ${target} that makes a subscription is written by echo`,
      className: classes.join(' '),
      mofPath: target,
    },
  ]
}
