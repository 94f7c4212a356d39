import { splitWords } from './command-line.ts'

/** A command line, as against a script that names PowerShell somewhere. */
const IS_COMMAND =
  /^\s*["']?(?:[^\s"']{0,260}[\\/])?(?:%comspec%|cmd|powershell|pwsh|forfiles|conhost)(?:\.exe)?["']?\s/i
const CALL = /(?:^|[\s"'(&|\\/])(?:powershell|pwsh)(?:\.exe)?["']{0,3}(?=\s)/i
const MARK = '[-/\\u2013\\u2014\\u2015]'
const COMMAND = new RegExp(`^\\s*${MARK}c(?:o(?:m(?:m(?:a(?:n(?:d)?)?)?)?)?)?(?:[\\s:]+|$)`, 'i')
const FLAG = new RegExp(`^\\s*${MARK}(?:nop\\w*|nol\\w*|noni\\w*|noe\\w*|sta|mta|login|l)(?=\\s|$)`, 'i')
const WITH_VALUE = new RegExp(
  `^\\s*${MARK}(?:ex\\w*|ep|w\\w*|v\\w*|in\\w*|out\\w*|config\\w*|ps\\w*|set\\w*|cus\\w*|i|o)[\\s:]+(?:"[^"]*"|\\S+)`,
  'i',
)
const NOT_TEXT = new RegExp(`^\\s*${MARK}(?:e(?:c|n\\w*)?|f(?:i(?:l(?:e)?)?)?)(?=[\\s:]|$)`, 'i')
const MAX_OPTIONS = 24
const MAX_TEXT = 65_536

/** What PowerShell is given to run on a command line, as PowerShell gets it. */
export interface InnerCommand {
  readonly text: string
  /** True when the whole text is that command line; false when a script only names it. */
  readonly isAll: boolean
}

/**
 * The script that a PowerShell command line holds: options before it left out, quotes of the command line undone, so
 * that its own strings can be read. `undefined` for encoded commands and files, which other layers show.
 * Source: Microsoft "about_PowerShell_exe"; "Parsing C command-line arguments".
 */
export function innerCommand(text: string): InnerCommand | undefined {
  const call = CALL.exec(text.slice(0, MAX_TEXT))
  if (call === null) return undefined
  const isAll = IS_COMMAND.test(text)
  let rest = text.slice(call.index + call[0].length, call.index + MAX_TEXT)
  if (!isAll) rest = rest.slice(0, /[\r\n]/.exec(rest)?.index ?? rest.length)
  for (let count = 0; count < MAX_OPTIONS; count += 1) {
    const command = COMMAND.exec(rest)
    if (command !== null) {
      rest = rest.slice(command[0].length)
      break
    }
    if (NOT_TEXT.test(rest)) return undefined
    const option = FLAG.exec(rest) ?? WITH_VALUE.exec(rest)
    if (option === null) break
    rest = rest.slice(option[0].length)
  }
  const inner = splitWords(rest).join(' ').trim()
  return inner.length < 3 ? undefined : { text: inner, isAll }
}
