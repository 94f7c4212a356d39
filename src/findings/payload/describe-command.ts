import { hasEncodedCommand } from './base64.ts'
import { type CommandParts, programName, splitCommand } from './command-line.ts'
import { describeScript } from './describe-script.ts'
import {
  accountEffect,
  GIVEN,
  killEffect,
  packageEffect,
  serviceEffect,
  settingEffect,
  shutdownEffect,
  taskEffect,
  transferEffect,
} from './describe-tools.ts'
import { hostsIn } from './indicators.ts'
import { show } from './show.ts'
import type { DecodedLayer } from './types.ts'

const MAX_NESTING = 4
/** Longer lines are described by their beginning: the patterns below look back over blanks. */
const MAX_LINE = 2048
const MAX_COMMAND = 16_384

const fileName = (path: string): string => path.split(/[\\/]/).pop() ?? path
const isFlag = (argument: string): boolean => /^[-/]/.test(argument)
const firstUrl = (text: string): string | undefined => /\b(?:https?|ftp):\/\/[^\s"']+/i.exec(text)?.[0]

/** Commands of a chain that only prepare: they say nothing of what is done. */
const PREPARES =
  /^@?(?:set|cd|chdir|pushd|popd|rem|echo\s{1,9}off|setlocal|ping|timeout|if|for|exit|cls|chcp|ver|title)\b/i
const MAX_EFFECTS = 3

/** Commands joined with `&`, `&&`, `||` or `|`, outside quotes. */
function chain(line: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at)
    if (char === '"') isQuoted = !isQuoted
    if (isQuoted || (char !== '&' && char !== '|')) continue
    parts.push(line.slice(start, at))
    start = at + 1
  }
  parts.push(line.slice(start))
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

/** What a line for `cmd /c` does, as clauses for "which …"; `undefined` when there are no words for it. */
function shellEffect(line: string, layers: readonly DecodedLayer[], depth: number): string | undefined {
  const text = line
    .trim()
    .slice(0, MAX_LINE)
    .replace(/^"(.*)"$/s, '$1')
    .replace(/\d?>\s{0,4}(?:&\d|nul\b)/gi, '')
  const parts = chain(text)
  const telling = parts.filter((part) => !PREPARES.test(part))
  const effects = (telling.length > 0 ? telling : parts)
    .map((part) => partEffect(part, layers, depth))
    .filter((words) => words !== undefined)
  const shown = [...new Set(effects)].slice(0, MAX_EFFECTS)
  const last = shown.pop()
  if (last === undefined) return undefined
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

/** What one command of a chain does: redirections, starts, copies, deletions, well-known programs. */
function partEffect(text: string, layers: readonly DecodedLayer[], depth: number): string | undefined {
  const redirect = /^(.*?)\s*(>>|>)\s*("?)([^"&|<>]+)\3\s*$/s.exec(text)
  if (redirect !== null) {
    const [, what = '', arrow, , file = ''] = redirect
    const echoed = /^@?echo\s+(.*)$/is.exec(what.trim())?.[1]
    const content = echoed === undefined ? `the output of "${show(what)}"` : `the text "${show(echoed)}"`
    return arrow === '>>' ? `appends ${content} to ${show(file)}` : `writes ${content} to ${show(file)}`
  }
  const command = splitCommand(text)
  if (command === undefined) return undefined
  const name = programName(command.program)
  const rest = command.arguments.filter((argument) => !isFlag(argument))
  switch (name) {
    case 'echo':
    case '@echo':
      return 'prints a text that nobody sees'
    case 'start':
    case 'call': {
      const started = /^(?:start|call)\s{1,9}(?:"[^"]{0,200}"\s{1,9})?(?:\/\w{1,12}\s{1,9}){0,6}(.+)$/is.exec(
        text,
      )?.[1]
      return started === undefined ? undefined : `starts ${show(started)}`
    }
    case 'del':
    case 'erase':
    case 'rd':
    case 'rmdir':
      return `deletes ${show(rest.join(' '))}`
    case 'copy':
    case 'xcopy':
    case 'move':
    case 'ren':
      return `${name === 'move' || name === 'ren' ? 'moves' : 'copies'} ${show(rest[0] ?? '')} to ${show(rest[1] ?? 'here')}`
    default: {
      const inner = depth < MAX_NESTING ? programEffect(command, layers, depth + 1) : undefined
      // Programs without words of their own are shown as they are called.
      return inner?.effect === undefined || inner.effect.startsWith(GIVEN)
        ? `runs "${show(text)}"`
        : inner.effect
    }
  }
}

interface Effect {
  /** What goes between "runs" and "as SYSTEM". */
  readonly program: string
  /** A clause that follows "which". */
  readonly effect?: string
}

