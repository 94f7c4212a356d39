/** A command line taken apart by the rules Windows itself uses. */
export interface CommandParts {
  /** The program as written, without quotes, e.g. `C:\Program Files\A\b.exe` or `cmd`. */
  readonly program: string
  readonly arguments: readonly string[]
  /** What follows the program, as written. */
  readonly rest: string
  /** True when the program's path has spaces and no quotes, so that Windows would try shorter names first. */
  readonly unquotedSpaces: boolean
}

const MAX_ARGUMENTS = 1024
const MAX_LENGTH = 65_536
const PROGRAM_END = /\.(?:exe|com|bat|cmd|ps1|vbs|vbe|js|jse|wsf|wsh|hta|scr|pif|msi|cpl|dll)(?=\s|$|")/i

/**
 * Splits a command line into words. Source: "Parsing C command-line arguments" (Microsoft C runtime): backslashes are
 * literal unless before a quote, `\"` is a quote, `""` inside quotes is a quote.
 */
export function splitWords(commandLine: string): readonly string[] {
  const text = commandLine.slice(0, MAX_LENGTH)
  const words: string[] = []
  let word = ''
  let started = false
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') {
      let end = at
      while (text.charAt(end) === '\\') end += 1
      const count = end - at
      if (text.charAt(end) === '"') {
        word += '\\'.repeat(count >> 1)
        if (count % 2 === 1) {
          word += '"'
          at = end
        } else at = end - 1
      } else {
        word += '\\'.repeat(count)
        at = end - 1
      }
      started = true
    } else if (char === '"') {
      if (quoted && text.charAt(at + 1) === '"') {
        word += '"'
        at += 1
      } else quoted = !quoted
      started = true
    } else if (!quoted && (char === ' ' || char === '\t' || char === '\r' || char === '\n')) {
      if (started) words.push(word)
      if (words.length >= MAX_ARGUMENTS) return words
      word = ''
      started = false
    } else {
      word += char
      started = true
    }
  }
  if (started) words.push(word)
  return words
}

/**
 * A command template as program and arguments. The first token is the module (TELEMETRY section 1); a path with
 * spaces that is not quoted is taken up to its program extension, and said to be unquoted.
 */
export function splitCommand(template: string): CommandParts | undefined {
  const text = template.trim().slice(0, MAX_LENGTH)
  if (text === '') return undefined
  const unquoted = /^(?:[a-z]:\\|\\\\|%[a-z0-9_()]+%\\)/i.test(text)
  if (unquoted) {
    const end = PROGRAM_END.exec(text)
    if (end !== null) {
      const program = text.slice(0, end.index + end[0].length)
      if (/\s/.test(program) && !/["<>|&]/.test(program) && !/\s[-/]/.test(program)) {
        return {
          program,
          arguments: splitWords(text.slice(program.length)),
          rest: text.slice(program.length).trim(),
          unquotedSpaces: true,
        }
      }
    }
  }
  const [program, ...rest] = splitWords(text)
  if (program === undefined) return undefined
  const first = /^(?:"[^"]*"|[^\s"]+)+/.exec(text)?.[0] ?? ''
  return { program, arguments: rest, rest: text.slice(first.length).trim(), unquotedSpaces: false }
}

/** The last part of a path, lower case, without `.exe`: `C:\Windows\System32\CMD.EXE` gives `cmd`. */
export function programName(path: string): string {
  const last =
    path
      .trim()
      .replace(/^["']+|["']+$/g, '')
      .split(/[\\/]/)
      .pop() ?? ''
  const name = last.toLowerCase().replace(/\.(?:exe|com)$/, '')
  return name === '%comspec%' ? 'cmd' : name
}
