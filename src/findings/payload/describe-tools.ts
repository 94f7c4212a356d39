import { show } from './show.ts'

/** What the tools of Windows do with their arguments, as clauses that follow "which". */

/** How arguments are told that there are no words for; inside a shell the whole call is shown instead. */
export const GIVEN = 'is given:'
const called = (line: string): string => `${GIVEN} ${show(line)}`

/** What `sc` is told to do with a service. */
export function serviceEffect(line: string): string {
  const match = /^(?:\\\\\S{1,255}\s{1,9})?(create|stop|delete|start|config)\s{1,9}("[^"]*"|\S+)(.*)$/is.exec(
    line,
  )
  if (match === null) return `runs "sc ${show(line)}"`
  const [, verb = '', name = '', rest = ''] = match
  const service = show(name)
  switch (verb.toLowerCase()) {
    case 'create':
      return `creates a service (${show(`${name}${rest}`)})`
    case 'stop':
      return `stops the service ${service}`
    case 'delete':
      return `deletes the service ${service}`
    case 'start':
      return `starts the service ${service}`
    default:
      return /start=\s{0,9}disabled/i.test(rest)
        ? `disables the service ${service}`
        : `changes the service ${service}`
  }
}

/** What `schtasks` is told to do. */
export function taskEffect(line: string): string {
  if (!/\/create/i.test(line)) return `runs "schtasks ${show(line)}"`
  const run = /\/tr\s{1,9}("[^"]*"|\S+)/i.exec(line)?.[1]
  const name = /\/tn\s{1,9}("[^"]*"|\S+)/i.exec(line)?.[1]
  const task =
    run === undefined ? 'creates a scheduled task' : `creates a scheduled task that runs ${show(run)}`
  return name === undefined ? task : `${task}, under the name ${show(name)}`
}

/** What `certutil`, `curl` or `bitsadmin` moves where; `from` is the address, where one was read. */
export function transferEffect(
  name: string,
  line: string,
  from: string | undefined,
  isNested: boolean,
): string | undefined {
  const by = isNested ? ` with ${name}` : ''
  if (from === undefined) {
    const decoded = /^[-/]decode(?:hex)?\s{1,9}(?:-f\s{1,9})?("[^"]*"|\S+)\s{1,9}("[^"]*"|\S+)/i.exec(line)
    return name === 'certutil' && decoded !== null
      ? `decodes ${show(decoded[1] ?? '')} into ${show(decoded[2] ?? '')}`
      : undefined
  }
  const isSent =
    name === 'curl'
      ? /(?:^|\s)(?:-T|--upload-file|-d|--data(?:-\w{1,12})?|-F|--form)(?=[\s=@"]|$)/.test(line)
      : name === 'bitsadmin' && /\/upload\b/i.test(line)
  if (isSent) return `sends data to ${show(from)}${by}`
  const file =
    name === 'curl'
      ? /(?:^|\s)(?:-o|--output)[\s=]{1,9}("[^"]*"|\S+)/.exec(line)?.[1]
      : /\b(?:https?|ftp):\/\/\S{1,2048}\s{1,9}("[^"]*"|[^\s&|]+)/i.exec(line)?.[1]
  return `downloads ${show(from)}${file === undefined || /^[-/]/.test(file) ? '' : ` to ${show(file)}`}${by}`
}

/** What `msiexec` is told to do with a package. */
export function packageEffect(line: string, target: string): string {
  if (/(?:^|\s)[-/](?:x|uninstall)(?![a-z])/i.test(line)) return `removes the product ${show(target)}`
  if (/(?:^|\s)[-/][yz](?=[\s"])/i.test(line)) return `loads the library ${show(target)}`
  return `installs ${show(target)}`
}

/** What `shutdown` is told to do. */
export function shutdownEffect(line: string): string {
  const has = (letter: string): boolean => new RegExp(`(?:^|\\s)[-/]${letter}(?=\\s|$)`, 'i').test(line)
  if (has('a')) return 'calls off a shutdown that was ordered before'
  if (has('l')) return 'signs the user out'
  if (has('h')) return 'sends the computer to sleep'
  if (has('r') || has('g')) return 'restarts the computer'
  return has('s') || has('p') || has('sg') ? 'shuts down the computer' : called(line)
}

/** What `net` is told to do with accounts; other uses are shown as they are. */
export function accountEffect(line: string, plain: readonly string[]): string {
  if (/^user\b.*\/add/i.test(line)) return `adds a user account (${show(plain[1] ?? '')})`
  if (/^localgroup\b.*\/add/i.test(line) || /^group\b.*\/add/i.test(line)) {
    const [, group = '', ...members] = plain
    return members.length === 0
      ? `adds the group ${show(group)}`
      : `adds ${show(members.join(', '))} to the group ${show(group)}`
  }
  return called(line)
}

/** Programs that `taskkill` is told to end. */
export function killEffect(line: string): string {
  const names = [...line.matchAll(/\/im\s{1,9}("[^"]*"|\S+)/gi)].map(([, name = '']) => show(name))
  if (names.length === 0) return 'ends a program'
  return `ends ${names.length === 1 ? 'the program' : 'the programs'} ${names.join(', ')}`
}

/** `bcdedit` and `netsh` change something unless they are only asked. */
export function settingEffect(name: string, words: string, line: string): string {
  const isAsked =
    name === 'bcdedit'
      ? line === '' || /^[-/](?:enum|v\b|export|\?)/i.test(line)
      : /(?:^|\s)(?:show|dump|export|\?)(?:\s|$)/i.test(line)
  return isAsked ? called(line) : `changes ${words} (${show(line)})`
}
