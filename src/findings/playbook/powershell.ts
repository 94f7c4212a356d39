/**
 * A text as a PowerShell expression that is just that text, whatever an attacker wrote: printable ASCII in single
 * quotes (doubled inside), everything else as `[char]`. Typographic quotes end a PowerShell string too, and line breaks
 * would end the command, so neither is ever written as itself.
 */
export function powershellText(text: string): string {
  const parts: string[] = []
  let plain = ''
  const flush = (): void => {
    if (plain !== '') parts.push(`'${plain.replaceAll("'", "''")}'`)
    plain = ''
  }
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 32 && code < 127) plain += text.charAt(at)
    else {
      flush()
      parts.push(`[char]0x${code.toString(16).toUpperCase().padStart(4, '0')}`)
    }
  }
  flush()
  if (parts.length === 0) return "''"
  if (parts.length === 1)
    return parts[0]?.startsWith('[') === true ? `([string]${parts[0]})` : (parts[0] ?? "''")
  // A leading text makes every `+` join texts; [char] + [char] would be refused.
  return `(${parts[0]?.startsWith('[') === true ? "'' + " : ''}${parts.join(' + ')})`
}

/** A namespace as the CIM cmdlets take it: forward slashes. */
export function powershellNamespace(namespace: string): string {
  return powershellText(namespace.replaceAll('\\', '/'))
}