/** What well-known programs of Windows do with their arguments. */
function programEffect(command: CommandParts, layers: readonly DecodedLayer[], depth: number): Effect {
  const name = programName(command.program)
  const line = command.arguments.join(' ').slice(0, MAX_COMMAND)
  const plain = command.arguments.filter((argument) => !isFlag(argument))
  const url = firstUrl(line)
  const shown = show(command.program)
  const effect = (text: string | undefined): Effect =>
    text === undefined ? { program: shown } : { program: shown, effect: text }
  switch (name) {
    case 'cmd': {
      const match = /(?:^|\s)[/-][ckr]\s{0,9}(\S.*)$/is.exec(command.rest.slice(0, MAX_COMMAND))
      return effect(match === null ? undefined : shellEffect(match[1] ?? '', layers, depth))
    }
    case 'powershell':
    case 'pwsh': {
      const inner = layers.find((layer) => layer.how.includes('EncodedCommand'))
      const deeper = inner === undefined ? [] : layers.filter((layer) => layer !== inner)
      if (inner !== undefined) {
        const does = describeScript(
          inner.text,
          deeper.map((layer) => layer.text),
        )
        return effect(`runs a hidden command that ${does ?? `is "${show(inner.text, 120)}"`}`)
      }
      if (hasEncodedCommand(`${command.program} ${line}`))
        return effect('is given a hidden (encoded) command')
      // Among the options, not behind them: `-f` in a script joins texts.
      const file =
        /^(?:[-/](?![cf])\S{1,40}\s{1,9}(?:(?![-/])\S{1,80}\s{1,9})?){0,12}[-/]f(?:i(?:l(?:e)?)?)?\s+(\S.*)$/i.exec(
          line,
        )?.[1]
      if (file !== undefined) return effect(`runs the script ${show(file)}`)
      const does = describeScript(
        line,
        layers.map((layer) => layer.text),
      )
      if (does !== undefined) return effect(does)
      const script = plain.find((part) => /\.ps1$/i.test(part))
      return effect(
        script === undefined
          ? line === ''
            ? undefined
            : `runs the command "${show(/^(?:[-/]\S{1,40}\s{1,9}(?:(?![-/])\S{1,40}\s{1,9})?){0,12}?[-/]c(?:o\w{0,5})?\s{1,9}(\S.*)$/is.exec(line)?.[1] ?? line)}"`
          : `runs the script ${show(script)}`,
      )
    }
    case 'rundll32':
      if (/javascript:|vbscript:/i.test(line)) return effect('runs a script from its own command line')
      return effect(
        plain[0] === undefined
          ? undefined
          : `loads and runs the library ${show(plain[0].split(',')[0] ?? '')}`,
      )
    case 'regsvr32':
      return effect(
        url === undefined
          ? `loads the library ${show(plain[plain.length - 1] ?? '')}`
          : `fetches a script from ${show(url)} and runs it`,
      )
    case 'mshta':
      return effect(
        url === undefined ? `runs the script page ${show(line)}` : `runs a script page from ${show(url)}`,
      )
    case 'cscript':
    case 'wscript':
      return effect(plain[0] === undefined ? undefined : `runs the script ${show(plain[0])}`)
    case 'certutil':
    case 'curl':
    case 'bitsadmin':
      return effect(
        transferEffect(name, line, url ?? hostsIn(`${name} ${line}`)[0], depth > 0) ??
          (line === '' ? undefined : `${GIVEN} ${show(line)}`),
      )
    case 'msiexec':
      return effect(packageEffect(line, url ?? plain[0] ?? 'a package'))
    case 'wmic':
      return effect(`gives WMI the command "${show(line)}"`)
    case 'net':
    case 'net1':
      return effect(accountEffect(line, plain))
    case 'eventcreate':
      return effect('writes an entry to the event log')
    case 'msbuild':
      return effect(
        plain[0] === undefined ? undefined : `builds ${show(plain[0])}, which runs the code in it`,
      )
    case 'installutil':
    case 'regasm':
    case 'regsvcs':
      return effect(
        plain.length === 0
          ? undefined
          : `loads and runs the program library ${show(plain[plain.length - 1] ?? '')}`,
      )
    case 'forfiles': {
      const each = /[-/]c\s{1,9}("[^"]*"|\S.*)$/i.exec(line)?.[1]
      return effect(
        each === undefined ? `${GIVEN} ${show(line)}` : `runs ${show(each)} for every file it finds`,
      )
    }
    case 'vssadmin':
    case 'wbadmin':
      return effect(
        /delete/i.test(line)
          ? 'deletes the shadow copies or backups of this computer'
          : `${GIVEN} ${show(line)}`,
      )
    case 'bcdedit':
      return effect(settingEffect(name, 'how Windows starts', line))
    case 'wevtutil': {
      const log = /^(?:cl|clear-log)\s{1,9}("[^"]*"|\S+)/i.exec(line)?.[1]
      return effect(log === undefined ? `${GIVEN} ${show(line)}` : `clears the event log ${show(log)}`)
    }
    case 'taskkill':
      return effect(killEffect(line))
    case 'shutdown':
      return effect(shutdownEffect(line))
    case 'schtasks':
      return effect(taskEffect(line))
    case 'sc':
      return effect(serviceEffect(line))
    case 'netsh':
      return effect(settingEffect(name, 'the network or the firewall', line))
    case 'reg':
      return effect(
        /^add\b/i.test(line)
          ? `writes to the registry (${show(line.replace(/^add\s{1,9}/i, ''))})`
          : `runs "reg ${show(line)}"`,
      )
    default:
      return effect(line === '' ? undefined : `${GIVEN} ${show(line)}`)
  }
}

/** What a command line does, e.g. `runs cmd.exe as SYSTEM, which appends the text "x" to c:\temp\log.txt`. */
export function describeCommand(
  template: string,
  layers: readonly DecodedLayer[],
  executable?: string,
): string {
  // Carets, slices and `set` variables out of the way: what the command processor would see.
  const seen = layers.find((layer) => layer.how.startsWith('command line without'))?.text ?? template
  const command = splitCommand(seen)
  if (command === undefined) return 'runs a program as SYSTEM; which one, the evidence does not show'
  const { program, effect } = programEffect(command, layers, 0)
  const named =
    executable !== undefined && fileName(executable).toLowerCase() !== fileName(command.program).toLowerCase()
  const who = named
    ? `${show(executable)} (called as ${program})`
    : executable !== undefined && executable.length > program.length
      ? show(executable)
      : program
  return effect === undefined ? `runs ${who} as SYSTEM` : `runs ${who} as SYSTEM, which ${effect}`
}
