/** The shell that commands are written for: PowerShell would make lists of wmic's commas and end its texts at `\"`. */
export function shellOf(commands: readonly string[]): 'cmd' | 'powershell' {
  return commands.some((line) => /^wmic(?:\.exe)?\s/i.test(line)) ? 'cmd' : 'powershell'
}

/**
 * A command line as it must be typed at the command prompt for a program to get it as given. The prompt counts every
 * quote, also one behind a backslash, and takes `>`, `&` and their like outside of quotes for itself: `^` hands them on.
 */
export function typedAtPrompt(line: string): string {
  let inQuotes = false
  let typed = ''
  for (const character of line) {
    if (character === '"') inQuotes = !inQuotes
    typed += !inQuotes && /[<>|&^]/.test(character) ? `^${character}` : character
  }
  return typed
}

/** Commands as they are typed in the shell that they are for. */
export function typedCommands(commands: readonly string[]): readonly string[] {
  return shellOf(commands) === 'cmd' ? commands.map(typedAtPrompt) : commands
}
