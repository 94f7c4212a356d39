const SIMPLE: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  '"': '"',
  "'": "'",
  '\\': '\\',
}

/**
 * Undoes the escapes of a MOF string: `\b \t \n \f \r \" \' \\` and `\xH` to `\xHHHH`. An unknown escape keeps its
 * backslash: a viewer that unescaped once already leaves `c:\temp`, and losing the backslash would change the path.
 * Source: [DMTF DSP0004] annex A "stringValue".
 */
export function unescapeMofString(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,4})|([\s\S]))/g,
    (whole, hex: string | undefined, simple: string) =>
      hex === undefined ? (SIMPLE[simple] ?? whole) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** Writes a string as MOF with quotes, so that the lexer reads the same characters back. */
export function quoteMofString(text: string): string {
  let out = '"'
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index)
    const code = text.charCodeAt(index)
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (char === '\n') out += '\\n'
    else if (char === '\r') out += '\\r'
    else if (char === '\t') out += '\\t'
    else if (char === '\b') out += '\\b'
    else if (char === '\f') out += '\\f'
    // Other controls, lone surrogates and the byte order mark do not survive a text file: always four digits, so that
    // a hex digit following cannot be swallowed.
    else if (code < 32 || code === 127 || (code >= 0xd800 && code <= 0xdfff) || code === 0xfeff)
      out += `\\x${code.toString(16).padStart(4, '0')}`
    else out += char
  }
  return `${out}"`
}
